/* array.c: arrays from host memory, and what is known of an array before it is evaluated. */
#include <psionic/array.h>

#include <string.h>

#include "core/half.h"
#include "core/node.h"
#include "core/shape.h"
#include "core/thread.h"

/* The shape's number of bytes, or -1 with an error. */
static int64_t checked_bytes(psi_ints shape, psi_dtype dtype, const char *op)
{
    if (!psi_check_dtype(dtype, op))
        return -1;
    int64_t size = psi_shape_size(shape), bytes;
    if (size < 0 || __builtin_mul_overflow(size, (int64_t)psi_dtype_size(dtype), &bytes)) {
        PSI_INVALID("%s: shape %s has a negative length or is too large", op, PSI_SHAPE(shape));
        return -1;
    }
    return bytes;
}

psi_array psi_array_from(const void *data, psi_ints shape, psi_dtype dtype)
{
    int64_t bytes = checked_bytes(shape, dtype, "array");
    if (bytes < 0)
        return psi_error_array();
    if (!data && bytes)
        return PSI_INVALID("array: data is NULL for shape %s", PSI_SHAPE(shape));
    psi_buffer *buffer = psi_buffer_new((size_t)bytes);
    if (buffer && bytes)
        memcpy(buffer->data, data, (size_t)bytes);
    return psi_leaf_new(buffer, shape, dtype);
}

psi_array psi_array_wrap(void *data, psi_ints shape, psi_dtype dtype, void (*release)(void *context),
                         void *context)
{
    int64_t bytes = checked_bytes(shape, dtype, "array");
    if (bytes < 0 || (!data && bytes)) {
        if (bytes > 0)
            PSI_INVALID("array: data is NULL for shape %s", PSI_SHAPE(shape));
        if (release)
            release(context);
        return psi_error_array();
    }
    return psi_leaf_new(psi_buffer_wrap(data, (size_t)bytes, release, context), shape, dtype);
}

/* A scalar leaf; `value` holds at least the dtype's size. */
static psi_array scalar(const void *value, psi_dtype dtype)
{
    if ((unsigned)dtype >= PSI_DTYPE_COUNT)
        return PSI_INVALID("array: %d is not a dtype", (int)dtype);
    return psi_leaf_scalar(value, dtype);
}

psi_array psi_scalar_int(int64_t value, psi_dtype dtype)
{
    if (psi_issubdtype(dtype, PSI_INEXACT))
        return psi_scalar((double)value, dtype);
    if (dtype == PSI_BOOL)
        value = value != 0;
    return scalar(&value, dtype); /* little-endian: the low bytes are the value */
}

psi_array psi_scalar(double value, psi_dtype dtype)
{
    union {
        uint16_t h;
        float f;
        double d;
        psi_complex64 c;
    } v = {0};
    switch (dtype) {
    case PSI_FLOAT16:
        v.h = psi_float16_of_float((float)value);
        break;
    case PSI_BFLOAT16:
        v.h = psi_bfloat16_of_float((float)value);
        break;
    case PSI_FLOAT32:
        v.f = (float)value;
        break;
    case PSI_FLOAT64:
        v.d = value;
        break;
    case PSI_COMPLEX64:
        v.c.re = (float)value;
        break;
    case PSI_BOOL:
        return psi_scalar_int(value != 0, dtype);
    case PSI_UINT64:
        if (value >= 0x1p63)
            return psi_scalar_int((int64_t)(uint64_t)(value < 0x1p64 ? value : 0), dtype);
        /* fall through */
    case PSI_UINT32:
    case PSI_INT64:
        return psi_scalar_int(value > -0x1p63 && value < 0x1p63 ? (int64_t)value : INT64_MIN, dtype);
    default: /* shorter integers by way of int32, as casts convert them */
        return psi_scalar_int(value > -0x1p31 - 1 && value < 0x1p31 ? (int64_t)value : INT32_MIN, dtype);
    }
    return scalar(&v, dtype);
}

psi_array psi_scalar_complex(float re, float im)
{
    return scalar(&(psi_complex64){re, im}, PSI_COMPLEX64);
}

static psi_array or_error(psi_array a)
{
    return a ? a : psi_error_array();
}

psi_dtype psi_dtype_of(psi_array a)
{
    return (psi_dtype)or_error(a)->dtype;
}

int psi_ndim(psi_array a)
{
    return or_error(a)->ndim;
}

int64_t psi_size(psi_array a)
{
    return or_error(a)->size;
}

size_t psi_itemsize(psi_array a)
{
    return psi_dtype_size(psi_dtype_of(a));
}

size_t psi_nbytes(psi_array a)
{
    return (size_t)psi_size(a) * psi_itemsize(a);
}

psi_ints psi_shape(psi_array a)
{
    return psi_shape_of(or_error(a));
}

int64_t psi_dim(psi_array a, int axis)
{
    a = or_error(a);
    if (axis >= -a->ndim && axis < a->ndim)
        return a->shape[axis < 0 ? axis + a->ndim : axis];
    psi_fail(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, "axis %d is out of range for an array of %d dimensions",
             axis, a->ndim);
    return -1;
}

uintptr_t psi_id(psi_array a)
{
    return (uintptr_t)a;
}
