/* float32.h: the scalar functions of float32. No branches and no library calls, so that loops over them are
 * vectorised; where a fast form does not hold for some arguments, `careful` picks the slow one, and
 * needs_care_float32 says when a block must. tests/cpu/accuracy.c states every function's error. */
#ifndef PSI_CPU_SCALAR_FLOAT32_H
#define PSI_CPU_SCALAR_FLOAT32_H

#include "cpu/scalar/wide.h"

PSI_INLINE float add_float32(float a, float b)
{
    return a + b;
}

PSI_INLINE float sub_float32(float a, float b)
{
    return a - b;
}

PSI_INLINE float mul_float32(float a, float b, bool careful)
{
    (void)careful;
    return a * b;
}

PSI_INLINE float div_float32(float a, float b)
{
    return a / b;
}

PSI_INLINE float neg_float32(float a)
{
    return -a;
}

PSI_INLINE float abs_float32(float a)
{
    return __builtin_fabsf(a);
}

/* Magnitude of the first, sign of the second. */
PSI_INLINE float signed_float32(float magnitude, float sign)
{
    return __builtin_copysignf(magnitude, sign);
}

/* -1, 0 or 1; of NaN 0, as upstream. */
PSI_INLINE float sign_float32(float a)
{
    return (float)(a > 0.0f) - (float)(a < 0.0f);
}

PSI_INLINE float conj_float32(float a)
{
    return a;
}

PSI_INLINE float floor_float32(float a)
{
    return __builtin_floorf(a);
}

PSI_INLINE float ceil_float32(float a)
{
    return __builtin_ceilf(a);
}

PSI_INLINE float rint_float32(float a)
{
    return __builtin_rintf(a);
}

PSI_INLINE float floordiv_float32(float a, float b)
{
    return __builtin_floorf(a / b);
}

PSI_INLINE float max_float32(float a, float b)
{
    float y = a > b ? a : b;
    return a != a ? a : y;
}

PSI_INLINE float min_float32(float a, float b)
{
    float y = a < b ? a : b;
    return a != a ? a : y;
}

PSI_INLINE float sel_float32(bool c, float a, float b)
{
    return c ? a : b;
}

PSI_INLINE bool eq_float32(float a, float b)
{
    return a == b;
}

PSI_INLINE bool eqnan_float32(float a, float b)
{
    return (a == b) | ((a != a) & (b != b));
}

PSI_INLINE bool ne_float32(float a, float b)
{
    return a != b;
}

PSI_INLINE bool lt_float32(float a, float b)
{
    return a < b;
}

PSI_INLINE bool le_float32(float a, float b)
{
    return a <= b;
}

PSI_INLINE bool gt_float32(float a, float b)
{
    return a > b;
}

PSI_INLINE bool ge_float32(float a, float b)
{
    return a >= b;
}

PSI_INLINE float sqrt_float32(float a)
{
    return __builtin_sqrtf(a);
}

PSI_INLINE float rsqrt_float32(float a)
{
    return 1.0f / __builtin_sqrtf(a);
}

/* exp(c) = returned * 2^n, the returned near 1, for c within about a hundred of 0. */
PSI_INLINE float exp_parts_float32(float c, int32_t *n)
{
    float t = c * 1.44269504f + 12582912.0f;
    *n = (int32_t)(psi_bits32(t) - 0x4b400000u);
    float k = t - 12582912.0f;
    float r = psi_mad32(k, -0.693145752f, c);
    r = psi_mad32(k, -1.42860677e-6f, r);
    float p = 1.9875691500e-4f;
    p = psi_mad32(p, r, 1.3981999507e-3f);
    p = psi_mad32(p, r, 8.3334519073e-3f);
    p = psi_mad32(p, r, 4.1665795894e-2f);
    p = psi_mad32(p, r, 1.6666665459e-1f);
    p = psi_mad32(p, r, 5.0000001201e-1f);
    return psi_mad32(p, r * r, r) + 1.0f;
}

PSI_INLINE float exp_float32(float a)
{
    float c = a > 89.0f ? 89.0f : a;
    c = c < -104.0f ? -104.0f : c;
    int32_t n;
    float p = exp_parts_float32(c, &n);
    /* 2^n in two factors, so that results beyond the normal range come out right. Of what has none at all the second is
     * 0, as products too small for a number take the processor's slow way; NaN stays. */
    int32_t half = n >> 1, rest = n - half;
    float last = psi_float_of(a >= -104.0f ? (uint32_t)(rest + 127) << 23 : 0);
    return p * psi_float_of((uint32_t)(half + 127) << 23) * last;
}

