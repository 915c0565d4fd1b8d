/* index.h: index arrays turned into places of an array. Invariant: a place that is handed out lies within the array;
 * an index that does not is remembered, and reported by the caller of the kernel, on its own thread. */
#ifndef PSI_CPU_INDEX_H
#define PSI_CPU_INDEX_H

#include <stdatomic.h>

#include "eval/backend.h"
#include "eval/strided.h"

#define PSI_INDEX_BLOCK 512

typedef struct psi_indices {
    int count;
    bool wraps; /* a signed dtype: negative ones count from the end */
    psi_row_fn widen;
    struct {
        psi_strided values;
        int64_t length, limit,
            stride; /* of the axis; the last start a slice may have; elements from start to start */
        int axis;
    } each[PSI_MAX_NDIM];
    atomic_bool missed;
    int64_t missed_value;
    int missed_axis;
    int64_t missed_length;
} psi_indices;

/* Adds an index array for an axis of `length`, of which slices take `part`. Sets up dtype and counters with the first. */
void psi_indices_add(psi_indices *set, psi_array index, int axis, int64_t length, int64_t part,
                     int64_t stride);

/* Adds to places[0 .. n) the steps of index tuples [start, start + n), at most PSI_INDEX_BLOCK; a missed one adds 0. */
void psi_indices_places(psi_indices *set, int64_t start, int64_t n, int64_t *places);

/* True when no index missed; else the error is recorded. */
bool psi_indices_ok(const psi_indices *set, const char *op);

#endif
