/* Rotary positions: values of both pairings, offsets, frequencies, dtypes, layouts, gradients, batching, refusals. */
#include "values.h"

static psi_array quarters(psi_ints shape)
{
    return psi_multiply(count_up(shape), psi_scalar(0.25, PSI_FLOAT32));
}

static void values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_ints shape = PSI_INTS(1, 2, 2, 4);
    psi_array x = quarters(shape), flat = quarters(PSI_INTS(2, 2, 4)), freqs = PSI_FLOATS(2, 5);
    EXPECT(psi_fast_rope(x, 4, false, 100, 0.5, 3, NULL), shape, -0.4987475, 0.13511416, 0.035368599,
           0.77893788, -1.780093, 0.87741184, 0.28507715, 1.9634532, -2.352263, 1.8137801, 2.171833,
           3.0553563, -4.4309816, 2.4402065, 1.2713783, 4.3209252);
    EXPECT(psi_fast_rope_dynamic(x, 2, false, NAN, 1, PSI_INT32S(2), PSI_FLOATS(2)), shape, -0.21036774,
           0.13507557, 0.5, 0.75, -1.1761315, 1.0859165, 1.5, 1.75, -0.81270504, 2.898622, 2.5, 2.75,
           -3.0296471, 3.2223809, 3.5, 3.75);
    EXPECT(psi_fast_rope_dynamic(flat, 4, false, NAN, 1, PSI_INT64S(0, 5), freqs), PSI_INTS(2, 2, 4), 0, 0.25,
           0.5, 0.75, 0.15844423, 0.8774119, 1.7957994, 1.9634532, -3.0984676, -1.0983651, -0.80591452,
           3.3791409, -3.4638975, -2.3174839, -3.0416136, 4.3879685);
    EXPECT(psi_fast_rope(x, 4, true, 100, 0.5, 3, NULL), shape, -0.24937375, 0.017684299, 0.38230693,
           0.81629741, -1.5527685, 0.3891139, 1.1224285, 2.0131207, -2.1028893, 2.1541486, 2.0609727,
           3.0927157, -4.2036572, 1.375415, 2.6852231, 4.3705926);
    EXPECT(psi_fast_rope_dynamic(x, 2, true, NAN, 1, PSI_INT32S(2), PSI_FLOATS(2)), shape, -0.21036774,
           0.13507557, 0.5, 0.75, -1.1761315, 1.0859165, 1.5, 1.75, -0.81270504, 2.898622, 2.5, 2.75,
           -3.0296471, 3.2223809, 3.5, 3.75);
    EXPECT(psi_fast_rope_dynamic(flat, 4, true, NAN, 1, PSI_INT64S(0, 5), freqs), PSI_INTS(2, 2, 4), 0, 0.25,
           0.5, 0.75, 0.27830064, 1.5764037, 1.1224287, 2.0131204, -2.9488497, -0.60562873, -0.9632895,
           3.5895085, -3.4286175, -2.7941155, -2.2268944, 4.6209784);
    EXPECT(psi_fast_rope(psi_zeros(PSI_INTS(2, 0, 4), PSI_FLOAT32), 4, true, 10, 1, 0, NULL),
           PSI_INTS(2, 0, 4), 0);
}

/* Heads behind positions in memory, and every dtype, against the plain case. */
static void layouts(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = quarters(PSI_INTS(2, 3, 4, 8)), y = psi_fast_rope(x, 6, false, 50, 1, 2, NULL);
    psi_array turned = psi_contiguous(psi_swapaxes(x, 1, 2), false);
    psi_array z = psi_fast_rope(psi_swapaxes(turned, 1, 2), 6, false, 50, 1, 2, NULL);
    EXPECT(psi_array_equal(y, z, false), PSI_SCALAR_SHAPE, 1);
    static const psi_dtype all[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64};
    static const double near[] = {4e-2, 4e-1, 1e-5}; /* of numbers up to 60 */
    for (int i = 0; i < 3; i++) {
        z = psi_fast_rope(psi_astype(x, all[i]), 6, false, 50, 1, 2, NULL);
        assert_int_equal(psi_dtype_of(z), all[i]);
        psi_array off = psi_max(psi_abs(psi_subtract(psi_astype(z, PSI_FLOAT32), y)), PSI_NONE, false);
        EXPECT(psi_less(off, psi_scalar(near[i], PSI_FLOAT32)), PSI_SCALAR_SHAPE, 1);
    }
}

