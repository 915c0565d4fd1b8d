/* statistics.c: mean, variance and standard deviation, composed of sums. */
#include <math.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/reduce.h"

/* Elements that each result is made of, or -1 with an error; axes out of range are value errors, as upstream has it. */
static int64_t count_reduced(const char *name, psi_array a, psi_ints axes)
{
    int64_t sorted[PSI_MAX_NDIM], n = 1;
    if (!psi_check_inputs(PSI_ARRAYS(a), name))
        return -1;
    int count = psi_axes(axes, a->ndim, sorted, name);
    for (int i = 0; i < count; i++)
        n *= a->shape[sorted[i]];
    return count < 0 ? -1 : n;
}

/* How many elements of `a` are reduced along axes, or the inverse: a number, or a node while it may change. */
static psi_array count_along(psi_array a, psi_ints axes, bool inverted, psi_dtype dtype)
{
    int64_t sorted[PSI_MAX_NDIM];
    int64_t n = count_reduced("number_of_elements", a, axes);
    if (n < 0)
        return psi_error_array();
    if (!psi_this_thread.shapeless)
        return psi_scalar(inverted ? 1 / (double)n : (double)n, dtype);
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, (psi_ints){sorted, psi_axes(axes, a->ndim, sorted, "number_of_elements")});
    psi_put(&attr, inverted);
    psi_put(&attr, dtype);
    return psi_build(PSI_OP_number_of_elements, PSI_ARRAYS(a), psi_put_done(&attr), PSI_SCALAR_SHAPE, dtype);
}

bool psi_number_of_elements_vjp(psi_vjp_call *c)
{
    c->grads[0] = NULL;
    return true;
}

bool psi_number_of_elements_jvp(psi_jvp_call *c)
{
    c->out_tangents[0] = NULL;
    return true;
}

bool psi_number_of_elements_vmap(psi_vmap_call *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    psi_attr_builder attr;
    attr.count = 0;
    psi_put(&attr, axes.count);
    for (int i = 0; i < axes.count; i++)
        psi_put(&attr, axes.data[i] + (axes.data[i] >= c->axes[0]));
    psi_put(&attr, c->node->attr[axes.count + 1]);
    psi_put(&attr, c->node->attr[axes.count + 2]);
    c->out[0] = psi_build(PSI_OP_number_of_elements, PSI_ARRAYS(c->in[0]), psi_put_done(&attr),
                          PSI_SCALAR_SHAPE, (psi_dtype)c->node->out[0].dtype);
    c->out_axes[0] = -1;
    return !psi_failed();
}

psi_array psi_mean(psi_array a, psi_ints axes, bool keepdims)
{
    int64_t n = count_reduced("mean", a, axes);
    if (n < 0)
        return psi_error_array();
    psi_dtype dtype = psi_at_least_float((psi_dtype)a->dtype);
    return psi_multiply(psi_sum(a, axes, keepdims), count_along(a, axes, true, dtype));
}

psi_array psi_var(psi_array a, psi_ints axes, bool keepdims, int64_t ddof)
{
    int64_t n = count_reduced("var", a, axes);
    if (n < 0)
        return psi_error_array();
    psi_dtype dtype = psi_at_least_float((psi_dtype)a->dtype);
    psi_array v = psi_sum(psi_square(psi_subtract(a, psi_mean(a, axes, true))), axes, keepdims);
    if (ddof == 0)
        return psi_multiply(v, count_along(a, axes, true, dtype));
    if (!psi_this_thread.shapeless)
        return psi_divide(v, psi_scalar(fmax((double)n - (double)ddof, 0), dtype));
    psi_array count = psi_subtract(count_along(a, axes, false, dtype), psi_scalar((double)ddof, dtype));
    return psi_divide(v, psi_maximum(count, psi_scalar(0, dtype)));
}

psi_array psi_std(psi_array a, psi_ints axes, bool keepdims, int64_t ddof)
{
    return psi_sqrt(psi_var(a, axes, keepdims, ddof));
}
