/* gemm_packed.h: the matrix product's kernels for packed codes, for the ISA being compiled.
 * Invariant: an element's value is code * scale + bias, each rounded, on every ISA and wherever a row is cut. */
#ifndef PSI_CPU_ISA_GEMM_PACKED_H
#define PSI_CPU_ISA_GEMM_PACKED_H

#include "cpu/isa/gemm_simd.h"
#include "ops/quantize.h"

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

typedef uint8_t byte16 __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));

/* Eight codes of fewer than 8 bits as bytes. */
ALWAYS_INLINE uint64_t spread(int bits, const uint8_t *p)
{
    uint64_t x = 0, ones = ((uint64_t)1 << bits) - 1;
    memcpy(&x, p, (size_t)bits);
#ifdef __BMI2__
    return _pdep_u64(x, ones * 0x0101010101010101);
#else
    uint64_t y = 0;
    for (int i = 0; i < 8; i++)
        y |= (x >> i * bits & ones) << 8 * i;
    return y;
#endif
}

/* Sixteen codes as bytes. */
ALWAYS_INLINE byte16 codes16(int bits, const uint8_t *p)
{
    byte16 codes;
    if (bits == 8) {
        memcpy(&codes, p, sizeof codes);
    } else if (bits == 4) {
#ifdef __SSE4_1__
        __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)p), low = _mm_set1_epi8(15);
        codes = (byte16)_mm_unpacklo_epi8(_mm_and_si128(b, low), _mm_and_si128(_mm_srli_epi16(b, 4), low));
#else
        for (int i = 0; i < 8; i++) {
            codes[2 * i] = p[i] & 15;
            codes[2 * i + 1] = p[i] >> 4;
        }
#endif
    } else {
        uint64_t halves[2] = {spread(bits, p), spread(bits, p + bits)};
        memcpy(&codes, halves, sizeof codes);
    }
    return codes;
}

