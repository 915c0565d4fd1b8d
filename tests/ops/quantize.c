/* Packed codes: words, scales and biases as upstream's wheel packs them, what they stand for, gradients, batching,
 * refusals. */
#include "values.h"

/* Two rows of 32 quarters, from -5 on. */
static psi_array quarters(psi_dtype dtype)
{
    return psi_astype(psi_reshape(psi_arange(-5, 11, 0.25, PSI_FLOAT32), PSI_INTS(2, 32)), dtype);
}

static psi_arrays packed(psi_array w, int64_t group, int64_t bits)
{
    return psi_quantize(w, group, bits, "affine", NULL);
}

static psi_array opened(psi_arrays q, int64_t group, int64_t bits)
{
    return psi_dequantize(q.data[0], q.data[1], q.data[2], group, bits, "affine", NULL, PSI_DTYPE_COUNT);
}

static psi_array head(psi_array a, int64_t row, int64_t n)
{
    return psi_slice(a, PSI_INTS(row, 0), PSI_INTS(row + 1, n), PSI_NONE);
}

static void affine_words(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays q = packed(quarters(PSI_FLOAT32), 32, 2);
    assert_int_equal(q.count, 3);
    assert_int_equal(psi_dtype_of(q.data[0]), PSI_UINT32);
    EXPECT(q.data[0], PSI_INTS(2, 2), 2505396224, 4294617770, 1789570047, 349525);
    EXPECT(q.data[1], PSI_INTS(2, 1), 2.5, -2.6875);
    EXPECT(q.data[2], PSI_INTS(2, 1), -5, 10.75);
    EXPECT(packed(quarters(PSI_FLOAT32), 32, 3).data[0], PSI_INTS(2, 3), 2454229504, 3676606902, 4294948570,
           1843097599, 920359499, 1198665);
    EXPECT(packed(quarters(PSI_FLOAT32), 32, 4).data[0], PSI_INTS(2, 4), 1126310144, 2271634756, 3416959368,
           4293848524, 3437096703, 2291772091, 1146447479, 1122867);
    EXPECT(packed(quarters(PSI_FLOAT32), 32, 5).data[0], PSI_INTS(2, 5), 2319550496, 3316197433, 3392175002,
           951954249, 4290498027, 1975416799, 978769862, 902792293, 3343013046, 4469268);
    EXPECT(packed(quarters(PSI_FLOAT32), 32, 6).data[0], PSI_INTS(2, 6), 2283290752, 1150302402, 2111232349,
           3919468769, 1559346906, 4293851615, 2011676543, 2876229437, 2183734946, 375498526, 2735620389,
           2164256);
    EXPECT(packed(quarters(PSI_FLOAT32), 32, 8).data[0], PSI_INTS(2, 8), 420481024, 976365857, 1532119618,
           2088004451, 2643758212, 3199643045, 3755396806, 4294504423, 3891263487, 3335444190, 2779624893,
           2223805596, 1667986299, 1112167003, 556347706, 528409);
}

static void affine_values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array y = opened(packed(quarters(PSI_FLOAT32), 32, 3), 32, 3);
    EXPECT(head(y, 0, 6), PSI_INTS(1, 6), -5, -5, -5, -4, -4, -4);
    static const psi_dtype dtypes[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64};
    static const int64_t bits[] = {2, 3, 4, 5, 6, 8}, groups[] = {32, 64, 128};
    for (int i = 0; i < 3; i++) {
        psi_arrays q = packed(quarters(dtypes[i]), 32, 5);
        assert_int_equal(psi_dtype_of(q.data[2]), dtypes[i]);
        assert_int_equal(psi_dtype_of(opened(q, 32, 5)), dtypes[i]);
        EXPECT(head(opened(q, 32, 5), 0, 4), PSI_INTS(1, 4), -5, -4.75, -4.5, -4.25);
    }
    psi_array w = psi_random_normal(PSI_INTS(3, 5, 256), PSI_FLOAT32, NULL, NULL, psi_random_key(7));
    for (int b = 0; b < 6; b++)
        for (int g = 0; g < 3; g++) {
            psi_arrays q = packed(w, groups[g], bits[b]);
            assert_int_equal(psi_dim(q.data[0], -1), 8 * bits[b]);
            psi_array off = psi_abs(psi_subtract(opened(q, groups[g], bits[b]), w));
            psi_array limit = psi_multiply(psi_abs(q.data[1]), psi_scalar(1.00001, PSI_FLOAT32));
            off = psi_max(psi_unflatten(off, 2, PSI_INTS(-1, groups[g])), PSI_INTS(-1), false);
            EXPECT(psi_all(psi_less_equal(off, limit), PSI_NONE, false), PSI_SCALAR_SHAPE, 1);
        }
}

