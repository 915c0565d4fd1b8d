/* gemm_planes.h: dot products of packed codes by 8-bit integers, whose products are summed before they are widened.
 * x is held in planes of eight bits, as whole numbers of a step that each word's codes have for themselves. Invariant: x is
 * rounded by at most 2^-24 of the largest that meets its word with three planes, by 2^-16 with two; all sums of integers are
 * exact. */
#ifndef PSI_CPU_ISA_GEMM_PLANES_H
#define PSI_CPU_ISA_GEMM_PLANES_H

#include "cpu/isa/gemm_simd.h"
#include "ops/quantize.h"

enum { PLANE_BITS = 8, MOST_CODES = 16, LINES = 4 };

typedef int16_t vs __attribute__((vector_size(LANES * 4)));
typedef long long vl __attribute__((vector_size(LANES * 4)));

/* An intrinsic of the ISA's width. */
#if LANES == 16
#define MM(name) _mm512_##name
#elif LANES == 8
#define MM(name) _mm256_##name
#else
#define MM(name) _mm_##name
#endif

#define FAR 4096          /* words: a part of the first cache */
#define NO_STEP 0x1p-100f /* what is smaller in all of a word counts as zero */

/* Bytes of x that meet a block of LANES words: for each plane, the highest first, and each place of a code in a byte, what
 * meets the words' bytes; and a step for each word. */
ALWAYS_INLINE int64_t block_bytes(int planes, int64_t bits)
{
    return (planes * (8 / bits) + 1) * LANES * 4;
}

/* Rounds a word's share of x in place, and gives its step. Whole numbers split so that lower planes are from -128 to 127. */
ALWAYS_INLINE float round_word(int planes, int n, float *x, int32_t *whole)
{
    const float most =
        planes == 3 ? 0x7f7f00 : 0x7f7f; /* which rounding does not take past the highest plane */
    float largest = 0;
    for (int i = 0; i < n; i++)
        largest = __builtin_fabsf(x[i]) > largest ? __builtin_fabsf(x[i]) : largest;
    float inverse = largest > NO_STEP ? most / largest : 0, step = largest / most;
    for (int i = 0; i < n; i++) {
        whole[i] = (int32_t)__builtin_rintf(x[i] * inverse);
        x[i] = (float)whole[i] * step;
    }
    return step;
}

ALWAYS_INLINE void arrange_planes(int planes, int bits, int64_t k, float *x, float *out)
{
    enum { BYTES = LANES * 4 };
    const int places = 8 / bits, per = 32 / bits;
    int8_t *to = (int8_t *)out;
    for (int64_t from = 0; from < k; from += per * LANES, to += block_bytes(planes, bits)) {
        int32_t whole[MOST_CODES * LANES] = {0};
        float steps[LANES] = {0};
        for (int64_t l = 0; l < LANES && from + l * per < k; l++)
            steps[l] = round_word(planes, per, x + from + l * per, whole + l * per);
        for (int p = planes - 1; p >= 0; p--)
            for (int e = 0; e < places; e++)
                for (int i = 0; i < BYTES; i++) {
                    int32_t *value = whole + i * places + e, higher = (*value + 0x80) >> PLANE_BITS;
                    to[(p * places + e) * BYTES + i] = (int8_t)(*value - higher * (1 << PLANE_BITS));
                    *value = higher;
                }
        memcpy(to + planes * places * BYTES, steps, sizeof steps);
    }
}

/* The products of four codes and four bytes of x added to each lane of `sum`, for each place of a code in a byte. Without
 * an instruction for it, sums of sixteen bits come between, so codes must have fewer than eight bits. */
ALWAYS_INLINE vi add_products(int places, const vu *codes, const int8_t *x, vi sum)
{
#if defined(__AVX512VNNI__)
#pragma GCC unroll 4
    for (int e = 0; e < places; e++)
        sum = (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes[e], _mm512_loadu_si512(x + e * 64));
#elif defined(__SSSE3__)
    vs pairs = {0};
#pragma GCC unroll 4
    for (int e = 0; e < places; e++) {
        vl bytes;
        memcpy(&bytes, x + e * LANES * 4, sizeof bytes);
        pairs += (vs)MM(maddubs_epi16)((vl)codes[e], bytes);
    }
    sum += (vi)MM(madd_epi16)((vl)pairs, MM(set1_epi16)(1));
#else
    for (int e = 0; e < places; e++)
        for (int i = 0; i < LANES * 4; i++)
            sum[i / 4] += (int32_t)(codes[e][i / 4] >> i % 4 * 8 & 0xff) * x[e * LANES * 4 + i];
#endif
    return sum;
}

