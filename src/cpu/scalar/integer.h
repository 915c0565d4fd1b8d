/* integer.h: the scalar functions of the eight integer types; PSI_ELEMENT says which. Sums and products wrap
 * around (computed unsigned), nothing traps, and nothing is undefined. */
#ifndef PSI_CPU_SCALAR_INTEGER_H
#define PSI_CPU_SCALAR_INTEGER_H

#include "cpu/scalar/common.h"

#define PSI_WIDTH ((int)sizeof(PSI_TYPE) * 8)
#define PSI_SIGNED (PSI_KIND == PSI_IS_SIGNED)

PSI_INLINE PSI_TYPE PSI_FN(add)(PSI_TYPE a, PSI_TYPE b)
{
    return (PSI_TYPE)((uint64_t)a + (uint64_t)b);
}

PSI_INLINE PSI_TYPE PSI_FN(sub)(PSI_TYPE a, PSI_TYPE b)
{
    return (PSI_TYPE)((uint64_t)a - (uint64_t)b);
}

PSI_INLINE PSI_TYPE PSI_FN(mul)(PSI_TYPE a, PSI_TYPE b, bool careful)
{
    (void)careful;
    return (PSI_TYPE)((uint64_t)a * (uint64_t)b);
}

PSI_INLINE PSI_TYPE PSI_FN(neg)(PSI_TYPE a)
{
    return (PSI_TYPE)(0u - (uint64_t)a);
}

PSI_INLINE bool PSI_FN(is_negative)(PSI_TYPE a)
{
#if PSI_SIGNED
    return a < 0;
#else
    (void)a;
    return false;
#endif
}

PSI_INLINE PSI_TYPE PSI_FN(abs)(PSI_TYPE a)
{
    return PSI_FN(is_negative)(a) ? PSI_FN(neg)(a) : a;
}

PSI_INLINE PSI_TYPE PSI_FN(sign)(PSI_TYPE a)
{
    return (PSI_TYPE)((a > 0) - PSI_FN(is_negative)(a));
}

PSI_INLINE PSI_TYPE PSI_FN(conj)(PSI_TYPE a)
{
    return a;
}

PSI_INLINE PSI_TYPE PSI_FN(floor)(PSI_TYPE a)
{
    return a;
}

PSI_INLINE PSI_TYPE PSI_FN(ceil)(PSI_TYPE a)
{
    return a;
}

PSI_INLINE PSI_TYPE PSI_FN(rint)(PSI_TYPE a)
{
    return a;
}

/* Truncates towards zero; 0 for b = 0; the least value over -1 wraps to itself. */
PSI_INLINE PSI_TYPE PSI_FN(floordiv)(PSI_TYPE a, PSI_TYPE b)
{
    bool minus_one = PSI_FN(is_negative)(b) & (PSI_FN(neg)(b) == 1);
    PSI_TYPE safe = (b == 0) | minus_one ? (PSI_TYPE)1 : b;
    PSI_TYPE q = (PSI_TYPE)(a / safe);
    q = minus_one ? PSI_FN(neg)(a) : q;
    return b == 0 ? (PSI_TYPE)0 : q;
}

/* With the divisor's sign; 0 for b = 0. */
PSI_INLINE PSI_TYPE PSI_FN(rem)(PSI_TYPE a, PSI_TYPE b, bool careful)
{
    (void)careful;
    bool minus_one = PSI_FN(is_negative)(b) & (PSI_FN(neg)(b) == 1);
    PSI_TYPE safe = (b == 0) | minus_one ? (PSI_TYPE)1 : b;
    PSI_TYPE r = (PSI_TYPE)(a % safe);
    bool other_side = (r != 0) & (PSI_FN(is_negative)(r) != PSI_FN(is_negative)(b));
    return other_side ? PSI_FN(add)(r, b) : r;
}

