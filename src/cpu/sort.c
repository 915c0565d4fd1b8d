/* sort.c: kernels of sort, argsort, partition and argpartition. Each row becomes words of a key, and behind it the
 * place in the row where places matter; the words are sorted, and elements or places read back.
 * Invariant: partition moves elements exactly where argpartition says. */
#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/sort_keys.h"
#include "cpu/sort_words.h"
#include "eval/copy.h"
#include "ops/op.h"

enum { BLOCK = 512, TASK = 1 << 13, INDEX_BITS = 32, WORTH_COUNTING = 256 };

/* What a row's words say in the end. */
typedef enum result { VALUES, PLACES, GATHERED } result;

typedef struct sort_job {
    psi_dtype dtype;
    result result;
    bool wide;   /* keys of 64 bits */
    bool placed; /* words hold places */
    bool there;  /* words are as long as elements, and lie where the result will */
    int word;    /* bytes */
    int64_t kth; /* -1 sorts */
    size_t item;
    int64_t rows, n, group;
    const char *from;
    char *to;
    atomic_bool failed;
} sort_job;

typedef struct row_job {
    const sort_job *job;
    const char *from;
    char *to, *words;
    uint64_t least, most; /* keys */
    uint64_t base;        /* taken from every key, so that fewer bits differ */
    int64_t chunk;
    struct range {
        uint64_t least, most;
    } ranges[64];
} row_job;

static void pack(const sort_job *j, const uint64_t *keys, int64_t at, int64_t n, char *words)
{
    if (!j->placed && !j->wide)
        for (int64_t i = 0; i < n; i++)
            ((uint32_t *)(void *)words)[at + i] = (uint32_t)keys[i];
    else if (!j->placed)
        memcpy(words + at * 8, keys, (size_t)n * 8);
    else if (!j->wide)
        for (int64_t i = 0; i < n; i++)
            ((uint64_t *)(void *)words)[at + i] = keys[i] << INDEX_BITS | (uint64_t)(at + i);
    else
        for (int64_t i = 0; i < n; i++)
            ((psi_word128 *)(void *)words)[at + i] = (psi_word128)keys[i] << INDEX_BITS | (uint64_t)(at + i);
}

static void unpack(const sort_job *j, const char *words, int64_t at, int64_t n, uint64_t base, uint64_t *keys)
{
    if (j->wide)
        for (int64_t i = 0; i < n; i++)
            keys[i] = ((const uint64_t *)(const void *)words)[at + i] + base;
    else
        for (int64_t i = 0; i < n; i++)
            keys[i] = ((const uint32_t *)(const void *)words)[at + i] + base;
}

static uint32_t place(const sort_job *j, const char *words, int64_t i)
{
    return (uint32_t)(j->wide ? (uint64_t)((const psi_word128 *)(const void *)words)[i]
                              : ((const uint64_t *)(const void *)words)[i]);
}

static void load_chunk(void *context, int64_t index)
{
    row_job *r = context;
    const sort_job *j = r->job;
    uint64_t keys[BLOCK], least = UINT64_MAX, most = 0;
    int64_t at = index * r->chunk, end = at + r->chunk < j->n ? at + r->chunk : j->n;
    for (int64_t n; at < end; at += n) {
        n = end - at < BLOCK ? end - at : BLOCK;
        psi_sort_keys(j->dtype, r->from + (size_t)at * j->item, n, j->placed, keys);
        for (int64_t i = 0; i < n; i++) {
            least = keys[i] < least ? keys[i] : least;
            most = keys[i] > most ? keys[i] : most;
        }
        pack(j, keys, at, n, r->words);
    }
    r->ranges[index] = (struct range){least, most};
}

/* Writes the elements or places of words from place `start` on. */
static void store(void *context, const void *words, int64_t start, int64_t count)
{
    const row_job *r = context;
    const sort_job *j = r->job;
    uint64_t keys[BLOCK];
    for (int64_t at = 0, n; at < count; at += n) {
        n = count - at < BLOCK ? count - at : BLOCK;
        char *to = r->to + (size_t)(start + at) * (j->result == PLACES ? sizeof(uint32_t) : j->item);
        if (j->result == VALUES) {
            unpack(j, words, at, n, r->base, keys);
            psi_sort_values(j->dtype, keys, n, to);
        } else if (j->result == PLACES) {
            for (int64_t i = 0; i < n; i++)
                ((uint32_t *)(void *)to)[i] = place(j, words, at + i);
        } else {
            for (int64_t i = 0; i < n; i++)
                memcpy(to + (size_t)i * j->item, r->from + place(j, words, at + i) * j->item, j->item);
        }
    }
}

