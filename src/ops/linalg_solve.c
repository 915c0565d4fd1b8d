/* linalg_solve.c: inverses, pseudo-inverses and linear systems: the Inverse node, and compositions over it. */
#include <float.h>

#include "ops/build.h"
#include "ops/linalg.h"
#include "ops/rules.h"

static psi_array turned(psi_array a)
{
    return psi_is_error(a) ? a : psi_swapaxes(a, -1, -2);
}

/* ---- inverses ---- */

static psi_array build_inverse(psi_array a, bool triangular, bool upper, const char *op)
{
    if (!psi_linalg_check(a, PSI_LINALG_REAL, true, op))
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

/* What a triangular inverse does not read gets no gradient. */
static psi_array triangle_of(const psi_node *node, psi_array a)
{
    if (!node->attr[0])
        return a;
    return node->attr[1] ? psi_triu(a, 0) : psi_tril(a, 0);
}

/* d(1/a) = -(1/a) da (1/a) */
bool psi_inverse_vjp(psi_vjp_call *c)
{
    psi_array y = turned(c->out[0]);
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
    return upper ? psi_matmul(inverse, turned(inverse)) : psi_matmul(turned(inverse), inverse);
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

static psi_array first_rows_turned(psi_array a, int64_t rows, int64_t cols)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    psi_ints end = psi_linalg_shape(a, rows, cols, stop);
    return turned(psi_slice(a, (psi_ints){start, a->ndim}, end, PSI_NONE));
}

psi_array psi_linalg_pinv(psi_array a)
{
    if (!psi_linalg_check(a, PSI_LINALG_REAL, false, "linalg_pinv"))
        return psi_error_array();
    int64_t m = psi_dim(a, -2), n = psi_dim(a, -1), k = m < n ? m : n;
    if (k == 0) {
        int64_t shape[PSI_MAX_NDIM];
        return psi_zeros(psi_linalg_shape(a, n, m, shape), psi_dtype_of(a));
    }
    psi_arrays parts = psi_linalg_svd(a, true);
    if (parts.count != 3)
        return psi_error_array();
    psi_array u = first_rows_turned(parts.data[0], m, k), v = first_rows_turned(parts.data[2], k, n);
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
    else if (t != PSI_FLOAT32 && t != PSI_FLOAT64)
        PSI_INVALID("%s: operands of dtypes %s and %s promote to %s; float32 or float64 is needed", op,
                    psi_dtype_name(psi_dtype_of(a)), psi_dtype_name(psi_dtype_of(b)), psi_dtype_name(t));
    else
        return true;
    return false;
}

psi_array psi_linalg_solve_triangular(psi_array a, psi_array b, bool upper)
{
    if (!check_system(a, b, "linalg_solve_triangular"))
        return psi_error_array();
    return psi_matmul(build_inverse(a, true, upper, "linalg_solve_triangular"), b);
}

/* b's rows go where the factors have them; then forth and back through the triangles. */
psi_array psi_linalg_solve(psi_array a, psi_array b)
{
    if (!check_system(a, b, "linalg_solve"))
        return psi_error_array();
    psi_arrays factors = psi_linalg_lu(a);
    if (factors.count != 3)
        return psi_error_array();
    psi_array order = psi_argsort(factors.data[0], -1);
    if (b->ndim >= 2)
        order = psi_expand_dims(order, PSI_INTS(-1));
    psi_array y = psi_take_along_axis(b, order, b->ndim >= 2 ? -2 : -1);
    y = psi_linalg_solve_triangular(factors.data[1], y, false);
    return psi_linalg_solve_triangular(factors.data[2], y, true);
}
