/* ops_reduce.c: mirrors of the rows of upstream's tests/ops_tests.cpp on reductions and scans. */
#include "arrays.h"

#define ALL PSI_NONE, false
#define NO_AXES PSI_SCALAR_SHAPE
#define BAD_AXIS(expression) CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, expression)

static void check_reduced_shapes(void)
{
    psi_array scalar = i32(4), none = nothing(), line = psi_zeros(PSI_INTS(5), PSI_FLOAT32);
    psi_array box = psi_zeros(PSI_INTS(3, 5, 2), PSI_FLOAT32);
    CHECK_EQ_INT(psi_ndim(psi_sum(scalar, ALL)), 0);
    CHECK_SCALAR(psi_sum(scalar, NO_AXES, false));
    CHECK_EQ_INT(psi_size(psi_sum(scalar, NO_AXES, false)), 1);
    CHECK_REFUSED(psi_sum(scalar, PSI_INTS(0), false));
    CHECK_REFUSED(psi_sum(scalar, PSI_INTS(-1), false));
    CHECK_SCALAR(psi_sum(none, ALL));
    CHECK_EQ_INT(psi_size(psi_sum(none, ALL)), 1);
    CHECK_SHAPE(psi_sum(none, PSI_NONE, true), 1);
    CHECK_SHAPE(psi_sum(none, NO_AXES, false), 0);
    CHECK_EQ_INT(psi_ndim(psi_sum(line, ALL)), 0);
    CHECK_EQ_INT(psi_ndim(psi_sum(line, PSI_INTS(-1), false)), 0);
    CHECK_EQ_INT(psi_ndim(psi_sum(line, PSI_INTS(-1), true)), 1);
    CHECK_SHAPE(psi_sum(line, PSI_INTS(-1), true), 1);
    CHECK_REFUSED(psi_sum(line, PSI_INTS(1), false));
    CHECK_REFUSED(psi_sum(line, PSI_INTS(-2), false));
    CHECK_REFUSED(psi_sum(line, PSI_INTS(0, 0), false));
    CHECK_REFUSED(psi_sum(line, PSI_INTS(0, -1), false));
    CHECK_SHAPE(psi_sum(box, PSI_INTS(2, 0), false), 5);
    CHECK_SHAPE(psi_sum(box, PSI_INTS(-1, 0), false), 5);
    CHECK_SHAPE(psi_sum(box, PSI_INTS(0, -1), true), 1, 5, 1);
    CHECK_SHAPE(psi_sum(box, NO_AXES, false), 3, 5, 2);
    CHECK_SHAPE(psi_sum(box, PSI_NONE, true), 1, 1, 1);
    CHECK_SCALAR(psi_sum(box, ALL));
    CHECK_REFUSED(psi_sum(box, PSI_INTS(3), false));
    CHECK_REFUSED(psi_sum(box, PSI_INTS(-4), false));
    CHECK_REFUSED(psi_sum(box, PSI_INTS(1, 2, -2), false));
}

