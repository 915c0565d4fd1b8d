/* gemm_words.h: dot products of packed codes by floats, for codes whose products with bytes an ISA cannot sum.
 * Invariant: a code is used where it stands in its word, its value 2^place too large, and x that much too small, which is
 * exact. */
#ifndef PSI_CPU_ISA_GEMM_WORDS_H
#define PSI_CPU_ISA_GEMM_WORDS_H

/* Lane l of a vector of words, bit place e: the code at (first word + l) * codes a word + e. */
ALWAYS_INLINE void arrange_floats(int64_t bits, int64_t k, const float *x, float *out)
{
    int64_t per = 32 / bits, block = per * LANES;
    for (int64_t from = 0; from < k; from += block)
        for (int64_t e = 0; e < per; e++) {
            float down = float_of_bits((uint32_t)(127 - (e < per - 1 ? e * bits : 0)) << 23);
            for (int64_t l = 0; l < LANES; l++, out++) {
                int64_t at = from + l * per + e;
                *out = at < k ? x[at] * down : 0;
            }
        }
}

ALWAYS_INLINE vf sum_words(int bits, vu words, const float *x)
{
    const int per = 32 / bits;
    vf sum[2] = {{0}, {0}};
#pragma GCC unroll 16
    for (int e = 0; e < per; e++) {
        vu code = e < per - 1 ? words & (((1u << bits) - 1) << e * bits) : words >> (32 - bits);
        sum[e % 2] = fma_f32(__builtin_convertvector((vi)code, vf), load_f32(x + e * LANES), sum[e % 2]);
    }
    return sum[0] + sum[1];
}

ALWAYS_INLINE float dot_row(int bits, int64_t group, int64_t k, const uint32_t *row, const float *scales,
                            const float *x)
{
    const int64_t per = 32 / bits, words = k / per, group_words = group / per;
    const int shift = __builtin_ctzll((unsigned long long)group_words);
    vf total = {0};
    int64_t w = 0;
    for (; w + LANES <= words; w += LANES, x += per * LANES) {
        vu some;
        memcpy(&some, row + w, sizeof some);
        __builtin_prefetch((const char *)(row + w) + 4096);
        total =
            fma_f32(sum_words(bits, some, x), spread_scales(load_f32(scales + (w >> shift)), shift), total);
    }
    if (w < words) {
        vf rest = (vf)load_words(scales + (w >> shift), (words - w) >> shift);
        total =
            fma_f32(sum_words(bits, load_words(row + w, words - w), x), spread_scales(rest, shift), total);
    }
    v4f four = fold_to_four(total);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

ALWAYS_INLINE void dot_floats(int bits, int64_t group, int64_t rows, int64_t k, const uint32_t *row,
                              const float *scales, const float *x, float *y)
{
    for (int64_t i = 0; i < rows; i++)
        y[i] = dot_row(bits, group, k, row + i * (k * bits / 32), scales + i * (k / group), x);
}

#endif
