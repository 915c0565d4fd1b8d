/* reduce.c: reductions. Each output element's operands are gathered in order and reduced pairwise by row kernels. */
#include <string.h>

#include "core/shape.h"
#include "cpu/kernels.h"
#include "eval/strided.h"
#include "ops/op.h"
#include "ops/reduce.h"

/* The element-wise op that combines two values of a kind. */
static int combiner(int kind)
{
    static const int ops[] = {[PSI_REDUCE_AND] = PSI_OP_logical_and, [PSI_REDUCE_OR] = PSI_OP_logical_or,
                              [PSI_REDUCE_SUM] = PSI_OP_add,         [PSI_REDUCE_PROD] = PSI_OP_multiply,
                              [PSI_REDUCE_MIN] = PSI_OP_minimum,     [PSI_REDUCE_MAX] = PSI_OP_maximum};
    return ops[kind];
}

/* Halves the row until one value is left. */
static void pairwise(psi_row_fn combine, char *row, int64_t n, size_t item)
{
    while (n > 1) {
        int64_t half = n / 2;
        combine(half, row, row, row + (size_t)(n - half) * item, NULL);
        n -= half;
    }
}

/* A view of the input with kept axes first, then the reduced ones. */
static void order_axes(psi_array in, psi_ints axes, psi_strided *s)
{
    int n = 0;
    bool reduced[PSI_MAX_NDIM] = {false};
    for (int i = 0; i < axes.count; i++)
        reduced[axes.data[i]] = true;
    s->base = psi_values(in);
    s->itemsize = (int)psi_itemsize(in);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < in->ndim; i++)
            if (reduced[i] == pass) {
                s->shape[n] = in->shape[i];
                s->strides[n++] = psi_strides_of(in)[i];
            }
    s->ndim = psi_collapse(n, s->shape, 1, (int64_t *const[]){s->strides});
}

bool psi_cpu_reduce(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int kind = (int)node->attr[0];
    psi_row_fn combine = psi_cpu_row(combiner(kind), (psi_dtype)out->dtype);
    psi_row_fn cast = psi_cpu_cast((psi_dtype)out->dtype, (psi_dtype)in->dtype);
    if (!psi_output_new(out) || out->size == 0)
        return out->buffer;
    int64_t n = in->size / out->size;
    size_t item = psi_itemsize(out);
    if (n == 0) {
        memset(out->buffer->data, 0, psi_nbytes(out));
        return true;
    }
    psi_strided source;
    order_axes(in, psi_attr_list(node, 1), &source);
    char *row = psi_malloc((size_t)n * psi_itemsize(in)), *wide = psi_malloc((size_t)n * item);
    for (int64_t i = 0; row && wide && i < out->size; i++) {
        psi_strided_load(&source, i * n, n, row);
        cast(n, wide, row, NULL, NULL);
        pairwise(combine, wide, n, item);
        memcpy((char *)out->buffer->data + (size_t)i * item, wide, item);
    }
    bool ok = row && wide;
    psi_free(row);
    psi_free(wide);
    return ok;
}