static void check_sums(void)
{
    CHECK_VALUES(psi_sum(nothing(), ALL), 0);
    CHECK_VALUES(psi_sum(PSI_INT32S(6, -9, 13), ALL), 10);
    CHECK_EQUAL(psi_sum(PSI_INT32S(6, -9, 13), NO_AXES, false), PSI_INT32S(6, -9, 13));
    psi_array ones = psi_ones(PSI_INTS(2, 5, 3), PSI_FLOAT32);
    CHECK_EQUAL(psi_sum(ones, PSI_INTS(0), false), psi_full(PSI_INTS(5, 3), f32(2), PSI_FLOAT32));
    CHECK_EQUAL(psi_sum(ones, PSI_INTS(1), false), psi_full(PSI_INTS(2, 3), f32(5), PSI_FLOAT32));
    CHECK_EQUAL(psi_sum(ones, PSI_INTS(2), false), psi_full(PSI_INTS(2, 5), f32(3), PSI_FLOAT32));
    CHECK_EQUAL(psi_sum(ones, PSI_INTS(0, 1), false), psi_full(PSI_INTS(3), f32(10), PSI_FLOAT32));
    CHECK_EQUAL(psi_sum(ones, PSI_INTS(0, 2), false), psi_full(PSI_INTS(5), f32(6), PSI_FLOAT32));
    CHECK_EQUAL(psi_sum(ones, PSI_INTS(1, 2), false), psi_full(PSI_INTS(2), f32(15), PSI_FLOAT32));
    CHECK_VALUES(psi_sum(ones, PSI_INTS(0, 1, 2), false), 30);
    psi_array uneven = SHAPED(PSI_FLOATS(1, 20, 300, 4, 50, 600), 2, 3);
    CHECK_VALUES(psi_sum(uneven, PSI_INTS(0), false), 5, 70, 900);
    CHECK_VALUES(psi_sum(uneven, PSI_INTS(1), false), 321, 654);
    CHECK_VALUES(psi_sum(uneven, PSI_INTS(0, 1), false), 975);
    CHECK_VALUES(psi_sum(PSI_BOOLS(true, false, true, true, true), ALL), 4);
    CHECK_VALUES(psi_sum(psi_broadcast_to(f32(0.5), PSI_INTS(3, 2, 4)), ALL), 12);

    /* Sums of unsigned numbers leave their own range. */
    psi_array bytes = psi_astype(psi_full(PSI_INTS(700), i32(250), PSI_INT32), PSI_UINT8);
    CHECK_VALUES(psi_sum(bytes, ALL), 175000);
    psi_array shorts = psi_astype(psi_full(PSI_INTS(700), i32(60000), PSI_INT32), PSI_UINT16);
    CHECK_VALUES(psi_sum(shorts, ALL), 42000000);
    CHECK_VALUES(psi_sum(psi_full(PSI_INTS(2, 2, 2), i32(50000), PSI_UINT32), ALL), 400000);
    CHECK_VALUES(psi_sum(psi_full(PSI_INTS(2, 2, 2), psi_scalar_int(1LL << 40, PSI_INT64), PSI_UINT64), ALL),
                 1LL << 43);
    CHECK_EVERY_ISA(psi_sum(counted(0, PSI_INTS(33, 65), PSI_INT32), PSI_INTS(0), false));
}

static void check_products(void)
{
    CHECK_VALUES(psi_prod(nothing(), ALL), 1);
    CHECK_VALUES(psi_prod(PSI_INT32S(3, -5, 2), ALL), -30);
    CHECK_EQUAL(psi_prod(PSI_INT32S(3, -5, 2), NO_AXES, false), PSI_INT32S(3, -5, 2));
    psi_array twos = psi_full(PSI_INTS(2, 4, 3), f32(2), PSI_FLOAT32);
    CHECK_EQUAL(psi_prod(twos, PSI_INTS(0), false), psi_full(PSI_INTS(4, 3), f32(4), PSI_FLOAT32));
    CHECK_EQUAL(psi_prod(twos, PSI_INTS(1), false), psi_full(PSI_INTS(2, 3), f32(16), PSI_FLOAT32));
    CHECK_EQUAL(psi_prod(twos, PSI_INTS(2), false), psi_full(PSI_INTS(2, 4), f32(8), PSI_FLOAT32));
    CHECK_EQUAL(psi_prod(twos, PSI_INTS(0, 1), false), psi_full(PSI_INTS(3), f32(256), PSI_FLOAT32));
    CHECK_EQUAL(psi_prod(twos, PSI_INTS(0, 2), false), psi_full(PSI_INTS(4), f32(64), PSI_FLOAT32));
    CHECK_EQUAL(psi_prod(twos, PSI_INTS(1, 2), false), psi_full(PSI_INTS(2), f32(4096), PSI_FLOAT32));
    CHECK_VALUES(psi_prod(twos, ALL), 16777216);
    psi_array uneven = SHAPED(PSI_FLOATS(1, 2, 3, 4, 5, 6), 2, 3);
    CHECK_VALUES(psi_prod(uneven, PSI_INTS(0), false), 4, 10, 18);
    CHECK_VALUES(psi_prod(uneven, PSI_INTS(1), false), 6, 120);
    psi_array bools = SHAPED(PSI_BOOLS(false, true, true, true, true, true), 2, 3);
    CHECK_VALUES(psi_prod(bools, PSI_INTS(0), false), 0, 1, 1);
    CHECK_VALUES(psi_prod(bools, PSI_INTS(1), false), 0, 1);
    CHECK_VALUES(psi_prod(psi_astype(PSI_INT32S(200, 100), PSI_UINT8), ALL), 20000);
    CHECK_VALUES(psi_prod(psi_astype(PSI_INT32S(60000, 3), PSI_UINT16), ALL), 180000);
    CHECK_VALUES(psi_prod(PSI_UINT32S(70000, 5), ALL), 350000);
    CHECK_VALUES(psi_prod(psi_astype(PSI_INT64S(1LL << 35, 8), PSI_UINT64), ALL), 1LL << 38);
}

