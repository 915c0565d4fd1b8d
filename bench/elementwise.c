/* Element-wise work through the whole library: dispatch of small ops, and large arrays. Prints one line a workload:
 * name, then the least and the median of the repeats in microseconds. `bench/compare` runs it beside its peers. */
#include <psionic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_REPEATS = 200 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

typedef struct data {
    psi_array small, a, b;
} data;

static psi_array chain_1000(const data *d)
{
    PSI_SCOPE;
    psi_array y = d->small;
    for (int i = 0; i < 1000; i++) {
        psi_scope step;
        psi_scope_open(&step);
        y = psi_promote(psi_add(y, d->small));
        psi_scope_close(&step);
    }
    return psi_promote(y);
}

static psi_array one_add(const data *d)
{
    return psi_add(d->small, d->small);
}

static psi_array add(const data *d)
{
    return psi_add(d->a, d->b);
}

static psi_array exp_(const data *d)
{
    return psi_exp(d->a);
}

static psi_array gelu(const data *d)
{
    PSI_SCOPE;
    psi_array x = d->a, half = psi_scalar(0.5, PSI_FLOAT32), one = psi_scalar(1, PSI_FLOAT32);
    psi_array t = psi_erf(psi_divide(x, psi_sqrt(psi_scalar(2, PSI_FLOAT32))));
    return psi_promote(psi_multiply(psi_multiply(x, half), psi_add(one, t)));
}

typedef psi_array (*workload)(const data *d);

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Each repeat builds, evaluates and frees; results are retained beyond the building scope, as a binding does. */
static double once(workload fn, const data *d)
{
    double start = now();
    psi_array y;
    {
        PSI_SCOPE;
        y = psi_retain(fn(d));
    }
    bool ok = psi_eval1(y);
    double end = now();
    psi_release(y);
    if (!ok) {
        fprintf(stderr, "a workload failed\n");
        exit(1);
    }
    return end - start;
}

static void measure(const char *name, workload fn, const data *d, int repeats, double per)
{
    double times[MAX_REPEATS];
    for (int i = 0; i < repeats; i++)
        times[i] = once(fn, d);
    qsort(times, (size_t)repeats, sizeof *times, by_value);
    printf("%s %.4f %.4f\n", name, times[0] / per, times[repeats / 2] / per);
    fflush(stdout);
}

static psi_array noise(int64_t n)
{
    float *values = malloc((size_t)n * sizeof *values);
    uint32_t s = 1;
    for (int64_t i = 0; values && i < n; i++) {
        s = s * 1664525u + 1013904223u;
        values[i] = (float)((int32_t)s >> 8) / 8388608.0f * 4;
    }
    psi_array a = psi_array_from(values, PSI_INTS(n), PSI_FLOAT32);
    free(values);
    return a;
}

int main(void)
{
    PSI_SCOPE;
    data d = {noise(1000), noise(10000000), noise(10000000)};
    measure("chain_of_1000_adds_per_op", chain_1000, &d, 100, 1000);
    measure("one_add_one_eval", one_add, &d, 200, 1);
    measure("add_1e7", add, &d, 30, 1);
    measure("exp_1e7", exp_, &d, 30, 1);
    measure("gelu_1e7", gelu, &d, 30, 1);
    return 0;
}