/* Lane l: the sum over the codes of word l, in steps. Three planes of wide codes do not fit one integer. */
ALWAYS_INLINE vf sum_planes(int planes, int bits, vu words, const int8_t *x)
{
    const int places = 8 / bits, apart = planes == 3 && bits == 8;
    vu codes[4];
    vi sum = {0}, high = {0};
#pragma GCC unroll 4
    for (int e = 0; e < places; e++)
        codes[e] = bits == 8 ? words : (words >> e * bits) & (((1u << bits) - 1) * 0x01010101u);
#pragma GCC unroll 3
    for (int p = 0; p < planes; p++, x += places * LANES * 4) {
        if (p == 1 && apart) {
            high = sum;
            sum = (vi){0};
        } else if (p > 0) {
            sum = (vi)((vu)sum << PLANE_BITS);
        }
        sum = add_products(places, codes, x, sum);
    }
    vf low = __builtin_convertvector(sum, vf);
    return apart ? fma_f32(__builtin_convertvector(high, vf), splat(1 << 2 * PLANE_BITS), low) : low;
}

/* `lines` neighbouring rows, 1 or LINES, a constant. */
ALWAYS_INLINE void dot_lines(int planes, int bits, int lines, int64_t group, int64_t k, const uint32_t *row,
                             const float *scales, const float *arranged, float *y)
{
    const int64_t words = k * bits / 32, groups = k / group;
    /* The rows that come next are asked for, or what comes next of these, where that would be too much. */
    const int64_t ahead = LINES * words < FAR ? LINES * words : FAR / LINES;
    const int8_t *x = (const int8_t *)arranged;
    const int shift = __builtin_ctzll((unsigned long long)(group * bits / 32));
    vf total[LINES];
#pragma GCC unroll 4
    for (int r = 0; r < LINES; r++)
        total[r] = (vf){0};
    int64_t w = 0;
    for (; w + LANES <= words; w += LANES, x += block_bytes(planes, bits)) {
        vf steps = load_f32((const float *)(const void *)(x + planes * (8 / bits) * LANES * 4));
#pragma GCC unroll 4
        for (int r = 0; r < lines; r++) {
            const uint32_t *at = row + r * words + w;
            vu some;
            memcpy(&some, at, sizeof some);
            __builtin_prefetch(at + ahead);
            vf scale = spread_scales(load_f32(scales + r * groups + (w >> shift)), shift);
            total[r] = fma_f32(sum_planes(planes, bits, some, x) * steps, scale, total[r]);
        }
    }
    if (w < words) {
        const int64_t rest = words - w;
        vf steps = load_f32((const float *)(const void *)(x + planes * (8 / bits) * LANES * 4));
        for (int r = 0; r < lines; r++) {
            vu some = load_words(row + r * words + w, rest);
            vf scale =
                spread_scales((vf)load_words(scales + r * groups + (w >> shift), rest >> shift), shift);
            total[r] = fma_f32(sum_planes(planes, bits, some, x) * steps, scale, total[r]);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < lines; r++) {
        v4f four = fold_to_four(total[r]);
        y[r] = (four[0] + four[2]) + (four[1] + four[3]);
    }
}

ALWAYS_INLINE void dot_planes(int planes, int bits, int64_t group, int64_t rows, int64_t k,
                              const uint32_t *row, const float *scales, const float *x, float *y)
{
    const int64_t words = k * bits / 32, groups = k / group;
    int64_t i = 0;
    for (; i + LINES <= rows; i += LINES)
        dot_lines(planes, bits, LINES, group, k, row + i * words, scales + i * groups, x, y + i);
    for (; i < rows; i++)
        dot_lines(planes, bits, 1, group, k, row + i * words, scales + i * groups, x, y + i);
}

#endif
