/* trace.h: what all transforms share: traced inputs, and the tape of nodes between them and the outputs.
 * Invariant: a tape lists each traced node once, inputs before users. Nothing here recurses. */
#ifndef PSI_TRANSFORMS_TRACE_H
#define PSI_TRANSFORMS_TRACE_H

#include <psionic/transforms.h>

#include "core/map.h"
#include "core/node.h"

typedef struct psi_tape {
    psi_node **nodes;
    int count;
    psi_map places; /* node to place in the tape */
} psi_tape;

/* A traced copy of an array, with its values; and a traced placeholder without any. */
psi_array psi_tracer_of(psi_array a);
psi_array psi_tracer_new(psi_ints shape, psi_dtype dtype);

/* Calls fn while tracing; false with an error when it failed or returned an error array. */
bool psi_trace_call(psi_function fn, void *context, psi_arrays inputs, psi_arrays *outputs);

/* All traced nodes the outputs depend on. False with an error; free it after success. When the last one of the outermost
 * transform is freed its nodes are as any others: they let go of their inputs once they have values. */
bool psi_tape_record(psi_tape *tape, psi_arrays outputs);
void psi_tape_free(psi_tape *tape);

/* The place of an array's node in the tape, or -1. */
int psi_tape_place(const psi_tape *tape, psi_array a);

#endif
