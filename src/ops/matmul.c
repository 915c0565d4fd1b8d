/* matmul.c: builder and rules of the matrix product: the worked example of a structural op.
 * A Matmul node has operands of one floating dtype, at least two dimensions, and equal batch axes. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/matmul.h"

bool psi_product_check(psi_product *p, psi_array a, psi_array b, psi_dtype dtype, psi_category category,
                       const char *op)
{
    *p = (psi_product){.row = a->ndim == 1, .column = b->ndim == 1};
    if (a->ndim == 0 || b->ndim == 0) {
        PSI_INVALID("%s: operand %d is a scalar; both need at least one dimension", op, a->ndim == 0 ? 1 : 2);
        return false;
    }
    if (!psi_issubdtype(dtype, category)) {
        PSI_INVALID("%s: operands of dtypes %s and %s promote to %s; a %sfloating dtype is needed", op,
                    psi_dtype_name((psi_dtype)a->dtype), psi_dtype_name((psi_dtype)b->dtype),
                    psi_dtype_name(dtype), category == PSI_FLOATING ? "real " : "");
        return false;
    }
    p->a = psi_astype(p->row ? psi_expand_dims(a, PSI_INTS(0)) : a, dtype);
    p->b = psi_astype(p->column ? psi_expand_dims(b, PSI_INTS(1)) : b, dtype);
    if (psi_is_error(p->a) || psi_is_error(p->b))
        return false;
    p->m = psi_dim(p->a, -2);
    p->k = psi_dim(p->a, -1);
    p->n = psi_dim(p->b, -1);
    if (p->k == psi_dim(p->b, -2))
        return true;
    PSI_INVALID("%s: last axis of %s and second last of %s differ", op, PSI_SHAPE(psi_shape(p->a)),
                PSI_SHAPE(psi_shape(p->b)));
    return false;
}

void psi_product_join(psi_product *p)
{
    psi_ints shape = psi_shape(p->a);
    if (shape.count <= 2 || psi_ndim(p->b) != 2 || psi_this_thread.shapeless)
        return;
    p->lead = (psi_ints){shape.data, shape.count - 1};
    p->a = psi_flatten(p->a, 0, -2);
    p->m = psi_dim(p->a, -2);
}

bool psi_product_broadcast(psi_product *p, const char *op)
{
    psi_ints sa = psi_shape(p->a), sb = psi_shape(p->b);
    int ndim = psi_broadcast_into((psi_ints){sa.data, sa.count - 2}, (psi_ints){sb.data, sb.count - 2},
                                  p->shape, op);
    if (ndim < 0)
        return false;
    memcpy(p->shape + ndim, sa.data + sa.count - 2, 2 * sizeof *p->shape);
    psi_array first = p->a;
    p->a = psi_expand_with(p->a, (psi_ints){p->shape, ndim + 2}, PSI_ARRAYS(p->b), 2);
    memcpy(p->shape + ndim, sb.data + sb.count - 2, 2 * sizeof *p->shape);
    p->b = psi_expand_with(p->b, (psi_ints){p->shape, ndim + 2}, PSI_ARRAYS(first), 2);
    p->batch = ndim;
    p->shape[ndim] = p->m;
    p->shape[ndim + 1] = p->n;
    return !psi_is_error(p->a) && !psi_is_error(p->b);
}

psi_array psi_product_done(const psi_product *p, psi_array y)
{
    if (p->lead.count)
        y = psi_unflatten(y, 0, p->lead);
    if (p->row && p->column)
        return psi_squeeze(y, PSI_INTS(-2, -1));
    return p->row || p->column ? psi_squeeze(y, PSI_INTS(p->row ? -2 : -1)) : y;
}

psi_array psi_matmul(psi_array a, psi_array b)
{
    psi_product p;
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "matmul"))
        return psi_error_array();
    psi_dtype dtype = psi_promote_types((psi_dtype)a->dtype, (psi_dtype)b->dtype);
    if (!psi_product_check(&p, a, b, dtype, PSI_INEXACT, "matmul"))
        return psi_error_array();
    psi_product_join(&p);
    if (!psi_product_broadcast(&p, "matmul"))
        return psi_error_array();
    return psi_product_done(&p, psi_build(PSI_OP_matmul, PSI_ARRAYS(p.a, p.b), PSI_NONE,
                                          (psi_ints){p.shape, p.batch + 2}, dtype));
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

/* The mapped axis becomes one more batch axis, in front; a lone matrix broadcasts. */
bool psi_matmul_vmap(psi_vmap_call *c)
{
    psi_array in[2];
    for (int i = 0; i < 2; i++)
        in[i] = c->axes[i] >= 0          ? psi_moveaxis(c->in[i], c->axes[i], 0)
                : psi_ndim(c->in[i]) > 2 ? psi_expand_dims(c->in[i], PSI_INTS(0))
                                         : c->in[i];
    c->out[0] = psi_matmul(in[0], in[1]);
    c->out_axes[0] = 0;
    return !psi_failed();
}
