/* gemm_vector.c: products with one row or one column, or very few rows, which only stream a matrix through once, and
 * the last pass over sums. Invariant: how an element's sum is cut depends on k and the layout alone, so sharing changes no bits. */
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"

#define DOT_CUT 4096 /* terms of a sum that are added up by themselves, where lines are dense along k */
#define CUTS 32      /* aimed at where they are not: each is a run of rows, read from end to end */
#define LEAST_CUT 64 /* rows; fewer would make sums of sums too many */
#define COLUMNS 4096 /* sums at a time, so that they stay in the first cache */
#define CHUNK_WORK (1 << 16) /* elements of the matrix that one task reads */
#define ALONE_WORK (1 << 18) /* at most so many in all are one task: waking a thread would take longer */
#define ROWS 3               /* at most so many share what one task reads, where lines are dense along k */
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

/* One vector of length k, or a few one after the other, against `lines` lines of a matrix. */
typedef struct vector_job {
    const psi_gemm_call *call;
    const psi_gemm_kernels *kernels;
    const psi_gemm_operand *matrix, *x;
    bool is_row; /* the result is one row: lines are B's columns */
    bool is_dot; /* lines are dense along k; else neighbours across lines are */
    int64_t lines, line_stride, k_stride, x_stride;
    int64_t k_cut, cuts;   /* of every sum, by k alone */
    int64_t chunk, chunks; /* lines per task, tasks per entry */
    int64_t entries;       /* entries per task when chunks is 1 */
    int64_t entry;         /* the one whose cuts are shared out among tasks, */
    const float *dense_x;  /* its vector, */
    float *partials;       /* and its sums, cut by cut */
    atomic_bool failed;
} vector_job;

/* The sums of some lines over one cut of k. */
static void sum_cut(const vector_job *job, int64_t entry, int64_t first, int64_t lines, int64_t cut,
                    const float *x, float *sums)
{
    int64_t k0 = cut * job->k_cut, count = psi_gemm_min(job->k_cut, job->call->k - k0);
    const char *matrix =
        job->is_row ? psi_gemm_at(job->matrix, entry, k0, first) : psi_gemm_at(job->matrix, entry, first, k0);
    if (job->is_dot) {
        job->kernels->dot(job->matrix->dtype, lines, count, matrix, job->line_stride, x + k0, sums);
    } else {
        memset(sums, 0, (size_t)lines * sizeof *sums);
        job->kernels->combine(job->matrix->dtype, lines, count, matrix, job->k_stride, x + k0, sums);
    }
}

static void add_sums(float *sums, const float *more, int64_t lines)
{
    for (int64_t i = 0; i < lines; i++)
        sums[i] += more[i];
}

/* Room for the vector, where it cannot be used in place. */
static int64_t copy_length(const vector_job *job)
{
    return job->x->dtype == PSI_FLOAT32 && job->x_stride == 1 ? 0 : job->call->k;
}

/* The vector as float32 neighbours: where it lies, or copied. */
static const float *dense_vector(const vector_job *job, int64_t entry, int64_t row, float *copy)
{
    const char *at = psi_gemm_at(job->x, entry, row, 0);
    if (copy_length(job) == 0)
        return (const float *)(const void *)at;
    job->kernels->load(job->x->dtype, job->call->k, at, job->x_stride, copy);
    return copy;
}

static psi_gemm_part part_of(const vector_job *job, int64_t entry, int64_t row, int64_t first, int64_t lines)
{
    return job->is_row ? (psi_gemm_part){entry, row, 1, first, lines}
                       : (psi_gemm_part){entry, first, lines, 0, 1};
}

/* The part of the result when sums can be left right there, else NULL. */
static float *sums_in_place(const vector_job *job, psi_gemm_part part)
{
    const psi_gemm_output *out = &job->call->out;
    bool fits = psi_gemm_is_plain(job->call) && (job->is_row || out->row_stride == 1);
    return fits ? (float *)(void *)psi_gemm_out_at(out, part.entry, part.row, part.col) : NULL;
}

