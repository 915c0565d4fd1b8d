/* Reductions: dtypes, axes, empty arrays, NaN, errors, gradients, with numbers written out. */
#include <string.h>

#include "values.h"

#define SCALAR PSI_SCALAR_SHAPE
#define ALL PSI_NONE, false

static void result_dtypes(void **state)
{
    (void)state;
    static const psi_dtype sums[PSI_DTYPE_COUNT] = {
        [PSI_BOOL] = PSI_INT32,        [PSI_UINT8] = PSI_UINT32,       [PSI_UINT16] = PSI_UINT32,
        [PSI_UINT32] = PSI_UINT32,     [PSI_UINT64] = PSI_UINT64,      [PSI_INT8] = PSI_INT32,
        [PSI_INT16] = PSI_INT32,       [PSI_INT32] = PSI_INT32,        [PSI_INT64] = PSI_INT64,
        [PSI_FLOAT16] = PSI_FLOAT16,   [PSI_FLOAT32] = PSI_FLOAT32,    [PSI_FLOAT64] = PSI_FLOAT64,
        [PSI_BFLOAT16] = PSI_BFLOAT16, [PSI_COMPLEX64] = PSI_COMPLEX64};
    for (int d = 1; d < PSI_DTYPE_COUNT; d++) {
        PSI_SCOPE;
        psi_array a = psi_astype(PSI_FLOATS(3, 100, 2), (psi_dtype)d);
        EXPECT_NEAR(psi_sum(a, ALL), sums[d], SCALAR, 105);
        EXPECT_NEAR(psi_prod(a, ALL), sums[d], SCALAR, 600);
        EXPECT_NEAR(psi_min(a, ALL), (psi_dtype)d, SCALAR, 2);
        EXPECT_NEAR(psi_max(a, ALL), (psi_dtype)d, SCALAR, 100);
        EXPECT_NEAR(psi_all(a, ALL), PSI_BOOL, SCALAR, 1);
        EXPECT_NEAR(psi_any(a, ALL), PSI_BOOL, SCALAR, 1);
    }
    PSI_SCOPE;
    psi_array b = PSI_BOOLS(true, false, true);
    EXPECT_NEAR(psi_sum(b, ALL), PSI_INT32, SCALAR, 2);
    EXPECT_NEAR(psi_prod(b, ALL), PSI_INT32, SCALAR, 0);
    EXPECT_NEAR(psi_min(b, ALL), PSI_BOOL, SCALAR, 0);
    EXPECT_NEAR(psi_max(b, ALL), PSI_BOOL, SCALAR, 1);
}

static void integers_wrap(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT_NEAR(psi_sum(PSI_INT32S(INT32_MAX, 1), ALL), PSI_INT32, SCALAR, -2147483648.0);
    EXPECT_NEAR(psi_prod(PSI_INT32S(INT32_MAX, 3), ALL), PSI_INT32, SCALAR, 2147483645);
    EXPECT_NEAR(psi_sum(psi_astype(PSI_INT32S(-56, -56), PSI_INT8), ALL), PSI_INT32, SCALAR, -112);
}

static void axes_and_shapes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6), PSI_INTS(2, 3));
    EXPECT_NEAR(psi_sum(x, PSI_INTS(0), false), PSI_FLOAT32, PSI_INTS(3), 5, 7, 9);
    EXPECT_NEAR(psi_sum(x, PSI_INTS(-1), true), PSI_FLOAT32, PSI_INTS(2, 1), 6, 15);
    EXPECT_NEAR(psi_sum(x, PSI_INTS(1, 0), true), PSI_FLOAT32, PSI_INTS(1, 1), 21);
    EXPECT_NEAR(psi_prod(x, PSI_INTS(0), false), PSI_FLOAT32, PSI_INTS(3), 4, 10, 18);
    EXPECT_NEAR(psi_sum(x, (psi_ints){(int64_t[]){0}, 0}, false), PSI_FLOAT32, PSI_INTS(2, 3), 1, 2, 3, 4, 5,
                6);
    EXPECT_NEAR(psi_max(psi_transpose(x, PSI_NONE), PSI_INTS(0), false), PSI_FLOAT32, PSI_INTS(2), 3, 6);
    EXPECT_NEAR(psi_sum(psi_scalar(2.5, PSI_FLOAT32), ALL), PSI_FLOAT32, SCALAR, 2.5);
    expect_message(psi_sum(x, PSI_INTS(2), false), PSI_INDEX_ERROR,
                   "sum: axis 2 is out of range for an array of 2 dimensions");
    assert_true(psi_is_error(psi_sum(x, PSI_INTS(0, 0), false)));
    psi_error(NULL);
}

