/* gemm_blas.c: float64 and complex64 products by BLAS, single-threaded inside blocks that the pool runs.
 * Invariant: BLAS sees blocks whose shape depends on the product's sizes only. */
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/blas.h"
#include "cpu/gemm_job.h"

#define BLOCK_WORK (1 << 18) /* multiply-adds that one task should have at least */
#define MOST_ROWS 256        /* of a block: BLAS packs B again for each, so they are not small */
#define LEAST_ROWS 128
#define MOST_COLS 1024
#define LINE_STEP 16 /* blocks are multiples of this */

typedef struct blas_job {
    const psi_gemm_call *call;
    const psi_blas *blas;
    int64_t rows, row_blocks;
    int64_t cols, col_blocks;
    bool copy_a, copy_b;
    atomic_bool failed;
} blas_job;

/* How BLAS reads a matrix. */
typedef struct blas_view {
    const void *data;
    CBLAS_TRANSPOSE transpose;
    blasint leading;
} blas_view;

/* Rows or columns are dense, and the other stride is one that BLAS takes. */
static bool rows_dense(const psi_gemm_operand *o, int64_t rows, int64_t cols)
{
    return (o->col_stride == 1 || cols == 1) &&
           (rows == 1 || (o->row_stride >= cols && o->row_stride <= INT_MAX));
}

static bool cols_dense(const psi_gemm_operand *o, int64_t rows, int64_t cols)
{
    return (o->row_stride == 1 || rows == 1) &&
           (cols == 1 || (o->col_stride >= rows && o->col_stride <= INT_MAX));
}

/* `part` is of the operand's own rows and columns. */
static void copy_strided(const psi_gemm_operand *o, psi_gemm_part part, char *to, int64_t to_row)
{
    for (int64_t i = 0; i < part.rows; i++) {
        const char *from = psi_gemm_at(o, part.entry, part.row + i, part.col);
        for (int64_t j = 0; j < part.cols; j++)
            memcpy(to + (i * to_row + j) * 8, from + j * o->col_stride * 8, 8);
    }
}

/* A part of an operand of rows x cols, as it lies or copied to `space`. */
static blas_view view_of(const psi_gemm_operand *o, psi_gemm_part part, int64_t rows, int64_t cols, bool copy,
                         char *space)
{
    if (copy) {
        copy_strided(o, part, space, part.cols);
        return (blas_view){space, CblasNoTrans, (blasint)part.cols};
    }
    const void *data = psi_gemm_at(o, part.entry, part.row, part.col);
    if (rows_dense(o, rows, cols))
        return (blas_view){data, CblasNoTrans, (blasint)(rows == 1 ? cols : o->row_stride)};
    return (blas_view){data, CblasTrans, (blasint)(cols == 1 ? rows : o->col_stride)};
}

static double alpha_of(const psi_gemm_call *call)
{
    return call->subtract ? -1 : call->alpha;
}

#define SLACK 64 /* bytes behind a vector that BLAS may read: OpenBLAS's cgemv for AVX-512 does */

/* A matrix of `lines` lines of length k, or of k lines when `turned`, times a vector; a complex one is copied to `room`. */
static void multiply_vector(const blas_job *job, blas_view matrix, bool turned, int64_t lines, const void *x,
                            int64_t x_step, void *y, int64_t y_step, double beta, char *room)
{
    const psi_gemm_call *call = job->call;
    blasint l = (blasint)lines, k = (blasint)call->k, xs = (blasint)x_step, ys = (blasint)y_step;
    CBLAS_TRANSPOSE t = turned ? CblasTrans : CblasNoTrans;
    if (call->out.dtype == PSI_FLOAT64) {
        job->blas->dgemv(CblasRowMajor, t, turned ? k : l, turned ? l : k, alpha_of(call), matrix.data,
                         matrix.leading, x, xs, beta, y, ys);
        return;
    }
    for (int64_t i = 0; i < k; i++)
        memcpy(room + i * 8, (const char *)x + i * x_step * 8, 8);
    memset(room + (size_t)k * 8, 0, SLACK);
    job->blas->cgemv(CblasRowMajor, t, turned ? k : l, turned ? l : k, (float[]){(float)alpha_of(call), 0},
                     matrix.data, matrix.leading, room, 1, (float[]){(float)beta, 0}, y, ys);
}

static void multiply(const blas_job *job, psi_gemm_part part, blas_view a, blas_view b, void *c, double beta,
                     char *room)
{
    const psi_gemm_call *call = job->call;
    blasint m = (blasint)part.rows, n = (blasint)part.cols, k = (blasint)call->k;
    blasint leading = (blasint)(call->m == 1 ? call->n : call->out.row_stride);
    bool a_turned = a.transpose == CblasTrans, b_turned = b.transpose == CblasTrans;
    if (call->n == 1)
        multiply_vector(job, a, a_turned, m, b.data, b_turned ? 1 : b.leading, c, leading, beta, room);
    else if (call->m == 1)
        multiply_vector(job, b, !b_turned, n, a.data, a_turned ? a.leading : 1, c, 1, beta, room);
    else if (call->out.dtype == PSI_FLOAT64)
        job->blas->dgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, alpha_of(call), a.data, a.leading,
                         b.data, b.leading, beta, c, leading);
    else
        job->blas->cgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k,
                         (float[]){(float)alpha_of(call), 0}, a.data, a.leading, b.data, b.leading,
                         (float[]){(float)beta, 0}, c, leading);
}