static void run_row(vector_job *job, int64_t entry, int64_t row, int64_t first, int64_t lines, float *memory)
{
    const float *x = dense_vector(job, entry, row, memory + 2 * lines);
    psi_gemm_part part = part_of(job, entry, row, first, lines);
    float *in_place = sums_in_place(job, part), *sums = in_place ? in_place : memory;
    sum_cut(job, entry, first, lines, 0, x, sums);
    for (int64_t cut = 1; cut < job->cuts; cut++) {
        sum_cut(job, entry, first, lines, cut, x, memory + lines);
        add_sums(sums, memory + lines, lines);
    }
    if (!in_place)
        psi_gemm_finish(job->call, job->kernels, part, sums, job->is_row ? lines : 1);
}

static void run_chunk(vector_job *job, int64_t entry, int64_t first, int64_t lines)
{
    float *memory = psi_scratch(PSI_GEMM_SCRATCH, (size_t)(2 * lines + copy_length(job)) * sizeof *memory);
    if (memory == NULL) {
        atomic_store(&job->failed, true);
        return;
    }
    for (int64_t row = 0; row < (job->is_row ? job->call->m : 1); row++)
        run_row(job, entry, row, first, lines, memory);
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

/* A task of one cut of one chunk of the entry at hand. */
static void cut_task(void *context, int64_t index)
{
    vector_job *job = context;
    int64_t cut = index / job->chunks, first = index % job->chunks * job->chunk;
    sum_cut(job, job->entry, first, psi_gemm_min(job->chunk, job->lines - first), cut, job->dense_x,
            job->partials + cut * job->lines + first);
}

/* Entry after entry, each read as few long runs of rows. */
static void run_cuts(vector_job *job)
{
    int64_t copy = copy_length(job);
    float *memory =
        psi_scratch(PSI_GEMM_SHARED_SCRATCH, (size_t)(job->cuts * job->lines + copy) * sizeof *memory);
    if (memory == NULL) {
        atomic_store(&job->failed, true);
        return;
    }
    job->partials = memory + copy;
    for (int64_t entry = 0; entry < job->call->batch; entry++) {
        job->entry = entry;
        job->dense_x = dense_vector(job, entry, 0, memory);
        psi_parallel(job->cuts * job->chunks, cut_task, job);
        for (int64_t cut = 1; cut < job->cuts; cut++)
            add_sums(job->partials, job->partials + cut * job->lines, job->lines);
        psi_gemm_finish(job->call, job->kernels, part_of(job, entry, 0, 0, job->lines), job->partials,
                        job->is_row ? job->lines : 1);
    }
}

/* True when the cuts of an entry are tasks of their own. */
static bool cut_lines(vector_job *job)
{
    int64_t k = job->call->k;
    job->k_cut = DOT_CUT;
    if (!job->is_dot)
        job->k_cut = psi_gemm_clamp(psi_gemm_round_up(psi_gemm_ceil(k, CUTS), 8), LEAST_CUT, DOT_CUT);
    job->cuts = psi_gemm_ceil(k, job->k_cut);
    job->chunk = job->is_dot ? psi_gemm_clamp(CHUNK_WORK / k / 4 * 4, 4, 4096) : COLUMNS;
    job->entries = job->lines >= CHUNK_WORK / k ? 1 : CHUNK_WORK / k / job->lines;
    if ((double)job->call->batch * (double)job->lines * (double)k <= ALONE_WORK) {
        job->chunk = job->lines;
        job->entries = job->call->batch;
    }
    job->chunks = psi_gemm_ceil(job->lines, job->chunk);
    return !job->is_dot && job->cuts > 1 && job->chunks < CUTS / 4 &&
           (double)job->lines * (double)k > ALONE_WORK;
}

bool psi_gemm_vector(const psi_gemm_call *call, const psi_gemm_kernels *kernels, bool *ok)
{
    bool few = call->m <= ROWS && call->b.row_stride == 1 && (double)call->n * (double)call->k > ALONE_WORK;
    if ((call->m != 1 && call->n != 1 && !few) || call->k == 0 || call->subtract)
        return false;
    vector_job job = {.call = call, .kernels = kernels, .is_row = call->m == 1 || (few && call->n != 1)};
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
    if (cut_lines(&job))
        run_cuts(&job);
    else
        psi_parallel(job.chunks > 1 ? call->batch * job.chunks : psi_gemm_ceil(call->batch, job.entries),
                     vector_task, &job);
    *ok = !atomic_load(&job.failed);
    if (!*ok)
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "matmul: no scratch memory for a vector of %lld",
                 (long long)call->k);
    return true;
}