/* exp for arguments from -87 to 87; of NaN, anything. */
PSI_INLINE float exp_normal_float32(float c)
{
    int32_t n;
    float p = exp_parts_float32(c, &n);
    return psi_float_of(psi_bits32(p) + ((uint32_t)n << 23));
}

/* exp for a term of a sum that has 1 among them: arguments up to 0, and what is below every normal number may be one. */
PSI_INLINE float exp_term_float32(float a)
{
    int32_t n;
    float p = exp_parts_float32(a < -87.0f ? -87.0f : a, &n);
    return p * psi_float_of((uint32_t)(n + 127) << 23);
}

PSI_INLINE float expm1_float32(float a)
{
    float y = (float)psi_wide_expm1((double)a);
    return a == 0.0f ? a : y;
}

PSI_INLINE float log_float32(float a)
{
    bool tiny = a < 1.17549435e-38f;
    uint32_t bits = psi_bits32(tiny ? a * 8388608.0f : a);
    /* a = m * 2^n with m in [sqrt(1/2), sqrt(2)). */
    int32_t n = (int32_t)(bits - 0x3f3504f3u) >> 23;
    float f = psi_float_of(bits - ((uint32_t)n << 23)) - 1.0f, s = f * f;
    float k = (float)(tiny ? n - 23 : n);
    float p = 7.0376836292e-2f;
    p = psi_mad32(p, f, -1.1514610310e-1f);
    p = psi_mad32(p, f, 1.1676998740e-1f);
    p = psi_mad32(p, f, -1.2420140846e-1f);
    p = psi_mad32(p, f, 1.4249322787e-1f);
    p = psi_mad32(p, f, -1.6668057665e-1f);
    p = psi_mad32(p, f, 2.0000714765e-1f);
    p = psi_mad32(p, f, -2.4999993993e-1f);
    p = psi_mad32(p, f, 3.3333331174e-1f);
    float y = psi_mad32(k, -2.12194440e-4f, p * f * s);
    y = psi_mad32(-0.5f, s, y) + f;
    y = psi_mad32(k, 0.693359375f, y);
    y = a == 0.0f ? -INFINITY : y;
    y = a < 0.0f ? NAN : y;
    return a < INFINITY ? y : a;
}

PSI_INLINE float log2_float32(float a)
{
    return (float)psi_wide_log2((double)a);
}

PSI_INLINE float log10_float32(float a)
{
    return (float)psi_wide_log10((double)a);
}

PSI_INLINE float log1p_float32(float a)
{
    float y = (float)psi_wide_log1p((double)a);
    return a == 0.0f ? a : y;
}

PSI_INLINE float sin_float32(float a, bool careful)
{
    if (careful && !(__builtin_fabsf(a) <= PSI_TURNS_LIMIT))
        return (float)sin((double)a);
    float y = (float)psi_wide_sin((double)a, 0);
    return a == 0.0f ? a : y;
}

PSI_INLINE float cos_float32(float a, bool careful)
{
    if (careful && !(__builtin_fabsf(a) <= PSI_TURNS_LIMIT))
        return (float)cos((double)a);
    return (float)psi_wide_sin((double)a, 1);
}

PSI_INLINE float tan_float32(float a, bool careful)
{
    if (careful && !(__builtin_fabsf(a) <= PSI_TURNS_LIMIT))
        return (float)tan((double)a);
    float y = (float)psi_wide_tan((double)a);
    return a == 0.0f ? a : y;
}

PSI_INLINE float arcsin_float32(float a)
{
    double x = __builtin_fabs((double)a);
    float y = (float)psi_wide_angle(x, __builtin_sqrt((1.0 - x) * (1.0 + x)));
    return signed_float32(y, a);
}

PSI_INLINE float arccos_float32(float a)
{
    double x = (double)a;
    return (float)psi_wide_angle(__builtin_sqrt((1.0 - x) * (1.0 + x)), x);
}

PSI_INLINE float arctan_float32(float a)
{
    return signed_float32((float)psi_wide_angle(__builtin_fabs((double)a), 1.0), a);
}

