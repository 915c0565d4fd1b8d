/* hadamard.c: the Walsh-Hadamard transform of the last axis: builder and rules of its node. */
#include <math.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

/* True for m * 2^k with m 1, 12, 20 or 28 and k at most 26. */
static bool is_length(int64_t n)
{
    static const int64_t factors[] = {1, 12, 20, 28};
    for (int i = 0; i < 4; i++) {
        int64_t rest = n / factors[i];
        if (n % factors[i] == 0 && rest > 0 && (rest & (rest - 1)) == 0 && rest <= (int64_t)1 << 26)
            return true;
    }
    return false;
}

psi_array psi_hadamard_transform(psi_array a, double scale)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "hadamard_transform") ||
        !psi_check_not_empty(a, "hadamard_transform"))
        return psi_error_array();
    int64_t n = a->ndim ? psi_dim(a, -1) : 1;
    double by = isnan(scale) ? 1 / sqrt((double)n) : scale;
    psi_dtype own = psi_dtype_of(a), dtype = psi_issubdtype(own, PSI_FLOATING) ? own : PSI_FLOAT32;
    if (n == 1)
        return by == 1 ? a : psi_multiply(a, psi_scalar(by, dtype));
    if (!is_length(n))
        return PSI_INVALID(
            "hadamard_transform: a last axis of length %lld; it must be 1, 12, 20 or 28 times a power "
            "of two up to 2^26",
            (long long)n);
    return psi_build(PSI_OP_hadamard, PSI_ARRAYS(psi_astype(a, dtype)), PSI_INTS(psi_real_attr(by)),
                     psi_shape(a), dtype);
}

static psi_array again(const psi_node *node, psi_array a)
{
    return psi_hadamard_transform(a, psi_attr_real(node, 0));
}

/* The transposed matrix: the butterflies are symmetric, the small matrix of order 20 or 28 is not. Its transpose is what
 * the transform makes of the identity. */
static psi_array transposed(const psi_node *node, psi_array a)
{
    int64_t n = psi_dim(a, -1), power = n & -n;
    if (n == power)
        return again(node, a);
    int64_t order = n / power * 4, last = psi_ndim(a) - 1;
    psi_array parts = psi_unflatten(a, last, PSI_INTS(order, n / order));
    psi_array small = psi_hadamard_transform(psi_eye(order, order, 0, psi_dtype_of(a)), 1);
    return psi_flatten(psi_matmul(small, again(node, parts)), last, last + 1);
}

bool psi_hadamard_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = transposed(c->node, c->cotangents[0]);
    return !psi_failed();
}

bool psi_hadamard_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = again(c->node, c->tangents[0]);
    return !psi_failed();
}

bool psi_hadamard_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c, again(c->node, psi_batch_in(c, 0)));
}
