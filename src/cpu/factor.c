/* factor.c: kernels of factorisations: QR, LU, Cholesky, inverses from them, and triangular systems.
 * A row-major matrix is a column-major transpose: what is symmetric, or inverted, is worked on in place so. Invariant: a
 * matrix is blocked over the product, or given to LAPACK, by its own size alone. */
#include <string.h>

#include "cpu/blocked.h"
#include "cpu/kernels.h"

static const int query = -1;

static bool large(const psi_lapack_job *j)
{
    return j->k >= PSI_BLOCKED_LEAST;
}

/* ---- QR ---- */

static const char *refused(int info)
{
    (void)info;
    return "LAPACK refused it";
}

static int qr_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    char *a = scratch + j->part[0], *tau = scratch + j->part[1], *work = scratch + j->part[2];
    char *q = psi_lapack_result(j, 0, (int64_t)j->m * j->k, index);
    char *r = psi_lapack_result(j, 1, (int64_t)j->k * j->n, index);
    if (j->blocked)
        return psi_blocked_qr(j, psi_lapack_matrix(j, index), (psi_rows){q, j->k}, (psi_rows){r, j->n},
                              scratch);
    psi_lapack_columns(j->item, j->m, j->n, psi_lapack_matrix(j, index), j->n, a, j->m);
    j->fn->geqrf(&j->m, &j->n, a, &j->m, tau, work, &j->lwork, &info);
    if (info)
        return info;
    psi_lapack_rows(j->item, j->k, j->n, a, j->m, r, j->n);
    psi_lapack_clear_triangle(j->item, j->k, j->n, true, r);
    j->fn->orgqr(&j->m, &j->k, &j->k, a, &j->m, tau, work, &j->lwork, &info);
    psi_lapack_rows(j->item, j->m, j->k, a, j->m, q, j->k);
    return info;
}

bool psi_cpu_qrf(psi_node *node)
{
    psi_lapack_job j;
    double factor[2] = {0}, expand[2] = {0};
    int info;
    if (!psi_output_new(&node->out[0]) || !psi_output_new(&node->out[1]) ||
        !psi_lapack_begin(&j, node, "linalg_qr"))
        return false;
    if (j.batch == 0)
        return true;
    j.run = qr_of;
    j.why = refused;
    j.blocked = large(&j);
    if (j.blocked) {
        psi_lapack_reserve(&j, psi_blocked_qr_room(&j), j.item);
        return psi_lapack_run(&j);
    }
    psi_lapack_reserve(&j, (size_t)j.m * (size_t)j.n, j.item);
    psi_lapack_reserve(&j, (size_t)j.k, j.item);
    j.fn->geqrf(&j.m, &j.n, NULL, &j.m, NULL, factor, &query, &info);
    j.fn->orgqr(&j.m, &j.k, &j.k, NULL, &j.m, NULL, expand, &query, &info);
    bool first = psi_lapack_answer(&j, factor) > psi_lapack_answer(&j, expand);
    return psi_lapack_reserve_work(&j, first ? factor : expand) && psi_lapack_run(&j);
}

/* ---- LU ---- */

static const char *lu_why(int info)
{
    return info > 0 ? "it is singular" : "LAPACK refused it";
}

/* From the interchanges that LAPACK made, counted from 1, to ones counted from 0 and the rows that L @ U puts where. */
static void row_order(int m, int k, uint32_t *pivots, uint32_t *rows)
{
    for (int i = 0; i < m; i++)
        rows[i] = (uint32_t)i;
    for (int i = k; i-- > 0;) {
        uint32_t other = --pivots[i], row = rows[other];
        rows[other] = rows[i];
        rows[i] = row;
    }
}

static int lu_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    char *factors = psi_lapack_result(j, 0, (int64_t)j->m * j->n, index);
    uint32_t *pivots = (uint32_t *)(void *)psi_lapack_result(j, 1, j->k, index);
    if (j->blocked) {
        memcpy(factors, psi_lapack_matrix(j, index), j->bytes);
        info = psi_blocked_lu(j, (psi_rows){factors, j->n}, (int *)pivots, scratch);
    } else {
        psi_lapack_columns(j->item, j->m, j->n, psi_lapack_matrix(j, index), j->n, scratch, j->m);
        j->fn->getrf(&j->m, &j->n, scratch, &j->m, (int *)pivots, &info);
        psi_lapack_rows(j->item, j->m, j->n, scratch, j->m, factors, j->n);
    }
    if (!info)
        row_order(j->m, j->k, pivots, (uint32_t *)(void *)psi_lapack_result(j, 2, j->m, index));
    return info;
}

