/* axes.c: builders and rules of ops that drop, join, cut or swap axes without moving elements. */
#include <string.h>

#include "core/arith.h"
#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

/* ---- squeeze ---- */

psi_array psi_squeeze(psi_array a, psi_ints axes)
{
    int64_t dropped[PSI_MAX_NDIM], shape[PSI_MAX_NDIM];
    int count = 0, left = 0;
    if (!psi_check_inputs(PSI_ARRAYS(a), "squeeze"))
        return psi_error_array();
    if (axes.count >= 0)
        count = psi_axes(axes, a->ndim, dropped, "squeeze");
    for (int i = 0; axes.count < 0 && i < a->ndim; i++)
        if (a->shape[i] == 1)
            dropped[count++] = i;
    if (count < 0)
        return psi_error_array();
    if (count == 0)
        return a;
    for (int i = 0, next = 0; i < a->ndim; i++) {
        if (next == count || dropped[next] != i) {
            shape[left++] = a->shape[i];
            continue;
        }
        next++;
        if (a->shape[i] != 1)
            return PSI_INVALID("squeeze: axis %d has length %lld, not 1", i, (long long)a->shape[i]);
    }
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, (psi_ints){dropped, count});
    return psi_build(PSI_OP_squeeze, PSI_ARRAYS(a), psi_put_done(&attr), (psi_ints){shape, left},
                     psi_dtype_of(a));
}

