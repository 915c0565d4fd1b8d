/* isa: generic v2 v3 v4 */
/* cast.c: the kernels that convert between any two dtypes, for the ISA named by PSI_ISA. Invariant: no value
 * is out of range for the C conversion it goes through: what does not fit becomes what the processor's own
 * conversion gives, the least int32 or int64, and is then cut to the target's width. */
#include "cpu/scalar/half.h"

#include "cpu/rows.h"

PSI_INLINE int32_t trunc32_f(float x)
{
    bool fits = (x >= -2147483648.0f) & (x < 2147483648.0f);
    int32_t y = (int32_t)(fits ? x : 0.0f);
    return fits ? y : INT32_MIN;
}

PSI_INLINE int32_t trunc32_d(double x)
{
    bool fits = (x > -2147483649.0) & (x < 2147483648.0);
    int32_t y = (int32_t)(fits ? x : 0.0);
    return fits ? y : INT32_MIN;
}

PSI_INLINE int64_t trunc64_d(double x)
{
    bool fits = (x >= -9223372036854775808.0) & (x < 9223372036854775808.0);
    int64_t y = (int64_t)(fits ? x : 0.0);
    return fits ? y : INT64_MIN;
}

PSI_INLINE uint64_t truncu64_d(double x)
{
    bool high = x >= 9223372036854775808.0;
    uint64_t y = (uint64_t)trunc64_d(high ? x - 9223372036854775808.0 : x);
    return high ? y ^ 0x8000000000000000u : y;
}

PSI_INLINE int64_t trunc64_f(float x)
{
    return trunc64_d((double)x);
}

PSI_INLINE uint64_t truncu64_f(float x)
{
    return truncu64_d((double)x);
}

PSI_INLINE psi_complex64 real_only(float x)
{
    psi_complex64 z = {x, 0.0f};
    return z;
}

/* A stored element as a C number: PSI_LOAD_dtype(x); of complex the real part, of halves the float32. */
#define PSI_STORED_bool uint8_t /* compilers vectorise bytes better than bool */
#define PSI_STORED_float16 uint16_t
#define PSI_STORED_bfloat16 uint16_t
#define PSI_STORED_uint8 uint8_t
#define PSI_STORED_uint16 uint16_t
#define PSI_STORED_uint32 uint32_t
#define PSI_STORED_uint64 uint64_t
#define PSI_STORED_int8 int8_t
#define PSI_STORED_int16 int16_t
#define PSI_STORED_int32 int32_t
#define PSI_STORED_int64 int64_t
#define PSI_STORED_float32 float
#define PSI_STORED_float64 double
#define PSI_STORED_complex64 psi_complex64

#define PSI_LOAD_bool(x) (x)
#define PSI_LOAD_uint8(x) (x)
#define PSI_LOAD_uint16(x) (x)
#define PSI_LOAD_uint32(x) (x)
#define PSI_LOAD_uint64(x) (x)
#define PSI_LOAD_int8(x) (x)
#define PSI_LOAD_int16(x) (x)
#define PSI_LOAD_int32(x) (x)
#define PSI_LOAD_int64(x) (x)
#define PSI_LOAD_float16(x) psi_from_float16(x)
#define PSI_LOAD_bfloat16(x) psi_from_bfloat16(x)
#define PSI_LOAD_float32(x) (x)
#define PSI_LOAD_float64(x) (x)
#define PSI_LOAD_complex64(x) (x).re

/* Such a number as a stored element of another dtype: PSI_STORE_dtype(class, x), class i, f or d of the
 * number. */
