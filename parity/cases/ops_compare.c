/* ops_compare.c: mirrors of the rows of upstream's tests/ops_tests.cpp that answer in bools: comparisons, tests for
 * NaN and infinity, closeness, choosing by a condition, and the order of the dtypes. */
#include "arrays.h"

static void check_scalars(void)
{
    psi_array two = f32(2), again = f32(2), half = f32(0.5);
    CHECK_TRUE(psi_equal(two, again));
    CHECK_VALUES(psi_equal(two, half), 0);
    CHECK_VALUES(psi_not_equal(two, again), 0);
    CHECK_TRUE(psi_not_equal(two, half));
    CHECK_EQUAL(two, again);
    CHECK_UNEQUAL(two, half);
    CHECK_TRUE(psi_greater(two, half));
    CHECK_VALUES(psi_greater(two, again), 0);
    CHECK_VALUES(psi_greater(half, two), 0);
    CHECK_TRUE(psi_greater_equal(two, half));
    CHECK_TRUE(psi_greater_equal(two, again));
    CHECK_VALUES(psi_greater_equal(half, two), 0);
    CHECK_TRUE(psi_less(half, two));
    CHECK_VALUES(psi_less(two, again), 0);
    CHECK_VALUES(psi_less(two, half), 0);
    CHECK_TRUE(psi_less_equal(half, two));
    CHECK_TRUE(psi_less_equal(two, again));
    CHECK_VALUES(psi_less_equal(two, half), 0);
    /* NaN is neither equal to anything nor in order with it. */
    psi_array with_nan = PSI_FLOATS(NAN, 1, NAN), other = PSI_FLOATS(NAN, NAN, 1);
    CHECK_VALUES(psi_equal(with_nan, other), 0, 0, 0);
    CHECK_VALUES(psi_not_equal(with_nan, other), 1, 1, 1);
    CHECK_VALUES(psi_less_equal(with_nan, other), 0, 0, 0);
    CHECK_VALUES(psi_equal_nan(with_nan, other), 1, 0, 0);
    CHECK_VALUES(psi_greater_equal(with_nan, other), 0, 0, 0);
}

static void check_whole_arrays(void)
{
    CHECK_EQUAL(psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32), psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32));
    CHECK_UNEQUAL(psi_zeros(PSI_INTS(1, 4), PSI_FLOAT32), psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32));
    CHECK_UNEQUAL(psi_ones(PSI_INTS(3, 4), PSI_FLOAT32), psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32));
    CHECK_EQUAL(psi_zeros(PSI_INTS(3, 4), PSI_INT32), psi_zeros(PSI_INTS(3, 4), PSI_INT32));
    CHECK_EQUAL(psi_ones(PSI_INTS(2), PSI_BOOL), psi_ones(PSI_INTS(2), PSI_BOOL));
    CHECK_EQUAL(psi_ones(PSI_INTS(2), PSI_BOOL), psi_ones(PSI_INTS(2), PSI_FLOAT32));
    psi_array holes = PSI_FLOATS(4, NAN, 0);
    CHECK_UNEQUAL(holes, PSI_FLOATS(4, NAN, 0));
    CHECK_TRUE(psi_array_equal(holes, PSI_FLOATS(4, NAN, 0), true));
    CHECK_VALUES(psi_array_equal(holes, PSI_FLOATS(4, 0, NAN), true), 0);
    CHECK_EQUAL(nothing(), nothing());
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test comparison ops")
{
    CHECK_DTYPE(psi_equal(nothing(), nothing()), PSI_BOOL);
    CHECK_SHAPE(psi_equal(nothing(), nothing()), 0);
    check_scalars();
    check_whole_arrays();
    CHECK_TRUE(psi_equal(f32(3), i32(3)));
    CHECK_TRUE(psi_equal(truth(true), i32(1)));
    CHECK_VALUES(psi_equal(truth(true), i32(3)), 0);

    psi_array row = SHAPED(PSI_FLOATS(4, 6, 5), 1, 3), column = SHAPED(PSI_FLOATS(5, 4), 2, 1);
    CHECK_DTYPE(psi_equal(row, column), PSI_BOOL);
    CHECK_SHAPE(psi_equal(row, column), 2, 3);
    CHECK_VALUES(psi_equal(row, column), 0, 0, 1, 1, 0, 0);
    CHECK_VALUES(psi_not_equal(row, column), 1, 1, 0, 0, 1, 1);
    CHECK_VALUES(psi_greater(row, column), 0, 1, 0, 0, 1, 1);
    CHECK_VALUES(psi_greater_equal(row, column), 0, 1, 1, 1, 1, 1);
    CHECK_VALUES(psi_less(row, column), 1, 0, 0, 0, 0, 0);
    CHECK_VALUES(psi_less_equal(row, column), 1, 0, 1, 1, 0, 0);
    CHECK_REFUSED(psi_less(PSI_FLOATS(1, 2), PSI_FLOATS(1, 2, 3)));
    CHECK_EVERY_ISA(psi_less(psi_linspace(-3, 3, 50, PSI_FLOAT32), psi_linspace(3, -3, 50, PSI_FLOAT32)));
}

