/* gather.c: builders and rules of gathers: slices and elements picked by index arrays. */
#include "ops/gather.h"

#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"

/* ---- shared with scatters ---- */

static bool check_axes(const char *op, psi_array a, psi_arrays indices, psi_ints axes)
{
    bool seen[PSI_MAX_NDIM] = {false};
    if (axes.count != indices.count || indices.count > a->ndim) {
        PSI_INVALID("%s: %d index arrays for %d axes of an array of %d dimensions", op, indices.count,
                    axes.count < 0 ? 0 : axes.count, a->ndim);
        return false;
    }
    for (int i = 0; i < axes.count; i++) {
        if (axes.data[i] < 0 || axes.data[i] >= a->ndim || seen[axes.data[i]]) {
            PSI_INVALID("%s: axis %lld is out of range or given twice, of %d dimensions", op,
                        (long long)axes.data[i], a->ndim);
            return false;
        }
        seen[axes.data[i]] = true;
    }
    return true;
}

static bool is_index_dtype(const char *op, psi_dtype dtype)
{
    if (psi_issubdtype(dtype, PSI_INTEGER))
        return true;
    PSI_INVALID("%s: indices are integers, not %s", op, psi_dtype_name(dtype));
    return false;
}

bool psi_check_index_dtype(psi_array indices, const char *op)
{
    return is_index_dtype(op, psi_dtype_of(indices));
}

psi_arrays psi_index_operands(const char *op, psi_array a, psi_arrays indices, psi_ints axes, int extra)
{
    psi_arrays none = {NULL, 0}, in = psi_arrays_new(1 + indices.count + extra);
    if (!in.data || !psi_check_inputs(PSI_ARRAYS(a), op) || !psi_check_inputs(indices, op) ||
        !check_axes(op, a, indices, axes))
        return none;
    in.data[0] = a;
    if (indices.count == 0)
        return in;
    psi_dtype dtype = psi_dtype_of(indices.data[0]);
    for (int i = 0; i < indices.count; i++) {
        if (!psi_check_index_dtype(indices.data[i], op))
            return none;
        dtype = psi_promote_types(dtype, psi_dtype_of(indices.data[i]));
    }
    if (!is_index_dtype(op, dtype))
        return none;
    psi_arrays same = psi_broadcast_arrays(indices);
    for (int i = 0; i < same.count; i++)
        in.data[1 + i] = psi_astype(same.data[i], dtype);
    return same.count && !psi_failed() ? in : none;
}

psi_array psi_positions(int64_t first, int64_t n, int axis, int ndim)
{
    int64_t shape[PSI_MAX_NDIM];
    psi_buffer *buffer = psi_buffer_new((size_t)n * sizeof(int64_t));
    int64_t *values = buffer ? buffer->data : NULL;
    for (int64_t i = 0; values && i < n; i++)
        values[i] = first + i;
    for (int i = 0; i < ndim; i++)
        shape[i] = i == axis ? n : 1;
    return psi_leaf_new(buffer, (psi_ints){shape, ndim}, PSI_INT64);
}

psi_array psi_positions_like(psi_array index, int64_t n, int ndim)
{
    psi_array p = psi_positions(0, n, 0, ndim);
    return psi_dtype_of(index) == PSI_UINT64 ? psi_astype(p, PSI_UINT64) : p;
}

bool psi_broadcast_but_axis(const char *op, psi_array *operands, int count, int axis)
{
    int64_t shape[PSI_MAX_NDIM], wider[PSI_MAX_NDIM];
    int ndim = psi_ndim(operands[0]);
    for (int i = 0; i < ndim; i++)
        shape[i] = 1;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            psi_ints own = psi_shape(operands[i]);
            int64_t length = own.data[axis];
            memcpy(wider, own.data, (size_t)ndim * sizeof *wider);
            if (pass == 0) {
                wider[axis] = 1;
                if (psi_broadcast_into((psi_ints){shape, ndim}, (psi_ints){wider, ndim}, shape, op) < 0)
                    return false;
                continue;
            }
            shape[axis] = length;
            operands[i] = psi_expand_to(operands[i], (psi_ints){shape, ndim});
        }
    return !psi_failed();
}

