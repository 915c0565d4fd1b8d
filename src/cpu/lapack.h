/* lapack.h: how a batch of matrices is run through LAPACK. */
#ifndef PSI_CPU_LAPACK_H
#define PSI_CPU_LAPACK_H

#include <limits.h>
#include <stdatomic.h>

#include "cpu/blas.h"
#include "eval/backend.h"

#define PSI_LAPACK_NO_MEMORY INT_MIN /* in place of an info */

/* A batch of matrices, row-major and one behind the other, each worked on with scratch of its own. */
typedef struct psi_lapack_job psi_lapack_job;
struct psi_lapack_job {
    psi_node *node;
    const char *op; /* for messages */
    const psi_blas *blas;
    const psi_lapack *fn;
    psi_dtype dtype;
    int m, n, k; /* k is the smaller of m and n */
    int64_t batch;
    bool blocked;       /* the pool shares the work on one matrix: see cpu/blocked.h */
    size_t item, bytes; /* of an element, of a matrix */
    const char *in;
    int lwork;
    size_t part[8], scratch; /* where the pieces of scratch begin, and its size */
    int parts;
    /* LAPACK's info for one matrix: 0 when all went well, or PSI_LAPACK_NO_MEMORY. */
    int (*run)(const psi_lapack_job *job, int64_t index, char *scratch);
    const char *(*why)(int info);
    atomic_llong failure; /* the first matrix that failed, and its info */
};

/* What the node's input says. False with an error when a length is past what LAPACK counts with. */
bool psi_lapack_begin(psi_lapack_job *job, psi_node *node, const char *op);
/* Reserves the next piece of scratch. */
void psi_lapack_reserve(psi_lapack_job *job, size_t count, size_t item);
/* The number that a query for the size of the work array left. */
double psi_lapack_answer(const psi_lapack_job *job, const void *query);
/* Notes the size of the work array that a query answered with, and reserves it as the next piece. False when LAPACK
 * cannot count so far. */
bool psi_lapack_reserve_work(psi_lapack_job *job, const void *query);
/* Runs all matrices; false with the error of the first that failed. Nothing is run where there is no element. */
bool psi_lapack_run(psi_lapack_job *job);

/* The input's matrix `index`. */
static inline const char *psi_lapack_matrix(const psi_lapack_job *job, int64_t index)
{
    return job->in + (size_t)index * job->bytes;
}

/* The values of an output that has `count` elements for each matrix. */
static inline char *psi_lapack_result(const psi_lapack_job *job, int output, int64_t count, int64_t index)
{
    psi_array out = &job->node->out[output];
    return (char *)psi_values(out) + (size_t)(index * count) * psi_dtype_size((psi_dtype)out->dtype);
}

/* Rows x cols from rows that are `row` elements apart to columns `leading` apart, and back. */
void psi_lapack_columns(size_t item, int64_t rows, int64_t cols, const void *from, int64_t row, void *to,
                        int64_t leading);
void psi_lapack_rows(size_t item, int64_t rows, int64_t cols, const void *from, int64_t leading, void *to,
                     int64_t row);
/* Zeros below (or above) the diagonal of a dense row-major matrix. */
void psi_lapack_clear_triangle(size_t item, int64_t rows, int64_t cols, bool below, char *a);
/* No NaN and no infinity in matrix `index`. */
bool psi_lapack_finite(const psi_lapack_job *job, int64_t index);

#endif
