/* factor.c: kernels of factorisations: QR, LU, Cholesky, and inverses from them.
 * A row-major matrix is a column-major transpose: what is symmetric, or inverted, is worked on in place so. */
#include "cpu/kernels.h"
#include "cpu/lapack.h"

static const int query = -1;

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
    char *r = psi_lapack_result(j, 1, (int64_t)j->k * j->n, index);
    psi_lapack_columns(j, index, a);
    j->fn->geqrf(&j->m, &j->n, a, &j->m, tau, work, &j->lwork, &info);
    if (info)
        return info;
    psi_lapack_rows(j->item, j->k, j->n, a, j->m, r);
    psi_lapack_clear_triangle(j->item, j->k, j->n, true, r);
    j->fn->orgqr(&j->m, &j->k, &j->k, a, &j->m, tau, work, &j->lwork, &info);
    psi_lapack_rows(j->item, j->m, j->k, a, j->m, psi_lapack_result(j, 0, (int64_t)j->m * j->k, index));
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
    char *a = scratch + j->part[0];
    uint32_t *pivots = (uint32_t *)(void *)psi_lapack_result(j, 1, j->k, index);
    psi_lapack_columns(j, index, a);
    j->fn->getrf(&j->m, &j->n, a, &j->m, (int *)pivots, &info);
    psi_lapack_rows(j->item, j->m, j->n, a, j->m, psi_lapack_result(j, 0, (int64_t)j->m * j->n, index));
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
    psi_lapack_reserve(&j, (size_t)j.m * (size_t)j.n, j.item);
    return psi_lapack_run(&j);
}

/* ---- Cholesky ---- */

/* Of a matrix that is not positive definite, rows from the offending one on are left unfinished, as upstream does:
 * rounding makes such matrices of semidefinite ones. */
static int cholesky_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    char *a = psi_lapack_result(j, 0, (int64_t)j->n * j->n, index);
    bool upper = j->node->attr[0] != 0;
    (void)scratch;
    j->fn->potrf(upper ? "L" : "U", &j->n, a, &j->n, &info, 1);
    psi_lapack_clear_triangle(j->item, j->n, j->n, upper, a);
    return info < 0 ? info : 0;
}

bool psi_cpu_cholesky(psi_node *node)
{
    psi_lapack_job j;
    if (!psi_lapack_begin(&j, node, "linalg_cholesky") || !psi_output_copy(&node->out[0], node->in[0]))
        return false;
    j.in = psi_values(&node->out[0]);
    j.run = cholesky_of;
    j.why = refused;
    return psi_lapack_run(&j);
}

/* ---- inverses ---- */

static int inverse_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0, *pivots = (int *)(void *)(scratch + j->part[0]);
    char *a = psi_lapack_result(j, 0, (int64_t)j->n * j->n, index);
    j->fn->getrf(&j->n, &j->n, a, &j->n, pivots, &info);
    if (!info)
        j->fn->getri(&j->n, a, &j->n, pivots, scratch + j->part[1], &j->lwork, &info);
    return info;
}

static int triangular_inverse_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    char *a = psi_lapack_result(j, 0, (int64_t)j->n * j->n, index);
    bool upper = j->node->attr[1] != 0;
    (void)scratch;
    j->fn->trtri(upper ? "L" : "U", "N", &j->n, a, &j->n, &info, 1, 1);
    psi_lapack_clear_triangle(j->item, j->n, j->n, upper, a);
    return info;
}

bool psi_cpu_inverse(psi_node *node)
{
    psi_lapack_job j;
    double size[2] = {0};
    int info;
    bool triangular = node->attr[0] != 0;
    if (!psi_lapack_begin(&j, node, triangular ? "linalg_tri_inv" : "linalg_inv") ||
        !psi_output_copy(&node->out[0], node->in[0]))
        return false;
    if (j.batch == 0)
        return true;
    j.in = psi_values(&node->out[0]);
    j.why = lu_why;
    j.run = triangular ? triangular_inverse_of : inverse_of;
    if (triangular)
        return psi_lapack_run(&j);
    psi_lapack_reserve(&j, (size_t)j.n, sizeof(int));
    j.fn->getri(&j.n, NULL, &j.n, NULL, size, &query, &info);
    return psi_lapack_reserve_work(&j, size) && psi_lapack_run(&j);
}
