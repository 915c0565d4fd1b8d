/* reduce.c: builders and rules of reductions. A Reduce node keeps reduced axes at length 1; dropping them is a reshape. */
#include "ops/reduce.h"

#include "core/thread.h"
#include "ops/build.h"

/* A Reduce node, its axes kept or squeezed away. `dtype` is the result's; the operand is cast to it where `cast`. */
static psi_array build_reduce(const char *name, int kind, psi_array a, psi_ints axes, bool keepdims, psi_dtype dtype)
{
    int64_t sorted[PSI_MAX_NDIM], kept[PSI_MAX_NDIM], squeezed[PSI_MAX_NDIM];
    int count = psi_axes(axes, a->ndim, sorted, name), left = 0;
    if (count < 0)
        return psi_error_array();
    for (int i = 0, next = 0; i < a->ndim; i++) {
        bool reduced = next < count && sorted[next] == i;
        next += reduced;
        kept[i] = reduced ? 1 : a->shape[i];
        if (!reduced)
            squeezed[left++] = a->shape[i];
    }
    if (count == 0)
        return psi_astype(a, dtype);
    psi_attr_builder attr = {.count = 0};
    psi_put(&attr, kind);
    psi_put_list(&attr, (psi_ints){sorted, count});
    psi_array y = psi_build(PSI_OP_reduce, PSI_ARRAYS(a), psi_put_done(&attr), (psi_ints){kept, a->ndim}, dtype);
    return keepdims ? y : psi_reshape(y, (psi_ints){squeezed, left});
}

/* Sums and products of bool and integers under 32 bits are int32; unsigned ones uint32. */
static psi_dtype sum_dtype(psi_dtype t)
{
    switch (t) {
    case PSI_BOOL:
    case PSI_INT8:
    case PSI_INT16:
        return PSI_INT32;
    case PSI_UINT8:
    case PSI_UINT16:
        return PSI_UINT32;
    default:
        return t;
    }
}

psi_array psi_sum(psi_array a, psi_ints axes, bool keepdims)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "sum"))
        return psi_error_array();
    return build_reduce("sum", PSI_REDUCE_SUM, a, axes, keepdims, sum_dtype((psi_dtype)a->dtype));
}

/* The cotangent spread over the reduced axes again. */
bool psi_reduce_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[0];
    if (!c->wanted[0])
        return true;
    if (c->node->attr[0] != PSI_REDUCE_SUM) {
        psi_fail(PSI_UNSUPPORTED_GRADIENT, PSI_VALUE_ERROR, "vjp: reduce of kind %d has no gradient rule",
                 (int)c->node->attr[0]);
        return false;
    }
    c->grads[0] = psi_broadcast_to(psi_astype(g, psi_dtype_of(c->in[0])), psi_shape(c->in[0]));
    return !psi_failed();
}

bool psi_reduce_jvp(psi_jvp_call *c)
{
    if (!c->tangents[0])
        return true;
    if (c->node->attr[0] != PSI_REDUCE_SUM) {
        psi_fail(PSI_UNSUPPORTED_GRADIENT, PSI_VALUE_ERROR, "jvp: reduce of kind %d has no tangent rule",
                 (int)c->node->attr[0]);
        return false;
    }
    c->out_tangents[0] = psi_sum(c->tangents[0], psi_attr_list(c->node, 1), true);
    return !psi_failed();
}

bool psi_reduce_vmap(psi_vmap_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 1);
    int64_t shifted[PSI_MAX_NDIM];
    psi_array a = psi_moveaxis(c->in[0], c->axes[0], 0);
    if (psi_is_error(a))
        return false;
    for (int i = 0; i < axes.count; i++)
        shifted[i] = axes.data[i] + 1;
    c->out[0] = build_reduce("vmap of reduce", (int)c->node->attr[0], a, (psi_ints){shifted, axes.count}, true,
                             (psi_dtype)c->node->out[0].dtype);
    c->out_axes[0] = 0;
    return !psi_failed();
}
