/* reduce.c: reductions over any axes. Where the elements that lie together are reduced, outputs are made of rows;
 * where they are kept, rows are taken into a tile of columns. Long reductions are cut into parts whose results are
 * reduced again. Invariant: cuts depend on sizes and layout alone, so results are the same for any number of threads. */
#include "cpu/reduce.h"

#include <string.h>

#include "core/arith.h"
#include "core/pool.h"
#include "core/shape.h"
#include "cpu/kernels.h"
#include "cpu/tiles.h"
#include "ops/reduce.h"

enum { TASK = 1 << 17, GROUP = 1 << 12, TILE = 1 << 11, SPAN = 64, PARTS = 64 };

typedef struct job {
    psi_tiles tiles;  /* from: the reduced axes, by falling strides */
    psi_strided kept; /* in the output's order; of columns, all but the axis of a tile */
    const psi_reduce_kernel *take, *join;
    psi_row_fn narrow; /* accumulators to results; NULL when they are the same */
    char *out, *partial;
    int64_t outputs, length, acc_item, out_item;
    int64_t parts, part; /* parts of a reduction, and their length */
    int64_t per_task;    /* outputs of a task of rows */
    psi_tiles whole;     /* rows: kept axes, then reduced ones */
    /* Columns: the kept axis whose elements lie together, and the output's strides. */
    int64_t width, step, out_step, tiles_across, out_strides[PSI_MAX_NDIM];
    atomic_bool failed;
} job;

PSI_ISA_TABLES(psi_reduce_table, psi_reduce_table)

const psi_reduce_table *psi_cpu_reduce_table_of(psi_isa isa)
{
    return psi_reduce_table_by_isa[isa];
}

const psi_reduce_table *psi_cpu_reduce_table(void)
{
    return psi_cpu_reduce_table_of(psi_isa_current());
}

psi_dtype psi_element_dtype(psi_dtype in)
{
    return in == PSI_FLOAT16 || in == PSI_BFLOAT16 ? PSI_FLOAT32 : in;
}

psi_dtype psi_accumulator_dtype(int kind, psi_dtype in)
{
    if (kind == PSI_REDUCE_AND || kind == PSI_REDUCE_OR)
        return PSI_BOOL;
    return psi_element_dtype(kind == PSI_REDUCE_SUM || kind == PSI_REDUCE_PROD ? psi_sum_dtype(in) : in);
}

/* Writes n results `step` elements apart, from output `at` on. False when memory runs out. */
static bool store(const job *j, int64_t at, int64_t step, int64_t n, const char *acc)
{
    char *to = j->out + at * j->out_item;
    const char *dense = acc;
    if (j->narrow) {
        char *narrow = step == 1 ? to : psi_scratch(0, (size_t)(n * j->out_item));
        if (!narrow)
            return false;
        j->narrow(n, narrow, acc, NULL, NULL);
        dense = narrow;
    }
    if (step == 1 && dense != to)
        memcpy(to, dense, (size_t)(n * j->out_item));
    for (int64_t i = 0; step != 1 && i < n; i++)
        memcpy(to + i * step * j->out_item, dense + i * j->out_item, (size_t)j->out_item);
    return true;
}

/* ---- rows ---- */

/* One output's elements [start, start + n), by groups that fit the scratch. */
static bool one_row(const job *j, int64_t offset, int64_t start, int64_t n, char *acc)
{
    bool dense = j->tiles.from.ndim == 1 && j->tiles.from.strides[0] == 1 && !j->tiles.widen;
    int64_t step = dense ? n : 4 * GROUP, groups = (n + step - 1) / step;
    char *sums = groups > 1 ? psi_scratch(2, (size_t)(groups * j->acc_item)) : acc;
    if (!sums)
        return false;
    for (int64_t g = 0; g < groups; g++) {
        const void *x = psi_tile_load(&j->tiles, offset, start + g * step, psi_least(step, n - g * step));
        if (!x)
            return false;
        j->take->rows(1, psi_least(step, n - g * step), 0, sums + g * j->acc_item, x);
    }
    if (groups > 1)
        j->join->rows(1, groups, 0, acc, sums);
    return true;
}

/* Short rows of the outputs [first, stop), several to a tile. */
static bool short_rows(const job *j, int64_t first, int64_t stop, char *acc)
{
    int64_t step = 1 + 4 * GROUP / j->length;
    for (int64_t o = first; o < stop; o += step) {
        int64_t count = psi_least(step, stop - o);
        const void *x = psi_tile_load(&j->whole, 0, o * j->length, count * j->length);
        if (!x)
            return false;
        j->take->rows(count, j->length, j->length, acc + (o - first) * j->acc_item, x);
    }
    return true;
}

static void rows_task(void *context, int64_t index)
{
    job *j = context;
    int64_t first = index / j->parts * j->per_task, stop = psi_least(first + j->per_task, j->outputs);
    int64_t start = index % j->parts * j->part, n = psi_least(j->part, j->length - start);
    char *acc = j->partial ? j->partial + index * j->acc_item
                           : psi_scratch(3, (size_t)((stop - first) * j->acc_item));
    bool ok = acc;
    if (ok && j->parts == 1 && j->length <= GROUP)
        ok = short_rows(j, first, stop, acc);
    else
        for (int64_t o = first; ok && o < stop; o++)
            ok = one_row(j, psi_strided_offset(&j->kept, o), start, n, acc + (o - first) * j->acc_item);
    if (!ok || (!j->partial && !store(j, first, 1, stop - first, acc)))
        atomic_store(&j->failed, true);
}

