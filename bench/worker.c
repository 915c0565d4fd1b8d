/* worker.c: the library's side of bench/compare: reads workload names, one a line, and answers with the microseconds of
 * one run: the median, where it is short. Building, evaluating and freeing all count; inputs are made beforehand. */
#include <psionic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* Numbers between -4 and 4 that do not repeat early. */
static psi_array noise(psi_ints shape)
{
    PSI_SCOPE;
    int64_t n = 1;
    for (int i = 0; i < shape.count; i++)
        n *= shape.data[i];
    float *values = malloc((size_t)n * sizeof *values);
    uint32_t s = 1;
    for (int64_t i = 0; values && i < n; i++) {
        s = s * 1664525u + 1013904223u;
        values[i] = (float)((int32_t)s >> 8) / 8388608.0f * 4;
    }
    psi_array a = psi_promote(psi_array_from(values, shape, PSI_FLOAT32));
    free(values);
    return a;
}

/* Whole numbers from 0 up to `below`, in no order. */
static psi_array indices(psi_ints shape, int64_t below)
{
    PSI_SCOPE;
    psi_array share =
        psi_add(psi_divide(noise(shape), psi_scalar(8, PSI_FLOAT32)), psi_scalar(0.5, PSI_FLOAT32));
    psi_array i = psi_astype(psi_multiply(share, psi_scalar((double)below, PSI_FLOAT32)), PSI_INT32);
    return psi_promote(i);
}

/* The inputs of a workload; a workload returns what is to be evaluated, owned by the innermost scope. */
typedef struct inputs {
    psi_array a, b, packed[3];
} inputs;

static psi_array chain_1000(inputs in)
{
    PSI_SCOPE;
    psi_array y = in.a;
    for (int i = 0; i < 1000; i++) {
        psi_scope step;
        psi_scope_open(&step);
        psi_array next = psi_promote(psi_add(y, in.a));
        psi_scope_close(&step);
        if (i)
            psi_release(y);
        y = psi_retain(next);
    }
    psi_array result = psi_promote(y);
    psi_release(y);
    return result;
}

static psi_array gelu(inputs in)
{
    PSI_SCOPE;
    psi_array x = in.a, root = psi_scalar(1.4142135623730951, PSI_FLOAT32);
    psi_array t = psi_add(psi_scalar(1, PSI_FLOAT32), psi_erf(psi_divide(x, root)));
    return psi_promote(psi_multiply(psi_multiply(x, t), psi_scalar(0.5, PSI_FLOAT32)));
}

static psi_array add(inputs in)
{
    return psi_add(in.a, in.b);
}

static psi_array exp_(inputs in)
{
    return psi_exp(in.a);
}

static psi_array sum_all(inputs in)
{
    return psi_sum(in.a, PSI_NONE, false);
}

static psi_array sum_0(inputs in)
{
    return psi_sum(in.a, PSI_INTS(0), false);
}

static psi_array sum_1(inputs in)
{
    return psi_sum(in.a, PSI_INTS(1), false);
}

static psi_array softmax(inputs in)
{
    return psi_softmax(in.a, PSI_INTS(-1), false);
}

static psi_array argmax_rows(inputs in)
{
    return psi_argmax(in.a, 1, false);
}

static psi_array matmul(inputs in)
{
    return psi_matmul(in.a, in.b);
}

static psi_array matmul_turned(inputs in)
{
    return psi_matmul(in.a, psi_transpose(in.b, PSI_NONE));
}

static psi_array sort(inputs in)
{
    return psi_sort(in.a, -1);
}

static psi_array argsort(inputs in)
{
    return psi_argsort(in.a, -1);
}

static psi_array cumsum_rows(inputs in)
{
    return psi_cumsum(in.a, 1, false, true);
}

static psi_array take_rows(inputs in)
{
    return psi_take(in.a, in.b, 0);
}

static psi_array transpose(inputs in)
{
    return psi_contiguous(psi_transpose(in.a, PSI_NONE), false);
}

/* Parameters are the rows of b. */
static psi_array layer_norm(inputs in)
{
    psi_arrays rows = psi_split(psi_flatten(in.b, 0, 1), 2, 0);
    return psi_fast_layer_norm(in.a, rows.data[0], rows.data[1], 1e-5);
}

