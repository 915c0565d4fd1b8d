/* spectral.c: kernels of singular values, eigenvalues and their vectors.
 * A row-major matrix is given to LAPACK as the column-major transpose it is: left and right, U and V change places. */
#include <math.h>
#include <string.h>

#include "cpu/kernels.h"
#include "cpu/lapack.h"

#define NOT_FINITE (INT32_MIN + 1) /* in place of an info */

static const int query = -1, one = 1;

static const char *spectral_why(int info)
{
    return info == NOT_FINITE ? "it holds NaN or infinity"
           : info > 0         ? "no convergence"
                              : "LAPACK refused it";
}

/* ---- singular values ---- */

/* Arguments as of one call; with lwork -1 a query. */
static void call_gesdd(const psi_lapack_job *j, char *scratch, void *work, const int *lwork, void *s, void *u,
                       void *vt, int *info)
{
    const char *job = u ? "A" : "N";
    int *integers = (int *)(void *)(scratch + j->part[1]);
    if (j->dtype != PSI_COMPLEX64)
        j->fn->gesdd(job, &j->n, &j->m, scratch, &j->n, s, vt, &j->n, u, &j->m, work, lwork, integers, info,
                     1);
    else
        j->blas->cgesdd(job, &j->n, &j->m, scratch, &j->n, s, vt, &j->n, u, &j->m, work, lwork,
                        (float *)(void *)(scratch + j->part[2]), integers, info, 1);
}

static int svd_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    bool vectors = j->node->out_count == 3;
    if (!psi_lapack_finite(j, index))
        return NOT_FINITE;
    memcpy(scratch, psi_lapack_matrix(j, index), j->bytes);
    call_gesdd(j, scratch, scratch + j->part[j->parts - 1], &j->lwork,
               psi_lapack_result(j, vectors, j->k, index),
               vectors ? psi_lapack_result(j, 0, (int64_t)j->m * j->m, index) : NULL,
               vectors ? psi_lapack_result(j, 2, (int64_t)j->n * j->n, index) : NULL, &info);
    return info;
}

/* How many reals cgesdd works with, by its documentation. */
static size_t svd_reals(size_t k, size_t longer, bool vectors)
{
    size_t square = 5 * k * k + 5 * k, oblong = 2 * longer * k + 2 * k * k + k;
    return !vectors ? 7 * k : square > oblong ? square : oblong;
}

static void fill_identity(psi_array out)
{
    int64_t n = out->shape[out->ndim - 1];
    memset(psi_values(out), 0, psi_nbytes(out));
    for (int64_t row = 0; n > 0 && row < out->size / n; row++) {
        char *at = (char *)psi_values(out) + (size_t)(row * n + row % n) * psi_itemsize(out);
        if (out->dtype == PSI_FLOAT64)
            *(double *)(void *)at = 1;
        else
            *(float *)(void *)at = 1;
    }
}

bool psi_cpu_svd(psi_node *node)
{
    psi_lapack_job j;
    bool vectors = node->out_count == 3;
    int info = 0;
    double size[2] = {0};
    for (int i = 0; i < node->out_count; i++)
        if (!psi_output_new(&node->out[i]))
            return false;
    if (!psi_lapack_begin(&j, node, "linalg_svd"))
        return false;
    if (j.batch == 0) {
        for (int i = 0; vectors && i < 3; i += 2)
            fill_identity(&node->out[i]);
        return true;
    }
    j.run = svd_of;
    j.why = spectral_why;
    psi_lapack_reserve(&j, 1, j.bytes);
    psi_lapack_reserve(&j, 8 * (size_t)j.k, sizeof(int));
    if (j.dtype == PSI_COMPLEX64)
        psi_lapack_reserve(&j, svd_reals((size_t)j.k, (size_t)(j.m > j.n ? j.m : j.n), vectors),
                           sizeof(float));
    char *nothing = (char *)size; /* a query reads and writes none of the arrays */
    psi_lapack_job asked = j;
    memset(asked.part, 0, sizeof asked.part);
    call_gesdd(&asked, nothing, size, &query, nothing, vectors ? nothing : NULL, nothing, &info);
    return psi_lapack_reserve_work(&j, size) && psi_lapack_run(&j);
}

/* ---- eigenvalues of symmetric and Hermitian matrices ---- */

static void fill_nan(char *to, size_t bytes, bool wide)
{
    for (size_t i = 0; i < bytes / (wide ? 8 : 4); i++)
        if (wide)
            ((double *)(void *)to)[i] = NAN;
        else
            ((float *)(void *)to)[i] = NAN;
}

