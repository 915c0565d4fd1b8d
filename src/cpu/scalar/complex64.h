/* complex64.h: the scalar functions of complex64. Products and quotients, and all that the C library has,
 * follow its special cases; order is by real part, then imaginary. */
#ifndef PSI_CPU_SCALAR_COMPLEX64_H
#define PSI_CPU_SCALAR_COMPLEX64_H

#include <complex.h>
#undef I

#include "cpu/scalar/common.h"

PSI_INLINE psi_complex64 complex_of(float re, float im)
{
    psi_complex64 z = {re, im};
    return z;
}

PSI_INLINE float _Complex native(psi_complex64 a)
{
    float _Complex z;
    memcpy(&z, &a, sizeof z);
    return z;
}

PSI_INLINE psi_complex64 foreign(float _Complex z)
{
    psi_complex64 a;
    memcpy(&a, &z, sizeof a);
    return a;
}

PSI_INLINE psi_complex64 add_complex64(psi_complex64 a, psi_complex64 b)
{
    return complex_of(a.re + b.re, a.im + b.im);
}

PSI_INLINE psi_complex64 sub_complex64(psi_complex64 a, psi_complex64 b)
{
    return complex_of(a.re - b.re, a.im - b.im);
}

/* The careful form recovers infinities from products that come out as NaN. */
PSI_INLINE psi_complex64 mul_complex64(psi_complex64 a, psi_complex64 b, bool careful)
{
    float re = PSI_ROUNDED(a.re * b.re) - PSI_ROUNDED(a.im * b.im);
    float im = PSI_ROUNDED(a.re * b.im) + PSI_ROUNDED(a.im * b.re);
    if (careful && re != re && im != im)
        return foreign(native(a) * native(b));
    return complex_of(re, im);
}

PSI_INLINE psi_complex64 div_complex64(psi_complex64 a, psi_complex64 b)
{
    return foreign(native(a) / native(b));
}

PSI_INLINE psi_complex64 neg_complex64(psi_complex64 a)
{
    return complex_of(-a.re, -a.im);
}

PSI_INLINE float abs_complex64(psi_complex64 a)
{
    /* In double nothing overflows; an infinite part wins over NaN. */
    float y = (float)__builtin_sqrt((double)a.re * (double)a.re + (double)a.im * (double)a.im);
    return (__builtin_fabsf(a.re) == INFINITY) | (__builtin_fabsf(a.im) == INFINITY) ? INFINITY : y;
}

/* NaN when a part is infinite; 0 when only the modulus is. */
PSI_INLINE psi_complex64 sign_complex64(psi_complex64 a)
{
    float size = abs_complex64(a);
    bool infinite = (__builtin_fabsf(a.re) == INFINITY) | (__builtin_fabsf(a.im) == INFINITY);
    float under = size == 0.0f ? 1.0f : infinite ? NAN : size;
    return complex_of(a.re / under, a.im / under);
}

PSI_INLINE psi_complex64 conj_complex64(psi_complex64 a)
{
    return complex_of(a.re, -a.im);
}

PSI_INLINE float real_complex64(psi_complex64 a)
{
    return a.re;
}

PSI_INLINE float imag_complex64(psi_complex64 a)
{
    return a.im;
}

PSI_INLINE psi_complex64 rint_complex64(psi_complex64 a)
{
    return complex_of(__builtin_rintf(a.re), __builtin_rintf(a.im));
}

PSI_INLINE bool eq_complex64(psi_complex64 a, psi_complex64 b)
{
    return (a.re == b.re) & (a.im == b.im);
}

PSI_INLINE bool isnan_complex64(psi_complex64 a)
{
    return (a.re != a.re) | (a.im != a.im);
}

PSI_INLINE bool eqnan_complex64(psi_complex64 a, psi_complex64 b)
{
    return eq_complex64(a, b) | (isnan_complex64(a) & isnan_complex64(b));
}

