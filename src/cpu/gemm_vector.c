/* gemm_vector.c: products with one row or one column, which only stream a matrix through once, and the last pass
 * over sums. Invariant: an element's sum is cut by k alone, so chunks of rows or columns change no bits. */
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"

#define K_BLOCK 4096         /* of one sum: partial sums of so many terms are added up */
#define CHUNK_WORK (1 << 16) /* elements of the matrix that one task reads */
#define ALONE_WORK (1 << 18) /* at most so many in all are one task: waking a thread would take longer */
#define FINISH 256           /* values scaled and stored at a time */

static void finish_row(const psi_gemm_call *call, const psi_gemm_kernels *kernels, const float *sums,
                       int64_t n, const char *addend, int64_t addend_stride, char *out)
{
    float values[FINISH], more[FINISH];
    float alpha = (float)call->alpha, beta = (float)call->beta;
    int64_t size = psi_gemm_size(call->out.dtype);
    for (int64_t from = 0; from < n; from += FINISH) {
        int64_t count = psi_gemm_min(FINISH, n - from);
        for (int64_t j = 0; j < count; j++)
            values[j] = alpha * sums[from + j];
        if (addend) {
            psi_dtype dtype = call->addend->dtype;
            kernels->load(dtype, count, addend + from * addend_stride * psi_gemm_size(dtype), addend_stride,
                          more);
            for (int64_t j = 0; j < count; j++)
                values[j] += beta * more[j];
        }
        kernels->store(call->out.dtype, count, values, out + from * size);
    }
}

void psi_gemm_finish(const psi_gemm_call *call, const psi_gemm_kernels *kernels, psi_gemm_part part,
                     const float *sums, int64_t sums_row)
{
    const psi_gemm_operand *addend = call->beta == 0 ? NULL : call->addend;
    if (part.cols == 1 && sums_row == 1 && call->out.row_stride == 1) {
        const char *from = addend ? psi_gemm_at(addend, part.entry, part.row, part.col) : NULL;
        finish_row(call, kernels, sums, part.rows, from, addend ? addend->row_stride : 0,
                   psi_gemm_out_at(&call->out, part.entry, part.row, part.col));
        return;
    }
    for (int64_t i = 0; i < part.rows; i++) {
        const char *from = addend ? psi_gemm_at(addend, part.entry, part.row + i, part.col) : NULL;
        finish_row(call, kernels, sums + i * sums_row, part.cols, from, addend ? addend->col_stride : 0,
                   psi_gemm_out_at(&call->out, part.entry, part.row + i, part.col));
    }
}

/* One vector of length k against `lines` lines of a matrix. */
typedef struct vector_job {
    const psi_gemm_call *call;
    const psi_gemm_kernels *kernels;
    const psi_gemm_operand *matrix, *x;
    bool is_row; /* the result is one row: lines are B's columns */
    bool is_dot; /* lines are dense along k; else neighbours across lines are */
    int64_t lines, line_stride, k_stride, x_stride;
    int64_t chunk, chunks; /* lines per task, tasks per entry */
    int64_t entries;       /* entries per task when chunks is 1 */
    atomic_bool failed;
} vector_job;

static void sum_lines(const vector_job *job, const char *matrix, int64_t lines, const float *x, float *sums,
                      float *partial)
{
    int64_t k = job->call->k, size = psi_gemm_size(job->matrix->dtype);
    for (int64_t k0 = 0; k0 < k || k0 == 0; k0 += K_BLOCK) {
        int64_t count = psi_gemm_min(K_BLOCK, k - k0);
        float *to = k0 == 0 ? sums : partial;
        const char *at = matrix + k0 * job->k_stride * size;
        if (job->is_dot) {
            job->kernels->dot(job->matrix->dtype, lines, count, at, job->line_stride, x + k0, to);
        } else {
            memset(to, 0, (size_t)lines * sizeof *to);
            job->kernels->combine(job->matrix->dtype, lines, count, at, job->k_stride, x + k0, to);
        }
        if (k0 > 0)
            for (int64_t i = 0; i < lines; i++)
                sums[i] += partial[i];
    }
}

