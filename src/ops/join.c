/* join.c: concatenating along an axis. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

/* The shape of the result, or false with an error. All of one rank, equal but along the axis. */
static bool joined_shape(psi_arrays arrays, int axis, int64_t *shape)
{
    psi_array first = arrays.data[0];
    memcpy(shape, first->shape, (size_t)first->ndim * sizeof *shape);
    for (int i = 1; i < arrays.count; i++) {
        psi_array a = arrays.data[i];
        bool fits = a->ndim == first->ndim;
        for (int d = 0; fits && d < a->ndim; d++)
            fits = d == axis || a->shape[d] == first->shape[d];
        if (!fits || __builtin_add_overflow(shape[axis], a->shape[axis], &shape[axis])) {
            PSI_INVALID("concatenate: array %d of shape %s does not fit %s along axis %d", i,
                        PSI_SHAPE(psi_shape_of(a)), PSI_SHAPE(psi_shape_of(first)), axis);
            return false;
        }
    }
    return true;
}

psi_array psi_concatenate(psi_arrays arrays, int64_t axis)
{
    int64_t shape[PSI_MAX_NDIM];
    if (arrays.count <= 0)
        return PSI_INVALID("concatenate: no arrays were given");
    if (!psi_check_inputs(arrays, "concatenate"))
        return psi_error_array();
    int at = psi_axis(axis, arrays.data[0]->ndim, "concatenate");
    if (at < 0 || !joined_shape(arrays, at, shape))
        return psi_error_array();
    if (arrays.count == 1)
        return arrays.data[0];
    psi_dtype dtype = (psi_dtype)arrays.data[0]->dtype;
    for (int i = 1; i < arrays.count; i++)
        dtype = psi_promote_types(dtype, (psi_dtype)arrays.data[i]->dtype);
    psi_array *same = psi_scope_memory((size_t)arrays.count * sizeof *same);
    if (!same)
        return psi_error_array();
    for (int i = 0; i < arrays.count; i++)
        same[i] = psi_astype(arrays.data[i], dtype);
    return psi_build(PSI_OP_concatenate, (psi_arrays){same, arrays.count}, PSI_INTS(at),
                     (psi_ints){shape, arrays.data[0]->ndim}, dtype);
}

bool psi_concatenate_vjp(psi_vjp_call *c)
{
    int64_t axis = c->node->attr[0], at = 0;
    int64_t *indices = psi_scope_memory((size_t)c->node->in_count * sizeof *indices);
    if (!indices)
        return false;
    for (int i = 0; i + 1 < c->node->in_count; i++)
        indices[i] = at += psi_shape(c->in[i]).data[axis];
    psi_arrays parts = psi_split_at(c->cotangents[0], (psi_ints){indices, c->node->in_count - 1}, axis);
    for (int i = 0; i < parts.count; i++)
        if (c->wanted[i])
            c->grads[i] = parts.data[i];
    return !psi_failed();
}

bool psi_concatenate_jvp(psi_jvp_call *c)
{
    psi_array *parts = psi_scope_memory((size_t)c->node->in_count * sizeof *parts);
    if (!parts)
        return false;
    for (int i = 0; i < c->node->in_count; i++)
        parts[i] = c->tangents[i] ? c->tangents[i] : psi_zeros_like(c->in[i]);
    c->out_tangents[0] = psi_concatenate((psi_arrays){parts, c->node->in_count}, c->node->attr[0]);
    return !psi_failed();
}

bool psi_concatenate_vmap(psi_vmap_call *c)
{
    psi_array *parts = psi_scope_memory((size_t)c->node->in_count * sizeof *parts);
    int64_t size = 1, shape[PSI_MAX_NDIM + 1];
    if (!parts)
        return false;
    for (int i = 0; i < c->node->in_count; i++)
        if (c->axes[i] >= 0)
            size = psi_shape(c->in[i]).data[c->axes[i]];
    for (int i = 0; i < c->node->in_count; i++) {
        psi_array a = c->in[i];
        if (c->axes[i] < 0) {
            shape[0] = size;
            memcpy(shape + 1, psi_shape(a).data, (size_t)psi_ndim(a) * sizeof *shape);
            parts[i] = psi_broadcast_to(a, (psi_ints){shape, psi_ndim(a) + 1});
        } else {
            parts[i] = psi_moveaxis(a, c->axes[i], 0);
        }
    }
    c->out[0] = psi_concatenate((psi_arrays){parts, c->node->in_count}, c->node->attr[0] + 1);
    c->out_axes[0] = 0;
    return !psi_failed();
}
