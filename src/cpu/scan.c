/* scan.c: running values along an axis. Along elements that lie together, a value is carried from one to the next;
 * across them, whole rows are combined with the row before. Half types run in float32 and are rounded once each. */
#include <stdatomic.h>
#include <string.h>

#include "core/arith.h"
#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/tiles.h"
#include "ops/op.h"
#include "ops/reduce.h"

enum { TILE = 1 << 11, TASK = 1 << 15 };

typedef struct job {
    psi_tiles tiles; /* from: one row, or one row of columns */
    psi_scan_kernel kernel;
    psi_row_fn combine; /* logaddexp of two rows, in place of the kernel */
    psi_row_fn narrow;
    char *out;
    int64_t outer, length, inner; /* axes before, the axis, axes after */
    int64_t item, out_item, per_task, tiles_across;
    bool reverse, inclusive;
    _Alignas(16) char nothing[16];
    atomic_bool failed;
} job;

/* The row logaddexp goes one by one: each value needs the one before. */
static void combine_row(const job *j, int64_t n, int64_t step, char *out, const char *in, char *carry)
{
    for (int64_t i = 0; i < n; i++, in += step * j->item, out += step * j->item) {
        j->combine(1, carry, carry, in, NULL);
        memcpy(out, carry, (size_t)j->item);
    }
}

/* The running values of one row of `in`, written to `out` in the kernel's dtype. */
static void scan_row(const job *j, char *out, const char *in)
{
    int64_t n = j->length, step = j->reverse ? -1 : 1, last = (n - 1) * j->item;
    _Alignas(16) char carry[16];
    const char *first = j->reverse ? in + last : in;
    char *to = j->reverse ? out + last : out;
    memcpy(carry, j->inclusive ? first : j->nothing, (size_t)j->item);
    memcpy(to, carry, (size_t)j->item);
    if (j->inclusive)
        first += step * j->item;
    to += step * j->item;
    if (j->combine)
        combine_row(j, n - 1, step, to, first, carry);
    else
        j->kernel.row(n - 1, step, to, first, carry);
}

static void rows_task(void *context, int64_t index)
{
    job *j = context;
    int64_t stop = psi_least((index + 1) * j->per_task, j->outer);
    for (int64_t r = index * j->per_task; r < stop; r++) {
        const char *in = psi_tile_load(&j->tiles, 0, r * j->length, j->length);
        char *to = j->out + r * j->length * j->out_item;
        char *work = j->narrow ? psi_scratch(2, (size_t)(j->length * j->item)) : to;
        if (!in || !work) {
            atomic_store(&j->failed, true);
            return;
        }
        scan_row(j, work, in);
        if (j->narrow)
            j->narrow(j->length, to, work, NULL, NULL);
    }
}

static void columns_task(void *context, int64_t index)
{
    job *j = context;
    int64_t first = index % j->tiles_across * TILE, n = psi_least(TILE, j->inner - first);
    int64_t base = index / j->tiles_across * j->length * j->inner + first;
    char *work = psi_scratch(2, (size_t)(2 * TILE * j->item)), *carry = NULL;
    bool start = true;
    for (int64_t k = 0; work && k < j->length; k++) {
        int64_t row = j->reverse ? j->length - 1 - k : k, from = j->reverse ? row + 1 : row - 1;
        const char *in =
            psi_tile_load(&j->tiles, 0, base + (j->inclusive || start ? row : from) * j->inner, n);
        char *to = j->out + (base + row * j->inner) * j->out_item;
        char *values = j->narrow ? work + (k & 1) * TILE * j->item : to;
        if (!in) {
            work = NULL;
            break;
        }
        if (start && j->inclusive)
            memcpy(values, in, (size_t)(n * j->item));
        for (int64_t i = 0; start && !j->inclusive && i < n; i++)
            memcpy(values + i * j->item, j->nothing, (size_t)j->item);
        if (!start && j->combine)
            j->combine(n, values, carry, in, NULL);
        else if (!start)
            j->kernel.columns(n, values, carry, in);
        if (j->narrow)
            j->narrow(n, to, values, NULL, NULL);
        carry = values;
        start = false;
    }
    if (!work)
        atomic_store(&j->failed, true);
}

/* The value before the first: that of nothing. */
static void set_nothing(job *j, int kind, psi_dtype dtype)
{
    static const int same[] = {[PSI_SCAN_MAX] = PSI_REDUCE_MAX,
                               [PSI_SCAN_MIN] = PSI_REDUCE_MIN,
                               [PSI_SCAN_SUM] = PSI_REDUCE_SUM,
                               [PSI_SCAN_PROD] = PSI_REDUCE_PROD,
                               [PSI_SCAN_LOGADDEXP] = PSI_REDUCE_MAX};
    psi_cpu_reduce_table()->reduce[dtype][same[kind]].start(1, j->nothing);
    if (kind == PSI_SCAN_LOGADDEXP && dtype == PSI_COMPLEX64)
        memset(j->nothing + sizeof(float), 0, sizeof(float));
}

bool psi_cpu_scan(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int kind = (int)node->attr[0], axis = (int)node->attr[1];
    psi_dtype dtype = psi_element_dtype((psi_dtype)out->dtype);
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    job j = {.out = out->buffer->data,
             .outer = 1,
             .length = out->shape[axis],
             .inner = 1,
             .item = (int64_t)psi_dtype_size(dtype),
             .out_item = (int64_t)psi_itemsize(out),
             .reverse = node->attr[2] != 0,
             .inclusive = node->attr[3] != 0};
    for (int i = 0; i < out->ndim; i++)
        if (i != axis)
            *(i < axis ? &j.outer : &j.inner) *= out->shape[i];
    psi_tiles_of(&j.tiles, in, dtype);
    psi_strided_of(&j.tiles.from, in);
    j.narrow = dtype == out->dtype ? NULL : psi_cpu_cast((psi_dtype)out->dtype, dtype);
    /* Of integers a logarithm of sums rounds down to the larger. */
    if (kind == PSI_SCAN_LOGADDEXP && psi_issubdtype(dtype, PSI_INEXACT))
        j.combine = psi_cpu_row(PSI_OP_logaddexp, dtype);
    j.kernel = psi_cpu_reduce_table()->scan[dtype][kind == PSI_SCAN_LOGADDEXP ? PSI_SCAN_MAX : kind];
    set_nothing(&j, kind, dtype);
    j.per_task = 1 + TASK / j.length;
    j.tiles_across = (j.inner + TILE - 1) / TILE;
    if (j.inner == 1)
        psi_parallel((j.outer + j.per_task - 1) / j.per_task, rows_task, &j);
    else
        psi_parallel(j.outer * j.tiles_across, columns_task, &j);
    return psi_tasks_done(&j.failed, "scan");
}
