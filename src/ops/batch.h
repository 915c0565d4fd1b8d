/* batch.h: what vmap rules share: the mapped axis goes to the front of every operand and of the result. */
#ifndef PSI_OPS_BATCH_H
#define PSI_OPS_BATCH_H

#include "ops/op.h"

/* The length of the mapped axis. */
int64_t psi_batch_length(const psi_vmap_call *c);

/* Input i with the mapped axis in front; one that is not mapped is repeated. */
psi_array psi_batch_in(const psi_vmap_call *c, int i);

/* Hands over the one result, mapped along axis 0; false when an error waits. */
bool psi_batch_done(psi_vmap_call *c, psi_array out);

/* Builds the call's node once for every entry, and stacks the results: for ops whose operands cannot carry one more axis. */
bool psi_batch_each(psi_vmap_call *c);

/* Every axis one further, into `out`, behind a new first axis. */
psi_ints psi_shift_axes(psi_ints axes, int64_t *out);

/* A list with `first` in front of it, in `out`. */
psi_ints psi_prepend(int64_t first, psi_ints list, int64_t *out);

#endif
