/* Compositions: classifying, comparing, clipping, rounding, divmod and tensor products, with numbers written out. */
#include "ops/values.h"

static psi_array complexes(psi_complex64 a, psi_complex64 b)
{
    return psi_array_from((psi_complex64[]){a, b}, PSI_INTS(2), PSI_COMPLEX64);
}

static void classifies(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(NAN, INFINITY, -INFINITY, 1);
    for (int d = 0; d < PSI_DTYPE_COUNT; d++) {
        psi_array y = psi_astype(x, (psi_dtype)d);
        bool f = psi_issubdtype((psi_dtype)d, PSI_INEXACT);
        EXPECT(psi_isnan(y), PSI_INTS(4), f, 0, 0, 0);
        EXPECT(psi_isinf(y), PSI_INTS(4), 0, f, f, 0);
        EXPECT(psi_isposinf(y), PSI_INTS(4), 0, f, 0, 0);
        EXPECT(psi_isneginf(y), PSI_INTS(4), 0, 0, f, 0);
        EXPECT(psi_isfinite(y), PSI_INTS(4), !f, !f, !f, 1);
        assert_int_equal(psi_dtype_of(psi_isfinite(y)), PSI_BOOL);
    }
    EXPECT(psi_isnan(complexes((psi_complex64){1, NAN}, (psi_complex64){0, 1})), PSI_INTS(2), 1, 0);
    psi_array parts = complexes((psi_complex64){1, -INFINITY}, (psi_complex64){INFINITY, NAN});
    EXPECT(psi_isinf(parts), PSI_INTS(2), 1, 1);
    EXPECT(psi_isfinite(parts), PSI_INTS(2), 0, 0);
}

static void compares(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, NAN, INFINITY, -INFINITY, INFINITY);
    psi_array b = PSI_FLOATS(1.000001f, NAN, INFINITY, -INFINITY, -INFINITY);
    EXPECT(psi_isclose(a, b, 1e-5, 1e-8, false), PSI_INTS(5), 1, 0, 1, 1, 0);
    EXPECT(psi_isclose(a, b, 1e-5, 1e-8, true), PSI_INTS(5), 1, 1, 1, 1, 0);
    EXPECT(psi_isclose(PSI_INT32S(1, 2), PSI_INT32S(1, 3), 1e-5, 1e-8, false), PSI_INTS(2), 1, 0);
    EXPECT(psi_isclose(psi_scalar(INFINITY, PSI_FLOAT16), PSI_INT32S(1105783390), 1e-5, 1e-8, false),
           PSI_INTS(1), 0);
    psi_array up = complexes((psi_complex64){1, INFINITY}, (psi_complex64){1, INFINITY}),
              ends = complexes((psi_complex64){1, INFINITY}, (psi_complex64){2, INFINITY});
    EXPECT(psi_isclose(up, ends, 1e-5, 1e-8, false), PSI_INTS(2), 1, 0);
    EXPECT(psi_allclose(a, a, 1e-5, 1e-8, true), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_allclose(a, a, 1e-5, 1e-8, false), PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_array_equal(PSI_INT32S(1, 2), PSI_FLOATS(1, 2), false), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_array_equal(PSI_INT32S(1, 2), PSI_FLOATS(1, 2, 3), false), PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_array_equal(a, a, false), PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_array_equal(a, a, true), PSI_SCALAR_SHAPE, 1);
}

static void clips_and_rounds(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array i = PSI_INT32S(1, 2, 3);
    EXPECT(psi_clip(i, psi_scalar(2.5, PSI_FLOAT32), NULL), PSI_INTS(3), 2.5, 2.5, 3);
    EXPECT(psi_clip(i, psi_scalar(4, PSI_INT32), psi_scalar(2, PSI_INT32)), PSI_INTS(3), 2, 2, 2);
    EXPECT(psi_clip(PSI_FLOATS(1, NAN, 3), psi_scalar(2, PSI_FLOAT32), psi_scalar(2.5, PSI_FLOAT32)),
           PSI_INTS(3), 2, NAN, 2.5);
    expect_error(psi_clip(i, NULL, NULL), PSI_VALUE_ERROR);
    EXPECT(psi_round(PSI_FLOATS(0.5, 1.5, 2.5, NAN, INFINITY), 0), PSI_INTS(5), 0, 2, 2, NAN, INFINITY);
    EXPECT(psi_round(PSI_INT32S(15, 25, -15), -1), PSI_INTS(3), 20, 20, -20);
    assert_int_equal(psi_dtype_of(psi_round(PSI_INT32S(15), -1)), PSI_INT32);
    EXPECT(psi_round(PSI_FLOATS(1.25, 1.35), 1), PSI_INTS(2), 1.2, 1.4);
    EXPECT(psi_degrees(PSI_INT32S(1, 2)), PSI_INTS(2), 57.29578, 114.59156);
    EXPECT(psi_radians(PSI_FLOATS(180)), PSI_INTS(1), 3.14159265);
    psi_array odd = PSI_FLOATS(NAN, INFINITY, -INFINITY, 1);
    EXPECT(psi_nan_to_num(odd, 0, NULL, NULL), PSI_INTS(4), 0, 3.40282347e38, -3.40282347e38, 1);
    EXPECT(psi_nan_to_num(odd, 3, psi_scalar(7, PSI_FLOAT32), psi_scalar(-7, PSI_FLOAT32)), PSI_INTS(4), 3, 7,
           -7, 1);
    EXPECT(psi_nan_to_num(psi_astype(odd, PSI_FLOAT16), 0, NULL, NULL), PSI_INTS(4), 0, 65504, -65504, 1);
    EXPECT(psi_nan_to_num(i, 0, NULL, NULL), PSI_INTS(3), 1, 2, 3);
    expect_error(psi_nan_to_num(psi_zeros(PSI_INTS(1), PSI_FLOAT64), 0, NULL, NULL), PSI_VALUE_ERROR);
}