static void nothing_to_reduce(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array e = psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32);
    EXPECT_NEAR(psi_sum(e, ALL), PSI_FLOAT32, SCALAR, 0);
    EXPECT_NEAR(psi_prod(e, PSI_INTS(0), false), PSI_FLOAT32, PSI_INTS(3), 1, 1, 1);
    EXPECT_NEAR(psi_all(e, ALL), PSI_BOOL, SCALAR, 1);
    EXPECT_NEAR(psi_any(e, PSI_INTS(0), true), PSI_BOOL, PSI_INTS(1, 3), 0, 0, 0);
    EXPECT_NEAR(psi_sum(e, PSI_INTS(1), false), PSI_FLOAT32, PSI_INTS(0), 0);
    EXPECT_NEAR(psi_prod(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT16), PSI_INTS(1), false), PSI_FLOAT16,
                PSI_INTS(2), 1, 1);
    expect_message(psi_min(e, ALL), PSI_VALUE_ERROR, "min: an array of shape (0,3) has no elements");
    expect_message(psi_max(e, PSI_INTS(1), false), PSI_VALUE_ERROR,
                   "max: an array of shape (0,3) has no elements");
}

static void special_values(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT_NEAR(psi_max(PSI_FLOATS(1, NAN, 3), ALL), PSI_FLOAT32, SCALAR, NAN);
    EXPECT_NEAR(psi_min(PSI_FLOATS(1, NAN, 3), ALL), PSI_FLOAT32, SCALAR, NAN);
    psi_array x = psi_reshape(PSI_FLOATS(1, NAN, 3, 4), PSI_INTS(2, 2));
    EXPECT_NEAR(psi_max(x, PSI_INTS(0), false), PSI_FLOAT32, PSI_INTS(2), 3, NAN);
    EXPECT_NEAR(psi_min(psi_astype(x, PSI_BFLOAT16), PSI_INTS(1), false), PSI_BFLOAT16, PSI_INTS(2), NAN, 3);
    EXPECT_NEAR(psi_max(PSI_FLOATS(-INFINITY, -INFINITY), ALL), PSI_FLOAT32, SCALAR, -INFINITY);
    /* Signed zeros are zeros. */
    EXPECT_NEAR(psi_any(PSI_FLOATS(-0.0f, 0.0f), ALL), PSI_BOOL, SCALAR, 0);
    EXPECT_NEAR(psi_all(PSI_FLOATS(1, -0.0f), ALL), PSI_BOOL, SCALAR, 0);
    EXPECT_NEAR(psi_any(psi_astype(PSI_FLOATS(-0.0f), PSI_FLOAT16), PSI_INTS(0), false), PSI_BOOL, SCALAR, 0);
    psi_array zeros = psi_negative(psi_zeros(PSI_INTS(3, 16), PSI_FLOAT32));
    EXPECT_NEAR(psi_any(zeros, PSI_INTS(1), false), PSI_BOOL, PSI_INTS(3), 0, 0, 0);
    EXPECT_NEAR(psi_all(zeros, PSI_INTS(1), false), PSI_BOOL, PSI_INTS(3), 0, 0, 0);
    EXPECT_NEAR(psi_any(PSI_FLOATS(0, NAN), ALL), PSI_BOOL, SCALAR, 1);
    /* Halves are summed in float32 and rounded once. */
    EXPECT_NEAR(psi_sum(psi_ones(PSI_INTS(3000), PSI_FLOAT16), ALL), PSI_FLOAT16, SCALAR, 3000);
    EXPECT_NEAR(psi_sum(psi_ones(PSI_INTS(4096, 2), PSI_BFLOAT16), PSI_INTS(0), false), PSI_BFLOAT16,
                PSI_INTS(2), 4096, 4096);
}