PSI_INLINE float sinh_float32(float a)
{
    double m = psi_wide_expm1(__builtin_fabs((double)a));
    return signed_float32((float)(0.5 * (m + m / (m + 1.0))), a);
}

PSI_INLINE float cosh_float32(float a)
{
    double e = psi_wide_exp(__builtin_fabs((double)a));
    return (float)(0.5 * (e + 1.0 / e));
}

/* Near 0 a polynomial, further out 1 - 2 / (exp(2 a) + 1). */
PSI_INLINE float tanh_float32(float a)
{
    float t = __builtin_fabsf(a), s = a * a;
    float p = -5.70498872745e-3f;
    p = psi_mad32(p, s, 2.06390887954e-2f);
    p = psi_mad32(p, s, -5.37397155531e-2f);
    p = psi_mad32(p, s, 1.33314422036e-1f);
    p = psi_mad32(p, s, -3.33332819422e-1f);
    float near = psi_mad32(p * s, t, t);
    float c = t > 20.0f ? 20.0f : t;
    float far = 1.0f - 2.0f / (exp_normal_float32(2.0f * c) + 1.0f);
    return signed_float32(t >= 0.625f ? far : near, a);
}

PSI_INLINE float arcsinh_float32(float a)
{
    double x = __builtin_fabs((double)a);
    double y = psi_wide_log1p(x + x * (x / (1.0 + __builtin_sqrt(1.0 + x * x))));
    return signed_float32((float)(x < (double)INFINITY ? y : x), a);
}

PSI_INLINE float arccosh_float32(float a)
{
    double t = (double)a - 1.0;
    float y = (float)psi_wide_log1p(t + __builtin_sqrt(t * (t + 2.0)));
    return a < 1.0f ? NAN : y;
}

PSI_INLINE float arctanh_float32(float a)
{
    double x = __builtin_fabs((double)a);
    return signed_float32((float)(0.5 * psi_wide_log1p(2.0 * x / (1.0 - x))), a);
}