static bool run_rows(job *j)
{
    j->per_task = 1 + TASK / j->length;
    j->parts = 1;
    j->part = j->length;
    if (j->length >= 2 * TASK && j->outputs < PARTS) {
        j->parts = psi_least((j->length + TASK - 1) / TASK, PARTS);
        j->part = (j->length + j->parts - 1) / j->parts;
        j->parts = (j->length + j->part - 1) / j->part;
        j->per_task = 1;
    }
    int64_t tasks = (j->outputs + j->per_task - 1) / j->per_task * j->parts;
    if (j->parts > 1 && !(j->partial = psi_malloc((size_t)((tasks + j->outputs) * j->acc_item))))
        return false;
    psi_parallel(tasks, rows_task, j);
    if (j->parts > 1 && !atomic_load(&j->failed)) {
        char *sums = j->partial + tasks * j->acc_item;
        j->join->rows(j->outputs, j->parts, j->parts, sums, j->partial);
        store(j, 0, 1, j->outputs, sums);
    }
    psi_free(j->partial);
    return true;
}

/* ---- columns ---- */

/* Takes rows [start, stop) of n columns into acc, SPAN rows at a time so that no sum is one long chain. */
static bool take_columns(const job *j, int64_t offset, int64_t n, int64_t start, int64_t stop, char *acc,
                         char *span)
{
    const psi_strided *rows = &j->tiles.from;
    bool dense = j->step == 1 && !j->tiles.widen;
    int last = rows->ndim - 1;
    psi_tiles row = j->tiles;
    row.from = (psi_strided){rows->base, rows->itemsize, 1, {n}, {j->step}};
    j->take->start(n, acc);
    for (int64_t r = start; r < stop;) {
        int64_t end = psi_least(stop, r + SPAN);
        j->take->start(n, span);
        while (r < end) {
            int64_t count = dense ? psi_least(end - r, rows->shape[last] - r % rows->shape[last]) : 1;
            const char *x = psi_tile_load(&row, offset + psi_strided_offset(rows, r), 0, n);
            if (!x)
                return false;
            j->take->columns(count, n, rows->strides[last], span, x);
            r += count;
        }
        j->join->columns(1, n, 0, acc, span);
    }
    return true;
}

/* Where output tile `tile` lies: offsets of the input and of the output, and its first column. */
static int64_t place_tile(const job *j, int64_t tile, int64_t *column, int64_t *out)
{
    int64_t outer = tile / j->tiles_across, offset = 0;
    *column = tile % j->tiles_across * TILE;
    *out = *column * j->out_step;
    for (int i = j->kept.ndim - 1; i >= 0; i--) {
        int64_t at = outer % j->kept.shape[i];
        offset += at * j->kept.strides[i];
        *out += at * j->out_strides[i];
        outer /= j->kept.shape[i];
    }
    return offset + *column * j->step;
}

static void columns_task(void *context, int64_t index)
{
    job *j = context;
    int64_t column, out, start = index % j->parts * j->part;
    int64_t offset = place_tile(j, index / j->parts, &column, &out), n = psi_least(TILE, j->width - column);
    char *work = psi_scratch(2, (size_t)(2 * TILE * j->acc_item));
    char *acc = work && j->partial ? j->partial + index * TILE * j->acc_item : work;
    bool ok = work && take_columns(j, offset, n, start, psi_least(start + j->part, j->length), acc,
                                   work + TILE * j->acc_item);
    if (!ok || (!j->partial && !store(j, out, j->out_step, n, acc)))
        atomic_store(&j->failed, true);
}

/* The parts of one tile, joined in order. */
static void join_tile(void *context, int64_t tile)
{
    job *j = context;
    int64_t column, out;
    place_tile(j, tile, &column, &out);
    int64_t n = psi_least(TILE, j->width - column), pitch = TILE * j->acc_item;
    char *first = j->partial + tile * j->parts * pitch;
    j->join->columns(j->parts - 1, n, TILE, first, first + pitch);
    if (!store(j, out, j->out_step, n, first))
        atomic_store(&j->failed, true);
}

static bool run_columns(job *j)
{
    int64_t tile = psi_least(TILE, j->width), tiles = j->outputs / j->width * j->tiles_across;
    j->parts = psi_least(1 + j->length * tile / TASK, 1 + PARTS / tiles);
    j->part = (j->length + j->parts - 1) / j->parts;
    j->parts = (j->length + j->part - 1) / j->part;
    if (j->parts > 1 && !(j->partial = psi_malloc((size_t)(tiles * j->parts * TILE * j->acc_item))))
        return false;
    psi_parallel(tiles * j->parts, columns_task, j);
    if (j->parts > 1 && !atomic_load(&j->failed))
        psi_parallel(tiles, join_tile, j);
    psi_free(j->partial);
    return true;
}