PSI_INLINE bool ne_complex64(psi_complex64 a, psi_complex64 b)
{
    return !eq_complex64(a, b);
}

PSI_INLINE bool gt_complex64(psi_complex64 a, psi_complex64 b)
{
    return (a.re > b.re) | ((a.re == b.re) & (a.im > b.im));
}

PSI_INLINE bool ge_complex64(psi_complex64 a, psi_complex64 b)
{
    return (a.re > b.re) | ((a.re == b.re) & (a.im >= b.im));
}

PSI_INLINE bool lt_complex64(psi_complex64 a, psi_complex64 b)
{
    return gt_complex64(b, a);
}

PSI_INLINE bool le_complex64(psi_complex64 a, psi_complex64 b)
{
    return ge_complex64(b, a);
}

PSI_INLINE psi_complex64 sel_complex64(bool c, psi_complex64 a, psi_complex64 b)
{
    return complex_of(c ? a.re : b.re, c ? a.im : b.im);
}

PSI_INLINE psi_complex64 max_complex64(psi_complex64 a, psi_complex64 b)
{
    return sel_complex64(isnan_complex64(a) | (!isnan_complex64(b) & gt_complex64(a, b)), a, b);
}

PSI_INLINE psi_complex64 min_complex64(psi_complex64 a, psi_complex64 b)
{
    return sel_complex64(isnan_complex64(a) | (!isnan_complex64(b) & lt_complex64(a, b)), a, b);
}

PSI_INLINE psi_complex64 sqrt_complex64(psi_complex64 a)
{
    return foreign(csqrtf(native(a)));
}

PSI_INLINE psi_complex64 rsqrt_complex64(psi_complex64 a)
{
    return div_complex64(complex_of(1.0f, 0.0f), sqrt_complex64(a));
}

PSI_INLINE psi_complex64 exp_complex64(psi_complex64 a)
{
    return foreign(cexpf(native(a)));
}

/* exp(a) - 1: by real and imaginary part, so that nothing cancels near 0. */
PSI_INLINE psi_complex64 expm1_complex64(psi_complex64 a)
{
    if (!(__builtin_fabsf(a.re) < 80.0f) || !(__builtin_fabsf(a.im) < INFINITY))
        return sub_complex64(exp_complex64(a), complex_of(1.0f, 0.0f));
    double m = expm1((double)a.re), s = sin(0.5 * (double)a.im);
    return complex_of((float)(m * cos((double)a.im) - 2.0 * s * s), (float)((m + 1.0) * sin((double)a.im)));
}

PSI_INLINE psi_complex64 log_complex64(psi_complex64 a)
{
    return foreign(clogf(native(a)));
}

PSI_INLINE psi_complex64 log2_complex64(psi_complex64 a)
{
    psi_complex64 y = log_complex64(a);
    return complex_of(y.re / 0.693147180559945309417f, y.im / 0.693147180559945309417f);
}

PSI_INLINE psi_complex64 log10_complex64(psi_complex64 a)
{
    psi_complex64 y = log_complex64(a);
    return complex_of(y.re / 2.30258509299404568402f, y.im / 2.30258509299404568402f);
}

/* log|1 + a| is half of log1p(2 re + |a|^2), which does not cancel. */
PSI_INLINE psi_complex64 log1p_complex64(psi_complex64 a)
{
    double x = (double)a.re, y = (double)a.im;
    double grown = x * (2.0 + x) + y * y;
    float re = grown > -0.5 ? (float)(0.5 * log1p(grown)) : (float)log(hypot(1.0 + x, y));
    return complex_of(re, (float)atan2(y, 1.0 + x));
}

PSI_INLINE psi_complex64 sin_complex64(psi_complex64 a, bool careful)
{
    (void)careful;
    return foreign(csinf(native(a)));
}

PSI_INLINE psi_complex64 cos_complex64(psi_complex64 a, bool careful)
{
    (void)careful;
    return foreign(ccosf(native(a)));
}

