/* ops_unary.c: mirrors of the rows of upstream's tests/ops_tests.cpp on element-wise ops of one operand. */
#include "arrays.h"

static const double half_pi = 1.5707963267948966;

typedef psi_array (*unary)(psi_array);

/* One op on a scalar, an integer scalar (whose result is float32), nothing, a broadcast scalar and a strided column. */
typedef struct smooth {
    unary op;
    double (*reference)(double);
    double at;
} smooth;

static void check_smooth(smooth row)
{
    const double near = 3e-7;
    CHECK_VALUES_NEAR(row.op(f32(row.at)), near, row.reference((float)row.at));
    CHECK_DTYPE(row.op(i32(1)), PSI_FLOAT32);
    CHECK_VALUES_NEAR(row.op(i32(1)), near, row.reference(1));
    CHECK_EQUAL(row.op(nothing()), nothing());
    psi_array repeated = psi_broadcast_to(f32(row.at), PSI_INTS(3, 1, 2));
    psi_array expected = psi_full(PSI_INTS(3, 1, 2), f32(row.reference((float)row.at)), PSI_FLOAT32);
    CHECK_TRUE(psi_allclose(row.op(repeated), expected, 1e-6, 0, false));
    psi_arrays columns = psi_split(SHAPED(PSI_FLOATS(0.5, 9, 1.5, 9, 2.25, 9), 3, 2), 2, 1);
    CHECK_SHAPE(row.op(columns.data[0]), 3, 1);
    CHECK_VALUES_NEAR(row.op(columns.data[0]), near, row.reference(0.5), row.reference(1.5),
                      row.reference(2.25));
}

static double to_degrees(double x)
{
    return x * 90 / half_pi;
}

static double to_radians(double x)
{
    return x * half_pi / 90;
}

/* The op as a function pointer: what the case calls by name is recorded, which a bare pointer would not be. */
#define BY_NAME(op)                         \
    static psi_array call_##op(psi_array a) \
    {                                       \
        return psi_##op(a);                 \
    }
BY_NAME(degrees)
BY_NAME(radians)
BY_NAME(exp)
BY_NAME(expm1)
BY_NAME(sin)
BY_NAME(cos)
BY_NAME(log)
BY_NAME(log1p)

static void check_sign_and_magnitude(void)
{
    CHECK_VALUES(psi_negative(f32(2.5)), -2.5);
    CHECK_VALUES(psi_negative(PSI_INT32S(-4, 0, 9)), 4, 0, -9);
    CHECK_EQUAL(psi_negative(nothing()), nothing());
    CHECK_REFUSED(psi_negative(truth(true)));

    CHECK_VALUES(psi_abs(PSI_FLOATS(-6, 0, 2.5)), 6, 0, 2.5);
    CHECK_EQUAL(psi_abs(nothing()), nothing());
    CHECK_EQUAL(psi_abs(PSI_INT32S(-6, 0, 2)), PSI_INT32S(6, 0, 2));
    CHECK_EQUAL(psi_abs(PSI_UINT32S(4000000000, 0)), PSI_UINT32S(4000000000, 0));
    CHECK_SAME(psi_abs(PSI_BOOLS(true, false)), PSI_BOOLS(true, false));

    CHECK_VALUES(psi_sign(PSI_FLOATS(-0.25, 0, 70)), -1, 0, 1);
    CHECK_EQUAL(psi_sign(nothing()), nothing());
    CHECK_EQUAL(psi_sign(PSI_INT32S(-9, 0, 12)), PSI_INT32S(-1, 0, 1));
    CHECK_EQUAL(psi_sign(PSI_UINT32S(8, 0)), PSI_UINT32S(1, 0));
    CHECK_SAME(psi_sign(PSI_BOOLS(false, true)), PSI_BOOLS(false, true));
    /* Unsigned numbers past the signed range are positive, however many lanes there are. */
    static const uint64_t high[] = {UINT64_MAX, (uint64_t)1 << 63, 0, 5, ((uint64_t)1 << 63) + 1};
    for (int count = 1; count <= 5; count++) {
        psi_array x = psi_array_from(high, PSI_INTS(count), PSI_UINT64);
        psi_array expected = psi_astype(psi_not_equal(x, psi_zeros_like(x)), PSI_UINT64);
        CHECK_EQUAL(psi_sign(x), expected);
    }
}