static psi_array halves(psi_dtype dtype, double a, double b)
{
    return psi_astype(PSI_FLOATS(a, b), dtype);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test is nan")
{
    CHECK_VALUES(psi_isnan(f32(-2)), 0);
    CHECK_VALUES(psi_isnan(f32(NAN)), 1);
    CHECK_VALUES(psi_all(psi_isnan(psi_identity(5, PSI_FLOAT32)), PSI_NONE, false), 0);
    CHECK_VALUES(psi_isnan(PSI_FLOATS(NAN, 4, INFINITY, -NAN)), 1, 0, 0, 1);
    CHECK_VALUES(psi_all(psi_isnan(PSI_FLOATS(NAN, 4)), PSI_NONE, false), 0);
    CHECK_VALUES(psi_isnan(halves(PSI_BFLOAT16, 3, NAN)), 0, 1);
    CHECK_VALUES(psi_isnan(halves(PSI_FLOAT16, NAN, 3)), 1, 0);
    CHECK_VALUES(psi_isnan(PSI_INT32S(7, 0)), 0, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test is inf")
{
    CHECK_VALUES(psi_isinf(f32(-2)), 0);
    CHECK_VALUES(psi_isinf(f32(INFINITY)), 1);
    CHECK_VALUES(psi_isinf(f32(-INFINITY)), 1);
    CHECK_VALUES(psi_any(psi_isinf(psi_identity(5, PSI_FLOAT32)), PSI_NONE, false), 0);
    CHECK_EQUAL(psi_isinf(PSI_FLOATS(NAN, INFINITY, 3e38)), PSI_BOOLS(false, true, false));
    CHECK_VALUES(psi_isinf(halves(PSI_BFLOAT16, 3, INFINITY)), 0, 1);
    CHECK_VALUES(psi_isinf(halves(PSI_FLOAT16, -INFINITY, 3)), 1, 0);
    CHECK_VALUES(psi_isinf(halves(PSI_FLOAT16, 70000, 65504)), 1, 0);
    CHECK_VALUES(psi_isinf(PSI_INT32S(7)), 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test is positive infinity")
{
    CHECK_VALUES(psi_isposinf(f32(-2)), 0);
    CHECK_VALUES(psi_isposinf(PSI_FLOATS(INFINITY, -INFINITY, NAN)), 1, 0, 0);
    CHECK_VALUES(psi_all(psi_isposinf(psi_identity(5, PSI_FLOAT32)), PSI_NONE, false), 0);
    CHECK_VALUES(psi_all(psi_isposinf(PSI_FLOATS(INFINITY, 4)), PSI_NONE, false), 0);
    CHECK_VALUES(psi_all(psi_isposinf(PSI_FLOATS(INFINITY, INFINITY)), PSI_NONE, false), 1);
    CHECK_VALUES(psi_isposinf(halves(PSI_BFLOAT16, 3, INFINITY)), 0, 1);
    CHECK_VALUES(psi_isposinf(halves(PSI_FLOAT16, INFINITY, -INFINITY)), 1, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test is negative infinity")
{
    CHECK_VALUES(psi_isneginf(f32(-2)), 0);
    CHECK_VALUES(psi_isneginf(PSI_FLOATS(INFINITY, -INFINITY, NAN)), 0, 1, 0);
    CHECK_VALUES(psi_all(psi_isneginf(psi_identity(5, PSI_FLOAT32)), PSI_NONE, false), 0);
    CHECK_VALUES(psi_all(psi_isneginf(PSI_FLOATS(-INFINITY, 4)), PSI_NONE, false), 0);
    CHECK_VALUES(psi_all(psi_isneginf(PSI_FLOATS(-INFINITY, -INFINITY)), PSI_NONE, false), 1);
    CHECK_VALUES(psi_isneginf(halves(PSI_BFLOAT16, 3, -INFINITY)), 0, 1);
    CHECK_VALUES(psi_isneginf(halves(PSI_FLOAT16, INFINITY, -INFINITY)), 0, 1);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test all close")
{
    psi_array four = f32(4), near = f32(4.2);
    CHECK_TRUE(psi_allclose(four, f32(4), 1e-5, 1e-8, false));
    CHECK_VALUES(psi_allclose(four, near, 1e-5, 1e-8, false), 0);
    CHECK_TRUE(psi_allclose(four, near, 0.1, 1e-8, false));
    CHECK_VALUES(psi_allclose(four, near, 0.01, 1e-8, false), 0);
    CHECK_TRUE(psi_allclose(four, near, 0.01, 0.25, false));
    CHECK_VALUES(psi_allclose(PSI_FLOATS(1, 2), PSI_FLOATS(1, 2.5), 0.1, 0, false), 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test is close")
{
    psi_array up = PSI_FLOATS(3, INFINITY), down = PSI_FLOATS(3, -INFINITY);
    CHECK_EQUAL(psi_isclose(up, up, 1e-5, 1e-8, false), PSI_BOOLS(true, true));
    CHECK_VALUES(psi_isclose(down, PSI_FLOATS(3, -INFINITY), 1e-5, 1e-8, false), 1, 1);
    CHECK_VALUES(psi_isclose(up, down, 1e-5, 1e-8, false), 1, 0);
    psi_array holes = PSI_FLOATS(3, NAN, NAN), other = PSI_FLOATS(3, NAN, 7);
    CHECK_VALUES(psi_isclose(holes, other, 1e-5, 1e-8, false), 1, 0, 0);
    CHECK_VALUES(psi_isclose(holes, other, 1e-5, 1e-8, true), 1, 1, 0);
    CHECK_VALUES(psi_isclose(PSI_FLOATS(10, 10), PSI_FLOATS(10.5, 11), 0.05, 0, false), 1, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test where")
{
    CHECK_DTYPE(psi_where(truth(true), f32(6), f32(-6)), PSI_FLOAT32);
    CHECK_VALUES(psi_where(truth(true), f32(6), f32(-6)), 6);
    psi_array column = SHAPED(PSI_INT32S(10, 20), 2, 1), row = SHAPED(PSI_INT32S(7, 8), 1, 2);
    CHECK_EQUAL(psi_where(truth(true), column, row), psi_broadcast_to(column, PSI_INTS(2, 2)));
    CHECK_EQUAL(psi_where(truth(false), column, row), psi_broadcast_to(row, PSI_INTS(2, 2)));
    CHECK_EQUAL(psi_where(PSI_BOOLS(false, true), column, row), SHAPED(PSI_INT32S(7, 10, 7, 20), 2, 2));
    psi_array corners = SHAPED(PSI_BOOLS(false, true, true, false), 2, 2);
    CHECK_VALUES(psi_where(corners, column, row), 7, 10, 20, 8);
    CHECK_VALUES(psi_where(corners, i32(3), i32(4)), 4, 3, 3, 4);
    psi_array x = PSI_INT32S(5, 6, 7), y = PSI_INT32S(-5, -6, -7);
    CHECK_VALUES(psi_where(truth(true), x, y), 5, 6, 7);
    CHECK_VALUES(psi_where(truth(false), x, y), -5, -6, -7);
    /* A condition of numbers is true where it is not zero. */
    CHECK_VALUES(psi_where(PSI_INT32S(0, -3, 0), x, y), -5, 6, -7);
    psi_array planes = SHAPED(PSI_BOOLS(false, true), 2, 1, 1);
    CHECK_VALUES(
        psi_where(planes, SHAPED(PSI_INT32S(1, 2, 3, 4), 2, 1, 2), SHAPED(PSI_INT32S(5, 6, 7, 8), 2, 2, 1)),
        5, 5, 6, 6, 3, 4, 3, 4);
    CHECK_VALUES(
        psi_where(PSI_BOOLS(true, false, true), PSI_FLOATS(-INFINITY, 1, NAN), PSI_FLOATS(0, INFINITY, 0)),
        -INFINITY, INFINITY, NAN);
    psi_array four = psi_where(PSI_BOOLS(true), SHAPED(PSI_INT32S(1, 2), 2, 1, 1, 1),
                               SHAPED(PSI_INT32S(3, 4), 1, 1, 2, 1));
    CHECK_SHAPE(four, 2, 1, 2, 1);
    CHECK_VALUES(four, 1, 1, 2, 2);
    psi_array five =
        psi_where(SHAPED(PSI_BOOLS(false, true), 2, 1, 1, 1, 1),
                  SHAPED(PSI_INT32S(1, 2, 3, 4), 2, 1, 1, 1, 2), SHAPED(PSI_INT32S(-8, -9), 1, 1, 2, 1, 1));
    CHECK_SHAPE(five, 2, 1, 2, 1, 2);
    CHECK_VALUES(five, -8, -8, -9, -9, 3, 4, 3, 4);
    CHECK_REFUSED(psi_where(PSI_BOOLS(true, true, true), PSI_FLOATS(1, 2), f32(0)));
    CHECK_EVERY_ISA(psi_where(psi_less(psi_linspace(-1, 1, 40, PSI_FLOAT32), f32(0)), f32(2), f32(3)));
}

/* Which categories hold each of them, as bits in the order of psi_category. */
enum {
    IN_COMPLEX = 1 << PSI_COMPLEXFLOATING,
    IN_FLOAT = 1 << PSI_FLOATING,
    IN_INEXACT = 1 << PSI_INEXACT,
    IN_SIGNED = 1 << PSI_SIGNEDINTEGER,
    IN_UNSIGNED = 1 << PSI_UNSIGNEDINTEGER,
    IN_INTEGER = 1 << PSI_INTEGER,
    IN_NUMBER = 1 << PSI_NUMBER,
    IN_ALL = 1 << PSI_GENERIC
};

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test issubdtype")
{
    static const unsigned of_category[] = {
        [PSI_COMPLEXFLOATING] = IN_COMPLEX | IN_INEXACT | IN_NUMBER | IN_ALL,
        [PSI_FLOATING] = IN_FLOAT | IN_INEXACT | IN_NUMBER | IN_ALL,
        [PSI_INEXACT] = IN_INEXACT | IN_NUMBER | IN_ALL,
        [PSI_SIGNEDINTEGER] = IN_SIGNED | IN_INTEGER | IN_NUMBER | IN_ALL,
        [PSI_UNSIGNEDINTEGER] = IN_UNSIGNED | IN_INTEGER | IN_NUMBER | IN_ALL,
        [PSI_INTEGER] = IN_INTEGER | IN_NUMBER | IN_ALL,
        [PSI_NUMBER] = IN_NUMBER | IN_ALL,
        [PSI_GENERIC] = IN_ALL,
    };
    for (int category = 0; category <= PSI_GENERIC; category++) {
        for (int of = 0; of <= PSI_GENERIC; of++) {
            CHECK_EQ_INT(psi_issubcategory((psi_category)category, (psi_category)of),
                         of_category[category] >> of & 1);
        }
    }
    static const psi_category of_dtype[PSI_DTYPE_COUNT] = {
        [PSI_BOOL] = PSI_GENERIC,           [PSI_UINT8] = PSI_UNSIGNEDINTEGER,
        [PSI_UINT16] = PSI_UNSIGNEDINTEGER, [PSI_UINT32] = PSI_UNSIGNEDINTEGER,
        [PSI_UINT64] = PSI_UNSIGNEDINTEGER, [PSI_INT8] = PSI_SIGNEDINTEGER,
        [PSI_INT16] = PSI_SIGNEDINTEGER,    [PSI_INT32] = PSI_SIGNEDINTEGER,
        [PSI_INT64] = PSI_SIGNEDINTEGER,    [PSI_FLOAT16] = PSI_FLOATING,
        [PSI_FLOAT32] = PSI_FLOATING,       [PSI_FLOAT64] = PSI_FLOATING,
        [PSI_BFLOAT16] = PSI_FLOATING,      [PSI_COMPLEX64] = PSI_COMPLEXFLOATING,
    };
    for (int dtype = 0; dtype < PSI_DTYPE_COUNT; dtype++) {
        NOTE("%s", psi_dtype_name((psi_dtype)dtype));
        CHECK_EQ_INT(psi_dtype_category((psi_dtype)dtype), of_dtype[dtype]);
        for (int of = 0; of <= PSI_GENERIC; of++) {
            CHECK_EQ_INT(psi_issubdtype((psi_dtype)dtype, (psi_category)of),
                         of_category[of_dtype[dtype]] >> of & 1);
        }
    }
}
