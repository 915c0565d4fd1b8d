/* layout.c: kernels of views that change strides or dtype, and of the copies where no view can do. */
#include <string.h>

#include "cpu/kernels.h"

bool psi_cpu_squeeze(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    psi_ints axes = psi_attr_list(node, 0);
    for (int i = 0, next = 0, to = 0; i < in->ndim; i++)
        if (next < axes.count && axes.data[next] == i)
            next++;
        else
            psi_strides_of(out)[to++] = psi_strides_of(in)[i];
    psi_output_view(out, in, 0);
    return true;
}

bool psi_cpu_flatten(psi_node *node)
{
    return psi_cpu_reshape(node);
}

bool psi_cpu_unflatten(psi_node *node)
{
    return psi_cpu_reshape(node);
}

static bool copy_into(psi_array out, psi_array in)
{
    if (!psi_output_new(out))
        return false;
    psi_copy_dense(out->buffer->data, in);
    return true;
}

/* A small part of a large buffer is copied, so that it does not keep the rest alive. */
bool psi_cpu_contiguous(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    bool dense = in->layout & PSI_ROW_CONTIGUOUS || (node->attr[0] && in->layout & PSI_COL_CONTIGUOUS);
    if (!dense || in->buffer->bytes > psi_nbytes(out) + PSI_SLACK_BYTES)
        return copy_into(out, in);
    return psi_cpu_copy(node);
}

/* Strides of the same bytes in items of another size, or false where they cannot be expressed. */
static bool view_strides(psi_array out, psi_array in)
{
    int64_t from = (int64_t)psi_itemsize(in), to = (int64_t)psi_itemsize(out);
    const int64_t *steps = psi_strides_of(in);
    if (in->offset * from % to || (uintptr_t)in->buffer->data % (size_t)to)
        return false;
    if (in->layout & PSI_ROW_CONTIGUOUS || in->size == 0) {
        psi_set_row_major(out);
        return true;
    }
    if (from != to && (from < to || steps[in->ndim - 1] != 1))
        return false;
    for (int i = 0; i < in->ndim; i++)
        psi_strides_of(out)[i] = i + 1 < in->ndim ? steps[i] * from / to : steps[i];
    return true;
}

bool psi_cpu_view(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    if (!view_strides(out, in))
        return copy_into(out, in);
    psi_output_view(out, in, 0);
    return true;
}

bool psi_cpu_as_strided(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    psi_ints shape = psi_attr_list(node, 0), strides = psi_attr_list(node, shape.count + 1);
    int64_t offset = node->attr[shape.count + strides.count + 2];
    memcpy(psi_strides_of(out), strides.data, (size_t)strides.count * sizeof(int64_t));
    if (in->layout & PSI_ROW_CONTIGUOUS) {
        psi_output_view(out, in, out->size ? offset : 0);
        return true;
    }
    out->buffer = psi_buffer_new(psi_nbytes(in));
    if (!out->buffer)
        return false;
    psi_copy_dense(out->buffer->data, in);
    out->offset = out->size ? offset : 0;
    psi_set_layout(out);
    return true;
}