bool psi_squeeze_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_expand_dims(c->cotangents[0], psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_squeeze_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_squeeze(c->tangents[0], psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_squeeze_vmap(psi_vmap_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    int64_t shifted[PSI_MAX_NDIM];
    psi_array a = psi_moveaxis(c->in[0], c->axes[0], 0);
    return psi_batch_done(c, psi_squeeze(a, psi_shift_axes(axes, shifted)));
}

/* ---- flatten ---- */

psi_array psi_flatten(psi_array a, int64_t start_axis, int64_t end_axis)
{
    int64_t shape[PSI_MAX_NDIM];
    int n = 0;
    if (!psi_check_inputs(PSI_ARRAYS(a), "flatten"))
        return psi_error_array();
    if (a->ndim == 0)
        return psi_reshape(a, PSI_INTS(1));
    int64_t start = start_axis < 0 ? start_axis + a->ndim : start_axis;
    int64_t end = end_axis < 0 ? end_axis + a->ndim : end_axis;
    if (start >= a->ndim || end < 0 || (start < 0 ? 0 : start) > end)
        return PSI_INVALID("flatten: axes %lld to %lld are no range of an array of %d dimensions",
                           (long long)start_axis, (long long)end_axis, a->ndim);
    start = psi_clamp(start, 0, a->ndim - 1);
    end = psi_clamp(end, 0, a->ndim - 1);
    if (start == end)
        return a;
    for (int i = 0; i < a->ndim; i++)
        if (i > start && i <= end)
            shape[n - 1] *= a->shape[i];
        else
            shape[n++] = a->shape[i];
    return psi_build(PSI_OP_flatten, PSI_ARRAYS(a), PSI_INTS(start, end), (psi_ints){shape, n},
                     psi_dtype_of(a));
}

bool psi_flatten_vjp(psi_vjp_call *c)
{
    return psi_reshape_vjp(c);
}

bool psi_flatten_jvp(psi_jvp_call *c)
{
    return psi_reshape_jvp(c);
}

bool psi_flatten_vmap(psi_vmap_call *c)
{
    const int64_t *attr = c->node->attr;
    return psi_batch_done(c, psi_flatten(psi_moveaxis(c->in[0], c->axes[0], 0), attr[0] + 1, attr[1] + 1));
}

/* ---- unflatten ---- */

/* The given lengths with the one that is -1 found; false with an error when they do not make up `length`. */
static bool complete(psi_ints shape, int64_t length, int64_t *out)
{
    int64_t known = 1;
    int unknown = -1;
    for (int i = 0; i < shape.count; i++) {
        out[i] = shape.data[i];
        if (out[i] == -1 && unknown >= 0) {
            PSI_INVALID("unflatten: shape %s has more than one -1", PSI_SHAPE(shape));
            return false;
        }
        if (out[i] == -1)
            unknown = i;
        else if (out[i] < 0 || __builtin_mul_overflow(known, out[i], &known))
            known = -1;
        if (known < 0)
            break;
    }
    if (known > 0 && unknown >= 0 && length % known == 0) {
        out[unknown] = length / known;
        known = length;
    }
    if (known == length && (unknown < 0 || known > 0 || out[unknown] >= 0))
        return true;
    PSI_INVALID("unflatten: an axis of length %lld cannot be cut into shape %s", (long long)length,
                PSI_SHAPE(shape));
    return false;
}

psi_array psi_unflatten(psi_array a, int64_t axis, psi_ints shape)
{
    int64_t cut[PSI_MAX_NDIM], full[2 * PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "unflatten"))
        return psi_error_array();
    if (shape.count <= 0 || shape.count > PSI_MAX_NDIM)
        return PSI_INVALID("unflatten: a shape has 1 to %d dimensions, not %d", PSI_MAX_NDIM, shape.count);
    int at = psi_axis(axis, a->ndim, "unflatten");
    if (at < 0 || !complete(shape, a->shape[at], cut))
        return psi_error_array();
    if (shape.count == 1)
        return a;
    memcpy(full, a->shape, (size_t)at * sizeof *full);
    memcpy(full + at, cut, (size_t)shape.count * sizeof *full);
    memcpy(full + at + shape.count, a->shape + at + 1, (size_t)(a->ndim - at - 1) * sizeof *full);
    psi_attr_builder attr;
    attr.count = 0;
    psi_put(&attr, at);
    psi_put_list(&attr, psi_this_thread.shapeless ? shape : (psi_ints){cut, shape.count});
    return psi_build(PSI_OP_unflatten, PSI_ARRAYS(a), psi_put_done(&attr),
                     (psi_ints){full, a->ndim - 1 + shape.count}, psi_dtype_of(a));
}

bool psi_unflatten_vjp(psi_vjp_call *c)
{
    return psi_reshape_vjp(c);
}

bool psi_unflatten_jvp(psi_jvp_call *c)
{
    return psi_reshape_jvp(c);
}

bool psi_unflatten_vmap(psi_vmap_call *c)
{
    psi_array a = psi_moveaxis(c->in[0], c->axes[0], 0);
    return psi_batch_done(c, psi_unflatten(a, c->node->attr[0] + 1, psi_attr_list(c->node, 1)));
}

/* ---- compositions ---- */

psi_array psi_swapaxes(psi_array a, int64_t axis1, int64_t axis2)
{
    int64_t order[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "swapaxes"))
        return psi_error_array();
    int first = psi_axis_index(axis1, a->ndim, "swapaxes");
    int second = psi_axis_index(axis2, a->ndim, "swapaxes");
    if (first < 0 || second < 0)
        return psi_error_array();
    for (int i = 0; i < a->ndim; i++)
        order[i] = i == first ? second : i == second ? first : i;
    return psi_transpose(a, (psi_ints){order, a->ndim});
}

psi_array psi_atleast_1d(psi_array a)
{
    return psi_ndim(a) < 1 ? psi_reshape(a, PSI_INTS(1)) : a;
}

psi_array psi_atleast_2d(psi_array a)
{
    return psi_ndim(a) < 2 ? psi_reshape(a, PSI_INTS(1, psi_size(a))) : a;
}

psi_array psi_atleast_3d(psi_array a)
{
    if (psi_ndim(a) < 2)
        return psi_reshape(a, PSI_INTS(1, psi_size(a), 1));
    return psi_ndim(a) == 2 ? psi_reshape(a, PSI_INTS(psi_shape(a).data[0], psi_shape(a).data[1], 1)) : a;
}
