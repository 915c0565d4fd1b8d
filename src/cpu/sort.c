/* sort.c: kernels of sort, argsort, partition and argpartition. Each row becomes words of a key, and behind it the
 * place in the row where places matter; the words are sorted, and elements or places read back.
 * Invariant: partition moves elements exactly where argpartition says. */
#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/sort_job.h"
#include "cpu/sort_keys.h"
#include "cpu/sort_words.h"
#include "eval/copy.h"
#include "ops/op.h"

enum { TASK = 1 << 13, WORTH_COUNTING = 256 };

static void pack(const psi_sort_job *j, const uint64_t *keys, int64_t at, int64_t n, char *words)
{
    if (!j->placed && !j->wide)
        for (int64_t i = 0; i < n; i++)
            ((uint32_t *)(void *)words)[at + i] = (uint32_t)keys[i];
    else if (!j->placed)
        memcpy(words + at * 8, keys, (size_t)n * 8);
    else if (!j->wide)
        for (int64_t i = 0; i < n; i++)
            ((uint64_t *)(void *)words)[at + i] = keys[i] << PSI_SORT_INDEX_BITS | (uint64_t)(at + i);
    else
        for (int64_t i = 0; i < n; i++)
            ((psi_word128 *)(void *)words)[at + i] =
                (psi_word128)keys[i] << PSI_SORT_INDEX_BITS | (uint64_t)(at + i);
}

static void unpack(const psi_sort_job *j, const char *words, int64_t at, int64_t n, uint64_t base,
                   uint64_t *keys)
{
    if (j->wide)
        for (int64_t i = 0; i < n; i++)
            keys[i] = ((const uint64_t *)(const void *)words)[at + i] + base;
    else
        for (int64_t i = 0; i < n; i++)
            keys[i] = ((const uint32_t *)(const void *)words)[at + i] + base;
}

static uint32_t place(const psi_sort_job *j, const char *words, int64_t i)
{
    return (uint32_t)(j->wide ? (uint64_t)((const psi_word128 *)(const void *)words)[i]
                              : ((const uint64_t *)(const void *)words)[i]);
}

static void load_chunk(void *context, int64_t index)
{
    psi_sort_row *r = context;
    const psi_sort_job *j = r->job;
    uint64_t keys[PSI_SORT_BLOCK], least = UINT64_MAX, most = 0;
    int64_t at = index * r->chunk, end = at + r->chunk < j->n ? at + r->chunk : j->n;
    for (int64_t n; at < end; at += n) {
        n = end - at < PSI_SORT_BLOCK ? end - at : PSI_SORT_BLOCK;
        psi_sort_keys(j->dtype, r->from + (size_t)at * j->item, n, j->placed, keys);
        for (int64_t i = 0; i < n; i++) {
            least = keys[i] < least ? keys[i] : least;
            most = keys[i] > most ? keys[i] : most;
        }
        pack(j, keys, at, n, r->words);
    }
    r->ranges[index] = (psi_sort_range){least, most};
}

