/* half.h: float16 and bfloat16 to and from float32, rounding to nearest, halves to even; NaN stays NaN,
 * quiet. Plain and branch-free; where the machine converts float16 itself, that is used. */
#ifndef PSI_CPU_SCALAR_HALF_H
#define PSI_CPU_SCALAR_HALF_H

#include "cpu/scalar/common.h"

#ifdef __F16C__
#include <immintrin.h>
#endif

PSI_INLINE float psi_from_float16(uint16_t h)
{
#ifdef __F16C__
    return _cvtsh_ss(h);
#else
    uint32_t body = (uint32_t)(h & 0x7fff) << 13, exponent = body & 0x0f800000u;
    uint32_t normal = body + 0x38000000u;
    uint32_t special = body + 0x70000000u;
    special |= body > 0x0f800000u ? 0x00400000u : 0u;
    uint32_t tiny = psi_bits32(psi_float_of(body + 0x38800000u) - psi_float_of(0x38800000u));
    uint32_t bits = exponent == 0x0f800000u ? special : exponent == 0 ? tiny : normal;
    return psi_float_of(bits | (uint32_t)(h & 0x8000) << 16);
#endif
}

PSI_INLINE uint16_t psi_to_float16(float x)
{
#ifdef __F16C__
    return (uint16_t)_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT);
#else
    uint32_t bits = psi_bits32(x), body = bits & 0x7fffffffu;
    uint32_t normal = (body + 0xc8000fffu + ((body >> 13) & 1)) >> 13;
    uint32_t tiny = psi_bits32(psi_float_of(body) + 0.5f) - 0x3f000000u;
    uint32_t special = body > 0x7f800000u ? 0x7e00u | ((body >> 13) & 0x1ffu) : 0x7c00u;
    uint32_t half = body >= 0x47800000u ? special : body < 0x38800000u ? tiny : normal;
    return (uint16_t)(half | (bits >> 31) << 15);
#endif
}

PSI_INLINE float psi_from_bfloat16(uint16_t h)
{
    return psi_float_of((uint32_t)h << 16);
}

PSI_INLINE uint16_t psi_to_bfloat16(float x)
{
    uint32_t bits = psi_bits32(x);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
    return (uint16_t)(x != x ? (bits >> 16) | 0x40u : rounded);
}

#endif
