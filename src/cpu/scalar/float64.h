/* float64.h: the scalar functions of float64: arithmetic in line, elementary functions of the C library. */
#ifndef PSI_CPU_SCALAR_FLOAT64_H
#define PSI_CPU_SCALAR_FLOAT64_H

#include "cpu/scalar/common.h"

PSI_INLINE double add_float64(double a, double b)
{
    return a + b;
}

PSI_INLINE double sub_float64(double a, double b)
{
    return a - b;
}

PSI_INLINE double mul_float64(double a, double b, bool careful)
{
    (void)careful;
    return a * b;
}

PSI_INLINE double div_float64(double a, double b)
{
    return a / b;
}

PSI_INLINE double neg_float64(double a)
{
    return -a;
}

PSI_INLINE double abs_float64(double a)
{
    return __builtin_fabs(a);
}

/* Magnitude of the first, sign of the second. */
PSI_INLINE double signed_float64(double magnitude, double sign)
{
    return __builtin_copysign(magnitude, sign);
}

/* -1, 0 or 1; of NaN 0, as upstream. */
PSI_INLINE double sign_float64(double a)
{
    return (double)(a > 0.0) - (double)(a < 0.0);
}

PSI_INLINE double conj_float64(double a)
{
    return a;
}

PSI_INLINE double floor_float64(double a)
{
    return __builtin_floor(a);
}

PSI_INLINE double ceil_float64(double a)
{
    return __builtin_ceil(a);
}

PSI_INLINE double rint_float64(double a)
{
    return __builtin_rint(a);
}

PSI_INLINE double floordiv_float64(double a, double b)
{
    return __builtin_floor(a / b);
}

PSI_INLINE double max_float64(double a, double b)
{
    double y = a > b ? a : b;
    return a != a ? a : y;
}

PSI_INLINE double min_float64(double a, double b)
{
    double y = a < b ? a : b;
    return a != a ? a : y;
}

PSI_INLINE double sel_float64(bool c, double a, double b)
{
    return c ? a : b;
}

PSI_INLINE bool eq_float64(double a, double b)
{
    return a == b;
}

PSI_INLINE bool eqnan_float64(double a, double b)
{
    return (a == b) | ((a != a) & (b != b));
}

PSI_INLINE bool ne_float64(double a, double b)
{
    return a != b;
}

PSI_INLINE bool lt_float64(double a, double b)
{
    return a < b;
}

PSI_INLINE bool le_float64(double a, double b)
{
    return a <= b;
}

PSI_INLINE bool gt_float64(double a, double b)
{
    return a > b;
}

PSI_INLINE bool ge_float64(double a, double b)
{
    return a >= b;
}

PSI_INLINE double sqrt_float64(double a)
{
    return __builtin_sqrt(a);
}

PSI_INLINE double rsqrt_float64(double a)
{
    return 1.0 / __builtin_sqrt(a);
}

PSI_INLINE double exp_float64(double a)
{
    return exp(a);
}

PSI_INLINE double exp_term_float64(double a)
{
    return exp(a);
}

PSI_INLINE double expm1_float64(double a)
{
    return expm1(a);
}

PSI_INLINE double log_float64(double a)
{
    return log(a);
}

PSI_INLINE double log2_float64(double a)
{
    return log2(a);
}

PSI_INLINE double log10_float64(double a)
{
    return log10(a);
}

PSI_INLINE double log1p_float64(double a)
{
    return log1p(a);
}

PSI_INLINE double sin_float64(double a, bool careful)
{
    (void)careful;
    return sin(a);
}

PSI_INLINE double cos_float64(double a, bool careful)
{
    (void)careful;
    return cos(a);
}

PSI_INLINE double tan_float64(double a, bool careful)
{
    (void)careful;
    return tan(a);
}

PSI_INLINE double arcsin_float64(double a)
{
    return asin(a);
}

PSI_INLINE double arccos_float64(double a)
{
    return acos(a);
}

PSI_INLINE double arctan_float64(double a)
{
    return atan(a);
}

PSI_INLINE double sinh_float64(double a)
{
    return sinh(a);
}

PSI_INLINE double cosh_float64(double a)
{
    return cosh(a);
}

PSI_INLINE double tanh_float64(double a)
{
    return tanh(a);
}

PSI_INLINE double arcsinh_float64(double a)
{
    return asinh(a);
}

PSI_INLINE double arccosh_float64(double a)
{
    return acosh(a);
}

PSI_INLINE double arctanh_float64(double a)
{
    return atanh(a);
}

PSI_INLINE double erf_float64(double a)
{
    return erf(a);
}

PSI_INLINE double sigmoid_float64(double a)
{
    double e = exp(-__builtin_fabs(a));
    return (a < 0.0 ? e : 1.0) / (1.0 + e);
}

/* Newton's steps with a cubic correction on erf or, in the tails, on erfc, from a closed-form first guess. */
PSI_INLINE double erfinv_float64(double a)
{
    double x = __builtin_fabs(a);
    if (!(x < 1.0) || x == 0.0)
        return x == 1.0 ? signed_float64(INFINITY, a) : x == 0.0 ? a : (double)NAN;
    double w = log1p(-x * x), h = 4.3307467508 + 0.5 * w;
    double y = sqrt(sqrt(h * h - w / 0.147) - h);
    if (x < 1e-8)
        return a * 0.88622692545275801365;
    for (int i = 0; i < 4; i++) {
        double off = x < 0.5 ? erf(y) - x : (1.0 - x) - erfc(y);
        double step = off * 0.88622692545275801365 * exp(y * y);
        y -= step / (1.0 + y * step);
    }
    return signed_float64(y, a);
}

PSI_INLINE double rem_float64(double a, double b, bool careful)
{
    (void)careful;
    double r = fmod(a, b);
    return r != 0.0 && (r < 0.0) != (b < 0.0) ? r + b : r;
}

PSI_INLINE double pow_float64(double a, double b)
{
    return pow(a, b);
}

PSI_INLINE double atan2_float64(double a, double b)
{
    return atan2(a, b);
}

PSI_INLINE double logaddexp_float64(double a, double b)
{
    double high = max_float64(a, b), low = min_float64(a, b);
    return (low == -INFINITY) | (high == INFINITY) ? high : high + log1p(exp(low - high));
}

#endif
