/* random.c: the kernel of random bits: for each key, a row of 32-bit words, of which narrower elements are parts.
 * Word i and word i + ceil(words / 2) are the two results for one counter; the middle one of an odd number has a
 * counter of its own. Invariant: a word depends on key, index and number of words alone, never on the cut. */
#include "cpu/random.h"

#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"

PSI_ISA_TABLES(psi_random_fn, psi_random_words)

psi_random_fn psi_random_fn_of(psi_isa isa)
{
    return *psi_random_words_by_isa[isa];
}

enum { CHUNK = 1 << 14, BLOCK = 512 }; /* pairs per task, and per call of the generator */

typedef struct bits_job {
    psi_random_fn words;
    const uint32_t *keys;
    char *out;
    int64_t key_count, bytes; /* bytes of each key's row */
    int64_t half, middle;     /* pairs of whole counters; 1 where a middle word follows them */
    int64_t chunks, group;    /* tasks per key, or keys per task */
} bits_job;

/* Words at their place in a key's row, which may end within the last one. */
static void put(const bits_job *j, char *row, int64_t word, const uint32_t *values, int64_t n)
{
    int64_t from = 4 * word, room = j->bytes - from;
    memcpy(row + from, values, (size_t)(4 * n < room ? 4 * n : room));
}

static void fill_pairs(const bits_job *j, const uint32_t *key, char *row, int64_t from, int64_t to)
{
    uint32_t first[BLOCK], second[BLOCK];
    int64_t gap = j->half + j->middle;
    for (int64_t at = from; at < to; at += BLOCK) {
        int64_t n = to - at < BLOCK ? to - at : BLOCK;
        j->words((psi_random_run){{key[0], key[1]}, {(uint32_t)at, (uint32_t)(at + gap)}}, n, first, second);
        put(j, row, at, first, n);
        put(j, row, at + gap, second, n);
    }
}

static void fill(void *context, int64_t index)
{
    const bits_job *j = context;
    int64_t chunk = index % j->chunks, key = index / j->chunks * j->group;
    int64_t from = chunk * CHUNK, to = from + CHUNK < j->half ? from + CHUNK : j->half;
    for (int64_t end = key + j->group; key < end && key < j->key_count; key++) {
        char *row = j->out + key * j->bytes;
        fill_pairs(j, j->keys + 2 * key, row, from, to);
        if (j->middle && chunk == j->chunks - 1) {
            uint32_t first, second;
            psi_random_run run = {{j->keys[2 * key], j->keys[2 * key + 1]}, {(uint32_t)j->half, 0}};
            j->words(run, 1, &first, &second);
            put(j, row, j->half, &first, 1);
        }
    }
}

bool psi_cpu_random_bits(psi_node *node)
{
    psi_array keys = node->in[0], out = &node->out[0];
    psi_buffer *temp;
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    bits_job j = {.words = psi_random_fn_of(psi_isa_current()),
                  .keys = psi_dense_values(keys, &temp),
                  .out = psi_values(out),
                  .key_count = keys->size / 2};
    if (!j.keys)
        return false;
    j.bytes = (int64_t)psi_nbytes(out) / j.key_count;
    int64_t words = (j.bytes + 3) / 4;
    j.half = words / 2;
    j.middle = words % 2;
    j.chunks = j.half > CHUNK ? (j.half + CHUNK - 1) / CHUNK : 1;
    j.group = j.chunks > 1 ? 1 : 1 + CHUNK / (j.half + j.middle);
    psi_parallel((j.key_count + j.group - 1) / j.group * j.chunks, fill, &j);
    psi_buffer_release(temp);
    return true;
}
