/* tiles.c: gathers and widens tiles of elements into the thread's scratch. */
#include "cpu/tiles.h"

#include <stdatomic.h>

#include "core/pool.h"
#include "core/shape.h"
#include "cpu/kernels.h"
#include "cpu/rows.h"

void psi_tiles_of(psi_tiles *tiles, psi_array a, psi_dtype dtype)
{
    tiles->item = (int)psi_dtype_size(dtype);
    tiles->widen = a->dtype == dtype ? NULL : psi_cpu_cast(dtype, (psi_dtype)a->dtype);
}

const void *psi_tile_load(const psi_tiles *tiles, int64_t offset, int64_t start, int64_t n)
{
    psi_strided from = tiles->from;
    from.base += offset * from.itemsize;
    const void *stored = from.base + start * from.itemsize;
    if (from.ndim != 1 || from.strides[0] != 1) {
        char *dense = psi_scratch(0, (size_t)n * (size_t)from.itemsize);
        if (!dense)
            return NULL;
        psi_strided_load(&from, start, n, dense);
        stored = dense;
    }
    if (!tiles->widen)
        return stored;
    void *wide = psi_scratch(1, (size_t)n * (size_t)tiles->item);
    if (wide)
        tiles->widen(n, wide, stored, NULL, NULL);
    return wide;
}

enum { ROW_TASK = 1 << 15 }; /* elements */

typedef struct row_job {
    psi_tiles tiles;
    psi_tile_row_fn row;
    const void *context;
    psi_row_fn narrow;
    psi_copy_fn copy_far; /* NULL: rows are written where they belong */
    char *out;
    int64_t rows, n, per_task, out_item;
    atomic_bool failed;
} row_job;

static void run_rows(void *context, int64_t index)
{
    row_job *j = context;
    int64_t stop = (index + 1) * j->per_task < j->rows ? (index + 1) * j->per_task : j->rows;
    size_t bytes = (size_t)(j->n * j->tiles.item);
    for (int64_t r = index * j->per_task; r < stop; r++) {
        const void *x = psi_tile_load(&j->tiles, 0, r * j->n, j->n);
        char *to = j->out + r * j->n * j->out_item;
        char *work = j->narrow || j->copy_far ? psi_scratch(2, bytes) : to;
        if (!x || !work) {
            atomic_store(&j->failed, true);
            return;
        }
        j->row(j->context, j->n, x, work);
        if (j->narrow)
            j->narrow(j->n, to, work, NULL, NULL);
        else if (j->copy_far)
            j->copy_far(to, work, bytes);
    }
    if (j->copy_far)
        j->copy_far(NULL, NULL, 0);
}

bool psi_tile_rows(psi_array in, psi_array out, psi_dtype dtype, psi_tile_row_fn row, const void *context,
                   const char *op)
{
    row_job j = {.row = row,
                 .context = context,
                 .narrow = dtype == out->dtype ? NULL : psi_cpu_cast((psi_dtype)out->dtype, dtype),
                 .copy_far = psi_nbytes(out) >= PSI_FAR_BYTES ? psi_cpu_copy_far() : NULL,
                 .out = out->buffer->data,
                 .n = in->shape[in->ndim - 1],
                 .out_item = (int64_t)psi_itemsize(out)};
    j.rows = in->size / j.n;
    j.per_task = 1 + ROW_TASK / j.n;
    psi_tiles_of(&j.tiles, in, dtype);
    psi_strided_of(&j.tiles.from, in);
    psi_parallel((j.rows + j.per_task - 1) / j.per_task, run_rows, &j);
    return psi_tasks_done(&j.failed, op);
}

int64_t psi_strided_offset(const psi_strided *s, int64_t index)
{
    int64_t offset = 0;
    for (int i = s->ndim - 1; i >= 0; i--) {
        offset += index % s->shape[i] * s->strides[i];
        index /= s->shape[i];
    }
    return offset;
}
