/* quantized_matmul.c: products with packed matrices: nodes become calls of the packed engine. Rows of words, scales and
 * biases must be dense; where they are not, the array is copied first. */
#include <string.h>

#include "cpu/batch.h"
#include "cpu/gemm.h"
#include "cpu/kernels.h"
#include "cpu/quantize.h"

/* A stack of dense matrices: an input's own memory, or a copy. */
typedef struct stack {
    const void *data;
    int64_t *offsets; /* of the entries of the result */
    psi_buffer *temp;
} stack;

static bool has_dense_rows(psi_array a)
{
    const int64_t *strides = psi_strides_of(a) + a->ndim - 2, *shape = a->shape + a->ndim - 2;
    return (strides[1] == 1 || shape[1] == 1) && (strides[0] == shape[1] || shape[0] == 1);
}

/* Entries in order (indices NULL), or as indices say; room for the offsets of the copy's or the array's matrices. */
static bool read_stack(stack *s, psi_array a, psi_array indices, int64_t *offsets, int64_t *room,
                       const char *op)
{
    struct psi_array_s dense = *a;
    int64_t lengths[2 * PSI_MAX_NDIM];
    s->offsets = offsets;
    if (has_dense_rows(a)) {
        s->data = psi_values(a);
    } else {
        s->data = psi_dense_values(a, &s->temp);
        memcpy(lengths, a->shape, (size_t)a->ndim * sizeof *lengths);
        dense.shape = lengths;
        psi_set_row_major(&dense);
    }
    if (!s->data)
        return false;
    if (indices)
        return psi_pick_offsets(&dense, indices, offsets, room, op);
    psi_batch_offsets(&dense, offsets);
    return true;
}

/* Entries that follow each other in x and in the result, and share their matrix, are rows of one product. */
static bool multiply(psi_gemm_call *call, const psi_gemm_packed *packed)
{
    const int64_t batch = call->batch, m = call->m, *xs = call->a.offsets, *ws = call->b.offsets;
    int64_t step = m * call->a.row_stride, longest = 1;
    for (int64_t from = 0, at = 1; at < batch; at++) {
        if (ws[at] != ws[from] || xs[at] != xs[at - 1] + step)
            from = at;
        longest = at - from + 1 > longest ? at - from + 1 : longest;
    }
    if (longest == 1)
        return psi_gemm(call);
    for (int64_t from = 0, to; from < batch; from = to) {
        psi_gemm_call some = *call;
        psi_gemm_packed part = *packed;
        for (to = from + 1; to < batch && ws[to] == ws[from] && xs[to] == xs[to - 1] + step;)
            to++;
        some.batch = 1;
        some.m = m * (to - from);
        some.a.offsets += from;
        some.b.offsets += from;
        some.packed = &part;
        some.out.offsets += from;
        part.scale_offsets += from;
        if (part.bias_offsets)
            part.bias_offsets += from;
        if (!psi_gemm(&some))
            return false;
    }
    return true;
}

/* The product of a node whose last inputs are indices, if there are any. */
static bool packed_product(psi_node *node, const char *op, bool transpose, psi_array left, psi_array right)
{
    psi_array x = node->in[0], out = &node->out[0], lead = node->in[1];
    psi_quantization q = psi_quantization_of(node);
    bool affine = q.mode == PSI_AFFINE, flat = !left && lead->ndim == 2;
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    const int64_t n = out->shape[out->ndim - 1], k = x->shape[x->ndim - 1];
    const int64_t m = flat ? out->size / n : out->shape[out->ndim - 2], batch = out->size / (m * n);
    const int64_t most = psi_matrices(lead) > psi_matrices(x) ? psi_matrices(lead) : psi_matrices(x);
    int64_t *offsets = psi_malloc((5 * (size_t)batch + (size_t)most + 1) * sizeof *offsets);
    if (!offsets)
        return false;
    stack parts[4] = {{NULL, offsets, NULL}};
    int64_t *room = offsets + 5 * batch;
    float table[256];
    psi_gemm_packed packed = {.q = q, .transposed = transpose, .codes = transpose ? k : n, .table = table};
    bool ok = true;
    for (int i = 0; ok && i < (affine ? 4 : 3); i++)
        if (flat) { /* all rows of x against one matrix */
            parts[i].data = psi_dense_values(node->in[i], &parts[i].temp);
            parts[i].offsets = offsets + i * batch;
            parts[i].offsets[0] = 0;
            ok = parts[i].data != NULL;
        } else {
            ok = read_stack(&parts[i], node->in[i], i == 0 ? left : right, offsets + i * batch, room, op);
        }
    for (int64_t i = 0; i < batch; i++)
        offsets[4 * batch + i] = i * m * n;
    packed.dtype = (psi_dtype)node->in[2]->dtype;
    packed.scales = parts[2].data;
    packed.scale_offsets = parts[2].offsets;
    packed.biases = affine ? parts[3].data : NULL;
    packed.bias_offsets = affine ? parts[3].offsets : NULL;
    if (!affine)
        psi_quantized_scales(&q, 1, table);
    psi_gemm_call call = {.batch = batch,
                          .m = m,
                          .n = n,
                          .k = k,
                          .alpha = 1,
                          .a = {parts[0].data, k, 1, (psi_dtype)x->dtype, parts[0].offsets},
                          .b = {parts[1].data, 0, 0, PSI_UINT32, parts[1].offsets},
                          .out = {out->buffer->data, n, (psi_dtype)out->dtype, offsets + 4 * batch},
                          .packed = &packed};
    ok = ok && multiply(&call, &packed);
    for (int i = 0; i < 4; i++)
        psi_buffer_release(parts[i].temp);
    psi_free(offsets);
    return ok;
}