/* The factors of matrices without columns leave every row where it is. */
static void keep_rows(psi_array rows, int m)
{
    for (int64_t i = 0; i < rows->size; i++)
        ((uint32_t *)psi_values(rows))[i] = (uint32_t)(i % m);
}

bool psi_cpu_luf(psi_node *node)
{
    psi_lapack_job j;
    for (int i = 0; i < 3; i++)
        if (!psi_output_new(&node->out[i]))
            return false;
    if (!psi_lapack_begin(&j, node, "linalg_lu"))
        return false;
    if (j.batch == 0)
        keep_rows(&node->out[2], j.m);
    j.run = lu_of;
    j.why = lu_why;
    j.blocked = large(&j);
    psi_lapack_reserve(&j, (size_t)j.m * (size_t)(j.blocked ? PSI_BLOCK : j.n), j.item);
    return psi_lapack_run(&j);
}

/* ---- Cholesky ---- */

static const char *cholesky_why(int info)
{
    return info > 0 ? "it is not positive definite" : "LAPACK refused it";
}

static int cholesky_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    char *a = psi_lapack_result(j, 0, (int64_t)j->n * j->n, index), *turned = scratch + j->part[1];
    bool upper = j->node->attr[0] != 0;
    if (!j->blocked)
        j->fn->potrf(upper ? "L" : "U", &j->n, a, &j->n, &info, 1);
    else if (!upper)
        info = psi_blocked_cholesky(j, (psi_rows){a, j->n}, scratch);
    else { /* the upper factor of a matrix is the lower one of its transpose, transposed */
        psi_lapack_columns(j->item, j->n, j->n, a, j->n, turned, j->n);
        info = psi_blocked_cholesky(j, (psi_rows){turned, j->n}, scratch);
        psi_lapack_rows(j->item, j->n, j->n, turned, j->n, a, j->n);
    }
    psi_lapack_clear_triangle(j->item, j->n, j->n, upper, a);
    return info;
}

bool psi_cpu_cholesky(psi_node *node)
{
    psi_lapack_job j;
    if (!psi_lapack_begin(&j, node, "linalg_cholesky") || !psi_output_copy(&node->out[0], node->in[0]))
        return false;
    j.in = psi_values(&node->out[0]);
    j.run = cholesky_of;
    j.why = cholesky_why;
    j.blocked = large(&j);
    psi_lapack_reserve(&j, j.blocked ? PSI_BLOCK * (size_t)j.n : 0, j.item);
    psi_lapack_reserve(&j, j.blocked && node->attr[0] ? (size_t)j.n * (size_t)j.n : 0, j.item);
    return psi_lapack_run(&j);
}

/* ---- triangular systems, and inverses ---- */

/* One more than where the diagonal is zero first, or 0. */
static int zero_at(const psi_lapack_job *j, const char *a)
{
    for (int64_t i = 0; i < j->n; i++, a += (size_t)(j->n + 1) * j->item) {
        double re =
            j->dtype == PSI_FLOAT64 ? *(const double *)(const void *)a : *(const float *)(const void *)a;
        if (re == 0 && (j->dtype != PSI_COMPLEX64 || ((const psi_complex64 *)(const void *)a)->im == 0))
            return (int)i + 1;
    }
    return 0;
}

static psi_triangle triangle_of(const psi_lapack_job *j, int64_t index, bool upper, bool unit)
{
    return (psi_triangle){{(char *)psi_lapack_matrix(j, index), j->n}, j->n, upper, unit};
}