static void check_logic(void)
{
    CHECK_VALUES(psi_logical_not(truth(false)), 1);
    CHECK_DTYPE(psi_logical_not(f32(0.5)), PSI_BOOL);
    CHECK_VALUES(psi_logical_not(f32(0.5)), 0);
    CHECK_DTYPE(psi_logical_not(i32(0)), PSI_BOOL);
    CHECK_VALUES(psi_logical_not(i32(0)), 1);

    psi_array left = PSI_FLOATS(0, 0, 3, -0.5), right = PSI_INT32S(0, 7, 0, 1);
    CHECK_VALUES(psi_logical_and(truth(true), truth(true)), 1);
    CHECK_DTYPE(psi_logical_and(left, right), PSI_BOOL);
    CHECK_VALUES(psi_logical_and(left, right), 0, 0, 0, 1);
    CHECK_VALUES(psi_logical_and(left, f32(2)), 0, 0, 1, 1);
    CHECK_VALUES(psi_logical_and(i32(0), f32(NAN)), 0);
    CHECK_VALUES(psi_logical_or(truth(false), truth(false)), 0);
    CHECK_DTYPE(psi_logical_or(left, right), PSI_BOOL);
    CHECK_VALUES(psi_logical_or(left, right), 0, 1, 1, 1);
    CHECK_VALUES(psi_logical_or(left, f32(0)), 0, 0, 1, 1);
    CHECK_VALUES(psi_logical_or(i32(0), f32(NAN)), 1);
}

static void check_rounding(void)
{
    CHECK_VALUES(psi_floor(PSI_FLOATS(2, 2.75, -2.75, -INFINITY)), 2, 2, -3, -INFINITY);
    CHECK_VALUES(psi_ceil(PSI_FLOATS(2, 2.75, -2.75, -INFINITY)), 2, 3, -2, -INFINITY);
    CHECK_VALUES(psi_floor(PSI_INT32S(-7, 8)), -7, 8);
    CHECK_VALUES(psi_ceil(f32(NAN)), NAN);
    CHECK_REFUSED(psi_floor(psi_scalar_complex(0.5f, 2)));
    CHECK_REFUSED(psi_ceil(psi_scalar_complex(0.5f, 2)));
    CHECK_VALUES(psi_round(PSI_FLOATS(2.5, -2.5, 3.5, -0.5, 7.2, 7.8), 0), 2, -2, 4, 0, 7, 8);
    CHECK_VALUES(psi_rint(PSI_FLOATS(1.5, -0.25, -2.75)), 2, 0, -3);
    CHECK_EQUAL(psi_round(PSI_INT32S(47, 333, -18), -1), PSI_INT32S(50, 330, -20));
    CHECK_VALUES_NEAR(psi_round(PSI_FLOATS(1.234, -5.678), 1), 1e-6, 1.2, -5.7);
    CHECK_EVERY_ISA(psi_floor(psi_linspace(-9, 9, 101, PSI_FLOAT32)));
    CHECK_EVERY_ISA(psi_round(psi_linspace(-9, 9, 101, PSI_FLOAT32), 0));
}

static void check_exponentials(void)
{
    check_smooth((smooth){call_exp, exp, 2.25});
    CHECK_VALUES(psi_exp(f32(0)), 1);
    CHECK_VALUES(psi_exp(f32(-INFINITY)), 0);
    CHECK_VALUES(psi_exp(f32(INFINITY)), INFINITY);
    CHECK_VALUES(psi_exp(psi_scalar_complex(-INFINITY, -INFINITY)), 0, 0);
    check_smooth((smooth){call_expm1, expm1, -0.75});
    CHECK_VALUES(psi_expm1(f32(0)), 0);
    CHECK_VALUES_NEAR(psi_expm1(f32(1e-4)), 1e-11, expm1(1e-4f));
}

