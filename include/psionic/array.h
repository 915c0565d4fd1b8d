/* array.h: making arrays from host memory, asking what they are, evaluating and reading them.
 * Shape and dtype are known at once; values, strides and storage only after evaluation. */
#ifndef PSIONIC_ARRAY_H
#define PSIONIC_ARRAY_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- from host memory ---- */

/* Copies product(shape) elements of `dtype` in row-major order. Errors: negative or overflowing shape, out of memory. */
PSI_API psi_array psi_array_from(const void *data, psi_ints shape, psi_dtype dtype);

/* Takes memory without a copy; `release(context)` runs once, on any thread, when the last user is gone
 * (also when this call fails). `release` may be NULL for memory that outlives the array. */
PSI_API psi_array psi_array_wrap(void *data, psi_ints shape, psi_dtype dtype, void (*release)(void *context),
                                 void *context);

/* Scalars; the value is converted as C converts it, rounded for half types. */
PSI_API psi_array psi_scalar(double value, psi_dtype dtype);
PSI_API psi_array psi_scalar_int(int64_t value, psi_dtype dtype);
PSI_API psi_array psi_scalar_complex(float re, float im);

#define PSI_LIST_(dtype, type, ...) \
    psi_array_from((const type[]){__VA_ARGS__}, PSI_INTS(PSI_COUNT_(type, __VA_ARGS__)), dtype)
/* One-dimensional arrays from literals: PSI_FLOATS(1, 2, 3). */
#define PSI_FLOATS(...) PSI_LIST_(PSI_FLOAT32, float, __VA_ARGS__)
#define PSI_DOUBLES(...) PSI_LIST_(PSI_FLOAT64, double, __VA_ARGS__)
#define PSI_INT32S(...) PSI_LIST_(PSI_INT32, int32_t, __VA_ARGS__)
#define PSI_INT64S(...) PSI_LIST_(PSI_INT64, int64_t, __VA_ARGS__)
#define PSI_UINT32S(...) PSI_LIST_(PSI_UINT32, uint32_t, __VA_ARGS__)
#define PSI_BOOLS(...) PSI_LIST_(PSI_BOOL, bool, __VA_ARGS__)

/* ---- what an array is; an error array, and NULL, answer ndim 0, size 0, float32 ---- */

PSI_API psi_dtype psi_dtype_of(psi_array a);
PSI_API int psi_ndim(psi_array a);
PSI_API int64_t psi_size(psi_array a);
PSI_API size_t psi_nbytes(psi_array a);
PSI_API size_t psi_itemsize(psi_array a);
/* Borrowed; lives as long as the array. */
PSI_API psi_ints psi_shape(psi_array a);
/* Length along an axis, negative axes counting from the end; -1 with an index error when out of range. */
PSI_API int64_t psi_dim(psi_array a, int axis);
/* Evaluates if need be. Strides in elements; borrowed. */
PSI_API psi_ints psi_strides(psi_array a);
/* A number no other living array has. */
PSI_API uintptr_t psi_id(psi_array a);

/* ---- dtypes ---- */

/* Upstream's name, such as "float32", and the bytes of an element; "invalid" and 0 for what is no dtype. */
PSI_API const char *psi_dtype_name(psi_dtype dtype);
PSI_API size_t psi_dtype_size(psi_dtype dtype);
/* The dtype that operands of two dtypes become, by upstream's rules. */
PSI_API psi_dtype psi_promote_types(psi_dtype a, psi_dtype b);
/* The narrowest category of a dtype; whether a dtype, or a category, lies within a category. */
PSI_API psi_category psi_dtype_category(psi_dtype dtype);
PSI_API bool psi_issubdtype(psi_dtype dtype, psi_category category);
PSI_API bool psi_issubcategory(psi_category category, psi_category of);

/* Limits of a dtype; of complex64, its parts'. Other dtypes than floating ones, or than integers, are a value error. */
typedef struct psi_float_limits {
    psi_dtype dtype;
    double min, max, eps; /* eps: from 1 to the next number */
} psi_float_limits;
typedef struct psi_int_limits {
    psi_dtype dtype;
    int64_t min;
    uint64_t max;
} psi_int_limits;
PSI_API psi_float_limits psi_finfo(psi_dtype dtype);
PSI_API psi_int_limits psi_iinfo(psi_dtype dtype);

/* ---- evaluation ---- */

/* Computes the arrays and waits. False, with the error recorded, when any of them failed. */
PSI_API bool psi_eval(psi_arrays arrays);
PSI_API bool psi_eval1(psi_array a);
/* Starts the work on the arrays' streams and returns at once. */
PSI_API bool psi_async_eval(psi_arrays arrays);
/* Waits until an array whose evaluation was started is ready; evaluates one that was not. */
PSI_API bool psi_wait(psi_array a);
/* True when the values are there to be read without waiting. */
PSI_API bool psi_is_available(psi_array a);

/* Evaluates, and returns the elements in row-major order, borrowed until the array is released; where the
 * layout differs, a row-major copy that belongs to the innermost scope. NULL with an error on failure. */
PSI_API const void *psi_data(psi_array a);

/* Evaluates, and returns the first element of the values as they lie, by psi_strides; borrowed until the array is
 * released. NULL with an error on failure. */
PSI_API const void *psi_storage(psi_array a);

/* Evaluates, and writes the array as upstream prints it, three elements at either end of an axis longer than six, into
 * `room` bytes, as snprintf does: cut where it does not fit. Returns the whole length; 0 with an error on failure. */
PSI_API size_t psi_text(psi_array a, char *out, size_t room);

/* Evaluates, and writes the elements in row-major order to `out`, psi_nbytes(a) bytes. */
PSI_API bool psi_read(psi_array a, void *out, size_t out_bytes);

/* The value of an array with one element, converted as C converts it; a value error for any other size. */
PSI_API bool psi_item(psi_array a, double *out);
PSI_API bool psi_item_int(psi_array a, int64_t *out);
PSI_API bool psi_item_complex(psi_array a, psi_complex64 *out);

/* Layout after evaluation: dense in row-major order; dense in column-major order; dense in some order. */
PSI_API bool psi_is_row_contiguous(psi_array a);
PSI_API bool psi_is_col_contiguous(psi_array a);
PSI_API bool psi_is_contiguous(psi_array a);
/* Elements of the buffer that the array spans; less than its size where it repeats elements. */
PSI_API size_t psi_data_size(psi_array a);

#ifdef __cplusplus
}
#endif
#endif
