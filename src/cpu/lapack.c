/* lapack.c: batches of matrices run through LAPACK, one matrix per call, several small ones per task.
 * Invariant: which matrix's failure is reported depends on the batch alone: it is the first. */
#include "cpu/lapack.h"

#include <math.h>
#include <string.h>

#include "core/pool.h"
#include "eval/copy.h"

#define TASK_WORK (1 << 16) /* multiply-adds, about, that one task should have at least */
#define NO_FAILURE LLONG_MAX
#define SHARED_BATCH 8 /* from so many blocked matrices on, each is one task */
#define SCRATCH 3      /* products use the lower slots */

bool psi_lapack_begin(psi_lapack_job *j, psi_node *node, const char *op)
{
    psi_array in = node->in[0];
    int64_t m = in->shape[in->ndim - 2], n = in->shape[in->ndim - 1];
    if (m > INT_MAX || n > INT_MAX) {
        PSI_INVALID("%s: a matrix of %lld x %lld; LAPACK takes at most %d", op, (long long)m, (long long)n,
                    INT_MAX);
        return false;
    }
    *j = (psi_lapack_job){.node = node, .op = op, .dtype = (psi_dtype)in->dtype, .m = (int)m, .n = (int)n};
    j->blas = psi_blas_load();
    if (j->blas == NULL)
        return false;
    j->fn = j->dtype == PSI_FLOAT32   ? &j->blas->float32
            : j->dtype == PSI_FLOAT64 ? &j->blas->float64
                                      : &j->blas->complex64;
    j->k = (int)(m < n ? m : n);
    j->item = psi_itemsize(in);
    j->bytes = (size_t)(m * n) * j->item;
    j->batch = in->size ? in->size / (m * n) : 0;
    return true;
}

void psi_lapack_reserve(psi_lapack_job *j, size_t count, size_t item)
{
    j->part[j->parts++] = j->scratch;
    j->scratch += (count * item + 63) / 64 * 64;
}

double psi_lapack_answer(const psi_lapack_job *j, const void *query)
{
    return j->dtype == PSI_FLOAT64 ? *(const double *)query : *(const float *)query;
}

bool psi_lapack_reserve_work(psi_lapack_job *j, const void *query)
{
    double size = ceil(psi_lapack_answer(j, query) * (1 + 0x1p-22)); /* a float may have been rounded down */
    if (!(size < INT_MAX)) {
        PSI_INVALID("%s: a matrix of %d x %d needs more work space than LAPACK counts", j->op, j->m, j->n);
        return false;
    }
    j->lwork = size < 1 ? 1 : (int)size;
    psi_lapack_reserve(j, (size_t)j->lwork, j->item);
    return true;
}

/* Keeps the failure of the lowest index. */
static void note(psi_lapack_job *j, int64_t index, int info)
{
    long long mine = (long long)((uint64_t)index << 32 | (uint32_t)info), old = atomic_load(&j->failure);
    while (mine < old && !atomic_compare_exchange_weak(&j->failure, &old, mine))
        continue;
}

static int64_t group_of(const psi_lapack_job *j)
{
    int64_t work = (int64_t)j->m * j->n * j->k;
    return work >= TASK_WORK ? 1 : TASK_WORK / (work + 1);
}

static void run_some(psi_lapack_job *j, int64_t from, int64_t to, char *scratch)
{
    if (!scratch)
        note(j, from, PSI_LAPACK_NO_MEMORY);
    for (int64_t i = from; scratch && i < to; i++) {
        int info = j->run(j, i, scratch);
        if (info)
            note(j, i, info);
    }
}

static void task(void *context, int64_t index)
{
    psi_lapack_job *j = context;
    int64_t group = group_of(j), from = index * group, to = from + group < j->batch ? from + group : j->batch;
    run_some(j, from, to, psi_scratch(SCRATCH, j->scratch + 64));
}

/* One matrix after the other, in memory that is given back. */
static void run_blocked(psi_lapack_job *j)
{
    psi_buffer *room = psi_buffer_new(j->scratch + 64);
    run_some(j, 0, j->batch, room ? room->data : NULL);
    psi_buffer_release(room);
}

static bool report(const psi_lapack_job *j)
{
    long long failure = atomic_load(&j->failure);
    int info = (int)(uint32_t)failure;
    if (failure == NO_FAILURE)
        return true;
    if (info == PSI_LAPACK_NO_MEMORY)
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "%s: no memory to work on a matrix of %d x %d", j->op,
                 j->m, j->n);
    else
        psi_fail(PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                 "%s: matrix %lld of %lld, of %d x %d: %s (LAPACK's info %d)", j->op, failure >> 32,
                 (long long)j->batch, j->m, j->n, j->why(info), info);
    return false;
}

bool psi_lapack_run(psi_lapack_job *j)
{
    psi_buffer *temp = NULL;
    if (j->batch == 0)
        return true;
    if (!j->in) /* else it is worked on in place */
        j->in = psi_dense_values(j->node->in[0], &temp);
    if (!j->in)
        return false;
    int64_t group = group_of(j);
    atomic_store(&j->failure, NO_FAILURE);
    if (j->blocked && j->batch < SHARED_BATCH)
        run_blocked(j);
    else
        psi_parallel((j->batch + group - 1) / group, task, j);
    psi_buffer_release(temp);
    return report(j);
}

void psi_lapack_columns(size_t item, int64_t rows, int64_t cols, const void *from, int64_t row, void *to,
                        int64_t leading)
{
    psi_copy_elements((int)item, PSI_INTS(cols, rows), to, (int64_t[]){leading, 1}, from,
                      (int64_t[]){1, row});
}

void psi_lapack_rows(size_t item, int64_t rows, int64_t cols, const void *from, int64_t leading, void *to,
                     int64_t row)
{
    psi_copy_elements((int)item, PSI_INTS(rows, cols), to, (int64_t[]){row, 1}, from,
                      (int64_t[]){1, leading});
}

void psi_lapack_clear_triangle(size_t item, int64_t rows, int64_t cols, bool below, char *a)
{
    for (int64_t i = 0; i < rows; i++) {
        int64_t from = below ? 0 : i + 1, to = below && i < cols ? i : cols;
        if (from < to)
            memset(a + (size_t)(i * cols + from) * item, 0, (size_t)(to - from) * item);
    }
}

bool psi_lapack_finite(const psi_lapack_job *j, int64_t index)
{
    const void *values = psi_lapack_matrix(j, index);
    int64_t count = (int64_t)j->m * j->n * (j->dtype == PSI_COMPLEX64 ? 2 : 1);
    bool finite = true;
    if (j->dtype == PSI_FLOAT64)
        for (int64_t i = 0; i < count; i++)
            finite &= isfinite(((const double *)values)[i]) != 0;
    else
        for (int64_t i = 0; i < count; i++)
            finite &= isfinite(((const float *)values)[i]) != 0;
    return finite;
}
