/* sort_keys.c: order-preserving keys. A float's bits order like a signed magnitude: negative ones are inverted, the
 * sign of the others is set. */
#include "cpu/sort_keys.h"

#define SIGN32 0x80000000u
#define SIGN64 0x8000000000000000u

static inline uint32_t key32(uint32_t u, bool equal_zeros)
{
    uint32_t key = u ^ ((uint32_t)((int32_t)u >> 31) | SIGN32);
    key = (u & ~SIGN32) > 0x7f800000u ? UINT32_MAX : key;
    return key + (equal_zeros && key == SIGN32 - 1);
}

static inline uint64_t key64(uint64_t u, bool equal_zeros)
{
    uint64_t key = u ^ ((uint64_t)((int64_t)u >> 63) | SIGN64);
    key = (u & ~SIGN64) > 0x7ff0000000000000u ? UINT64_MAX : key;
    return key + (equal_zeros && key == SIGN64 - 1);
}

/* Of float16 and bfloat16, by the bits of their infinity. */
static inline uint32_t key16(uint32_t u, uint32_t infinity, bool equal_zeros)
{
    uint32_t key = u & 0x8000 ? u ^ 0xffff : u | 0x8000;
    key = (u & 0x7fff) > infinity ? 0xffff : key;
    return key + (equal_zeros && key == 0x7fff);
}

static inline uint64_t complex_key(uint32_t re, uint32_t im)
{
    uint64_t a = key32(re, true), b = key32(im, true);
    if (a == UINT32_MAX)
        return a << 32 | b;
    return b == UINT32_MAX ? (uint64_t)(UINT32_MAX - 1) << 32 | a : a << 32 | b;
}

#define EACH(type, key)                   \
    for (int64_t i = 0; i < n; i++) {     \
        type a = ((const type *)from)[i]; \
        keys[i] = key;                    \
    }                                     \
    break

void psi_sort_keys(psi_dtype dtype, const void *from, int64_t n, bool equal_zeros, uint64_t *keys)
{
    switch (dtype) {
    case PSI_BOOL:
    case PSI_UINT8:
        EACH(uint8_t, a);
    case PSI_UINT16:
        EACH(uint16_t, a);
    case PSI_UINT32:
        EACH(uint32_t, a);
    case PSI_UINT64:
        EACH(uint64_t, a);
    case PSI_INT8:
        EACH(int8_t, (uint32_t)(a + 128));
    case PSI_INT16:
        EACH(int16_t, (uint32_t)(a + 32768));
    case PSI_INT32:
        EACH(uint32_t, a ^ SIGN32);
    case PSI_INT64:
        EACH(uint64_t, a ^ SIGN64);
    case PSI_FLOAT16:
        EACH(uint16_t, key16(a, 0x7c00, equal_zeros));
    case PSI_BFLOAT16:
        EACH(uint16_t, key16(a, 0x7f80, equal_zeros));
    case PSI_FLOAT32:
        EACH(uint32_t, key32(a, equal_zeros));
    case PSI_FLOAT64:
        EACH(uint64_t, key64(a, equal_zeros));
    default:
        for (int64_t i = 0; i < n; i++)
            keys[i] = complex_key(((const uint32_t *)from)[2 * i], ((const uint32_t *)from)[2 * i + 1]);
    }
}
#undef EACH

#define EACH(type, value)                \
    for (int64_t i = 0; i < n; i++) {    \
        uint64_t a = keys[i];            \
        ((type *)to)[i] = (type)(value); \
    }                                    \
    break

void psi_sort_values(psi_dtype dtype, const uint64_t *keys, int64_t n, void *to)
{
    switch (dtype) {
    case PSI_BOOL:
    case PSI_UINT8:
        EACH(uint8_t, a);
    case PSI_UINT16:
        EACH(uint16_t, a);
    case PSI_UINT32:
        EACH(uint32_t, a);
    case PSI_UINT64:
        EACH(uint64_t, a);
    case PSI_INT8:
        EACH(uint8_t, a ^ 0x80);
    case PSI_INT16:
        EACH(uint16_t, a ^ 0x8000);
    case PSI_INT32:
        EACH(uint32_t, a ^ SIGN32);
    case PSI_INT64:
        EACH(uint64_t, a ^ SIGN64);
    case PSI_FLOAT16:
    case PSI_BFLOAT16:
        EACH(uint16_t, a & 0x8000 ? a ^ 0x8000 : ~a);
    case PSI_FLOAT32:
        EACH(uint32_t, (uint32_t)a ^ ((uint32_t)((int32_t) ~(uint32_t)a >> 31) | SIGN32));
    default:
        EACH(uint64_t, a ^ ((uint64_t)((int64_t)~a >> 63) | SIGN64));
    }
}
