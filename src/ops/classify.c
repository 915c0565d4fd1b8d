/* classify.c: which elements are NaN, infinite or finite, and which arrays are equal or close; all compositions. */
#include <math.h>

#include "core/thread.h"
#include "ops/build.h"

static psi_array constant(psi_array a, bool value)
{
    return psi_full(psi_shape(a), psi_scalar(value, PSI_BOOL), PSI_BOOL);
}

static bool is_inexact(psi_array a)
{
    return psi_issubdtype(psi_dtype_of(a), PSI_INEXACT);
}

psi_array psi_isnan(psi_array a)
{
    return psi_is_error(a) || is_inexact(a) ? psi_not_equal(a, a) : constant(a, false);
}

psi_array psi_isposinf(psi_array a)
{
    return psi_is_error(a) || is_inexact(a) ? psi_equal(a, psi_like(a, INFINITY)) : constant(a, false);
}

psi_array psi_isneginf(psi_array a)
{
    return psi_is_error(a) || is_inexact(a) ? psi_equal(a, psi_like(a, -INFINITY)) : constant(a, false);
}

/* A complex number is infinite when either part is. */
psi_array psi_isinf(psi_array a)
{
    if (!psi_is_error(a) && psi_dtype_of(a) == PSI_COMPLEX64)
        return psi_logical_or(psi_isinf(psi_real(a)), psi_isinf(psi_imag(a)));
    return psi_is_error(a) || is_inexact(a) ? psi_logical_or(psi_isposinf(a), psi_isneginf(a))
                                            : constant(a, false);
}

psi_array psi_isfinite(psi_array a)
{
    if (!psi_is_error(a) && !is_inexact(a))
        return constant(a, true);
    return psi_logical_not(psi_logical_or(psi_isinf(a), psi_isnan(a)));
}

/* |a - b| <= atol + rtol |b|; an infinity is close to itself only. */
psi_array psi_isclose(psi_array a, psi_array b, double rtol, double atol, bool equal_nan)
{
    psi_array limit =
        psi_add(psi_scalar(atol, PSI_FLOAT32), psi_multiply(psi_scalar(rtol, PSI_FLOAT32), psi_abs(b)));
    psi_array close = psi_less_equal(psi_abs(psi_subtract(a, b)), limit);
    psi_array left = psi_isinf(a), right = psi_isinf(b);
    psi_array both = psi_logical_and(psi_logical_and(left, right), psi_equal(a, b));
    close = psi_logical_or(psi_logical_and(close, psi_logical_not(psi_logical_or(left, right))), both);
    return equal_nan ? psi_logical_or(close, psi_logical_and(psi_isnan(a), psi_isnan(b))) : close;
}

psi_array psi_allclose(psi_array a, psi_array b, double rtol, double atol, bool equal_nan)
{
    return psi_all(psi_isclose(a, b, rtol, atol, equal_nan), PSI_NONE, false);
}

psi_array psi_array_equal(psi_array a, psi_array b, bool equal_nan)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "array_equal"))
        return psi_error_array();
    if (!psi_same_ints(psi_shape_of(a), psi_shape_of(b)))
        return psi_scalar(false, PSI_BOOL);
    bool nan = equal_nan && (is_inexact(a) || is_inexact(b));
    return psi_all(nan ? psi_equal_nan(a, b) : psi_equal(a, b), PSI_NONE, false);
}
