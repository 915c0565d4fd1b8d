/* functions.h: short ways for the cases to write down the functions that transforms take. */
#ifndef PARITY_FUNCTIONS_H
#define PARITY_FUNCTIONS_H

#include "arrays.h"

static inline psi_arrays one(psi_array y)
{
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = y;
    return out;
}

/* FUNCTION(f, psi_multiply(x, y)): a psi_function of one expression in its first inputs x, y and z, and in `context`. */
#define FUNCTION(name, expression)                                                              \
    static psi_arrays name(psi_arrays in, void *context)                                        \
    {                                                                                           \
        psi_array x = in.data[0], y = in.count > 1 ? in.data[1] : x, z = in.data[in.count - 1]; \
        (void)context, (void)x, (void)y, (void)z;                                               \
        return one(expression);                                                                 \
    }

/* The products with one cotangent, or with tangents; a failed call has no data, which the first check notices. */
static inline psi_arrays pulled(psi_function fn, void *context, psi_arrays at, psi_array cotangent)
{
    psi_arrays outputs, products;
    return psi_vjp(fn, context, at, PSI_ARRAYS(cotangent), &outputs, &products) ? products
                                                                                : (psi_arrays){NULL, 0};
}

static inline psi_arrays pushed(psi_function fn, void *context, psi_arrays at, psi_arrays tangents)
{
    psi_arrays outputs, products;
    return psi_jvp(fn, context, at, tangents, &outputs, &products) ? products : (psi_arrays){NULL, 0};
}

/* The i-th of a list, NULL where it is shorter. */
static inline psi_array nth(psi_arrays list, int i)
{
    return i < list.count ? list.data[i] : NULL;
}

#define PULLED(fn, x, cotangent) nth(pulled(fn, NULL, PSI_ARRAYS(x), cotangent), 0)
#define PUSHED(fn, x, tangent) nth(pushed(fn, NULL, PSI_ARRAYS(x), PSI_ARRAYS(tangent)), 0)

static inline psi_array filled(double value, psi_ints shape)
{
    return psi_full(shape, f32(value), PSI_DTYPE_COUNT);
}

#endif
