/* RMS norm and layer norm: values, layouts, dtypes, gradients, tangents, batching, refusals. */
#include "values.h"

static psi_array weight(void)
{
    return PSI_FLOATS(1, 2, 3, 4);
}

static psi_array bias(void)
{
    return PSI_FLOATS(.5, -.5, 0, 1);
}

static void values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = count_up(PSI_INTS(2, 4)), y;
    EXPECT(psi_fast_rms_norm(x, weight(), 1e-5), PSI_INTS(2, 4), 0, 1.0690434, 3.2071302, 6.4142604,
           0.71269655, 1.7817414, 3.2071345, 4.9888759);
    EXPECT(psi_fast_rms_norm(x, NULL, 1), PSI_INTS(2, 4), 0, 0.47140455, 0.9428091, 1.4142137, 0.70164639,
           0.87705797, 1.0524696, 1.2278812);
    EXPECT(psi_fast_layer_norm(x, weight(), bias(), 1e-5), PSI_INTS(2, 4), -0.84163547, -1.3944237, 1.3416355,
           6.3665419, -0.84163547, -1.3944237, 1.3416355, 6.3665419);
    EXPECT(psi_fast_layer_norm(x, NULL, NULL, 1e-5), PSI_INTS(2, 4), -1.3416355, -0.44721183, 0.44721183,
           1.3416355, -1.3416355, -0.44721183, 0.44721183, 1.3416355);
    EXPECT(psi_fast_layer_norm(x, NULL, bias(), 1), PSI_INTS(2, 4), -0.5, -0.83333337, 0.33333334, 2, -0.5,
           -0.83333337, 0.33333334, 2);
    y = psi_fast_layer_norm(psi_transpose(x, PSI_NONE), NULL, NULL, 0.25);
    EXPECT(y, PSI_INTS(4, 2), -0.97014254, 0.97014254, -0.97014254, 0.97014254, -0.97014254, 0.97014254,
           -0.97014254, 0.97014254);
    /* A weight that is a view with steps. */
    y = psi_slice(count_up(PSI_INTS(8)), PSI_INTS(1), PSI_INTS(8), PSI_INTS(2));
    EXPECT(psi_fast_rms_norm(psi_ones(PSI_INTS(4), PSI_FLOAT32), y, 0), PSI_INTS(4), 1, 3, 5, 7);
    EXPECT(psi_fast_rms_norm(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32), NULL, 1), PSI_INTS(2, 0), 0);
    EXPECT(psi_fast_layer_norm(PSI_FLOATS(1, NAN), NULL, NULL, 1), PSI_INTS(2), NAN, NAN);
}

static void dtypes(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const psi_dtype all[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64};
    for (int i = 0; i < 3; i++) {
        psi_array x = psi_astype(PSI_FLOATS(3, 1, 1, 3), all[i]);
        psi_array y = psi_fast_layer_norm(x, psi_astype(weight(), all[i]), psi_astype(bias(), all[i]), 0);
        assert_int_equal(psi_dtype_of(y), all[i]);
        EXPECT(y, PSI_INTS(4), 1.5, -2.5, -3, 5);
        y = psi_fast_rms_norm(x, NULL, 11);
        assert_int_equal(psi_dtype_of(y), all[i]);
        EXPECT(y, PSI_INTS(4), 0.75, 0.25, 0.25, 0.75);
    }
    psi_array y = psi_fast_rms_norm(PSI_INT32S(3, 4), PSI_FLOATS(1, 1), 0);
    assert_int_equal(psi_dtype_of(y), PSI_FLOAT32);
    EXPECT(y, PSI_INTS(2), 0.84852814, 1.1313709);
}

/* Rows longer than a block, and results large enough to be written past the caches. */
static void large(void **state)
{
    (void)state;
    PSI_SCOPE;
    enum { ROWS = 1025, N = 4097 };
    psi_array x = psi_arange(0, (double)ROWS * N, 1, PSI_FLOAT32);
    x = psi_reshape(psi_remainder(x, psi_scalar(7, PSI_FLOAT32)), PSI_INTS(ROWS, N));
    psi_array y = psi_fast_layer_norm(x, NULL, NULL, 0);
    psi_array mean = psi_mean(y, PSI_INTS(1), false), square = psi_mean(psi_square(y), PSI_INTS(1), false);
    EXPECT(psi_less(psi_max(psi_abs(mean), PSI_NONE, false), psi_scalar(1e-6, PSI_FLOAT32)), PSI_SCALAR_SHAPE,
           1);
    EXPECT(psi_max(square, PSI_NONE, false), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_min(square, PSI_NONE, false), PSI_SCALAR_SHAPE, 1);
}