/* Writes the elements or places of words from place `start` on. */
void psi_sort_store(const psi_sort_row *r, const void *words, int64_t start, int64_t count)
{
    const psi_sort_job *j = r->job;
    uint64_t keys[PSI_SORT_BLOCK];
    for (int64_t at = 0, n; at < count; at += n) {
        n = count - at < PSI_SORT_BLOCK ? count - at : PSI_SORT_BLOCK;
        char *to = r->to + (size_t)(start + at) * (j->result == PSI_SORT_PLACES ? sizeof(uint32_t) : j->item);
        if (j->result == PSI_SORT_VALUES) {
            unpack(j, words, at, n, r->base, keys);
            psi_sort_values(j->dtype, keys, n, to);
        } else if (j->result == PSI_SORT_PLACES) {
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
    psi_sort_row *r = context;
    int64_t at = index * r->chunk, n = at + r->chunk < r->job->n ? r->chunk : r->job->n - at;
    psi_sort_store(r, r->words + at * r->job->word, at, n);
}

static void subtract_chunk(void *context, int64_t index)
{
    psi_sort_row *r = context;
    const psi_sort_job *j = r->job;
    int64_t from = index * r->chunk, to = from + r->chunk < j->n ? from + r->chunk : j->n;
    int shift = j->placed ? PSI_SORT_INDEX_BITS : 0;
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

int psi_sort_differing_bits(psi_sort_row *r, int64_t chunks, bool may_shift)
{
    psi_sort_range all = {UINT64_MAX, 0};
    for (int64_t i = 0; i < chunks; i++) {
        all.least = r->ranges[i].least < all.least ? r->ranges[i].least : all.least;
        all.most = r->ranges[i].most > all.most ? r->ranges[i].most : all.most;
    }
    int bits = psi_sort_bits_of(all.least ^ all.most), fewer = psi_sort_bits_of(all.most - all.least);
    if (!may_shift || fewer + 8 > bits)
        return bits;
    r->base = all.least;
    return fewer;
}

static int differing_bits(psi_sort_row *r, int64_t chunks)
{
    bool worth = r->job->kth < 0 && r->job->n >= WORTH_COUNTING;
    int bits = psi_sort_differing_bits(r, chunks, worth);
    if (r->base)
        psi_parallel(chunks, subtract_chunk, r);
    return bits;
}

const void *psi_sort_order(const psi_sort_job *j, void *x, void *spare, int64_t n, int low, int bits)
{
    return j->word == 4   ? (void *)psi_sort_words32(x, spare, n, low, bits)
           : j->word == 8 ? (void *)psi_sort_words64(x, spare, n, low, bits)
                          : (void *)psi_sort_words128(x, spare, n, low, bits);
}

static void select_word(const psi_sort_job *j, void *x, void *spare, int low, int bits)
{
    if (j->word == 8)
        psi_select_word64(x, spare, j->n, j->kth, low, bits);
    else
        psi_select_word128(x, spare, j->n, j->kth, low, bits);
}

/* A row whose words and as much again are at hand. */
static void sort_row(psi_sort_row *r, char *spare)
{
    const psi_sort_job *j = r->job;
    int64_t chunks = j->n < PSI_SORT_LARGE ? 1 : PSI_SORT_CHUNKS;
    int low = psi_sort_low(j);
    r->chunk = (j->n + chunks - 1) / chunks;
    psi_parallel(chunks, load_chunk, r);
    int bits = differing_bits(r, chunks);
    if (j->kth < 0) {
        psi_sort_store(r, psi_sort_order(j, r->words, spare, j->n, low, bits), 0, j->n);
        return;
    }
    select_word(j, r->words, spare, low, bits);
    psi_parallel(chunks, store_chunk, r);
}

/* A row, in memory of working_bytes. */
static bool run_row(const psi_sort_job *j, int64_t row, char *memory)
{
    size_t out_item = j->result == PSI_SORT_PLACES ? sizeof(uint32_t) : j->item;
    psi_sort_row r = {.job = j, .from = j->from + (size_t)(row * j->n) * j->item};
    r.to = j->to + (size_t)(row * j->n) * out_item;
    r.words = j->there ? r.to : memory;
    if (psi_sort_in_buckets(j))
        return psi_sort_large(&r);
    sort_row(&r, j->there ? memory : memory + j->n * j->word);
    return true;
}

static size_t working_bytes(const psi_sort_job *j)
{
    return (size_t)(((j->there ? 0 : 1) + (psi_sort_in_buckets(j) ? 0 : 1)) * j->n * j->word);
}

static void sort_rows(void *context, int64_t index)
{
    psi_sort_job *j = context;
    int64_t row = index * j->group, end = row + j->group < j->rows ? row + j->group : j->rows;
    char *memory = psi_scratch(0, working_bytes(j));
    if (!memory)
        atomic_store(&j->failed, true);
    for (; memory && row < end; row++)
        run_row(j, row, memory);
}

static bool run_rows(psi_sort_job *j)
{
    if (j->n < PSI_SORT_LARGE) {
        j->group = j->n < TASK ? TASK / j->n : 1;
        psi_parallel((j->rows + j->group - 1) / j->group, sort_rows, j);
        return psi_tasks_done(&j->failed, "sort");
    }
    psi_buffer *memory = psi_buffer_new(working_bytes(j));
    bool ok = memory != NULL;
    for (int64_t row = 0; ok && row < j->rows; row++)
        ok = run_row(j, row, memory->data);
    psi_buffer_release(memory);
    return ok;
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

static bool run_last(psi_sort_job *j, psi_array in, psi_array out)
{
    psi_buffer *temp;
    j->from = psi_dense_values(in, &temp);
    j->to = psi_values(out);
    bool ok = j->from && run_rows(j);
    psi_buffer_release(temp);
    return ok;
}

static bool run_across(psi_sort_job *j, psi_array in, psi_array out, int axis)
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
    psi_buffer_release(from);
    psi_buffer_release(to);
    return ok;
}

static bool run(psi_node *node, psi_sort_result result, int axis, int64_t kth)
{
    psi_array in = node->in[0], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    psi_sort_job j = {
        .dtype = (psi_dtype)in->dtype, .kth = kth, .item = psi_itemsize(in), .n = in->shape[axis]};
    if (j.n > UINT32_MAX) {
        PSI_INVALID("%s: an axis of %lld elements; at most %u can be sorted", psi_ops[node->op].name,
                    (long long)j.n, UINT32_MAX);
        return false;
    }
    j.result = result == PSI_SORT_VALUES && j.dtype == PSI_COMPLEX64 ? PSI_SORT_GATHERED : result;
    j.wide = psi_sort_is_wide(j.dtype);
    j.placed = j.result != PSI_SORT_VALUES;
    j.word = (j.wide ? 8 : 4) * (j.placed ? 2 : 1);
    j.there = j.result == PSI_SORT_VALUES && j.word == (int)j.item;
    j.rows = in->size / j.n;
    return axis == in->ndim - 1 ? run_last(&j, in, out) : run_across(&j, in, out, axis);
}

bool psi_cpu_sort(psi_node *node)
{
    return run(node, PSI_SORT_VALUES, (int)node->attr[0], -1);
}

bool psi_cpu_argsort(psi_node *node)
{
    return run(node, PSI_SORT_PLACES, (int)node->attr[0], -1);
}

bool psi_cpu_partition(psi_node *node)
{
    return run(node, PSI_SORT_GATHERED, (int)node->attr[1], node->attr[0]);
}

bool psi_cpu_argpartition(psi_node *node)
{
    return run(node, PSI_SORT_PLACES, (int)node->attr[1], node->attr[0]);
}