#define PSI_STORE_bool(class, x) ((x) != 0)
#define PSI_STORE_uint8(class, x) PSI_SMALL_##class(uint8_t, x)
#define PSI_STORE_uint16(class, x) PSI_SMALL_##class(uint16_t, x)
#define PSI_STORE_uint32(class, x) PSI_LARGE_##class(uint32_t, x)
#define PSI_STORE_uint64(class, x) PSI_HUGE_##class(x)
#define PSI_STORE_int8(class, x) PSI_SMALL_##class(int8_t, x)
#define PSI_STORE_int16(class, x) PSI_SMALL_##class(int16_t, x)
#define PSI_STORE_int32(class, x) PSI_SMALL_##class(int32_t, x)
#define PSI_STORE_int64(class, x) PSI_LARGE_##class(int64_t, x)
#define PSI_STORE_float16(class, x) psi_to_float16((float)(x))
#define PSI_STORE_bfloat16(class, x) psi_to_bfloat16((float)(x))
#define PSI_STORE_float32(class, x) (float)(x)
#define PSI_STORE_float64(class, x) (double)(x)
#define PSI_STORE_complex64(class, x) real_only((float)(x))
#define PSI_SMALL_i(type, x) (type)(x)
#define PSI_SMALL_f(type, x) (type) trunc32_f(x)
#define PSI_SMALL_d(type, x) (type) trunc32_d(x)
#define PSI_LARGE_i(type, x) (type)(x)
#define PSI_LARGE_f(type, x) (type) trunc64_f(x)
#define PSI_LARGE_d(type, x) (type) trunc64_d(x)
#define PSI_HUGE_i(x) (uint64_t)(x)
#define PSI_HUGE_f(x) truncu64_f(x)
#define PSI_HUGE_d(x) truncu64_d(x)

#define PSI_CAST(to, from, class)                                                                    \
    static void to##_of_##from(int64_t n, void *out, const void *pa, const void *pb, const void *pc) \
    {                                                                                                \
        (void)pb, (void)pc;                                                                          \
        PSI_STORED_##to *o = out;                                                                    \
        const PSI_STORED_##from *x = pa;                                                             \
        PSI_IVDEP                                                                                    \
        for (int64_t i = 0; i < n; i++)                                                              \
            o[i] = PSI_STORE_##to(class, PSI_LOAD_##from(x[i]));                                     \
    }

/* Every source dtype, for one target. */
#define PSI_CASTS_TO(to)     \
    PSI_CAST(to, bool, i)    \
    PSI_CAST(to, uint8, i)   \
    PSI_CAST(to, uint16, i)  \
    PSI_CAST(to, uint32, i)  \
    PSI_CAST(to, uint64, i)  \
    PSI_CAST(to, int8, i)    \
    PSI_CAST(to, int16, i)   \
    PSI_CAST(to, int32, i)   \
    PSI_CAST(to, int64, i)   \
    PSI_CAST(to, float64, d) \
    PSI_CAST(to, float32, f) \
    PSI_CAST_LIKE_FLOAT32(to)

/* Where loading makes a float32. */
#define PSI_CAST_LIKE_FLOAT32(to) \
    PSI_CAST(to, float16, f)      \
    PSI_CAST(to, bfloat16, f)     \
    PSI_CAST(to, complex64, f)

PSI_CASTS_TO(bool)
PSI_CASTS_TO(uint8)
PSI_CASTS_TO(uint16)
PSI_CASTS_TO(uint32)
PSI_CASTS_TO(uint64)
PSI_CASTS_TO(int8)
PSI_CASTS_TO(int16)
PSI_CASTS_TO(int32)
PSI_CASTS_TO(int64)
PSI_CASTS_TO(float16)
PSI_CASTS_TO(float32)
PSI_CASTS_TO(float64)
PSI_CASTS_TO(bfloat16)
PSI_CASTS_TO(complex64)

static void complex64_copy(int64_t n, void *out, const void *pa, const void *pb, const void *pc)
{
    (void)pb, (void)pc;
    memmove(out, pa, (size_t)n * sizeof(psi_complex64));
}

