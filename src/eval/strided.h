/* strided.h: reading elements of any layout in row-major order.
 * Invariant: shape and strides are collapsed: neighbouring axes that step together are one. */
#ifndef PSI_EVAL_STRIDED_H
#define PSI_EVAL_STRIDED_H

#include "core/node.h"

typedef struct psi_strided {
    const char *base; /* the first element */
    int itemsize, ndim;
    int64_t shape[PSI_MAX_NDIM], strides[PSI_MAX_NDIM]; /* strides in elements */
} psi_strided;

/* Describes a ready array. */
void psi_strided_of(psi_strided *s, psi_array a);

/* Describes elements of a ready array by another shape and strides. */
void psi_strided_with(psi_strided *s, psi_array a, psi_ints shape, const int64_t *strides);

/* Writes elements [start, start + n) of row-major order, densely, to out. */
void psi_strided_load(const psi_strided *s, int64_t start, int64_t n, void *out);

/* Writes one element n times. */
void psi_strided_repeat(const void *element, int itemsize, int64_t n, void *out);

/* The same elements' distances from the base, in elements. */
void psi_strided_places(const psi_strided *s, int64_t start, int64_t n, int64_t *out);

#endif