/* Layouts, nothing at all, and what has no number. */
static void odd_inputs(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array turned = psi_transpose(psi_transpose(quarters(PSI_FLOAT32), PSI_NONE), PSI_NONE);
    EXPECT(packed(turned, 32, 2).data[0], PSI_INTS(2, 2), 2505396224, 4294617770, 1789570047, 349525);
    psi_array back = psi_slice(quarters(PSI_FLOAT32), PSI_INTS(1, 0), PSI_INTS(-3, 32), PSI_INTS(-1, 1));
    EXPECT(packed(back, 32, 2).data[0], PSI_INTS(2, 2), 1789570047, 349525, 2505396224, 4294617770);
    assert_int_equal(psi_size(packed(psi_zeros(PSI_INTS(0, 64), PSI_FLOAT32), 64, 4).data[0]), 0);
    psi_arrays none = packed(psi_zeros(PSI_INTS(3, 0), PSI_FLOAT32), 64, 4);
    assert_int_equal(psi_size(opened(none, 64, 4)), 0);
    psi_arrays zeros = packed(psi_zeros(PSI_INTS(1, 32), PSI_FLOAT32), 32, 4);
    EXPECT(psi_max(psi_abs(opened(zeros, 32, 4)), PSI_NONE, false), PSI_SCALAR_SHAPE, 0);
    psi_array nan = psi_full(PSI_INTS(1, 32), psi_scalar(NAN, PSI_FLOAT32), PSI_FLOAT32);
    EXPECT(packed(nan, 32, 8).data[0], PSI_INTS(1, 8), 0, 0, 0, 0, 0, 0, 0, 0);
    /* An odd number of groups of 16 in all, and nothing. */
    psi_array steps = psi_array_from((float[]){6, 3, -0.5f, 1.5f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -4},
                                     PSI_INTS(1, 16), PSI_FLOAT32);
    psi_arrays small = psi_quantize(steps, 16, 4, "nvfp4", NULL);
    EXPECT(small.data[0], PSI_INTS(1, 2), 0x3957, 0xe0000000);
    EXPECT(psi_dequantize(small.data[0], small.data[1], NULL, 16, 4, "nvfp4", NULL, PSI_FLOAT32),
           PSI_INTS(1, 16), 6, 3, -0.5, 1.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -4);
    small = psi_quantize(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32), PSI_NO_INT, PSI_NO_INT, "mxfp4", NULL);
    assert_int_equal(psi_size(small.data[1]), 0);
    psi_arrays huge = psi_quantize(psi_multiply(quarters(PSI_FLOAT32), psi_scalar(INFINITY, PSI_FLOAT32)),
                                   PSI_NO_INT, PSI_NO_INT, "mxfp8", NULL);
    EXPECT(huge.data[1], PSI_INTS(2, 1), 255, 255);
}

static psi_array reopened(psi_arrays q, const char *mode, psi_array global)
{
    return head(psi_dequantize(q.data[0], q.data[1], NULL, PSI_NO_INT, PSI_NO_INT, mode, global, PSI_FLOAT32),
                1, 8);
}

