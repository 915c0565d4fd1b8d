/* bool.h: the scalar functions of bool: sums are or, products and, differences exclusive or, and false <
 * true. */
#ifndef PSI_CPU_SCALAR_BOOL_H
#define PSI_CPU_SCALAR_BOOL_H

#include "cpu/scalar/common.h"

PSI_INLINE bool add_bool(bool a, bool b)
{
    return a | b;
}

PSI_INLINE bool sub_bool(bool a, bool b)
{
    return a ^ b;
}

PSI_INLINE bool mul_bool(bool a, bool b, bool careful)
{
    (void)careful;
    return a & b;
}

PSI_INLINE bool abs_bool(bool a)
{
    return a;
}

PSI_INLINE bool sign_bool(bool a)
{
    return a;
}

PSI_INLINE bool conj_bool(bool a)
{
    return a;
}

PSI_INLINE bool floor_bool(bool a)
{
    return a;
}

PSI_INLINE bool ceil_bool(bool a)
{
    return a;
}

PSI_INLINE bool rint_bool(bool a)
{
    return a;
}

PSI_INLINE bool lnot_bool(bool a)
{
    return !a;
}

PSI_INLINE bool inv_bool(bool a)
{
    return !a;
}

/* a // b and a % b as of integers, where x // 0 and x % 0 are 0. */
PSI_INLINE bool floordiv_bool(bool a, bool b)
{
    return a & b;
}

PSI_INLINE bool rem_bool(bool a, bool b, bool careful)
{
    (void)a, (void)b, (void)careful;
    return false;
}

PSI_INLINE bool pow_bool(bool a, bool b)
{
    return a | !b;
}

PSI_INLINE bool max_bool(bool a, bool b)
{
    return a | b;
}

PSI_INLINE bool min_bool(bool a, bool b)
{
    return a & b;
}

PSI_INLINE bool band_bool(bool a, bool b)
{
    return a & b;
}

PSI_INLINE bool bor_bool(bool a, bool b)
{
    return a | b;
}

PSI_INLINE bool bxor_bool(bool a, bool b)
{
    return a ^ b;
}

PSI_INLINE bool shl_bool(bool a, bool b)
{
    return a & !b;
}

PSI_INLINE bool shr_bool(bool a, bool b)
{
    return a & !b;
}

PSI_INLINE bool sel_bool(bool c, bool a, bool b)
{
    return (c & a) | (!c & b);
}

PSI_INLINE bool eq_bool(bool a, bool b)
{
    return a == b;
}

PSI_INLINE bool eqnan_bool(bool a, bool b)
{
    return a == b;
}

PSI_INLINE bool ne_bool(bool a, bool b)
{
    return a != b;
}

PSI_INLINE bool lt_bool(bool a, bool b)
{
    return !a & b;
}

PSI_INLINE bool le_bool(bool a, bool b)
{
    return !a | b;
}

PSI_INLINE bool gt_bool(bool a, bool b)
{
    return a & !b;
}

PSI_INLINE bool ge_bool(bool a, bool b)
{
    return a | !b;
}

#endif