/* ---- choosing ---- */

static int64_t magnitude(int64_t stride)
{
    return stride < 0 ? -stride : stride == 0 ? INT64_MAX : stride;
}

/* Sorts reduced axes by falling strides, repeated elements outermost, all made to run forwards: their order is free. */
static void order_reduced(psi_strided *s, psi_array in, const int *axes, int count)
{
    s->base = psi_values(in);
    s->itemsize = (int)psi_itemsize(in);
    for (int i = 0; i < count; i++) {
        int64_t stride = psi_strides_of(in)[axes[i]], length = in->shape[axes[i]];
        if (stride < 0) {
            s->base += (length - 1) * stride * s->itemsize;
            stride = -stride;
        }
        int at = i;
        for (; at > 0 && magnitude(s->strides[at - 1]) < magnitude(stride); at--) {
            s->strides[at] = s->strides[at - 1];
            s->shape[at] = s->shape[at - 1];
        }
        s->strides[at] = stride;
        s->shape[at] = length;
    }
    s->ndim = psi_collapse(count, s->shape, 1, (int64_t *const[]){s->strides});
}

/* The layout of the kept axes (of columns, all but `tile_axis`), and of the outputs they stand for. */
static void order_kept(job *j, psi_array in, psi_array out, const int *axes, int count, int tile_axis)
{
    j->kept = (psi_strided){.base = j->tiles.from.base, .itemsize = j->tiles.from.itemsize};
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (axes[i] == tile_axis)
            continue;
        j->kept.shape[n] = in->shape[axes[i]];
        j->kept.strides[n] = psi_strides_of(in)[axes[i]];
        j->out_strides[n++] = psi_strides_of(out)[axes[i]];
    }
    j->kept.ndim = psi_collapse(n, j->kept.shape, 2, (int64_t *const[]){j->kept.strides, j->out_strides});
}

/* Kept axes, then reduced ones, so that several outputs' rows make one tile. */
static void order_whole(job *j)
{
    psi_strided *s = &j->whole.from;
    *s = j->kept;
    for (int i = 0; i < j->tiles.from.ndim; i++, s->ndim++) {
        s->shape[s->ndim] = j->tiles.from.shape[i];
        s->strides[s->ndim] = j->tiles.from.strides[i];
    }
    s->ndim = psi_collapse(s->ndim, s->shape, 1, (int64_t *const[]){s->strides});
}

static bool run(job *j, psi_array in, psi_array out, psi_ints axes)
{
    int kept[PSI_MAX_NDIM], reduced[PSI_MAX_NDIM], kept_count = 0, reduced_count = 0, best = -1;
    for (int i = 0, next = 0; i < in->ndim; i++) {
        bool is_reduced = next < axes.count && axes.data[next] == i;
        next += is_reduced;
        if (in->shape[i] == 1)
            continue;
        if (is_reduced)
            reduced[reduced_count++] = i;
        else
            kept[kept_count++] = i;
        if (best < 0 || magnitude(psi_strides_of(in)[i]) <= magnitude(psi_strides_of(in)[best]))
            best = i;
    }
    order_reduced(&j->tiles.from, in, reduced, reduced_count);
    bool columns = false;
    for (int i = 0; i < kept_count; i++)
        columns |= kept[i] == best;
    order_kept(j, in, out, kept, kept_count, columns ? best : -1);
    if (!columns) {
        order_whole(j);
        return run_rows(j);
    }
    j->width = in->shape[best];
    j->step = psi_strides_of(in)[best];
    j->out_step = psi_strides_of(out)[best];
    j->tiles_across = (j->width + TILE - 1) / TILE;
    return run_columns(j);
}

/* Every output is the reduction of nothing. */
static bool fill_nothing(job *j)
{
    char *acc = psi_malloc((size_t)(j->outputs * j->acc_item));
    if (!acc)
        return false;
    j->take->start(j->outputs, acc);
    store(j, 0, 1, j->outputs, acc);
    psi_free(acc);
    return true;
}

bool psi_cpu_reduce(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int kind = (int)node->attr[0];
    psi_dtype element = psi_element_dtype((psi_dtype)in->dtype),
              acc = psi_accumulator_dtype(kind, (psi_dtype)in->dtype);
    const psi_reduce_table *table = psi_cpu_reduce_table();
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    job j = {.take = &table->reduce[element][kind],
             .join = &table->reduce[acc][kind],
             .outputs = out->size,
             .length = in->size / out->size,
             .acc_item = (int64_t)psi_dtype_size(acc),
             .out_item = (int64_t)psi_itemsize(out),
             .out = out->buffer->data};
    psi_tiles_of(&j.tiles, in, element);
    psi_tiles_of(&j.whole, in, element);
    j.narrow = acc == out->dtype ? NULL : psi_cpu_cast((psi_dtype)out->dtype, acc);
    if (j.length == 0)
        return fill_nothing(&j);
    if (!run(&j, in, out, psi_attr_list(node, 1)))
        return false;
    return psi_tasks_done(&j.failed, "reduce");
}
