/* fast_norm.c: RMS norm and layer norm over the last axis, one node each: builders and rules. Layer norm is RMS norm of
 * what is left of the mean, so both share everything. Invariant: a node's operands have one real floating dtype; a
 * weight or bias that was not given is a scalar, 1 or 0, which kernels do not read. */
#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/reduce.h"
#include "ops/rules.h"

/* False, with the error recorded, unless `p` is a vector as long as x's last axis. */
static bool fits(psi_array x, psi_array p, const char *what, const char *op)
{
    if (!p)
        return true;
    if (p->ndim == 1 && p->size == psi_dim(x, -1))
        return true;
    PSI_INVALID("%s: %s of shape %s for a last axis of length %lld; it must be a vector of that length", op,
                what, PSI_SHAPE(psi_shape_of(p)), (long long)psi_dim(x, -1));
    return false;
}

static psi_array build(int op, psi_array x, psi_array weight, psi_array bias, double eps)
{
    psi_ints attr = PSI_INTS(psi_real_attr(eps));
    psi_arrays in = op == PSI_OP_rms_norm ? PSI_ARRAYS(x, weight) : PSI_ARRAYS(x, weight, bias);
    return psi_build(op, in, attr, psi_shape(x), psi_dtype_of(x));
}

static psi_array norm(int op, psi_array x, psi_array weight, psi_array bias, double eps, const char *name)
{
    if (!psi_check_inputs(PSI_ARRAYS(x, weight ? weight : x, bias ? bias : x), name))
        return psi_error_array();
    if (x->ndim == 0)
        return PSI_INVALID("%s: the input is a scalar; at least one dimension is needed", name);
    if (!fits(x, weight, "weight", name) || !fits(x, bias, "bias", name))
        return psi_error_array();
    psi_dtype dtype = psi_dtype_of(x);
    if (weight)
        dtype = psi_promote_types(dtype, psi_dtype_of(weight));
    if (weight && bias)
        dtype = psi_promote_types(dtype, psi_dtype_of(bias));
    if (!psi_issubdtype(dtype, PSI_FLOATING))
        return PSI_INVALID("%s: dtype %s; a real floating one is needed", name, psi_dtype_name(dtype));
    weight = weight ? psi_astype(weight, dtype) : psi_scalar(1, dtype);
    bias = bias ? psi_astype(bias, dtype) : psi_scalar(0, dtype);
    return build(op, psi_astype(x, dtype), weight, bias, eps);
}

psi_array psi_fast_rms_norm(psi_array x, psi_array weight, double eps)
{
    return norm(PSI_OP_rms_norm, x, weight, NULL, eps, "rms_norm");
}

psi_array psi_fast_layer_norm(psi_array x, psi_array weight, psi_array bias, double eps)
{
    return norm(PSI_OP_layer_norm, x, weight, bias, eps, "layer_norm");
}

/* ---- rules ---- */

static psi_array mean_last(psi_array a)
{
    return psi_mean(a, PSI_INTS(-1), true);
}

/* A node's parts in a dtype of 32 bits at least: x without its mean where that is taken off, and 1 / its size. */
typedef struct parts {
    psi_dtype wide;
    bool centred;
    psi_array x, weight, factor;
} parts;

static parts parts_of(const psi_node *node, psi_array *in)
{
    parts p = {.wide = psi_promote_types(psi_dtype_of(in[0]), PSI_FLOAT32),
               .centred = node->op == PSI_OP_layer_norm};
    p.x = psi_astype(in[0], p.wide);
    if (p.centred)
        p.x = psi_subtract(p.x, mean_last(p.x));
    p.weight = psi_astype(in[1], p.wide);
    psi_array eps = psi_scalar(psi_attr_real(node, 0), p.wide);
    p.factor = psi_rsqrt(psi_add(mean_last(psi_square(p.x)), eps));
    return p;
}

/* What a change of x does to x * factor; also, as its matrix is symmetric, what a cotangent of that does to x. The mean of t
 * has no part in what lies along x, whose own mean is zero then. */
static psi_array apply_jacobian(const parts *p, psi_array t)
{
    psi_array along = mean_last(psi_multiply(t, p->x)), cube = psi_multiply(p->factor, psi_square(p->factor));
    if (p->centred)
        t = psi_subtract(t, mean_last(t));
    return psi_subtract(psi_multiply(t, p->factor), psi_multiply(psi_multiply(p->x, along), cube));
}

