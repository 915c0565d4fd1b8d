/* attention.c: scaled dot-product attention without all scores in memory: keys come in blocks, and each query's largest
 * score, sum and mean so far are carried along. Many queries go through the packed engine's tiles, a query a lane; few go
 * one by one through its matrix-vector kernels. Where queries and heads are few, keys are cut in ranges too, whose results
 * are put together. Invariant: every cut is by size. */
#include "core/arith.h"
#include "cpu/attention_job.h"

#include <math.h>
#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"

enum {
    FEW = 8,               /* columns for which matrices are only streamed through */
    ROW_KEYS = 1024,       /* keys of a block for these */
    LANE_KEYS = 128,       /* and at most for others */
    LANE_FLOATS = 1 << 15, /* of a task's results, for others */
    TASKS = 16,            /* aimed at, first by cutting columns, then keys */
    RANGE_KEYS = 512,      /* at least so many in a range */
    SMALL_WORK = 1 << 17   /* multiply-adds for which no thread is woken */
};

PSI_ISA_TABLES(psi_attention_kernels, psi_attention_kernels)

const char *psi_attention_at(psi_array a, int64_t batch, int64_t head, int64_t row, int64_t column)
{
    const int64_t *s = psi_strides_of(a);
    int64_t at = batch * s[0] + head * s[1] + row * s[2] + column * s[3];
    return (const char *)psi_values(a) + at * (int64_t)psi_itemsize(a);
}

psi_attention_place psi_attention_column(const psi_attention_job *j, int64_t entry, int64_t column)
{
    int64_t head = entry % j->groups * j->repeats + column / j->queries;
    return (psi_attention_place){entry / j->groups, head, column % j->queries};
}

void psi_attention_query(const psi_attention_job *j, psi_attention_place at, float *out)
{
    j->gemm->load((psi_dtype)j->q->dtype, j->dim, psi_attention_at(j->q, at.batch, at.head, at.row, 0),
                  psi_strides_of(j->q)[3], out);
    for (int64_t i = 0; i < j->dim; i++)
        out[i] *= j->scale;
}

void psi_attention_mask(const psi_attention_job *j, psi_attention_place at, int64_t key, int64_t n,
                        float *out)
{
    const char *from = psi_attention_at(j->mask, at.batch, at.head, at.row, key);
    int64_t stride = psi_strides_of(j->mask)[3];
    if (j->mask->dtype != PSI_BOOL)
        j->gemm->load((psi_dtype)j->mask->dtype, n, from, stride, out);
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = from[i * stride] ? 1.0f : 0.0f;
}

int64_t psi_attention_limit(const psi_attention_job *j, psi_attention_place at)
{
    return at.row + j->keys - j->queries + 1;
}

void psi_attention_start(const psi_attention_job *j, psi_attention_place at, int64_t range, float *top,
                         float *sum)
{
    *top = -INFINITY;
    *sum = 0;
    if (!j->sinks || range > 0)
        return;
    const int64_t *strides = psi_strides_of(j->sinks);
    int64_t where = j->sinks->ndim == 1 ? at.head * strides[0] : at.batch * strides[0] + at.head * strides[1];
    const char *from = psi_values(j->sinks);
    j->gemm->load((psi_dtype)j->sinks->dtype, 1, from + where * (int64_t)psi_itemsize(j->sinks), 1, top);
    *sum = *top == -INFINITY ? 0 : expf(*top - *top);
}

/* ---- results: stored at once, or kept until all ranges are done ---- */

static char *out_at(const psi_attention_job *j, psi_attention_place at, int64_t from)
{
    int64_t row = (at.batch * j->groups * j->repeats + at.head) * j->queries + at.row;
    return (char *)j->out->buffer->data + (row * j->value_dim + from) * (int64_t)psi_itemsize(j->out);
}

static float *partial_at(const psi_attention_job *j, int64_t entry, int64_t column, int64_t range)
{
    return j->partial + ((entry * j->columns + column) * j->ranges + range) * (j->value_dim + 2);
}

void psi_attention_give(const psi_attention_job *j, int64_t entry, int64_t column, int64_t range,
                        float *values, int64_t from, int64_t n, float top, float sum)
{
    if (j->ranges == 1) {
        for (int64_t i = 0; i < n; i++)
            values[i] *= 1 / sum;
        j->gemm->store((psi_dtype)j->out->dtype, n, values,
                       out_at(j, psi_attention_column(j, entry, column), from));
        return;
    }
    float *partial = partial_at(j, entry, column, range);
    partial[0] = top;
    partial[1] = sum;
    memcpy(partial + 2 + from, values, (size_t)n * sizeof *values);
}

static void join_ranges(void *context, int64_t index)
{
    const psi_attention_job *j = context;
    int64_t entry = index / j->columns, column = index % j->columns, step = j->value_dim + 2;
    float *first = partial_at(j, entry, column, 0), top = -INFINITY, sum = 0;
    for (int64_t r = 0; r < j->ranges; r++)
        top = top >= first[r * step] ? top : first[r * step];
    for (int64_t r = 0; r < j->ranges; r++) {
        float *part = first + r * step,
              factor = part[0] == -INFINITY && top == -INFINITY ? 0 : expf(part[0] - top);
        sum += part[1] * factor;
        for (int64_t i = 0; i < j->value_dim; i++)
            first[2 + i] = (r ? first[2 + i] : 0) + part[2 + i] * factor;
    }
    for (int64_t i = 0; i < j->value_dim; i++)
        first[2 + i] *= 1 / sum;
    j->gemm->store((psi_dtype)j->out->dtype, j->value_dim, first + 2,
                   out_at(j, psi_attention_column(j, entry, column), 0));
}

