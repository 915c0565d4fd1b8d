/* arg_reduce.c: mirrors of upstream's tests/arg_reduce_tests.cpp: where the largest and smallest elements are. Where
 * upstream compares the GPU with the CPU, every kernel set is compared with the plain one. */
#include "arrays.h"

/* (2, 3, 4), with equal elements along each axis, so that the first one has to be taken. */
static psi_array block(void)
{
    return SHAPED(PSI_INT32S(4, 1, 9, 1, -2, 4, 4, -2, 0, 0, 9, 3, 4, 8, -9, 8, -2, 4, 5, -9, 1, 0, 9, 3), 2,
                  3, 4);
}

/* Evaluates first, as upstream does, and reads the indices of what is there already. */
#define CHECK_INDICES(a, ...)                \
    do {                                     \
        psi_array indices_ = (a);            \
        CHECK(psi_eval1(indices_));          \
        CHECK(psi_is_available(indices_));   \
        CHECK_DTYPE(indices_, PSI_UINT32);   \
        CHECK_VALUES(indices_, __VA_ARGS__); \
    } while (0)

PARITY_CASE(ops_numeric, "tests/arg_reduce_tests.cpp", "test arg reduce small")
{
    psi_array x = block();
    CHECK_SHAPE(psi_argmin(x, 2, false), 2, 3);
    CHECK_SHAPE(psi_argmin(x, 1, true), 2, 1, 4);
    CHECK_SHAPE(psi_argmax(x, 0, false), 3, 4);
    CHECK_INDICES(psi_argmin(x, 2, false), 1, 0, 0, 2, 3, 1);
    CHECK_INDICES(psi_argmin(x, 1, false), 1, 2, 1, 1, 1, 2, 0, 1);
    CHECK_INDICES(psi_argmin(x, 0, false), 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0);
    CHECK_INDICES(psi_argmax(x, 2, false), 2, 1, 2, 1, 2, 2);
    CHECK_INDICES(psi_argmax(x, 1, false), 0, 1, 0, 2, 0, 0, 2, 0);
    CHECK_INDICES(psi_argmax(x, 0, false), 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0);
    CHECK_INDICES(psi_argmax(x, -3, false), 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0);
    CHECK_INDICES(psi_argmin(x, PSI_NO_INT, false), 14);
    CHECK_INDICES(psi_argmax(x, PSI_NO_INT, false), 2);
    CHECK_REFUSED(psi_argmax(x, 3, false));
}

/* Where an extreme is found first along an axis, by another way. */
static psi_array first_place(psi_array x, psi_array extreme, int axis)
{
    int64_t shape[] = {1, 1, 1};
    shape[axis] = psi_dim(x, axis);
    psi_array places = psi_reshape(psi_arange(0, (double)shape[axis], 1, PSI_INT32), (psi_ints){shape, 3});
    return psi_min(psi_where(psi_equal(x, extreme), places, i32(INT32_MAX)), PSI_INTS(axis), true);
}

PARITY_CASE(ops_numeric, "tests/arg_reduce_tests.cpp", "test arg reduce against cpu")
{
    psi_array x = psi_random_uniform(f32(0), f32(1), PSI_INTS(61, 34, 77), PSI_FLOAT32, psi_random_key(17));
    REQUIRE(psi_eval(PSI_ARRAYS(x)));
    CHECK(psi_is_available(x));
    CHECK_EQ_INT(psi_size(x), 61 * 34 * 77);
    CHECK_EQ_INT(psi_default_stream(psi_default_device()).device.type, PSI_CPU);
    for (int axis = 0; axis < 3; axis++) {
        psi_array least = psi_argmin(x, axis, true), most = psi_argmax(x, axis, true);
        CHECK_EVERY_ISA(least);
        CHECK_EVERY_ISA(most);
        CHECK_EQUAL(least, first_place(x, psi_min(x, PSI_INTS(axis), true), axis));
        CHECK_EQUAL(most, first_place(x, psi_max(x, PSI_INTS(axis), true), axis));
    }
    psi_array line = psi_random_uniform(f32(0), f32(1), PSI_INTS(2345), PSI_FLOAT32, psi_random_key(18));
    CHECK_EVERY_ISA(psi_argmin(line, 0, false));
    CHECK_EVERY_ISA(psi_argmax(line, 0, false));
}

PARITY_CASE(ops_numeric, "tests/arg_reduce_tests.cpp", "test arg reduce bool")
{
    psi_array x =
        SHAPED(PSI_BOOLS(true, true, false, false, false, true, false, true, true, true, true, true, false,
                         false, false, true, true, false, true, false, false, false, false, false),
               2, 3, 4);
    REQUIRE(psi_eval(PSI_ARRAYS(x)));
    CHECK_INDICES(psi_argmin(x, 2, false), 2, 0, 0, 0, 1, 0);
    CHECK_INDICES(psi_argmin(x, 1, false), 1, 0, 0, 0, 0, 0, 0, 1);
    CHECK_INDICES(psi_argmin(x, 0, false), 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1);
    CHECK_INDICES(psi_argmax(x, 2, false), 0, 1, 0, 3, 0, 0);
    CHECK_INDICES(psi_argmax(x, 1, false), 0, 0, 2, 1, 1, 0, 1, 0);
    CHECK_INDICES(psi_argmax(x, 0, false), 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0);
    CHECK_EVERY_ISA(psi_argmax(x, 1, false));
}

PARITY_CASE(ops_numeric, "tests/arg_reduce_tests.cpp", "test arg reduce edge cases")
{
    CHECK_INDICES(psi_argmin(f32(-3), PSI_NO_INT, false), 0);
    CHECK_INDICES(psi_argmax(f32(-3), PSI_NO_INT, false), 0);
    CHECK_REFUSED(psi_argmin(nothing(), PSI_NO_INT, false));
    CHECK_REFUSED(psi_argmax(nothing(), PSI_NO_INT, false));
    CHECK_REFUSED(psi_argmin(psi_zeros(PSI_INTS(3, 0), PSI_FLOAT32), 1, false));
}

PARITY_CASE(ops_numeric, "tests/arg_reduce_tests.cpp", "test arg reduce irregular strides")
{
    psi_array turned = psi_transpose(block(), PSI_INTS(2, 0, 1));
    REQUIRE(psi_eval1(turned));
    CHECK_SHAPE(psi_argmin(turned, 2, false), 4, 2);
    CHECK_INDICES(psi_argmin(turned, 2, false), 1, 1, 2, 2, 1, 0, 1, 1);
    CHECK_INDICES(psi_argmax(turned, 2, false), 0, 0, 1, 0, 0, 2, 2, 0);
    CHECK_INDICES(psi_argmin(turned, 0, false), 1, 0, 0, 2, 3, 1);
}
