/* conv_wide.c: convolutions of float64 and complex64: lines of patches, written out a few at a time, times the weight
 * by BLAS. Invariant: both dtypes have 8 bytes, and are copied as such. */
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"
#include "cpu/conv.h"
#include "cpu/kernels.h"

#define PATCH_ITEMS 32768 /* of patches written out at once */

typedef struct wide_job {
    const psi_conv *c;
    int64_t terms;          /* of a sum */
    int64_t rows, chunks;   /* positions of axis 3 at a time */
    const uint64_t *weight; /* terms x columns */
    atomic_bool failed;
} wide_job;

/* The weight's taps and channels as rows, of neighbouring columns. */
static void copy_weight(const wide_job *job, uint64_t *to)
{
    const psi_conv *c = job->c;
    for (int64_t tap = 0; tap < psi_conv_taps(c); tap++) {
        int64_t rest = tap, at = 0;
        for (int i = PSI_CONV_AXES; i-- > 0; rest /= c->axis[i].taps)
            at += rest % c->axis[i].taps * c->axis[i].weight_stride;
        for (int64_t k = 0; k < c->channels; k++)
            for (int64_t j = 0; j < c->columns; j++)
                memcpy(to++, c->weight + (at + k * c->weight_channel + j * c->weight_column) * 8, 8);
    }
}

/* What a position reads, tap by tap, channels within. */
static void copy_patch(const psi_conv *c, const int64_t position[PSI_CONV_AXES], uint64_t *to)
{
    for (int64_t tap = 0; tap < psi_conv_taps(c); tap++, to += c->channels) {
        int64_t rest = tap, at = 0;
        bool exists = true;
        for (int i = PSI_CONV_AXES; i-- > 0; rest /= c->axis[i].taps) {
            const psi_conv_axis *a = &c->axis[i];
            int64_t place = a->first + (position[i] * a->stride + rest % a->taps * a->move) * a->unit;
            exists &= place >= 0 && place < a->size;
            at += place * a->in_stride;
        }
        if (!exists)
            memset(to, 0, (size_t)c->channels * sizeof *to);
        else
            for (int64_t k = 0; k < c->channels; k++)
                memcpy(to + k, c->in + (at + k * c->in_channel) * 8, 8);
    }
}

static void line_task(void *context, int64_t index)
{
    wide_job *job = context;
    const psi_conv *c = job->c;
    int64_t position[PSI_CONV_AXES], rest = index / job->chunks, at = 0;
    for (int i = 2; i >= 0; rest /= c->axis[i].count, i--) {
        position[i] = rest % c->axis[i].count;
        at += position[i] * c->axis[i].out_stride;
    }
    const int64_t first = index % job->chunks * job->rows,
                  rows = psi_gemm_min(job->rows, c->axis[3].count - first);
    uint64_t *patches = psi_scratch(PSI_CONV_SCRATCH, (size_t)(rows * job->terms + 1) * sizeof *patches);
    if (!patches) {
        atomic_store(&job->failed, true);
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        position[3] = first + i;
        copy_patch(c, position, patches + i * job->terms);
    }
    psi_gemm_call call = {
        .batch = 1,
        .m = rows,
        .n = c->columns,
        .k = job->terms,
        .a = {patches, job->terms, 1, c->dtype, NULL},
        .b = {job->weight, c->columns, 1, c->dtype, NULL},
        .out = {c->out + (at + first * c->axis[3].out_stride) * 8, c->axis[3].out_stride, c->dtype, NULL},
        .alpha = 1};
    if (!psi_gemm(&call))
        atomic_store(&job->failed, true);
}

bool psi_conv_wide(const psi_conv *c)
{
    wide_job job = {.c = c, .terms = psi_conv_taps(c) * c->channels};
    uint64_t *weight = psi_malloc((size_t)(job.terms * c->columns + 1) * sizeof *weight);
    if (!weight)
        return false;
    copy_weight(&job, weight);
    job.weight = weight;
    job.rows = psi_gemm_clamp(PATCH_ITEMS / (job.terms + 1), 1, c->axis[3].count);
    job.chunks = psi_gemm_ceil(c->axis[3].count, job.rows);
    psi_parallel(c->axis[0].count * c->axis[1].count * c->axis[2].count * job.chunks, line_task, &job);
    psi_free(weight);
    return psi_tasks_done(&job.failed, "conv");
}
