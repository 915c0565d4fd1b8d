/* fast_norm.c: RMS norm and layer norm along the last axis, a row at a time. Half types run in float32 and are rounded
 * once. Large results are written past the caches. */
#include "cpu/fast_norm.h"

#include <stdatomic.h>
#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/rows.h"
#include "cpu/tiles.h"
#include "ops/op.h"

enum { TASK = 1 << 15 }; /* elements */

PSI_ISA_TABLES(psi_norm_table, psi_norm_table)

typedef struct job {
    psi_tiles tiles;
    psi_norm_fn norm;
    psi_row_fn narrow;
    psi_copy_fn copy_far; /* NULL: rows are written where they belong */
    char *out, *parameters[2];
    int64_t rows, n, per_task, item, out_item;
    double eps;
    bool centred;
    atomic_bool failed;
} job;

static void run_rows(void *context, int64_t index)
{
    job *j = context;
    int64_t stop = (index + 1) * j->per_task < j->rows ? (index + 1) * j->per_task : j->rows;
    for (int64_t r = index * j->per_task; r < stop; r++) {
        const void *x = psi_tile_load(&j->tiles, 0, r * j->n, j->n);
        char *to = j->out + r * j->n * j->out_item;
        char *work = j->narrow || j->copy_far ? psi_scratch(2, (size_t)(j->n * j->item)) : to;
        if (!x || !work) {
            atomic_store(&j->failed, true);
            return;
        }
        j->norm(j->n, work, x, j->parameters[0], j->parameters[1], j->eps, j->centred);
        if (j->narrow)
            j->narrow(j->n, to, work, NULL, NULL);
        else if (j->copy_far)
            j->copy_far(to, work, (size_t)(j->n * j->item));
    }
    if (j->copy_far)
        j->copy_far(NULL, NULL, 0);
}

/* Weight and bias, as the kernel wants them, in memory of their own; those that are scalars stay NULL. */
static bool load_parameters(job *j, psi_node *node, psi_dtype dtype)
{
    for (int i = 1; i < node->in_count; i++) {
        psi_array p = node->in[i];
        psi_tiles tiles;
        if (p->ndim == 0)
            continue;
        j->parameters[i - 1] = psi_malloc((size_t)(j->n * j->item));
        if (!j->parameters[i - 1])
            return false;
        psi_tiles_of(&tiles, p, dtype);
        psi_strided_of(&tiles.from, p);
        const void *values = psi_tile_load(&tiles, 0, 0, j->n);
        if (!values)
            return false;
        memcpy(j->parameters[i - 1], values, (size_t)(j->n * j->item));
    }
    return true;
}

static bool norm(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    psi_dtype dtype = psi_element_dtype((psi_dtype)in->dtype);
    const psi_norm_table *table = psi_norm_table_by_isa[psi_isa_current()];
    job j = {.norm = dtype == PSI_FLOAT64 ? table->float64 : table->float32,
             .out = out->buffer->data,
             .n = in->shape[in->ndim - 1],
             .item = (int64_t)psi_dtype_size(dtype),
             .out_item = (int64_t)psi_itemsize(out),
             .eps = psi_attr_real(node, 0),
             .centred = node->op == PSI_OP_layer_norm};
    j.rows = in->size / j.n;
    j.per_task = 1 + TASK / j.n;
    psi_tiles_of(&j.tiles, in, dtype);
    psi_strided_of(&j.tiles.from, in);
    j.narrow = dtype == out->dtype ? NULL : psi_cpu_cast((psi_dtype)out->dtype, dtype);
    j.copy_far = psi_nbytes(out) >= PSI_FAR_BYTES ? psi_cpu_copy_far() : NULL;
    bool ok = load_parameters(&j, node, dtype);
    if (ok)
        psi_parallel((j.rows + j.per_task - 1) / j.per_task, run_rows, &j);
    psi_free(j.parameters[0]);
    psi_free(j.parameters[1]);
    if (ok && atomic_load(&j.failed)) {
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "%s: no memory for a row of %lld",
                 psi_ops[node->op].name, (long long)j.n);
        ok = false;
    }
    return ok;
}

bool psi_cpu_rms_norm(psi_node *node)
{
    return norm(node);
}

bool psi_cpu_layer_norm(psi_node *node)
{
    return norm(node);
}
