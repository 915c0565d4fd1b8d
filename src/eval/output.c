/* output.c: giving a node's outputs their buffers. */
#include "eval/backend.h"

bool psi_output_new(psi_array out)
{
    out->buffer = psi_buffer_new(psi_nbytes(out));
    if (!out->buffer)
        return false;
    out->offset = 0;
    psi_set_row_major(out);
    return true;
}

bool psi_memory_fits(psi_array in, psi_array out)
{
    const psi_buffer *buffer = in->buffer;
    size_t bytes = psi_nbytes(out);
    return atomic_load(&buffer->refs) == 1 && buffer->capacity && in->offset == 0 &&
           in->data_size == in->size && psi_nbytes(in) == bytes && buffer->bytes >= bytes &&
           buffer->bytes - bytes <= PSI_SLACK_BYTES;
}

/* Gives an output the (unique) buffer of a dense input when sizes agree, else a fresh one. */
static bool reuse(psi_array out, psi_array in)
{
    if (psi_node_of(out)->tracer || atomic_load(&psi_node_of(in)->refs) != 1 || !psi_memory_fits(in, out) ||
        !(in->layout & PSI_ROW_CONTIGUOUS))
        return psi_output_new(out);
    out->buffer = psi_buffer_retain(in->buffer);
    out->offset = 0;
    psi_set_row_major(out);
    return true;
}

bool psi_output_copy(psi_array out, psi_array in)
{
    if (!reuse(out, in))
        return false;
    if (out->buffer != in->buffer)
        psi_copy_dense(out->buffer->data, in);
    return true;
}

void psi_output_view(psi_array out, psi_array in, int64_t offset)
{
    out->buffer = psi_buffer_retain(in->buffer);
    out->offset = in->offset * (int64_t)psi_itemsize(in) / (int64_t)psi_itemsize(out) + offset;
    psi_set_layout(out);
}

const void *psi_dense_values(psi_array a, psi_buffer **temp)
{
    *temp = NULL;
    if (a->layout & PSI_ROW_CONTIGUOUS)
        return psi_values(a);
    *temp = psi_buffer_new(psi_nbytes(a));
    if (!*temp)
        return NULL;
    psi_copy_dense((*temp)->data, a);
    return (*temp)->data;
}