static psi_arrays both(psi_arrays in, void *context)
{
    (void)context;
    return psi_divmod(in.data[0], in.data[1]);
}

static void divides(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays y = psi_divmod(PSI_INT32S(5, -5, 7, 0, 5, INT32_MIN), PSI_INT32S(3, 3, -3, 1, 0, -1));
    EXPECT(y.data[0], PSI_INTS(6), 1, -1, -2, 0, 0, -2147483648.0);
    EXPECT(y.data[1], PSI_INTS(6), 2, -2, 1, 0, 0, 0);
    y = psi_divmod(PSI_FLOATS(5, -5, 7, 0), PSI_FLOATS(3, 3, -3, 0));
    EXPECT(y.data[0], PSI_INTS(4), 1, -1, -2, NAN);
    EXPECT(y.data[1], PSI_INTS(4), 2, -2, 1, NAN);
    y = psi_divmod(psi_astype(PSI_FLOATS(5.5, 7), PSI_BFLOAT16), psi_astype(PSI_FLOATS(2), PSI_BFLOAT16));
    EXPECT(psi_add(y.data[0], y.data[1]), PSI_INTS(2), 3.5, 4);
    assert_int_equal(psi_dtype_of(y.data[0]), PSI_BFLOAT16);
    y = psi_divmod(PSI_BOOLS(true, false, true), PSI_BOOLS(true, true, false));
    EXPECT(y.data[0], PSI_INTS(3), 1, 0, 0);
    assert_int_equal(psi_divmod(complexes((psi_complex64){1, 0}, (psi_complex64){0, 0}), PSI_FLOATS(1)).count,
                     0);
    assert_true(psi_error(NULL));
    psi_arrays out, d;
    psi_array a = PSI_FLOATS(7, 8), b = PSI_FLOATS(2, 3);
    assert_true(psi_vjp(both, NULL, PSI_ARRAYS(a, b), PSI_ARRAYS(a, b), &out, &d));
    EXPECT(d.data[0], PSI_INTS(2), 2, 3); /* of the remainder */
    EXPECT(d.data[1], PSI_INTS(2), -6, -6);
    y = psi_vmap(both, NULL, PSI_ARRAYS(psi_reshape(PSI_FLOATS(7, 8, 9, 10), PSI_INTS(2, 2)), b),
                 PSI_INTS(1, -1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 2), 3, 3, 4, 3);
}

static void contracts(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(2, 3)), b = count_up(PSI_INTS(3, 2));
    EXPECT(psi_tensordot(a, b, 1), PSI_INTS(2, 2), 10, 13, 28, 40);
    EXPECT(psi_tensordot_axes(a, b, PSI_INTS(0, 1), PSI_INTS(1, 0)), PSI_SCALAR_SHAPE, 50);
    EXPECT(psi_tensordot(PSI_FLOATS(1, 2), PSI_FLOATS(3, 4), 0), PSI_INTS(2, 2), 3, 4, 6, 8);
    EXPECT(psi_inner(a, a), PSI_INTS(2, 2), 5, 14, 14, 50);
    EXPECT(psi_inner(psi_scalar(2, PSI_FLOAT32), PSI_FLOATS(1, 2)), PSI_INTS(2), 2, 4);
    EXPECT(psi_outer(PSI_INT32S(1, 2), PSI_FLOATS(3, 4)), PSI_INTS(2, 2), 3, 4, 6, 8);
    EXPECT(psi_kron(PSI_INT32S(1, 2), psi_reshape(PSI_INT32S(1, 1, 0, 1), PSI_INTS(2, 2))), PSI_INTS(2, 4), 1,
           1, 2, 2, 0, 1, 0, 2);
    expect_error(psi_tensordot(a, b, -1), PSI_VALUE_ERROR);
    expect_error(psi_tensordot(a, b, 3), PSI_VALUE_ERROR);
    expect_error(psi_tensordot(a, b, 2), PSI_VALUE_ERROR);
    expect_error(psi_tensordot_axes(a, b, PSI_INTS(5), PSI_INTS(0)), PSI_INDEX_ERROR);
    expect_error(psi_tensordot_axes(a, b, PSI_INTS(0), PSI_INTS(0, 1)), PSI_VALUE_ERROR);
    expect_error(psi_inner(a, b), PSI_VALUE_ERROR);
    expect_error(psi_inner(PSI_INT32S(1), PSI_INT32S(1)), PSI_VALUE_ERROR);
    expect_error(psi_kron(a, psi_zeros(PSI_INTS(0), PSI_FLOAT32)), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classifies), cmocka_unit_test(compares),  cmocka_unit_test(clips_and_rounds),
        cmocka_unit_test(divides),    cmocka_unit_test(contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
