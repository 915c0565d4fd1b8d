/* matmul.h: what the matrix products share: operands checked, converted and given at least two dimensions. */
#ifndef PSI_OPS_MATMUL_H
#define PSI_OPS_MATMUL_H

#include "ops/op.h"

typedef struct psi_product {
    psi_array a, b;   /* m x k and k x n in the last two axes */
    bool row, column; /* a, b was a vector */
    int64_t m, n, k;
    int batch;                       /* leading axes, once broadcast */
    int64_t shape[PSI_MAX_NDIM + 2]; /* of the result: batch, m, n */
    psi_ints lead;                   /* what rows are cut into again, where they were joined */
} psi_product;

/* Fills all but batch and shape; `dtype` is what operands become, which must be of `category`. False with an error. */
bool psi_product_check(psi_product *p, psi_array a, psi_array b, psi_dtype dtype, psi_category category,
                       const char *op);
/* Where all of a's leading axes meet one matrix, joins them and the rows: one product then, not one for each. */
void psi_product_join(psi_product *p);
/* Gives both operands the same leading axes, and fills batch and shape. False with an error. */
bool psi_product_broadcast(psi_product *p, const char *op);
/* The result with its rows cut again, without the axes that vectors were given. */
psi_array psi_product_done(const psi_product *p, psi_array y);

/* Which matrices of `a` are chosen, as uint32: 0, 1, ... in the shape of the leading axes where `indices` is NULL. An error,
 * naming op and argument, for what are no integers. */
psi_array psi_matrix_indices(psi_array indices, psi_array a, const char *op, const char *name);

#endif
