/* dtype.c: what the element types are called, how large they are, and how they promote. */
#include <float.h>

#include <psionic/array.h>

#include "core/error.h"

static const struct {
    const char *name;
    uint8_t size;
    uint8_t category;
} dtypes[PSI_DTYPE_COUNT] = {
    [PSI_BOOL] = {"bool", 1, PSI_GENERIC},
    [PSI_UINT8] = {"uint8", 1, PSI_UNSIGNEDINTEGER},
    [PSI_UINT16] = {"uint16", 2, PSI_UNSIGNEDINTEGER},
    [PSI_UINT32] = {"uint32", 4, PSI_UNSIGNEDINTEGER},
    [PSI_UINT64] = {"uint64", 8, PSI_UNSIGNEDINTEGER},
    [PSI_INT8] = {"int8", 1, PSI_SIGNEDINTEGER},
    [PSI_INT16] = {"int16", 2, PSI_SIGNEDINTEGER},
    [PSI_INT32] = {"int32", 4, PSI_SIGNEDINTEGER},
    [PSI_INT64] = {"int64", 8, PSI_SIGNEDINTEGER},
    [PSI_FLOAT16] = {"float16", 2, PSI_FLOATING},
    [PSI_FLOAT32] = {"float32", 4, PSI_FLOATING},
    [PSI_FLOAT64] = {"float64", 8, PSI_FLOATING},
    [PSI_BFLOAT16] = {"bfloat16", 2, PSI_FLOATING},
    [PSI_COMPLEX64] = {"complex64", 8, PSI_COMPLEXFLOATING},
};

const char *psi_dtype_name(psi_dtype dtype)
{
    return (unsigned)dtype < PSI_DTYPE_COUNT ? dtypes[dtype].name : "invalid";
}

size_t psi_dtype_size(psi_dtype dtype)
{
    return (unsigned)dtype < PSI_DTYPE_COUNT ? dtypes[dtype].size : 0;
}

psi_category psi_dtype_category(psi_dtype dtype)
{
    return (unsigned)dtype < PSI_DTYPE_COUNT ? (psi_category)dtypes[dtype].category : PSI_GENERIC;
}

/* Two integers: unsigned meets signed in the signed type that holds both, and int64 stands in for what is
 * missing above it, except that uint64 meets signed types in float32, as in JAX. */
static psi_dtype promote_integers(psi_dtype a, psi_dtype b)
{
    bool signed_a = psi_dtype_category(a) == PSI_SIGNEDINTEGER;
    bool signed_b = psi_dtype_category(b) == PSI_SIGNEDINTEGER;
    size_t size_a = psi_dtype_size(a), size_b = psi_dtype_size(b);
    if (signed_a == signed_b)
        return size_a >= size_b ? a : b;
    psi_dtype s = signed_a ? a : b, u = signed_a ? b : a;
    if (u == PSI_UINT64)
        return PSI_FLOAT32;
    if (psi_dtype_size(s) > psi_dtype_size(u))
        return s;
    return (psi_dtype)(u - PSI_UINT8 + PSI_INT8 + 1);
}

psi_dtype psi_promote_types(psi_dtype a, psi_dtype b)
{
    if (a == b)
        return a;
    if (a == PSI_COMPLEX64 || b == PSI_COMPLEX64)
        return PSI_COMPLEX64;
    if (a == PSI_FLOAT64 || b == PSI_FLOAT64)
        return PSI_FLOAT64;
    bool float_a = a >= PSI_FLOAT16, float_b = b >= PSI_FLOAT16;
    if (float_a && float_b)
        return PSI_FLOAT32; /* two different ones of float16, bfloat16 and float32 */
    if (float_a || float_b)
        return float_a ? a : b;
    if (a == PSI_BOOL || b == PSI_BOOL)
        return a == PSI_BOOL ? b : a;
    return promote_integers(a, b);
}

bool psi_issubcategory(psi_category category, psi_category of)
{
    switch (of) {
    case PSI_GENERIC:
        return true;
    case PSI_NUMBER:
        return category != PSI_GENERIC;
    case PSI_INTEGER:
        return category == PSI_INTEGER || category == PSI_SIGNEDINTEGER || category == PSI_UNSIGNEDINTEGER;
    case PSI_INEXACT:
        return category == PSI_INEXACT || category == PSI_FLOATING || category == PSI_COMPLEXFLOATING;
    default:
        return category == of;
    }
}

bool psi_issubdtype(psi_dtype dtype, psi_category category)
{
    return psi_issubcategory(psi_dtype_category(dtype), category);
}

psi_float_limits psi_finfo(psi_dtype dtype)
{
    static const psi_float_limits half = {PSI_FLOAT16, -65504, 65504, 0x1p-10},
                                  brain = {PSI_BFLOAT16, -0x1.fep127, 0x1.fep127, 0x1p-7},
                                  single = {PSI_FLOAT32, -FLT_MAX, FLT_MAX, FLT_EPSILON},
                                  wide = {PSI_FLOAT64, -DBL_MAX, DBL_MAX, DBL_EPSILON};
    switch (dtype) {
    case PSI_FLOAT16:
        return half;
    case PSI_BFLOAT16:
        return brain;
    case PSI_FLOAT32:
    case PSI_COMPLEX64:
        return single;
    case PSI_FLOAT64:
        return wide;
    default:
        PSI_INVALID("finfo: dtype %s is not inexact", psi_dtype_name(dtype));
        return (psi_float_limits){.dtype = dtype};
    }
}

psi_int_limits psi_iinfo(psi_dtype dtype)
{
    if (!psi_issubdtype(dtype, PSI_INTEGER)) {
        PSI_INVALID("iinfo: dtype %s is not an integer", psi_dtype_name(dtype));
        return (psi_int_limits){.dtype = dtype};
    }
    bool is_signed = psi_issubdtype(dtype, PSI_SIGNEDINTEGER);
    uint64_t max = UINT64_MAX >> (64 - 8 * (int)psi_dtype_size(dtype) + is_signed);
    return (psi_int_limits){dtype, is_signed ? -(int64_t)max - 1 : 0, max};
}