PSI_INLINE psi_complex64 tan_complex64(psi_complex64 a, bool careful)
{
    (void)careful;
    return foreign(ctanf(native(a)));
}

PSI_INLINE psi_complex64 arcsin_complex64(psi_complex64 a)
{
    return foreign(casinf(native(a)));
}

PSI_INLINE psi_complex64 arccos_complex64(psi_complex64 a)
{
    return foreign(cacosf(native(a)));
}

PSI_INLINE psi_complex64 arctan_complex64(psi_complex64 a)
{
    return foreign(catanf(native(a)));
}

PSI_INLINE psi_complex64 sinh_complex64(psi_complex64 a)
{
    return foreign(csinhf(native(a)));
}

PSI_INLINE psi_complex64 cosh_complex64(psi_complex64 a)
{
    return foreign(ccoshf(native(a)));
}

PSI_INLINE psi_complex64 tanh_complex64(psi_complex64 a)
{
    return foreign(ctanhf(native(a)));
}

PSI_INLINE psi_complex64 arcsinh_complex64(psi_complex64 a)
{
    return foreign(casinhf(native(a)));
}

PSI_INLINE psi_complex64 arccosh_complex64(psi_complex64 a)
{
    return foreign(cacoshf(native(a)));
}

PSI_INLINE psi_complex64 arctanh_complex64(psi_complex64 a)
{
    return foreign(catanhf(native(a)));
}

/* 1 / (1 + exp(-a)), by the exponential that does not overflow. */
PSI_INLINE psi_complex64 sigmoid_complex64(psi_complex64 a)
{
    bool left = a.re < 0.0f;
    psi_complex64 one = complex_of(1.0f, 0.0f);
    psi_complex64 e = exp_complex64(sel_complex64(left, a, neg_complex64(a)));
    return div_complex64(sel_complex64(left, e, one), add_complex64(one, e));
}

/* Of the real parts, rounded to nearest, as upstream. */
PSI_INLINE psi_complex64 rem_complex64(psi_complex64 a, psi_complex64 b, bool careful)
{
    (void)careful;
    return complex_of(remainderf(a.re, b.re), 0.0f);
}

PSI_INLINE psi_complex64 pow_complex64(psi_complex64 a, psi_complex64 b)
{
    return foreign(cpowf(native(a), native(b)));
}

/* The exponential of minus infinity and any angle is 0, which adds nothing. */
PSI_INLINE psi_complex64 logaddexp_complex64(psi_complex64 a, psi_complex64 b)
{
    psi_complex64 high = max_complex64(a, b), low = min_complex64(a, b);
    if ((low.re == -INFINITY && low.im == low.im) || (high.re == INFINITY && high.im == 0.0f))
        return high;
    return add_complex64(high, log1p_complex64(exp_complex64(sub_complex64(low, high))));
}

/* Of the real parts, as upstream. */
PSI_INLINE psi_complex64 atan2_complex64(psi_complex64 a, psi_complex64 b)
{
    return complex_of(atan2f(a.re, b.re), 0.0f);
}

/* Products have a careful form, for operands that may overflow or are not finite. */
PSI_INLINE bool is_guarded_complex64(const char *op)
{
    return !strcmp(op, "multiply") || !strcmp(op, "square");
}

PSI_INLINE bool needs_care_complex64(const char *op, int64_t n, const psi_complex64 *a,
                                     const psi_complex64 *b)
{
    (void)op;
    int32_t care = 0;
    for (int64_t i = 0; i < n; i++)
        care |= !(__builtin_fabsf(a[i].re) < 1e18f) | !(__builtin_fabsf(a[i].im) < 1e18f) |
                !(__builtin_fabsf(b[i].re) < 1e18f) | !(__builtin_fabsf(b[i].im) < 1e18f);
    return care != 0;
}

#endif
