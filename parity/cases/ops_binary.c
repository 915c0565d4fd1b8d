/* ops_binary.c: mirrors of the rows of upstream's tests/ops_tests.cpp on element-wise ops of two operands. */
#include "arrays.h"

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test irregular binary ops")
{
    psi_array long_one = psi_full(PSI_INTS(200), f32(3), PSI_FLOAT32);
    psi_array short_one = psi_full(PSI_INTS(100), f32(-0.5), PSI_FLOAT32);
    psi_array x = psi_slice(long_one, PSI_INTS(0), PSI_INTS(200), PSI_INTS(8));
    psi_array y = psi_slice(short_one, PSI_INTS(99), PSI_INTS(-101), PSI_INTS(-4));
    CHECK_EQUAL(psi_add(x, y), psi_full(PSI_INTS(25), f32(2.5), PSI_FLOAT32));
    psi_array plane = psi_full(PSI_INTS(40, 24), f32(5), PSI_FLOAT32),
              row = psi_full(PSI_INTS(24), f32(5), PSI_FLOAT32);
    CHECK_EQUAL(psi_add(plane, row), psi_full(PSI_INTS(40, 24), f32(10), PSI_FLOAT32));
    psi_array column = psi_reshape(psi_full(PSI_INTS(40), f32(5), PSI_FLOAT32), PSI_INTS(40, 1));
    CHECK_EQUAL(psi_add(plane, column), psi_full(PSI_INTS(40, 24), f32(10), PSI_FLOAT32));
    CHECK_EQUAL(psi_subtract(column, plane), psi_zeros(PSI_INTS(40, 24), PSI_FLOAT32));
    CHECK_VALUES(psi_subtract(SHAPED(PSI_FLOATS(1, 2), 2, 1), PSI_FLOATS(10, 20, 30)), -9, -19, -29, -8, -18,
                 -28);
}

static void check_sums(void)
{
    psi_array one = f32(1.5), sum = psi_add(one, f32(2));
    CHECK_VALUES(sum, 3.5);
    sum = psi_add(sum, one);
    CHECK_VALUES(sum, 5);
    REQUIRE(psi_eval1(sum));
    CHECK_VALUES(sum, 5);
    psi_array chain = one;
    for (int i = 0; i < 30; i++)
        chain = psi_add(chain, one);
    CHECK_VALUES(chain, 46.5);

    psi_array row = SHAPED(PSI_FLOATS(4, 5), 1, 2);
    CHECK_SHAPE(psi_add(row, row), 1, 2);
    CHECK_EQUAL(psi_add(row, row), SHAPED(PSI_FLOATS(8, 10), 1, 2));
    CHECK_DTYPE(psi_add(row, f32(0.25)), PSI_FLOAT32);
    CHECK_EQUAL(psi_add(row, f32(0.25)), SHAPED(PSI_FLOATS(4.25, 5.25), 1, 2));
    CHECK_DTYPE(psi_add(f32(0.25), row), PSI_FLOAT32);
    CHECK_EQUAL(psi_add(f32(0.25), row), SHAPED(PSI_FLOATS(4.25, 5.25), 1, 2));
    CHECK_DTYPE(psi_add(i32(3), row), PSI_FLOAT32);
    CHECK_DTYPE(psi_add(f32(0.5), PSI_INT32S(7, 8, 9)), PSI_FLOAT32);
    CHECK_EQUAL(psi_add(f32(0.5), PSI_INT32S(7, 8, 9)), PSI_FLOATS(7.5, 8.5, 9.5));

    psi_array spread =
        psi_add(psi_broadcast_to(PSI_FLOATS(4), PSI_INTS(7)), psi_broadcast_to(PSI_FLOATS(-1), PSI_INTS(7)));
    CHECK_EQUAL(spread, psi_full(PSI_INTS(7), f32(3), PSI_FLOAT32));
    psi_array grid = psi_add(row, SHAPED(PSI_FLOATS(10, 20), 2, 1));
    CHECK_SHAPE(grid, 2, 2);
    CHECK_EQUAL(grid, SHAPED(PSI_FLOATS(14, 15, 24, 25), 2, 2));
    psi_array box = psi_add(psi_ones(PSI_INTS(2, 3, 1), PSI_FLOAT32), f32(-3));
    CHECK_SHAPE(box, 2, 3, 1);
    CHECK_VALUES(box, -2, -2, -2, -2, -2, -2);
    psi_array empty = psi_add(nothing(), nothing());
    REQUIRE(psi_eval1(empty));
    CHECK_EQ_INT(psi_size(empty), 0);
    CHECK_SHAPE(empty, 0);
    CHECK_VALUES(psi_subtract(PSI_INT32S(9, 5, 1), PSI_INT32S(4, 5, 6)), 5, 0, -5);
    CHECK_VALUES(psi_multiply(PSI_INT32S(9, 5, -1), PSI_INT32S(3, 0, 6)), 27, 0, -6);
}

