/* common.h: what the scalar functions of every element type share: the type behind PSI_ELEMENT, names with
 * its suffix, bit casts, fused multiply-add. A translation unit is for one element type, named by
 * PSI_ELEMENT. */
#ifndef PSI_CPU_SCALAR_COMMON_H
#define PSI_CPU_SCALAR_COMMON_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <psionic/types.h>

/* The word must survive as a token: names are made from it. */
#ifndef __cplusplus
#undef bool
typedef _Bool bool;
#endif

/* Before a loop whose iterations touch elements of one index only, even where out is an input's memory. */
#ifdef __clang__
#define PSI_IVDEP _Pragma("clang loop vectorize(assume_safety)")
/* Loops that no instruction fits stay scalar; that is no fault. */
#pragma clang diagnostic ignored "-Wpass-failed"
/* Conditions are joined without branches on purpose. */
#pragma clang diagnostic ignored "-Wbitwise-conditional-parentheses"
#pragma clang diagnostic ignored "-Wbitwise-instead-of-logical"
#else
#define PSI_IVDEP _Pragma("GCC ivdep")
#endif

/* A product rounded by itself: gcc 12.2 joins one with a complex sum in spite of -ffp-contract=off (PR 107647). */
#if !defined __clang__ && __GNUC__ >= 12
#define PSI_ROUNDED(x) __builtin_assoc_barrier(x)
#else
#define PSI_ROUNDED(x) (x)
#endif

#define PSI_INLINE static inline __attribute__((always_inline, unused))

#define PSI_PASTE_(a, b) a##b
#define PSI_PASTE(a, b) PSI_PASTE_(a, b)
/* PSI_FN(exp) is exp_float32 in the unit of float32. */
#define PSI_FN(name) PSI_PASTE(name##_, PSI_ELEMENT)

/* Kinds of elements, and what they are in C. */
#define PSI_KIND_bool 1
#define PSI_KIND_uint8 2
#define PSI_KIND_uint16 2
#define PSI_KIND_uint32 2
#define PSI_KIND_uint64 2
#define PSI_KIND_int8 3
#define PSI_KIND_int16 3
#define PSI_KIND_int32 3
#define PSI_KIND_int64 3
#define PSI_KIND_float32 4
#define PSI_KIND_float64 5
#define PSI_KIND_complex64 6

#define PSI_IS_BOOL 1
#define PSI_IS_UNSIGNED 2
#define PSI_IS_SIGNED 3
#define PSI_IS_FLOAT32 4
#define PSI_IS_FLOAT64 5
#define PSI_IS_COMPLEX 6

#define PSI_TYPE_bool uint8_t
#define PSI_TYPE_uint8 uint8_t
#define PSI_TYPE_uint16 uint16_t
#define PSI_TYPE_uint32 uint32_t
#define PSI_TYPE_uint64 uint64_t
#define PSI_TYPE_int8 int8_t
#define PSI_TYPE_int16 int16_t
#define PSI_TYPE_int32 int32_t
#define PSI_TYPE_int64 int64_t
#define PSI_TYPE_float32 float
#define PSI_TYPE_float64 double
#define PSI_TYPE_complex64 psi_complex64

#define PSI_KIND PSI_PASTE(PSI_KIND_, PSI_ELEMENT)
#define PSI_TYPE PSI_PASTE(PSI_TYPE_, PSI_ELEMENT)

PSI_INLINE uint32_t psi_bits32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

PSI_INLINE float psi_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

PSI_INLINE uint64_t psi_bits64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

PSI_INLINE double psi_double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* a * b + c in one rounding where the machine has the instruction, in two elsewhere: only for polynomials. */
PSI_INLINE float psi_mad32(float a, float b, float c)
{
#ifdef __FMA__
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

PSI_INLINE double psi_mad64(double a, double b, double c)
{
#ifdef __FMA__
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

#endif
