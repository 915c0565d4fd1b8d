/* gemm_kernels.h: what the matrix-product driver asks of one ISA's kernels (src/cpu/isa/gemm.c).
 * Invariant: kernels touch only the elements their arguments span, and an element of a tile gets the same bits
 * whatever the tile's rows and columns. */
#ifndef PSI_CPU_GEMM_KERNELS_H
#define PSI_CPU_GEMM_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include <psionic/types.h>

#include "cpu/isa.h"
#include "ops/quantize.h"

#define PSI_GEMM_MAX_MR 32
#define PSI_GEMM_MAX_NR 32

/* How a tile kernel reads A: element (i, k) at a[i * a_row + k * a_step]; B's row k at b + k * b_step. */
typedef struct psi_gemm_tile {
    int64_t k;
    const float *a, *b;
    int64_t a_row, a_step, b_step;
    float *c;
    int64_t c_row;
    int rows, cols; /* of c; whole vectors */
    bool add;       /* c += the product, else c = it */
    const char
        *ahead; /* fetched into cache at this pace while summing: what comes next; any address will do */
    int64_t ahead_step; /* bytes per k */
    /* patches only: the sum is over `parts` runs of k, the one at a + offsets[p]; B runs on. */
    int64_t parts;
    const int64_t *offsets;
} psi_gemm_tile;

typedef void (*psi_gemm_tile_fn)(const psi_gemm_tile *tile);

#define PSI_GEMM_BYTES_ROWS 16
#define PSI_GEMM_BYTES_COLS 32

/* Products of rows, held in planes of eight bits, and of packed affine codes in groups of one size. */
typedef struct psi_gemm_bytes {
    /* To be called by a thread before its tiles, and after the last of them. */
    void (*begin)(void);
    void (*end)(void);
    /* Up to PSI_GEMM_BYTES_ROWS rows of c, and PSI_GEMM_BYTES_COLS columns. */
    psi_gemm_tile_fn tile;
    /* Lays out k elements of rows (whose largest are 0, or from 2^-60 to 2^60), missing ones as zeros, in `group_floats` for
     * each group along k. */
    int group_floats;
    void (*pack_rows)(const float *x, int64_t row_stride, int rows, int64_t k, float *out);
    /* Lays out k codes of columns, missing ones as zeros, with their scales and biases, which are `groups` a column, in at
     * most as many floats as a panel has elements. */
    void (*pack_codes)(const psi_quantization *q, const uint32_t *words, int64_t column_words,
                       const float *scales, const float *biases, int64_t groups, int64_t k, int64_t columns,
                       float *out);
} psi_gemm_bytes;

