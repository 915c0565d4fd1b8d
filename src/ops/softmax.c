/* softmax.c: builders and rules of softmax and logsumexp. Along the last axis each is one node; along others, and of
 * complex numbers, a composition. */
#include "core/thread.h"
#include "ops/build.h"
#include "ops/reduce.h"

/* True when the axes are the last one, but for others of length 1 right before it. */
static bool is_last(psi_array a, psi_ints axes)
{
    for (int i = 0; i < axes.count; i++)
        if (axes.data[i] != a->ndim - axes.count + i || (i + 1 < axes.count && a->shape[axes.data[i]] != 1))
            return false;
    return axes.count > 0;
}

/* The axes, normalised; -1 with an error. */
static int check(const char *name, psi_array a, psi_ints axes, int64_t *sorted)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), name))
        return -1;
    if (a->ndim == 0 && axes.count > 0) {
        PSI_INVALID("%s: axes are given for an array of 0 dimensions", name);
        return -1;
    }
    return psi_reduced_axes(axes, a->ndim, sorted, name);
}

static psi_array build_softmax(psi_array a, bool precise)
{
    return psi_build(PSI_OP_softmax, PSI_ARRAYS(a), PSI_INTS(precise), psi_shape(a), psi_dtype_of(a));
}

psi_array psi_softmax(psi_array a, psi_ints axes, bool precise)
{
    int64_t sorted[PSI_MAX_NDIM];
    int count = check("softmax", a, axes, sorted);
    if (count < 0)
        return psi_error_array();
    psi_dtype dtype = psi_at_least_float((psi_dtype)a->dtype);
    axes = (psi_ints){sorted, count};
    a = psi_astype(a, dtype);
    if (psi_is_error(a) || a->size == 0)
        return a;
    if (dtype != PSI_COMPLEX64 && is_last(a, axes))
        return build_softmax(a, precise);
    if (precise && (dtype == PSI_FLOAT16 || dtype == PSI_BFLOAT16))
        a = psi_astype(a, PSI_FLOAT32);
    psi_array e = psi_exp(psi_subtract(a, psi_stop_gradient(psi_max(a, axes, true))));
    return psi_astype(psi_divide(e, psi_sum(e, axes, true)), dtype);
}

/* With s the softmax: s (g - sum(s g)), which is its own transpose. */
static psi_array apply_jacobian(psi_array s, psi_array g)
{
    psi_array sg = psi_multiply(s, g);
    return psi_subtract(sg, psi_multiply(s, psi_sum(sg, PSI_INTS(-1), true)));
}

bool psi_softmax_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = apply_jacobian(c->out[0], c->cotangents[0]);
    return !psi_failed();
}

bool psi_softmax_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = apply_jacobian(c->out[0], c->tangents[0]);
    return !psi_failed();
}

bool psi_softmax_vmap(psi_vmap_call *c)
{
    c->out[0] = build_softmax(psi_moveaxis(c->in[0], c->axes[0], 0), c->node->attr[0] != 0);
    c->out_axes[0] = 0;
    return !psi_failed();
}

/* ---- logsumexp ---- */

static psi_array build_logsumexp(psi_array a)
{
    int64_t shape[PSI_MAX_NDIM];
    if (psi_is_error(a))
        return a;
    for (int i = 0; i < a->ndim; i++)
        shape[i] = i + 1 == a->ndim ? 1 : a->shape[i];
    return psi_build(PSI_OP_logsumexp, PSI_ARRAYS(a), PSI_NONE, (psi_ints){shape, a->ndim},
                     (psi_dtype)a->dtype);
}

psi_array psi_logsumexp(psi_array a, psi_ints axes, bool keepdims)
{
    int64_t sorted[PSI_MAX_NDIM];
    int count = psi_check_not_empty(a, "logsumexp") ? check("logsumexp", a, axes, sorted) : -1;
    if (count < 0)
        return psi_error_array();
    psi_dtype dtype = psi_at_least_float((psi_dtype)a->dtype);
    axes = (psi_ints){sorted, count};
    a = psi_astype(a, dtype);
    if (psi_is_error(a) || count == 0)
        return a;
    psi_array y;
    if (dtype != PSI_COMPLEX64 && is_last(a, axes)) {
        y = build_logsumexp(a);
    } else {
        psi_array top = psi_stop_gradient(psi_max(a, axes, true));
        y = psi_add(psi_log(psi_sum(psi_exp(psi_subtract(a, top)), axes, true)), top);
        y = psi_where(psi_isinf(dtype == PSI_COMPLEX64 ? psi_real(top) : top), top, y);
    }
    return keepdims ? y : psi_squeeze(y, axes);
}

bool psi_logsumexp_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_multiply(c->cotangents[0], build_softmax(c->in[0], true));
    return !psi_failed();
}

bool psi_logsumexp_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] =
            psi_sum(psi_multiply(c->tangents[0], build_softmax(c->in[0], true)), PSI_INTS(-1), true);
    return !psi_failed();
}

bool psi_logsumexp_vmap(psi_vmap_call *c)
{
    c->out[0] = build_logsumexp(psi_moveaxis(c->in[0], c->axes[0], 0));
    c->out_axes[0] = 0;
    return !psi_failed();
}