static void store_chunk(void *context, int64_t index)
{
    row_job *r = context;
    int64_t at = index * r->chunk, n = at + r->chunk < r->job->n ? r->chunk : r->job->n - at;
    store(r, r->words + at * r->job->word, at, n);
}

static int bits_of(uint64_t x)
{
    return x ? 64 - __builtin_clzll(x) : 0;
}

static void subtract_chunk(void *context, int64_t index)
{
    row_job *r = context;
    const sort_job *j = r->job;
    int64_t from = index * r->chunk, to = from + r->chunk < j->n ? from + r->chunk : j->n;
    int shift = j->placed ? INDEX_BITS : 0;
    if (j->word == 4)
        for (int64_t i = from; i < to; i++)
            ((uint32_t *)(void *)r->words)[i] -= (uint32_t)r->base;
    else if (j->word == 8)
        for (int64_t i = from; i < to; i++)
            ((uint64_t *)(void *)r->words)[i] -= r->base << shift;
    else
        for (int64_t i = from; i < to; i++)
            ((psi_word128 *)(void *)r->words)[i] -= (psi_word128)r->base << shift;
}

/* The bits of keys that are not the same in the whole row. Small integers around zero differ in all: from the least
 * one on they are counted anew, where that saves a pass. */
static int differing_bits(row_job *r, int64_t chunks)
{
    int bits = bits_of(r->least ^ r->most), fewer = bits_of(r->most - r->least);
    if (r->job->kth >= 0 || r->job->n < WORTH_COUNTING || fewer + 8 > bits)
        return bits;
    r->base = r->least;
    psi_parallel(chunks, subtract_chunk, r);
    return fewer;
}

static void order_words(row_job *r, char *spare, int bits, int64_t chunks)
{
    const sort_job *j = r->job;
    void *x = r->words, *y = spare;
    int low = j->placed ? INDEX_BITS : 0;
    if (j->kth < 0 && j->word == 4)
        psi_sort_words32(x, y, j->n, low, bits, store, r);
    else if (j->kth < 0 && j->word == 8)
        psi_sort_words64(x, y, j->n, low, bits, store, r);
    else if (j->kth < 0)
        psi_sort_words128(x, y, j->n, low, bits, store, r);
    else if (j->word == 8)
        psi_select_word64(x, y, j->n, j->kth, low, bits);
    else
        psi_select_word128(x, y, j->n, j->kth, low, bits);
    if (j->kth >= 0)
        psi_parallel(chunks, store_chunk, r);
}

static void sort_row(const sort_job *j, int64_t row, char *memory)
{
    int64_t bytes = j->n * j->word, chunks = j->n < PSI_SORT_LARGE ? 1 : 64;
    row_job r = {
        .job = j, .words = memory, .most = 0, .least = UINT64_MAX, .chunk = (j->n + chunks - 1) / chunks};
    size_t out_item = j->result == PLACES ? sizeof(uint32_t) : j->item;
    r.from = j->from + (size_t)(row * j->n) * j->item;
    r.to = j->to + (size_t)(row * j->n) * out_item;
    if (j->there)
        r.words = r.to;
    psi_parallel(chunks, load_chunk, &r);
    for (int64_t i = 0; i < chunks; i++) {
        r.least = r.ranges[i].least < r.least ? r.ranges[i].least : r.least;
        r.most = r.ranges[i].most > r.most ? r.ranges[i].most : r.most;
    }
    order_words(&r, j->there ? memory : memory + bytes, differing_bits(&r, chunks), chunks);
}

static size_t working_bytes(const sort_job *j)
{
    return (size_t)((j->there ? 1 : 2) * j->n * j->word);
}

static void sort_rows(void *context, int64_t index)
{
    sort_job *j = context;
    int64_t row = index * j->group, end = row + j->group < j->rows ? row + j->group : j->rows;
    char *memory = psi_scratch(0, working_bytes(j));
    if (!memory)
        atomic_store(&j->failed, true);
    for (; memory && row < end; row++)
        sort_row(j, row, memory);
}

