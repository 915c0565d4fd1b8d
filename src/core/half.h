/* half.h: float16 and bfloat16 one value at a time, in plain C: round to nearest, ties to even; NaN stays NaN. */
#ifndef PSI_CORE_HALF_H
#define PSI_CORE_HALF_H

#include <stdint.h>
#include <string.h>

static inline float psi_float_of_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t psi_bits_of_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline float psi_float_of_bfloat16(uint16_t h)
{
    return psi_float_of_bits((uint32_t)h << 16);
}

static inline uint16_t psi_bfloat16_of_float(float f)
{
    uint32_t u = psi_bits_of_float(f);
    if ((u & 0x7fffffff) > 0x7f800000)
        return (uint16_t)((u >> 16) | 0x40);
    return (uint16_t)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

static inline float psi_float_of_float16(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff;
    if (rest >= 0x7c00) /* infinity, NaN */
        return psi_float_of_bits(sign | 0x7f800000 | (rest & 0x3ff) << 13);
    /* Exponent 112 higher by a multiplication, which makes subnormals right too. */
    float magnitude = psi_float_of_bits(rest << 13) * 0x1p112f;
    return psi_float_of_bits(sign | psi_bits_of_float(magnitude));
}

static inline uint16_t psi_float16_of_float(float f)
{
    uint32_t u = psi_bits_of_float(f), sign = (u >> 16) & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | ((u >> 13) & 0x3ff));
    if (u >= 0x477ff000) /* rounds to 65536 or more */
        return (uint16_t)(sign | 0x7c00);
    if (u < 0x38800000) { /* subnormal: let the addition of 0.5 round the last place to 2^-24 */
        float aligned = psi_float_of_bits(u) + 0.5f;
        return (uint16_t)(sign | (psi_bits_of_float(aligned) - 0x3f000000));
    }
    u += 0xfff + ((u >> 13) & 1);
    return (uint16_t)(sign | (u - 0x38000000) >> 13);
}

/* 8 bits, s.eeee.mmm of bias 7, without infinities. What is 464 or more, infinity and NaN too, becomes 448 with its sign. */
static inline uint8_t psi_fp8_of_float(float f)
{
    uint32_t bits = psi_bits_of_float(f), sign = bits >> 24 & 0x80;
    bits &= 0x7fffffff;
    /* Below 2^-6 the steps are 2^-9: a sum with 2^14 rounds to them. */
    uint32_t low = psi_bits_of_float(psi_float_of_bits(bits) + 0x1p14f) - 0x46800000;
    uint32_t high = (bits + 0x7ffff + (bits >> 20 & 1) - (120u << 23)) >> 20;
    uint32_t code = bits < (121u << 23) ? low : high;
    return (uint8_t)((bits >= 0x43e80000 ? 0x7e : code) | sign);
}

/* The codes 0x7f and 0xff, NaN elsewhere, are 480 and -480. */
static inline float psi_float_of_fp8(uint8_t code)
{
    float magnitude = psi_float_of_bits((uint32_t)(code & 0x7f) << 20) * 0x1p120f;
    return psi_float_of_bits(psi_bits_of_float(magnitude) | (uint32_t)(code & 0x80) << 24);
}

#endif
