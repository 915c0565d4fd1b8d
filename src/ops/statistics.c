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

static psi_array times(psi_array a, double factor, psi_dtype dtype)
{
    return psi_is_error(a) ? a : psi_multiply(a, psi_scalar(factor, dtype));
}

psi_array psi_mean(psi_array a, psi_ints axes, bool keepdims)
{
    int64_t n = count_reduced("mean", a, axes);
    if (n < 0)
        return psi_error_array();
    return times(psi_sum(a, axes, keepdims), 1 / (double)n, psi_at_least_float((psi_dtype)a->dtype));
}

psi_array psi_var(psi_array a, psi_ints axes, bool keepdims, int64_t ddof)
{
    int64_t n = count_reduced("var", a, axes);
    if (n < 0)
        return psi_error_array();
    psi_dtype dtype = psi_at_least_float((psi_dtype)a->dtype);
    psi_array v = psi_sum(psi_square(psi_subtract(a, psi_mean(a, axes, true))), axes, keepdims);
    if (ddof == 0)
        return times(v, 1 / (double)n, dtype);
    return psi_divide(v, psi_scalar(fmax((double)n - (double)ddof, 0), dtype));
}

psi_array psi_std(psi_array a, psi_ints axes, bool keepdims, int64_t ddof)
{
    return psi_sqrt(psi_var(a, axes, keepdims, ddof));
}