static void check_angles(void)
{
    check_smooth((smooth){call_sin, sin, half_pi});
    CHECK_VALUES(psi_sin(f32(0)), 0);
    CHECK_VALUES(psi_sin(f32(INFINITY)), NAN);
    check_smooth((smooth){call_cos, cos, half_pi});
    CHECK_VALUES(psi_cos(i32(0)), 1);
    check_smooth((smooth){call_degrees, to_degrees, half_pi});
    CHECK_VALUES(psi_degrees(f32(0)), 0);
    CHECK_VALUES_NEAR(psi_degrees(PSI_FLOATS(half_pi, -2 * half_pi)), 1e-6, 90, -180);
    check_smooth((smooth){call_radians, to_radians, 30});
    CHECK_VALUES(psi_radians(f32(0)), 0);
    CHECK_VALUES_NEAR(psi_radians(PSI_INT32S(90, 360)), 1e-6, half_pi, 4 * half_pi);
}

static void check_logarithms(void)
{
    check_smooth((smooth){call_log, log, 3.75});
    CHECK_VALUES(psi_log(PSI_FLOATS(0, 1, -1, INFINITY)), -INFINITY, 0, NAN, INFINITY);
    CHECK_VALUES(psi_log2(PSI_FLOATS(0, 1, 0.125, 4096)), -INFINITY, 0, -3, 12);
    CHECK_VALUES(psi_log10(PSI_FLOATS(0, 1)), -INFINITY, 0);
    CHECK_VALUES_NEAR(psi_log10(PSI_FLOATS(1000, 0.01)), 1e-6, 3, -2);
    check_smooth((smooth){call_log1p, log1p, 0.5});
    CHECK_VALUES(psi_log1p(PSI_FLOATS(-1, 0, -2)), -INFINITY, 0, NAN);
    CHECK_VALUES_NEAR(psi_log1p(f32(1e-4)), 1e-11, log1p(1e-4f));
}

static void check_powers(void)
{
    CHECK_VALUES(psi_sigmoid(f32(0)), 0.5);
    CHECK_DTYPE(psi_sigmoid(i32(0)), PSI_FLOAT32);
    CHECK_VALUES(psi_sigmoid(i32(0)), 0.5);
    CHECK_VALUES(psi_sigmoid(PSI_FLOATS(INFINITY, -INFINITY, NAN)), 1, 0, NAN);
    CHECK_VALUES_NEAR(psi_sigmoid(f32(-1.5)), 1e-7, 0.18242552380635635);

    CHECK_VALUES(psi_square(f32(-1.5)), 2.25);
    CHECK_DTYPE(psi_square(i32(-9)), PSI_INT32);
    CHECK_VALUES(psi_square(i32(-9)), 81);
    psi_array plane = psi_full(PSI_INTS(2, 5), f32(5), PSI_FLOAT32);
    CHECK_EQUAL(psi_square(plane), psi_full(PSI_INTS(2, 5), f32(25), PSI_FLOAT32));
    CHECK_VALUES(psi_sqrt(PSI_FLOATS(6.25, 0, -1)), 2.5, 0, NAN);
    CHECK_VALUES(psi_rsqrt(f32(16)), 0.25);
    CHECK_EQUAL(psi_sqrt(psi_square(plane)), plane);
    CHECK_VALUES(psi_sqrt(i32(81)), 9);
    CHECK_VALUES(psi_rsqrt(i32(64)), 0.125);
    CHECK_VALUES(psi_reciprocal(f32(-4)), -0.25);
    CHECK_DTYPE(psi_reciprocal(i32(8)), PSI_FLOAT32);
    CHECK_VALUES(psi_reciprocal(i32(8)), 0.125);
    CHECK_EQUAL(psi_reciprocal(plane), psi_full(PSI_INTS(2, 5), f32(0.2f), PSI_FLOAT32));
    CHECK_EVERY_ISA(psi_sqrt(psi_linspace(0, 50, 77, PSI_FLOAT32)));
}

