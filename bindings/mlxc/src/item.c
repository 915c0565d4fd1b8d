/* item.c: reading values: item, data, tostring. Invariant: values are read as the dtype they have, or not
 * at all. */
#include "mlxc.h"

#include <stdlib.h>

/* The first element of an evaluated array of this dtype; NULL with the error recorded. */
static const void *values(mlx_array arr, psi_dtype dtype, const char *name)
{
    psi_array a = mlxc_array_of(arr);
    if (!a)
        return NULL;
    psi_dtype has = psi_dtype_of(a);
    bool bits = dtype == PSI_UINT16 && (has == PSI_FLOAT16 || has == PSI_BFLOAT16);
    if (has != dtype && !bits) {
        MLXC_INVALID("%s: the array is %s", name, psi_dtype_name(has));
        return NULL;
    }
    return psi_storage(a);
}

/* item_TYPE, whose value is the one element, and data_TYPE. */
#define READ(name, type, dtype)                                                                             \
    int mlx_array_item_##name(type *res, const mlx_array arr)                                               \
    {                                                                                                       \
        psi_array a = mlxc_array_of(arr);                                                                   \
        if (!a || !mlxc_given(res, "mlx_array_item_" #name ": res"))                                        \
            return mlxc_report();                                                                           \
        if (psi_size(a) != 1)                                                                               \
            return mlxc_done(MLXC_INVALID("mlx_array_item_" #name ": the array has %lld elements, not one", \
                                          (long long)psi_size(a)));                                         \
        const type *value = values(arr, dtype, "mlx_array_item_" #name);                                    \
        if (!value)                                                                                         \
            return mlxc_report();                                                                           \
        *res = *value;                                                                                      \
        return 0;                                                                                           \
    }                                                                                                       \
    const type *mlx_array_data_##name(const mlx_array arr)                                                  \
    {                                                                                                       \
        const type *value = values(arr, dtype, "mlx_array_data_" #name);                                    \
        if (!value && psi_failed())                                                                         \
            mlxc_report();                                                                                  \
        return value;                                                                                       \
    }
READ(bool, bool, PSI_BOOL)
READ(uint8, uint8_t, PSI_UINT8)
READ(uint16, uint16_t, PSI_UINT16)
READ(uint32, uint32_t, PSI_UINT32)
READ(uint64, uint64_t, PSI_UINT64)
READ(int8, int8_t, PSI_INT8)
READ(int16, int16_t, PSI_INT16)
READ(int32, int32_t, PSI_INT32)
READ(int64, int64_t, PSI_INT64)
READ(float32, float, PSI_FLOAT32)
READ(float64, double, PSI_FLOAT64)
READ(complex64, mlx_complex64_t, PSI_COMPLEX64)
#ifdef HAS_FLOAT16
READ(float16, float16_t, PSI_FLOAT16)
#endif
#ifdef HAS_BFLOAT16
READ(bfloat16, bfloat16_t, PSI_BFLOAT16)
#endif

int mlx_array_tostring(mlx_string *str, const mlx_array arr)
{
    psi_array a = mlxc_array_of(arr);
    if (!a || !mlxc_given(str, "mlx_array_tostring: str"))
        return mlxc_report();
    size_t length = psi_text(a, NULL, 0);
    char *text = length ? mlxc_alloc(length + 1, 1) : NULL;
    bool ok = text && psi_text(a, text, length + 1) && mlxc_set_text(&str->ctx, text);
    free(text);
    return mlxc_done(ok);
}
