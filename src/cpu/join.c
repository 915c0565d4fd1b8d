/* join.c: concatenation: each input is copied into its place of the output. */
#include "cpu/kernels.h"
#include "eval/copy.h"

bool psi_cpu_concatenate(psi_node *node)
{
    psi_array out = &node->out[0];
    int axis = (int)node->attr[0], item = (int)psi_itemsize(out);
    if (!psi_output_new(out))
        return false;
    char *place = out->buffer->data;
    for (int i = 0; i < node->in_count; i++) {
        psi_array in = node->in[i];
        psi_copy_elements(item, psi_shape_of(in), place, psi_strides_of(out), psi_values(in),
                          psi_strides_of(in));
        place += in->shape[axis] * psi_strides_of(out)[axis] * item;
    }
    return true;
}
