/* attention_rows.c: attention of few queries: each key and value is read from memory once, where it lies, and is still
 * in the cache for the other queries. Invariant: scratch slot 0 holds all that a task needs. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core/pool.h"
#include "cpu/attention_job.h"
#include "cpu/reduce.h"
#include "cpu/softmax.h"
#include "ops/reduce.h"

/* A task's memory: per column a query, values, top and sum; the scores of a block, and a mask for them. */
typedef struct rows_task {
    const psi_attention_job *j;
    float *query, *value, *top, *sum, *scores, *mask;
    int64_t entry, range;
} rows_task;

static bool carve(rows_task *t)
{
    const psi_attention_job *j = t->j;
    int64_t floats = j->columns * (j->dim + j->value_dim + 2) + 2 * j->key_block;
    t->query = psi_scratch(0, (size_t)floats * sizeof(float));
    if (!t->query)
        return false;
    t->value = t->query + j->columns * j->dim;
    t->top = t->value + j->columns * j->value_dim;
    t->sum = t->top + j->columns;
    t->scores = t->sum + j->columns;
    t->mask = t->scores + j->key_block;
    return true;
}

static void apply_mask(const rows_task *t, psi_attention_place at, int64_t key, int64_t n)
{
    const psi_attention_job *j = t->j;
    float *s = t->scores;
    if (j->causal)
        for (int64_t i = psi_attention_limit(j, at) - key; i < n; i++)
            if (i >= 0)
                s[i] = -FLT_MAX;
    if (!j->mask)
        return;
    psi_attention_mask(j, at, key, n, t->mask);
    for (int64_t i = 0; i < n; i++)
        s[i] = j->mask->dtype != PSI_BOOL ? s[i] + t->mask[i] : t->mask[i] != 0 ? s[i] : -FLT_MAX;
}

/* Scores become exp(score - top); what was summed before is scaled to the new top. */
static void soften(const rows_task *t, int64_t c, int64_t n)
{
    const psi_attention_job *j = t->j;
    float top, old = t->top[c];
    psi_cpu_reduce_table()->reduce[PSI_FLOAT32][PSI_REDUCE_MAX].rows(1, n, 0, &top, t->scores);
    top = old >= top ? old : top;
    float shift = top == -INFINITY ? 0 : top, factor = old == shift ? 1 : expf(old - shift);
    const psi_softmax_kernel *kernel = psi_cpu_softmax_kernel(psi_isa_current(), PSI_FLOAT32);
    t->sum[c] = t->sum[c] * factor + (float)kernel->exp_sum(n, t->scores, t->scores, (double)shift);
    t->top[c] = top;
    for (int64_t i = 0; factor != 1 && i < j->value_dim; i++)
        t->value[c * j->value_dim + i] *= factor;
}

static void run_block(const rows_task *t, int64_t key, int64_t n)
{
    const psi_attention_job *j = t->j;
    psi_attention_place first = psi_attention_column(j, t->entry, 0);
    int64_t head = t->entry % j->groups;
    const char *k = psi_attention_at(j->k, first.batch, head, key, 0);
    const char *v = psi_attention_at(j->v, first.batch, head, key, 0);
    for (int64_t c = 0; c < j->columns; c++) {
        j->gemm->dot((psi_dtype)j->k->dtype, n, j->dim, k, psi_strides_of(j->k)[2], t->query + c * j->dim,
                     t->scores);
        apply_mask(t, psi_attention_column(j, t->entry, c), key, n);
        soften(t, c, n);
        j->gemm->combine((psi_dtype)j->v->dtype, j->value_dim, n, v, psi_strides_of(j->v)[2], t->scores,
                         t->value + c * j->value_dim);
    }
}

void psi_attention_rows(void *context, int64_t index)
{
    psi_attention_job *j = context;
    rows_task t = {.j = j, .entry = index / j->ranges, .range = index % j->ranges};
    if (!carve(&t)) {
        atomic_store(&j->failed, true);
        return;
    }
    for (int64_t c = 0; c < j->columns; c++) {
        psi_attention_place at = psi_attention_column(j, t.entry, c);
        psi_attention_query(j, at, t.query + c * j->dim);
        psi_attention_start(j, at, t.range, &t.top[c], &t.sum[c]);
    }
    memset(t.value, 0, (size_t)(j->columns * j->value_dim) * sizeof *t.value);
    int64_t first = t.range * j->range, last = first + j->range < j->keys ? first + j->range : j->keys;
    for (int64_t key = first; key < last; key += j->key_block)
        run_block(&t, key, last - key < j->key_block ? last - key : j->key_block);
    for (int64_t c = 0; c < j->columns; c++)
        psi_attention_give(j, t.entry, c, t.range, t.value + c * j->value_dim, 0, j->value_dim, t.top[c],
                           t.sum[c]);
}