static int triangular_solution_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    psi_array x = &j->node->out[0];
    int64_t cols = x->shape[x->ndim - 1];
    psi_triangle t = triangle_of(j, index, j->node->attr[0] != 0, j->node->attr[1] != 0);
    int info = t.unit ? 0 : zero_at(j, t.a.at);
    (void)scratch;
    return info
               ? info
               : psi_blocked_solve(j, t, (psi_rows){psi_lapack_result(j, 0, j->n * cols, index), cols}, cols);
}

bool psi_cpu_solve_triangular(psi_node *node)
{
    psi_lapack_job j;
    if (!psi_lapack_begin(&j, node, "linalg_solve_triangular") ||
        !psi_output_copy(&node->out[0], node->in[1]))
        return false;
    j.run = triangular_solution_of;
    j.why = lu_why;
    j.blocked = large(&j);
    if (node->out[0].shape[node->out[0].ndim - 1] > INT_MAX) {
        PSI_INVALID("linalg_solve_triangular: right-hand sides of shape %s; LAPACK takes at most %d columns",
                    PSI_SHAPE(psi_shape_of(&node->out[0])), INT_MAX);
        return false;
    }
    return psi_lapack_run(&j);
}

static int triangular_inverse_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    psi_triangle t = triangle_of(j, index, j->node->attr[1] != 0, false);
    char *x = psi_lapack_result(j, 0, t.n * t.n, index);
    int info = zero_at(j, t.a.at);
    (void)scratch;
    memset(x, 0, j->bytes);
    if (!info)
        info = psi_blocked_inverse(j, t, (psi_rows){x, t.n});
    psi_lapack_clear_triangle(j->item, t.n, t.n, t.upper, x);
    return info;
}

/* P A = L U, so A's inverse is U's times L's, with its columns in P's order. */
static int blocked_inverse_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    psi_rows a = {psi_lapack_result(j, 0, (int64_t)j->n * j->n, index), j->n},
             x = {scratch + j->part[2], j->n};
    int *pivots = (int *)(void *)(scratch + j->part[0]);
    uint32_t *order = (uint32_t *)(void *)pivots + j->n;
    memcpy(a.at, psi_lapack_matrix(j, index), j->bytes);
    int info = psi_blocked_lu(j, a, pivots, scratch + j->part[1]);
    if (info)
        return info;
    row_order(j->n, j->n, (uint32_t *)(void *)pivots, order);
    memset(x.at, 0, j->bytes);
    info = psi_blocked_inverse(j, (psi_triangle){a, j->n, false, true}, x);
    if (!info)
        info = psi_blocked_solve(j, (psi_triangle){a, j->n, true, false}, x, j->n);
    psi_blocked_reorder(j, order, x, a);
    return info;
}

static int inverse_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0, *pivots = (int *)(void *)(scratch + j->part[0]);
    char *x = psi_lapack_result(j, 0, (int64_t)j->n * j->n, index);
    memcpy(x, psi_lapack_matrix(j, index), j->bytes);
    j->fn->getrf(&j->n, &j->n, x, &j->n, pivots, &info);
    if (!info)
        j->fn->getri(&j->n, x, &j->n, pivots, scratch + j->part[1], &j->lwork, &info);
    return info;
}

bool psi_cpu_inverse(psi_node *node)
{
    psi_lapack_job j;
    double size[2] = {0};
    int info;
    bool triangular = node->attr[0] != 0;
    if (!psi_output_new(&node->out[0]) ||
        !psi_lapack_begin(&j, node, triangular ? "linalg_tri_inv" : "linalg_inv"))
        return false;
    if (j.batch == 0)
        return true;
    j.why = lu_why;
    j.blocked = large(&j);
    j.run = triangular ? triangular_inverse_of : j.blocked ? blocked_inverse_of : inverse_of;
    if (triangular)
        return psi_lapack_run(&j);
    psi_lapack_reserve(&j, 2 * (size_t)j.n, sizeof(int));
    if (j.blocked) {
        psi_lapack_reserve(&j, PSI_BLOCK * (size_t)j.n, j.item);
        psi_lapack_reserve(&j, (size_t)j.n, (size_t)j.n * j.item);
        return psi_lapack_run(&j);
    }
    j.fn->getri(&j.n, NULL, &j.n, NULL, size, &query, &info);
    return psi_lapack_reserve_work(&j, size) && psi_lapack_run(&j);
}
