/* fast_norm.c: RMS norm and layer norm along the last axis, a row at a time. Half types run in float32 and are rounded
 * once. */
#include "cpu/fast_norm.h"

#include <string.h>

#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/tiles.h"
#include "ops/op.h"

PSI_ISA_TABLES(psi_norm_table, psi_norm_table)

typedef struct job {
    psi_norm_fn norm;
    char *parameters[2];
    int64_t n, item;
    double eps;
    bool centred;
} job;

static void norm_row(const void *context, int64_t n, const void *x, void *y)
{
    const job *j = context;
    j->norm(n, y, x, j->parameters[0], j->parameters[1], j->eps, j->centred);
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
             .n = in->shape[in->ndim - 1],
             .item = (int64_t)psi_dtype_size(dtype),
             .eps = psi_attr_real(node, 0),
             .centred = node->op == PSI_OP_layer_norm};
    bool ok = load_parameters(&j, node, dtype) &&
              psi_tile_rows(in, out, dtype, norm_row, &j, psi_ops[node->op].name);
    psi_free(j.parameters[0]);
    psi_free(j.parameters[1]);
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