static void check_all_and_any(void)
{
    psi_array bools = SHAPED(PSI_BOOLS(false, true, true, true, true, true), 2, 3);
    CHECK_VALUES(psi_all(nothing(), ALL), 1);
    CHECK_VALUES(psi_all(PSI_INT32S(5, -5, 1), ALL), 1);
    CHECK_EQUAL(psi_all(PSI_INT32S(5, 0, 1), NO_AXES, false), PSI_BOOLS(true, false, true));
    CHECK_VALUES(psi_all(PSI_INT32S(5, 0, 1), ALL), 0);
    CHECK_VALUES(psi_all(bools, PSI_INTS(1), false), 0, 1);
    CHECK_VALUES(psi_all(bools, PSI_INTS(0), false), 0, 1, 1);
    bools = psi_logical_not(bools);
    CHECK_VALUES(psi_any(nothing(), ALL), 0);
    CHECK_VALUES(psi_any(PSI_INT32S(0, 0, 0), ALL), 0);
    CHECK_VALUES(psi_any(PSI_INT32S(0, 0, -4), ALL), 1);
    CHECK_EQUAL(psi_any(PSI_INT32S(0, 0, -4), NO_AXES, false), PSI_BOOLS(false, false, true));
    CHECK_VALUES(psi_any(bools, PSI_INTS(1), false), 1, 0);
    CHECK_VALUES(psi_any(bools, PSI_INTS(0), false), 1, 0, 0);
}

static void check_extremes(void)
{
    CHECK_REFUSED(psi_max(nothing(), ALL));
    CHECK_REFUSED(psi_min(nothing(), ALL));
    CHECK_VALUES(psi_max(PSI_FLOATS(-4, 8, 0.5), ALL), 8);
    CHECK_VALUES(psi_min(PSI_FLOATS(-4, 8, 0.5), ALL), -4);
    CHECK_VALUES(psi_max(PSI_FLOATS(-4, -8), ALL), -4);
    CHECK_VALUES(psi_min(PSI_FLOATS(INFINITY), ALL), INFINITY);
    CHECK_VALUES(psi_max(PSI_FLOATS(-INFINITY), ALL), -INFINITY);
    psi_array x = SHAPED(PSI_FLOATS(3, 8, -1, 5, 2, 7), 2, 3);
    CHECK_VALUES(psi_max(x, PSI_INTS(0), false), 5, 8, 7);
    CHECK_VALUES(psi_max(x, PSI_INTS(1), false), 8, 7);
    CHECK_VALUES(psi_min(x, PSI_INTS(0), false), 3, 2, -1);
    CHECK_VALUES(psi_min(x, PSI_INTS(1), false), -1, 2);
    psi_array high = SHAPED(PSI_UINT32S(3, 4000000000, 1, 5, 2, 7), 2, 3);
    CHECK_VALUES(psi_max(high, ALL), 4000000000);
    CHECK_VALUES(psi_min(high, ALL), 1);
    CHECK_VALUES(psi_max(high, PSI_INTS(0), false), 5, 4000000000, 7);
    CHECK_VALUES(psi_max(high, PSI_INTS(1), false), 4000000000, 7);
    CHECK_VALUES(psi_min(high, PSI_INTS(0), false), 3, 2, 1);
    CHECK_VALUES(psi_min(high, PSI_INTS(1), false), 1, 2);
    psi_array bools = SHAPED(PSI_BOOLS(false, true, false, false, false, false), 2, 3);
    CHECK_VALUES(psi_max(bools, PSI_INTS(0), false), 0, 1, 0);
    CHECK_VALUES(psi_max(bools, PSI_INTS(1), false), 1, 0);
    bools = psi_logical_not(bools);
    CHECK_VALUES(psi_min(bools, PSI_INTS(0), false), 1, 0, 1);
    CHECK_VALUES(psi_min(bools, PSI_INTS(1), false), 0, 1);
    psi_array holes = SHAPED(PSI_FLOATS(3, 8, NAN, 5, 2, 7), 2, 3);
    CHECK_VALUES(psi_max(holes, PSI_INTS(0), false), 5, 8, NAN);
    CHECK_VALUES(psi_max(holes, PSI_INTS(1), false), NAN, 7);
    CHECK_VALUES(psi_min(holes, PSI_INTS(1), false), NAN, 2);
    CHECK_EVERY_ISA(psi_max(psi_linspace(-8, 5, 1001, PSI_FLOAT32), ALL));
}