static psi_arrays turn(psi_arrays in, void *context)
{
    psi_array one = psi_scalar_int(1, PSI_INT32);
    return LIST(psi_fast_rope_dynamic(in.data[0], 4, *(bool *)context, NAN, 1, one, in.data[1]));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_ints shape = PSI_INTS(1, 2, 2, 4);
    psi_array x = quarters(shape), ramp = psi_add(count_up(shape), psi_scalar(1, PSI_FLOAT32));
    psi_array freqs = PSI_FLOATS(2, 5), step = PSI_FLOATS(1, -1);
    psi_arrays out, g;
    bool traditional = false;
    assert_true(psi_vjp(turn, &traditional, PSI_ARRAYS(x, freqs), PSI_ARRAYS(ramp), &out, &g));
    EXPECT(g.data[0], shape, 2.3158593, 2.7548106, 2.1533222, 3.5229278, 8.5918083, 8.6417122, -0.42523861,
           5.0319777, 13.171925, 12.184698, 5.3385782, 9.774106, 19.645994, 19.125547, -2.8345881, 9.2851191);
    EXPECT(g.data[1], PSI_INTS(2), 51.141495, 4.5382371);
    assert_true(psi_jvp(turn, &traditional, PSI_ARRAYS(x, freqs), PSI_ARRAYS(ramp, step), &out, &g));
    EXPECT(g.data[0], shape, -0.45099628, 1.1340671, 3.1721015, 4.3214459, -2.3628235, 2.2431288, 8.3504219,
           9.7425852, 3.4127636, 7.290946, 13.829087, 13.813845, -3.3903999, 6.2865934, 19.705776, 20.311483);
    traditional = true;
    assert_true(psi_vjp(turn, &traditional, PSI_ARRAYS(x, freqs), PSI_ARRAYS(ramp), &out, &g));
    EXPECT(g.data[0], shape, 1.8364336, 1.2757396, 3.7348771, 3.3242583, 7.7503371, -0.96554089, 9.5627737,
           4.6425595, 12.692498, 4.4609957, 13.164764, 9.5754366, 18.804523, -3.3748903, 20.046608,
           8.8957005);
    EXPECT(g.data[1], PSI_INTS(2), 45.970226, 4.8410091);
    assert_true(psi_jvp(turn, &traditional, PSI_ARRAYS(x, freqs), PSI_ARRAYS(ramp, step), &out, &g));
    EXPECT(g.data[0], shape, -0.02641964, 2.2645547, 2.1121471, 4.5299158, -1.5888901, 7.7049365, 3.1564016,
           10.150425, 3.8373404, 12.921541, 8.2690258, 14.022315, -2.6164675, 19.060291, 7.1998663,
           20.719322);
}

static psi_arrays dynamic(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_fast_rope_dynamic(in.data[0], 4, false, NAN, 1, in.data[1], in.data[2]));
}

/* x, offsets and frequencies mapped: the same as one by one. */
static void batched(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = quarters(PSI_INTS(2, 3, 2, 4)), freqs = psi_reshape(PSI_FLOATS(2, 5, 3, 7), PSI_INTS(2, 2));
    psi_array offsets = psi_reshape(PSI_INT32S(0, 1, 2, 3, 4, 5), PSI_INTS(2, 3));
    psi_array mapped[] = {
        psi_vmap(dynamic, NULL, PSI_ARRAYS(x, PSI_INT32S(4, 7), freqs), PSI_NONE, PSI_INTS(0)).data[0],
        psi_vmap(dynamic, NULL, PSI_ARRAYS(x, offsets, freqs), PSI_NONE, PSI_INTS(0)).data[0],
        psi_vmap(dynamic, NULL, PSI_ARRAYS(x, PSI_INT32S(1, 2, 3), PSI_FLOATS(2, 5)), PSI_INTS(0, -1, -1),
                 PSI_INTS(0))
            .data[0],
    };
    for (int i = 0; i < 2; i++) {
        psi_array one = psi_split(x, 2, 0).data[i], f = psi_split(freqs, 2, 0).data[i];
        psi_array offset[] = {psi_split(PSI_INT32S(4, 7), 2, 0).data[i],
                              psi_squeeze(psi_split(offsets, 2, 0).data[i], PSI_INTS(0)),
                              PSI_INT32S(1, 2, 3)};
        for (int k = 0; k < 3; k++) {
            psi_array fit = k < 2 ? psi_squeeze(f, PSI_INTS(0)) : PSI_FLOATS(2, 5);
            psi_array y =
                psi_fast_rope_dynamic(psi_squeeze(one, PSI_INTS(0)), 4, false, NAN, 1, offset[k], fit);
            psi_array part = psi_squeeze(psi_split(mapped[k], 2, 0).data[i], PSI_INTS(0));
            EXPECT(psi_array_equal(part, y, false), PSI_SCALAR_SHAPE, 1);
        }
    }
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = quarters(PSI_INTS(2, 3, 4));
    static const int64_t dims[] = {0, -2, 3, 6};
    for (int i = 0; i < 4; i++)
        expect_error(psi_fast_rope(x, dims[i], false, 10, 1, 0, NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope(x, 4, false, NAN, 1, 0, NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope(x, 4, false, 10, 1, 0, PSI_FLOATS(1, 2)), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope(x, 4, false, NAN, 1, 0, PSI_FLOATS(1, 2, 3)), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope(psi_reshape(x, PSI_INTS(6, 4)), 4, false, 10, 1, 0, NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope(psi_astype(x, PSI_INT32), 4, false, 10, 1, 0, NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope_dynamic(x, 4, false, 10, 1, PSI_INT32S(1, 2, 3), NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope_dynamic(x, 4, false, 10, 1, PSI_FLOATS(1), NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_rope_dynamic(x, 4, false, 10, 1, psi_zeros(PSI_INTS(1, 2), PSI_INT32), NULL),
                 PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),  cmocka_unit_test(layouts),  cmocka_unit_test(gradients),
        cmocka_unit_test(batched), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
