/* conv: every kernel set against the definition, over sizes on both sides of every cut, and running out of memory. */
#include "cpu/gemm_kernels.h"
#include "ops/values.h"

typedef struct shape {
    int64_t batch, space[2], kernel[2], channels, outputs, groups;
    int64_t stride, low, high, kernel_dilation, input_dilation;
    bool flip;
} shape;

static const shape shapes[] = {
    {1, {1, 1}, {1, 1}, 1, 1, 1, 1, 0, 0, 1, 1, false},
    {2, {5, 33}, {3, 3}, 3, 5, 1, 1, 1, 1, 1, 1, false},    /* whole and partial vectors of columns */
    {3, {6, 7}, {2, 3}, 130, 40, 1, 2, 2, 1, 1, 1, true},   /* several cuts of the channels */
    {1, {3, 90}, {1, 60}, 9, 17, 1, 1, 0, 0, 1, 1, false},  /* several cuts of the taps */
    {70, {3, 3}, {2, 2}, 4, 33, 1, 1, 0, 0, 1, 1, false},   /* tiles along the batch */
    {2, {9, 8}, {3, 4}, 6, 6, 3, 3, 2, 5, 2, 1, false},     /* groups */
    {2, {9, 10}, {3, 3}, 37, 37, 37, 1, 1, 1, 1, 1, false}, /* a channel each */
    {2, {9, 10}, {3, 3}, 20, 60, 20, 2, 1, 0, 1, 1, true},  /* three outputs of each */
    {1, {7, 6}, {3, 4}, 5, 6, 1, 3, 4, 2, 2, 5, true},      /* phases, some of them without a tap */
    {2, {40, 3}, {30, 2}, 8, 8, 8, 1, 7, 7, 1, 2, false},
    {1, {8, 9}, {3, 3}, 60, 150, 15, 2, 1, 1, 1, 1, false}, /* four channels, ten outputs of each group */
};

static int64_t dilated(int64_t size, int64_t dilation)
{
    return (size - 1) * dilation + 1;
}

/* Small whole numbers, whose sums are exact. */
static float *numbers(int64_t count, uint32_t seed)
{
    float *out = malloc((size_t)count * sizeof *out);
    assert_non_null(out);
    for (int64_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (float)(seed >> 29) - 3;
    }
    return out;
}

static double sum_at(const shape *s, const float *x, const float *w, int64_t n, int64_t y, int64_t z,
                     int64_t o)
{
    const int64_t inputs = s->channels / s->groups, group = o / (s->outputs / s->groups);
    double sum = 0;
    for (int64_t i = 0; i < s->kernel[0]; i++)
        for (int64_t j = 0; j < s->kernel[1]; j++) {
            int64_t row = y * s->stride + i * s->kernel_dilation - s->low;
            int64_t col = z * s->stride + j * s->kernel_dilation - s->low;
            if (row % s->input_dilation || col % s->input_dilation || row < 0 || col < 0)
                continue;
            row /= s->input_dilation;
            col /= s->input_dilation;
            if (row >= s->space[0] || col >= s->space[1])
                continue;
            const int64_t a = s->flip ? s->kernel[0] - 1 - i : i, b = s->flip ? s->kernel[1] - 1 - j : j;
            for (int64_t k = 0; k < inputs; k++)
                sum +=
                    (double)
                        x[((n * s->space[0] + row) * s->space[1] + col) * s->channels + group * inputs + k] *
                    w[((o * s->kernel[0] + a) * s->kernel[1] + b) * inputs + k];
        }
    return sum;
}

static psi_array convolved(const shape *s, psi_array x, psi_array w)
{
    return psi_conv_general(x, w, PSI_INTS(s->stride), PSI_INTS(s->low), PSI_INTS(s->high),
                            PSI_INTS(s->kernel_dilation), PSI_INTS(s->input_dilation), s->groups, s->flip);
}

static void check(const shape *s, psi_dtype dtype)
{
    PSI_SCOPE;
    const int64_t inputs = s->channels / s->groups;
    const int64_t x_size = s->batch * s->space[0] * s->space[1] * s->channels,
                  w_size = s->outputs * s->kernel[0] * s->kernel[1] * inputs;
    float *x = numbers(x_size, 1), *w = numbers(w_size, 2);
    psi_array input =
        psi_array_from(x, PSI_INTS(s->batch, s->space[0], s->space[1], s->channels), PSI_FLOAT32);
    psi_array weight =
        psi_array_from(w, PSI_INTS(s->outputs, s->kernel[0], s->kernel[1], inputs), PSI_FLOAT32);
    psi_array result = convolved(s, psi_astype(input, dtype), psi_astype(weight, dtype));
    psi_array wide = psi_astype(result, PSI_FLOAT32);
    const float *got = psi_data(wide);
    assert_non_null(got);
    const double unit = dtype == PSI_BFLOAT16 ? 0x1p-8 : dtype == PSI_FLOAT16 ? 0x1p-11 : 0;
    int64_t lengths[2];
    for (int i = 0; i < 2; i++)
        lengths[i] = (dilated(s->space[i], s->input_dilation) + s->low + s->high -
                      dilated(s->kernel[i], s->kernel_dilation)) /
                         s->stride +
                     1;
    for (int64_t n = 0; n < s->batch; n++)
        for (int64_t y = 0; y < lengths[0]; y++)
            for (int64_t z = 0; z < lengths[1]; z++)
                for (int64_t o = 0; o < s->outputs; o++) {
                    double sum = sum_at(s, x, w, n, y, z, o);
                    assert_true(fabs((double)*got++ - sum) <= unit * fabs(sum));
                }
    free(x);
    free(w);
}

static void every_kernel_set(void **state)
{
    (void)state;
    static const psi_dtype dtypes[] = {PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64};
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs(isa))
            continue;
        psi_gemm_use(isa, false);
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int k = 0; k < 4; k++)
                check(&shapes[i], dtypes[k]);
    }
    psi_gemm_use(psi_isa_current(), false);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const shape *s = &shapes[k ? 6 : 2];
        for (int64_t nth = 1;; nth++) {
            PSI_SCOPE;
            psi_array x = psi_ones(PSI_INTS(s->batch, s->space[0], s->space[1], s->channels),
                                   k ? PSI_FLOAT32 : PSI_FLOAT64);
            psi_array w = psi_ones(PSI_INTS(s->outputs, s->kernel[0], s->kernel[1], s->channels / s->groups),
                                   PSI_FLOAT32);
            assert_true(psi_eval1(x) && psi_eval1(w));
            psi_test_fail_allocation(nth);
            if (survived(psi_eval1(convolved(s, x, w))))
                break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kernel_set), cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
