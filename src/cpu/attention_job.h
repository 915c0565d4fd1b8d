/* attention_job.h: what the two ways of attention share: the job, where its parts lie, and who takes results.
 * An entry is a batch entry's group of heads with the same keys; its columns are the queries of all these heads. */
#ifndef PSI_CPU_ATTENTION_JOB_H
#define PSI_CPU_ATTENTION_JOB_H

#include <stdatomic.h>

#include "core/node.h"
#include "cpu/attention.h"
#include "cpu/gemm_kernels.h"

typedef struct psi_attention_job {
    const psi_attention_kernels *own;
    const psi_gemm_kernels *gemm;
    const psi_gemm_kernels *tiles; /* what multiplies many queries: gemm, or its set for bfloat16, as wide */
    psi_array q, k, v, mask, sinks, out; /* mask and sinks may be NULL */
    int64_t entries, groups, repeats, queries, columns, keys, dim, value_dim;
    bool by_row;
    int64_t block, blocks; /* columns of a task, tasks of an entry */
    int64_t range, ranges; /* keys of a task, tasks of a block */
    int64_t key_block;
    float scale;      /* of queries, */
    float late_scale; /* and of scores */
    bool causal;
    float *partial; /* per column and range: top, sum, values */
    atomic_bool failed;
} psi_attention_job;

typedef struct psi_attention_place {
    int64_t batch, head, row;
} psi_attention_place;

/* Tasks: few columns one by one; many as lanes. */
void psi_attention_rows(void *context, int64_t index);
void psi_attention_lanes(void *context, int64_t index);

psi_attention_place psi_attention_column(const psi_attention_job *j, int64_t entry, int64_t column);
const char *psi_attention_at(psi_array a, int64_t batch, int64_t head, int64_t row, int64_t column);

/* A query's features, scaled. */
void psi_attention_query(const psi_attention_job *j, psi_attention_place at, float *out);
/* A query's mask for n keys; of a bool one, 1 and 0. */
void psi_attention_mask(const psi_attention_job *j, psi_attention_place at, int64_t key, int64_t n,
                        float *out);
/* The first key that a query does not see where it is causal; such a query that sees none has them all as if it did. */
int64_t psi_attention_limit(const psi_attention_job *j, psi_attention_place at);
/* Before any key: what the sink is, in the first range. */
void psi_attention_start(const psi_attention_job *j, psi_attention_place at, int64_t range, float *top,
                         float *sum);
/* Takes values [from, from + n) of a column's range, which it may overwrite. */
void psi_attention_give(const psi_attention_job *j, int64_t entry, int64_t column, int64_t range,
                        float *values, int64_t from, int64_t n, float top, float sum);

#endif
