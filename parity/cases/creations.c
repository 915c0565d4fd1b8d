/* creations.c: mirrors of upstream's rows on making arrays from nothing: tests/creations_tests.cpp, and of
 * tests/ops_tests.cpp the identities, triangles, linspace and full_like. */
#include "arrays.h"

static void check_range(double start, double stop, double step, psi_dtype dtype, int64_t size)
{
    psi_array range = psi_arange(start, stop, step, dtype);
    NOTE("arange(%g, %g, %g)", start, stop, step);
    CHECK_DTYPE(range, dtype == PSI_DTYPE_COUNT ? PSI_FLOAT32 : dtype);
    CHECK_EQ_INT(psi_size(range), size);
}

PARITY_CASE(ops_numeric, "tests/creations_tests.cpp", "test arange")
{
    static const psi_dtype kinds[] = {PSI_INT32,  PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16,
                                      PSI_UINT32, PSI_INT64,   PSI_UINT8,   PSI_FLOAT64};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        check_range(0, 12, 1, kinds[i], 12);
    check_range(0, 12, 1, PSI_DTYPE_COUNT, 12);
    CHECK_REFUSED(psi_arange(0, 12, 1, PSI_BOOL));
    CHECK_REFUSED(psi_arange(0, NAN, 1, PSI_FLOAT32));

    /* How many fit before stop. */
    check_range(0, 6, 0.25, PSI_FLOAT32, 24);
    check_range(0, 6, 0.35, PSI_FLOAT32, 18);
    check_range(2, 9, 7, PSI_INT32, 1);
    check_range(2, 9, 6, PSI_INT32, 2);
    check_range(2, 9, 700, PSI_INT32, 1);
    check_range(4, -4, 1, PSI_INT32, 0);
    check_range(4, -4, -1, PSI_INT32, 8);
    check_range(4, -4, -8, PSI_INT32, 1);

    CHECK_VALUES(psi_arange(3, 7, 1, PSI_INT32), 3, 4, 5, 6);
    CHECK_EQUAL(psi_arange(3, 7, 3, PSI_INT32), PSI_INT32S(3, 6));
    CHECK_EQUAL(psi_arange(3, 7, 4, PSI_INT32), PSI_INT32S(3));
    CHECK_EMPTY(psi_arange(3, -7, 1, PSI_INT32));
    CHECK_EMPTY(psi_arange(3, 7, -2, PSI_INT32));
    CHECK_VALUES(psi_arange(-1, -4, -1, PSI_INT32), -1, -2, -3);
    /* Integers are made from the truncated start and step. */
    CHECK_EQUAL(psi_arange(0, 3, 0.25, PSI_INT32), psi_zeros(PSI_INTS(12), PSI_INT32));
    CHECK_VALUES(psi_arange(0, 8, 2.5, PSI_INT32), 0, 2, 4, 6);
    CHECK_SAME(psi_arange(0, 4, 1, PSI_FLOAT16), psi_astype(PSI_FLOATS(0, 1, 2, 3), PSI_FLOAT16));
    CHECK_VALUES(psi_arange(0, 4, 1, PSI_BFLOAT16), 0, 1, 2, 3);
    CHECK_VALUES(psi_arange(0, 7, 2.5, PSI_BFLOAT16), 0, 2.5, 5);
    CHECK_EVERY_ISA(psi_arange(-3, 40, 0.75, PSI_FLOAT32));
}

PARITY_CASE(ops_numeric, "tests/creations_tests.cpp", "test astype")
{
    psi_array five = i32(5);
    CHECK_DTYPE(psi_astype(five, PSI_FLOAT32), PSI_FLOAT32);
    CHECK_VALUES(psi_astype(five, PSI_FLOAT32), 5);
    CHECK_DTYPE(psi_astype(five, PSI_INT32), PSI_INT32);
    CHECK_VALUES(psi_astype(five, PSI_INT32), 5);
    CHECK_DTYPE(psi_astype(f32(-7.9), PSI_INT32), PSI_INT32);
    CHECK_VALUES(psi_astype(f32(-7.9), PSI_INT32), -7);
    CHECK_VALUES(psi_astype(PSI_INT32S(-1, 256, 511), PSI_UINT8), 255, 0, 255);
    CHECK_VALUES(psi_astype(PSI_FLOATS(0.25, 0, NAN), PSI_BOOL), 1, 0, 1);
}

