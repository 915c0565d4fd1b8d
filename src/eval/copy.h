/* copy.h: copying elements from one layout to another. */
#ifndef PSI_EVAL_COPY_H
#define PSI_EVAL_COPY_H

#include "core/node.h"

/* Copies a shape's elements between places that do not overlap, in parallel when large. Strides in elements. */
void psi_copy_elements(int itemsize, psi_ints shape, void *to, const int64_t *to_strides, const void *from,
                       const int64_t *from_strides);

#endif
