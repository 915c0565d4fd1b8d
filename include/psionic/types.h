/* types.h: the vocabulary every other public header uses: dtypes, handles, lists, devices, streams.
 * Invariant: nothing here depends on any other header of the project. */
#ifndef PSIONIC_TYPES_H
#define PSIONIC_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSI_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* Element types. bool is one byte, 0 or 1; complex64 is two float32, real first. */
typedef enum psi_dtype {
    PSI_BOOL,
    PSI_UINT8,
    PSI_UINT16,
    PSI_UINT32,
    PSI_UINT64,
    PSI_INT8,
    PSI_INT16,
    PSI_INT32,
    PSI_INT64,
    PSI_FLOAT16,
    PSI_FLOAT32,
    PSI_FLOAT64,
    PSI_BFLOAT16,
    PSI_COMPLEX64,
    PSI_DTYPE_COUNT
} psi_dtype;

/* Categories of dtypes, for psi_issubdtype; a category contains the ones below it. */
typedef enum psi_category {
    PSI_COMPLEXFLOATING,
    PSI_FLOATING,
    PSI_INEXACT,
    PSI_SIGNEDINTEGER,
    PSI_UNSIGNEDINTEGER,
    PSI_INTEGER,
    PSI_NUMBER,
    PSI_GENERIC
} psi_category;

/* An element of complex64. */
typedef struct psi_complex64 {
    float re, im;
} psi_complex64;

/* A lazy, immutable, reference-counted n-dimensional array. Never NULL when returned by a builder. */
typedef struct psi_array_s *psi_array;

/* A borrowed list of integers (shapes, axes, strides). PSI_NONE (data NULL, count -1) means "not given". */
typedef struct psi_ints {
    const int64_t *data;
    int count;
} psi_ints;

#define PSI_COUNT_(type, ...) ((int)(sizeof((type[]){__VA_ARGS__}) / sizeof(type)))
/* PSI_INTS(2, 3): a list that lives until the end of the enclosing block. */
#define PSI_INTS(...) ((psi_ints){(const int64_t[]){__VA_ARGS__}, PSI_COUNT_(int64_t, __VA_ARGS__)})
#define PSI_SCALAR_SHAPE ((psi_ints){NULL, 0})
#define PSI_NONE ((psi_ints){NULL, -1})
/* "Not given", for one integer such as an axis. */
#define PSI_NO_INT INT64_MIN

/* A list of arrays. As an argument it is borrowed; as a result it belongs to the innermost scope. */
typedef struct psi_arrays {
    psi_array *data;
    int count;
} psi_arrays;

#define PSI_ARRAYS(...) ((psi_arrays){(psi_array[]){__VA_ARGS__}, PSI_COUNT_(psi_array, __VA_ARGS__)})

typedef enum psi_device_type { PSI_CPU, PSI_GPU } psi_device_type;

typedef struct psi_device {
    psi_device_type type;
    int index;
} psi_device;

/* A stream runs its work in order; work of different streams runs side by side. */
typedef struct psi_stream {
    psi_device device;
    int index;
} psi_stream;

#ifdef __cplusplus
}
#endif
#endif
