/* scatter.c: builders and rules of scatters: updates put, or reduced, where index arrays say. */
#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/gather.h"
#include "ops/rules.h"

/* ---- scatter ---- */

static psi_array build_scatter(psi_scatter_kind kind, psi_arrays in, psi_ints axes)
{
    psi_attr_builder attr;
    attr.count = 0;
    psi_put(&attr, kind);
    psi_put_list(&attr, axes);
    return psi_build(PSI_OP_scatter, in, psi_put_done(&attr), psi_shape(in.data[0]),
                     psi_dtype_of(in.data[0]));
}

/* Updates have the indices' shape, then for each axis of the array a length that fits. */
static bool check_updates(psi_array a, psi_array index, psi_array updates)
{
    int lead = index ? index->ndim : 0;
    bool fits = updates->ndim == a->ndim + lead;
    for (int i = 0; fits && i < updates->ndim; i++)
        fits = i < lead ? updates->shape[i] == index->shape[i] : updates->shape[i] <= a->shape[i - lead];
    if (!fits)
        PSI_INVALID("scatter: updates of shape %s for indices of shape %s into an array of shape %s",
                    PSI_SHAPE(psi_shape_of(updates)), index ? PSI_SHAPE(psi_shape_of(index)) : "()",
                    PSI_SHAPE(psi_shape_of(a)));
    return fits;
}

static psi_array scatter(psi_scatter_kind kind, psi_array a, psi_arrays indices, psi_array updates,
                         psi_ints axes)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, updates), "scatter"))
        return psi_error_array();
    psi_arrays in = psi_index_operands("scatter", a, indices, axes, 1);
    if (!in.count || !check_updates(a, indices.count ? in.data[1] : NULL, updates))
        return psi_error_array();
    in.data[in.count - 1] = psi_astype(updates, psi_dtype_of(a));
    return build_scatter(kind, in, axes);
}

psi_array psi_scatter(psi_array a, psi_arrays indices, psi_array updates, psi_ints axes)
{
    return scatter(PSI_SCATTER_NONE, a, indices, updates, axes);
}

psi_array psi_scatter_add(psi_array a, psi_arrays indices, psi_array updates, psi_ints axes)
{
    return scatter(PSI_SCATTER_SUM, a, indices, updates, axes);
}

psi_array psi_scatter_prod(psi_array a, psi_arrays indices, psi_array updates, psi_ints axes)
{
    return scatter(PSI_SCATTER_PROD, a, indices, updates, axes);
}

psi_array psi_scatter_max(psi_array a, psi_arrays indices, psi_array updates, psi_ints axes)
{
    return scatter(PSI_SCATTER_MAX, a, indices, updates, axes);
}

psi_array psi_scatter_min(psi_array a, psi_arrays indices, psi_array updates, psi_ints axes)
{
    return scatter(PSI_SCATTER_MIN, a, indices, updates, axes);
}

/* The slices of `a` that the updates of a scatter went to. */
static psi_array gathered(psi_vjp_call *c, psi_array a)
{
    psi_array updates = c->in[c->node->in_count - 1];
    psi_ints shape = psi_shape(updates);
    int lead = shape.count - psi_ndim(a);
    return psi_gather(a, (psi_arrays){c->in + 1, c->node->in_count - 2}, psi_attr_list(c->node, 1),
                      (psi_ints){shape.data + lead, psi_ndim(a)});
}

/* An update's factor is the product of the others that met it: all but it where none is zero, and of the others where it
 * alone is. */
static psi_array product_gradient(psi_vjp_call *c, psi_arrays indices)
{
    psi_array updates = c->in[c->node->in_count - 1], one = psi_like(updates, 1);
    psi_ints axes = psi_attr_list(c->node, 1);
    psi_array gone = psi_equal(updates, psi_like(updates, 0)), safe = psi_where(gone, one, updates);
    psi_array zeros = psi_astype(psi_zeros_like(c->in[0]), PSI_INT32);
    psi_array count = gathered(c, psi_scatter_add(zeros, indices, gone, axes));
    psi_array others = gathered(c, psi_scatter_prod(c->in[0], indices, safe, axes));
    others = psi_astype(psi_divide(others, safe), psi_dtype_of(updates));
    others = psi_where(psi_equal(count, psi_astype(gone, PSI_INT32)), others, psi_like(updates, 0));
    return psi_multiply(gathered(c, c->cotangents[0]), psi_conjugated(others));
}

