/* sort_large.c: long rows. Elements go straight to the bucket of their key's highest digit, and each bucket is sorted by one
 * thread, in the cache where it fits, beside as much scratch as it is long.
 * Invariant: buckets are filled in the row's order, so that the cut and the threads leave no trace in the result. */
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"
#include "cpu/sort_job.h"
#include "cpu/sort_keys.h"

enum {
    BUCKET_BITS = 11,
    BUCKETS = 1 << BUCKET_BITS,
    LEAST_CHUNK = 1 << 16, /* elements counted by one task */
    LONG_BUCKET = 1 << 14
};

typedef struct large_job {
    psi_sort_row *row;
    int low, shift;              /* of the key, and of its highest digit, in a word */
    uint32_t (*counts)[BUCKETS]; /* of each chunk; then where its words of a bucket go */
    uint32_t starts[BUCKETS + 1];
    atomic_bool failed;
} large_job;

static int64_t chunk_end(const psi_sort_row *r, int64_t index)
{
    int64_t end = (index + 1) * r->chunk;
    return end < r->job->n ? end : r->job->n;
}

static inline uint32_t bucket_of(const large_job *j, uint64_t key)
{
    return (uint32_t)((key - j->row->base) >> (j->shift - j->low)) & (BUCKETS - 1);
}

static void count_chunk(void *context, int64_t index)
{
    large_job *j = context;
    psi_sort_row *r = j->row;
    uint32_t *counts = j->counts[index], others[BUCKETS] = {0};
    uint64_t keys[PSI_SORT_BLOCK];
    psi_sort_range range = {UINT64_MAX, 0};
    int64_t at = index * r->chunk, end = chunk_end(r, index);
    memset(counts, 0, sizeof *j->counts);
    for (int64_t n; at < end; at += n) {
        n = end - at < PSI_SORT_BLOCK ? end - at : PSI_SORT_BLOCK;
        psi_sort_keys(r->job->dtype, r->from + (size_t)at * r->job->item, n, r->job->placed, keys);
        for (int64_t i = 0; i < n; i++) {
            range.least = keys[i] < range.least ? keys[i] : range.least;
            range.most = keys[i] > range.most ? keys[i] : range.most;
        }
        for (int64_t i = 0; i + 1 < n; i += 2) { /* in turn, as neighbours often fall in one bucket */
            counts[bucket_of(j, keys[i])]++;
            others[bucket_of(j, keys[i + 1])]++;
        }
        if (n % 2)
            counts[bucket_of(j, keys[n - 1])]++;
    }
    for (int bucket = 0; bucket < BUCKETS; bucket++)
        counts[bucket] += others[bucket];
    r->ranges[index] = range;
}

#define SCATTER(word, value)                                        \
    do {                                                            \
        word *words = (word *)(void *)r->words;                     \
        for (int64_t i = 0; i < n; i++)                             \
            words[places[bucket_of(j, keys[i])]++] = (word)(value); \
    } while (0)

static void scatter_chunk(void *context, int64_t index)
{
    large_job *j = context;
    const psi_sort_row *r = j->row;
    uint32_t *places = j->counts[index];
    uint64_t keys[PSI_SORT_BLOCK], base = r->base;
    int64_t at = index * r->chunk, end = chunk_end(r, index);
    for (int64_t n; at < end; at += n) {
        n = end - at < PSI_SORT_BLOCK ? end - at : PSI_SORT_BLOCK;
        psi_sort_keys(r->job->dtype, r->from + (size_t)at * r->job->item, n, r->job->placed, keys);
        if (r->job->word == 4)
            SCATTER(uint32_t, keys[i] - base);
        else if (r->job->word == 16)
            SCATTER(psi_word128, (psi_word128)(keys[i] - base) << PSI_SORT_INDEX_BITS | (uint64_t)(at + i));
        else if (r->job->placed)
            SCATTER(uint64_t, (keys[i] - base) << PSI_SORT_INDEX_BITS | (uint64_t)(at + i));
        else
            SCATTER(uint64_t, keys[i] - base);
    }
}
#undef SCATTER

/* Whether a bucket's keys are one, as where few values repeat: then it needs no sorting, and no memory for it. */
static bool all_same(const large_job *j, const char *words, int64_t n)
{
    size_t word = (size_t)j->row->job->word, key = (size_t)j->low / 8;
    for (int64_t i = 1; i < n; i++)
        if (memcmp(words + (size_t)i * word + key, words + key, word - key))
            return false;
    return true;
}

static void sort_bucket(void *context, int64_t index)
{
    large_job *j = context;
    int64_t start = j->starts[index], n = j->starts[index + 1] - start;
    char *words = j->row->words + start * j->row->job->word;
    const void *sorted = words;
    if (n == 0)
        return;
    if (j->shift > j->low && (n < LONG_BUCKET || !all_same(j, words, n))) {
        char *spare = psi_scratch(0, (size_t)(n * j->row->job->word));
        if (!spare) {
            atomic_store(&j->failed, true);
            return;
        }
        sorted = psi_sort_order(j->row->job, words, spare, n, j->low, j->shift - j->low);
    }
    psi_sort_store(j->row, sorted, start, n);
}

/* Counts by the highest digit that keys of the dtype can have, and again if that of the row's keys is another. */
static void count(large_job *j, int64_t chunks)
{
    const psi_sort_job *job = j->row->job;
    int bits = 8 * (int)job->item, guess = bits > BUCKET_BITS ? bits - BUCKET_BITS : 0;
    j->shift = j->low + guess;
    psi_parallel(chunks, count_chunk, j);
    bits = psi_sort_differing_bits(j->row, chunks, true);
    j->shift = j->low + (bits > BUCKET_BITS ? bits - BUCKET_BITS : 0);
    if (j->shift != j->low + guess || j->row->base)
        psi_parallel(chunks, count_chunk, j);
}

static void place(large_job *j, int64_t chunks)
{
    uint32_t sum = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        j->starts[bucket] = sum;
        for (int64_t i = 0; i < chunks; i++) {
            uint32_t here = j->counts[i][bucket];
            j->counts[i][bucket] = sum;
            sum += here;
        }
    }
    j->starts[BUCKETS] = sum;
}

bool psi_sort_large(psi_sort_row *r)
{
    int64_t n = r->job->n, most = n / LEAST_CHUNK, chunks = most < PSI_SORT_CHUNKS ? most : PSI_SORT_CHUNKS;
    large_job j = {.row = r, .low = psi_sort_low(r->job)};
    r->chunk = (n + chunks - 1) / chunks;
    j.counts = psi_malloc((size_t)chunks * sizeof *j.counts);
    if (!j.counts)
        return false;
    count(&j, chunks);
    place(&j, chunks);
    psi_parallel(chunks, scatter_chunk, &j);
    psi_parallel(BUCKETS, sort_bucket, &j);
    psi_free(j.counts);
    if (!atomic_load(&j.failed))
        return true;
    psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "sort: no memory for rows of %lld elements", (long long)n);
    return false;
}