static void complex_numbers(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_complex64 z[] = {{1, 2}, {1, 3}, {0, 9}}, y;
    psi_array a = psi_array_from(z, PSI_INTS(3), PSI_COMPLEX64);
    assert_true(psi_item_complex(psi_max(a, ALL), &y) && y.re == 1 && y.im == 3);
    assert_true(psi_item_complex(psi_min(a, ALL), &y) && y.re == 0 && y.im == 9);
    assert_true(psi_item_complex(psi_sum(a, ALL), &y) && y.re == 2 && y.im == 14);
    assert_true(psi_item_complex(psi_prod(a, ALL), &y) && y.re == -45 && y.im == -45);
    EXPECT_NEAR(psi_any(psi_array_from((psi_complex64[]){{0, 1}, {0, 0}}, PSI_INTS(2), PSI_COMPLEX64), ALL),
                PSI_BOOL, SCALAR, 1);
}

static psi_arrays one(psi_array y)
{
    psi_arrays out = psi_arrays_new(1);
    out.data[0] = y;
    return out;
}

static psi_arrays max_of(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_max(in.data[0], ALL));
}

static psi_arrays products(psi_arrays in, void *axes)
{
    return one(psi_prod(in.data[0], *(psi_ints *)axes, false));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, d;
    psi_array g = psi_scalar(1, PSI_FLOAT32), x = PSI_FLOATS(1, 3, 3), t = PSI_FLOATS(1, 2, 3);
    psi_ints every = PSI_NONE, outer = PSI_INTS(0, 2);
    assert_true(psi_vjp(max_of, NULL, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT_NEAR(d.data[0], PSI_FLOAT32, PSI_INTS(3), 0, 0.5, 0.5);
    assert_true(psi_jvp(max_of, NULL, PSI_ARRAYS(x), PSI_ARRAYS(t), &out, &d));
    EXPECT_NEAR(d.data[0], PSI_FLOAT32, SCALAR, 2);
    assert_true(psi_vjp(products, &every, PSI_ARRAYS(PSI_FLOATS(2, 0, 3)), PSI_ARRAYS(g), &out, &d));
    EXPECT_NEAR(d.data[0], PSI_FLOAT32, PSI_INTS(3), 0, 6, 0);
    assert_true(psi_jvp(products, &every, PSI_ARRAYS(x), PSI_ARRAYS(t), &out, &d));
    EXPECT_NEAR(d.data[0], PSI_FLOAT32, SCALAR, 24);
    psi_array cube = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6, 7, 8), PSI_INTS(2, 2, 2));
    assert_true(psi_vjp(products, &outer, PSI_ARRAYS(cube), PSI_ARRAYS(PSI_FLOATS(1, 10)), &out, &d));
    EXPECT_NEAR(out.data[0], PSI_FLOAT32, PSI_INTS(2), 60, 672);
    EXPECT_NEAR(d.data[0], PSI_FLOAT32, PSI_INTS(2, 2, 2), 60, 30, 2240, 1680, 12, 10, 960, 840);
    psi_arrays y = psi_vmap(max_of, NULL, PSI_ARRAYS(psi_reshape(PSI_FLOATS(1, 5, 3, 4), PSI_INTS(2, 2))),
                            PSI_INTS(1), PSI_NONE);
    EXPECT_NEAR(y.data[0], PSI_FLOAT32, PSI_INTS(2), 3, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_dtypes),   cmocka_unit_test(integers_wrap),
        cmocka_unit_test(axes_and_shapes), cmocka_unit_test(nothing_to_reduce),
        cmocka_unit_test(special_values),  cmocka_unit_test(complex_numbers),
        cmocka_unit_test(gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