static bool product_vjp(psi_vjp_call *c, psi_arrays indices)
{
    psi_array updates = c->in[c->node->in_count - 1];
    if (c->wanted[0]) {
        psi_array factor =
            psi_scatter_prod(psi_ones_like(c->in[0]), indices, updates, psi_attr_list(c->node, 1));
        c->grads[0] = psi_multiply(c->cotangents[0], psi_conjugated(factor));
    }
    if (c->wanted[c->node->in_count - 1])
        c->grads[c->node->in_count - 1] = product_gradient(c, indices);
    return !psi_failed();
}

bool psi_scatter_vjp(psi_vjp_call *c)
{
    psi_scatter_kind kind = (psi_scatter_kind)c->node->attr[0];
    int last = c->node->in_count - 1;
    psi_array g = c->cotangents[0], updates = c->in[last];
    psi_arrays indices = {c->in + 1, last - 1};
    bool extreme = kind == PSI_SCATTER_MAX || kind == PSI_SCATTER_MIN;
    if (kind == PSI_SCATTER_PROD)
        return product_vjp(c, indices);
    if (c->wanted[0] && extreme)
        c->grads[0] = psi_where(psi_equal(c->out[0], c->in[0]), g, psi_like(g, 0));
    else if (c->wanted[0])
        c->grads[0] = kind == PSI_SCATTER_SUM
                          ? g
                          : psi_scatter(g, indices, psi_zeros_like(updates), psi_attr_list(c->node, 1));
    if (c->wanted[last])
        c->grads[last] = gathered(c, g);
    if (c->wanted[last] && extreme)
        c->grads[last] = psi_multiply(c->grads[last], psi_equal(gathered(c, c->out[0]), updates));
    return !psi_failed();
}

/* Putting and adding are linear in array and updates. */
bool psi_scatter_jvp(psi_jvp_call *c)
{
    psi_scatter_kind kind = (psi_scatter_kind)c->node->attr[0];
    int last = c->node->in_count - 1;
    psi_array ta = c->tangents[0], tu = c->tangents[last];
    if (!ta && !tu)
        return true;
    c->transpose = kind != PSI_SCATTER_NONE && kind != PSI_SCATTER_SUM;
    if (c->transpose)
        return true;
    c->out_tangents[0] = scatter(kind, ta ? ta : psi_zeros_like(c->in[0]), (psi_arrays){c->in + 1, last - 1},
                                 tu ? tu : psi_zeros_like(c->in[last]), psi_attr_list(c->node, 1));
    return !psi_failed();
}

/* Every operand is mapped along its first axis; the place in it is one more index. */
bool psi_scatter_vmap(psi_vmap_call *c)
{
    int64_t axes[PSI_MAX_NDIM + 1];
    int count = c->node->in_count - 2;
    psi_ints own = psi_shift_axes(psi_attr_list(c->node, 1), axes);
    psi_array a = psi_batch_in(c, 0), updates = psi_batch_in(c, count + 1);
    psi_arrays indices = psi_arrays_new(count + 1);
    if (!indices.data)
        return false;
    for (int i = 0; i < count; i++)
        indices.data[i] = psi_batch_in(c, i + 1);
    if (psi_failed())
        return false;
    int ndim = count ? psi_ndim(indices.data[0]) : 1;
    psi_array positions = psi_positions(0, psi_batch_length(c), 0, ndim);
    indices.data[count] = count ? psi_positions_like(indices.data[0], psi_batch_length(c), ndim) : positions;
    axes[own.count] = 0;
    updates = psi_expand_dims(updates, PSI_INTS(ndim)); /* the slice's length of 1 along the mapped axis */
    return psi_batch_done(
        c, scatter((psi_scatter_kind)c->node->attr[0], a, indices, updates, (psi_ints){axes, own.count + 1}));
}

/* ---- along an axis ---- */

enum { AXIS_SUM, AXIS_NONE }; /* upstream's numbers for ScatterAxis */

psi_array psi_build_scatter_axis(psi_scatter_kind kind, psi_array a, psi_array indices, psi_array updates,
                                 int axis)
{
    return psi_build(PSI_OP_scatter_axis, PSI_ARRAYS(a, indices, updates),
                     PSI_INTS(kind == PSI_SCATTER_SUM ? AXIS_SUM : AXIS_NONE, axis), psi_shape(a),
                     psi_dtype_of(a));
}

