/* reduce.c: builders and rules of reductions. A Reduce node keeps reduced axes at length 1; dropping them is a reshape. */
#include "ops/reduce.h"

#include "core/thread.h"
#include "ops/build.h"

psi_dtype psi_sum_dtype(psi_dtype dtype)
{
    switch (dtype) {
    case PSI_BOOL:
    case PSI_INT8:
    case PSI_INT16:
        return PSI_INT32;
    case PSI_UINT8:
    case PSI_UINT16:
        return PSI_UINT32;
    default:
        return dtype;
    }
}

psi_dtype psi_at_least_float(psi_dtype dtype)
{
    return psi_issubdtype(dtype, PSI_INEXACT) ? dtype : PSI_FLOAT32;
}

static const char *const names[] = {
    [PSI_REDUCE_AND] = "all",   [PSI_REDUCE_OR] = "any",  [PSI_REDUCE_SUM] = "sum",
    [PSI_REDUCE_PROD] = "prod", [PSI_REDUCE_MIN] = "min", [PSI_REDUCE_MAX] = "max"};

static psi_dtype result_dtype(int kind, psi_dtype in)
{
    if (kind == PSI_REDUCE_AND || kind == PSI_REDUCE_OR)
        return PSI_BOOL;
    return kind == PSI_REDUCE_SUM || kind == PSI_REDUCE_PROD ? psi_sum_dtype(in) : in;
}

int psi_reduced_axes(psi_ints axes, int ndim, int64_t *out, const char *name)
{
    for (int i = 0; i < axes.count; i++)
        if (psi_axis_index(axes.data[i], ndim, name) < 0)
            return -1;
    return psi_axes(axes, ndim, out, name);
}

/* A Reduce node, its axes kept or squeezed away. Without axes the operand is the result, as upstream has it. */
static psi_array build_reduce(int kind, psi_array a, psi_ints axes, bool keepdims)
{
    int64_t sorted[PSI_MAX_NDIM], kept[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), names[kind]))
        return psi_error_array();
    int count = psi_reduced_axes(axes, a->ndim, sorted, names[kind]);
    if (count < 0)
        return psi_error_array();
    for (int i = 0, next = 0; i < a->ndim; i++) {
        bool reduced = next < count && sorted[next] == i;
        next += reduced;
        kept[i] = reduced ? 1 : a->shape[i];
    }
    psi_dtype dtype = result_dtype(kind, (psi_dtype)a->dtype);
    if (count == 0)
        return dtype == PSI_BOOL ? psi_astype(a, dtype) : a;
    psi_attr_builder attr;
    attr.count = 0;
    psi_put(&attr, kind);
    psi_put_list(&attr, (psi_ints){sorted, count});
    psi_array y =
        psi_build(PSI_OP_reduce, PSI_ARRAYS(a), psi_put_done(&attr), (psi_ints){kept, a->ndim}, dtype);
    return keepdims ? y : psi_squeeze(y, (psi_ints){sorted, count});
}

psi_array psi_sum(psi_array a, psi_ints axes, bool keepdims)
{
    return build_reduce(PSI_REDUCE_SUM, a, axes, keepdims);
}

psi_array psi_prod(psi_array a, psi_ints axes, bool keepdims)
{
    return build_reduce(PSI_REDUCE_PROD, a, axes, keepdims);
}

psi_array psi_all(psi_array a, psi_ints axes, bool keepdims)
{
    return build_reduce(PSI_REDUCE_AND, a, axes, keepdims);
}

psi_array psi_any(psi_array a, psi_ints axes, bool keepdims)
{
    return build_reduce(PSI_REDUCE_OR, a, axes, keepdims);
}

static psi_array build_extreme(int kind, psi_array a, psi_ints axes, bool keepdims)
{
    return psi_check_not_empty(a, names[kind]) ? build_reduce(kind, a, axes, keepdims) : psi_error_array();
}

psi_array psi_min(psi_array a, psi_ints axes, bool keepdims)
{
    return build_extreme(PSI_REDUCE_MIN, a, axes, keepdims);
}

psi_array psi_max(psi_array a, psi_ints axes, bool keepdims)
{
    return build_extreme(PSI_REDUCE_MAX, a, axes, keepdims);
}

/* ---- rules ---- */

/* Kept axes, then reduced ones; returns the number of kept ones. */
static int kept_first(int ndim, psi_ints axes, int64_t *order)
{
    int kept = 0, next = 0;
    for (int i = 0; i < ndim; i++) {
        if (next < axes.count && axes.data[next] == i)
            next++;
        else
            order[kept++] = i;
    }
    for (int i = 0; i < axes.count; i++)
        order[kept + i] = axes.data[i];
    return kept;
}

