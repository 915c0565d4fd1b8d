/* attention.h: what attention does to a block of scores: one table per ISA. Scores lie a key a row, a query a lane.
 * Invariant: the lanes of a row are psi_gemm_kernels' nr, so that a block of scores is a packed operand of it. */
#ifndef PSI_CPU_ATTENTION_H
#define PSI_CPU_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

/* What of each lane's softmax is known so far: the largest score, and the sum of exp(score - top). */
typedef struct psi_attention_state {
    float *top, *sum, *factor;
} psi_attention_state;

typedef struct psi_attention_kernels {
    /* Scores become exp(score - top), top and sum go on; true when sums made before must be multiplied by factor. */
    bool (*step)(int64_t keys, int lanes, float *scores, psi_attention_state state);
    /* Rows from limit[lane] on become the lowest number. */
    void (*cut)(int64_t keys, int lanes, float *scores, const int32_t *limit);
    /* Adds a mask, or puts the lowest number where a mask is 0. */
    void (*add)(int64_t keys, int lanes, float *scores, const float *mask);
    void (*keep)(int64_t keys, int lanes, float *scores, const float *mask);
    /* Each lane times its factor. */
    void (*scale)(int64_t rows, int lanes, float *values, const float *factor);
} psi_attention_kernels;

#endif
