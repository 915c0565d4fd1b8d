/* arg.c: builders and rules of arg-reductions: where along an axis the extreme element is. */
#include "core/thread.h"
#include "ops/build.h"
#include "ops/reduce.h"

static psi_array build_arg(int kind, psi_array a, int axis)
{
    int64_t shape[PSI_MAX_NDIM];
    if (psi_is_error(a))
        return a;
    for (int i = 0; i < a->ndim; i++)
        shape[i] = i == axis ? 1 : a->shape[i];
    psi_ints kept = {shape, a->ndim};
    if (a->shape[axis] == 1 && !psi_this_thread.shapeless)
        return psi_zeros(kept, PSI_UINT32);
    return psi_build(PSI_OP_arg_reduce, PSI_ARRAYS(a), PSI_INTS(kind, axis), kept, PSI_UINT32);
}

/* Of the flattened array when no axis is given. */
static psi_array arg(const char *name, int kind, psi_array a, int64_t axis, bool keepdims)
{
    int64_t places[PSI_MAX_NDIM], ones[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), name) || !psi_check_not_empty(a, name))
        return psi_error_array();
    if (axis == PSI_NO_INT) {
        for (int i = 0; i < a->ndim; i++)
            ones[i] = 1;
        psi_array y = build_arg(kind, psi_flatten(a, 0, -1), 0);
        return psi_reshape(y, (psi_ints){ones, keepdims ? a->ndim : 0});
    }
    if (psi_reduced_axes(PSI_INTS(axis), a->ndim, places, name) < 0)
        return psi_error_array();
    psi_array y = build_arg(kind, a, (int)places[0]);
    return keepdims ? y : psi_squeeze(y, PSI_INTS(places[0]));
}

psi_array psi_argmin(psi_array a, int64_t axis, bool keepdims)
{
    return arg("argmin", PSI_ARG_MIN, a, axis, keepdims);
}

psi_array psi_argmax(psi_array a, int64_t axis, bool keepdims)
{
    return arg("argmax", PSI_ARG_MAX, a, axis, keepdims);
}

/* Places do not change with small changes of elements. */
bool psi_arg_reduce_vjp(psi_vjp_call *c)
{
    c->grads[0] = NULL;
    return true;
}

bool psi_arg_reduce_jvp(psi_jvp_call *c)
{
    c->out_tangents[0] = NULL;
    return true;
}

bool psi_arg_reduce_vmap(psi_vmap_call *c)
{
    psi_array a = psi_moveaxis(c->in[0], c->axes[0], 0);
    c->out[0] = build_arg((int)c->node->attr[0], a, (int)c->node->attr[1] + 1);
    c->out_axes[0] = 0;
    return !psi_failed();
}
