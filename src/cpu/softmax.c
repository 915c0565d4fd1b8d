/* softmax.c: softmax and logsumexp along the last axis. A row that fits the cache is read once; a longer one is cut
 * into chunks whose maxima and sums are put together, and is read again. Half types run in float32. */
#include "cpu/softmax.h"

#include <math.h>
#include <stdatomic.h>

#include "core/arith.h"
#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/tiles.h"
#include "ops/reduce.h"

enum { CHUNK = 1 << 16 };

PSI_ISA_TABLES(psi_softmax_table, psi_softmax_table)

const psi_softmax_kernel *psi_cpu_softmax_kernel(psi_isa isa, psi_dtype dtype)
{
    return dtype == PSI_FLOAT64 ? &psi_softmax_table_by_isa[isa]->float64
                                : &psi_softmax_table_by_isa[isa]->float32;
}

/* The largest element of a chunk, and the sum of exp(x - top). */
typedef struct stats {
    double top, sum;
} stats;

typedef struct job {
    psi_tiles tiles;
    const psi_softmax_kernel *kernel;
    const psi_reduce_kernel *max;
    psi_row_fn narrow;
    char *out;
    stats *chunk, *row;
    int64_t rows, n, chunks, item, out_item;
    bool is_double;
    atomic_bool failed;
} job;

static double largest(const job *j, int64_t n, const void *x)
{
    union {
        float f;
        double d;
    } top;
    j->max->rows(1, n, 0, &top, x);
    return j->is_double ? top.d : (double)top.f;
}

static void short_row(const void *context, int64_t n, const void *x, void *y)
{
    const job *j = context;
    double sum = j->kernel->exp_sum(n, y, x, largest(j, n, x));
    j->kernel->scale(n, y, 1 / sum);
}

static void find_stats(void *context, int64_t index)
{
    job *j = context;
    int64_t start = index % j->chunks * CHUNK, n = psi_least(CHUNK, j->n - start);
    const void *x = psi_tile_load(&j->tiles, 0, index / j->chunks * j->n + start, n);
    if (!x) {
        atomic_store(&j->failed, true);
        return;
    }
    double top = largest(j, n, x);
    j->chunk[index] = (stats){top, isinf(top) ? top > 0 : j->kernel->exp_sum(n, NULL, x, top)};
}

/* Puts a row's chunks together; a chunk of minus infinities adds nothing. */
static stats join_stats(const stats *chunk, int64_t count)
{
    stats all = {-INFINITY, 0};
    for (int64_t i = 0; i < count; i++)
        all.top = isnan(all.top) || chunk[i].top < all.top ? all.top : chunk[i].top;
    for (int64_t i = 0; i < count; i++)
        if (chunk[i].top != -INFINITY)
            all.sum += chunk[i].sum * exp(chunk[i].top - all.top);
    return all;
}

static void write_chunk(void *context, int64_t index)
{
    job *j = context;
    int64_t row = index / j->chunks, start = index % j->chunks * CHUNK, n = psi_least(CHUNK, j->n - start);
    int64_t at = row * j->n + start;
    const void *x = psi_tile_load(&j->tiles, 0, at, n);
    char *to = j->out + at * j->out_item, *work = j->narrow ? psi_scratch(2, (size_t)(n * j->item)) : to;
    if (!x || !work) {
        atomic_store(&j->failed, true);
        return;
    }
    j->kernel->exp_scaled(n, work, x, j->row[row].top, 1 / j->row[row].sum);
    if (j->narrow)
        j->narrow(n, to, work, NULL, NULL);
}

static bool row_stats(job *j)
{
    j->chunk = psi_malloc((size_t)(j->rows * (j->chunks + 1)) * sizeof *j->chunk);
    if (!j->chunk)
        return false;
    j->row = j->chunk + j->rows * j->chunks;
    psi_parallel(j->rows * j->chunks, find_stats, j);
    for (int64_t r = 0; !atomic_load(&j->failed) && r < j->rows; r++)
        j->row[r] = join_stats(j->chunk + r * j->chunks, j->chunks);
    return true;
}

static void describe(job *j, psi_array in, psi_array out)
{
    psi_dtype dtype = psi_element_dtype((psi_dtype)in->dtype);
    *j = (job){.kernel = psi_cpu_softmax_kernel(psi_isa_current(), dtype),
               .max = &psi_cpu_reduce_table()->reduce[dtype][PSI_REDUCE_MAX],
               .out = out->buffer->data,
               .n = in->shape[in->ndim - 1],
               .item = (int64_t)psi_dtype_size(dtype),
               .out_item = (int64_t)psi_itemsize(out),
               .is_double = dtype == PSI_FLOAT64};
    j->rows = in->size / j->n;
    j->chunks = (j->n + CHUNK - 1) / CHUNK;
    psi_tiles_of(&j->tiles, in, dtype);
    psi_strided_of(&j->tiles.from, in);
    j->narrow = dtype == out->dtype ? NULL : psi_cpu_cast((psi_dtype)out->dtype, dtype);
}

static bool finish(job *j)
{
    psi_free(j->chunk);
    return psi_tasks_done(&j->failed, "softmax");
}

bool psi_cpu_softmax(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    job j;
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    describe(&j, in, out);
    if (j.n <= CHUNK)
        return psi_tile_rows(in, out, psi_element_dtype((psi_dtype)in->dtype), short_row, &j, "softmax");
    if (!row_stats(&j))
        return false;
    if (!atomic_load(&j.failed))
        psi_parallel(j.rows * j.chunks, write_chunk, &j);
    return finish(&j);
}

bool psi_cpu_logsumexp(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    job j;
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    describe(&j, in, out);
    if (!row_stats(&j))
        return false;
    psi_row_fn cast = psi_cpu_cast((psi_dtype)out->dtype, PSI_FLOAT64);
    for (int64_t r = 0; !atomic_load(&j.failed) && r < j.rows; r++) {
        double y = isinf(j.row[r].top) ? j.row[r].top : j.row[r].top + log(j.row[r].sum);
        cast(1, j.out + r * j.out_item, &y, NULL, NULL);
    }
    return finish(&j);
}