static void check_logsumexp(void)
{
    psi_array low = f32(-INFINITY);
    CHECK_REFUSED(psi_logsumexp(nothing(), ALL));
    CHECK_VALUES(psi_logsumexp(PSI_FLOATS(-INFINITY, -INFINITY, -INFINITY), ALL), -INFINITY);
    CHECK_VALUES(psi_logsumexp(psi_repeat(low, 3000, PSI_NO_INT), ALL), -INFINITY);
    CHECK_VALUES(psi_logsumexp(PSI_FLOATS(2.5, -INFINITY), ALL), 2.5);
    CHECK_VALUES(psi_logsumexp(PSI_FLOATS(2.5, INFINITY), ALL), INFINITY);
    psi_array x = psi_reshape(psi_arange(-1, 5, 1, PSI_FLOAT32), PSI_INTS(2, 3));
    CHECK_SHAPE(psi_logsumexp(x, PSI_INTS(0, 1), true), 1, 1);
    psi_array sums = psi_log(psi_sum(psi_exp(x), PSI_INTS(0), false));
    CHECK_TRUE(psi_allclose(psi_logsumexp(x, PSI_INTS(0), false), sums, 1e-6, 1e-8, false));
    CHECK_VALUES_NEAR(psi_logsumexp(x, PSI_INTS(1), false), 3e-7, 1.4076059644443804, 4.40760596444438);
    CHECK_VALUES_NEAR(psi_logsumexp(x, ALL), 3e-7, 4.456193316018123);
    CHECK_VALUES_NEAR(psi_logsumexp(PSI_FLOATS(900, 900), ALL), 1e-6, 900.6931471805599);
}

