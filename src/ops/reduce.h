/* reduce.h: the kinds of reductions and scans, as MLX numbers them, and what their builders share. */
#ifndef PSI_OPS_REDUCE_H
#define PSI_OPS_REDUCE_H

#include <psionic/types.h>

enum psi_reduce_kind {
    PSI_REDUCE_AND,
    PSI_REDUCE_OR,
    PSI_REDUCE_SUM,
    PSI_REDUCE_PROD,
    PSI_REDUCE_MIN,
    PSI_REDUCE_MAX
};
enum psi_arg_kind { PSI_ARG_MIN, PSI_ARG_MAX };
enum psi_scan_kind { PSI_SCAN_MAX, PSI_SCAN_MIN, PSI_SCAN_SUM, PSI_SCAN_PROD, PSI_SCAN_LOGADDEXP };

/* Sums and products of bool and of integers under 32 bits are 32 bits wide, unsigned for unsigned ones. */
psi_dtype psi_sum_dtype(psi_dtype dtype);

/* The dtype itself when inexact, else float32. */
psi_dtype psi_at_least_float(psi_dtype dtype);

/* psi_axes, but an axis out of range is an index error, as upstream's reductions have it. */
int psi_reduced_axes(psi_ints axes, int ndim, int64_t *out, const char *name);

#endif
