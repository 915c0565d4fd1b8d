/* limits.c: what the machine can do, for docs/performance.md, as one JSON object: multiply-adds of float32 on one thread
 * and on as many as processors (GFLOP/s); the sum of two arrays into a third, plainly and past the caches (GB/s). */
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LANES = 12, REPEATS = 30, MOST = 256 };
#define FLOATS ((size_t)16 << 20) /* of one array: far more than the caches keep from one round to the next */

static float *arrays[3];
static volatile float sink;

/* Rounds of LANES independent multiply-adds; returns how many floating-point operations that was. */
#define FMA(name, features, vector, set, fma)                         \
    __attribute__((target(features))) static double name(long rounds) \
    {                                                                 \
        enum { COUNT = LANES * sizeof(vector) / sizeof(float) };      \
        vector r[LANES], a = set(0.999f), b = set(0.001f);            \
        for (int i = 0; i < LANES; i++)                               \
            r[i] = set((float)i);                                     \
        for (long k = 0; k < rounds; k++)                             \
            for (int i = 0; i < LANES; i++)                           \
                r[i] = fma(r[i], a, b);                               \
        float kept[COUNT];                                            \
        memcpy(kept, r, sizeof r);                                    \
        for (int i = 0; i < COUNT; i++)                               \
            sink += kept[i];                                          \
        return 2.0 * COUNT * (double)rounds;                          \
    }

#define MULTIPLY_ADD(x, y, z) _mm_add_ps(_mm_mul_ps(x, y), z)
FMA(fma_sse, "sse2", __m128, _mm_set1_ps, MULTIPLY_ADD)
FMA(fma_avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps)
FMA(fma_avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps)

static double multiply_adds(size_t from, size_t to)
{
    (void)from, (void)to;
    const long rounds = 1000000;
    if (__builtin_cpu_supports("avx512f"))
        return fma_avx512(rounds);
    return __builtin_cpu_supports("fma") ? fma_avx2(rounds) : fma_sse(rounds);
}

static double add(size_t from, size_t to)
{
    const float *a = arrays[0], *b = arrays[1];
    for (size_t i = from; i < to; i += 4)
        _mm_store_ps(arrays[2] + i, _mm_add_ps(_mm_load_ps(a + i), _mm_load_ps(b + i)));
    return 3.0 * sizeof(float) * (double)(to - from);
}

static double add_streamed(size_t from, size_t to)
{
    const float *a = arrays[0], *b = arrays[1];
    for (size_t i = from; i < to; i += 4)
        _mm_stream_ps(arrays[2] + i, _mm_add_ps(_mm_load_ps(a + i), _mm_load_ps(b + i)));
    _mm_sfence();
    return 3.0 * sizeof(float) * (double)(to - from);
}

typedef struct share {
    pthread_barrier_t *barrier;
    double (*work)(size_t from, size_t to);
    int number, of;
    double best; /* of thread 0: operations or bytes in a second, all threads together */
} share;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *work(void *data)
{
    share *s = data;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)s->number, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    size_t each = FLOATS / (size_t)s->of / 16 * 16, from = each * (size_t)s->number;
    for (int i = 0; i < REPEATS; i++) {
        pthread_barrier_wait(s->barrier);
        double start = now(), done = s->work(from, from + each) * s->of;
        pthread_barrier_wait(s->barrier);
        double rate = done / (now() - start);
        if (rate > s->best)
            s->best = rate;
    }
    return NULL;
}

/* The best rate that so many threads reach together, in 10^9 a second. */
static double measure(double (*what)(size_t, size_t), int threads)
{
    pthread_barrier_t barrier;
    pthread_t running[MOST];
    share shares[MOST];
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        shares[i] = (share){&barrier, what, i, threads, 0};
        if (pthread_create(&running[i], NULL, work, &shares[i]))
            exit(1);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
    pthread_barrier_destroy(&barrier);
    return shares[0].best * 1e-9;
}

int main(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int all = processors > MOST ? MOST : (int)processors;
    for (int i = 0; i < 3; i++) {
        arrays[i] = aligned_alloc(64, FLOATS * sizeof(float));
        if (!arrays[i])
            return 1;
        for (size_t k = 0; k < FLOATS; k++)
            arrays[i][k] = 1;
    }
    printf("{\"fma_one\": %.1f, \"fma_all\": %.1f, \"add\": %.1f, \"add_streamed\": %.1f}\n",
           measure(multiply_adds, 1), measure(multiply_adds, all), measure(add, all),
           measure(add_streamed, all));
    for (int i = 0; i < 3; i++)
        free(arrays[i]);
    return 0;
}