static void call_syevd(const psi_lapack_job *j, char *a, void *w, char *scratch, const int sizes[3],
                       int *info)
{
    const char *job = j->node->out_count == 2 ? "V" : "N",
               *uplo = psi_attr_list(j->node, 0).data[0] == 'L' ? "L" : "U";
    int *integers = (int *)(void *)(scratch + j->part[1]);
    char *work = scratch + j->part[3];
    if (j->dtype != PSI_COMPLEX64)
        j->fn->syevd(job, uplo, &j->n, a, &j->n, w, work, &sizes[0], integers, &sizes[1], info, 1, 1);
    else
        j->blas->cheevd(job, uplo, &j->n, a, &j->n, w, work, &sizes[0],
                        (float *)(void *)(scratch + j->part[2]), &sizes[2], integers, &sizes[1], info, 1, 1);
}

/* Sizes of the work arrays, by LAPACK's documentation. */
static void eigh_sizes(int64_t n, bool vectors, bool with_imaginary, int64_t sizes[3])
{
    sizes[1] = vectors && n > 1 ? 3 + 5 * n : 1;
    sizes[2] = n <= 1 ? 1 : vectors ? 1 + 5 * n + 2 * n * n : n;
    if (with_imaginary)
        sizes[0] = n <= 1 ? 1 : vectors ? 2 * n + n * n : n + 1;
    else
        sizes[0] = n <= 1 ? 1 : vectors ? 1 + 6 * n + 2 * n * n : 2 * n + 1;
}

/* LAPACK left vectors as rows of the result, and work space that it needs no more: they become columns; complex ones are
 * of the conjugate matrix. */
static void turn_vectors(const psi_lapack_job *j, int64_t index, char *space)
{
    int64_t n = j->n;
    char *vectors = psi_lapack_result(j, 1, n * n, index);
    memcpy(space, vectors, j->bytes);
    psi_lapack_rows(j->item, n, n, space, n, vectors, n);
    if (j->dtype == PSI_COMPLEX64)
        for (int64_t i = 0; i < n * n; i++)
            ((psi_complex64 *)(void *)vectors)[i].im = -((psi_complex64 *)(void *)vectors)[i].im;
}

/* The triangle the caller named becomes the other one too: then LAPACK can be given upstream's letter, which in the
 * transpose means the other triangle, and gives vectors upstream's signs. */
static void mirror_triangle(const psi_lapack_job *j, char *a)
{
    int64_t n = j->n;
    bool lower = psi_attr_list(j->node, 0).data[0] == 'L';
    for (int64_t row = 0; row < n; row++)
        for (int64_t col = 0; col < row; col++) {
            char *below = a + (size_t)(row * n + col) * j->item,
                 *above = a + (size_t)(col * n + row) * j->item;
            memcpy(lower ? above : below, lower ? below : above, j->item);
            if (j->dtype == PSI_COMPLEX64) {
                psi_complex64 *z = (psi_complex64 *)(void *)(lower ? above : below);
                z->im = -z->im;
            }
        }
}

static int eigh_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    int64_t sizes[3];
    bool vectors = j->node->out_count == 2, wide = j->dtype == PSI_FLOAT64;
    char *values = psi_lapack_result(j, 0, j->n, index);
    char *a = vectors ? psi_lapack_result(j, 1, (int64_t)j->n * j->n, index) : scratch;
    if (!psi_lapack_finite(j, index)) {
        fill_nan(values, (size_t)j->n * (wide ? 8 : 4), wide);
        if (vectors)
            fill_nan(a, j->bytes, wide);
        return 0;
    }
    eigh_sizes(j->n, vectors, j->dtype == PSI_COMPLEX64, sizes);
    memcpy(a, psi_lapack_matrix(j, index), j->bytes);
    mirror_triangle(j, a);
    call_syevd(j, a, values, scratch, (int[]){j->lwork, (int)sizes[1], (int)sizes[2]}, &info);
    if (vectors && !info)
        turn_vectors(j, index, scratch + j->part[3]);
    return info;
}

bool psi_cpu_eigh(psi_node *node)
{
    psi_lapack_job j;
    int64_t sizes[3];
    bool vectors = node->out_count == 2;
    for (int i = 0; i < node->out_count; i++)
        if (!psi_output_new(&node->out[i]))
            return false;
    if (!psi_lapack_begin(&j, node, vectors ? "linalg_eigh" : "linalg_eigvalsh"))
        return false;
    if (j.batch == 0)
        return true;
    j.run = eigh_of;
    j.why = spectral_why;
    eigh_sizes(j.n, vectors, j.dtype == PSI_COMPLEX64, sizes);
    int64_t block = 66 * (int64_t)j.n; /* room for LAPACK's blocks, past the least */
    if (sizes[0] < block)
        sizes[0] = block;
    if (sizes[0] > INT32_MAX || sizes[2] > INT32_MAX) {
        PSI_INVALID("%s: a matrix of %d x %d needs more work space than LAPACK counts", j.op, j.n, j.n);
        return false;
    }
    j.lwork = (int)sizes[0];
    psi_lapack_reserve(&j, !vectors, j.bytes);
    psi_lapack_reserve(&j, (size_t)sizes[1], sizeof(int));
    psi_lapack_reserve(&j, j.dtype == PSI_COMPLEX64 ? (size_t)sizes[2] : 0, sizeof(float));
    psi_lapack_reserve(&j, (size_t)sizes[0], j.item);
    return psi_lapack_run(&j);
}

