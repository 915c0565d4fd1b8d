/* slice.c: kernels of slices, of their updates and of pads. A slice is a view; an update writes into the operand's own
 * memory where nobody else has it. Invariant: starts are checked before anything is read or written. */
#include <string.h>

#include "cpu/kernels.h"
#include "eval/copy.h"

/* Strides of the slice of `a` that a node's range describes; its first element, counted from a's. */
static int64_t range_strides(const psi_node *node, psi_array a, int64_t *strides)
{
    psi_ints start = psi_attr_list(node, 0), step = psi_attr_list(node, 2 * start.count + 2);
    int64_t offset = 0;
    for (int i = 0; i < a->ndim; i++) {
        offset += start.data[i] * psi_strides_of(a)[i];
        strides[i] = step.data[i] * psi_strides_of(a)[i];
    }
    return offset;
}

bool psi_cpu_slice(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int64_t offset = range_strides(node, in, psi_strides_of(out));
    psi_output_view(out, in, out->size ? offset : 0);
    return true;
}

/* Writes an update of one shape with `strides` into the output, which has the operand's values. */
static void write_part(psi_array out, int64_t offset, const int64_t *strides, psi_array update)
{
    int item = (int)psi_itemsize(out);
    char *to = (char *)out->buffer->data + (update->size ? offset * item : 0);
    psi_copy_elements(item, psi_shape_of(update), to, strides, psi_values(update), psi_strides_of(update));
}

bool psi_cpu_slice_update(psi_node *node)
{
    psi_array out = &node->out[0];
    int64_t strides[PSI_MAX_NDIM];
    if (!psi_output_copy(out, node->in[0]))
        return false;
    int64_t offset = range_strides(node, out, strides);
    write_part(out, offset, strides, node->in[1]);
    return true;
}

/* The first element of a part that starts where an array says; false with an index error when it does not fit. */
static bool dynamic_offset(const psi_node *node, psi_array start, psi_ints whole, psi_ints part,
                           const int64_t *strides, int64_t *offset)
{
    psi_ints axes = psi_attr_list(node, 0);
    psi_row_fn cast = psi_cpu_cast(PSI_INT64, (psi_dtype)start->dtype);
    *offset = 0;
    for (int i = 0; i < axes.count; i++) {
        int64_t at, axis = axes.data[i], step = start->ndim ? psi_strides_of(start)[0] : 0;
        cast(1, &at, (const char *)psi_values(start) + i * step * (int64_t)psi_itemsize(start), NULL, NULL);
        if (at < 0 || at > whole.data[axis] - part.data[axis]) {
            psi_fail(
                PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR,
                "slice: start %lld of a part of length %lld is out of range for axis %lld of length %lld",
                (long long)at, (long long)part.data[axis], (long long)axis, (long long)whole.data[axis]);
            return false;
        }
        *offset += at * strides[axis];
    }
    return true;
}

bool psi_cpu_dynamic_slice(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    int64_t offset;
    if (!dynamic_offset(node, node->in[1], psi_shape_of(in), psi_shape_of(out), psi_strides_of(in), &offset))
        return false;
    memcpy(psi_strides_of(out), psi_strides_of(in), in->ndim * sizeof(int64_t));
    psi_output_view(out, in, out->size ? offset : 0);
    return true;
}

bool psi_cpu_dynamic_slice_update(psi_node *node)
{
    psi_array update = node->in[1], out = &node->out[0];
    int64_t offset;
    psi_set_row_major(out);
    if (!dynamic_offset(node, node->in[2], psi_shape_of(out), psi_shape_of(update), psi_strides_of(out),
                        &offset) ||
        !psi_output_copy(out, node->in[0]))
        return false;
    write_part(out, offset, psi_strides_of(out), update);
    return true;
}

bool psi_cpu_pad(psi_node *node)
{
    static const int64_t nowhere[PSI_MAX_NDIM];
    psi_array in = node->in[0], value = node->in[1], out = &node->out[0];
    psi_ints axes = psi_attr_list(node, 0), low = psi_attr_list(node, axes.count + 1);
    int64_t offset = 0;
    if (!psi_output_new(out))
        return false;
    psi_copy_elements((int)psi_itemsize(out), psi_shape_of(out), out->buffer->data, psi_strides_of(out),
                      psi_values(value), nowhere);
    for (int i = 0; i < axes.count; i++)
        offset += low.data[i] * psi_strides_of(out)[axes.data[i]];
    write_part(out, offset, psi_strides_of(out), in);
    return true;
}
