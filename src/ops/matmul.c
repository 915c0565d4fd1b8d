/* matmul.c: builder and rules of the matrix product: the worked example of a structural op.
 * A Matmul node has operands of one floating dtype, at least two dimensions, and equal batch axes. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

/* Gives both operands the same leading axes; `out` is filled with them and their number returned, or -1. */
static int broadcast_batch(psi_array *a, psi_array *b, int64_t *out)
{
    psi_ints sa = psi_shape(*a), sb = psi_shape(*b);
    int ndim = psi_broadcast_into((psi_ints){sa.data, sa.count - 2}, (psi_ints){sb.data, sb.count - 2}, out, "matmul");
    if (ndim < 0)
        return -1;
    memcpy(out + ndim, sa.data + sa.count - 2, 2 * sizeof *out);
    *a = psi_expand_to(*a, (psi_ints){out, ndim + 2});
    memcpy(out + ndim, sb.data + sb.count - 2, 2 * sizeof *out);
    *b = psi_expand_to(*b, (psi_ints){out, ndim + 2});
    return ndim;
}

psi_array psi_matmul(psi_array a, psi_array b)
{
    int64_t shape[PSI_MAX_NDIM + 2];
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "matmul"))
        return psi_error_array();
    if (a->ndim == 0 || b->ndim == 0)
        return PSI_INVALID("matmul: operand %d is a scalar; both need at least one dimension", a->ndim == 0 ? 1 : 2);
    bool row = a->ndim == 1, column = b->ndim == 1;
    psi_dtype dtype = psi_promote_types((psi_dtype)a->dtype, (psi_dtype)b->dtype);
    if (!psi_issubdtype(dtype, PSI_INEXACT))
        return PSI_INVALID("matmul: operands of dtypes %s and %s promote to %s; a floating dtype is needed",
                           psi_dtype_name((psi_dtype)a->dtype), psi_dtype_name((psi_dtype)b->dtype),
                           psi_dtype_name(dtype));
    a = psi_astype(row ? psi_expand_dims(a, PSI_INTS(0)) : a, dtype);
    b = psi_astype(column ? psi_expand_dims(b, PSI_INTS(1)) : b, dtype);
    if (psi_is_error(a) || psi_is_error(b))
        return psi_error_array();
    int64_t m = psi_dim(a, -2), k = psi_dim(a, -1), n = psi_dim(b, -1);
    if (k != psi_dim(b, -2))
        return PSI_INVALID("matmul: last axis of %s and second last of %s differ", PSI_SHAPE(psi_shape(a)),
                           PSI_SHAPE(psi_shape(b)));
    int batch = broadcast_batch(&a, &b, shape);
    if (batch < 0 || psi_is_error(a) || psi_is_error(b))
        return psi_error_array();
    shape[batch] = m;
    shape[batch + 1] = n;
    psi_array y = psi_build(PSI_OP_matmul, PSI_ARRAYS(a, b), PSI_NONE, (psi_ints){shape, batch + 2}, dtype);
    if (row && column)
        return psi_reshape(y, (psi_ints){shape, batch});
    shape[batch] = row ? n : m;
    return row || column ? psi_reshape(y, (psi_ints){shape, batch + 1}) : y;
}

static psi_array swap_last(psi_array a)
{
    return psi_is_error(a) ? a : psi_moveaxis(a, -1, -2);
}

/* The conjugate transpose, as reverse mode needs it. */
static psi_array adjoint(psi_array a)
{
    a = swap_last(a);
    return psi_dtype_of(a) == PSI_COMPLEX64 ? psi_conjugate(a) : a;
}

bool psi_matmul_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_matmul(c->cotangents[0], adjoint(c->in[1]));
    if (c->wanted[1])
        c->grads[1] = psi_matmul(adjoint(c->in[0]), c->cotangents[0]);
    return !psi_failed();
}

bool psi_matmul_jvp(psi_jvp_call *c)
{
    psi_array left = c->tangents[0] ? psi_matmul(c->tangents[0], c->in[1]) : NULL;
    psi_array right = c->tangents[1] ? psi_matmul(c->in[0], c->tangents[1]) : NULL;
    c->out_tangents[0] = left && right ? psi_add(left, right) : left ? left : right;
    return !psi_failed();
}

/* The mapped axis becomes one more batch axis, in front. */
bool psi_matmul_vmap(psi_vmap_call *c)
{
    psi_array in[2];
    for (int i = 0; i < 2; i++)
        in[i] = c->axes[i] < 0 ? psi_expand_dims(c->in[i], PSI_INTS(0)) : psi_moveaxis(c->in[i], c->axes[i], 0);
    c->out[0] = psi_matmul(in[0], in[1]);
    c->out_axes[0] = 0;
    return !psi_failed();
}