#ifdef __F16C__
/* The pair that half arithmetic lives on, a vector at a time. */
static void float32_from_float16(int64_t n, void *out, const void *pa, const void *pb, const void *pc)
{
    (void)pb, (void)pc;
    float *o = out;
    const uint16_t *x = pa;
    int64_t i = 0;
#ifdef __AVX512F__
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(o + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(x + i))));
#endif
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(o + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(x + i))));
    for (; i < n; i++)
        o[i] = psi_from_float16(x[i]);
}

static void float16_from_float32(int64_t n, void *out, const void *pa, const void *pb, const void *pc)
{
    (void)pb, (void)pc;
    uint16_t *o = out;
    const float *x = pa;
    int64_t i = 0;
#ifdef __AVX512F__
    for (; i + 16 <= n; i += 16)
        _mm256_storeu_si256((__m256i *)(o + i),
                            _mm512_cvtps_ph(_mm512_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#endif
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(o + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < n; i++)
        o[i] = psi_to_float16(x[i]);
}
#else
#define float32_from_float16 float32_of_float16
#define float16_from_float32 float16_of_float32
#endif

#define PSI_CASTS PSI_PASTE(psi_casts_, PSI_ISA)
/* clang-format off */
#define PSI_CAST_ENTRIES(to, TO)                                                                             \
    [TO][PSI_BOOL] = to##_of_bool,                                                                           \
    [TO][PSI_UINT8] = to##_of_uint8,                                                                         \
    [TO][PSI_UINT16] = to##_of_uint16,                                                                       \
    [TO][PSI_UINT32] = to##_of_uint32,                                                                       \
    [TO][PSI_UINT64] = to##_of_uint64,                                                                       \
    [TO][PSI_INT8] = to##_of_int8,                                                                           \
    [TO][PSI_INT16] = to##_of_int16,                                                                         \
    [TO][PSI_INT32] = to##_of_int32,                                                                         \
    [TO][PSI_INT64] = to##_of_int64,                                                                         \
    [TO][PSI_FLOAT16] = to##_of_float16,                                                                     \
    [TO][PSI_FLOAT32] = to##_of_float32,                                                                     \
    [TO][PSI_FLOAT64] = to##_of_float64,                                                                     \
    [TO][PSI_BFLOAT16] = to##_of_bfloat16,                                                                   \
    [TO][PSI_COMPLEX64] = to##_of_complex64,
/* clang-format on */

/* gcc keeps the last of two initializers of one place; these three have better kernels than their row's. */
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif
extern const psi_cast_table PSI_CASTS;
/* clang-format off */
const psi_cast_table PSI_CASTS = {{
    PSI_CAST_ENTRIES(bool, PSI_BOOL)
    PSI_CAST_ENTRIES(uint8, PSI_UINT8)
    PSI_CAST_ENTRIES(uint16, PSI_UINT16)
    PSI_CAST_ENTRIES(uint32, PSI_UINT32)
    PSI_CAST_ENTRIES(uint64, PSI_UINT64)
    PSI_CAST_ENTRIES(int8, PSI_INT8)
    PSI_CAST_ENTRIES(int16, PSI_INT16)
    PSI_CAST_ENTRIES(int32, PSI_INT32)
    PSI_CAST_ENTRIES(int64, PSI_INT64)
    PSI_CAST_ENTRIES(float16, PSI_FLOAT16)
    PSI_CAST_ENTRIES(float32, PSI_FLOAT32)
    PSI_CAST_ENTRIES(float64, PSI_FLOAT64)
    PSI_CAST_ENTRIES(bfloat16, PSI_BFLOAT16)
    PSI_CAST_ENTRIES(complex64, PSI_COMPLEX64)
    [PSI_FLOAT32][PSI_FLOAT16] = float32_from_float16,
    [PSI_FLOAT16][PSI_FLOAT32] = float16_from_float32,
    [PSI_COMPLEX64][PSI_COMPLEX64] = complex64_copy,
}};
/* clang-format on */
