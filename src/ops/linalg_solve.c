/* linalg_solve.c: inverses, pseudo-inverses and linear systems: the Inverse node, and compositions over it. */
#include <float.h>

#include "ops/batch.h"
#include "ops/build.h"
#include "ops/linalg.h"
#include "ops/matmul.h"
#include "ops/rules.h"

/* ---- inverses ---- */

static psi_array build_inverse(psi_array a, bool triangular, bool upper, const char *op)
{
    if (!psi_linalg_check(a, true, op))
        return psi_error_array();
    return psi_build(PSI_OP_inverse, PSI_ARRAYS(a), PSI_INTS(triangular, upper), psi_shape_of(a),
                     psi_dtype_of(a));
}

psi_array psi_linalg_inv(psi_array a)
{
    return build_inverse(a, false, true, "linalg_inv");
}

psi_array psi_linalg_tri_inv(psi_array a, bool upper)
{
    return build_inverse(a, true, upper, "linalg_tri_inv");
}

/* What a triangle's function does not read gets no gradient, and gives no tangent. */
static psi_array triangle(psi_array a, bool upper, bool unit)
{
    return upper ? psi_triu(a, unit) : psi_tril(a, -(int)unit);
}

static psi_array triangle_of(const psi_node *inverse, psi_array a)
{
    return inverse->attr[0] ? triangle(a, inverse->attr[1] != 0, false) : a;
}

/* d(1/a) = -(1/a) da (1/a) */
bool psi_inverse_vjp(psi_vjp_call *c)
{
    psi_array y = psi_linalg_adjoint(c->out[0]);
    if (c->wanted[0])
        c->grads[0] = triangle_of(c->node, psi_negative(psi_matmul(psi_matmul(y, c->cotangents[0]), y)));
    return !psi_failed();
}

bool psi_inverse_jvp(psi_jvp_call *c)
{
    psi_array y = c->out[0];
    if (c->tangents[0])
        c->out_tangents[0] = psi_negative(psi_matmul(psi_matmul(y, triangle_of(c->node, c->tangents[0])), y));
    return !psi_failed();
}

psi_array psi_linalg_cholesky_inv(psi_array a, bool upper)
{
    psi_array inverse = build_inverse(a, true, upper, "linalg_cholesky_inv");
    return upper ? psi_matmul(inverse, psi_linalg_adjoint(inverse))
                 : psi_matmul(psi_linalg_adjoint(inverse), inverse);
}

/* ---- pseudo-inverse ---- */

/* 1 / s, and 0 where s is too small beside the largest to mean anything. */
static psi_array safe_reciprocal(psi_array s, int64_t longer)
{
    double epsilon = psi_dtype_of(s) == PSI_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON;
    psi_array cutoff =
        psi_multiply(psi_like(s, 10 * (double)longer * epsilon), psi_max(s, PSI_INTS(-1), true));
    return psi_where(psi_greater(s, cutoff), psi_reciprocal(s), psi_like(s, 0));
}

static psi_array first_rows_adjoint(psi_array a, int64_t rows, int64_t cols)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    psi_ints end = psi_linalg_shape(a, rows, cols, stop);
    return psi_linalg_adjoint(psi_slice(a, (psi_ints){start, a->ndim}, end, PSI_NONE));
}

psi_array psi_linalg_pinv(psi_array a)
{
    if (!psi_linalg_check(a, false, "linalg_pinv"))
        return psi_error_array();
    int64_t m = psi_dim(a, -2), n = psi_dim(a, -1), k = m < n ? m : n;
    if (a->size == 0) {
        int64_t shape[PSI_MAX_NDIM];
        return psi_zeros(psi_linalg_shape(a, n, m, shape), psi_dtype_of(a));
    }
    psi_arrays parts = psi_linalg_svd(a, true);
    if (parts.count != 3)
        return psi_error_array();
    psi_array u = first_rows_adjoint(parts.data[0], m, k), v = first_rows_adjoint(parts.data[2], k, n);
    psi_array s = psi_expand_dims(parts.data[1], PSI_INTS(-2));
    return psi_matmul(psi_multiply(v, safe_reciprocal(s, m > n ? m : n)), u);
}

/* ---- linear systems ---- */

