/* split.c: cutting an array into views along an axis; the example of an op with several outputs. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

enum { MOST_PARTS = 1 << 24 };

/* Parts between clamped indices; a part whose end is not past its start is empty. */
static psi_arrays build_split(psi_array a, psi_ints indices, int axis)
{
    psi_arrays none = {NULL, 0};
    int count = indices.count + 1;
    psi_output_spec *outputs = psi_scope_memory((size_t)count * sizeof *outputs);
    int64_t *shapes = psi_scope_memory((size_t)count * a->ndim * sizeof *shapes);
    int64_t *attr = psi_scope_memory((size_t)(count + 1) * sizeof *attr);
    if (!outputs || !shapes || !attr)
        return none;
    int64_t start = 0, length = a->shape[axis];
    attr[0] = indices.count;
    for (int i = 0; i < count; i++) {
        int64_t stop = i < indices.count ? indices.data[i] : length;
        if (stop < 0)
            stop += length;
        stop = stop < 0 ? 0 : stop > length ? length : stop;
        if (i < indices.count)
            attr[i + 1] = stop;
        int64_t *shape = shapes + (size_t)i * a->ndim;
        memcpy(shape, a->shape, (size_t)a->ndim * sizeof *shape);
        shape[axis] = stop > start ? stop - start : 0;
        outputs[i] = (psi_output_spec){{shape, a->ndim}, (psi_dtype)a->dtype};
        start = stop;
    }
    attr[count] = axis;
    return psi_node_new_many((psi_node_spec){PSI_OP_split, PSI_ARRAYS(a), {attr, count + 1}}, count, outputs);
}

psi_arrays psi_split_at(psi_array a, psi_ints indices, int64_t axis)
{
    psi_arrays none = {NULL, 0};
    if (!psi_check_inputs(PSI_ARRAYS(a), "split"))
        return none;
    int at = psi_axis(axis, a->ndim, "split");
    if (at < 0)
        return none;
    if (indices.count <= 0) {
        psi_array *one = psi_scope_memory(sizeof *one);
        if (one)
            *one = a;
        return (psi_arrays){one, one ? 1 : 0};
    }
    return build_split(a, indices, at);
}

psi_arrays psi_split(psi_array a, int64_t parts, int64_t axis)
{
    psi_arrays none = {NULL, 0};
    if (!psi_check_inputs(PSI_ARRAYS(a), "split"))
        return none;
    int at = psi_axis(axis, a->ndim, "split");
    if (at < 0)
        return none;
    if (parts > MOST_PARTS) {
        PSI_INVALID("split: %lld parts; at most %d are made", (long long)parts, MOST_PARTS);
        return none;
    }
    if (parts <= 0 || a->shape[at] % parts) {
        PSI_INVALID("split: axis %d of length %lld cannot be split into %lld equal parts", at,
                    (long long)a->shape[at], (long long)parts);
        return none;
    }
    int64_t *indices = psi_scope_memory((size_t)parts * sizeof *indices);
    if (!indices)
        return none;
    for (int64_t i = 0; i + 1 < parts; i++)
        indices[i] = (i + 1) * (a->shape[at] / parts);
    return psi_split_at(a, (psi_ints){indices, (int)parts - 1}, at);
}

/* True when the parts, in their order, are the array: indices may also cut pieces out twice, or not at all. */
static bool covers(const psi_node *node)
{
    psi_ints indices = psi_attr_list(node, 0);
    for (int i = 1; i < indices.count; i++)
        if (indices.data[i] < indices.data[i - 1])
            return false;
    return true;
}

/* Each part's cotangent added where the part was cut out. */
static psi_array put_back(const psi_vjp_call *c, int axis)
{
    psi_ints indices = psi_attr_list(c->node, 0);
    psi_array total = psi_zeros_like(c->in[0]);
    for (int i = 0; i < c->node->out_count; i++) {
        int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
        int ndim = psi_ndim(c->in[0]);
        memcpy(stop, psi_shape(c->in[0]).data, (size_t)ndim * sizeof *stop);
        start[axis] = i ? indices.data[i - 1] : 0;
        stop[axis] = start[axis] + psi_shape(c->out[i]).data[axis];
        total = psi_add(total, psi_slice_update(psi_zeros_like(c->in[0]), c->cotangents[i],
                                                (psi_ints){start, ndim}, (psi_ints){stop, ndim}, PSI_NONE));
    }
    return total;
}

bool psi_split_vjp(psi_vjp_call *c)
{
    int axis = (int)c->node->attr[c->node->attr_count - 1];
    if (c->wanted[0] && !covers(c->node))
        c->grads[0] = put_back(c, axis);
    else if (c->wanted[0])
        c->grads[0] = psi_concatenate((psi_arrays){(psi_array *)c->cotangents, c->node->out_count}, axis);
    return !psi_failed();
}

bool psi_split_jvp(psi_jvp_call *c)
{
    if (!c->tangents[0])
        return true;
    psi_arrays parts =
        psi_split_at(c->tangents[0], psi_attr_list(c->node, 0), c->node->attr[c->node->attr_count - 1]);
    for (int i = 0; i < parts.count; i++)
        c->out_tangents[i] = parts.data[i];
    return !psi_failed();
}

bool psi_split_vmap(psi_vmap_call *c)
{
    int64_t axis = c->node->attr[c->node->attr_count - 1] + 1;
    psi_arrays parts = psi_split_at(psi_moveaxis(c->in[0], c->axes[0], 0), psi_attr_list(c->node, 0), axis);
    for (int i = 0; i < parts.count; i++) {
        c->out[i] = parts.data[i];
        c->out_axes[i] = 0;
    }
    return !psi_failed();
}
