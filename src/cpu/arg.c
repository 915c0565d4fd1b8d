/* arg.c: where the first smallest or largest element along an axis is. Long rows are cut into chunks, each begun with
 * the row's first element, so that an element NaN at the start stays the answer, as upstream has it. */
#include <stdatomic.h>
#include <string.h>

#include "core/arith.h"
#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/tiles.h"

enum { CHUNK = 1 << 16, TILE = 1 << 11 };

typedef struct job {
    psi_tiles tiles;
    psi_arg_kernel kernel;
    uint32_t *out;
    int64_t outer, length, inner, item, per_task, tiles_across;
    /* Of long rows, each chunk's best element and place. */
    int64_t chunks;
    char *best;
    uint32_t *place;
    atomic_bool failed;
} job;

static void rows_task(void *context, int64_t index)
{
    job *j = context;
    int64_t stop = psi_least((index + 1) * j->per_task, j->outer);
    for (int64_t r = index * j->per_task; r < stop; r++) {
        _Alignas(16) char best[16];
        const char *x = psi_tile_load(&j->tiles, 0, r * j->length, j->length);
        if (!x) {
            atomic_store(&j->failed, true);
            return;
        }
        memcpy(best, x, (size_t)j->item);
        j->out[r] = 0;
        j->kernel.row(j->length, x, 0, best, &j->out[r]);
    }
}

static void chunk_task(void *context, int64_t index)
{
    job *j = context;
    int64_t start = index % j->chunks * CHUNK, row = index / j->chunks * j->length;
    char *best = j->best + index * j->item;
    const char *x = psi_tile_load(&j->tiles, 0, row, 1);
    if (x)
        memcpy(best, x, (size_t)j->item);
    j->place[index] = 0;
    int64_t n = psi_least(CHUNK, j->length - start);
    x = psi_tile_load(&j->tiles, 0, row + start, n);
    if (x)
        j->kernel.row(n, x, (uint32_t)start, best, &j->place[index]);
    else
        atomic_store(&j->failed, true);
}

static bool run_chunks(job *j)
{
    int64_t tasks = j->outer * j->chunks;
    j->best = psi_malloc((size_t)(tasks * j->item));
    j->place = psi_malloc((size_t)tasks * sizeof *j->place);
    bool ok = j->best && j->place;
    if (ok)
        psi_parallel(tasks, chunk_task, j);
    for (int64_t r = 0; ok && r < j->outer; r++) {
        char *best = j->best + r * j->chunks * j->item;
        _Alignas(16) char top[16];
        uint32_t winner = 0;
        memcpy(top, best, (size_t)j->item);
        j->kernel.row(j->chunks, best, 0, top, &winner);
        j->out[r] = j->place[r * j->chunks + winner];
    }
    psi_free(j->best);
    psi_free(j->place);
    return ok;
}

static void columns_task(void *context, int64_t index)
{
    job *j = context;
    int64_t outer = index / j->tiles_across, first = index % j->tiles_across * TILE;
    int64_t n = psi_least(TILE, j->inner - first), base = outer * j->length * j->inner + first;
    char *best = psi_scratch(2, (size_t)(TILE * j->item));
    uint32_t *place = j->out + outer * j->inner + first;
    memset(place, 0, (size_t)n * sizeof *place);
    for (int64_t k = 0; best && k < j->length; k++) {
        const void *x = psi_tile_load(&j->tiles, 0, base + k * j->inner, n);
        if (!x)
            best = NULL;
        else if (k == 0)
            memcpy(best, x, (size_t)(n * j->item));
        else
            j->kernel.columns(n, x, (uint32_t)k, best, place);
    }
    if (!best)
        atomic_store(&j->failed, true);
}

bool psi_cpu_arg_reduce(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int axis = (int)node->attr[1];
    psi_dtype dtype = psi_element_dtype((psi_dtype)in->dtype);
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    job j = {.out = out->buffer->data,
             .kernel = psi_cpu_reduce_table()->arg[dtype][node->attr[0]],
             .outer = 1,
             .length = in->shape[axis],
             .inner = 1,
             .item = (int64_t)psi_dtype_size(dtype)};
    for (int i = 0; i < in->ndim; i++)
        if (i != axis)
            *(i < axis ? &j.outer : &j.inner) *= in->shape[i];
    psi_tiles_of(&j.tiles, in, dtype);
    psi_strided_of(&j.tiles.from, in);
    j.per_task = 1 + CHUNK / j.length;
    j.chunks = (j.length + CHUNK - 1) / CHUNK;
    j.tiles_across = (j.inner + TILE - 1) / TILE;
    if (j.inner > 1)
        psi_parallel(j.outer * j.tiles_across, columns_task, &j);
    else if (j.chunks == 1)
        psi_parallel((j.outer + j.per_task - 1) / j.per_task, rows_task, &j);
    else if (!run_chunks(&j))
        return false;
    return psi_tasks_done(&j.failed, "arg_reduce");
}