PARITY_CASE(ops_numeric, "tests/creations_tests.cpp", "test full")
{
    const psi_dtype same = PSI_DTYPE_COUNT;
    CHECK_REFUSED(psi_full(PSI_INTS(-2, 0), i32(0), same));
    CHECK_REFUSED(psi_full(PSI_INTS(0, -9), i32(0), same));

    CHECK_DTYPE(psi_full(PSI_SCALAR_SHAPE, i32(4), same), PSI_INT32);
    CHECK_VALUES(psi_full(PSI_SCALAR_SHAPE, i32(4), same), 4);
    CHECK_DTYPE(psi_full(PSI_SCALAR_SHAPE, f32(0.5), same), PSI_FLOAT32);
    CHECK_VALUES(psi_full(PSI_SCALAR_SHAPE, f32(0.5), same), 0.5);
    CHECK_VALUES(psi_full(PSI_SCALAR_SHAPE, truth(true), same), 1);
    CHECK_VALUES(psi_full(PSI_SCALAR_SHAPE, i32(-3), PSI_INT32), -3);
    CHECK_VALUES(psi_full(PSI_SCALAR_SHAPE, i32(-3), PSI_FLOAT32), -3);
    CHECK_EQUAL(psi_full(PSI_INTS(1, 3), i32(6), PSI_FLOAT32), SHAPED(PSI_FLOATS(6, 6, 6), 1, 3));
    CHECK_EQUAL(psi_full(PSI_INTS(3, 1), i32(6), PSI_FLOAT32), SHAPED(PSI_FLOATS(6, 6, 6), 3, 1));
    CHECK_DTYPE(psi_full(PSI_INTS(3), truth(false), same), PSI_BOOL);
    CHECK_EQUAL(psi_full(PSI_INTS(3), truth(false), same), PSI_BOOLS(false, false, false));
    CHECK_DTYPE(psi_full(PSI_INTS(2), f32(0.25), PSI_BOOL), PSI_BOOL);
    CHECK_VALUES(psi_full(PSI_INTS(2), f32(0.25), PSI_BOOL), 1, 1);
    CHECK_DTYPE(psi_full(PSI_INTS(2), f32(9.75), PSI_UINT32), PSI_UINT32);
    CHECK_VALUES(psi_full(PSI_INTS(2), f32(9.75), PSI_UINT32), 9, 9);
    CHECK_REFUSED(psi_full(PSI_INTS(4), nothing(), same));

    /* The value is broadcast. */
    CHECK_VALUES(psi_full(PSI_INTS(2, 3), SHAPED(PSI_INT32S(8, 5), 2, 1), same), 8, 8, 8, 5, 5, 5);
    CHECK_VALUES(psi_full(PSI_INTS(2, 2), SHAPED(PSI_INT32S(8, 5), 1, 2), same), 8, 5, 8, 5);

    psi_array zeros = psi_zeros(PSI_INTS(3, 2), PSI_FLOAT32), ones = psi_ones(PSI_INTS(3, 2), PSI_FLOAT32);
    CHECK_SHAPE(zeros, 3, 2);
    CHECK_EQ_INT(psi_ndim(zeros), 2);
    CHECK_DTYPE(zeros, PSI_FLOAT32);
    CHECK_VALUES(zeros, 0, 0, 0, 0, 0, 0);
    CHECK_SHAPE(ones, 3, 2);
    CHECK_EQ_INT(psi_ndim(ones), 2);
    CHECK_DTYPE(ones, PSI_FLOAT32);
    CHECK_VALUES(ones, 1, 1, 1, 1, 1, 1);
    psi_array whole = psi_zeros_like(psi_full(PSI_INTS(2, 2), i32(7), PSI_INT32));
    CHECK_DTYPE(whole, PSI_INT32);
    CHECK_EQUAL(whole, psi_zeros(PSI_INTS(2, 2), PSI_INT32));
    whole = psi_ones_like(whole);
    CHECK_DTYPE(whole, PSI_INT32);
    CHECK_EQUAL(whole, psi_ones(PSI_INTS(2, 2), PSI_INT32));

    /* No dimensions, and no elements. */
    CHECK_SCALAR(psi_ones(PSI_SCALAR_SHAPE, PSI_INT32));
    CHECK_VALUES(psi_ones(PSI_SCALAR_SHAPE, PSI_INT32), 1);
    psi_array empty = psi_full(PSI_INTS(0), nothing(), same);
    CHECK_SHAPE(empty, 0);
    CHECK_EQ_INT(psi_size(empty), 0);
    CHECK_REFUSED(psi_full(PSI_SCALAR_SHAPE, nothing(), same));
    CHECK_EVERY_ISA(psi_full(PSI_INTS(5, 7), f32(0.1), PSI_BFLOAT16));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test eye")
{
    psi_array square = psi_eye(3, PSI_NO_INT, 0, PSI_FLOAT32), wide = psi_eye(2, 4, 0, PSI_INT32);
    CHECK_SHAPE(square, 3, 3);
    CHECK_EQUAL(square, SHAPED(PSI_FLOATS(1, 0, 0, 0, 1, 0, 0, 0, 1), 3, 3));
    CHECK_SHAPE(wide, 2, 4);
    CHECK_VALUES(wide, 1, 0, 0, 0, 0, 1, 0, 0);
    CHECK_REFUSED(psi_eye(-1, PSI_NO_INT, 0, PSI_FLOAT32));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test eye with positive k offset")
{
    psi_array above = psi_eye(3, 5, 2, PSI_FLOAT32);
    CHECK_SHAPE(above, 3, 5);
    CHECK_EQUAL(above, SHAPED(PSI_FLOATS(0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1), 3, 5));
    CHECK_VALUES(psi_eye(2, 2, 7, PSI_FLOAT32), 0, 0, 0, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test eye with negative k offset")
{
    psi_array below = psi_eye(4, 2, -2, PSI_FLOAT32);
    CHECK_SHAPE(below, 4, 2);
    CHECK_EQUAL(below, SHAPED(PSI_FLOATS(0, 0, 0, 0, 1, 0, 0, 1), 4, 2));
    CHECK_VALUES(psi_eye(2, 2, -2, PSI_FLOAT32), 0, 0, 0, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test identity")
{
    psi_array one = psi_identity(3, PSI_FLOAT32), x = counted(2, PSI_INTS(3, 3), PSI_FLOAT32);
    CHECK_SHAPE(one, 3, 3);
    CHECK_EQUAL(one, SHAPED(PSI_FLOATS(1, 0, 0, 0, 1, 0, 0, 0, 1), 3, 3));
    CHECK_SAME(psi_matmul(one, x), x);
    CHECK_REFUSED(psi_identity(0, PSI_FLOAT32));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test tri")
{
    psi_array lower = psi_tri(3, 4, 0, PSI_FLOAT32);
    CHECK_SHAPE(lower, 3, 4);
    CHECK_EQUAL(lower, SHAPED(PSI_FLOATS(1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0), 3, 4));
    CHECK_VALUES(psi_tri(2, PSI_NO_INT, 1, PSI_INT32), 1, 1, 1, 1);
    CHECK_VALUES(psi_tri(3, 2, -1, PSI_INT32), 0, 0, 1, 0, 1, 1);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test tril")
{
    psi_array x = psi_full(PSI_INTS(3, 3), f32(-4), PSI_FLOAT32), lower = psi_tril(x, 0);
    CHECK_SHAPE(lower, 3, 3);
    CHECK_EQUAL(lower, SHAPED(PSI_FLOATS(-4, 0, 0, -4, -4, 0, -4, -4, -4), 3, 3));
    CHECK_VALUES(psi_tril(counted(1, PSI_INTS(2, 2, 2), PSI_INT32), -1), 0, 0, 3, 0, 0, 0, 7, 0);
    CHECK_EVERY_ISA(psi_tril(counted(1, PSI_INTS(9, 20), PSI_INT16), 3));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test triu")
{
    psi_array x = psi_full(PSI_INTS(3, 3), f32(-4), PSI_FLOAT32), upper = psi_triu(x, 0);
    CHECK_SHAPE(upper, 3, 3);
    CHECK_EQUAL(upper, SHAPED(PSI_FLOATS(-4, -4, -4, 0, -4, -4, 0, 0, -4), 3, 3));
    CHECK_VALUES(psi_triu(counted(1, PSI_INTS(2, 2, 2), PSI_INT32), 1), 0, 2, 0, 0, 0, 6, 0, 0);
    CHECK_REFUSED(psi_triu(PSI_FLOATS(1, 2), 0));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test linspace")
{
    CHECK_EQUAL(psi_linspace(-1, 1, 5, PSI_FLOAT32), PSI_FLOATS(-1, -0.5, 0, 0.5, 1));
    CHECK_EQUAL(psi_linspace(0, 7, 3, PSI_INT32), PSI_INT32S(0, 3, 7));
    CHECK_EQUAL(psi_linspace(3, 4, 0, PSI_FLOAT32), nothing());
    CHECK_VALUES(psi_linspace(3, 4, 1, PSI_FLOAT32), 3);
    CHECK_REFUSED(psi_linspace(0, 1, -2, PSI_FLOAT32));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test full_like")
{
    const psi_dtype same = PSI_DTYPE_COUNT;
    psi_array shorts = psi_astype(PSI_INT32S(9, 8, 7, 6), PSI_INT16);
    psi_array halves = psi_full_like(shorts, f32(2.5), PSI_FLOAT16);
    CHECK_DTYPE(halves, PSI_FLOAT16);
    CHECK_EQUAL(halves, PSI_FLOATS(2.5, 2.5, 2.5, 2.5));
    psi_array cut = psi_full_like(shorts, f32(2.5), same);
    CHECK_DTYPE(cut, PSI_INT16);
    CHECK_EQUAL(cut, PSI_INT32S(2, 2, 2, 2));
    psi_array wide = psi_full_like(shorts, psi_scalar(0.1, PSI_FLOAT32), PSI_FLOAT32);
    CHECK_DTYPE(wide, PSI_FLOAT32);
    CHECK_VALUES(wide, 0.1f, 0.1f, 0.1f, 0.1f);
    psi_array floats = psi_full_like(PSI_FLOATS(1, 2, 3), i32(-6), same);
    CHECK_DTYPE(floats, PSI_FLOAT32);
    CHECK_VALUES(floats, -6, -6, -6);
    CHECK_REFUSED(psi_full_like(shorts, PSI_FLOATS(1, 2), same));
}
