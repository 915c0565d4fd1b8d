/* gemm_simd.h: vectors of the widest width of the ISA being compiled, and the widening and rounding of half types.
 * Invariant: a half value widens exactly, and float32 rounds to nearest even, NaN staying NaN, on every ISA. */
#ifndef PSI_CPU_ISA_GEMM_SIMD_H
#define PSI_CPU_ISA_GEMM_SIMD_H

#include <stdint.h>
#include <string.h>

#include <psionic/types.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));
typedef uint16_t vh __attribute__((vector_size(LANES * 2)));
typedef float v4f __attribute__((vector_size(16)));
typedef float v8f __attribute__((vector_size(32)));
typedef uint32_t v4u __attribute__((vector_size(16)));
typedef uint16_t v4h __attribute__((vector_size(8)));

ALWAYS_INLINE vf load_f32(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}

ALWAYS_INLINE void store_f32(float *p, vf v)
{
    memcpy(p, &v, sizeof v);
}

ALWAYS_INLINE vf splat(float x)
{
#if LANES == 16
    return (vf)_mm512_set1_ps(x);
#elif LANES == 8
    return (vf)_mm256_set1_ps(x);
#else
    return (vf){x, x, x, x};
#endif
}

ALWAYS_INLINE vf fma_f32(vf a, vf b, vf c)
{
#if LANES == 16
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif LANES == 8
    return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

/* The larger; b where either is NaN. */
ALWAYS_INLINE vf max_f32(vf a, vf b)
{
#if LANES == 16
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif LANES == 8
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    for (int i = 0; i < LANES; i++)
        b[i] = a[i] > b[i] ? a[i] : b[i];
    return b;
#endif
}

/* What one lane of fma_f32 does. */
ALWAYS_INLINE float fma_one(float a, float b, float c)
{
#if LANES > 4
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* Adds the upper half of the lanes to the lower until four are left. */
ALWAYS_INLINE v4f fold_to_four(vf v)
{
#if LANES == 16
    v8f w = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
            __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(w, w, 0, 1, 2, 3) + __builtin_shufflevector(w, w, 4, 5, 6, 7);
#elif LANES == 8
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
    return (v4f)v;
#endif
}

ALWAYS_INLINE float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

ALWAYS_INLINE uint32_t bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}

/* The exponent is moved by multiplying, which also makes subnormal halves right; infinity and NaN get theirs back. */
ALWAYS_INLINE float float_of_half(uint16_t h)
{
    float x = float_of_bits((uint32_t)(h & 0x7fff) << 13) * 0x1p112f;
    uint32_t special = (h & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
    return float_of_bits(bits_of_float(x) | special | (uint32_t)(h & 0x8000) << 16);
}

ALWAYS_INLINE uint16_t half_of_float(float x)
{
    uint32_t bits = bits_of_float(x), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (size >= 0x477ff000)
        return (uint16_t)(sign | 0x7c00);
    if (size < 0x38800000)
        return (uint16_t)(sign | (bits_of_float(float_of_bits(size) + 0.5f) - 0x3f000000));
    return (uint16_t)(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13);
}

ALWAYS_INLINE uint16_t brain_of_float(float x)
{
    uint32_t bits = bits_of_float(x);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Element `at` of packed values of a dtype that is a constant where this is called. */
ALWAYS_INLINE float load_one(psi_dtype dtype, const void *data, int64_t at)
{
    if (dtype == PSI_FLOAT32)
        return ((const float *)data)[at];
    uint16_t h = ((const uint16_t *)data)[at];
    return dtype == PSI_FLOAT16 ? float_of_half(h) : float_of_bits((uint32_t)h << 16);
}

ALWAYS_INLINE void store_one(psi_dtype dtype, void *data, int64_t at, float x)
{
    if (dtype == PSI_FLOAT32)
        ((float *)data)[at] = x;
    else
        ((uint16_t *)data)[at] = dtype == PSI_FLOAT16 ? half_of_float(x) : brain_of_float(x);
}

ALWAYS_INLINE v4f load_four(psi_dtype dtype, const void *data, int64_t at)
{
    v4f v;
    if (dtype == PSI_FLOAT32) {
        memcpy(&v, (const float *)data + at, sizeof v);
        return v;
    }
    const uint16_t *p = (const uint16_t *)data + at;
    if (dtype == PSI_BFLOAT16) {
        v4h h;
        memcpy(&h, p, sizeof h);
        return (v4f)(__builtin_convertvector(h, v4u) << 16);
    }
#if LANES > 4
    return (v4f)_mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)(const void *)p));
#else
    for (int i = 0; i < 4; i++)
        v[i] = float_of_half(p[i]);
    return v;
#endif
}