/* Reduced axes (sorted) moved to the end and made one. */
static psi_array flatten_axes(psi_array a, psi_ints axes)
{
    int64_t order[PSI_MAX_NDIM], shape[PSI_MAX_NDIM];
    int kept = kept_first(psi_ndim(a), axes, order);
    shape[kept] = 1;
    for (int i = 0; i < psi_ndim(a); i++) {
        int64_t length = psi_shape(a).data[order[i]];
        if (i < kept)
            shape[i] = length;
        else
            shape[kept] *= length;
    }
    return psi_reshape(psi_transpose(a, (psi_ints){order, psi_ndim(a)}), (psi_ints){shape, kept + 1});
}

/* The same undone, for an array of that shape. */
static psi_array unflatten_axes(psi_array flat, psi_ints shape, psi_ints axes)
{
    int64_t order[PSI_MAX_NDIM], moved[PSI_MAX_NDIM], back[PSI_MAX_NDIM];
    kept_first(shape.count, axes, order);
    for (int i = 0; i < shape.count; i++) {
        moved[i] = shape.data[order[i]];
        back[order[i]] = i;
    }
    return psi_transpose(psi_reshape(flat, (psi_ints){moved, shape.count}), (psi_ints){back, shape.count});
}

/* The product of all other elements along the last axis: no division, so that zeros are right. */
static psi_array product_of_others(psi_array x)
{
    return psi_multiply(psi_cumprod(x, -1, false, false), psi_cumprod(x, -1, true, false));
}

/* Sum: the cotangent spread over the reduced axes again. Product: times the other elements. Min and max: shared
 * among the elements that reach it. */
bool psi_reduce_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[0], x = c->in[0];
    psi_ints axes = psi_attr_list(c->node, 1);
    int kind = (int)c->node->attr[0];
    if (!c->wanted[0])
        return true;
    if (kind == PSI_REDUCE_SUM) {
        c->grads[0] = psi_expand_with(psi_astype(g, psi_dtype_of(x)), psi_shape(x), PSI_ARRAYS(x), 0);
    } else if (kind == PSI_REDUCE_PROD) {
        psi_array others = psi_conjugated(product_of_others(flatten_axes(x, axes)));
        psi_array flat = psi_multiply(others, flatten_axes(g, axes));
        c->grads[0] = unflatten_axes(flat, psi_shape(x), axes);
    } else if (kind == PSI_REDUCE_MIN || kind == PSI_REDUCE_MAX) {
        psi_array mask = psi_equal(x, c->out[0]);
        c->grads[0] = psi_multiply(psi_divide(g, psi_sum(mask, axes, true)), mask);
    }
    return !psi_failed();
}

/* Along a flattened last axis: 1 where the first element equal to the result stands. */
static psi_array first_match(psi_array x, psi_array y)
{
    psi_array match = psi_equal(x, y);
    return psi_logical_and(match,
                           psi_equal(psi_cumsum(match, -1, false, false), psi_scalar_int(0, PSI_INT32)));
}

bool psi_reduce_jvp(psi_jvp_call *c)
{
    psi_array t = c->tangents[0], x = c->in[0], y = c->out[0];
    psi_ints axes = psi_attr_list(c->node, 1);
    int kind = (int)c->node->attr[0];
    if (!t || kind == PSI_REDUCE_AND || kind == PSI_REDUCE_OR)
        return true;
    if (kind == PSI_REDUCE_SUM) {
        c->out_tangents[0] = psi_sum(t, axes, true);
        return !psi_failed();
    }
    psi_array flat = flatten_axes(x, axes), moved = flatten_axes(t, axes);
    if (kind == PSI_REDUCE_PROD)
        moved = psi_multiply(product_of_others(flat), moved);
    else
        moved = psi_where(first_match(flat, flatten_axes(y, axes)), moved, psi_like(moved, 0));
    c->out_tangents[0] = psi_reshape(psi_sum(moved, PSI_INTS(-1), false), psi_shape(y));
    return !psi_failed();
}

bool psi_reduce_vmap(psi_vmap_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 1);
    int64_t shifted[PSI_MAX_NDIM];
    psi_array a = psi_moveaxis(c->in[0], c->axes[0], 0);
    if (psi_is_error(a))
        return false;
    for (int i = 0; i < axes.count; i++)
        shifted[i] = axes.data[i] + 1;
    c->out[0] = build_reduce((int)c->node->attr[0], a, (psi_ints){shifted, axes.count}, true);
    c->out_axes[0] = 0;
    return !psi_failed();
}
