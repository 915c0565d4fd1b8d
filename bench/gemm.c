/* gemm.c: matrix products of ours against an OpenBLAS, interleaved in one run; prints medians of rounds and ratios
 * (above 1: ours is faster). Arguments: threads of both (2), the peer's library, prefix and suffix of its names. */
#include <cblas.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <psionic/device.h>

#include "cpu/gemm.h"

#define ROUNDS 7

/* 64-bit sizes: what a 64-bit build of the peer takes, and on little-endian machines a 32-bit one reads alike. */
typedef void (*sgemm_fn)(int order, int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
                         const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                         int64_t ldc);

static clockid_t clock_used =
    CLOCK_MONOTONIC; /* with one thread its own time, which other programs do not lengthen */

static double now(void)
{
    struct timespec t;
    clock_gettime(clock_used, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median, and the best in *best. */
static double median(double *times, double *best)
{
    qsort(times, ROUNDS, sizeof *times, by_value);
    *best = times[0];
    return times[ROUNDS / 2];
}

typedef struct shape {
    const char *name;
    int batch, m, n, k;
    bool a_turned, b_turned;
    psi_dtype dtype;
} shape;

static const shape shapes[] = {
    {"512", 1, 512, 512, 512, false, false, PSI_FLOAT32},
    {"1024", 1, 1024, 1024, 1024, false, false, PSI_FLOAT32},
    {"2048", 1, 2048, 2048, 2048, false, false, PSI_FLOAT32},
    {"1024 B^T", 1, 1024, 1024, 1024, false, true, PSI_FLOAT32},
    {"1024 A^T", 1, 1024, 1024, 1024, true, false, PSI_FLOAT32},
    {"1024 bf16", 1, 1024, 1024, 1024, false, false, PSI_BFLOAT16},
    {"1024 f16 B^T", 1, 1024, 1024, 1024, false, true, PSI_FLOAT16},
    {"64 x 128x64x128", 64, 128, 128, 64, false, false, PSI_FLOAT32},
    {"32x4096x4096 B^T", 1, 32, 4096, 4096, false, true, PSI_FLOAT32},
    {"4096x64x4096", 1, 4096, 64, 4096, false, false, PSI_FLOAT32},
    {"256", 1, 256, 256, 256, false, false, PSI_FLOAT32},
    {"64", 1, 64, 64, 64, false, false, PSI_FLOAT32},
    {"64 B^T", 1, 64, 64, 64, false, true, PSI_FLOAT32},
    {"32", 1, 32, 32, 32, false, false, PSI_FLOAT32},
    {"20x10x30", 1, 20, 10, 30, false, false, PSI_FLOAT32},
    {"16", 1, 16, 16, 16, false, false, PSI_FLOAT32},
    {"vector 4096", 1, 1, 4096, 4096, false, false, PSI_FLOAT32},
    {"vector 4096 B^T", 1, 1, 4096, 4096, false, true, PSI_FLOAT32},
    {"vector bf16", 1, 1, 4096, 4096, false, false, PSI_BFLOAT16},
    {"vector f16 B^T", 1, 1, 4096, 4096, false, true, PSI_FLOAT16},
    {"vector 64", 1, 1, 64, 64, false, false, PSI_FLOAT32},
    {"vector 64 B^T", 1, 1, 64, 64, false, true, PSI_FLOAT32},
    {"vector 512", 1, 1, 512, 512, false, false, PSI_FLOAT32},
    {"vector 512 B^T", 1, 1, 512, 512, false, true, PSI_FLOAT32},
};

static sgemm_fn theirs;

static void run_theirs(const shape *s, const float *a, const float *b, float *c)
{
    for (int e = 0; e < s->batch; e++)
        theirs(CblasRowMajor, s->a_turned ? CblasTrans : CblasNoTrans,
               s->b_turned ? CblasTrans : CblasNoTrans, s->m, s->n, s->k, 1, a + (size_t)e * s->m * s->k,
               s->a_turned ? s->m : s->k, b + (size_t)e * s->k * s->n, s->b_turned ? s->k : s->n, 0,
               c + (size_t)e * s->m * s->n, s->n);
}

static psi_gemm_call call_of(const shape *s, const void *a, const void *b, void *c, int64_t offsets[3][64])
{
    psi_gemm_call call = {.batch = s->batch, .m = s->m, .n = s->n, .k = s->k, .alpha = 1};
    for (int e = 0; e < s->batch; e++) {
        offsets[0][e] = (int64_t)e * s->m * s->k;
        offsets[1][e] = (int64_t)e * s->k * s->n;
        offsets[2][e] = (int64_t)e * s->m * s->n;
    }
    call.a = (psi_gemm_operand){a, s->a_turned ? 1 : s->k, s->a_turned ? s->m : 1, s->dtype, offsets[0]};
    call.b = (psi_gemm_operand){b, s->b_turned ? 1 : s->n, s->b_turned ? s->k : 1, s->dtype, offsets[1]};
    call.out = (psi_gemm_output){c, s->n, s->dtype, offsets[2]};
    return call;
}

static void bench(const shape *s, const float *a, const float *b, float *c, const uint16_t *halves)
{
    static int64_t offsets[3][64];
    bool wide = s->dtype == PSI_FLOAT32;
    psi_gemm_call call =
        call_of(s, wide ? (const void *)a : halves, wide ? (const void *)b : halves, c, offsets);
    double flops = 2.0 * s->batch * s->m * s->n * s->k, ours[ROUNDS], other[ROUNDS];
    int repeats = (int)(5e8 / flops) + 1;
    if (s->m == 1)
        repeats = (int)(2e8 / flops) + 1;
    for (int r = -1; r < ROUNDS; r++) {
        double start = now();
        for (int i = 0; i < repeats; i++)
            psi_gemm(&call);
        double middle = now();
        for (int i = 0; i < repeats && theirs; i++)
            run_theirs(s, a, b, c);
        double end = now();
        if (clock_used == CLOCK_MONOTONIC)
            nanosleep(&(struct timespec){0, 50000000},
                      NULL); /* the peer's waiting threads spin for a while */
        if (r >= 0) {
            ours[r] = (middle - start) / repeats;
            other[r] = (end - middle) / repeats;
        }
    }
    double best[2], mine = median(ours, &best[0]), peer = median(other, &best[1]);
    printf(
        "%-18s %9.2f us %7.1f GFLOP/s   peer %9.2f us   ratio %.2f, of the best rounds %.2f (%.1f GFLOP/s)\n",
        s->name, mine * 1e6, flops / mine * 1e-9, peer * 1e6, peer / mine, best[1] / best[0],
        flops / best[0] * 1e-9);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    const char *library = argc > 2 ? argv[2] : "libopenblas.so.0", *prefix = argc > 3 ? argv[3] : "";
    const char *suffix = argc > 4 ? argv[4] : "";
    char name[64];
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle) {
        snprintf(name, sizeof name, "%scblas_sgemm%s", prefix, suffix);
        theirs = (sgemm_fn)dlsym(handle, name);
        snprintf(name, sizeof name, "%sopenblas_set_num_threads%s", prefix, suffix);
        void (*set_threads)(int) = (void (*)(int))dlsym(handle, name);
        if (set_threads)
            set_threads(threads);
    }
    psi_set_thread_count(threads);
    if (threads == 1)
        clock_used = CLOCK_THREAD_CPUTIME_ID;
    size_t count = (size_t)4096 * 4096;
    float *a = aligned_alloc(64, count * 4), *b = aligned_alloc(64, count * 4),
          *c = aligned_alloc(64, count * 4);
    uint16_t *halves = aligned_alloc(64, count * 2);
    if (!a || !b || !c || !halves)
        return 1;
    for (size_t i = 0; i < count; i++) {
        a[i] = (float)(i * 2654435761u % 1024) / 512 - 1;
        b[i] = (float)(i * 40503u % 1024) / 512 - 1;
        halves[i] = (uint16_t)(0x3c00 + i % 256);
    }
    memset(c, 0, count * 4);
    printf("kernels %s, %d threads, peer %s\n", psi_isa_name(), threads, theirs ? library : "missing");
    const char *only = getenv("ONLY");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (only == NULL || strstr(shapes[i].name, only))
            bench(&shapes[i], a, b, c, halves);
    free(a);
    free(b);
    free(c);
    free(halves);
    return 0;
}