/* The addend scaled, or zeros: a product without terms. */
static void fill_alone(const blas_job *job, psi_gemm_part part, char *out, double beta)
{
    const psi_gemm_call *call = job->call;
    for (int64_t i = 0; i < part.rows; i++) {
        char *row = out + i * call->out.row_stride * 8;
        if (beta == 0)
            memset(row, 0, (size_t)part.cols * 8);
        else if (call->out.dtype == PSI_FLOAT64)
            job->blas->dscal((blasint)part.cols, beta, (double *)(void *)row, 1);
        else
            job->blas->csscal((blasint)part.cols, (float)beta, row, 1);
    }
}

static void blas_task(void *context, int64_t index)
{
    blas_job *job = context;
    const psi_gemm_call *call = job->call;
    int64_t blocks = job->row_blocks * job->col_blocks, within = index % blocks, k = call->k;
    int64_t row = within % job->row_blocks * job->rows, col = within / job->row_blocks * job->cols;
    psi_gemm_part part = {index / blocks, row, psi_gemm_min(job->rows, call->m - row), col,
                          psi_gemm_min(job->cols, call->n - col)};
    int64_t a_bytes = job->copy_a ? part.rows * k * 8 : 0, b_bytes = job->copy_b ? k * part.cols * 8 : 0;
    bool vector = call->m == 1 || call->n == 1;
    char *space = psi_scratch(PSI_GEMM_SCRATCH, (size_t)(a_bytes + b_bytes + (vector ? k * 8 : 0) + SLACK));
    if (space == NULL) {
        atomic_store(&job->failed, true);
        return;
    }
    char *out = psi_gemm_out_at(&call->out, part.entry, row, col);
    double beta = call->subtract ? 1 : call->addend ? call->beta : 0;
    if (beta != 0 && !call->subtract)
        copy_strided(call->addend, part, out, call->out.row_stride);
    if (k == 0) {
        fill_alone(job, part, out, beta);
        return;
    }
    psi_gemm_part of_a = {part.entry, row, part.rows, 0, k}, of_b = {part.entry, 0, k, col, part.cols};
    blas_view a = view_of(&call->a, of_a, call->m, k, job->copy_a, space);
    blas_view b = view_of(&call->b, of_b, k, call->n, job->copy_b, space + a_bytes);
    multiply(job, part, a, b, out, beta, space + a_bytes + b_bytes);
}

/* One row or column is cut along the other; else blocks are as tall and wide as BLAS needs to run well. */
static void cut_blocks(blas_job *job)
{
    const psi_gemm_call *call = job->call;
    int64_t k = call->k > 0 ? call->k : 1;
    int64_t least = psi_gemm_round_up(psi_gemm_ceil(BLOCK_WORK, k), LINE_STEP);
    if (call->n == 1 || call->m == 1) {
        job->rows = call->n == 1 ? least : 1;
        job->cols = call->n == 1 ? 1 : psi_gemm_clamp(least, MOST_COLS, INT_MAX);
    } else {
        int64_t row_least = psi_gemm_round_up(psi_gemm_ceil(least, call->n), LINE_STEP);
        int64_t rows = psi_gemm_clamp(psi_gemm_ceil(call->m, 4), LEAST_ROWS, MOST_ROWS);
        job->rows = psi_gemm_round_up(rows > row_least ? rows : row_least, LINE_STEP);
        job->cols = MOST_COLS;
    }
    job->row_blocks = psi_gemm_ceil(call->m, job->rows);
    job->col_blocks = psi_gemm_ceil(call->n, job->cols);
}

bool psi_gemm_blas(const psi_gemm_call *call)
{
    if (call->m > INT_MAX || call->n > INT_MAX || call->k > INT_MAX || call->out.row_stride > INT_MAX) {
        PSI_INVALID("matmul: %lld x %lld x %lld in %s: BLAS takes at most %d of each", (long long)call->m,
                    (long long)call->k, (long long)call->n,
                    call->out.dtype == PSI_FLOAT64 ? "float64" : "complex64", INT_MAX);
        return false;
    }
    blas_job job = {.call = call, .blas = psi_blas_load()};
    if (job.blas == NULL)
        return false;
    job.copy_a = !rows_dense(&call->a, call->m, call->k) && !cols_dense(&call->a, call->m, call->k);
    job.copy_b = !rows_dense(&call->b, call->k, call->n) && !cols_dense(&call->b, call->k, call->n);
    cut_blocks(&job);
    psi_parallel(call->batch * job.row_blocks * job.col_blocks, blas_task, &job);
    if (atomic_load(&job.failed)) {
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR,
                 "matmul: no memory for a dense copy of %lld x %lld x %lld", (long long)call->m,
                 (long long)call->k, (long long)call->n);
        return false;
    }
    return true;
}