/* ---- gather ---- */

/* Slices fit; an empty array may give nothing but empty results. */
static bool check_slices(psi_array a, psi_arrays in, psi_ints sizes)
{
    bool fits = sizes.count == a->ndim;
    for (int i = 0; fits && i < sizes.count; i++)
        fits = sizes.data[i] >= 0 && (a->size == 0 || sizes.data[i] <= a->shape[i]);
    if (fits && a->size == 0)
        fits = psi_shape_size(sizes) == 0 || (in.count > 1 && in.data[1]->size == 0);
    if (!fits)
        PSI_INVALID("gather: slices of size %s do not fit an array of shape %s", PSI_SHAPE(sizes),
                    PSI_SHAPE(psi_shape_of(a)));
    return fits;
}

psi_array psi_gather(psi_array a, psi_arrays indices, psi_ints axes, psi_ints slice_sizes)
{
    int64_t shape[2 * PSI_MAX_NDIM];
    psi_arrays in = psi_index_operands("gather", a, indices, axes, 0);
    if (!in.count || !check_slices(a, in, slice_sizes))
        return psi_error_array();
    int ndim = in.count > 1 ? in.data[1]->ndim : 0;
    for (int i = 0; i < ndim; i++)
        shape[i] = in.data[1]->shape[i];
    for (int i = 0; i < slice_sizes.count; i++)
        shape[ndim + i] = slice_sizes.data[i];
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, axes);
    psi_put_list(&attr, slice_sizes);
    return psi_build(PSI_OP_gather, in, psi_put_done(&attr), (psi_ints){shape, ndim + slice_sizes.count},
                     psi_dtype_of(a));
}

static psi_arrays indices_of(const psi_node *node, psi_array *in)
{
    return (psi_arrays){in + 1, node->in_count - 1};
}

bool psi_gather_vjp(psi_vjp_call *c)
{
    psi_array sum = c->wanted[0] ? psi_take_so_far(c, 0) : NULL;
    if (c->wanted[0])
        c->grads[0] = psi_scatter_add(sum ? sum : psi_zeros_like(c->in[0]), indices_of(c->node, c->in),
                                      c->cotangents[0], psi_attr_list(c->node, 0));
    return !psi_failed();
}

bool psi_gather_jvp(psi_jvp_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    if (c->tangents[0])
        c->out_tangents[0] = psi_gather(c->tangents[0], indices_of(c->node, c->in), axes,
                                        psi_attr_list(c->node, axes.count + 1));
    return !psi_failed();
}

/* With mapped indices their axis leads the result; with a mapped array alone its axis is one more axis of the slices. */
bool psi_gather_vmap(psi_vmap_call *c)
{
    int64_t axes[PSI_MAX_NDIM + 1], sizes[PSI_MAX_NDIM + 1], batch = psi_batch_length(c);
    psi_ints own = psi_attr_list(c->node, 0), part = psi_attr_list(c->node, own.count + 1);
    bool array_mapped = c->axes[0] >= 0, index_mapped = false;
    int count = c->node->in_count - 1;
    for (int i = 1; i <= count; i++)
        index_mapped |= c->axes[i] >= 0;
    psi_array a = array_mapped ? psi_moveaxis(c->in[0], c->axes[0], 0) : c->in[0];
    psi_arrays indices = psi_arrays_new(count + 1);
    if (!indices.data)
        return false;
    for (int i = 0; i < count; i++)
        indices.data[i] = index_mapped ? psi_batch_in(c, i + 1) : c->in[i + 1];
    indices.count = count;
    if (psi_failed())
        return false;
    if (!array_mapped)
        return psi_batch_done(c, psi_gather(a, indices, own, part));
    psi_shift_axes(own, axes);
    int ndim = count ? psi_ndim(indices.data[0]) : 0;
    if (!index_mapped) {
        c->out[0] = psi_gather(a, indices, (psi_ints){axes, own.count}, psi_prepend(batch, part, sizes));
        c->out_axes[0] = ndim;
        return !psi_failed();
    }
    axes[own.count] = 0;
    indices.data[indices.count] = psi_positions_like(indices.data[0], batch, ndim);
    indices.count++;
    psi_array y = psi_gather(a, indices, (psi_ints){axes, own.count + 1}, psi_prepend(1, part, sizes));
    return psi_batch_done(c, psi_squeeze(y, PSI_INTS(ndim)));
}

