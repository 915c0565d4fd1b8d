/* gemm_job.h: what the parts of the matrix-product driver share: addresses, the packed path, the vector path and
 * the last pass. Invariant: every cut is by size. */
#ifndef PSI_CPU_GEMM_JOB_H
#define PSI_CPU_GEMM_JOB_H

#include "cpu/gemm.h"
#include "cpu/gemm_kernels.h"

#define PSI_GEMM_SCRATCH 0        /* slot of a running block */
#define PSI_GEMM_SHARED_SCRATCH 1 /* slot of what all blocks of a call read */

static inline int64_t psi_gemm_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t psi_gemm_clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static inline int64_t psi_gemm_ceil(int64_t value, int64_t step)
{
    return (value + step - 1) / step;
}

static inline int64_t psi_gemm_round_up(int64_t value, int64_t step)
{
    return psi_gemm_ceil(value, step) * step;
}

static inline int64_t psi_gemm_size(psi_dtype dtype)
{
    return dtype == PSI_FLOAT32 ? 4 : dtype == PSI_FLOAT64 || dtype == PSI_COMPLEX64 ? 8 : 2;
}

static inline const char *psi_gemm_at(const psi_gemm_operand *o, int64_t entry, int64_t row, int64_t col)
{
    int64_t at = (o->offsets ? o->offsets[entry] : 0) + row * o->row_stride + col * o->col_stride;
    return (const char *)o->data + at * psi_gemm_size(o->dtype);
}

static inline char *psi_gemm_out_at(const psi_gemm_output *o, int64_t entry, int64_t row, int64_t col)
{
    int64_t at = (o->offsets ? o->offsets[entry] : 0) + row * o->row_stride + col;
    return (char *)o->data + at * psi_gemm_size(o->dtype);
}

/* True when the sums themselves are the result: float32, unscaled, nothing added. */
static inline bool psi_gemm_is_plain(const psi_gemm_call *call)
{
    return call->out.dtype == PSI_FLOAT32 && call->alpha == 1 && (call->addend == NULL || call->beta == 0);
}

/* Where a part of the result lies. */
typedef struct psi_gemm_part {
    int64_t entry, row, rows, col, cols;
} psi_gemm_part;

/* The kernels that products use, and the bytes of the cache of level 2 or 3 that blocks are cut for. */
const psi_gemm_kernels *psi_gemm_kernels_in_use(void);
int64_t psi_gemm_cache(int level);

/* One tile, through memory of its own where its columns are not whole vectors. */
void psi_gemm_run_tile(const psi_gemm_kernels *kernels, const psi_gemm_tile_fn *table, psi_gemm_tile *t,
                       int64_t rows, int64_t cols);

/* Scales, adds the addend's share, rounds and stores a part whose sums are given; they may be the result itself. */
void psi_gemm_finish(const psi_gemm_call *call, const psi_gemm_kernels *kernels, psi_gemm_part part,
                     const float *sums, int64_t sums_row);

/* Takes a product whose matrix is dense along rows or columns: one with one row or one column, or with very few rows and
 * a large B dense along columns; false: not its kind. *ok tells how it went. */
bool psi_gemm_vector(const psi_gemm_call *call, const psi_gemm_kernels *kernels, bool *ok);

/* ---- a packed B ---- */

#define PSI_GEMM_PACKED_SCRATCH 2 /* slot of values taken out of codes */

/* Takes a product of few rows with a packed B; false: more rows. *ok tells how it went. */
bool psi_gemm_packed_few(const psi_gemm_call *call, const psi_gemm_kernels *kernels, bool *ok);

/* What pack_b does, for `cols` columns and k rows from (row, col) of a packed B. False without memory, unrecorded. */
bool psi_gemm_packed_panel(const psi_gemm_call *call, const psi_gemm_kernels *kernels, int64_t entry,
                           int64_t row, int64_t k, int64_t col, int64_t cols, float *out);

/* Takes a product of more rows with a packed B where it is of the kind that `bytes` (NULL: none) is for; false: not so. */
bool psi_gemm_packed_many(const psi_gemm_call *call, const psi_gemm_kernels *kernels,
                          const psi_gemm_bytes *bytes, bool *ok);

/* What bytes->pack_codes lays out, for `cols` columns and k codes from (row, col). False without memory, unrecorded. */
bool psi_gemm_packed_bytes(const psi_gemm_call *call, const psi_gemm_kernels *kernels,
                           const psi_gemm_bytes *bytes, int64_t entry, int64_t row, int64_t k, int64_t col,
                           int64_t cols, float *out);

/* The largest size of some numbers; infinity where one is not finite. */
float psi_gemm_largest(int64_t k, const float *x);
/* What brings numbers whose largest is given near 1, so that whole multiples of parts of them, and sums, are in float32's
 * range: a power of two, or NaN of infinity. */
float psi_gemm_factor(float largest);

#endif
