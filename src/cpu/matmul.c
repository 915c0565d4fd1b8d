/* matmul.c: the matrix product: strides of the operands become operands of the packed engine. */
#include "cpu/gemm.h"
#include "cpu/kernels.h"

/* Element offsets of each batch entry, in row-major order of the leading axes. */
static void batch_offsets(psi_array a, int64_t *offsets)
{
    int64_t count = 1;
    offsets[0] = 0;
    for (int i = 0; i < a->ndim - 2; i++) {
        int64_t length = a->shape[i], stride = psi_strides_of(a)[i];
        /* Back to front, so that an entry is read before it is overwritten. */
        for (int64_t at = count * length; at-- > 0;)
            offsets[at] = offsets[at / length] + at % length * stride;
        count *= length;
    }
}

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
    batch_offsets(a, offsets);
    batch_offsets(b, offsets + batch);
    batch_offsets(out, offsets + 2 * batch);
    psi_gemm_operand added = {0};
    if (addend) {
        batch_offsets(addend, offsets + 3 * batch);
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