/* Upstream's row leaves these out; no other one has them. */
static void check_the_others(void)
{
    const double near = 5e-7;
    psi_array x = PSI_FLOATS(-0.75, 0, 0.5), above = PSI_FLOATS(1, 1.5, 40);
    CHECK_VALUES_NEAR(psi_tan(x), near, tan(-0.75), 0, tan(0.5));
    CHECK_VALUES_NEAR(psi_arcsin(x), near, asin(-0.75), 0, asin(0.5));
    CHECK_VALUES_NEAR(psi_arccos(x), near, acos(-0.75), half_pi, acos(0.5));
    CHECK_VALUES_NEAR(psi_arctan(x), near, atan(-0.75), 0, atan(0.5));
    CHECK_VALUES_NEAR(psi_sinh(x), near, sinh(-0.75), 0, sinh(0.5));
    CHECK_VALUES_NEAR(psi_cosh(x), near, cosh(-0.75), 1, cosh(0.5));
    CHECK_VALUES_NEAR(psi_tanh(x), near, tanh(-0.75), 0, tanh(0.5));
    CHECK_VALUES_NEAR(psi_arcsinh(x), near, asinh(-0.75), 0, asinh(0.5));
    CHECK_VALUES_NEAR(psi_arccosh(above), near, 0, acosh(1.5), acosh(40));
    CHECK_VALUES_NEAR(psi_arctanh(x), near, atanh(-0.75), 0, atanh(0.5));
    CHECK_VALUES(psi_conjugate(psi_scalar_complex(3, -4)), 3, 4);
    CHECK_VALUES(psi_bitwise_invert(PSI_INT32S(0, -1, 5)), -1, 0, -6);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test arithmetic unary ops")
{
    check_sign_and_magnitude();
    check_logic();
    check_rounding();
    check_exponentials();
    check_angles();
    check_logarithms();
    check_powers();
    check_the_others();
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test error functions")
{
    psi_array points = PSI_FLOATS(-2.5, -0.75, -0.2, 0.2, 0.75, 2.5);
    CHECK_EQ_INT(psi_size(points), 6);
    CHECK_VALUES(psi_erf(PSI_FLOATS(0, INFINITY, -INFINITY)), 0, 1, -1);
    CHECK_VALUES_NEAR(psi_erf(points), 2e-7, -0.9995930479825550, -0.7111556336535151, -0.2227025892104785,
                      0.2227025892104785, 0.7111556336535151, 0.9995930479825550);
    CHECK_DTYPE(psi_erf(i32(1)), PSI_FLOAT32);
    CHECK_VALUES_NEAR(psi_erf(i32(1)), 2e-7, 0.8427007929497149);

    CHECK_VALUES(psi_erfinv(PSI_FLOATS(0, 1, -1)), 0, INFINITY, -INFINITY);
    CHECK_DTYPE(psi_erfinv(i32(0)), PSI_FLOAT32);
    CHECK_VALUES(psi_isnan(psi_erfinv(PSI_FLOATS(1.5, -3, 0.5))), 1, 1, 0);
    CHECK_VALUES_NEAR(psi_erfinv(PSI_FLOATS(-0.75, -0.2, 0.2, 0.75)), 4e-7, -0.8134198475976185,
                      -0.1791434546212917, 0.1791434546212917, 0.8134198475976185);
    /* Each undoes the other. */
    CHECK_VALUES_NEAR(psi_erfinv(psi_erf(points)), 3e-4, -2.5, -0.75, -0.2, 0.2, 0.75, 2.5);
    CHECK_VALUES_NEAR(psi_erf(psi_erfinv(PSI_FLOATS(-0.99, 0.01, 0.9))), 1e-6, -0.99, 0.01, 0.9);

    static const psi_dtype halves[] = {PSI_FLOAT16, PSI_BFLOAT16};
    for (int i = 0; i < 2; i++) {
        psi_array zero = psi_scalar(0, halves[i]), third = psi_scalar(0.75, halves[i]);
        CHECK_DTYPE(psi_erf(zero), halves[i]);
        CHECK_VALUES(psi_erf(zero), 0);
        CHECK_DTYPE(psi_erfinv(zero), halves[i]);
        CHECK_VALUES(psi_erfinv(zero), 0);
        CHECK_VALUES_NEAR(psi_erf(third), i == 0 ? 5e-4 : 4e-3, 0.7111556336535151);
    }
}
