/* slice.c: builders and rules of slices and of updates of slices.
 * Invariant: attributes hold a range that means the same when it is normalised again. */
#include <string.h>

#include <psionic/transforms.h>

#include "core/arith.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/gather.h"

typedef struct range {
    int64_t start[PSI_MAX_NDIM], stop[PSI_MAX_NDIM], stride[PSI_MAX_NDIM], length[PSI_MAX_NDIM];
    int ndim;
    bool reverses, whole; /* some stride is negative; every axis is taken as a whole */
} range;

/* One axis, as NumPy reads i:j:k; the stop stays as given, since -1 means the end before and the place left of 0 after. */
static void normalize(range *r, int i, int64_t n)
{
    int64_t start = r->start[i] < 0 ? r->start[i] + n : r->start[i];
    int64_t stop = r->stop[i] < 0 ? r->stop[i] + n : r->stop[i], step = r->stride[i], room;
    if (step < 0) {
        r->reverses = true;
        start = start < n ? start : n - 1;
        stop = stop > -1 ? stop : -1;
        room = start - stop;
        if (room <= 0)
            start = r->stop[i] = 0;
        step = -step;
    } else {
        start = psi_clamp(start, 0, n);
        room = psi_clamp(stop, 0, n) - start;
    }
    r->start[i] = start;
    r->length[i] = room <= 0 ? 0 : (room - 1) / step + 1;
    if (r->length[i] == 1 && r->stride[i] != 1) {
        r->stride[i] = 1;
        r->stop[i] = start + 1;
    }
    r->whole &= r->length[i] == n;
}

static bool read_range(const char *op, psi_array a, psi_ints start, psi_ints stop, psi_ints strides, range *r)
{
    int n = a->ndim;
    if (start.count != n || stop.count != n || (strides.count >= 0 && strides.count != n)) {
        PSI_INVALID("%s: %d starts, %d stops and %d strides for an array of %d dimensions", op, start.count,
                    stop.count, strides.count < 0 ? n : strides.count, n);
        return false;
    }
    r->ndim = n;
    r->reverses = false;
    r->whole = true;
    for (int i = 0; i < n; i++) {
        r->start[i] = start.data[i];
        r->stop[i] = stop.data[i];
        r->stride[i] = strides.count < 0 ? 1 : strides.data[i];
        if (r->stride[i] == 0 || r->stride[i] == INT64_MIN) {
            PSI_INVALID("%s: stride %lld of axis %d is no stride", op, (long long)r->stride[i], i);
            return false;
        }
        normalize(r, i, a->shape[i]);
    }
    return true;
}

static void put_range(psi_attr_builder *attr, const range *r)
{
    attr->count = 0;
    psi_put_list(attr, (psi_ints){r->start, r->ndim});
    psi_put_list(attr, (psi_ints){r->stop, r->ndim});
    psi_put_list(attr, (psi_ints){r->stride, r->ndim});
}

psi_array psi_slice(psi_array a, psi_ints start, psi_ints stop, psi_ints strides)
{
    range r;
    psi_attr_builder attr;
    if (!psi_check_inputs(PSI_ARRAYS(a), "slice") || !read_range("slice", a, start, stop, strides, &r))
        return psi_error_array();
    if (r.whole && !r.reverses)
        return a;
    put_range(&attr, &r);
    return psi_build(PSI_OP_slice, PSI_ARRAYS(a), psi_put_done(&attr), (psi_ints){r.length, r.ndim},
                     psi_dtype_of(a));
}

psi_array psi_slice_update(psi_array a, psi_array update, psi_ints start, psi_ints stop, psi_ints strides)
{
    range r;
    psi_attr_builder attr;
    if (!psi_check_inputs(PSI_ARRAYS(a, update), "slice_update") ||
        !read_range("slice_update", a, start, stop, strides, &r))
        return psi_error_array();
    update = psi_broadcast_to(psi_astype(update, psi_dtype_of(a)), (psi_ints){r.length, r.ndim});
    if (r.whole && !r.reverses)
        return update;
    put_range(&attr, &r);
    return psi_build(PSI_OP_slice_update, PSI_ARRAYS(a, update), psi_put_done(&attr), psi_shape_of(a),
                     psi_dtype_of(a));
}

/* The three lists of a range node, optionally with a whole first axis of `length` in front. */
typedef struct range_lists {
    int64_t front[3][PSI_MAX_NDIM + 1];
    psi_ints start, stop, strides;
} range_lists;

static void lists_of(const psi_node *node, range_lists *l)
{
    l->start = psi_attr_list(node, 0);
    l->stop = psi_attr_list(node, l->start.count + 1);
    l->strides = psi_attr_list(node, 2 * l->start.count + 2);
}

