/* softmax.h: what softmax and logsumexp do to a dense row: one table per ISA, for float32 and for float64. */
#ifndef PSI_CPU_SOFTMAX_H
#define PSI_CPU_SOFTMAX_H

#include "cpu/isa.h"
#include "eval/backend.h"

typedef struct psi_softmax_kernel {
    /* Sum of exp(in - top); the terms go to out unless it is NULL. */
    double (*exp_sum)(int64_t n, void *out, const void *in, double top);
    /* out = exp(in - top) * factor. */
    void (*exp_scaled)(int64_t n, void *out, const void *in, double top, double factor);
    /* out *= factor. */
    void (*scale)(int64_t n, void *out, double factor);
} psi_softmax_kernel;

typedef struct psi_softmax_table {
    psi_softmax_kernel float32, float64;
} psi_softmax_table;

const psi_softmax_kernel *psi_cpu_softmax_kernel(psi_isa isa, psi_dtype dtype);

#endif
