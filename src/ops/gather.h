/* gather.h: what gathers and scatters share, and the numbers of upstream's reductions. */
#ifndef PSI_OPS_GATHER_H
#define PSI_OPS_GATHER_H

#include "ops/op.h"

/* Upstream's order, which its exported files hold. */
typedef enum psi_scatter_kind {
    PSI_SCATTER_MAX,
    PSI_SCATTER_MIN,
    PSI_SCATTER_SUM,
    PSI_SCATTER_PROD,
    PSI_SCATTER_NONE
} psi_scatter_kind;

/* Index arrays broadcast against each other and cast to one integer dtype, behind `a`, with `extra` free places behind
 * them; axes must be distinct, in order with the indices, within a. count 0 with an error. */
psi_arrays psi_index_operands(const char *op, psi_array a, psi_arrays indices, psi_ints axes, int extra);

/* False with an error for what are no integers. */
bool psi_check_index_dtype(psi_array indices, const char *op);

/* 0, 1, ..., n - 1 along one axis of an otherwise flat shape of `ndim` axes. */
psi_array psi_positions(int64_t first, int64_t n, int axis, int ndim);
/* 0, ..., n - 1 along the first axis, of a dtype that promotes with the index array's. */
psi_array psi_positions_like(psi_array index, int64_t n, int ndim);

/* A ScatterAxis node of operands that have been checked. */
psi_array psi_build_scatter_axis(psi_scatter_kind kind, psi_array a, psi_array indices, psi_array updates,
                                 int axis);

/* Broadcasts operands against each other over all axes but one; false with an error. All have the rank of the first. */
bool psi_broadcast_but_axis(const char *op, psi_array *operands, int count, int axis);

#endif