PSI_INLINE float sigmoid_float32(float a)
{
    float e = exp_float32(-__builtin_fabsf(a));
    return (a < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* Away from 0, 1 - exp of a polynomial in |a|; near 0, a polynomial in a^2. */
PSI_INLINE float erf_float32(float a)
{
    float t = __builtin_fabsf(a), s = a * a;
    t = t > 10.0f ? 10.0f : t;
    float r = psi_mad32(-1.72853470e-5f, t, 3.83197126e-4f);
    float u = psi_mad32(-3.88396438e-3f, t, 2.42546219e-2f);
    r = psi_mad32(r, t * t, u);
    r = psi_mad32(r, t, -1.06777877e-1f);
    r = psi_mad32(r, t, -6.34846687e-1f);
    r = psi_mad32(r, t, -1.28717512e-1f);
    r = psi_mad32(r, t, -t);
    r = r < -87.0f ? -87.0f : r;
    r = signed_float32(1.0f - exp_normal_float32(r), a);
    float q = -5.96761703e-4f;
    q = psi_mad32(q, s, 4.99119423e-3f);
    q = psi_mad32(q, s, -2.67681349e-2f);
    q = psi_mad32(q, s, 1.12819925e-1f);
    q = psi_mad32(q, s, -3.76125336e-1f);
    q = psi_mad32(q, s, 1.28379166e-1f);
    q = psi_mad32(q, a, a);
    return t > 0.927734375f ? r : q;
}

/* a * p(w) with w = -log(1 - a^2): one polynomial for w up to 5, one in sqrt(w) beyond. */
PSI_INLINE float erfinv_float32(float a)
{
    double x = (double)a;
    double w = -psi_wide_log((1.0 - x) * (1.0 + x));
    double near = w - 2.5, far = __builtin_sqrt(w) - 3.0;
    double p = 1.3286305565630914e-10;
    p = psi_mad64(p, near, 4.370269350808572e-10);
    p = psi_mad64(p, near, -1.1023284860659932e-08);
    p = psi_mad64(p, near, 1.645729575272342e-08);
    p = psi_mad64(p, near, 4.796993020970323e-07);
    p = psi_mad64(p, near, -3.426012518928919e-06);
    p = psi_mad64(p, near, -4.998761018397081e-06);
    p = psi_mad64(p, near, 0.00021826355827644144);
    p = psi_mad64(p, near, -0.0012527048754307748);
    p = psi_mad64(p, near, -0.004177324636810559);
    p = psi_mad64(p, near, 0.24664027578516756);
    p = psi_mad64(p, near, 1.5014093516925855);
    double q = -2.823183745158172e-05;
    q = psi_mad64(q, far, 0.00015971599554787924);
    q = psi_mad64(q, far, -0.0002797533022954416);
    q = psi_mad64(q, far, -0.00011894556807948004);
    q = psi_mad64(q, far, 0.001476577144020541);
    q = psi_mad64(q, far, -0.0035675398787534678);
    q = psi_mad64(q, far, 0.0056872972563793275);
    q = psi_mad64(q, far, -0.007642705738895646);
    q = psi_mad64(q, far, 0.009445341818344038);
    q = psi_mad64(q, far, 1.0016752352850513);
    q = psi_mad64(q, far, 2.8329768008856306);
    float y = (float)(x * (w > 5.0 ? q : p));
    float edge = __builtin_fabsf(a) == 1.0f ? signed_float32(INFINITY, a) : NAN;
    return __builtin_fabsf(a) < 1.0f ? y : edge;
}

/* The remainder with the divisor's sign. The fast form is exact while the quotient is below 2^28. */
PSI_INLINE float rem_float32(float a, float b, bool careful)
{
    if (careful) {
        float r = fmodf(a, b);
        return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
    }
    double x = (double)a, y = (double)b;
    double r = x - __builtin_trunc(x / y) * y;
    /* The quotient may have been rounded up to a whole number. */
    double back = x < 0.0 ? -__builtin_fabs(y) : __builtin_fabs(y);
    r = r != 0.0 && (r < 0.0) != (x < 0.0) ? r + back : r;
    float f = (float)r, moved = f + b;
    f = f == 0.0f ? signed_float32(0.0f, a) : f;
    return f != 0.0f && (f < 0.0f) != (b < 0.0f) ? moved : f;
}

PSI_INLINE float pow_float32(float a, float b)
{
    double x = __builtin_fabs((double)a), y = (double)b;
    double r = psi_wide_exp(y * psi_wide_log(x));
    bool negative = __builtin_copysignf(1.0f, a) < 0.0f;
    bool whole = __builtin_floor(y) == y;
    bool odd = whole & (__builtin_floor(0.5 * y) != 0.5 * y);
    r = negative & odd ? -r : r;
    r = (a < 0.0f) & !whole & (x < (double)INFINITY) ? (double)NAN : r;
    r = (x == 1.0) & (__builtin_fabs(y) == (double)INFINITY) ? 1.0 : r;
    r = (y == 0.0) | (a == 1.0f) ? 1.0 : r;
    return (float)r;
}

PSI_INLINE float logaddexp_float32(float a, float b)
{
    float high = max_float32(a, b), low = min_float32(a, b);
    double e = psi_wide_exp((double)low - (double)high);
    float y = (float)((double)high + psi_wide_log1p(e));
    return (low == -INFINITY) | (high == INFINITY) ? high : y;
}

PSI_INLINE float atan2_float32(float a, float b)
{
    double y = __builtin_fabs((double)a), x = (double)b;
    /* Both infinite: the diagonal; both zero: the axis that b's sign names. */
    bool far = (y == (double)INFINITY) & (__builtin_fabs(x) == (double)INFINITY);
    bool origin = (y == 0.0) & (x == 0.0);
    x = far | origin ? (double)__builtin_copysignf(1.0f, b) : x;
    y = far ? 1.0 : y;
    return signed_float32((float)psi_wide_angle(y, x), a);
}

/* Ops with a careful form, and whether a block of n operands needs it. */
PSI_INLINE bool is_guarded_float32(const char *op)
{
    return !strcmp(op, "sin") || !strcmp(op, "cos") || !strcmp(op, "tan") || !strcmp(op, "remainder");
}

PSI_INLINE bool needs_care_float32(const char *op, int64_t n, const float *a, const float *b)
{
    int32_t care = 0;
    if (!strcmp(op, "remainder"))
        for (int64_t i = 0; i < n; i++)
            care |= !(__builtin_fabsf(a[i]) < __builtin_fabsf(b[i]) * 268435456.0f) |
                    (__builtin_fabsf(b[i]) == INFINITY);
    else
        for (int64_t i = 0; i < n; i++)
            care |= !(__builtin_fabsf(a[i]) <= PSI_TURNS_LIMIT);
    return care != 0;
}

#endif
