/* blocked.c: Cholesky, LU and triangular solutions over the matrix product.
 * A row-major triangle is, to LAPACK, the other one of the transpose: sides and triangles change places in its calls. */
#include "cpu/blocked.h"

#include <string.h>

#include "core/arith.h"
#include "core/pool.h"

#define LINES 128 /* of right-hand sides that one task divides by a triangle */
#define REORDERED_ROWS 16

int psi_blocked_product(const psi_lapack_job *j, int64_t m, int64_t n, int64_t k, psi_gemm_operand a,
                        psi_gemm_operand b, psi_rows out, bool subtract)
{
    psi_gemm_call call = {.batch = 1,
                          .m = m,
                          .n = n,
                          .k = k,
                          .a = a,
                          .b = b,
                          .out = {out.at, out.row, j->dtype, NULL},
                          .alpha = 1,
                          .subtract = subtract};
    return psi_gemm(&call) ? 0 : PSI_LAPACK_NO_MEMORY;
}

const void *psi_blocked_one(const psi_lapack_job *j)
{
    static const double wide = 1;
    static const float narrow[2] = {1, 0};
    return j->dtype == PSI_FLOAT64 ? (const void *)&wide : narrow;
}

psi_rows psi_blocked_conjugate(const psi_lapack_job *j, int64_t rows, int64_t cols, psi_rows a, char *room)
{
    psi_rows out = {room, cols};
    if (j->dtype != PSI_COMPLEX64)
        return a;
    for (int64_t row = 0; row < rows; row++) {
        const psi_complex64 *from = (const void *)psi_rows_from(j, a, row, 0).at;
        psi_complex64 *to = (void *)psi_rows_from(j, out, row, 0).at;
        for (int64_t i = 0; i < cols; i++)
            to[i] = (psi_complex64){from[i].re, -from[i].im};
    }
    return out;
}

void psi_blocked_ones(const psi_lapack_job *j, int64_t rows, int64_t cols, psi_rows a)
{
    for (int64_t row = 0; row < rows; row++)
        memset(psi_rows_from(j, a, row, 0).at, 0, (size_t)cols * j->item);
    for (int64_t i = 0; i < cols; i++)
        memcpy(psi_rows_from(j, a, i, i).at, psi_blocked_one(j), j->item);
}

/* ---- a triangle of one block ---- */

/* Vectors that a triangle's inverse is applied to: columns of a matrix, or its rows when `across`. */
typedef struct division {
    const psi_lapack_job *job;
    psi_triangle t;
    psi_rows x;
    int64_t lines;
    bool across; /* by the adjoint of the lower triangle, from the right */
} division;

static void divide_task(void *context, int64_t index)
{
    const division *d = context;
    int64_t first = index * LINES;
    int n = (int)d->t.n, lines = (int)psi_least(LINES, d->lines - first), ld = (int)d->t.a.row,
        ldx = (int)d->x.row;
    void *x = psi_rows_from(d->job, d->x, d->across ? first : 0, d->across ? 0 : first).at;
    if (d->across)
        d->job->fn->trsm("L", "U", "C", "N", &n, &lines, psi_blocked_one(d->job), d->t.a.at, &ld, x, &ldx, 1,
                         1, 1, 1);
    else
        d->job->fn->trsm("R", d->t.upper ? "L" : "U", "N", d->t.unit ? "U" : "N", &lines, &n,
                         psi_blocked_one(d->job), d->t.a.at, &ld, x, &ldx, 1, 1, 1, 1);
}

static void divide(division d)
{
    psi_parallel((d.lines + LINES - 1) / LINES, divide_task, &d);
}

/* ---- triangular solutions ---- */

/* Two triangles on the diagonal, and what lies between them: beside the first or below it. */
typedef struct halves {
    psi_triangle first, last;
    psi_gemm_operand between;
    int64_t head;
} halves;

static halves halve(const psi_lapack_job *j, psi_triangle t)
{
    int64_t head = (t.n / 2 + PSI_BLOCK - 1) / PSI_BLOCK * PSI_BLOCK;
    psi_rows between = psi_rows_from(j, t.a, t.upper ? 0 : head, t.upper ? head : 0);
    return (halves){{t.a, head, t.upper, t.unit},
                    {psi_rows_from(j, t.a, head, head), t.n - head, t.upper, t.unit},
                    psi_rows_operand(j, between, false),
                    head};
}

int psi_blocked_solve(const psi_lapack_job *j, psi_triangle t, psi_rows x, int64_t cols)
{
    if (t.n <= PSI_BLOCK) {
        divide((division){j, t, x, cols, false});
        return 0;
    }
    halves h = halve(j, t);
    psi_rows below = psi_rows_from(j, x, h.head, 0);
    psi_triangle now = t.upper ? h.last : h.first, then = t.upper ? h.first : h.last;
    psi_rows known = t.upper ? below : x, wanted = t.upper ? x : below;
    int info = psi_blocked_solve(j, now, known, cols);
    if (!info)
        info = psi_blocked_product(j, then.n, cols, now.n, h.between, psi_rows_operand(j, known, false),
                                   wanted, true);
    return info ? info : psi_blocked_solve(j, then, wanted, cols);
}

