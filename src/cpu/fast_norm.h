/* fast_norm.h: what RMS norm and layer norm do to a dense row: one table per ISA, for float32 and for float64. */
#ifndef PSI_CPU_FAST_NORM_H
#define PSI_CPU_FAST_NORM_H

#include <stdbool.h>
#include <stdint.h>

/* out = (x - mean) / sqrt(variance + eps) * weight + bias; the mean is 0 unless `centred`; weight and bias may be NULL. */
typedef void (*psi_norm_fn)(int64_t n, void *out, const void *x, const void *weight, const void *bias,
                            double eps, bool centred);

typedef struct psi_norm_table {
    psi_norm_fn float32, float64;
} psi_norm_table;

#endif
