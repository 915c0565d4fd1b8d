/* batch.h: stacks of matrices: where the entries of leading axes begin, in elements from the first. */
#ifndef PSI_CPU_BATCH_H
#define PSI_CPU_BATCH_H

#include "core/node.h"

/* How many matrices the leading axes hold. */
int64_t psi_matrices(psi_array a);

/* Element offsets of each batch entry, in row-major order of the leading axes. */
void psi_batch_offsets(psi_array a, int64_t *offsets);

/* Turns indices of matrices into offsets of their first elements; room for psi_matrices(a). False with an error for one past
 * the last. */
bool psi_pick_offsets(psi_array a, psi_array indices, int64_t *offsets, int64_t *room, const char *op);

#endif