bool psi_cpu_quantized_matmul(psi_node *node)
{
    return packed_product(node, "quantized_matmul", node->attr[3], NULL, NULL);
}

bool psi_cpu_gather_qmm(psi_node *node)
{
    psi_array *end = node->in + node->in_count;
    return packed_product(node, "gather_qmm", node->attr[3], end[-2], end[-1]);
}

/* ---- both sides quantised ---- */

/* A matrix as float32 values that the mode can hold; NULL without memory. */
static float *rounded(const psi_quantization *q, psi_array a, float factor)
{
    psi_buffer *temp = NULL;
    const void *values = psi_dense_values(a, &temp);
    float *x = values ? psi_malloc((size_t)a->size * sizeof *x) : NULL;
    if (x && a->dtype != PSI_FLOAT32)
        psi_cpu_cast(PSI_FLOAT32, (psi_dtype)a->dtype)(a->size, x, values, NULL, NULL);
    else if (x)
        memcpy(x, values, (size_t)a->size * sizeof *x);
    psi_buffer_release(temp);
    if (x)
        psi_quantized_round(q, a->size, x, factor);
    return x;
}

bool psi_cpu_qqmm(psi_node *node)
{
    psi_array x = node->in[0], w = node->in[1], out = &node->out[0];
    psi_quantization q = psi_quantization_of(node);
    psi_buffer *temp[2] = {NULL, NULL};
    bool is_packed = w->dtype == PSI_UINT32, global = node->in_count > 3;
    float table[256], *right = NULL;
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    const int64_t m = out->shape[0], n = out->shape[1], k = x->shape[1];
    if (k == 0) {
        memset(out->buffer->data, 0, (size_t)out->size * psi_dtype_size((psi_dtype)out->dtype));
        return true;
    }
    psi_array *end = node->in + node->in_count;
    float by_x = global ? psi_global_factor(end[-2]) : 1, by_w = global ? psi_global_factor(end[-1]) : 1;
    psi_gemm_packed packed = {.q = q, .transposed = true, .codes = k, .dtype = PSI_UINT8, .table = table};
    psi_gemm_operand b = {NULL, 1, k, PSI_FLOAT32, NULL};
    float *left = rounded(&q, x, by_x);
    if (left && is_packed) {
        psi_quantized_scales(&q, by_w, table);
        b = (psi_gemm_operand){psi_dense_values(w, &temp[0]), 0, 0, PSI_UINT32, NULL};
        packed.scales = b.data ? psi_dense_values(node->in[2], &temp[1]) : NULL;
        if (!packed.scales)
            b.data = NULL;
    } else if (left) {
        right = rounded(&q, w, by_w);
        b.data = right;
    }
    psi_gemm_call call = {.batch = 1,
                          .m = m,
                          .n = n,
                          .k = k,
                          .alpha = 1,
                          .a = {left, k, 1, PSI_FLOAT32, NULL},
                          .b = b,
                          .out = {out->buffer->data, n, (psi_dtype)out->dtype, NULL},
                          .packed = is_packed ? &packed : NULL};
    bool ok = b.data && psi_gemm(&call);
    for (int i = 0; i < 2; i++)
        psi_buffer_release(temp[i]);
    psi_free(left);
    psi_free(right);
    return ok;
}
