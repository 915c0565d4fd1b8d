/* gemm_planes.h: dot products of packed codes by 8-bit integers, for an ISA that sums four products of bytes at once.
 * x is held as whole numbers of a step of its group's own, in three planes of eight bits. Invariant: of x, what is lost is less
 * than 2^-23 of the largest of its group; all sums of integers are exact. */
#ifndef PSI_CPU_ISA_GEMM_PLANES_H
#define PSI_CPU_ISA_GEMM_PLANES_H

#include "cpu/isa/gemm_simd.h"
#include "ops/quantize.h"

enum { PLANES = 3, PLANE_BITS = 8, LARGEST = 126 << 2 * PLANE_BITS };

/* One group's steps, and its values as numbers of them, the highest plane first. */
ALWAYS_INLINE float steps_of_group(int64_t n, const float *x, int8_t planes[PLANES][128])
{
    float largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = __builtin_fabsf(x[i]) > largest ? __builtin_fabsf(x[i]) : largest;
    float inverse = largest > 0 ? (float)LARGEST / largest : 0;
    for (int64_t i = 0; i < n; i++) {
        /* Rounded so that both lower planes are from -128 to 127. */
        int32_t whole = (int32_t)__builtin_rintf(x[i] * inverse), high = (whole + 0x8080) >> 2 * PLANE_BITS;
        int32_t rest = whole - high * (1 << 2 * PLANE_BITS), middle = (rest + 0x80) >> PLANE_BITS;
        planes[0][i] = (int8_t)high;
        planes[1][i] = (int8_t)middle;
        planes[2][i] = (int8_t)(rest - middle * (1 << PLANE_BITS));
    }
    return largest / (float)LARGEST;
}

/* Of a block of words: for each plane and each place of a code in a byte, the bytes that meet those of the words. Behind all
 * blocks, one step a group. */
static void arrange(const psi_quantization *q, int64_t k, const float *x, float *out)
{
    const int64_t places = 8 / q->bits, per = 32 / q->bits, block = per * LANES, group = q->group;
    const int64_t bytes = LANES * 4;
    int8_t *to = (int8_t *)out, planes[PLANES][128];
    memset(out, 0, (size_t)((k + block - 1) / block * PLANES * places * bytes));
    for (int64_t g = 0; g < k / group; g++) {
        out[psi_gemm_arranged_codes(q->bits, k) + g] = steps_of_group(group, x + g * group, planes);
        for (int64_t i = 0; i < group; i++) {
            int64_t at = g * group + i, within = at % block;
            int8_t *from =
                to + at / block * PLANES * places * bytes + within / per * 4 + within % per / places;
            for (int p = 0; p < PLANES; p++)
                from[(p * places + within % places) * bytes] = planes[p][i];
        }
    }
}

/* Lane l: the sum over the codes of word l, in steps. */
ALWAYS_INLINE vf sum_words(int bits, vu words, const int8_t *x)
{
    const int places = 8 / bits;
    vu codes[4];
    __m512i high = _mm512_setzero_si512(), low = high;
#pragma GCC unroll 4
    for (int e = 0; e < places; e++)
        codes[e] = bits == 8 ? words : (words >> e * bits) & (((1u << bits) - 1) * 0x01010101u);
#pragma GCC unroll 4
    for (int e = 0; e < places; e++) {
        high = _mm512_dpbusd_epi32(high, (__m512i)codes[e], _mm512_loadu_si512(x + e * 64));
        low = _mm512_dpbusd_epi32(low, (__m512i)codes[e], _mm512_loadu_si512(x + (places + e) * 64));
    }
    low = _mm512_slli_epi32(low, PLANE_BITS);
#pragma GCC unroll 4
    for (int e = 0; e < places; e++)
        low = _mm512_dpbusd_epi32(low, (__m512i)codes[e], _mm512_loadu_si512(x + (2 * places + e) * 64));
    return fma_f32((vf)_mm512_cvtepi32_ps(high), splat(1 << 2 * PLANE_BITS), (vf)_mm512_cvtepi32_ps(low));
}

ALWAYS_INLINE float dot_words(int bits, int64_t group, int64_t k, const uint32_t *row, const float *scales,
                              const float *arranged)
{
    const int64_t per = 32 / bits, words = k / per, step = PLANES * (8 / bits) * 64;
    const int8_t *x = (const int8_t *)arranged;
    const float *steps = arranged + psi_gemm_arranged_codes(bits, k);
    const int shift = __builtin_ctzll((unsigned long long)(group / per));
    const __m512i places = _mm512_srli_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), (unsigned)shift);
    vf total = {0};
    int64_t w = 0;
    for (; w + LANES <= words; w += LANES, x += step) {
        vu some;
        memcpy(&some, row + w, sizeof some);
        __builtin_prefetch((const char *)(row + w) + 4096);
        vf scale = load_f32(scales + (w >> shift)) * load_f32(steps + (w >> shift));
        scale = (vf)_mm512_permutexvar_ps(places, (__m512)scale);
        total = fma_f32(sum_words(bits, some, x), scale, total);
    }
    if (w < words) {
        vu some = {0};
        float rest[LANES] = {0};
        memcpy(&some, row + w, (size_t)(words - w) * sizeof *row);
        for (int64_t g = w >> shift; g < words >> shift; g++)
            rest[g - (w >> shift)] = scales[g] * steps[g];
        vf scale = (vf)_mm512_permutexvar_ps(places, (__m512)load_f32(rest));
        total = fma_f32(sum_words(bits, some, x), scale, total);
    }
    v4f four = fold_to_four(total);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

#endif
