/* join.c: concatenation: each input is copied into its place of the output. */
#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"
#include "eval/strided.h"

typedef struct join {
    char *out;
    psi_strided source;
    int64_t run, pitch; /* elements of one piece in the input and from piece to piece in the output */
    int64_t pieces, per_chunk;
} join;

static void copy_pieces(void *context, int64_t index)
{
    join *j = context;
    int64_t stop = (index + 1) * j->per_chunk < j->pieces ? (index + 1) * j->per_chunk : j->pieces;
    for (int64_t p = index * j->per_chunk; p < stop; p++)
        psi_strided_load(&j->source, p * j->run, j->run, j->out + p * j->pitch * j->source.itemsize);
}

bool psi_cpu_concatenate(psi_node *node)
{
    psi_array out = &node->out[0];
    int axis = (int)node->attr[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    int64_t inner = 1, outer = 1, at = 0;
    for (int i = 0; i < out->ndim; i++)
        *(i < axis ? &outer : &inner) *= out->shape[i];
    for (int i = 0; i < node->in_count; i++) {
        psi_array in = node->in[i];
        if (in->size == 0)
            continue;
        join j = {.out = (char *)out->buffer->data + at * (int64_t)psi_itemsize(out), .pitch = inner, .pieces = outer};
        psi_strided_of(&j.source, in);
        j.run = in->size / outer;
        j.per_chunk = 1 + (1 << 15) / j.run;
        psi_parallel((outer + j.per_chunk - 1) / j.per_chunk, copy_pieces, &j);
        at += j.run;
    }
    return true;
}
