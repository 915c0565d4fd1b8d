/* view.c: builders and rules of casts, broadcasts and of ops that rearrange axes without touching elements. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

/* ---- astype ---- */

psi_array psi_astype(psi_array a, psi_dtype dtype)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "astype") || !psi_check_dtype(dtype, "astype"))
        return psi_error_array();
    if (a->dtype == dtype)
        return a;
    return psi_build(PSI_OP_astype, PSI_ARRAYS(a), PSI_INTS((int64_t)dtype), psi_shape_of(a), dtype);
}

bool psi_astype_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_astype(c->cotangents[0], psi_dtype_of(c->in[0]));
    return !psi_failed();
}

bool psi_astype_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_astype(c->tangents[0], psi_dtype_of(c->out[0]));
    return !psi_failed();
}

bool psi_astype_vmap(psi_vmap_call *c)
{
    c->out[0] = psi_astype(c->in[0], (psi_dtype)c->node->attr[0]);
    c->out_axes[0] = c->axes[0];
    return !psi_failed();
}

/* ---- copy, stop_gradient ---- */

bool psi_copy_vjp(psi_vjp_call *c)
{
    c->grads[0] = c->cotangents[0];
    return true;
}

bool psi_copy_jvp(psi_jvp_call *c)
{
    c->out_tangents[0] = c->tangents[0];
    return true;
}

bool psi_copy_vmap(psi_vmap_call *c)
{
    c->out[0] = c->in[0];
    c->out_axes[0] = c->axes[0];
    return true;
}

psi_array psi_stop_gradient(psi_array a)
{
    return psi_build(PSI_OP_stop_gradient, PSI_ARRAYS(a), PSI_NONE, psi_shape(a), psi_dtype_of(a));
}

bool psi_stop_gradient_vmap(psi_vmap_call *c)
{
    return psi_copy_vmap(c);
}

/* ---- broadcast ---- */

psi_array psi_expand_to(psi_array a, psi_ints shape)
{
    if (psi_is_error(a) || psi_same_ints(psi_shape_of(a), shape))
        return a;
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, shape);
    return psi_build(PSI_OP_broadcast, PSI_ARRAYS(a), psi_put_done(&attr), shape, psi_dtype_of(a));
}

psi_array psi_expand_with(psi_array a, psi_ints shape, psi_arrays others, int kept)
{
    if (!psi_this_thread.shapeless || psi_is_error(a) || psi_same_ints(psi_shape_of(a), shape))
        return psi_expand_to(a, shape);
    psi_array *in = psi_scope_memory(((size_t)others.count + 1) * sizeof *in);
    psi_attr_builder attr;
    int count = 1;
    attr.count = 0;
    if (!in)
        return psi_error_array();
    in[0] = a;
    for (int i = 0; i < others.count; i++)
        if (others.data[i] != a)
            in[count++] = others.data[i];
    psi_put_list(&attr, shape);
    if (kept)
        psi_put(&attr, kept);
    return psi_build(PSI_OP_broadcast, (psi_arrays){in, count}, psi_put_done(&attr), shape, psi_dtype_of(a));
}

psi_array psi_broadcast_to(psi_array a, psi_ints shape)
{
    int64_t common[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "broadcast_to") || !psi_check_ndim(shape.count, "broadcast_to"))
        return psi_error_array();
    int ndim = psi_broadcast_into(psi_shape_of(a), shape, common, "broadcast_to");
    if (ndim < 0)
        return psi_error_array();
    if (!psi_same_ints((psi_ints){common, ndim}, shape))
        return PSI_INVALID("broadcast_to: shape %s cannot be broadcast to %s", PSI_SHAPE(psi_shape_of(a)),
                           PSI_SHAPE(shape));
    return psi_expand_to(a, shape);
}

/* Sums g over the axes that broadcasting `to` g's shape repeated. */
static psi_array unbroadcast(psi_array g, psi_ints to)
{
    int64_t axes[PSI_MAX_NDIM], leading[PSI_MAX_NDIM];
    int count = 0, extra = psi_ndim(g) - to.count;
    for (int i = 0; i < psi_ndim(g); i++)
        if (i < extra || (to.data[i - extra] == 1 && psi_shape(g).data[i] != 1))
            axes[count++] = i;
    for (int i = 0; i < extra; i++)
        leading[i] = i;
    g = psi_sum(g, (psi_ints){axes, count}, true);
    return extra ? psi_squeeze(g, (psi_ints){leading, extra}) : g;
}