static void float_modes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array w = quarters(PSI_FLOAT32), global = psi_scalar(12, PSI_FLOAT32);
    psi_arrays q = psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "mxfp4", NULL);
    assert_int_equal(q.count, 2);
    assert_int_equal(psi_dtype_of(q.data[1]), PSI_UINT8);
    EXPECT(q.data[0], PSI_INTS(2, 4), 3723423470, 2881277149, 285215130, 1413755682, 1145324339, 1431655764,
           1717986917, 2004248166);
    EXPECT(q.data[1], PSI_INTS(2, 1), 127, 128);
    EXPECT(reopened(q, "mxfp4", NULL), PSI_INTS(1, 8), 3, 3, 3, 4, 4, 4, 4, 4);
    q = psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "mxfp8", NULL);
    EXPECT(q.data[0], PSI_INTS(2, 8), 4177132282, 4126603256, 4059231220, 3941396208, 3638617320, 1684035584,
           1852598888, 1936879984, 1869507948, 1920036976, 1953722994, 1987409012, 2021095030, 2037938296,
           2054846841, 2071624314);
    EXPECT(q.data[1], PSI_INTS(2, 1), 121, 122);
    EXPECT(reopened(q, "mxfp8", NULL), PSI_INTS(1, 8), 3, 3.25, 3.5, 3.75, 4, 4, 4.5, 5);
    q = psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "nvfp4", NULL);
    EXPECT(q.data[0], PSI_INTS(2, 4), 4008640511, 3167542750, 839948988, 2003199316, 1717982549, 2004317798,
           1717986918, 2004318071);
    EXPECT(q.data[1], PSI_INTS(2, 2), 53, 47, 57, 62);
    EXPECT(reopened(q, "nvfp4", NULL), PSI_INTS(1, 8), 3.375, 3.375, 3.375, 3.375, 4.5, 4.5, 4.5, 4.5);
    q = psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "nvfp4", global);
    EXPECT(q.data[0], PSI_INTS(2, 4), 4008636415, 3150765533, 839948988, 2003199316, 1717917013, 2004317798,
           1717986918, 2004318054);
    EXPECT(q.data[1], PSI_INTS(2, 2), 116, 109, 120, 125);
    EXPECT(reopened(q, "nvfp4", global), PSI_INTS(1, 8), 24. / 7, 24. / 7, 24. / 7, 24. / 7, 24. / 7, 32. / 7,
           32. / 7, 32. / 7);
    psi_array half = psi_dequantize(q.data[0], q.data[1], NULL, 16, 4, "nvfp4", NULL, PSI_DTYPE_COUNT);
    assert_int_equal(psi_dtype_of(half), PSI_BFLOAT16);
    half = psi_dequantize(q.data[0], q.data[1], NULL, 16, 4, "nvfp4", global, PSI_FLOAT16);
    assert_int_equal(psi_dtype_of(half), PSI_FLOAT32);
    psi_array wide = psi_dequantize(q.data[0], q.data[1], NULL, 16, 4, "nvfp4", NULL, PSI_FLOAT64);
    assert_int_equal(psi_dtype_of(wide), PSI_FLOAT64);
    EXPECT(head(wide, 1, 2), PSI_INTS(1, 2), 768, 768);
}

static psi_arrays scales_and_biases(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays q = packed(in.data[0], 32, 2);
    return LIST(psi_add(q.data[1], psi_multiply(q.data[2], psi_scalar(10, PSI_FLOAT32))));
}

/* Both follow the value of the largest size: scale = value / whole number, bias = value. */
static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array g = gradient(scales_and_biases, quarters(PSI_FLOAT32)), w = quarters(PSI_FLOAT32);
    EXPECT(head(g, 0, 3), PSI_INTS(1, 3), 10 - 0.5, 0, 0);
    EXPECT(psi_slice(g, PSI_INTS(1, 30), PSI_INTS(2, 32), PSI_NONE), PSI_INTS(1, 2), 0, 2 * (10 - 0.25));
    psi_arrays outputs, tangents;
    assert_true(psi_jvp(scales_and_biases, NULL, PSI_ARRAYS(w), PSI_ARRAYS(w), &outputs, &tangents));
    EXPECT(tangents.data[0], PSI_INTS(2, 1), -50 + 2.5, 107.5 - 2.6875);
}

static psi_arrays of_scales(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays q = packed(quarters(PSI_FLOAT32), 32, 2);
    q.data[1] = in.data[0];
    q.data[2] = psi_multiply(in.data[0], psi_scalar(2, PSI_FLOAT32));
    return LIST(psi_sum(opened(q, 32, 2), PSI_INTS(1), false));
}

static psi_arrays of_global(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays q = psi_quantize(quarters(PSI_FLOAT32), 16, 4, "nvfp4", psi_scalar(12, PSI_FLOAT32));
    return LIST(psi_dequantize(q.data[0], q.data[1], NULL, 16, 4, "nvfp4", in.data[0], PSI_FLOAT32));
}

static void gradients_of_values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array scales = psi_array_from((float[]){3, 5}, PSI_INTS(2, 1), PSI_FLOAT32);
    psi_array g = gradient(of_scales, scales);
    psi_arrays q = packed(quarters(PSI_FLOAT32), 32, 2);
    psi_array ones = psi_ones(PSI_INTS(2, 1), PSI_FLOAT32), zeros = psi_zeros(PSI_INTS(2, 1), PSI_FLOAT32);
    psi_array codes = psi_dequantize(q.data[0], ones, zeros, 32, 2, "affine", NULL, PSI_DTYPE_COUNT);
    psi_array sums = psi_add(psi_sum(codes, PSI_INTS(1), true), psi_scalar(64, PSI_FLOAT32));
    EXPECT(psi_subtract(g, psi_multiply(sums, psi_array_from((float[]){1, 2}, PSI_INTS(2, 1), PSI_FLOAT32))),
           PSI_INTS(2, 1), 0, 0);
    psi_arrays outputs, tangents;
    assert_true(psi_jvp(of_scales, NULL, PSI_ARRAYS(scales), PSI_ARRAYS(ones), &outputs, &tangents));
    EXPECT(psi_subtract(tangents.data[0], psi_reshape(sums, PSI_INTS(2))), PSI_INTS(2), 0, 0);
    psi_array global = psi_scalar(12, PSI_FLOAT32), y = of_global(PSI_ARRAYS(global), NULL).data[0];
    psi_array weighted =
        psi_multiply(y, psi_add(psi_reshape(psi_arange(0, 64, 1, PSI_FLOAT32), PSI_INTS(2, 32)),
                                psi_scalar(1, PSI_FLOAT32)));
    EXPECT(psi_divide(gradient(of_global, global), psi_sum(weighted, PSI_NONE, false)), PSI_SCALAR_SHAPE,
           1. / 12);
}