static void batched_lists(const psi_vmap_call *c, range_lists *l)
{
    lists_of(c->node, l);
    l->start = psi_prepend(0, l->start, l->front[0]);
    l->stop = psi_prepend(psi_batch_length(c), l->stop, l->front[1]);
    l->strides = psi_prepend(1, l->strides, l->front[2]);
}

bool psi_slice_vjp(psi_vjp_call *c)
{
    range_lists l;
    lists_of(c->node, &l);
    if (!c->wanted[0])
        return true;
    psi_array g = c->cotangents[0], sum = psi_take_so_far(c, 0);
    if (sum)
        g = psi_add(psi_slice(sum, l.start, l.stop, l.strides), g);
    else
        sum = psi_zeros_like(c->in[0]);
    c->grads[0] = psi_slice_update(sum, g, l.start, l.stop, l.strides);
    return !psi_failed();
}

bool psi_slice_jvp(psi_jvp_call *c)
{
    range_lists l;
    lists_of(c->node, &l);
    if (c->tangents[0])
        c->out_tangents[0] = psi_slice(c->tangents[0], l.start, l.stop, l.strides);
    return !psi_failed();
}

bool psi_slice_vmap(psi_vmap_call *c)
{
    range_lists l;
    batched_lists(c, &l);
    return psi_batch_done(c, psi_slice(psi_batch_in(c, 0), l.start, l.stop, l.strides));
}

bool psi_slice_update_vjp(psi_vjp_call *c)
{
    range_lists l;
    psi_array g = c->cotangents[0];
    lists_of(c->node, &l);
    if (c->wanted[0])
        c->grads[0] = psi_slice_update(g, psi_like(g, 0), l.start, l.stop, l.strides);
    if (c->wanted[1])
        c->grads[1] = psi_slice(g, l.start, l.stop, l.strides);
    return !psi_failed();
}

/* A tangent, or zeros where it is NULL. */
static psi_array tangent_of(psi_jvp_call *c, int i)
{
    return c->tangents[i] ? c->tangents[i] : psi_zeros_like(c->in[i]);
}

bool psi_slice_update_jvp(psi_jvp_call *c)
{
    range_lists l;
    lists_of(c->node, &l);
    c->out_tangents[0] = psi_slice_update(tangent_of(c, 0), tangent_of(c, 1), l.start, l.stop, l.strides);
    return !psi_failed();
}

bool psi_slice_update_vmap(psi_vmap_call *c)
{
    range_lists l;
    batched_lists(c, &l);
    return psi_batch_done(
        c, psi_slice_update(psi_batch_in(c, 0), psi_batch_in(c, 1), l.start, l.stop, l.strides));
}

/* ---- slices that start where an array says ---- */

/* Axes normalised into `out`; their number, or -1 with an error when start does not fit them. */
static int dynamic_axes(const char *op, psi_array a, psi_array start, psi_ints axes, int64_t *out)
{
    if (start->ndim > 1 || start->size != axes.count) {
        PSI_INVALID("%s: starts of shape %s for %d axes", op, PSI_SHAPE(psi_shape_of(start)), axes.count);
        return -1;
    }
    if (!psi_issubdtype(psi_dtype_of(start), PSI_INTEGER)) {
        PSI_INVALID("%s: starts are integers, not %s", op, psi_dtype_name(psi_dtype_of(start)));
        return -1;
    }
    return psi_axes_in_order(axes, a->ndim, out, op);
}

psi_array psi_slice_dynamic(psi_array a, psi_array start, psi_ints axes, psi_ints slice_size)
{
    int64_t places[PSI_MAX_NDIM];
    psi_attr_builder attr;
    attr.count = 0;
    if (!psi_check_inputs(PSI_ARRAYS(a, start), "slice"))
        return psi_error_array();
    int count = dynamic_axes("slice", a, start, axes, places);
    if (count < 0)
        return psi_error_array();
    bool fits = slice_size.count == a->ndim;
    for (int i = 0; fits && i < a->ndim; i++)
        fits = slice_size.data[i] >= 0 && slice_size.data[i] <= a->shape[i];
    if (!fits)
        return PSI_INVALID("slice: a part of size %s does not fit an array of shape %s",
                           PSI_SHAPE(slice_size), PSI_SHAPE(psi_shape_of(a)));
    psi_put_list(&attr, (psi_ints){places, count});
    psi_put_list(&attr, slice_size);
    return psi_build(PSI_OP_dynamic_slice, PSI_ARRAYS(a, start), psi_put_done(&attr), slice_size,
                     psi_dtype_of(a));
}

