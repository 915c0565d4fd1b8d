/* linalg.h: what builders of linear algebra share: checks of operands, and the rule for batching. */
#ifndef PSI_OPS_LINALG_H
#define PSI_OPS_LINALG_H

#include "ops/op.h"

/* True for the dtypes that linear algebra is computed in. */
bool psi_linalg_dtype(psi_dtype dtype);

/* True when `a` is a matrix, or a stack of them, of such a dtype; else the error is recorded. */
bool psi_linalg_check(psi_array a, bool square, const char *op);

/* The conjugate transpose. */
psi_array psi_linalg_adjoint(psi_array a);

/* The factors of LU: both in one matrix, the interchanges, and the order of rows. */
psi_arrays psi_linalg_factors(psi_array a, const char *op);

/* The shape of a stack of vectors or matrices like a's leading axes: two lengths behind them, one where cols is -1. */
psi_ints psi_linalg_shape(psi_array a, int64_t rows, int64_t cols, int64_t *out);

#endif