static psi_arrays there_and_back(psi_arrays in, void *context)
{
    (void)context;
    return LIST(opened(packed(in.data[0], 32, 4), 32, 4));
}

static void batching(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array w = psi_random_normal(PSI_INTS(4, 3, 64), PSI_FLOAT32, NULL, NULL, psi_random_key(1));
    psi_arrays out = psi_vmap(there_and_back, NULL, PSI_ARRAYS(w), PSI_INTS(1), PSI_INTS(1));
    EXPECT(psi_array_equal(out.data[0], there_and_back(PSI_ARRAYS(w), NULL).data[0], false), PSI_SCALAR_SHAPE,
           1);
}

static void expect_no_parts(psi_arrays parts)
{
    assert_int_equal(parts.count, 0);
    psi_error_record e = {0};
    assert_true(psi_error(&e));
    assert_int_equal(e.kind, PSI_VALUE_ERROR);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array w = quarters(PSI_FLOAT32), one = psi_scalar(1, PSI_FLOAT32);
    static const int64_t bad[][2] = {{16, 4}, {32, 7}, {32, 1}, {32, 0}, {0, 4}, {-32, 4}, {64, 4}, {256, 4}};
    for (int i = 0; i < 8; i++)
        expect_no_parts(packed(w, bad[i][0], bad[i][1]));
    expect_no_parts(psi_quantize(w, 64, PSI_NO_INT, "mxfp4", NULL));
    expect_no_parts(psi_quantize(w, 16, 8, "nvfp4", NULL));
    expect_no_parts(psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "int4", NULL));
    expect_no_parts(psi_quantize(w, PSI_NO_INT, PSI_NO_INT, NULL, NULL));
    expect_no_parts(psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "mxfp4", one));
    expect_no_parts(psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "nvfp4", psi_ones(PSI_INTS(2), PSI_FLOAT32)));
    expect_no_parts(psi_quantize(w, PSI_NO_INT, PSI_NO_INT, "nvfp4", psi_scalar(1, PSI_FLOAT16)));
    expect_no_parts(packed(psi_astype(w, PSI_INT32), 32, 4));
    expect_no_parts(packed(psi_astype(w, PSI_COMPLEX64), 32, 4));
    expect_no_parts(packed(psi_reshape(w, PSI_INTS(64)), 32, 4));
    psi_arrays q = packed(w, 32, 4);
    psi_array words = q.data[0], scales = q.data[1], biases = q.data[2];
#define REFUSED(w, s, b, g, n, mode, dtype) \
    expect_error(psi_dequantize(w, s, b, g, n, mode, NULL, dtype), PSI_VALUE_ERROR)
    REFUSED(words, scales, NULL, 32, 4, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, scales, biases, 32, 8, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, scales, biases, 32, 0, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, scales, biases, -1, 4, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, scales, biases, 64, 4, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, scales, biases, 32, 4, "affine", PSI_INT32);
    REFUSED(words, scales, biases, 32, 4, "mxfp4", PSI_DTYPE_COUNT);
    REFUSED(words, scales, NULL, 32, 4, "mxfp4", PSI_DTYPE_COUNT);
    REFUSED(psi_astype(words, PSI_INT32), scales, biases, 32, 4, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, head(scales, 0, 1), head(biases, 0, 1), 32, 4, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, scales, head(biases, 0, 1), 32, 4, "affine", PSI_DTYPE_COUNT);
    REFUSED(words, psi_astype(scales, PSI_INT32), psi_astype(biases, PSI_INT32), 32, 4, "affine",
            PSI_DTYPE_COUNT);
    REFUSED(psi_reshape(words, PSI_INTS(8)), psi_reshape(scales, PSI_INTS(2)),
            psi_reshape(biases, PSI_INTS(2)), 32, 4, "affine", PSI_DTYPE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(affine_words), cmocka_unit_test(affine_values),
        cmocka_unit_test(odd_inputs),   cmocka_unit_test(float_modes),
        cmocka_unit_test(gradients),    cmocka_unit_test(gradients_of_values),
        cmocka_unit_test(batching),     cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
