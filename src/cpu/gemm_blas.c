/* gemm_blas.c: float64 and complex64 products by BLAS, single-threaded inside blocks of rows that the pool runs.
 * Invariant: BLAS sees blocks whose shape depends on the product's sizes only. */
#include <cblas.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"

#define BLOCK_WORK (1 << 20) /* multiply-adds that one task should have at least */
#define ROW_STEP 16          /* block heights are multiples of this */
#define ROW_BLOCKS 16        /* blocks aimed at */

typedef struct blas_job {
    const psi_gemm_call *call;
    int64_t rows, row_blocks;
    bool copy_a, copy_b;
    atomic_bool failed;
} blas_job;

/* How BLAS reads a matrix. */
typedef struct blas_view {
    const void *data;
    CBLAS_TRANSPOSE transpose;
    blasint leading;
} blas_view;

static pthread_once_t threads_once = PTHREAD_ONCE_INIT;

static void use_one_thread(void)
{
    openblas_set_num_threads(1);
}

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

static void copy_strided(const psi_gemm_operand *o, int64_t entry, int64_t row, int64_t rows, int64_t cols,
                         char *to, int64_t to_row)
{
    for (int64_t i = 0; i < rows; i++) {
        const char *from = psi_gemm_at(o, entry, row + i, 0);
        for (int64_t j = 0; j < cols; j++)
            memcpy(to + (i * to_row + j) * 8, from + j * o->col_stride * 8, 8);
    }
}

/* rows x cols of an operand from a row on, as they lie or copied to `space`. */
static blas_view view_of(const psi_gemm_operand *o, int64_t entry, int64_t row, int64_t rows,
                         int64_t all_rows, int64_t cols, bool copy, char *space)
{
    if (copy) {
        copy_strided(o, entry, row, rows, cols, space, cols);
        return (blas_view){space, CblasNoTrans, (blasint)cols};
    }
    const void *data = psi_gemm_at(o, entry, row, 0);
    if (rows_dense(o, all_rows, cols))
        return (blas_view){data, CblasNoTrans, (blasint)(all_rows == 1 ? cols : o->row_stride)};
    return (blas_view){data, CblasTrans, (blasint)(cols == 1 ? all_rows : o->col_stride)};
}

static void multiply(const psi_gemm_call *call, int64_t rows, blas_view a, blas_view b, void *c, bool add)
{
    blasint m = (blasint)rows, n = (blasint)call->n, k = (blasint)call->k;
    blasint leading = (blasint)(call->m == 1 ? call->n : call->out.row_stride);
    if (call->out.dtype == PSI_FLOAT64) {
        cblas_dgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, call->alpha, a.data, a.leading, b.data,
                    b.leading, add ? call->beta : 0, c, leading);
    } else {
        float alpha[2] = {(float)call->alpha, 0}, beta[2] = {add ? (float)call->beta : 0, 0};
        cblas_cgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, alpha, a.data, a.leading, b.data,
                    b.leading, beta, c, leading);
    }
}

static void blas_task(void *context, int64_t index)
{
    blas_job *job = context;
    const psi_gemm_call *call = job->call;
    int64_t entry = index / job->row_blocks, row = index % job->row_blocks * job->rows;
    int64_t rows = psi_gemm_min(job->rows, call->m - row), k = call->k;
    int64_t a_bytes = job->copy_a ? rows * k * 8 : 0, b_bytes = job->copy_b ? k * call->n * 8 : 0;
    char *space = psi_scratch(PSI_GEMM_SCRATCH, (size_t)(a_bytes + b_bytes + 8));
    if (space == NULL) {
        atomic_store(&job->failed, true);
        return;
    }
    char *out = psi_gemm_out_at(&call->out, entry, row, 0);
    bool add = call->addend != NULL && call->beta != 0;
    if (add)
        copy_strided(call->addend, entry, row, rows, call->n, out, call->out.row_stride);
    if (k == 0) {
        for (int64_t i = 0; i < rows && !add; i++)
            memset(out + i * call->out.row_stride * 8, 0, (size_t)call->n * 8);
        if (!add)
            return;
    }
    static const double nothing[2];
    blas_view a = {nothing, CblasNoTrans, 1}, b = {nothing, CblasNoTrans, (blasint)call->n};
    if (k > 0) {
        a = view_of(&call->a, entry, row, rows, call->m, k, job->copy_a, space);
        b = view_of(&call->b, entry, 0, k, k, call->n, job->copy_b, space + a_bytes);
    }
    multiply(call, rows, a, b, out, add);
}

bool psi_gemm_blas(const psi_gemm_call *call)
{
    if (call->m > INT_MAX || call->n > INT_MAX || call->k > INT_MAX || call->out.row_stride > INT_MAX) {
        PSI_INVALID("matmul: %lld x %lld x %lld in %s: BLAS takes at most %d of each", (long long)call->m,
                    (long long)call->k, (long long)call->n,
                    call->out.dtype == PSI_FLOAT64 ? "float64" : "complex64", INT_MAX);
        return false;
    }
    pthread_once(&threads_once, use_one_thread);
    blas_job job = {.call = call};
    job.copy_a = !rows_dense(&call->a, call->m, call->k) && !cols_dense(&call->a, call->m, call->k);
    job.copy_b = !rows_dense(&call->b, call->k, call->n) && !cols_dense(&call->b, call->k, call->n);
    double row_work = (double)call->n * (double)(call->k > 0 ? call->k : 1);
    int64_t least = row_work >= BLOCK_WORK ? 1 : (int64_t)(BLOCK_WORK / row_work);
    job.rows = psi_gemm_ceil(call->m, ROW_BLOCKS);
    if (job.rows < least)
        job.rows = least;
    job.rows = psi_gemm_round_up(psi_gemm_min(job.rows, call->m), ROW_STEP);
    job.row_blocks = psi_gemm_ceil(call->m, job.rows);
    psi_parallel(call->batch * job.row_blocks, blas_task, &job);
    if (atomic_load(&job.failed)) {
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR,
                 "matmul: no memory for a dense copy of %lld x %lld x %lld", (long long)call->m,
                 (long long)call->k, (long long)call->n);
        return false;
    }
    return true;
}