/* ---- take ---- */

psi_array psi_take(psi_array a, psi_array indices, int64_t axis)
{
    int64_t sizes[PSI_MAX_NDIM], order[2 * PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a, indices), "take"))
        return psi_error_array();
    if (axis == PSI_NO_INT)
        return psi_take(psi_flatten(a, 0, -1), indices, 0);
    int at = psi_axis(axis, a->ndim, "take"), n = indices->ndim;
    if (at < 0)
        return psi_error_array();
    if (a->shape[at] == 0 && indices->size != 0)
        return PSI_INVALID("take: %lld indices into axis %d, which is empty", (long long)indices->size, at);
    memcpy(sizes, a->shape, a->ndim * sizeof *sizes);
    sizes[at] = 1;
    psi_array y = psi_gather(a, PSI_ARRAYS(indices), PSI_INTS(at), (psi_ints){sizes, a->ndim});
    if (psi_is_error(y))
        return y;
    for (int i = 0; i < n + a->ndim; i++) /* the axes before `at`, those of the indices, the rest */
        order[i] = i < at ? n + i : i < at + n ? i - at : i;
    return psi_squeeze(psi_transpose(y, (psi_ints){order, n + a->ndim}), PSI_INTS(n + at));
}

psi_array psi_take_index(psi_array a, int64_t index, int64_t axis)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "take"))
        return psi_error_array();
    if (axis == PSI_NO_INT)
        return psi_take_index(psi_flatten(a, 0, -1), index, 0);
    int at = psi_axis(axis, a->ndim, "take");
    if (at < 0)
        return psi_error_array();
    int64_t length = a->shape[at];
    if (a->size == 0)
        return PSI_INVALID("take: index %lld into an array without elements", (long long)index);
    if (index < -length || index >= length)
        return PSI_INVALID("take: index %lld is out of range for axis %d of length %lld", (long long)index,
                           at, (long long)length);
    memcpy(stop, a->shape, a->ndim * sizeof *stop);
    start[at] = index < 0 ? index + length : index;
    stop[at] = start[at] + 1;
    psi_array one = psi_slice(a, (psi_ints){start, a->ndim}, (psi_ints){stop, a->ndim}, PSI_NONE);
    return psi_squeeze(one, PSI_INTS(at));
}

/* ---- take_along_axis ---- */

psi_array psi_take_along_axis(psi_array a, psi_array indices, int64_t axis)
{
    const char *op = "take_along_axis";
    psi_array both[2] = {a, indices};
    if (!psi_check_inputs((psi_arrays){both, 2}, op))
        return psi_error_array();
    if (axis == PSI_NO_INT)
        return psi_take_along_axis(psi_flatten(a, 0, -1), psi_flatten(indices, 0, -1), 0);
    int at = psi_axis(axis, a->ndim, op);
    if (at < 0)
        return psi_error_array();
    if (indices->ndim != a->ndim)
        return PSI_INVALID("%s: indices of %d dimensions for an array of %d", op, indices->ndim, a->ndim);
    if (!psi_check_index_dtype(indices, op) || !psi_broadcast_but_axis(op, both, 2, at))
        return psi_error_array();
    return psi_build(PSI_OP_gather_axis, (psi_arrays){both, 2}, PSI_INTS(at), psi_shape(both[1]),
                     psi_dtype_of(a));
}

bool psi_gather_axis_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_build_scatter_axis(PSI_SCATTER_SUM, psi_zeros_like(c->in[0]), c->in[1],
                                             c->cotangents[0], (int)c->node->attr[0]);
    return !psi_failed();
}

bool psi_gather_axis_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_take_along_axis(c->tangents[0], c->in[1], c->node->attr[0]);
    return !psi_failed();
}

bool psi_gather_axis_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c,
                          psi_take_along_axis(psi_batch_in(c, 0), psi_batch_in(c, 1), c->node->attr[0] + 1));
}
