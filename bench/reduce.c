/* reduce.c: milliseconds and gigabytes read per second of reductions, arg-reductions, softmax and scans of 4096 x 4096
 * float32, beside a copy of the same memory. Usage: reduce [NAME...], all when none is named. */
#include <psionic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIDE = 4096, ROUNDS = 7 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef psi_array (*work)(psi_array a);

static psi_array sum_all(psi_array a)
{
    return psi_sum(a, PSI_NONE, false);
}

static psi_array sum_0(psi_array a)
{
    return psi_sum(a, PSI_INTS(0), false);
}

static psi_array sum_1(psi_array a)
{
    return psi_sum(a, PSI_INTS(1), false);
}

static psi_array max_1(psi_array a)
{
    return psi_max(a, PSI_INTS(1), false);
}

static psi_array any_all(psi_array a)
{
    return psi_any(psi_subtract(a, a), PSI_NONE, false);
}

static psi_array argmax_1(psi_array a)
{
    return psi_argmax(a, 1, false);
}

static psi_array argmax_0(psi_array a)
{
    return psi_argmax(a, 0, false);
}

static psi_array softmax_1(psi_array a)
{
    return psi_softmax(a, PSI_INTS(1), false);
}

static psi_array softmax_0(psi_array a)
{
    return psi_softmax(a, PSI_INTS(0), false);
}

static psi_array softmax_long(psi_array a)
{
    return psi_softmax(psi_flatten(a, 0, -1), PSI_INTS(0), false);
}

static psi_array logsumexp_1(psi_array a)
{
    return psi_logsumexp(a, PSI_INTS(1), false);
}

static psi_array cumsum_1(psi_array a)
{
    return psi_cumsum(a, 1, false, true);
}

static psi_array cumsum_0(psi_array a)
{
    return psi_cumsum(a, 0, false, true);
}

static psi_array sum_small(psi_array a)
{
    return psi_sum(psi_reshape(a, PSI_INTS(-1, 4)), PSI_INTS(1), false);
}

static psi_array sum_narrow(psi_array a)
{
    return psi_sum(psi_reshape(a, PSI_INTS(-1, 4)), PSI_INTS(0), false);
}

static psi_array sum_transposed(psi_array a)
{
    return psi_sum(psi_transpose(a, PSI_NONE), PSI_INTS(0), false);
}

static psi_array copy(psi_array a)
{
    return psi_negative(a);
}

static const struct {
    const char *name;
    work run;
} works[] = {{"negative", copy},
             {"sum_all", sum_all},
             {"sum_0", sum_0},
             {"sum_1", sum_1},
             {"sum_transposed", sum_transposed},
             {"sum_rows_of_4", sum_small},
             {"sum_4_columns", sum_narrow},
             {"max_1", max_1},
             {"any_of_zeros", any_all},
             {"argmax_1", argmax_1},
             {"argmax_0", argmax_0},
             {"softmax_1", softmax_1},
             {"softmax_0", softmax_0},
             {"softmax_long", softmax_long},
             {"logsumexp_1", logsumexp_1},
             {"cumsum_1", cumsum_1},
             {"cumsum_0", cumsum_0}};

static double best_of(work run, psi_array a)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        PSI_SCOPE;
        double start = now();
        if (!psi_eval1(run(a)))
            return 0;
        double took = now() - start;
        best = took < best ? took : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    PSI_SCOPE;
    float *values = malloc((size_t)SIDE * SIDE * sizeof *values);
    uint32_t s = 1;
    for (int i = 0; values && i < SIDE * SIDE; i++) {
        s = s * 1664525u + 1013904223u;
        values[i] = (float)((int32_t)s >> 8) / 8388608.0f * 4;
    }
    psi_array a = psi_array_from(values, PSI_INTS(SIDE, SIDE), PSI_FLOAT32);
    free(values);
    for (size_t w = 0; w < sizeof works / sizeof *works; w++) {
        bool wanted = argc < 2;
        for (int i = 1; i < argc; i++)
            wanted |= !strcmp(argv[i], works[w].name);
        if (!wanted)
            continue;
        double took = best_of(works[w].run, a);
        printf("%-16s %8.2f ms %8.1f GB/s\n", works[w].name, took * 1e3, SIDE * (double)SIDE * 4e-9 / took);
    }
    return 0;
}
