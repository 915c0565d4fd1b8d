/* blocked.h: factors and triangular solutions of one large row-major matrix, blocked over the matrix product: LAPACK
 * sees panels and triangles of PSI_BLOCK columns, the pool runs the rest. Every function answers with LAPACK's info.
 * Invariant: blocks are cut by the matrix's sizes alone. Uses no scratch slot but those of products. */
#ifndef PSI_CPU_BLOCKED_H
#define PSI_CPU_BLOCKED_H

#include "cpu/gemm.h"
#include "cpu/lapack.h"

/* A triangle of so many rows and columns fits the second cache of any processor in any dtype; fixed, as it shows in
 * the bits of a result. */
#define PSI_BLOCK 64
/* Where products of blocks begin to be faster than LAPACK on one thread. */
#define PSI_BLOCKED_LEAST 96

/* A part of a row-major matrix: where it begins, and how many elements apart its rows are. */
typedef struct psi_rows {
    char *at;
    int64_t row;
} psi_rows;

static inline psi_rows psi_rows_from(const psi_lapack_job *j, psi_rows a, int64_t row, int64_t col)
{
    return (psi_rows){a.at + (row * a.row + col) * (int64_t)j->item, a.row};
}

/* What a product reads: rows, or columns where it is turned. */
static inline psi_gemm_operand psi_rows_operand(const psi_lapack_job *j, psi_rows a, bool turned)
{
    return (psi_gemm_operand){a.at, turned ? 1 : a.row, turned ? a.row : 1, j->dtype, NULL};
}

/* out = a @ b, or out -= a @ b; out is m x n. 0, or PSI_LAPACK_NO_MEMORY. */
int psi_blocked_product(const psi_lapack_job *j, int64_t m, int64_t n, int64_t k, psi_gemm_operand a,
                        psi_gemm_operand b, psi_rows out, bool subtract);

/* The number 1 in the job's dtype. */
const void *psi_blocked_one(const psi_lapack_job *j);
/* Ones on the diagonal of at least as many rows as columns, and zeros. */
void psi_blocked_ones(const psi_lapack_job *j, int64_t rows, int64_t cols, psi_rows a);

/* a, of rows x cols, conjugated where that means something: a itself for real dtypes, else a dense copy in `room`. */
psi_rows psi_blocked_conjugate(const psi_lapack_job *j, int64_t rows, int64_t cols, psi_rows a, char *room);

/* A triangle to be divided by: its size, which one of the matrix it is, and whether its diagonal counts as ones. */
typedef struct psi_triangle {
    psi_rows a;
    int64_t n;
    bool upper, unit;
} psi_triangle;

/* x, of n x cols, becomes the triangle's inverse @ x. */
int psi_blocked_solve(const psi_lapack_job *j, psi_triangle t, psi_rows x, int64_t cols);

/* The triangle's inverse; x, of n x n, holds zeros. */
int psi_blocked_inverse(const psi_lapack_job *j, psi_triangle t, psi_rows x);

/* The columns of an n x n matrix in another order: column order[i] becomes column i. */
void psi_blocked_reorder(const psi_lapack_job *j, const uint32_t *order, psi_rows from, psi_rows to);

/* LU with partial pivoting of an m x n matrix in place; the interchanges count from 1. room: m x PSI_BLOCK. */
int psi_blocked_lu(const psi_lapack_job *j, psi_rows a, int *pivots, char *room);

/* The lower Cholesky factor of an n x n matrix in place; the upper triangle is neither read nor, but for diagonal
 * blocks, written. room: PSI_BLOCK x n. */
int psi_blocked_cholesky(const psi_lapack_job *j, psi_rows a, char *room);

/* QR of the dense m x n matrix a: q is m x k, r k x n, both dense. room: psi_blocked_qr_room elements. */
int psi_blocked_qr(const psi_lapack_job *j, const char *a, psi_rows q, psi_rows r, char *room);
size_t psi_blocked_qr_room(const psi_lapack_job *j);

#endif
