/* mlxc.h: what the wrappers share: boxes, calls, conversions, answers.
 *
 * A handle's ctx points to a box, which the handle's copies share; an answer replaces what the box holds.
 * A wrapper begins a call, converts its arguments, and ends the call by giving its answer. Errors go
 * through our thread's error record; mlxc_end takes it and tells the handler. Invariant: an empty handle,
 * a NULL pointer or a bad number is an error of the call, never followed. */
#ifndef MLXC_H
#define MLXC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psionic.h>

#include <mlx/c/array.h>
#include <mlx/c/closure.h>
#include <mlx/c/io_types.h>
#include <mlx/c/map.h>
#include <mlx/c/optional.h>
#include <mlx/c/stream.h>
#include <mlx/c/string.h>
#include <mlx/c/vector.h>

#pragma GCC visibility push(hidden)

/* ---- boxes ---- */

typedef struct mlxc_array {
    psi_array array; /* one reference */
    int *shape;      /* the shape in C ints, for mlx_array_shape */
} mlxc_array;

/* A list of arrays: an mlx_vector_array, and an element of an mlx_vector_vector_array. */
typedef struct mlxc_list {
    psi_array *items; /* one reference each */
    size_t count, capacity;
} mlxc_list;

typedef struct mlxc_string {
    char *text;
} mlxc_string;

/* A function of the program, shared by all copies of its closures. */
typedef struct mlxc_function {
    atomic_int refs;
    bool takes_payload;
    void (*fun)(void);
    void *payload;
    void (*dtor)(void *);
} mlxc_function;

typedef struct mlxc_closure {
    mlxc_function *function;
} mlxc_closure;

/* ---- errors ---- */

/* Records invalid_argument, or another code; false, to be returned. */
bool mlxc_fail(psi_code code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
#define MLXC_INVALID(...) mlxc_fail(PSI_INVALID_ARGUMENT, __VA_ARGS__)
/* Tells the handler about the error that waits; returns 1. */
int mlxc_report(void) __attribute__((cold));
/* Answers for a function that is not built: tells the handler, returns 1. */
int mlxc_refuse(const char *name) __attribute__((cold));
/* The same for one that wants a backend that this machine lacks. */
int mlxc_lacks(const char *name, const char *backend) __attribute__((cold));
/* 0 when ok; else tells the handler and returns 1. */
static inline int mlxc_done(bool ok)
{
    return ok ? 0 : mlxc_report();
}

/* malloc and kin, with the error recorded. Sizes are multiplied safely; zero bytes give a block. */
void *mlxc_alloc(size_t count, size_t bytes);
void *mlxc_resize(void *block, size_t count, size_t bytes);
char *mlxc_copy_text(const char *text);
/* Room for `more` further items of a growing list; false with the error recorded. */
bool mlxc_grow(void **items, size_t *capacity, size_t count, size_t more, size_t bytes);

/* The box of a handle's ctx, or NULL with the error recorded. */
static inline void *mlxc_box(void *ctx, const char *type)
{
    if (!ctx)
        MLXC_INVALID("expected a non-empty %s", type);
    return ctx;
}
/* The box behind *ctx, made (zeroed) when the handle is empty. */
void *mlxc_box_for(void **ctx, size_t bytes);
bool mlxc_given(const void *pointer, const char *what);

/* ---- calls ---- */

enum { MLXC_INTS = 96 };

typedef struct mlxc_call {
    const char *name;
    psi_scope scope;
    psi_stream before;
    bool switched;
    void *blocks; /* memory of long lists, linked */
    int used;
    int64_t ints[MLXC_INTS];
} mlxc_call;

void mlxc_begin(mlxc_call *call, const char *name);
/* Closes the call; returns 0, or 1 after telling the handler when an error waits. */
int mlxc_end(mlxc_call *call);

/* Conversions; an error is recorded and the value harmless. */
void mlxc_stream_in(mlxc_call *call, mlx_stream s);
psi_array mlxc_array_in(mlxc_call *call, const char *what, mlx_array a);
psi_array mlxc_array_or_none(mlxc_call *call, const char *what, mlx_array a);
psi_arrays mlxc_arrays_in(mlxc_call *call, const char *what, mlx_vector_array v);
psi_ints mlxc_ints_in(mlxc_call *call, const char *what, const int *data, size_t count);
psi_ints mlxc_ints_or_none(mlxc_call *call, const char *what, const int *data, size_t count);
psi_ints mlxc_longs_in(mlxc_call *call, const char *what, const int64_t *data, size_t count);
psi_dtype mlxc_dtype_in(mlxc_call *call, const char *what, mlx_dtype dtype);
psi_dtype mlxc_optional_dtype(mlxc_call *call, const char *what, mlx_optional_dtype dtype);
int64_t mlxc_optional_int(mlxc_call *call, const char *what, mlx_optional_int value);
double mlxc_optional_real(mlxc_call *call, const char *what, mlx_optional_float value); /* NaN for none */
psi_array mlxc_optional_scalar(mlxc_call *call, const char *what, mlx_optional_float value);
const char *mlxc_text_in(mlxc_call *call, const char *what, const char *text);
int64_t mlxc_total(psi_ints list);
/* The arrays as vectors, in place: a list that mlxc_arrays_in made. */
psi_arrays mlxc_flattened(psi_arrays list);

/* Answers; each ends the call. */
int mlxc_give_array(mlxc_call *call, mlx_array *res, psi_array a);
int mlxc_give_arrays(mlxc_call *call, mlx_vector_array *res, psi_arrays list);
int mlxc_give_pair(mlxc_call *call, mlx_array *res_0, mlx_array *res_1, psi_arrays list);
int mlxc_give_size(mlxc_call *call, size_t *res, size_t value);
int mlxc_give_bool(mlxc_call *call, bool *res, bool value);
int mlxc_give_none(mlxc_call *call, bool ok);

/* ---- contents ---- */

/* Puts an array, list, text or function into the box behind ctx; the box takes references or copies of its
 * own. */
bool mlxc_set_array(void **ctx, psi_array a);
bool mlxc_set_list(void **ctx, psi_array const *items, size_t count);
bool mlxc_set_text(void **ctx, const char *text);
bool mlxc_set_device(mlx_device *dev, psi_device device);
void mlxc_free_array(void *ctx);
void mlxc_free_list(void *ctx);
void mlxc_clear_list(mlxc_list *list);
bool mlxc_copy_list(mlxc_list *to, psi_array const *items, size_t count);

/* The array of a handle, borrowed; NULL with the error recorded. */
psi_array mlxc_array_of(mlx_array a);

/* What a function of ours, made into a closure, returns when it has told the handler itself. */
enum { MLXC_TOLD = -0x6d6c78 };

mlxc_function *mlxc_function_new(void (*fun)(void), void *payload, void (*dtor)(void *), bool takes_payload);
mlxc_function *mlxc_function_retain(mlxc_function *function);
void mlxc_function_release(mlxc_function *function);
/* The closure's function, retained; NULL with the error recorded. */
mlxc_function *mlxc_function_of(void *ctx, const char *type);

/* The arrays of a vector that is not empty, owned by the innermost scope. */
psi_arrays mlxc_own_list(mlx_vector_array v);
/* A psi_function: calls the mlx_closure that `closure` points at; its results belong to the innermost scope. */
psi_arrays mlxc_call_closure(psi_arrays inputs, void *closure);

/* For the table. */
bool mlxc_save(const char *file, psi_array a);

#pragma GCC visibility pop
#endif