typedef struct psi_gemm_kernels {
    int mr, nr, lanes;
    /* A packed panel may hold `pair` elements along k in a float's room, and such units in multiples of `step`: k of
     * tiles is counted in units. Both are 1 for float32. A cut of k has about `cut` units, so that a panel of B stays in the
     * first cache. */
    int pair, step, cut;
    /* The set for products of bfloat16 where the processor has such tiles, or NULL. */
    const struct psi_gemm_kernels *brain;
    /* For packed affine codes where the processor has tiles of bytes, or NULL: one for each group of 32, 64 and 128 and any
     * rows, then one for each and rows of 16 bits. */
    const struct psi_gemm_bytes *bytes;
    /* To be called by a thread before its tiles, and after the last of them; NULL: not needed. */
    void (*begin)(void);
    void (*end)(void);
    /* packed[(v - 1) * mr + rows - 1]: v * lanes columns; A's panel has a_row 1 and a_step mr, B's b_step nr. */
    const psi_gemm_tile_fn *packed;
    /* The same over unpacked operands, with any a_row, a_step and b_step. */
    const psi_gemm_tile_fn *direct;
    /* Over runs of neighbours of A, with any a_row, a_step 1 and b_step nr. */
    const psi_gemm_tile_fn *patches;
    /* Widens `lanes` (at most mr, or nr) by k elements to out[k * width + lane], missing lanes zero; or lays them out as
     * the tiles want them, filled up with zeros. */
    void (*pack_a)(psi_dtype dtype, const void *data, int64_t lane_stride, int64_t k_stride, int lanes,
                   int64_t k, float *out);
    void (*pack_b)(psi_dtype dtype, const void *data, int64_t lane_stride, int64_t k_stride, int lanes,
                   int64_t k, float *out);
    /* Lays k rows of nr floats out as a panel of B, rounded to its type; NULL: such rows are a panel. */
    void (*pack_rows)(int64_t k, const float *rows, float *out);
    /* n values to and from float32; strides in elements. */
    void (*load)(psi_dtype dtype, int64_t n, const void *data, int64_t stride, float *out);
    void (*store)(psi_dtype dtype, int64_t n, const float *in, void *out);
    /* y[i] = the dot product of x and row i, for `rows` rows of k neighbours. */
    void (*dot)(psi_dtype dtype, int64_t rows, int64_t k, const void *data, int64_t row_stride,
                const float *x, float *y);
    /* y[j] += the sum over k of x[k] times element j of row k, for n neighbours. */
    void (*combine)(psi_dtype dtype, int64_t n, int64_t k, const void *data, int64_t k_stride, const float *x,
                    float *y);
    /* c[i * c_row + j] = or += the sum over p < parts of a[i * a_row + offsets[p] + j] * b[p * b_step + j], for `rows`
     * i and `cols` j; reads whole vectors of a and b. */
    void (*depthwise)(const psi_gemm_tile *tile, int64_t rows, int64_t cols);
    /* Codes [first, first + n) of a packed row as floats, times the scale of their group plus its bias; scales NULL: the
     * codes' own values; biases NULL: none. first and n are multiples of 8. */
    void (*expand)(const psi_quantization *q, const uint32_t *row, const float *scales, const float *biases,
                   int64_t first, int64_t n, float *out);
    /* y[i] = the dot product of x, as `arrange` laid it out, and of packed affine row i of 2, 4 or 8 bits, whose biases are
     * left out, for neighbouring rows of k codes. Reads scales up to PSI_GEMM_SLACK past the last. */
    void (*dot_packed)(const psi_quantization *q, int planes, int64_t rows, int64_t k, const uint32_t *words,
                       const float *scales, const float *arranged, float *y);
    /* Lays k finite values out in psi_gemm_arranged floats, and rounds them in place to what the layout holds: in
     * 2 or 3 planes of eight bits where the ISA sums bytes. The largest is 0 or from 2^-60 to 2^60. */
    void (*arrange)(const psi_quantization *q, int planes, int64_t k, float *x, float *out);
} psi_gemm_kernels;

/* Floats past the scales of a row that a kernel may read. */
#define PSI_GEMM_SLACK 16

/* x is laid out for whole vectors of words. */
static inline int64_t psi_gemm_arranged(const psi_quantization *q, int64_t k)
{
    int64_t block = 16 * 32 / q->bits;
    return (k + block - 1) / block * block;
}

/* The kernels of a set that psi_isa_runs. */
const psi_gemm_kernels *psi_gemm_kernels_of(psi_isa isa);

/* The set in use for products of bfloat16, or NULL. */
const psi_gemm_kernels *psi_gemm_brain_in_use(void);

/* k elements as units of a panel. */
static inline int64_t psi_gemm_units(const psi_gemm_kernels *kernels, int64_t k)
{
    int64_t units = (k + kernels->pair - 1) / kernels->pair;
    return (units + kernels->step - 1) / kernels->step * kernels->step;
}

/* Makes psi_gemm use another set from now on, for tests; with `plain`, no kernels for bfloat16 alone. */
void psi_gemm_use(psi_isa isa, bool plain);

#endif