static void check_quotients(void)
{
    CHECK_VALUES(psi_divide(i32(6), i32(6)), 1);
    CHECK_VALUES(psi_divide(i32(3), f32(0.25)), 12);
    CHECK_DTYPE(psi_divide(i32(3), i32(8)), PSI_FLOAT32);
    CHECK_VALUES(psi_divide(i32(3), i32(8)), 0.375);
    CHECK_VALUES(psi_divide(truth(true), truth(true)), 1);
    CHECK_VALUES(psi_divide(truth(false), truth(true)), 0);
    CHECK_TRUE(psi_isinf(psi_divide(truth(true), truth(false))));
    CHECK_TRUE(psi_isnan(psi_divide(truth(false), truth(false))));
    CHECK_VALUES(psi_divide(PSI_INT32S(-4, 0), i32(0)), -INFINITY, NAN);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test arithmetic binary ops")
{
    check_sums();
    check_quotients();
    CHECK_VALUES_NEAR(psi_arctan2(PSI_FLOATS(1, -2, 0), PSI_FLOATS(-1, 0, -3)), 5e-7, 2.356194490192345,
                      -1.5707963267948966, 3.141592653589793);
    CHECK_VALUES(psi_maximum(f32(-2), f32(-7)), -2);
    CHECK_VALUES(psi_minimum(f32(-2), f32(-7)), -7);
    CHECK_VALUES(psi_maximum(PSI_INT32S(4, 9), PSI_INT32S(8, 3)), 8, 9);
    CHECK_VALUES(psi_minimum(PSI_INT32S(4, 9), PSI_INT32S(8, 3)), 4, 3);

    CHECK_CLOSE(psi_logaddexp(f32(0), f32(0)), psi_log(f32(2)), 1e-7, 0);
    CHECK_VALUES(psi_logaddexp(PSI_UINT32S(30000), PSI_UINT32S(1)), 30000);
    psi_array low = f32(-INFINITY), high = f32(INFINITY);
    CHECK_VALUES(psi_logaddexp(high, f32(-5)), INFINITY);
    CHECK_VALUES(psi_logaddexp(low, f32(-5)), -5);
    CHECK_VALUES(psi_logaddexp(low, low), -INFINITY);
    CHECK_VALUES(psi_logaddexp(high, high), INFINITY);
    CHECK_VALUES(psi_logaddexp(high, low), INFINITY);
    CHECK_VALUES(psi_logaddexp(f32(NAN), low), NAN);
    CHECK_VALUES(psi_logaddexp(psi_scalar_complex(2, -0.5f), psi_scalar_complex(-INFINITY, -INFINITY)), 2,
                 -0.5);
    CHECK_EVERY_ISA(psi_divide(psi_linspace(-5, 5, 90, PSI_FLOAT32), f32(3)));
}

/* The library's parts of a complex result, against C's. */
static void check_complex_power(float complex_re, float complex_im, float re, float im, double wanted_re,
                                double wanted_im)
{
    psi_array z = psi_power(psi_scalar_complex(complex_re, complex_im), psi_scalar_complex(re, im));
    CHECK_TRUE(psi_less(psi_abs(psi_subtract(psi_real(z), f32(wanted_re))), f32(1e-6)));
    CHECK_TRUE(psi_less(psi_abs(psi_subtract(psi_imag(z), f32(wanted_im))), f32(1e-6)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test power")
{
    CHECK_VALUES(psi_power(i32(3), i32(4)), 81);
    CHECK_VALUES(psi_power(i32(-1), i32(6)), 1);
    CHECK_VALUES(psi_power(i32(-1), i32(7)), -1);
    CHECK_VALUES(psi_power(PSI_BOOLS(true, false, true, false), PSI_BOOLS(false, false, true, true)), 1, 1, 1,
                 0);
    CHECK_DTYPE(psi_power(truth(true), truth(false)), PSI_BOOL);
    CHECK_VALUES(psi_power(truth(false), truth(true)), 0);
    CHECK_VALUES_NEAR(psi_power(f32(3), f32(0.5)), 2e-7, 1.7320508075688772);
    CHECK_VALUES(psi_power(f32(2.5), f32(2)), 6.25);
    CHECK_VALUES(psi_power(PSI_FLOATS(-2, 0, 0), PSI_FLOATS(3, 0, -1)), -8, 1, INFINITY);
    CHECK_TRUE(psi_isnan(psi_power(f32(-2), f32(0.25))));
    check_complex_power(0.25f, -0.75f, 0.5f, 0.5f, 1.2238401289, -1.1220258148);
    check_complex_power(-0.75f, 0.5f, 1.5f, 0, -0.6606824513, -0.5439451272);
    CHECK_REFUSED(psi_power(PSI_FLOATS(1, 2), PSI_FLOATS(1, 2, 3)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test divmod")
{
    psi_arrays out = psi_divmod(PSI_INT32S(9, 10, 11), PSI_INT32S(3, 3, 3));
    REQUIRE(out.count == 2);
    CHECK_EQUAL(out.data[0], PSI_INT32S(3, 3, 3));
    CHECK_EQUAL(out.data[1], PSI_INT32S(0, 1, 2));
    out = psi_divmod(PSI_INT32S(9, 10, 11), i32(1));
    REQUIRE(out.count == 2);
    CHECK_EQUAL(out.data[0], PSI_INT32S(9, 10, 11));
    CHECK_EQUAL(out.data[1], PSI_INT32S(0, 0, 0));
    out = psi_divmod(PSI_FLOATS(9, -10, 0.5), PSI_FLOATS(4, 4, 4));
    REQUIRE(out.count == 2);
    CHECK_EQUAL(out.data[0], PSI_FLOATS(2, -2, 0));
    CHECK_VALUES(out.data[1], 1, -2, 0.5);
    CHECK_REFUSED(psi_divmod(psi_scalar_complex(1, 1), psi_scalar_complex(2, 0)));

    /* Either of them alone rounds down instead. */
    CHECK_VALUES(psi_floor_divide(PSI_FLOATS(9, -10, 0.5), f32(4)), 2, -3, 0);
    CHECK_VALUES(psi_remainder(PSI_FLOATS(9, -10, 0.5), f32(4)), 1, 2, 0.5);

    /* Both results at once, both in one graph, and either one after the other is gone. */
    psi_array x = PSI_FLOATS(5), y = PSI_FLOATS(8);
    out = psi_divmod(x, y);
    REQUIRE(out.count == 2 && psi_eval(out));
    CHECK_VALUES(out.data[0], 0);
    CHECK_VALUES(out.data[1], 5);
    out = psi_divmod(x, y);
    REQUIRE(out.count == 2);
    CHECK_VALUES(psi_add(out.data[0], out.data[1]), 5);
    for (int kept = 0; kept < 2; kept++) {
        psi_array held;
        {
            PSI_SCOPE;
            out = psi_divmod(x, y);
            REQUIRE(out.count == 2);
            held = psi_retain(out.data[kept]);
        }
        CHECK(psi_eval1(held));
        CHECK_VALUES(held, kept ? 5 : 0);
        psi_release(held);
    }
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test bitwise shift operations")
{
    static const psi_dtype kinds[] = {PSI_INT8,  PSI_INT16,  PSI_INT32,  PSI_INT64,
                                      PSI_UINT8, PSI_UINT16, PSI_UINT32, PSI_UINT64};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        psi_array five = psi_full(PSI_INTS(3), i32(5), kinds[i]),
                  three = psi_full(PSI_INTS(3), i32(3), kinds[i]);
        CHECK_DTYPE(psi_left_shift(five, three), kinds[i]);
        CHECK_EQUAL(psi_left_shift(five, three), psi_full(PSI_INTS(3), i32(40), kinds[i]));
        psi_array many = psi_full(PSI_INTS(3), i32(100), kinds[i]);
        CHECK_DTYPE(psi_right_shift(many, three), kinds[i]);
        CHECK_VALUES(psi_right_shift(many, three), 12, 12, 12);
    }
    psi_array edges = psi_astype(PSI_INT32S(127, -128, 65), PSI_INT8), two = psi_scalar_int(2, PSI_INT8);
    CHECK_VALUES(psi_left_shift(edges, two), -4, 0, 4);
    CHECK_VALUES(psi_right_shift(edges, two), 31, -32, 16);
    psi_array yes = psi_full(PSI_INTS(2), truth(true), PSI_BOOL);
    CHECK_DTYPE(psi_left_shift(yes, yes), PSI_UINT8);
    CHECK_VALUES(psi_left_shift(yes, yes), 2, 2);
    CHECK_DTYPE(psi_right_shift(yes, yes), PSI_UINT8);
    CHECK_VALUES(psi_right_shift(yes, yes), 0, 0);
    CHECK_REFUSED(psi_left_shift(f32(1), i32(1)));
    psi_array left = PSI_INT32S(12, -1, 0), right = PSI_INT32S(10, 7, 3);
    CHECK_VALUES(psi_bitwise_and(left, right), 8, 7, 0);
    CHECK_VALUES(psi_bitwise_or(left, right), 14, -1, 3);
    CHECK_VALUES(psi_bitwise_xor(left, right), 6, -8, 3);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test max min with nan")
{
    psi_array x = PSI_FLOATS(3, NAN, -1, NAN, 8, 0.5, 7, -2, 6),
              y = PSI_FLOATS(NAN, 2, -4, NAN, 9, 0.5, -7, -1, 5);
    CHECK_TRUE(psi_array_equal(psi_maximum(x, y), PSI_FLOATS(NAN, NAN, -1, NAN, 9, 0.5, 7, -1, 6), true));
    CHECK_TRUE(psi_array_equal(psi_minimum(x, y), PSI_FLOATS(NAN, NAN, -4, NAN, 8, 0.5, -7, -2, 5), true));
    psi_array holes = psi_full(PSI_INTS(11), f32(NAN), PSI_FLOAT32);
    CHECK_TRUE(psi_array_equal(psi_maximum(holes, holes), holes, true));
    CHECK_TRUE(psi_array_equal(psi_minimum(holes, holes), holes, true));
    CHECK_EVERY_ISA(psi_isnan(psi_maximum(x, y)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test basic clipping")
{
    CHECK_EQUAL(psi_clip(PSI_FLOATS(-3, 0.5, 9, 2), f32(0), f32(2)), PSI_FLOATS(0, 0.5, 2, 2));
    CHECK_VALUES(psi_clip(PSI_INT32S(-3, 5), PSI_INT32S(1, 9), PSI_INT32S(4, 12)), 1, 9);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test clipping with only min")
{
    CHECK_EQUAL(psi_clip(PSI_FLOATS(-3, 0.5, 9), f32(0.75), NULL), PSI_FLOATS(0.75, 0.75, 9));
    CHECK_REFUSED(psi_clip(PSI_FLOATS(-3, 0.5, 9), NULL, NULL));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test clipping with only max")
{
    CHECK_EQUAL(psi_clip(PSI_FLOATS(-3, 0.5, 9), NULL, f32(0.25)), PSI_FLOATS(-3, 0.25, 0.25));
    CHECK_VALUES(psi_clip(PSI_FLOATS(NAN, 3), NULL, f32(1)), NAN, 1);
}

static psi_array complexes(const float *pairs, int64_t count)
{
    return psi_array_from(pairs, PSI_INTS(count), PSI_COMPLEX64);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test complex ops")
{
    static const float left[] = {0, 2, -1, 0, 3, 4}, right[] = {1, 1, -1, 2, 0, -2};
    psi_array x = complexes(left, 3), y = complexes(right, 3);
    CHECK_EQ_INT(psi_default_device().type, PSI_CPU);
    psi_array filled = psi_full(PSI_INTS(2), psi_scalar_complex(5, -6), PSI_DTYPE_COUNT);
    static const float twice[] = {5, -6, 5, -6};
    CHECK_DTYPE(filled, PSI_COMPLEX64);
    CHECK_EQUAL(filled, complexes(twice, 2));

    CHECK_DTYPE(psi_abs(x), PSI_FLOAT32);
    CHECK_VALUES_NEAR(psi_abs(x), 1e-7, 2, 1, 5);
    CHECK_VALUES(psi_negative(x), 0, -2, 1, 0, -3, -4);
    CHECK_VALUES_NEAR(psi_exp(x), 1e-6, -0.4161468365, 0.9092974268, 0.3678794412, 0, -13.1287830815,
                      -15.2007844630);
    CHECK_TRUE(psi_allclose(psi_exp(psi_multiply(x, f32(0))), psi_ones(PSI_INTS(3), PSI_COMPLEX64), 1e-5,
                            1e-8, false));
    CHECK_VALUES_NEAR(psi_sin(x), 1e-6, 0, 3.6268604078, -0.8414709848, 0, 3.8537380379, -27.0168132580);
    CHECK_VALUES_NEAR(psi_cos(x), 1e-6, 3.7621956911, 0, 0.5403023059, 0, -27.0349456031, -3.8511533348);
    CHECK_VALUES_NEAR(psi_sqrt(x), 1e-6, 1, 1, 0, 1, 2, 1);

    CHECK_VALUES(psi_add(x, y), 1, 3, -2, 2, 3, 2);
    CHECK_VALUES(psi_subtract(x, y), -1, 1, 0, -2, 3, 6);
    CHECK_VALUES(psi_multiply(x, y), -2, 2, 1, -2, 8, -6);
    CHECK_VALUES(psi_maximum(x, y), 1, 1, -1, 2, 3, 4);
    CHECK_VALUES(psi_max(x, PSI_NONE, false), 3, 4);
    CHECK_VALUES(psi_min(y, PSI_NONE, false), -1, 2);
    CHECK_VALUES(psi_sum(x, PSI_NONE, false), 2, 6);
    CHECK_VALUES(psi_prod(x, PSI_NONE, false), 8, -6);
}
