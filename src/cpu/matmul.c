/* matmul.c: the matrix product: strides of the operands become operands of the packed engine. */
#include "cpu/batch.h"
#include "cpu/gemm.h"
#include "cpu/kernels.h"
#include "eval/strided.h"

static psi_gemm_operand operand_of(psi_array a, const int64_t *offsets)
{
    const int64_t *strides = psi_strides_of(a) + a->ndim - 2;
    return (psi_gemm_operand){psi_values(a), strides[0], strides[1], (psi_dtype)a->dtype, offsets};
}

/* alpha * (a @ b) + beta * addend, of operands with equal leading axes. */
static bool multiply(psi_node *node, psi_array addend, double alpha, double beta)
{
    psi_array a = node->in[0], b = node->in[1], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    const int64_t m = out->shape[out->ndim - 2], n = out->shape[out->ndim - 1], batch = out->size / (m * n);
    int64_t *offsets = psi_malloc(4 * (size_t)batch * sizeof *offsets);
    if (!offsets)
        return false;
    psi_batch_offsets(a, offsets);
    psi_batch_offsets(b, offsets + batch);
    psi_batch_offsets(out, offsets + 2 * batch);
    psi_gemm_operand added = {0};
    if (addend) {
        psi_batch_offsets(addend, offsets + 3 * batch);
        added = operand_of(addend, offsets + 3 * batch);
    }
    psi_gemm_call call = {.batch = batch,
                          .m = m,
                          .n = n,
                          .k = a->shape[a->ndim - 1],
                          .alpha = alpha,
                          .a = operand_of(a, offsets),
                          .b = operand_of(b, offsets + batch),
                          .out = {out->buffer->data, n, (psi_dtype)out->dtype, offsets + 2 * batch},
                          .beta = beta,
                          .addend = addend ? &added : NULL};
    bool ok = psi_gemm(&call);
    psi_free(offsets);
    return ok;
}

bool psi_cpu_matmul(psi_node *node)
{
    return multiply(node, NULL, 1, 0);
}

bool psi_cpu_addmm(psi_node *node)
{
    return multiply(node, node->in[2], psi_attr_real(node, 0), psi_attr_real(node, 1));
}

/* ---- chosen matrices and parts ---- */

bool psi_cpu_gather_mm(psi_node *node)
{
    psi_array a = node->in[0], b = node->in[1], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    const int64_t m = out->shape[out->ndim - 2], n = out->shape[out->ndim - 1], batch = out->size / (m * n);
    const int64_t most = psi_matrices(a) > psi_matrices(b) ? psi_matrices(a) : psi_matrices(b);
    int64_t *offsets = psi_malloc((3 * (size_t)batch + (size_t)most + 1) * sizeof *offsets);
    if (!offsets)
        return false;
    bool ok = psi_pick_offsets(a, node->in[2], offsets, offsets + 3 * batch, "gather_mm") &&
              psi_pick_offsets(b, node->in[3], offsets + batch, offsets + 3 * batch, "gather_mm");
    psi_batch_offsets(out, offsets + 2 * batch);
    psi_gemm_call call = {.batch = batch,
                          .m = m,
                          .n = n,
                          .k = a->shape[a->ndim - 1],
                          .alpha = 1,
                          .a = operand_of(a, offsets),
                          .b = operand_of(b, offsets + batch),
                          .out = {out->buffer->data, n, (psi_dtype)out->dtype, offsets + 2 * batch}};
    ok = ok && psi_gemm(&call);
    psi_free(offsets);
    return ok;
}

/* Segment by segment, as each has an inner length of its own; one that ends before it starts is empty. */
bool psi_cpu_segmented_mm(psi_node *node)
{
    psi_array a = node->in[0], b = node->in[1], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    psi_strided s;
    const int64_t m = a->shape[0], k = a->shape[1], n = b->shape[1],
                  item = (int64_t)psi_dtype_size((psi_dtype)a->dtype);
    psi_strided_of(&s, node->in[2]);
    for (int64_t i = 0; i < out->size / (m * n); i++) {
        uint32_t ends[2];
        psi_strided_load(&s, 2 * i, 2, ends);
        int64_t start = ends[0], length = (int64_t)ends[1] - start;
        if (length > 0 && ends[1] > k) {
            psi_fail(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, "segmented_mm: segment %lld ends at %u of %lld",
                     (long long)i, ends[1], (long long)k);
            return false;
        }
        psi_gemm_call call = {
            .batch = 1,
            .m = m,
            .n = n,
            .k = length > 0 ? length : 0,
            .alpha = 1,
            .a = operand_of(a, NULL),
            .b = operand_of(b, NULL),
            .out = {(char *)out->buffer->data + i * m * n * item, n, (psi_dtype)out->dtype, NULL}};
        if (length > 0) {
            call.a.data = (const char *)call.a.data + start * call.a.col_stride * item;
            call.b.data = (const char *)call.b.data + start * call.b.row_stride * item;
        }
        if (!psi_gemm(&call))
            return false;
    }
    return true;
}
