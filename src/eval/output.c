/* output.c: giving a node's outputs their buffers, and copying any layout into row-major memory. */
#include <string.h>

#include "core/pool.h"
#include "core/shape.h"
#include "eval/backend.h"
#include "eval/strided.h"

bool psi_output_new(psi_array out)
{
    out->buffer = psi_buffer_new(psi_nbytes(out));
    if (!out->buffer)
        return false;
    out->offset = 0;
    psi_set_row_major(out);
    return true;
}

bool psi_output_reuse(psi_array out, psi_array in)
{
    psi_node *from = psi_node_of(in);
    bool ours = atomic_load(&from->refs) == 1 && from->out_count == 1 && !psi_node_of(out)->tracer;
    if (!ours || atomic_load(&in->buffer->refs) != 1 || in->offset != 0 || in->buffer->release ||
        !(in->layout & PSI_ROW_CONTIGUOUS) || psi_nbytes(in) != psi_nbytes(out) ||
        in->buffer->bytes != psi_nbytes(out))
        return psi_output_new(out);
    out->buffer = psi_buffer_retain(in->buffer);
    out->offset = 0;
    psi_set_row_major(out);
    return true;
}

void psi_output_view(psi_array out, psi_array in, int64_t offset)
{
    out->buffer = psi_buffer_retain(in->buffer);
    out->offset = in->offset * (int64_t)psi_itemsize(in) / (int64_t)psi_itemsize(out) + offset;
    psi_set_layout(out);
}

typedef struct copy_job {
    char *out;
    const psi_strided *source;
    int64_t size;
} copy_job;

enum { COPY_CHUNK = 1 << 15 };

static void copy_chunk(void *context, int64_t index)
{
    copy_job *job = context;
    int64_t start = index * COPY_CHUNK, n = job->size - start < COPY_CHUNK ? job->size - start : COPY_CHUNK;
    psi_strided_load(job->source, start, n, job->out + start * job->source->itemsize);
}

void psi_copy_dense(void *out, psi_array in)
{
    if (in->size == 0)
        return;
    psi_strided source;
    psi_strided_of(&source, in);
    copy_job job = {out, &source, in->size};
    psi_parallel((in->size + COPY_CHUNK - 1) / COPY_CHUNK, copy_chunk, &job);
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
