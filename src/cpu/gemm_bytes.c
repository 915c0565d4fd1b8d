/* gemm_bytes.c: products of many rows with packed affine codes by the processor's tiles of bytes. Rows are taken apart into
 * planes of eight bits once, codes laid out where they are multiplied. Invariant: every cut is by size, and k's by k alone. */
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"

#define CUT 512     /* codes of a column that are laid out at a time */
#define COLUMNS 256 /* of a task, at most */
#define TASKS 32    /* aimed at */

typedef struct bytes_job {
    const psi_gemm_call *call;
    const psi_gemm_kernels *kernels;
    const psi_gemm_bytes *bytes;
    int64_t columns;                  /* of a task */
    int64_t entry, row, rows, strips; /* the rows at hand, in strips as high as a tile */
    float *x;                         /* those, cut by cut and strip by strip */
    atomic_bool odd;                  /* x has what its planes cannot hold */
    atomic_bool failed;
} bytes_job;

/* Where a strip of a cut is. */
static float *strip_at(const bytes_job *job, int64_t k0, int64_t strip)
{
    int64_t group = job->call->packed->q.group, k = psi_gemm_min(CUT, job->call->k - k0);
    return job->x + (k0 / group * job->strips + strip * (k / group)) * job->bytes->group_floats;
}

static void strip_task(void *context, int64_t strip)
{
    bytes_job *job = context;
    const psi_gemm_call *call = job->call;
    int64_t first = strip * PSI_GEMM_BYTES_ROWS;
    int64_t lanes = psi_gemm_min(PSI_GEMM_BYTES_ROWS, job->rows - first);
    float values[PSI_GEMM_BYTES_ROWS * CUT] __attribute__((aligned(64))), largest[PSI_GEMM_BYTES_ROWS] = {0};
    for (int64_t k0 = 0; k0 < call->k; k0 += CUT) {
        int64_t k = psi_gemm_min(CUT, call->k - k0);
        for (int64_t i = 0; i < lanes; i++) {
            job->kernels->load(call->a.dtype, k, psi_gemm_at(&call->a, job->entry, job->row + first + i, k0),
                               call->a.col_stride, values + i * k);
            float here = psi_gemm_largest(k, values + i * k);
            if (!(psi_gemm_factor(here) >= 1)) {
                atomic_store(&job->odd, true);
                return;
            }
            largest[i] = here > largest[i] ? here : largest[i];
        }
        job->bytes->pack_rows(values, k, (int)lanes, k, strip_at(job, k0, strip));
    }
    for (int64_t i = 0; i < lanes; i++)
        if (psi_gemm_factor(largest[i]) != 1)
            atomic_store(&job->odd, true);
}

/* All rows at hand times one cut of a panel of columns. */
static void run_panel(const bytes_job *job, int64_t k0, int64_t cols, const float *panel, float *sums,
                      int64_t sums_row)
{
    psi_gemm_tile t = {
        .k = psi_gemm_min(CUT, job->call->k - k0), .b = panel, .c_row = sums_row, .add = k0 > 0};
    float edge[PSI_GEMM_BYTES_ROWS * PSI_GEMM_BYTES_COLS] __attribute__((aligned(64)));
    for (int64_t strip = 0; strip < job->strips; strip++, sums += PSI_GEMM_BYTES_ROWS * sums_row) {
        t.a = strip_at(job, k0, strip);
        t.rows = (int)psi_gemm_min(PSI_GEMM_BYTES_ROWS, job->rows - strip * PSI_GEMM_BYTES_ROWS);
        t.cols = (int)cols;
        t.c = sums;
        if (cols == PSI_GEMM_BYTES_COLS) {
            job->bytes->tile(&t);
            continue;
        }
        psi_gemm_tile whole = t;
        whole.c = edge;
        whole.c_row = whole.cols = PSI_GEMM_BYTES_COLS;
        for (int64_t i = 0; t.add && i < t.rows; i++)
            memcpy(edge + i * PSI_GEMM_BYTES_COLS, sums + i * sums_row, (size_t)cols * sizeof *edge);
        job->bytes->tile(&whole);
        for (int64_t i = 0; i < t.rows; i++)
            memcpy(sums + i * sums_row, edge + i * PSI_GEMM_BYTES_COLS, (size_t)cols * sizeof *edge);
    }
}

