/* half_values.h: what the bits of float16 and bfloat16 mean, in double. */
#ifndef TESTS_CPU_HALF_VALUES_H
#define TESTS_CPU_HALF_VALUES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double half_value(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double x = exponent == 31  ? (fraction ? NAN : INFINITY)
               : exponent == 0 ? ldexp(fraction, -24)
                               : ldexp(1024 + fraction, exponent - 25);
    return h & 0x8000 ? -x : x;
}

static inline double brain_value(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