/* The sum over all axes but the last; zero for a parameter that was not given. */
static psi_array for_parameter(psi_array a, psi_array parameter)
{
    if (psi_is_error(a) || parameter->ndim == 0)
        return psi_is_error(a) ? a : NULL;
    psi_array rows =
        psi_reshape(a, PSI_INTS(a->size / (parameter->size ? parameter->size : 1), parameter->size));
    return psi_astype(psi_sum(rows, PSI_INTS(0), false), psi_dtype_of(parameter));
}

static bool norm_vjp(psi_vjp_call *c)
{
    parts p = parts_of(c->node, c->in);
    psi_array g = psi_astype(c->cotangents[0], p.wide);
    if (c->wanted[0])
        c->grads[0] = psi_astype(apply_jacobian(&p, psi_multiply(g, p.weight)), psi_dtype_of(c->in[0]));
    if (c->wanted[1])
        c->grads[1] = for_parameter(psi_multiply(g, psi_multiply(p.x, p.factor)), c->in[1]);
    if (p.centred && c->wanted[2])
        c->grads[2] = for_parameter(g, c->in[2]);
    return !psi_failed();
}

static psi_array sum_of(psi_array a, psi_array b)
{
    return !a ? b : !b ? a : psi_add(a, b);
}

static bool norm_jvp(psi_jvp_call *c)
{
    parts p = parts_of(c->node, c->in);
    psi_array y = NULL;
    if (c->tangents[0])
        y = psi_multiply(apply_jacobian(&p, psi_astype(c->tangents[0], p.wide)), p.weight);
    if (c->tangents[1])
        y = sum_of(y, psi_multiply(psi_multiply(p.x, p.factor), psi_astype(c->tangents[1], p.wide)));
    if (p.centred && c->tangents[2])
        y = sum_of(y, psi_broadcast_to(psi_astype(c->tangents[2], p.wide), psi_shape(p.x)));
    c->out_tangents[0] = y ? psi_astype(y, psi_dtype_of(c->in[0])) : NULL;
    return !psi_failed();
}

/* A mapped parameter, one vector for each entry, to be combined with rows of x's dimensions. */
static psi_array by_entry(const psi_vmap_call *c, int i, int ndim)
{
    int64_t shape[PSI_MAX_NDIM + 1];
    psi_array p = psi_moveaxis(c->in[i], c->axes[i], 0);
    if (psi_is_error(p))
        return p;
    for (int d = 0; d < ndim; d++)
        shape[d] = d == 0 ? p->shape[0] : d == ndim - 1 && p->ndim > 1 ? p->shape[1] : 1;
    return psi_reshape(p, (psi_ints){shape, ndim});
}

/* Parameters that are mapped are applied by ops of their own, as a node knows one vector of each. */
static bool norm_vmap(psi_vmap_call *c)
{
    psi_array x = psi_batch_in(c, 0), one = psi_like(x, 1), zero = psi_like(x, 0);
    bool centred = c->node->op == PSI_OP_layer_norm, own = c->axes[1] >= 0 || (centred && c->axes[2] >= 0);
    psi_array y = build(c->node->op, x, own ? one : c->in[1], own || !centred ? zero : c->in[2],
                        psi_attr_real(c->node, 0));
    if (own && !psi_is_error(y)) {
        y = psi_multiply(y, c->axes[1] >= 0 ? by_entry(c, 1, y->ndim) : c->in[1]);
        if (centred)
            y = psi_add(y, c->axes[2] >= 0 ? by_entry(c, 2, psi_ndim(y)) : c->in[2]);
    }
    return psi_batch_done(c, y);
}

bool psi_rms_norm_vjp(psi_vjp_call *c)
{
    return norm_vjp(c);
}

bool psi_rms_norm_jvp(psi_jvp_call *c)
{
    return norm_jvp(c);
}

bool psi_rms_norm_vmap(psi_vmap_call *c)
{
    return norm_vmap(c);
}

bool psi_layer_norm_vjp(psi_vjp_call *c)
{
    return norm_vjp(c);
}

bool psi_layer_norm_jvp(psi_jvp_call *c)
{
    return norm_jvp(c);
}

bool psi_layer_norm_vmap(psi_vmap_call *c)
{
    return norm_vmap(c);
}