psi_array psi_slice_update_dynamic(psi_array a, psi_array update, psi_array start, psi_ints axes)
{
    int64_t places[PSI_MAX_NDIM], shape[PSI_MAX_NDIM];
    psi_attr_builder attr;
    attr.count = 0;
    if (!psi_check_inputs(PSI_ARRAYS(a, update, start), "slice_update"))
        return psi_error_array();
    int count = dynamic_axes("slice_update", a, start, axes, places), gap = a->ndim - update->ndim;
    if (count < 0)
        return psi_error_array();
    if (gap < 0)
        return PSI_INVALID("slice_update: an update of %d dimensions for an array of %d", update->ndim,
                           a->ndim);
    for (int i = 0; i < a->ndim; i++) {
        shape[i] = i < gap ? a->shape[i] : update->shape[i - gap];
        shape[i] = shape[i] < a->shape[i] ? shape[i] : a->shape[i];
    }
    for (int i = 0; i < count; i++)
        if (places[i] < gap)
            shape[places[i]] = 1;
    psi_put_list(&attr, (psi_ints){places, count});
    update = psi_broadcast_to(psi_astype(update, psi_dtype_of(a)), (psi_ints){shape, a->ndim});
    return psi_build(PSI_OP_dynamic_slice_update, PSI_ARRAYS(a, update, start), psi_put_done(&attr),
                     psi_shape_of(a), psi_dtype_of(a));
}

/* Starts that differ along the mapped axis are indices: one list for each sliced axis, behind that of the entries, along
 * axes that have been shifted; in `axes` the entries' own comes first. */
static psi_arrays starts_as_indices(const psi_vmap_call *c, int which, psi_ints *axes, int64_t *room)
{
    psi_arrays indices = psi_arrays_new(axes->count + 1);
    psi_array start = psi_batch_in(c, which);
    int64_t n = psi_batch_length(c);
    if (!indices.data || psi_failed())
        return (psi_arrays){NULL, 0};
    start = psi_reshape(start, PSI_INTS(n, axes->count));
    indices.data[0] = psi_positions_like(start, n, 1);
    for (int i = 0; i < axes->count; i++)
        indices.data[i + 1] = psi_take_index(start, i, 1);
    *axes = psi_prepend(0, *axes, room);
    return psi_failed() ? (psi_arrays){NULL, 0} : indices;
}

bool psi_dynamic_slice_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_slice_update_dynamic(psi_zeros_like(c->in[0]), c->cotangents[0], c->in[1],
                                               psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_dynamic_slice_jvp(psi_jvp_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    if (c->tangents[0])
        c->out_tangents[0] =
            psi_slice_dynamic(c->tangents[0], c->in[1], axes, psi_attr_list(c->node, axes.count + 1));
    return !psi_failed();
}

bool psi_dynamic_slice_vmap(psi_vmap_call *c)
{
    int64_t shifted[PSI_MAX_NDIM], size[PSI_MAX_NDIM + 1], room[PSI_MAX_NDIM + 1];
    psi_ints axes = psi_attr_list(c->node, 0), part = psi_attr_list(c->node, axes.count + 1);
    axes = psi_shift_axes(axes, shifted);
    if (c->axes[1] < 0)
        return psi_batch_done(c, psi_slice_dynamic(psi_batch_in(c, 0), c->in[1], axes,
                                                   psi_prepend(psi_batch_length(c), part, size)));
    psi_arrays starts = starts_as_indices(c, 1, &axes, room);
    if (!starts.count)
        return false;
    psi_array slices = psi_gather(psi_batch_in(c, 0), starts, axes, psi_prepend(1, part, size));
    return psi_batch_done(c, psi_squeeze(slices, PSI_INTS(1)));
}

bool psi_dynamic_slice_update_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[0];
    psi_ints axes = psi_attr_list(c->node, 0);
    if (c->wanted[0])
        c->grads[0] = psi_slice_update_dynamic(g, psi_zeros_like(c->in[1]), c->in[2], axes);
    if (c->wanted[1])
        c->grads[1] = psi_slice_dynamic(g, c->in[2], axes, psi_shape(c->in[1]));
    return !psi_failed();
}

bool psi_dynamic_slice_update_jvp(psi_jvp_call *c)
{
    if (!c->tangents[0] && !c->tangents[1])
        return true;
    c->out_tangents[0] =
        psi_slice_update_dynamic(tangent_of(c, 0), tangent_of(c, 1), c->in[2], psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_dynamic_slice_update_vmap(psi_vmap_call *c)
{
    int64_t shifted[PSI_MAX_NDIM], room[PSI_MAX_NDIM + 1];
    psi_ints axes = psi_shift_axes(psi_attr_list(c->node, 0), shifted);
    psi_array a = psi_batch_in(c, 0), update = psi_batch_in(c, 1);
    if (c->axes[2] < 0)
        return psi_batch_done(c, psi_slice_update_dynamic(a, update, c->in[2], axes));
    psi_arrays starts = starts_as_indices(c, 2, &axes, room);
    return starts.count > 0 &&
           psi_batch_done(c, psi_scatter(a, starts, psi_expand_dims(update, PSI_INTS(1)), axes));
}