/* By squaring. A negative exponent truncates 1 / a^|b| towards zero, and gives 0 for base 0. */
PSI_INLINE PSI_TYPE PSI_FN(pow)(PSI_TYPE a, PSI_TYPE b)
{
    uint64_t base = (uint64_t)a, y = 1;
    if (PSI_FN(is_negative)(b)) {
        bool odd = (b & 1) != 0;
        bool minus_one = PSI_FN(is_negative)(a) & (PSI_FN(neg)(a) == 1);
        return a == 1 ? (PSI_TYPE)1 : minus_one ? (odd ? a : (PSI_TYPE)1) : (PSI_TYPE)0;
    }
    for (uint64_t e = (uint64_t)b; e != 0; e >>= 1, base *= base)
        y *= e & 1 ? base : 1;
    return (PSI_TYPE)y;
}

PSI_INLINE PSI_TYPE PSI_FN(max)(PSI_TYPE a, PSI_TYPE b)
{
    return a > b ? a : b;
}

PSI_INLINE PSI_TYPE PSI_FN(min)(PSI_TYPE a, PSI_TYPE b)
{
    return a < b ? a : b;
}

PSI_INLINE PSI_TYPE PSI_FN(inv)(PSI_TYPE a)
{
    return (PSI_TYPE)~a;
}

PSI_INLINE PSI_TYPE PSI_FN(band)(PSI_TYPE a, PSI_TYPE b)
{
    return (PSI_TYPE)(a & b);
}

PSI_INLINE PSI_TYPE PSI_FN(bor)(PSI_TYPE a, PSI_TYPE b)
{
    return (PSI_TYPE)(a | b);
}

PSI_INLINE PSI_TYPE PSI_FN(bxor)(PSI_TYPE a, PSI_TYPE b)
{
    return (PSI_TYPE)(a ^ b);
}

PSI_INLINE bool PSI_FN(in_width)(PSI_TYPE b)
{
    return !PSI_FN(is_negative)(b) & ((uint64_t)b < (uint64_t)PSI_WIDTH);
}

/* 0 when b is negative or past the width. */
PSI_INLINE PSI_TYPE PSI_FN(shl)(PSI_TYPE a, PSI_TYPE b)
{
    bool good = PSI_FN(in_width)(b);
    unsigned by = good ? (unsigned)b : 0u;
    PSI_TYPE y = PSI_WIDTH == 64 ? (PSI_TYPE)((uint64_t)a << by) : (PSI_TYPE)((uint32_t)a << (by & 31));
    return good ? y : (PSI_TYPE)0;
}

/* With a's sign; all sign bits when b is negative or past the width. */
PSI_INLINE PSI_TYPE PSI_FN(shr)(PSI_TYPE a, PSI_TYPE b)
{
    bool good = PSI_FN(in_width)(b);
    PSI_TYPE y = (PSI_TYPE)(a >> (good ? (unsigned)b : 0u));
    return good ? y : (PSI_TYPE)(0 - (int)PSI_FN(is_negative)(a));
}

PSI_INLINE PSI_TYPE PSI_FN(sel)(bool c, PSI_TYPE a, PSI_TYPE b)
{
    return c ? a : b;
}

PSI_INLINE bool PSI_FN(eq)(PSI_TYPE a, PSI_TYPE b)
{
    return a == b;
}

PSI_INLINE bool PSI_FN(eqnan)(PSI_TYPE a, PSI_TYPE b)
{
    return a == b;
}

PSI_INLINE bool PSI_FN(ne)(PSI_TYPE a, PSI_TYPE b)
{
    return a != b;
}

PSI_INLINE bool PSI_FN(lt)(PSI_TYPE a, PSI_TYPE b)
{
    return a < b;
}

PSI_INLINE bool PSI_FN(le)(PSI_TYPE a, PSI_TYPE b)
{
    return a <= b;
}

PSI_INLINE bool PSI_FN(gt)(PSI_TYPE a, PSI_TYPE b)
{
    return a > b;
}

PSI_INLINE bool PSI_FN(ge)(PSI_TYPE a, PSI_TYPE b)
{
    return a >= b;
}

#endif
