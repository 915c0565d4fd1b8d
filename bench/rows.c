/* rows.c: nanoseconds per element of every float32 row, per ISA, on operands that stay in the first-level
 * cache. Usage: rows [NAME...], all ops when none is named. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cpu/isa.h"
#include "cpu/rows.h"

#define COUNT 1024

static const char *const names[PSI_OP_ELEMENTWISE_END] = {
    "",
#define UNARY(name, ...) #name,
#define BINARY UNARY
#define COMPARE UNARY
#define TERNARY UNARY
#include "ops/table.h"
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Best of several rounds of about half a millisecond. */
static double nanoseconds(psi_row_fn row, void *out, const void *a, const void *b, const void *c)
{
    double best = 1e9;
    int repeats = 16;
    for (int round = 0; round < 12; round++) {
        double start = now();
        for (int i = 0; i < repeats; i++)
            row(COUNT, out, a, b, c);
        double took = now() - start;
        if (took < 5e-4 && round < 6)
            repeats *= 2;
        if (took / repeats < best)
            best = took / repeats;
    }
    return best * 1e9 / COUNT;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(name, argv[i]) == 0)
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    static _Alignas(64) float a[COUNT], b[COUNT], out[COUNT];
    static _Alignas(64) bool c[COUNT];
    for (int i = 0; i < COUNT; i++) {
        a[i] = 0.001f + 0.9f * (float)i / COUNT;
        b[i] = 0.5f + (float)(i * 37 % COUNT) / COUNT;
        c[i] = i * 37 % 5 < 2;
    }
    printf("%-14s %8s %8s %8s   ns per float32\n", "op", "v2", "v3", "v4");
    for (int op = 1; op < PSI_OP_ELEMENTWISE_END; op++) {
        if (psi_cpu_row(op, PSI_FLOAT32) == NULL || !wanted(names[op], argc, argv))
            continue;
        printf("%-14s", names[op]);
        for (int isa = 0; isa < PSI_ISA_v4x; isa++) {
            psi_row_fn row = psi_cpu_row_of((psi_isa)isa, op, PSI_FLOAT32);
            bool selects = op == PSI_OP_select;
            if (psi_isa_runs((psi_isa)isa))
                printf(" %8.3f",
                       selects ? nanoseconds(row, out, c, a, b) : nanoseconds(row, out, a, b, NULL));
        }
        printf("\n");
    }
    return 0;
}