ALWAYS_INLINE vf load_vector(psi_dtype dtype, const void *data, int64_t at)
{
#if LANES == 4
    return (vf)load_four(dtype, data, at);
#else
    if (dtype == PSI_FLOAT32)
        return load_f32((const float *)data + at);
    vh h;
    memcpy(&h, (const uint16_t *)data + at, sizeof h);
    if (dtype == PSI_BFLOAT16)
        return (vf)(__builtin_convertvector(h, vu) << 16);
#if LANES == 16
    return (vf)_mm512_cvtph_ps((__m256i)h);
#else
    return (vf)_mm256_cvtph_ps((__m128i)h);
#endif
#endif
}

/* The first n lanes, of which there may be none, touching no more; the others are zero. */
ALWAYS_INLINE vf load_some(psi_dtype dtype, const void *data, int64_t at, int n)
{
    if (n <= 0)
        return (vf){0};
#if LANES > 4
    if (dtype == PSI_FLOAT32) {
        const float *p = (const float *)data + at;
#if LANES == 16
        return (vf)_mm512_maskz_loadu_ps((__mmask16)((1 << n) - 1), p);
#else
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return (vf)_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane));
#endif
    }
#endif
    float x[LANES] = {0};
    for (int i = 0; i < n; i++)
        x[i] = load_one(dtype, data, at + i);
    return load_f32(x);
}

ALWAYS_INLINE void store_vector(psi_dtype dtype, void *data, int64_t at, vf v)
{
    if (dtype == PSI_FLOAT32) {
        store_f32((float *)data + at, v);
        return;
    }
    uint16_t *p = (uint16_t *)data + at;
#if LANES > 4
    if (dtype == PSI_FLOAT16) {
#if LANES == 16
        __m256i h = _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
        __m128i h = _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT);
#endif
        memcpy(p, &h, sizeof h);
        return;
    }
#endif
    if (dtype == PSI_FLOAT16) {
        for (int i = 0; i < LANES; i++)
            store_one(dtype, p, i, v[i]);
        return;
    }
    vu bits = (vu)v, nan = (vu)((bits & 0x7fffffff) > 0x7f800000);
    vu brain = ((bits >> 16 | 0x40) & nan) | ((bits + 0x7fff + (bits >> 16 & 1)) >> 16 & ~nan);
    vh h = __builtin_convertvector(brain, vh);
    memcpy(p, &h, sizeof h);
}

ALWAYS_INLINE void store_four(float *p, v4f v)
{
    memcpy(p, &v, sizeof v);
}

ALWAYS_INLINE void transpose_four(v4f r[4])
{
    v4f low01 = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5),
        high01 = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    v4f low23 = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5),
        high23 = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

/* Turns a square of LANES x LANES words: in fours first, then fours by fours. */
ALWAYS_INLINE void transpose_lanes(vf r[LANES])
{
#if LANES == 4
    transpose_four(r);
#elif LANES == 8
    vf t[LANES];
#pragma GCC unroll 32
    for (int i = 0; i < LANES; i += 2) {
        t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma GCC unroll 32
    for (int i = 0; i < LANES; i++) {
        vf low = t[i / 4 * 4 + i % 4 / 2], high = t[i / 4 * 4 + i % 4 / 2 + 2];
        r[i] = i % 2 ? __builtin_shufflevector(low, high, 2, 3, 10, 11, 6, 7, 14, 15)
                     : __builtin_shufflevector(low, high, 0, 1, 8, 9, 4, 5, 12, 13);
    }
#pragma GCC unroll 32
    for (int i = 0; i < 4; i++) {
        vf low = r[i], high = r[i + 4];
        r[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
    }
#else
    __m512 t[LANES];
#pragma GCC unroll 32
    for (int i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_ps((__m512)r[i], (__m512)r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps((__m512)r[i], (__m512)r[i + 1]);
    }
#pragma GCC unroll 32
    for (int i = 0; i < LANES; i++) {
        __m512d low = (__m512d)t[i / 4 * 4 + i % 4 / 2], high = (__m512d)t[i / 4 * 4 + i % 4 / 2 + 2];
        r[i] = (vf)(i % 2 ? _mm512_unpackhi_pd(low, high) : _mm512_unpacklo_pd(low, high));
    }
#pragma GCC unroll 32
    for (int i = 0; i < 8; i++) {
        __m512 low = (__m512)r[i / 4 * 8 + i % 4], high = (__m512)r[i / 4 * 8 + i % 4 + 4];
        t[i] = _mm512_shuffle_f32x4(low, high, 0x88);
        t[i + 8] = _mm512_shuffle_f32x4(low, high, 0xdd);
    }
#pragma GCC unroll 32
    for (int i = 0; i < 8; i++) {
        __m512 low = t[i / 4 * 8 + i % 4], high = t[i / 4 * 8 + i % 4 + 4];
        r[i] = (vf)_mm512_shuffle_f32x4(low, high, 0x88);
        r[i + 8] = (vf)_mm512_shuffle_f32x4(low, high, 0xdd);
    }
#endif
}

#endif
