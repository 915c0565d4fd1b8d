/* addmm.c: alpha * (a @ b) + beta * c in one node, whose c has the result's shape. */
#include <string.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/matmul.h"
#include "ops/rules.h"

static psi_array scaled(psi_array a, double by)
{
    return by == 1 ? a : psi_multiply(psi_like(a, by), a);
}

/* c broadcast to the result, of which vectors have left axes out; these are put in again. */
static psi_array addend(const psi_product *p, psi_array c, psi_dtype dtype)
{
    int64_t shape[PSI_MAX_NDIM + 2], all[PSI_MAX_NDIM + 2];
    int ndim = p->batch;
    memcpy(shape, p->shape, (size_t)ndim * sizeof *shape);
    if (!p->row)
        shape[ndim++] = p->m;
    if (!p->column)
        shape[ndim++] = p->n;
    int common = psi_broadcast_into(psi_shape(c), (psi_ints){shape, ndim}, all, "addmm");
    if (common < 0)
        return psi_error_array();
    if (!psi_same_ints((psi_ints){all, common}, (psi_ints){shape, ndim}))
        return PSI_INVALID("addmm: c of shape %s does not broadcast to the product's %s",
                           PSI_SHAPE(psi_shape(c)), PSI_SHAPE(((psi_ints){shape, ndim})));
    c = psi_expand_to(psi_astype(c, dtype), (psi_ints){shape, ndim});
    return p->row || p->column ? psi_reshape(c, (psi_ints){p->shape, p->batch + 2}) : c;
}

psi_array psi_addmm(psi_array c, psi_array a, psi_array b, double alpha, double beta)
{
    psi_product p;
    if (!psi_check_inputs(PSI_ARRAYS(c, a, b), "addmm"))
        return psi_error_array();
    psi_dtype dtype = psi_promote_types(psi_dtype_of(c), psi_promote_types(psi_dtype_of(a), psi_dtype_of(b)));
    if (dtype == PSI_COMPLEX64 && a->ndim && b->ndim)
        return psi_add(psi_multiply(psi_matmul(a, b), psi_scalar(alpha, PSI_FLOAT32)),
                       psi_multiply(psi_scalar(beta, PSI_FLOAT32), c));
    if (!psi_product_check(&p, a, b, dtype, PSI_FLOATING, "addmm"))
        return psi_error_array();
    if (c->ndim <= 1)
        psi_product_join(&p);
    if (!psi_product_broadcast(&p, "addmm"))
        return psi_error_array();
    c = addend(&p, c, dtype);
    if (psi_is_error(c))
        return c;
    return psi_product_done(&p, psi_build(PSI_OP_addmm, PSI_ARRAYS(p.a, p.b, c),
                                          PSI_INTS(psi_real_attr(alpha), psi_real_attr(beta)),
                                          (psi_ints){p.shape, p.batch + 2}, dtype));
}

bool psi_addmm_vjp(psi_vjp_call *c)
{
    psi_array dy = c->cotangents[0], product = scaled(dy, psi_attr_real(c->node, 0));
    if (c->wanted[0])
        c->grads[0] = psi_matmul(product, psi_swapaxes(c->in[1], -1, -2));
    if (c->wanted[1])
        c->grads[1] = psi_matmul(psi_swapaxes(c->in[0], -1, -2), product);
    if (c->wanted[2])
        c->grads[2] = scaled(dy, psi_attr_real(c->node, 1));
    return !psi_failed();
}

bool psi_addmm_jvp(psi_jvp_call *c)
{
    double alpha = psi_attr_real(c->node, 0), beta = psi_attr_real(c->node, 1);
    psi_array y = c->tangents[2] ? scaled(c->tangents[2], beta) : NULL;
    for (int i = 0; i < 2; i++) {
        psi_array t = c->tangents[i];
        if (!t)
            continue;
        psi_array a = i ? c->in[0] : t, b = i ? t : c->in[1];
        y = y ? psi_addmm(y, a, b, alpha, 1) : scaled(psi_matmul(a, b), alpha);
    }
    c->out_tangents[0] = y;
    return !psi_failed();
}

bool psi_addmm_vmap(psi_vmap_call *c)
{
    psi_array a = psi_batch_in(c, 0), b = psi_batch_in(c, 1), added = psi_batch_in(c, 2);
    return psi_batch_done(c, psi_addmm(added, a, b, psi_attr_real(c->node, 0), psi_attr_real(c->node, 1)));
}