int psi_blocked_inverse(const psi_lapack_job *j, psi_triangle t, psi_rows x)
{
    if (t.n <= PSI_BLOCK) {
        psi_blocked_ones(j, t.n, t.n, x);
        divide((division){j, t, x, t.n, false});
        return 0;
    }
    halves h = halve(j, t);
    psi_rows last = psi_rows_from(j, x, h.head, h.head);
    psi_rows between = psi_rows_from(j, x, t.upper ? 0 : h.head, t.upper ? h.head : 0);
    psi_triangle now = t.upper ? h.last : h.first, then = t.upper ? h.first : h.last;
    int info = psi_blocked_inverse(j, h.first, x);
    if (!info)
        info = psi_blocked_inverse(j, h.last, last);
    if (!info)
        info = psi_blocked_product(j, then.n, now.n, now.n, h.between,
                                   psi_rows_operand(j, t.upper ? last : x, false), between, true);
    return info ? info : psi_blocked_solve(j, then, between, now.n);
}

typedef struct reordering {
    const psi_lapack_job *job;
    const uint32_t *order;
    psi_rows from, to;
} reordering;

static void reorder_task(void *context, int64_t index)
{
    const reordering *r = context;
    int64_t n = r->job->n, end = psi_least((index + 1) * REORDERED_ROWS, n);
    for (int64_t row = index * REORDERED_ROWS; row < end; row++) {
        const char *from = psi_rows_from(r->job, r->from, row, 0).at;
        char *to = psi_rows_from(r->job, r->to, row, 0).at;
        if (r->job->item == 4)
            for (int64_t i = 0; i < n; i++)
                ((uint32_t *)(void *)to)[i] = ((const uint32_t *)(const void *)from)[r->order[i]];
        else
            for (int64_t i = 0; i < n; i++)
                ((uint64_t *)(void *)to)[i] = ((const uint64_t *)(const void *)from)[r->order[i]];
    }
}

void psi_blocked_reorder(const psi_lapack_job *j, const uint32_t *order, psi_rows from, psi_rows to)
{
    reordering r = {j, order, from, to};
    psi_parallel((j->n + REORDERED_ROWS - 1) / REORDERED_ROWS, reorder_task, &r);
}

/* ---- LU ---- */

typedef struct exchange {
    const psi_lapack_job *job;
    psi_rows a;
    const int *pivots;
    int64_t count, cols;
} exchange;

static void exchange_task(void *context, int64_t index)
{
    const exchange *e = context;
    char other[LINES * sizeof(psi_complex64)];
    int64_t col = index * LINES;
    size_t bytes = (size_t)psi_least(LINES, e->cols - col) * e->job->item;
    for (int64_t i = 0; i < e->count; i++) {
        char *a = psi_rows_from(e->job, e->a, i, col).at;
        char *b = psi_rows_from(e->job, e->a, e->pivots[i] - 1, col).at;
        if (a == b)
            continue;
        memcpy(other, a, bytes);
        memcpy(a, b, bytes);
        memcpy(b, other, bytes);
    }
}

/* Interchanges rows of `cols` columns. */
static void exchange_rows(const psi_lapack_job *j, psi_rows a, int64_t cols, const int *pivots, int64_t count)
{
    exchange e = {j, a, pivots, count, cols};
    psi_parallel((cols + LINES - 1) / LINES, exchange_task, &e);
}

int psi_blocked_lu(const psi_lapack_job *j, psi_rows a, int *pivots, char *room)
{
    int info = 0;
    for (int64_t i = 0; i < j->k; i += PSI_BLOCK) {
        int64_t w = psi_least(PSI_BLOCK, j->k - i), rows = j->m - i, right = j->n - i - w;
        int height = (int)rows, width = (int)w;
        psi_rows here = psi_rows_from(j, a, i, i), beside = psi_rows_from(j, a, i, i + w);
        psi_lapack_columns(j->item, rows, w, here.at, a.row, room, rows);
        j->fn->getrf(&height, &width, room, &height, pivots + i, &info);
        if (info)
            return info > 0 ? info + (int)i : info;
        psi_lapack_rows(j->item, rows, w, room, rows, here.at, a.row);
        exchange_rows(j, psi_rows_from(j, a, i, 0), i, pivots + i, w);
        exchange_rows(j, beside, right, pivots + i, w);
        for (int64_t p = i; p < i + w; p++)
            pivots[p] += (int)i;
        divide((division){j, {here, w, false, true}, beside, right, false});
        info = psi_blocked_product(j, rows - w, right, w,
                                   psi_rows_operand(j, psi_rows_from(j, here, w, 0), false),
                                   psi_rows_operand(j, beside, false), psi_rows_from(j, beside, w, 0), true);
        if (info)
            return info;
    }
    return 0;
}

/* ---- Cholesky ---- */

int psi_blocked_cholesky(const psi_lapack_job *j, psi_rows a, char *room)
{
    int info = 0, leading = (int)a.row;
    for (int64_t i = 0; i < j->n; i += PSI_BLOCK) {
        int64_t w = psi_least(PSI_BLOCK, j->n - i);
        int width = (int)w;
        psi_rows here = psi_rows_from(j, a, i, i), before = psi_rows_from(j, a, i, 0);
        psi_rows conjugate = psi_blocked_conjugate(j, w, i, before, room);
        if (i > 0)
            info = psi_blocked_product(j, j->n - i, w, i, psi_rows_operand(j, before, false),
                                       psi_rows_operand(j, conjugate, true), here, true);
        if (info)
            return info;
        j->fn->potrf("U", &width, here.at, &leading, &info, 1);
        if (info)
            return info > 0 ? info + (int)i : info;
        divide((division){j, {here, w, false, false}, psi_rows_from(j, here, w, 0), j->n - i - w, true});
    }
    return 0;
}
