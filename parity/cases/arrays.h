/* arrays.h: short ways for the cases to write arrays down. Each goes through the public functions, so what it calls is
 * recorded as the case's own. */
#ifndef PARITY_ARRAYS_H
#define PARITY_ARRAYS_H

#include "case.h"

static inline psi_array f32(double value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

static inline psi_array i32(int64_t value)
{
    return psi_scalar_int(value, PSI_INT32);
}

static inline psi_array truth(bool value)
{
    return psi_scalar_int(value, PSI_BOOL);
}

/* A float32 vector of no elements, which is what upstream makes of an empty list. */
static inline psi_array nothing(void)
{
    return psi_array_from(NULL, PSI_INTS(0), PSI_FLOAT32);
}

/* count, count + 1, ... in row-major order. */
static inline psi_array counted(int64_t from, psi_ints shape, psi_dtype dtype)
{
    int64_t size = 1;
    for (int i = 0; i < shape.count; i++)
        size *= shape.data[i];
    return psi_reshape(psi_arange((double)from, (double)(from + size), 1, dtype), shape);
}

/* SHAPED(PSI_INT32S(1, 2, 3, 4), 2, 2) */
#define SHAPED(list, ...) psi_reshape(list, PSI_INTS(__VA_ARGS__))
/* The library itself says that two arrays have one shape and the same values; dtypes may differ. */
#define CHECK_EQUAL(a, b) CHECK_TRUE(psi_array_equal(a, b, false))
#define CHECK_UNEQUAL(a, b) CHECK_TRUE(psi_logical_not(psi_array_equal(a, b, false)))
/* A list of lengths. */
#define CHECK_INTS(got, ...) parity_check_shape(PARITY_HERE_, #got, (got), PSI_INTS(__VA_ARGS__))
/* An argument is refused as such. */
#define CHECK_REFUSED(expression) CHECK_ERROR(PSI_INVALID_ARGUMENT, expression)

#endif