static void check_softmax(psi_dtype dtype)
{
    const double near = dtype == PSI_FLOAT32 ? 1e-6 : 1e-2;
    psi_array none = psi_astype(nothing(), dtype), one = psi_scalar(1, dtype);
    NOTE("%s", psi_dtype_name(dtype));
    CHECK_EQUAL(psi_softmax(none, PSI_NONE, false), none);
    psi_array flat = psi_astype(PSI_FLOATS(3, 3, 3, 3, 3, 3, 3, 3), dtype),
              eighth = psi_full_like(flat, f32(0.125), PSI_DTYPE_COUNT);
    CHECK_EQUAL(psi_softmax(flat, PSI_NONE, false), eighth);
    CHECK_EQUAL(psi_softmax(flat, PSI_INTS(-1), false), eighth);
    CHECK_EQUAL(psi_softmax(flat, PSI_INTS(0), true), eighth);
    CHECK_EQUAL(psi_sum(psi_softmax(flat, PSI_NONE, false), ALL), one);
    psi_array slope = psi_softmax(psi_astype(PSI_FLOATS(-0.5, -1.5, -3.5), dtype), PSI_NONE, false);
    CHECK_DTYPE(slope, dtype);
    CHECK_VALUES_NEAR(slope, near, 0.7053845126982412, 0.25949646034241913, 0.03511902695933972);
    CHECK_TRUE(psi_allclose(psi_sum(slope, ALL), one, near, 0, false));
    psi_array both = psi_softmax(psi_astype(PSI_FLOATS(2, 0, -2), dtype), PSI_NONE, false);
    CHECK_VALUES_NEAR(both, near, 0.8668133321973349, 0.11731042782619838, 0.015876239976466765);
    /* Far from zero, on both sides. */
    psi_array far = psi_full(PSI_INTS(4), psi_scalar(3000, dtype), PSI_DTYPE_COUNT);
    CHECK_VALUES_NEAR(psi_softmax(far, PSI_NONE, false), near, 0.25, 0.25, 0.25, 0.25);
    CHECK_VALUES_NEAR(psi_softmax(psi_negative(far), PSI_NONE, false), near, 0.25, 0.25, 0.25, 0.25);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test reduction ops")
{
    check_reduced_shapes();
    BAD_AXIS(psi_sum(PSI_FLOATS(1, 2), PSI_INTS(5), false));
    check_sums();
    check_products();
    check_all_and_any();
    check_extremes();
    check_logsumexp();
    check_softmax(PSI_FLOAT32);
    check_softmax(PSI_FLOAT16);
    check_softmax(PSI_BFLOAT16);
}

static psi_arrays running_sum(psi_arrays inputs, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = psi_cumsum(inputs.data[0], 0, false, true);
    return out;
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test scan op")
{
    psi_array x = SHAPED(PSI_FLOATS(5, 1, 4, -2, 8, 3), 2, 3);
    CHECK_EQUAL(psi_cumsum(x, 1, false, true), SHAPED(PSI_FLOATS(5, 6, 10, -2, 6, 9), 2, 3));
    CHECK_VALUES(psi_cumsum(x, 1, false, false), 0, 5, 6, 0, -2, 6);
    CHECK_VALUES(psi_cumsum(x, 1, true, true), 10, 5, 4, 9, 11, 3);
    CHECK_VALUES(psi_cumsum(x, 1, true, false), 5, 4, 0, 11, 3, 0);
    CHECK_VALUES(psi_cumsum(x, 0, false, true), 5, 1, 4, 3, 9, 7);
    CHECK_VALUES(psi_cumsum(x, 0, true, false), -2, 8, 3, 0, 0, 0);
    psi_array box = psi_reshape(PSI_INT32S(1, 2, 3, 4, 5, 6, 7, 8), PSI_INTS(2, 2, 2));
    CHECK_VALUES(psi_cumsum(box, 0, false, true), 1, 2, 3, 4, 6, 8, 10, 12);
    CHECK_VALUES(psi_cumsum(box, 1, false, true), 1, 2, 4, 6, 5, 6, 12, 14);
    CHECK_VALUES(psi_cumsum(box, -1, true, true), 3, 2, 7, 4, 11, 6, 15, 8);
    CHECK_VALUES(psi_cumsum(box, 1, true, false), 3, 4, 0, 0, 7, 8, 0, 0);
    CHECK_REFUSED(psi_cumsum(box, 3, false, true));
    psi_arrays rows = psi_vmap(running_sum, NULL, PSI_ARRAYS(x), PSI_INTS(0), PSI_INTS(0));
    REQUIRE(rows.count == 1);
    CHECK_EQUAL(rows.data[0], psi_cumsum(x, 1, false, true));
    psi_arrays columns = psi_vmap(running_sum, NULL, PSI_ARRAYS(x), PSI_INTS(1), PSI_INTS(1));
    REQUIRE(columns.count == 1);
    CHECK_EQUAL(columns.data[0], psi_cumsum(x, 0, false, true));
    CHECK_EVERY_ISA(psi_cumsum(counted(-40, PSI_INTS(9, 77), PSI_INT32), 0, false, true));
}
