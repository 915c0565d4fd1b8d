/* reduce.h: the kernels of reductions, arg-reductions and scans: one table per ISA, indexed by element type.
 * They see dense rows of elements only; half types are widened to float32 before, so have no entries. */
#ifndef PSI_CPU_REDUCE_H
#define PSI_CPU_REDUCE_H

#include "cpu/isa.h"
#include "eval/backend.h"

enum { PSI_REDUCE_KINDS = 6, PSI_SCAN_KINDS = 4 };

/* Accumulators are of the kind's own type: psi_accumulator_dtype. */
typedef struct psi_reduce_kernel {
    /* Sets n accumulators to the reduction of nothing. */
    void (*start)(int64_t n, void *acc);
    /* acc[k] = the reduction, pairwise, of the n elements from in + k * pitch, for k below count. */
    void (*rows)(int64_t count, int64_t n, int64_t pitch, void *acc, const void *in);
    /* Takes into acc[i] the elements in[i + r * pitch] for r below rows, in order; i below n. */
    void (*columns)(int64_t rows, int64_t n, int64_t pitch, void *acc, const void *in);
} psi_reduce_kernel;

/* Both keep a best element and where it was: only one that beats it replaces it, so the first occurrence stays. */
typedef struct psi_arg_kernel {
    void (*row)(int64_t n, const void *in, uint32_t base, void *best, uint32_t *index);
    void (*columns)(int64_t n, const void *in, uint32_t place, void *best, uint32_t *index);
} psi_arg_kernel;

/* out[i] = what in[i] makes of the running values: row carries one along, n elements with a step of 1 or -1;
 * columns takes n running values from `carry`. */
typedef struct psi_scan_kernel {
    void (*row)(int64_t n, int64_t step, void *out, const void *in, void *carry);
    void (*columns)(int64_t n, void *out, const void *carry, const void *in);
} psi_scan_kernel;

typedef struct psi_reduce_table {
    psi_reduce_kernel reduce[PSI_DTYPE_COUNT][PSI_REDUCE_KINDS];
    psi_arg_kernel arg[PSI_DTYPE_COUNT][2];                /* min, max */
    psi_scan_kernel scan[PSI_DTYPE_COUNT][PSI_SCAN_KINDS]; /* max, min, sum, prod */
} psi_reduce_table;

/* The table of the ISA in use, and of one ISA, for tests. */
const psi_reduce_table *psi_cpu_reduce_table(void);
const psi_reduce_table *psi_cpu_reduce_table_of(psi_isa isa);

/* The dtype kernels see elements as, and accumulate them in. */
psi_dtype psi_element_dtype(psi_dtype in);
psi_dtype psi_accumulator_dtype(int kind, psi_dtype in);

#endif