static void columns_task(void *context, int64_t index)
{
    bytes_job *job = context;
    const psi_gemm_call *call = job->call;
    psi_gemm_part part = {job->entry, job->row, job->rows, index * job->columns, 0};
    part.cols = psi_gemm_min(job->columns, call->n - part.col);
    bool plain = psi_gemm_is_plain(call);
    /* Rows of sums are apart by what is no power of two, lest they share a place in the cache. */
    int64_t sums_row = plain ? call->out.row_stride : job->columns + 16, room = CUT * PSI_GEMM_BYTES_COLS;
    float *panel =
        psi_scratch(PSI_GEMM_SCRATCH, (size_t)(room + (plain ? 0 : job->rows * sums_row)) * sizeof *panel);
    float *sums =
        plain ? (float *)(void *)psi_gemm_out_at(&call->out, job->entry, job->row, part.col) : panel + room;
    if (!panel) {
        atomic_store(&job->failed, true);
        return;
    }
    job->bytes->begin();
    for (int64_t k0 = 0; k0 < call->k; k0 += CUT)
        for (int64_t j = 0; j < part.cols; j += PSI_GEMM_BYTES_COLS) {
            int64_t cols = psi_gemm_min(PSI_GEMM_BYTES_COLS, part.cols - j);
            if (psi_gemm_packed_bytes(call, job->kernels, job->bytes, job->entry, k0,
                                      psi_gemm_min(CUT, call->k - k0), part.col + j, cols, panel))
                run_panel(job, k0, cols, panel, sums + j, sums_row);
            else
                atomic_store(&job->failed, true);
        }
    job->bytes->end();
    if (!plain)
        psi_gemm_finish(call, job->kernels, part, sums, sums_row);
}

bool psi_gemm_packed_many(const psi_gemm_call *call, const psi_gemm_kernels *kernels,
                          const psi_gemm_bytes *bytes, bool *ok)
{
    const psi_gemm_packed *p = call->packed;
    if (!bytes || !p->transposed || p->q.mode != PSI_AFFINE || call->k == 0)
        return false;
    bytes_job job = {.call = call, .kernels = kernels};
    job.bytes = bytes + (call->a.dtype == PSI_FLOAT32 ? 0 : 3) + (p->q.group > 32) + (p->q.group > 64);
    job.columns =
        psi_gemm_min(psi_gemm_round_up(psi_gemm_ceil(call->n, TASKS), PSI_GEMM_BYTES_COLS), COLUMNS);
    int64_t most = psi_gemm_clamp(psi_gemm_cache(2) / 2 / (4 * CUT), PSI_GEMM_BYTES_ROWS, call->m);
    most = psi_gemm_round_up(most, PSI_GEMM_BYTES_ROWS);
    job.x = psi_scratch(PSI_GEMM_SHARED_SCRATCH, (size_t)(most / PSI_GEMM_BYTES_ROWS *
                                                          (call->k / p->q.group) * job.bytes->group_floats) *
                                                     sizeof *job.x);
    if (!job.x)
        atomic_store(&job.failed, true);
    for (job.entry = 0; job.entry < call->batch; job.entry++)
        for (job.row = 0; job.row < call->m && !atomic_load(&job.failed); job.row += most) {
            job.rows = psi_gemm_min(most, call->m - job.row);
            job.strips = psi_gemm_ceil(job.rows, PSI_GEMM_BYTES_ROWS);
            psi_parallel(job.strips, strip_task, &job);
            if (atomic_load(&job.odd))
                return false;
            if (!atomic_load(&job.failed))
                psi_parallel(psi_gemm_ceil(call->n, job.columns), columns_task, &job);
        }
    *ok = !atomic_load(&job.failed);
    if (!*ok)
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR,
                 "quantized_matmul: no scratch memory for %lld rows of %lld", (long long)most,
                 (long long)call->k);
    return true;
}
