/* view.c: ops that only rearrange axes: outputs share the input's buffer, no element is touched. */
#include <string.h>

#include "core/shape.h"
#include "cpu/kernels.h"

/* Casts and fills are always part of a tile program; these entries complete the table. */
bool psi_cpu_astype(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    psi_buffer *temp;
    const void *from = psi_dense_values(in, &temp);
    if (!from || !psi_output_new(out))
        return false;
    psi_cpu_cast((psi_dtype)out->dtype, (psi_dtype)in->dtype)(out->size, out->buffer->data, from, NULL, NULL);
    psi_buffer_release(temp);
    return true;
}

bool psi_cpu_full(psi_node *node)
{
    return psi_cpu_astype(node);
}

/* Makes the outputs the same as so many inputs from `first` on. */
static bool share(psi_node *node, int first)
{
    for (int i = 0; i < node->out_count; i++) {
        psi_array in = node->in[first + i], out = &node->out[i];
        memcpy(psi_strides_of(out), psi_strides_of(in), (size_t)in->ndim * sizeof(int64_t));
        psi_output_view(out, in, 0);
    }
    return true;
}

bool psi_cpu_copy(psi_node *node)
{
    return share(node, 0);
}

bool psi_cpu_depends(psi_node *node)
{
    return share(node, 0);
}

bool psi_cpu_custom_transforms(psi_node *node)
{
    return share(node, node->in_count - node->out_count);
}

bool psi_cpu_stop_gradient(psi_node *node)
{
    return psi_cpu_copy(node);
}

bool psi_cpu_broadcast(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int gap = out->ndim - in->ndim;
    for (int i = 0; i < out->ndim; i++)
        psi_strides_of(out)[i] =
            i < gap || in->shape[i - gap] != out->shape[i] ? 0 : psi_strides_of(in)[i - gap];
    psi_output_view(out, in, 0);
    return true;
}

bool psi_cpu_transpose(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    psi_ints axes = psi_attr_list(node, 0);
    for (int i = 0; i < out->ndim; i++)
        psi_strides_of(out)[i] = psi_strides_of(in)[axes.data[i]];
    psi_output_view(out, in, 0);
    return true;
}

bool psi_cpu_expand_dims(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    psi_ints axes = psi_attr_list(node, 0);
    for (int i = 0, next = 0, from = 0; i < out->ndim; i++) {
        bool added = next < axes.count && axes.data[next] == i;
        next += added;
        if (added) /* as if the axis held the ones behind it */
            psi_strides_of(out)[i] = from < in->ndim ? psi_strides_of(in)[from] * in->shape[from] : 1;
        else
            psi_strides_of(out)[i] = psi_strides_of(in)[from++];
    }
    psi_output_view(out, in, 0);
    return true;
}

/* Strides of the new shape over the same memory, or false when no strides can express it. */
static bool reshape_strides(psi_array in, psi_array out)
{
    int64_t shape[PSI_MAX_NDIM], strides[PSI_MAX_NDIM];
    memcpy(shape, in->shape, (size_t)in->ndim * sizeof *shape);
    memcpy(strides, psi_strides_of(in), (size_t)in->ndim * sizeof *strides);
    int ndim = psi_collapse(in->ndim, shape, 1, (int64_t *const[]){strides}), group = ndim - 1;
    int64_t left = shape[group], step = strides[group];
    for (int i = out->ndim; i-- > 0;) {
        while (left == 1 && group > 0 && out->shape[i] != 1) {
            group--;
            left = shape[group];
            step = strides[group];
        }
        if (out->shape[i] == 1) {
            psi_strides_of(out)[i] = step;
            continue;
        }
        if (left % out->shape[i])
            return false;
        psi_strides_of(out)[i] = step;
        step *= out->shape[i];
        left /= out->shape[i];
    }
    return true;
}

bool psi_cpu_reshape(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    if (in->layout & PSI_ROW_CONTIGUOUS || in->size == 0) {
        psi_set_row_major(out);
        psi_output_view(out, in, 0);
        return true;
    }
    if (reshape_strides(in, out)) {
        psi_output_view(out, in, 0);
        return true;
    }
    if (!psi_output_new(out))
        return false;
    psi_copy_dense(out->buffer->data, in);
    return true;
}

bool psi_cpu_split(psi_node *node)
{
    psi_array in = node->in[0];
    psi_ints indices = psi_attr_list(node, 0);
    int axis = (int)node->attr[node->attr_count - 1];
    for (int i = 0; i < node->out_count; i++) {
        psi_array out = &node->out[i];
        int64_t start = i && out->size ? indices.data[i - 1] : 0;
        memcpy(psi_strides_of(out), psi_strides_of(in), (size_t)in->ndim * sizeof(int64_t));
        psi_output_view(out, in, start * psi_strides_of(in)[axis]);
    }
    return true;
}