static bool check_system(psi_array a, psi_array b, const char *op)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, b), op))
        return false;
    psi_dtype t = psi_promote_types(psi_dtype_of(a), psi_dtype_of(b));
    if (a->ndim < 2 || b->ndim < 1)
        PSI_INVALID("%s: operands of %d and %d dimensions; at least 2 and 1 are needed", op, a->ndim,
                    b->ndim);
    else if (psi_dim(a, -1) != psi_dim(a, -2))
        PSI_INVALID("%s: matrices of shape %s are not square", op, PSI_SHAPE(psi_shape(a)));
    else if (psi_dim(a, -1) != psi_dim(b, b->ndim > 1 ? -2 : -1))
        PSI_INVALID("%s: matrices of shape %s do not go with right-hand sides of shape %s", op,
                    PSI_SHAPE(psi_shape(a)), PSI_SHAPE(psi_shape(b)));
    else if (!psi_linalg_dtype(t))
        PSI_INVALID("%s: operands of dtypes %s and %s promote to %s; float32, float64 or complex64 is needed",
                    op, psi_dtype_name(psi_dtype_of(a)), psi_dtype_name(psi_dtype_of(b)), psi_dtype_name(t));
    else
        return true;
    return false;
}

/* Operands as for a @ b. */
static psi_array substitute(psi_array a, psi_array b, bool upper, bool unit)
{
    psi_product p;
    psi_dtype dtype = psi_promote_types(psi_dtype_of(a), psi_dtype_of(b));
    if (!psi_product_check(&p, a, b, dtype, PSI_INEXACT, "linalg_solve_triangular") ||
        !psi_product_broadcast(&p, "linalg_solve_triangular"))
        return psi_error_array();
    return psi_product_done(&p, psi_build(PSI_OP_solve_triangular, PSI_ARRAYS(p.a, p.b),
                                          PSI_INTS(upper, unit), (psi_ints){p.shape, p.batch + 2}, dtype));
}

psi_array psi_linalg_solve_triangular(psi_array a, psi_array b, bool upper)
{
    bool fit =
        check_system(a, b, "linalg_solve_triangular") && psi_linalg_check(a, true, "linalg_solve_triangular");
    return fit ? substitute(a, b, upper, false) : psi_error_array();
}

/* Of x = b / a: db = g / a's adjoint, and da = -db @ x's adjoint. */
bool psi_solve_triangular_vjp(psi_vjp_call *c)
{
    bool upper = c->node->attr[0] != 0, unit = c->node->attr[1] != 0;
    psi_array right = substitute(psi_linalg_adjoint(c->in[0]), c->cotangents[0], !upper, unit);
    if (c->wanted[0])
        c->grads[0] = psi_negative(triangle(psi_matmul(right, psi_linalg_adjoint(c->out[0])), upper, unit));
    if (c->wanted[1])
        c->grads[1] = right;
    return !psi_failed();
}

bool psi_solve_triangular_jvp(psi_jvp_call *c)
{
    bool upper = c->node->attr[0] != 0, unit = c->node->attr[1] != 0;
    psi_array moved = c->tangents[1], a = c->tangents[0];
    if (a)
        a = psi_matmul(triangle(a, upper, unit), c->out[0]);
    if (a)
        moved = moved ? psi_subtract(moved, a) : psi_negative(a);
    if (moved)
        c->out_tangents[0] = substitute(c->in[0], moved, upper, unit);
    return !psi_failed();
}

bool psi_solve_triangular_vmap(psi_vmap_call *c)
{
    return psi_batch_done(
        c, substitute(psi_batch_in(c, 0), psi_batch_in(c, 1), c->node->attr[0] != 0, c->node->attr[1] != 0));
}

/* b's rows go where the factors have them; then forth and back through the triangles. */
psi_array psi_linalg_solve(psi_array a, psi_array b)
{
    if (!check_system(a, b, "linalg_solve") || !psi_linalg_check(a, true, "linalg_solve"))
        return psi_error_array();
    a = psi_astype(a, psi_promote_types(psi_dtype_of(a), psi_dtype_of(b)));
    psi_arrays factors = psi_linalg_factors(a, "linalg_solve");
    if (factors.count != 3)
        return psi_error_array();
    psi_array order = psi_argsort(factors.data[2], -1);
    if (b->ndim >= 2)
        order = psi_expand_dims(order, PSI_INTS(-1));
    psi_array y = psi_take_along_axis(b, order, b->ndim >= 2 ? -2 : -1);
    return substitute(factors.data[0], substitute(factors.data[0], y, false, true), true, false);
}
