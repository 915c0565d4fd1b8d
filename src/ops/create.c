/* create.c: arrays made of nothing but a shape and a value. */
#include "ops/build.h"

psi_array psi_full(psi_ints shape, psi_array value, psi_dtype dtype)
{
    return psi_broadcast_to(psi_astype(value, dtype), shape);
}

psi_array psi_zeros(psi_ints shape, psi_dtype dtype)
{
    return psi_full(shape, psi_scalar(0, dtype), dtype);
}

psi_array psi_ones(psi_ints shape, psi_dtype dtype)
{
    return psi_full(shape, psi_scalar(1, dtype), dtype);
}

psi_array psi_zeros_like(psi_array a)
{
    return psi_is_error(a) ? a : psi_zeros(psi_shape(a), psi_dtype_of(a));
}

psi_array psi_ones_like(psi_array a)
{
    return psi_is_error(a) ? a : psi_ones(psi_shape(a), psi_dtype_of(a));
}

psi_array psi_reciprocal(psi_array a)
{
    return psi_divide(psi_like(a, 1), a);
}