/* ---- the plan ---- */

/* Tiles of bfloat16 take queries as they are: a scale that would round them is left to the scores. */
static void choose_tiles(psi_attention_job *j)
{
    const psi_gemm_kernels *brain = psi_gemm_brain_in_use();
    bool all = j->q->dtype == PSI_BFLOAT16 && j->k->dtype == PSI_BFLOAT16 && j->v->dtype == PSI_BFLOAT16;
    j->tiles = j->gemm;
    j->late_scale = 1;
    if (j->by_row || !all || !brain || brain->nr != j->gemm->nr)
        return;
    j->tiles = brain;
    int exponent;
    if (fabsf(frexpf(j->scale, &exponent)) == 0.5f)
        return;
    j->late_scale = j->scale;
    j->scale = 1;
}

static void plan(psi_attention_job *j)
{
    int64_t nr = j->gemm->nr, widest = j->dim > j->value_dim ? j->dim : j->value_dim;
    j->by_row = j->columns <= FEW && psi_strides_of(j->k)[3] == 1 && psi_strides_of(j->v)[3] == 1;
    choose_tiles(j);
    j->key_block = j->by_row ? ROW_KEYS : LANE_KEYS / j->tiles->mr * j->tiles->mr;
    int64_t most_ranges = (j->keys + RANGE_KEYS - 1) / RANGE_KEYS;
    j->block = j->columns;
    if (!j->by_row) {
        int64_t most = psi_round_up(LANE_FLOATS / (widest + 1) + 1, nr), least_block = 2 * nr;
        int64_t share = (j->entries * j->columns + TASKS - 1) / TASKS,
                blocks = (j->columns + most - 1) / most;
        if (j->entries * blocks * most_ranges < TASKS && share < most)
            blocks = (j->columns + share - 1) / share;
        j->block = psi_round_up((j->columns + blocks - 1) / blocks, nr);
        j->block = j->block < least_block ? least_block : j->block;
    }
    j->blocks = (j->columns + j->block - 1) / j->block;
    int64_t tasks = j->entries * j->blocks, ranges = (TASKS + tasks - 1) / tasks;
    ranges = psi_least(ranges, most_ranges);
    j->range = psi_round_up((j->keys + ranges - 1) / ranges, j->key_block);
    j->ranges = (j->keys + j->range - 1) / j->range;
}

static bool run(psi_attention_job *j)
{
    int64_t tasks = j->entries * j->blocks * j->ranges;
    bool small = (double)j->entries * (double)j->columns * (double)j->keys * (double)(j->dim + j->value_dim) <
                 SMALL_WORK;
    void (*task)(void *, int64_t) = j->by_row ? psi_attention_rows : psi_attention_lanes;
    if (j->ranges > 1) {
        j->partial =
            psi_malloc((size_t)(j->entries * j->columns * j->ranges * (j->value_dim + 2)) * sizeof(float));
        if (!j->partial)
            return false;
    }
    if (small)
        for (int64_t i = 0; i < tasks; i++)
            task(j, i);
    else
        psi_parallel(tasks, task, j);
    bool ok = psi_tasks_done(&j->failed, "scaled_dot_product_attention");
    if (ok && j->ranges > 1)
        psi_parallel(j->entries * j->columns, join_ranges, j);
    psi_free(j->partial);
    return ok;
}

bool psi_cpu_scaled_dot_product_attention(psi_node *node)
{
    psi_array out = &node->out[0];
    bool has_sinks = node->attr[2] != 0, has_mask = node->in_count - has_sinks > 3;
    if (!psi_output_new(out))
        return false;
    psi_attention_job j = {.own = psi_attention_kernels_by_isa[psi_isa_current()],
                           .gemm = psi_gemm_kernels_of(psi_isa_current()),
                           .q = node->in[0],
                           .k = node->in[1],
                           .v = node->in[2],
                           .mask = has_mask ? node->in[3] : NULL,
                           .sinks = has_sinks ? node->in[node->in_count - 1] : NULL,
                           .out = out,
                           .scale = (float)psi_attr_real(node, 0),
                           .causal = node->attr[1] != 0};
    j.groups = j.k->shape[1];
    j.entries = out->shape[0] * j.groups;
    j.repeats = j.groups ? out->shape[1] / j.groups : 0;
    j.queries = out->shape[2];
    j.columns = j.repeats * j.queries;
    j.keys = j.k->shape[2];
    j.dim = j.q->shape[3];
    j.value_dim = out->shape[3];
    if (out->size == 0 || j.keys == 0) {
        memset(out->buffer->data, 0, psi_nbytes(out));
        return true;
    }
    plan(&j);
    return run(&j);
}
