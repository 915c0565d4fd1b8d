/* arith.h: small arithmetic on sizes. */
#ifndef PSI_CORE_ARITH_H
#define PSI_CORE_ARITH_H

#include <stdint.h>

static inline int64_t psi_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t psi_clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* The least multiple of `step` that is not below a value. */
static inline int64_t psi_round_up(int64_t value, int64_t step)
{
    return (value + step - 1) / step * step;
}

#endif