static psi_array rms_norm(inputs in)
{
    return psi_fast_rms_norm(in.a, psi_split(psi_flatten(in.b, 0, 1), 2, 0).data[0], 1e-5);
}

/* Queries are a, by heads; keys and values the halves of b. */
static psi_array attention(inputs in)
{
    psi_array q = psi_expand_dims(in.a, PSI_INTS(0));
    psi_arrays kv = psi_split(psi_expand_dims(in.b, PSI_INTS(0)), 2, 1);
    return psi_fast_scaled_dot_product_attention(q, kv.data[0], kv.data[1], 0.125, "", NULL, NULL);
}

static psi_array conv2d(inputs in)
{
    return psi_conv2d(in.a, in.b, PSI_NONE, PSI_INTS(1), PSI_NONE, 1);
}

/* A workload's function as one that is compiled, once for the life of the process. */
static psi_arrays as_function(psi_arrays in, void *fn)
{
    psi_arrays out = psi_arrays_new(1);
    if (out.count)
        out.data[0] = (*(psi_array(**)(inputs))fn)((inputs){.a = in.data[0]});
    return out;
}

static psi_array compiled(psi_compiled **c, psi_array (**fn)(inputs), inputs in)
{
    if (!*c)
        *c = psi_compile(as_function, fn, 0);
    return psi_compiled_call((psi_arrays){&in.a, 1}, *c).data[0];
}

static psi_array compiled_gelu(inputs in)
{
    static psi_compiled *c;
    static psi_array (*fn)(inputs) = gelu;
    return compiled(&c, &fn, in);
}

static psi_array chain_100(inputs in)
{
    psi_array y = in.a;
    for (int i = 0; i < 100; i++)
        y = psi_add(y, in.a);
    return y;
}

static psi_array compiled_chain(inputs in)
{
    static psi_compiled *c;
    static psi_array (*fn)(inputs) = chain_100;
    return compiled(&c, &fn, in);
}

/* The second input was packed in groups of 64 codes of 4 bits beforehand. */
static psi_array packed_matmul(inputs in)
{
    return psi_quantized_matmul(in.a, in.packed[0], in.packed[1], in.packed[2], true, 64, 4, "affine");
}

typedef struct workload {
    const char *name;
    psi_array (*fn)(inputs in);
    int64_t a[4], b[4]; /* shapes; a length of 0 ends one */
} workload;

static const workload workloads[] = {
    {"chain_1000_adds_1e3", chain_1000, {1000}, {0}},
    {"add_eval_1e3", add, {1000}, {1000}},
    {"add_1e7", add, {10000000}, {10000000}},
    {"exp_1e7", exp_, {10000000}, {0}},
    {"gelu_1e7", gelu, {10000000}, {0}},
    {"compiled_gelu_1e7", compiled_gelu, {10000000}, {0}},
    {"compiled_chain_100_adds_1e3", compiled_chain, {1000}, {0}},
    {"softmax_1e7", softmax, {10000000}, {0}},
    {"softmax_4096", softmax, {4096, 4096}, {0}},
    {"argmax_rows_4096", argmax_rows, {4096, 4096}, {0}},
    {"sum_all_4096", sum_all, {4096, 4096}, {0}},
    {"sum_axis0_4096", sum_0, {4096, 4096}, {0}},
    {"sum_axis1_4096", sum_1, {4096, 4096}, {0}},
    {"matmul_512", matmul, {512, 512}, {512, 512}},
    {"matmul_1024", matmul, {1024, 1024}, {1024, 1024}},
    {"matmul_2048", matmul, {2048, 2048}, {2048, 2048}},
    {"matmul_64x128x64x128", matmul, {64, 128, 64}, {64, 64, 128}},
    {"matmul_1x4096x4096", matmul, {1, 4096}, {4096, 4096}},
    {"matmul_2048_bf16", matmul, {2048, 2048}, {2048, 2048}},
    {"matmul_2048_f16", matmul, {2048, 2048}, {2048, 2048}},
    {"sort_1e6", sort, {1000000}, {0}},
    {"argsort_1e6", argsort, {1000000}, {0}},
    {"argsort_rows_1024", argsort, {1024, 1024}, {0}},
    {"cumsum_rows_4096", cumsum_rows, {4096, 4096}, {0}},
    {"take_rows_32k", take_rows, {32768, 1024}, {32768}},
    {"transpose_4096", transpose, {4096, 4096}, {0}},
    {"layer_norm_4096", layer_norm, {4096, 4096}, {2, 4096}},
    {"rms_norm_4096", rms_norm, {4096, 4096}, {2, 4096}},
    {"attention_512", attention, {32, 512, 64}, {64, 512, 64}},
    {"attention_4096", attention, {8, 512, 64}, {16, 4096, 64}},
    {"attention_16384", attention, {8, 512, 64}, {16, 16384, 64}},
    {"attention_decode_2048", attention, {32, 1, 64}, {64, 2048, 64}},
    {"conv2d_32x56x56x64", conv2d, {32, 56, 56, 64}, {64, 3, 3, 64}},
    {"packed_1x4096x11008", packed_matmul, {1, 4096}, {11008, 4096}},
    {"packed_1x4096x11008_bf16", packed_matmul, {1, 4096}, {11008, 4096}},
    {"packed_512x4096x11008", packed_matmul, {512, 4096}, {11008, 4096}},
    {"matmul_512x4096x11008", matmul_turned, {512, 4096}, {11008, 4096}},
};

