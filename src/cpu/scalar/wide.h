/* wide.h: elementary functions evaluated in double for float32 arguments, accurate to about 1e-10 relative,
 * so that the rounding to float32 is nearly always the right one. Branch-free, so that loops over them are
 * vectorised. Invariant: arguments are converted float32 values or sums and quotients of a few of them; no
 * argument is a subnormal double. */
#ifndef PSI_CPU_SCALAR_WIDE_H
#define PSI_CPU_SCALAR_WIDE_H

#include "cpu/scalar/common.h"

#define PSI_ROUNDER 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer, found in the low bits */

/* Parts of exp(x): exp(x) = scale + scale * rest, with rest accurate near 0; x is clamped to where float32
 * goes. */
PSI_INLINE double psi_exp_parts(double x, double *scale)
{
    double c = x > 200.0 ? 200.0 : x;
    c = c < -200.0 ? -200.0 : c;
    double t = c * 1.4426950408889634 + PSI_ROUNDER;
    double n = t - PSI_ROUNDER;
    double r = psi_mad64(n, -0.693147180369123816490, c);
    r = psi_mad64(n, -1.90821492927058770002e-10, r);
    *scale = psi_double_of((psi_bits64(t) << 52) + 0x3ff0000000000000u);
    double p = 1.0 / 362880;
    p = psi_mad64(p, r, 1.0 / 40320);
    p = psi_mad64(p, r, 1.0 / 5040);
    p = psi_mad64(p, r, 1.0 / 720);
    p = psi_mad64(p, r, 1.0 / 120);
    p = psi_mad64(p, r, 1.0 / 24);
    p = psi_mad64(p, r, 1.0 / 6);
    p = psi_mad64(p, r, 0.5);
    return psi_mad64(p, r * r, r);
}

PSI_INLINE double psi_wide_exp(double x)
{
    double scale, rest = psi_exp_parts(x, &scale);
    return psi_mad64(scale, rest, scale);
}

PSI_INLINE double psi_wide_expm1(double x)
{
    double scale, rest = psi_exp_parts(x, &scale);
    return psi_mad64(scale, rest, scale - 1.0);
}