static psi_array scatter_axis(const char *op, psi_scatter_kind kind, psi_array a, psi_array indices,
                              psi_array values, int64_t axis)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, indices, values), op))
        return psi_error_array();
    int at = psi_axis(axis, a->ndim, op);
    if (at < 0)
        return psi_error_array();
    if (indices->ndim != a->ndim)
        return PSI_INVALID("%s: indices of %d dimensions for an array of %d", op, indices->ndim, a->ndim);
    if (a->size == 0)
        return a; /* whatever the dtype of the indices: that of an empty list is float32 */
    if (!psi_check_index_dtype(indices, op))
        return psi_error_array();
    values = psi_astype(values, psi_dtype_of(a));
    int64_t lead[PSI_MAX_NDIM];
    int extra = psi_ndim(values) - a->ndim;
    for (int i = 0; i < extra; i++)
        lead[i] = i;
    if (extra > 0)
        values = psi_squeeze(values, (psi_ints){lead, extra});
    psi_arrays both = psi_broadcast_arrays(PSI_ARRAYS(indices, values));
    if (!both.count)
        return psi_error_array();
    psi_array in[3] = {a, both.data[0], both.data[1]};
    return psi_broadcast_but_axis(op, in, 3, at) ? psi_build_scatter_axis(kind, in[0], in[1], in[2], at)
                                                 : psi_error_array();
}

psi_array psi_put_along_axis(psi_array a, psi_array indices, psi_array values, int64_t axis)
{
    const char *op = "put_along_axis";
    if (axis != PSI_NO_INT)
        return scatter_axis(op, PSI_SCATTER_NONE, a, indices, values, axis);
    if (!psi_check_inputs(PSI_ARRAYS(a, indices), op))
        return psi_error_array();
    psi_array flat = psi_flatten(a, 0, -1);
    return psi_reshape(scatter_axis(op, PSI_SCATTER_NONE, flat, psi_flatten(indices, 0, -1), values, 0),
                       psi_shape(a));
}

psi_array psi_scatter_add_axis(psi_array a, psi_array indices, psi_array values, int64_t axis)
{
    return scatter_axis("scatter_add_axis", PSI_SCATTER_SUM, a, indices, values, axis);
}

static psi_scatter_kind axis_kind(const psi_node *node)
{
    return node->attr[0] == AXIS_SUM ? PSI_SCATTER_SUM : PSI_SCATTER_NONE;
}

bool psi_scatter_axis_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[0];
    int axis = (int)c->node->attr[1];
    if (c->wanted[0])
        c->grads[0] = axis_kind(c->node) == PSI_SCATTER_SUM
                          ? g
                          : psi_put_along_axis(g, c->in[1], psi_zeros_like(c->in[2]), axis);
    if (c->wanted[2])
        c->grads[2] = psi_take_along_axis(g, c->in[1], axis);
    return !psi_failed();
}

bool psi_scatter_axis_jvp(psi_jvp_call *c)
{
    psi_array ta = c->tangents[0], tu = c->tangents[2];
    if (ta || tu)
        c->out_tangents[0] =
            psi_build_scatter_axis(axis_kind(c->node), ta ? ta : psi_zeros_like(c->in[0]), c->in[1],
                                   tu ? tu : psi_zeros_like(c->in[2]), (int)c->node->attr[1]);
    return !psi_failed();
}

bool psi_scatter_axis_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c,
                          psi_build_scatter_axis(axis_kind(c->node), psi_batch_in(c, 0), psi_batch_in(c, 1),
                                                 psi_batch_in(c, 2), (int)c->node->attr[1] + 1));
}

/* ---- a view of any strides adds up what its elements receive ---- */

bool psi_as_strided_vjp(psi_vjp_call *c)
{
    psi_ints shape = psi_attr_list(c->node, 0), strides = psi_attr_list(c->node, shape.count + 1);
    int64_t offset = c->node->attr[shape.count + strides.count + 2], size = psi_size(c->in[0]);
    if (!c->wanted[0])
        return true;
    psi_array places =
        psi_flatten(psi_as_strided(psi_positions(0, size, 0, 1), shape, strides, offset), 0, -1);
    psi_array g = psi_reshape(c->cotangents[0], PSI_INTS(psi_size(c->cotangents[0]), 1));
    psi_array zeros = psi_flatten(psi_zeros_like(c->in[0]), 0, -1);
    c->grads[0] =
        psi_reshape(psi_scatter_add(zeros, PSI_ARRAYS(places), g, PSI_INTS(0)), psi_shape(c->in[0]));
    return !psi_failed();
}