static void run_chunk(vector_job *job, int64_t entry, int64_t first, int64_t lines)
{
    const psi_gemm_call *call = job->call;
    int64_t k = call->k;
    const char *x_at = psi_gemm_at(job->x, entry, 0, 0);
    bool copy_x = job->x->dtype != PSI_FLOAT32 || job->x_stride != 1;
    bool in_place = psi_gemm_is_plain(call) && (job->is_row || call->out.row_stride == 1);
    int64_t partial = k > K_BLOCK ? lines : 0, own = in_place ? 0 : lines;
    float *memory = NULL;
    if (copy_x || partial + own > 0) {
        memory =
            psi_scratch(PSI_GEMM_SCRATCH, (size_t)(partial + own + (copy_x ? k : 0) + 1) * sizeof(float));
        if (memory == NULL) {
            atomic_store(&job->failed, true);
            return;
        }
    }
    const float *x = (const float *)(const void *)x_at;
    if (copy_x) {
        job->kernels->load(job->x->dtype, k, x_at, job->x_stride, memory + partial + own);
        x = memory + partial + own;
    }
    psi_gemm_part part = {entry, 0, 1, 0, 1};
    *(job->is_row ? &part.col : &part.row) = first;
    *(job->is_row ? &part.cols : &part.rows) = lines;
    float *sums =
        in_place ? (float *)(void *)psi_gemm_out_at(&call->out, entry, part.row, part.col) : memory + partial;
    const char *matrix =
        job->is_row ? psi_gemm_at(job->matrix, entry, 0, first) : psi_gemm_at(job->matrix, entry, first, 0);
    sum_lines(job, matrix, lines, x, sums, memory);
    if (!in_place)
        psi_gemm_finish(call, job->kernels, part, sums, job->is_row ? lines : 1);
}

static void vector_task(void *context, int64_t index)
{
    vector_job *job = context;
    if (job->chunks > 1) {
        int64_t first = index % job->chunks * job->chunk;
        run_chunk(job, index / job->chunks, first, psi_gemm_min(job->chunk, job->lines - first));
        return;
    }
    int64_t last = psi_gemm_min((index + 1) * job->entries, job->call->batch);
    for (int64_t entry = index * job->entries; entry < last; entry++)
        run_chunk(job, entry, 0, job->lines);
}

static void cut_lines(vector_job *job)
{
    int64_t k = job->call->k > 0 ? job->call->k : 1;
    if (job->is_dot) {
        job->chunk = psi_gemm_clamp(CHUNK_WORK / k / 4 * 4, 4, 4096);
    } else {
        int64_t share = psi_gemm_round_up(psi_gemm_ceil(job->lines, 16), 64);
        job->chunk = psi_gemm_clamp(share, 256, 2048);
        if (job->lines <= CHUNK_WORK / k)
            job->chunk = job->lines;
    }
    job->entries = job->lines >= CHUNK_WORK / k ? 1 : CHUNK_WORK / k / job->lines;
    if ((double)job->call->batch * (double)job->lines * (double)k <= ALONE_WORK) {
        job->chunk = job->lines;
        job->entries = job->call->batch;
    }
    job->chunks = psi_gemm_ceil(job->lines, job->chunk);
}

bool psi_gemm_vector(const psi_gemm_call *call, const psi_gemm_kernels *kernels, bool *ok)
{
    if ((call->m != 1 && call->n != 1) || call->k == 0)
        return false;
    vector_job job = {.call = call, .kernels = kernels, .is_row = call->m == 1};
    if (job.is_row) {
        job.matrix = &call->b;
        job.x = &call->a;
        job.lines = call->n;
        job.line_stride = call->b.col_stride;
        job.k_stride = call->b.row_stride;
        job.x_stride = call->a.col_stride;
    } else {
        job.matrix = &call->a;
        job.x = &call->b;
        job.lines = call->m;
        job.line_stride = call->a.row_stride;
        job.k_stride = call->a.col_stride;
        job.x_stride = call->b.row_stride;
    }
    job.is_dot = job.k_stride == 1 || call->k == 1;
    if (!job.is_dot && job.line_stride != 1)
        return false;
    cut_lines(&job);
    psi_parallel(job.chunks > 1 ? call->batch * job.chunks : psi_gemm_ceil(call->batch, job.entries),
                 vector_task, &job);
    *ok = !atomic_load(&job.failed);
    if (!*ok)
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "matmul: no scratch memory for a vector of %lld",
                 (long long)call->k);
    return true;
}