static psi_array input_of(const workload *w, const int64_t shape[4])
{
    PSI_SCOPE;
    int ndim = 0;
    while (ndim < 4 && shape[ndim])
        ndim++;
    if (ndim == 0)
        return NULL;
    psi_array a = w->fn == take_rows && shape == w->b ? indices((psi_ints){shape, ndim}, w->a[0])
                                                      : noise((psi_ints){shape, ndim});
    if (strstr(w->name, "_bf16"))
        a = psi_astype(a, PSI_BFLOAT16);
    else if (strstr(w->name, "_f16"))
        a = psi_astype(a, PSI_FLOAT16);
    return psi_eval1(a) ? psi_retain(a) : NULL;
}

static inputs make(const workload *w)
{
    PSI_SCOPE;
    inputs in = {.a = input_of(w, w->a), .b = input_of(w, w->b)};
    if (w->fn == packed_matmul) {
        psi_arrays parts = psi_quantize(in.b, 64, 4, "affine", NULL);
        for (int i = 0; i < parts.count; i++)
            in.packed[i] = psi_retain(parts.data[i]);
        psi_eval(parts);
        psi_release(in.b);
        in.b = NULL;
    }
    return in;
}

static void forget(inputs *in)
{
    psi_array all[] = {in->a, in->b, in->packed[0], in->packed[1], in->packed[2]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        psi_release(all[i]);
    *in = (inputs){0};
    psi_clear_cache();
}

/* The time of one run in microseconds, or -1. A result is retained beyond the building scope, as a binding does. */
static double run(const workload *w, inputs in)
{
    double start = now();
    psi_array y;
    {
        PSI_SCOPE;
        y = psi_retain(w->fn(in));
    }
    bool ok = psi_eval1(y);
    psi_release(y);
    return ok ? now() - start : -1;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of runs that take BURST microseconds together, after one that is not measured. */
static double measure(const workload *w, inputs in)
{
    enum { BURST = 200000, MOST = 100000 };
    static double times[MOST];
    double sum = 0;
    int count = 0;
    if (run(w, in) < 0)
        return -1;
    while (count < MOST && sum < BURST) {
        times[count] = run(w, in);
        if (times[count] < 0)
            return -1;
        sum += times[count++];
    }
    qsort(times, (size_t)count, sizeof *times, compare);
    return times[count / 2];
}

int main(void)
{
    enum { COUNT = sizeof workloads / sizeof *workloads };
    char line[128];
    const workload *current = NULL;
    inputs in = {0};
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        const workload *w = workloads;
        while (w < workloads + COUNT && strcmp(w->name, line))
            w++;
        if (w == workloads + COUNT) {
            puts("none");
        } else {
            if (w != current) {
                forget(&in);
                in = make(w);
                current = w;
            }
            printf("%.3f\n", measure(w, in));
        }
        fflush(stdout);
    }
    forget(&in);
    return 0;
}