static psi_arrays layer(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_fast_layer_norm(in.data[0], in.data[1], in.data[2], 0.5));
}

static psi_arrays rms(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_fast_rms_norm(in.data[0], in.data[1], 0.5));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = count_up(PSI_INTS(2, 4)), ramp = psi_add(x, psi_scalar(1, PSI_FLOAT32));
    psi_arrays out, g;
    assert_true(psi_vjp(layer, NULL, PSI_ARRAYS(x, weight(), bias()), PSI_ARRAYS(ramp), &out, &g));
    EXPECT(g.data[0], PSI_INTS(2, 4), -0.86391878, -1.2958784, -0.21597958, 2.3757768, -2.1597977, -1.7278385,
           0.21597958, 3.6716557);
    EXPECT(g.data[1], PSI_INTS(4), -6.8033609, -3.023716, 3.779645, 13.606722);
    EXPECT(g.data[2], PSI_INTS(4), 6, 8, 10, 12);
    assert_true(psi_vjp(rms, NULL, PSI_ARRAYS(x, weight()), PSI_ARRAYS(ramp), &out, &g));
    EXPECT(g.data[0], PSI_INTS(2, 4), 0.5, -0.1875, 0.125, 1.4375, -1.4915533, -0.84797573, 0.14915538,
           1.4998398);
    EXPECT(g.data[1], PSI_INTS(4), 3.5355339, 6.3033009, 10.424621, 15.899495);
    psi_array t[] = {psi_square(ramp), psi_square(weight()), bias()};
    assert_true(psi_jvp(layer, NULL, PSI_ARRAYS(x, weight(), bias()), (psi_arrays){t, 3}, &out, &g));
    EXPECT(g.data[0], PSI_INTS(2, 4), -1.4978123, -4.6036148, 2.7537413, 28.645403, -4.0895686, -6.3314524,
           5.3454981, 39.012428);
}

/* Mapped over x alone, and over everything: the same as one by one. */
static void batched(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = count_up(PSI_INTS(3, 2, 4)),
              many = psi_add(count_up(PSI_INTS(4, 3)), psi_scalar(2, PSI_FLOAT32));
    psi_array y =
        psi_vmap(layer, NULL, PSI_ARRAYS(x, weight(), bias()), PSI_INTS(0, -1, -1), PSI_INTS(0)).data[0];
    EXPECT(psi_array_equal(y, psi_fast_layer_norm(x, weight(), bias(), 0.5), false), PSI_SCALAR_SHAPE, 1);
    psi_arrays all = psi_vmap(layer, NULL, PSI_ARRAYS(x, many, many), PSI_INTS(0, 1, 1), PSI_INTS(0));
    for (int i = 0; i < 3; i++) {
        psi_array w = psi_squeeze(psi_slice(many, PSI_INTS(0, i), PSI_INTS(4, i + 1), PSI_NONE), PSI_INTS(1));
        psi_array one = psi_slice(x, PSI_INTS(i, 0, 0), PSI_INTS(i + 1, 2, 4), PSI_NONE);
        psi_array part = psi_slice(all.data[0], PSI_INTS(i, 0, 0), PSI_INTS(i + 1, 2, 4), PSI_NONE);
        EXPECT(psi_allclose(part, psi_fast_layer_norm(one, w, w, 0.5), 1e-6, 1e-6, false), PSI_SCALAR_SHAPE,
               1);
    }
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = count_up(PSI_INTS(2, 4)), z = psi_astype(x, PSI_COMPLEX64);
    expect_error(psi_fast_rms_norm(psi_scalar(1, PSI_FLOAT32), NULL, 1), PSI_VALUE_ERROR);
    expect_error(psi_fast_rms_norm(x, PSI_FLOATS(1, 2), 1), PSI_VALUE_ERROR);
    expect_error(psi_fast_rms_norm(x, x, 1), PSI_VALUE_ERROR);
    expect_error(psi_fast_layer_norm(x, NULL, PSI_FLOATS(1, 2, 3, 4, 5), 1), PSI_VALUE_ERROR);
    expect_error(psi_fast_layer_norm(PSI_INT32S(1, 2), NULL, NULL, 1), PSI_VALUE_ERROR);
    expect_error(psi_fast_layer_norm(z, NULL, NULL, 1), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),    cmocka_unit_test(dtypes),  cmocka_unit_test(large),
        cmocka_unit_test(gradients), cmocka_unit_test(batched), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