bool psi_broadcast_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = unbroadcast(c->cotangents[0], psi_shape(c->in[0]));
    return !psi_failed();
}

bool psi_broadcast_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_expand_with(c->tangents[0], psi_shape(c->out[0]), PSI_ARRAYS(c->out[0]), 0);
    return !psi_failed();
}

/* The mapped axis at the front, of length 1 where there is none, and new axes between it and `ndim` of the array's own. */
static psi_array mapped_first(psi_array a, int axis, int ndim)
{
    int64_t axes[PSI_MAX_NDIM];
    int gap = 0;
    a = axis < 0 ? psi_expand_dims(a, PSI_INTS(0)) : psi_moveaxis(a, axis, 0);
    while (!psi_is_error(a) && psi_ndim(a) - 1 + gap < ndim) {
        axes[gap] = gap + 1;
        gap++;
    }
    return gap ? psi_expand_dims(a, (psi_ints){axes, gap}) : a;
}

bool psi_broadcast_vmap(psi_vmap_call *c)
{
    psi_ints shape = psi_attr_list(c->node, 0);
    int64_t full[PSI_MAX_NDIM + 1];
    int kept = c->node->attr_count > shape.count + 1 ? (int)c->node->attr[shape.count + 1] : 0;
    psi_arrays in = {psi_scope_memory((size_t)c->node->in_count * sizeof(psi_array)), c->node->in_count};
    if (!in.data)
        return false;
    full[0] = 1;
    for (int i = 0; i < in.count; i++) {
        in.data[i] = mapped_first(c->in[i], c->axes[i], shape.count);
        if (psi_is_error(in.data[i]))
            return false;
        if (c->axes[i] >= 0)
            full[0] = psi_shape(in.data[i]).data[0];
    }
    memcpy(full + 1, shape.data, (size_t)shape.count * sizeof *full);
    psi_ints to = {full, shape.count + 1};
    c->out[0] = in.count > 1 ? psi_expand_with(in.data[0], to, in, kept) : psi_broadcast_to(in.data[0], to);
    c->out_axes[0] = 0;
    return !psi_failed();
}

/* ---- reshape ---- */

psi_array psi_reshape(psi_array a, psi_ints shape)
{
    int64_t full[PSI_MAX_NDIM], known = 1;
    int unknown = -1;
    if (!psi_check_inputs(PSI_ARRAYS(a), "reshape") || !psi_check_ndim(shape.count, "reshape"))
        return psi_error_array();
    for (int i = 0; i < shape.count; i++) {
        full[i] = shape.data[i];
        if (full[i] == -1 && unknown >= 0)
            return PSI_INVALID("reshape: shape %s has more than one -1", PSI_SHAPE(shape));
        if (full[i] == -1)
            unknown = i;
        else if (full[i] < 0 || __builtin_mul_overflow(known, full[i], &known))
            return PSI_INVALID("reshape: shape %s has a negative length or is too large", PSI_SHAPE(shape));
    }
    if (unknown >= 0)
        full[unknown] = known ? a->size / known : 0;
    psi_ints to = {full, shape.count};
    if ((unknown >= 0 && known == 0) || psi_shape_size(to) != a->size)
        return PSI_INVALID("reshape: cannot reshape an array of size %lld into shape %s", (long long)a->size,
                           PSI_SHAPE(shape));
    if (psi_same_ints(psi_shape_of(a), to) && !psi_this_thread.shapeless)
        return a;
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, psi_this_thread.shapeless ? shape : to); /* a length that follows stays open */
    return psi_build(PSI_OP_reshape, PSI_ARRAYS(a), psi_put_done(&attr), to, psi_dtype_of(a));
}

bool psi_reshape_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_reshape(c->cotangents[0], psi_shape(c->in[0]));
    return !psi_failed();
}

bool psi_reshape_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_reshape(c->tangents[0], psi_shape(c->out[0]));
    return !psi_failed();
}

bool psi_reshape_vmap(psi_vmap_call *c)
{
    psi_ints shape = psi_attr_list(c->node, 0);
    int64_t full[PSI_MAX_NDIM + 1];
    psi_array a = psi_moveaxis(c->in[0], c->axes[0], 0);
    if (psi_is_error(a))
        return false;
    full[0] = psi_shape(a).data[0];
    memcpy(full + 1, shape.data, (size_t)shape.count * sizeof *full);
    c->out[0] = psi_reshape(a, (psi_ints){full, shape.count + 1});
    c->out_axes[0] = 0;
    return !psi_failed();
}