/* Twice the values of floats of 4 bits, which are whole numbers. */
ALWAYS_INLINE byte16 twice_fp4(byte16 codes)
{
    static const int8_t table[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    byte16 values;
#ifdef __SSE4_1__
    memcpy(&values, table, sizeof values);
    return (byte16)_mm_shuffle_epi8((__m128i)values, (__m128i)codes);
#else
    for (int i = 0; i < 16; i++)
        values[i] = (uint8_t)table[codes[i]];
    return values;
#endif
}

/* Part `part` of sixteen bytes, with a sign or without, as whole numbers. */
ALWAYS_INLINE vi widened(byte16 bytes, int part, bool is_signed)
{
#if LANES == 16
    (void)part;
    return (vi)(is_signed ? _mm512_cvtepi8_epi32((__m128i)bytes) : _mm512_cvtepu8_epi32((__m128i)bytes));
#elif LANES == 8
    __m128i b = part ? _mm_srli_si128((__m128i)bytes, 8) : (__m128i)bytes;
    return (vi)(is_signed ? _mm256_cvtepi8_epi32(b) : _mm256_cvtepu8_epi32(b));
#elif defined(__SSE4_1__)
    __m128i b = _mm_shuffle_epi8((__m128i)bytes, _mm_set_epi32(0, 0, 0, 0x03020100 + 0x04040404 * part));
    return (vi)(is_signed ? _mm_cvtepi8_epi32(b) : _mm_cvtepu8_epi32(b));
#else
    vi v;
    for (int i = 0; i < LANES; i++)
        v[i] = is_signed ? (int8_t)bytes[part * LANES + i] : bytes[part * LANES + i];
    return v;
#endif
}

ALWAYS_INLINE vf values_fp8(vu code)
{
    vu size = code & 0x7f, is_small = (vu)(size < 8);
    vu normal = (size << 20) + (120u << 23), small = (vu)(__builtin_convertvector((vi)size, vf) * 0x1p-9f);
    return (vf)((is_small & small) | (~is_small & normal) | (code & 0x80) << 24);
}

/* Part `part` of sixteen codes as floats; bits and mode are constants. */
ALWAYS_INLINE vf values(int bits, int mode, byte16 codes, int part)
{
    bool fp4 = mode != PSI_AFFINE && bits == 4;
    vi whole = widened(codes, part, fp4);
    if (mode != PSI_AFFINE && bits == 8)
        return values_fp8((vu)whole);
    return __builtin_convertvector(whole, vf) * (fp4 ? 0.5f : 1);
}

/* The sixteen codes from `at`, or the eight first of them alone. */
ALWAYS_INLINE void expand_some(int bits, int mode, const uint8_t *row, int64_t at, int count, float scale,
                               float bias, bool scaled, bool biased, float *out)
{
    byte16 codes = {0};
    if (count == 16) {
        codes = codes16(bits, row + at / 8 * bits);
    } else {
        uint8_t bytes[16] = {0};
        memcpy(bytes, row + at / 8 * bits, (size_t)bits);
        codes = codes16(bits, bytes);
    }
    if (mode != PSI_AFFINE && bits == 4)
        codes = twice_fp4(codes);
#pragma GCC unroll 4
    for (int part = 0; part < 16 / LANES; part++) {
        vf v = values(bits, mode, codes, part);
        if (scaled)
            v *= splat(scale);
        if (biased)
            v += splat(bias);
        int64_t left = count - part * LANES;
        if (left >= LANES)
            store_f32(out + part * LANES, v);
        else if (left > 0)
            memcpy(out + part * LANES, &v, 8 * sizeof *out);
    }
}

ALWAYS_INLINE void expand_scaled(int bits, int mode, int64_t group, const uint8_t *row, const float *scales,
                                 const float *biases, bool scaled, bool biased, int64_t first, int64_t n,
                                 float *out)
{
    for (int64_t at = first, end = first + n; at < end;) {
        int64_t g = at / group, stop = (g + 1) * group;
        float scale = scaled ? scales[g] : 1, bias = biased ? biases[g] : 0;
        if (stop > end)
            stop = end;
        for (; at + 16 <= stop; at += 16, out += 16)
            expand_some(bits, mode, row, at, 16, scale, bias, scaled, biased, out);
        for (; at < stop; at += 8, out += 8)
            expand_some(bits, mode, row, at, 8, scale, bias, scaled, biased, out);
    }
}

ALWAYS_INLINE void expand_as(int bits, int mode, int64_t group, const uint8_t *row, const float *scales,
                             const float *biases, int64_t first, int64_t n, float *out)
{
    if (!scales)
        expand_scaled(bits, mode, group, row, NULL, NULL, false, false, first, n, out);
    else if (mode == PSI_AFFINE)
        expand_scaled(bits, mode, group, row, scales, biases, true, true, first, n, out);
    else
        expand_scaled(bits, mode, group, row, scales, NULL, true, false, first, n, out);
}

static void expand(const psi_quantization *q, const uint32_t *words, const float *scales, const float *biases,
                   int64_t first, int64_t n, float *out)
{
    const uint8_t *row = (const uint8_t *)words;
    if (q->mode != PSI_AFFINE) {
        if (q->bits == 4)
            expand_as(4, PSI_MXFP4, q->group, row, scales, NULL, first, n, out);
        else
            expand_as(8, PSI_MXFP8, q->group, row, scales, NULL, first, n, out);
        return;
    }
    switch (q->bits) {
    case 2:
        expand_as(2, PSI_AFFINE, q->group, row, scales, biases, first, n, out);
        break;
    case 3:
        expand_as(3, PSI_AFFINE, q->group, row, scales, biases, first, n, out);
        break;
    case 4:
        expand_as(4, PSI_AFFINE, q->group, row, scales, biases, first, n, out);
        break;
    case 5:
        expand_as(5, PSI_AFFINE, q->group, row, scales, biases, first, n, out);
        break;
    case 6:
        expand_as(6, PSI_AFFINE, q->group, row, scales, biases, first, n, out);
        break;
    default:
        expand_as(8, PSI_AFFINE, q->group, row, scales, biases, first, n, out);
    }
}

/* ---- dot products straight from words ---- */

/* `count` words, at most LANES, and zeros. */
ALWAYS_INLINE vu load_words(const void *words, int64_t count)
{
#if LANES == 16
    return (vu)_mm512_maskz_loadu_epi32((__mmask16)((1u << count) - 1), words);
#else
    vu some = {0};
    memcpy(&some, words, (size_t)count * sizeof(uint32_t));
    return some;
#endif
}

/* Number l >> shift of some in lane l. */
ALWAYS_INLINE vf spread_scales(vf scales, int shift)
{
    vu lane = {0};
    for (int i = 0; i < LANES; i++)
        lane[i] = (uint32_t)i;
    vu place = lane >> (uint32_t)shift;
#if LANES == 16
    return (vf)_mm512_permutexvar_ps((__m512i)place, (__m512)scales);
#elif LANES == 8
    return (vf)_mm256_permutevar8x32_ps((__m256)scales, (__m256i)place);
#else
    vf v;
    for (int i = 0; i < LANES; i++)
        v[i] = scales[place[i]];
    return v;
#endif
}

#include "cpu/isa/gemm_planes.h"
#include "cpu/isa/gemm_words.h"

/* True when codes are multiplied by planes of x, not by floats: where sums of products of bytes hold as much. */
ALWAYS_INLINE bool in_planes(int bits)
{
#ifdef __AVX512VNNI__
    (void)bits;
    return true;
#else
    return bits < 8;
#endif
}

ALWAYS_INLINE void arrange_as(int planes, int bits, int64_t k, float *x, float *out)
{
    if (in_planes(bits))
        arrange_planes(planes, bits, k, x, out);
    else
        arrange_floats(bits, k, x, out);
}

static void arrange(const psi_quantization *q, int planes, int64_t k, float *x, float *out)
{
    if (q->bits == 2)
        arrange_as(planes, 2, k, x, out);
    else if (q->bits == 4)
        arrange_as(planes, 4, k, x, out);
    else
        arrange_as(planes, 8, k, x, out);
}

ALWAYS_INLINE void dot_as(int planes, int bits, int64_t group, int64_t rows, int64_t k, const uint32_t *row,
                          const float *scales, const float *x, float *y)
{
    if (!in_planes(bits))
        dot_floats(bits, group, rows, k, row, scales, x, y);
    else if (planes == 2)
        dot_planes(2, bits, group, rows, k, row, scales, x, y);
    else
        dot_planes(3, bits, group, rows, k, row, scales, x, y);
}

static void dot_packed(const psi_quantization *q, int planes, int64_t rows, int64_t k, const uint32_t *row,
                       const float *scales, const float *x, float *y)
{
    if (q->bits == 2)
        dot_as(planes, 2, q->group, rows, k, row, scales, x, y);
    else if (q->bits == 4)
        dot_as(planes, 4, q->group, rows, k, row, scales, x, y);
    else
        dot_as(planes, 8, q->group, rows, k, row, scales, x, y);
}

#endif
