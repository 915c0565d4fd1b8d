/* linalg_solve.c: inverses and linear systems: the Inverse node, and compositions over it. */
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