/* ---- eigenvalues of any square matrix ---- */

static double real_at(const psi_lapack_job *j, const char *values, int64_t i)
{
    return j->dtype == PSI_FLOAT64 ? ((const double *)(const void *)values)[i]
                                   : ((const float *)(const void *)values)[i];
}

/* Left vectors of the transpose are, conjugated, right ones of the matrix. LAPACK gives a pair of conjugate vectors
 * as one column of real and one of imaginary parts. */
static void put_real_vectors(const psi_lapack_job *j, const psi_complex64 *values, const char *from,
                             psi_complex64 *to)
{
    int64_t n = j->n;
    for (int64_t col = 0; col < n; col++) {
        bool pair = values[col].im != 0 && col + 1 < n;
        for (int64_t row = 0; row < n; row++) {
            float re = (float)real_at(j, from, col * n + row);
            float im = pair ? (float)real_at(j, from, (col + 1) * n + row) : 0;
            to[row * n + col] = (psi_complex64){re, pair ? -im : 0};
            if (pair)
                to[row * n + col + 1] = (psi_complex64){re, im};
        }
        col += pair;
    }
}

static void call_geev(const psi_lapack_job *j, char *scratch, void *work, const int *lwork,
                      psi_complex64 *values, void *vectors, int *info)
{
    const char *left = j->node->out_count == 2 ? "V" : "N";
    char *reals = scratch + j->part[2];
    if (j->dtype != PSI_COMPLEX64)
        j->fn->geev(left, "N", &j->n, scratch, &j->n, reals, reals + (size_t)j->n * j->item, vectors, &j->n,
                    NULL, &one, work, lwork, info, 1, 1);
    else
        j->blas->cgeev(left, "N", &j->n, scratch, &j->n, values, vectors, &j->n, NULL, &one, work, lwork,
                       (float *)(void *)reals, info, 1, 1);
}

static int eig_of(const psi_lapack_job *j, int64_t index, char *scratch)
{
    int info = 0;
    int64_t n = j->n;
    psi_complex64 *values = (psi_complex64 *)(void *)psi_lapack_result(j, 0, n, index);
    char *reals = scratch + j->part[2], *from = scratch + j->part[1];
    bool vectors = j->node->out_count == 2, of_complex = j->dtype == PSI_COMPLEX64;
    psi_complex64 *to = vectors ? (psi_complex64 *)(void *)psi_lapack_result(j, 1, n * n, index) : NULL;
    if (!psi_lapack_finite(j, index))
        return NOT_FINITE;
    memcpy(scratch, psi_lapack_matrix(j, index), j->bytes);
    call_geev(j, scratch, scratch + j->part[3], &j->lwork, values, of_complex ? (void *)to : from, &info);
    if (info)
        return info;
    for (int64_t i = 0; !of_complex && i < n; i++)
        values[i] = (psi_complex64){(float)real_at(j, reals, i), (float)real_at(j, reals, n + i)};
    if (vectors && of_complex)
        turn_vectors(j, index, scratch);
    else if (vectors)
        put_real_vectors(j, values, from, to);
    return 0;
}

bool psi_cpu_eig(psi_node *node)
{
    psi_lapack_job j;
    int info = 0;
    double size[2] = {0};
    for (int i = 0; i < node->out_count; i++)
        if (!psi_output_new(&node->out[i]))
            return false;
    if (!psi_lapack_begin(&j, node, node->out_count == 2 ? "linalg_eig" : "linalg_eigvals"))
        return false;
    if (j.batch == 0)
        return true;
    j.run = eig_of;
    j.why = spectral_why;
    psi_lapack_reserve(&j, 1, j.bytes);
    psi_lapack_reserve(&j, node->out_count == 2 && j.dtype != PSI_COMPLEX64, j.bytes);
    psi_lapack_reserve(&j, 2 * (size_t)j.n, j.item);
    psi_lapack_job asked = j;
    memset(asked.part, 0, sizeof asked.part);
    call_geev(&asked, (char *)size, size, &query, (psi_complex64 *)(void *)size, size, &info);
    return psi_lapack_reserve_work(&j, size) && psi_lapack_run(&j);
}
