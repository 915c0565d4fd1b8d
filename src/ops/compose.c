/* compose.c: clipping, rounding and changes of unit, composed of element-wise ops. */
#include <float.h>
#include <math.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/reduce.h"

psi_array psi_clip(psi_array a, psi_array a_min, psi_array a_max)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "clip"))
        return psi_error_array();
    if (!a_min && !a_max)
        return PSI_INVALID("clip: at most one of a_min and a_max may be None");
    a = a_min ? psi_maximum(a, a_min) : a;
    return a_max ? psi_minimum(a, a_max) : a;
}

/* Scales are float32, as upstream's are. */
psi_array psi_round(psi_array a, int64_t decimals)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "round"))
        return psi_error_array();
    if (decimals == 0)
        return psi_rint(a);
    psi_dtype from = (psi_dtype)a->dtype, dtype = psi_at_least_float(from);
    float scale = (float)pow(10, (double)decimals);
    psi_array y = psi_rint(psi_multiply(a, psi_scalar((double)scale, dtype)));
    return psi_astype(psi_multiply(y, psi_scalar((double)(1 / scale), dtype)), from);
}

static psi_array scaled(const char *name, psi_array a, double factor)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), name))
        return psi_error_array();
    return psi_multiply(a, psi_scalar(factor, psi_at_least_float((psi_dtype)a->dtype)));
}

psi_array psi_degrees(psi_array a)
{
    return scaled("degrees", a, 57.295779513082320877);
}

psi_array psi_radians(psi_array a)
{
    return scaled("radians", a, 0.017453292519943295769);
}

/* The largest finite number of a dtype, as a scalar of it; an error for those upstream has none for. */
static psi_array largest(psi_dtype dtype, double sign)
{
    if (dtype == PSI_FLOAT16)
        return psi_scalar(sign * 65504, dtype);
    if (dtype == PSI_BFLOAT16)
        return psi_scalar(sign * 0x1.fep127, dtype);
    if (dtype == PSI_FLOAT32)
        return psi_scalar(sign * FLT_MAX, dtype);
    return PSI_INVALID("nan_to_num: dtype %s is not supported", psi_dtype_name(dtype));
}

psi_array psi_nan_to_num(psi_array a, double nan, psi_array posinf, psi_array neginf)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "nan_to_num"))
        return psi_error_array();
    psi_dtype dtype = (psi_dtype)a->dtype;
    if (!psi_issubdtype(dtype, PSI_INEXACT))
        return a;
    posinf = posinf ? psi_astype(posinf, dtype) : largest(dtype, 1);
    neginf = neginf ? psi_astype(neginf, dtype) : largest(dtype, -1);
    psi_array y = psi_where(psi_isnan(a), psi_scalar(nan, dtype), a);
    y = psi_where(psi_isposinf(a), posinf, y);
    return psi_where(psi_isneginf(a), neginf, y);
}