static bool run_rows(sort_job *j)
{
    if (j->n < PSI_SORT_LARGE) {
        j->group = j->n < TASK ? TASK / j->n : 1;
        psi_parallel((j->rows + j->group - 1) / j->group, sort_rows, j);
        return psi_tasks_done(&j->failed, "sort");
    }
    psi_buffer *memory = psi_buffer_new(working_bytes(j));
    if (!memory)
        return false;
    for (int64_t row = 0; row < j->rows; row++)
        sort_row(j, row, memory->data);
    psi_buffer_release(memory);
    return true;
}

/* A list of lengths or strides with the axis moved to the end. */
static void axis_last(const int64_t *list, int ndim, int axis, int64_t *out)
{
    for (int i = 0, at = 0; i < ndim; i++)
        if (i != axis)
            out[at++] = list[i];
    out[ndim - 1] = list[axis];
}

/* Copies between an array's elements and rows along an axis, one behind the other. */
static void copy_rows(psi_array a, int axis, void *rows, bool back)
{
    int64_t shape[PSI_MAX_NDIM], strides[PSI_MAX_NDIM], dense[PSI_MAX_NDIM], step = 1;
    axis_last(a->shape, a->ndim, axis, shape);
    axis_last(psi_strides_of(a), a->ndim, axis, strides);
    for (int i = a->ndim; i-- > 0; step *= shape[i])
        dense[i] = step;
    psi_ints lengths = {shape, a->ndim};
    if (back)
        psi_copy_elements((int)psi_itemsize(a), lengths, psi_values(a), strides, rows, dense);
    else
        psi_copy_elements((int)psi_itemsize(a), lengths, rows, dense, psi_values(a), strides);
}

static bool run_last(sort_job *j, psi_array in, psi_array out)
{
    psi_buffer *temp;
    j->from = psi_dense_values(in, &temp);
    j->to = psi_values(out);
    bool ok = j->from && run_rows(j);
    if (temp)
        psi_buffer_release(temp);
    return ok;
}

static bool run_across(sort_job *j, psi_array in, psi_array out, int axis)
{
    psi_buffer *from = psi_buffer_new(psi_nbytes(in)), *to = psi_buffer_new(psi_nbytes(out));
    bool ok = from && to;
    if (ok) {
        copy_rows(in, axis, from->data, false);
        j->from = from->data;
        j->to = to->data;
        ok = run_rows(j);
    }
    if (ok)
        copy_rows(out, axis, to->data, true);
    if (from)
        psi_buffer_release(from);
    if (to)
        psi_buffer_release(to);
    return ok;
}

static bool run(psi_node *node, result result, int axis, int64_t kth)
{
    psi_array in = node->in[0], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    sort_job j = {.dtype = (psi_dtype)in->dtype, .kth = kth, .item = psi_itemsize(in), .n = in->shape[axis]};
    if (j.n > UINT32_MAX) {
        PSI_INVALID("%s: an axis of %lld elements; at most %u can be sorted", psi_ops[node->op].name,
                    (long long)j.n, UINT32_MAX);
        return false;
    }
    j.result = result == VALUES && j.dtype == PSI_COMPLEX64 ? GATHERED : result;
    j.wide = psi_sort_is_wide(j.dtype);
    j.placed = j.result != VALUES;
    j.word = (j.wide ? 8 : 4) * (j.placed ? 2 : 1);
    j.there = j.result == VALUES && j.word == (int)j.item;
    j.rows = in->size / j.n;
    return axis == in->ndim - 1 ? run_last(&j, in, out) : run_across(&j, in, out, axis);
}

bool psi_cpu_sort(psi_node *node)
{
    return run(node, VALUES, (int)node->attr[0], -1);
}

bool psi_cpu_argsort(psi_node *node)
{
    return run(node, PLACES, (int)node->attr[0], -1);
}

bool psi_cpu_partition(psi_node *node)
{
    return run(node, GATHERED, (int)node->attr[1], node->attr[0]);
}

bool psi_cpu_argpartition(psi_node *node)
{
    return run(node, PLACES, (int)node->attr[1], node->attr[0]);
}