/* ---- transpose ---- */

static psi_array permute(psi_array a, const int64_t *axes)
{
    int64_t shape[PSI_MAX_NDIM];
    bool same = true;
    for (int i = 0; i < a->ndim; i++) {
        shape[i] = a->shape[axes[i]];
        same &= axes[i] == i;
    }
    if (same)
        return a;
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, (psi_ints){axes, a->ndim});
    return psi_build(PSI_OP_transpose, PSI_ARRAYS(a), psi_put_done(&attr), (psi_ints){shape, a->ndim},
                     psi_dtype_of(a));
}

psi_array psi_transpose(psi_array a, psi_ints axes)
{
    int64_t full[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "transpose"))
        return psi_error_array();
    if (axes.count >= 0 && axes.count != a->ndim)
        return PSI_INVALID("transpose: %d axes for an array of %d dimensions", axes.count, a->ndim);
    for (int i = 0; axes.count < 0 && i < a->ndim; i++)
        full[i] = a->ndim - 1 - i;
    if (axes.count >= 0 && psi_axes_in_order(axes, a->ndim, full, "transpose") < 0)
        return psi_error_array();
    return permute(a, full);
}

psi_array psi_moveaxis(psi_array a, int64_t source, int64_t destination)
{
    int64_t axes[PSI_MAX_NDIM];
    int n = 0;
    if (!psi_check_inputs(PSI_ARRAYS(a), "moveaxis"))
        return psi_error_array();
    int from = psi_axis_index(source, a->ndim, "moveaxis"),
        to = psi_axis_index(destination, a->ndim, "moveaxis");
    if (from < 0 || to < 0)
        return psi_error_array();
    for (int i = 0; i < a->ndim; i++) {
        if (n == to)
            axes[n++] = from;
        if (i != from)
            axes[n++] = i;
    }
    if (n == to)
        axes[n] = from;
    return permute(a, axes);
}

/* Applies the inverse permutation. */
static psi_array permute_back(psi_array g, psi_ints axes)
{
    int64_t inverse[PSI_MAX_NDIM];
    for (int i = 0; i < axes.count; i++)
        inverse[axes.data[i]] = i;
    return psi_transpose(g, (psi_ints){inverse, axes.count});
}

bool psi_transpose_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = permute_back(c->cotangents[0], psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_transpose_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_transpose(c->tangents[0], psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_transpose_vmap(psi_vmap_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    int64_t full[PSI_MAX_NDIM + 1];
    full[0] = 0;
    for (int i = 0; i < axes.count; i++)
        full[i + 1] = axes.data[i] + 1;
    c->out[0] = psi_transpose(psi_moveaxis(c->in[0], c->axes[0], 0), (psi_ints){full, axes.count + 1});
    c->out_axes[0] = 0;
    return !psi_failed();
}

/* ---- expand_dims ---- */

psi_array psi_expand_dims(psi_array a, psi_ints axes)
{
    int64_t places[PSI_MAX_NDIM], shape[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "expand_dims"))
        return psi_error_array();
    int ndim = a->ndim + (axes.count > 0 ? axes.count : 0);
    if (!psi_check_ndim(ndim, "expand_dims"))
        return psi_error_array();
    if (axes.count <= 0)
        return a;
    int count = psi_axes(axes, ndim, places, "expand_dims");
    if (count < 0)
        return psi_error_array();
    for (int i = 0, next = 0, from = 0; i < ndim; i++)
        shape[i] = next < count && places[next] == i ? (next++, 1) : a->shape[from++];
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, (psi_ints){places, count});
    return psi_build(PSI_OP_expand_dims, PSI_ARRAYS(a), psi_put_done(&attr), (psi_ints){shape, ndim},
                     psi_dtype_of(a));
}

bool psi_expand_dims_vjp(psi_vjp_call *c)
{
    return psi_reshape_vjp(c);
}

bool psi_expand_dims_jvp(psi_jvp_call *c)
{
    return psi_reshape_jvp(c);
}

bool psi_expand_dims_vmap(psi_vmap_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    int64_t shifted[PSI_MAX_NDIM];
    for (int i = 0; i < axes.count; i++)
        shifted[i] = axes.data[i] + 1;
    c->out[0] = psi_expand_dims(psi_moveaxis(c->in[0], c->axes[0], 0), (psi_ints){shifted, axes.count});
    c->out_axes[0] = 0;
    return !psi_failed();
}