/* log(x) = *exponent * log(2) + returned, for x positive and finite; the exponent is whole. */
PSI_INLINE double psi_log_parts(double x, double *exponent)
{
    /* Offsetting by sqrt(1/2) puts the mantissa into [sqrt(1/2), sqrt(2)). */
    uint64_t shifted = psi_bits64(x) - 0x3fe6a09e667f3bcdu + 0x3ff0000000000000u;
    *exponent = psi_double_of((shifted >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
    double m = psi_double_of((shifted & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
    double f = (m - 1.0) / (m + 1.0), s = f * f;
    double p = 2.0 / 17;
    p = psi_mad64(p, s, 2.0 / 15);
    p = psi_mad64(p, s, 2.0 / 13);
    p = psi_mad64(p, s, 2.0 / 11);
    p = psi_mad64(p, s, 2.0 / 9);
    p = psi_mad64(p, s, 2.0 / 7);
    p = psi_mad64(p, s, 2.0 / 5);
    p = psi_mad64(p, s, 2.0 / 3);
    return psi_mad64(p * s, f, 2.0 * f);
}

/* The logarithm's answer where the formula has none: -inf at 0, NaN below, +inf and NaN as they are. */
PSI_INLINE double psi_log_edges(double x, double y)
{
    y = x == 0.0 ? -(double)INFINITY : y;
    y = x < 0.0 ? (double)NAN : y;
    return x < (double)INFINITY ? y : x;
}

PSI_INLINE double psi_wide_log(double x)
{
    double e, l = psi_log_parts(x, &e);
    return psi_log_edges(x, psi_mad64(e, 0.693147180559945309417, l));
}

PSI_INLINE double psi_wide_log2(double x)
{
    double e, l = psi_log_parts(x, &e);
    return psi_log_edges(x, psi_mad64(l, 1.4426950408889634, e));
}

PSI_INLINE double psi_wide_log10(double x)
{
    double e, l = psi_log_parts(x, &e);
    return psi_log_edges(x, psi_mad64(e, 0.301029995663981195214, l * 0.434294481903251827651));
}

/* log(1 + x), accurate near 0: the part of x that 1 + x rounds away is put back. */
PSI_INLINE double psi_wide_log1p(double x)
{
    double u = 1.0 + x, lost = x - (u - 1.0);
    double y = psi_wide_log(u);
    return u > 0.0 && u < (double)INFINITY ? y + lost / u : y;
}

/* Multiples of pi/2 taken off x, |x| at most PSI_TURNS_LIMIT; *quadrant's low two bits say how many. */
#define PSI_TURNS_LIMIT 1e6f
PSI_INLINE double psi_reduce_turns(double x, uint64_t *quadrant)
{
    double t = x * 0.63661977236758134308 + PSI_ROUNDER;
    double n = t - PSI_ROUNDER;
    *quadrant = psi_bits64(t);
    double r = x - n * 1.57079632673412561417; /* 33 bits of pi/2: the product is exact */
    return r - n * 6.07710050650619224932e-11;
}

PSI_INLINE double psi_sin_poly(double r)
{
    double s = r * r;
    double p = -1.0 / 39916800;
    p = psi_mad64(p, s, 1.0 / 362880);
    p = psi_mad64(p, s, -1.0 / 5040);
    p = psi_mad64(p, s, 1.0 / 120);
    p = psi_mad64(p, s, -1.0 / 6);
    return psi_mad64(p * s, r, r);
}

PSI_INLINE double psi_cos_poly(double r)
{
    double s = r * r;
    double p = -1.0 / 3628800;
    p = psi_mad64(p, s, 1.0 / 40320);
    p = psi_mad64(p, s, -1.0 / 720);
    p = psi_mad64(p, s, 1.0 / 24);
    p = psi_mad64(p, s, -0.5);
    return psi_mad64(p, s, 1.0);
}

/* sin(x + turns * pi/2) for |x| at most PSI_TURNS_LIMIT. */
PSI_INLINE double psi_wide_sin(double x, uint64_t turns)
{
    uint64_t q;
    double r = psi_reduce_turns(x, &q);
    q += turns;
    uint64_t odd = -(q & 1);
    uint64_t bits = (psi_bits64(psi_sin_poly(r)) & ~odd) | (psi_bits64(psi_cos_poly(r)) & odd);
    return psi_double_of(bits ^ ((q & 2) << 62));
}

PSI_INLINE double psi_wide_tan(double x)
{
    uint64_t q;
    double r = psi_reduce_turns(x, &q);
    double s = psi_sin_poly(r), c = psi_cos_poly(r);
    bool odd = (q & 1) != 0;
    double high = odd ? -c : s, low = odd ? s : c;
    return high / low;
}

/* The angle of (x, y), x and y not both 0 and not both infinite, y not negative; in [0, pi]. */
PSI_INLINE double psi_wide_angle(double y, double x)
{
    double ax = __builtin_fabs(x);
    /* Bring y / ax into [0, tan(pi/8)] by turning back 0, pi/4 or pi/2. */
    bool steep = y > 2.414213562373095 * ax, middle = y > 0.41421356237309503 * ax;
    double over = steep ? -ax : middle ? y - ax : y;
    double under = steep ? y : middle ? ax + y : ax;
    double base = steep ? 1.57079632679489661923 : middle ? 0.78539816339744830962 : 0.0;
    double t = over / under, s = t * t;
    double p = -0.037711092814009806;
    p = psi_mad64(p, s, 0.06977575915153132);
    p = psi_mad64(p, s, -0.0899335404586262);
    p = psi_mad64(p, s, 0.11103551169752204);
    p = psi_mad64(p, s, -0.1428539225111425);
    p = psi_mad64(p, s, 0.19999993217706535);
    p = psi_mad64(p, s, -0.3333333327869865);
    double angle = base + psi_mad64(p * s, t, t);
    return x < 0.0 ? 3.14159265358979323846 - angle : angle;
}

#endif
