/* gemm.h: matrix products over raw memory: out = alpha * (A @ B) + beta * addend, for a batch of equal shapes.
 * float32, float16 and bfloat16 go through the packed engine (accumulated in float32), float64 and complex64
 * through BLAS. Invariant: an element's bits depend on the sizes, dtypes and strides of its product and on the
 * kernel set, never on the number of threads. Uses scratch slots 0 and 1 of the threads it runs on. */
#ifndef PSI_CPU_GEMM_H
#define PSI_CPU_GEMM_H

#include <stdbool.h>
#include <stdint.h>

#include <psionic/types.h>

#include "ops/quantize.h"

/* What tells the values of a packed matrix, whose rows lie one after another without gaps: see ops/quantize.h. */
typedef struct psi_gemm_packed {
    psi_quantization q;
    bool transposed;                             /* its rows are columns of the operand */
    int64_t codes;                               /* of a row */
    const void *scales, *biases;                 /* one a group; biases NULL: none */
    psi_dtype dtype;                             /* of both; uint8: scales are places in table */
    const int64_t *scale_offsets, *bias_offsets; /* of entries, in elements; NULL: all entries at the start */
    const float *table;
} psi_gemm_packed;

/* A source matrix of any strides (in elements; zero and negative too). Entry i of a batch starts offsets[i]
 * elements after data; offsets NULL: every entry at data. */
typedef struct psi_gemm_operand {
    const void *data;
    int64_t row_stride, col_stride;
    psi_dtype dtype;
    const int64_t *offsets;
} psi_gemm_operand;

/* The result: columns are neighbours, rows row_stride elements apart. Overlaps no source. */
typedef struct psi_gemm_output {
    void *data;
    int64_t row_stride;
    psi_dtype dtype;
    const int64_t *offsets;
} psi_gemm_output;

/* A is m x k, B k x n, the result and the addend m x n. k 0 gives zeros (plus the addend's share). */
typedef struct psi_gemm_call {
    int64_t batch, m, n, k;
    psi_gemm_operand a, b;
    psi_gemm_output out;
    double alpha;
    double beta;                    /* 0: the addend is not read */
    const psi_gemm_operand *addend; /* NULL: none; zero strides make it a bias */
    const psi_gemm_packed
        *packed;   /* NULL, or what B's words of dtype uint32 mean; its strides mean nothing then */
    bool subtract; /* out -= A @ B instead, with alpha 1 and no addend; of float32 and what BLAS takes */
} psi_gemm_call;

/* a, b, the addend and the result of one class: all among the three 32 and 16 bit floating types, or all
 * float64, or all complex64. False with the error recorded. */
bool psi_gemm(const psi_gemm_call *call);

/* The float64 and complex64 half of it. */
bool psi_gemm_blas(const psi_gemm_call *call);

#endif
