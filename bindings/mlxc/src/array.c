/* array.c: mlx_array: making and setting, asking, evaluating. Reading is item.c. */
#include "mlxc.h"

#include <limits.h>
#include <stdlib.h>

/* ---- boxes ---- */

bool mlxc_set_array(void **ctx, psi_array a)
{
    if (!a || psi_is_error(a))
        return MLXC_INVALID("there is no array to give");
    psi_ints shape = psi_shape(a);
    int *small = mlxc_alloc((size_t)shape.count, sizeof *small);
    if (!small)
        return false;
    for (int i = 0; i < shape.count; i++) {
        if (shape.data[i] > INT_MAX) {
            free(small);
            return MLXC_INVALID("axis %d has length %lld; the most mlx-c can tell is %d", i,
                                (long long)shape.data[i], INT_MAX);
        }
        small[i] = (int)shape.data[i];
    }
    mlxc_array *box = mlxc_box_for(ctx, sizeof *box);
    if (!box) {
        free(small);
        return false;
    }
    psi_retain(a);
    psi_release(box->array);
    free(box->shape);
    *box = (mlxc_array){a, small};
    return true;
}

void mlxc_free_array(void *ctx)
{
    mlxc_array *box = ctx;
    if (!box)
        return;
    psi_release(box->array);
    free(box->shape);
    free(box);
}

psi_array mlxc_array_of(mlx_array a)
{
    const mlxc_array *box = mlxc_box(a.ctx, "mlx_array");
    return box ? box->array : NULL;
}

mlx_array mlx_array_new(void)
{
    return (mlx_array){NULL};
}

int mlx_array_free(mlx_array a)
{
    mlxc_free_array(a.ctx);
    return 0;
}

int mlx_array_set(mlx_array *to, const mlx_array src)
{
    psi_array a = mlxc_array_of(src);
    return mlxc_done(a && mlxc_given(to, "mlx_array_set: arr") && mlxc_set_array(&to->ctx, a));
}

/* ---- from host memory ---- */

int mlx_array_set_data(mlx_array *to, const void *data, const int *shape, int dim, mlx_dtype dtype)
{
    mlxc_call call;
    mlxc_begin(&call, "mlx_array_set_data");
    psi_ints lengths = mlxc_ints_in(&call, "shape", shape, dim < 0 ? SIZE_MAX : (size_t)dim);
    psi_dtype type = mlxc_dtype_in(&call, "dtype", dtype);
    bool some = true;
    for (int i = 0; i < lengths.count; i++)
        some &= lengths.data[i] != 0;
    if (some && !data)
        MLXC_INVALID("mlx_array_set_data: data is NULL");
    return psi_failed() ? mlxc_end(&call) : mlxc_give_array(&call, to, psi_array_from(data, lengths, type));
}

mlx_array mlx_array_new_data(const void *data, const int *shape, int dim, mlx_dtype dtype)
{
    mlx_array out = {NULL};
    mlx_array_set_data(&out, data, shape, dim, dtype);
    return out;
}

mlx_array mlx_array_new_data_managed_payload(void *data, const int *shape, int dim, mlx_dtype dtype,
                                             void *payload, void (*dtor)(void *))
{
    mlx_array out = {NULL};
    mlxc_call call;
    mlxc_begin(&call, "mlx_array_new_data_managed");
    psi_ints lengths = mlxc_ints_in(&call, "shape", shape, dim < 0 ? SIZE_MAX : (size_t)dim);
    psi_dtype type = mlxc_dtype_in(&call, "dtype", dtype);
    if (!data)
        MLXC_INVALID("mlx_array_new_data_managed: data is NULL");
    if (!psi_failed()) {
        mlxc_give_array(&call, &out, psi_array_wrap(data, lengths, type, dtor, payload));
        return out;
    }
    if (dtor)
        dtor(payload); /* the caller has given the memory away, whatever happens */
    mlxc_end(&call);
    return out;
}

mlx_array mlx_array_new_data_managed(void *data, const int *shape, int dim, mlx_dtype dtype,
                                     void (*dtor)(void *))
{
    return mlx_array_new_data_managed_payload(data, shape, dim, dtype, data, dtor);
}

/* ---- scalars: set_NAME and new_NAME ---- */

static int set_scalar(mlx_array *to, psi_dtype dtype, double value, float imaginary)
{
    mlxc_call call;
    mlxc_begin(&call, "mlx_array_set");
    return mlxc_give_array(&call, to,
                           dtype == PSI_COMPLEX64 ? psi_scalar_complex((float)value, imaginary)
                                                  : psi_scalar(value, dtype));
}

#define SCALAR(name, type, dtype)                       \
    int mlx_array_set_##name(mlx_array *to, type value) \
    {                                                   \
        return set_scalar(to, dtype, (double)value, 0); \
    }                                                   \
    mlx_array mlx_array_new_##name(type value)          \
    {                                                   \
        mlx_array out = {NULL};                         \
        set_scalar(&out, dtype, (double)value, 0);      \
        return out;                                     \
    }
SCALAR(bool, bool, PSI_BOOL)
SCALAR(int, int, PSI_INT32)
SCALAR(float32, float, PSI_FLOAT32)
SCALAR(float, float, PSI_FLOAT32)
SCALAR(float64, double, PSI_FLOAT64)
SCALAR(double, double, PSI_FLOAT64)

int mlx_array_set_complex(mlx_array *to, float real, float imaginary)
{
    return set_scalar(to, PSI_COMPLEX64, (double)real, imaginary);
}

mlx_array mlx_array_new_complex(float real, float imaginary)
{
    mlx_array out = {NULL};
    set_scalar(&out, PSI_COMPLEX64, (double)real, imaginary);
    return out;
}

/* ---- what it is ---- */

size_t mlx_dtype_size(mlx_dtype dtype)
{
    return (unsigned)dtype < PSI_DTYPE_COUNT ? psi_dtype_size((psi_dtype)dtype) : 0;
}

/* mlx_array_NAME(a): the answer of ours, or another one, after telling the handler, for an empty handle. */
#define ASK(name, type, expression, otherwise) \
    type mlx_array_##name(const mlx_array arr) \
    {                                          \
        psi_array a = mlxc_array_of(arr);      \
        if (a)                                 \
            return expression;                 \
        mlxc_report();                         \
        return otherwise;                      \
    }
ASK(itemsize, size_t, psi_itemsize(a), 0)
ASK(size, size_t, (size_t)psi_size(a), 0)
ASK(nbytes, size_t, psi_nbytes(a), 0)
ASK(ndim, size_t, (size_t)psi_ndim(a), 0)
ASK(shape, const int *, ((mlxc_array *)arr.ctx)->shape, NULL)
ASK(dtype, mlx_dtype, (mlx_dtype)psi_dtype_of(a), MLX_FLOAT32)

const size_t *mlx_array_strides(const mlx_array arr)
{
    psi_array a = mlxc_array_of(arr);
    if (a && psi_eval1(a))
        return (const size_t *)psi_strides(a).data;
    mlxc_report();
    return NULL;
}

int mlx_array_dim(const mlx_array arr, int dim)
{
    psi_array a = mlxc_array_of(arr);
    int64_t length = a ? psi_dim(a, dim) : -1;
    if (length >= 0)
        return (int)length;
    mlxc_report();
    return 0;
}

/* ---- evaluation ---- */

int mlx_array_eval(mlx_array arr)
{
    psi_array a = mlxc_array_of(arr);
    return mlxc_done(a && psi_eval1(a));
}

int _mlx_array_wait(const mlx_array arr)
{
    psi_array a = mlxc_array_of(arr);
    return mlxc_done(a && psi_wait(a));
}

/* A question about an array whose values are there, or are made to be there first. */
static int tell(bool *res, mlx_array arr, bool (*question)(psi_array), bool evaluate)
{
    psi_array a = mlxc_array_of(arr);
    if (!a || !mlxc_given(res, "res") || (evaluate && !psi_eval1(a)))
        return mlxc_report();
    *res = question(a);
    return 0;
}

int _mlx_array_is_available(bool *res, const mlx_array arr)
{
    return tell(res, arr, psi_is_available, false);
}

int _mlx_array_is_contiguous(bool *res, const mlx_array arr)
{
    return tell(res, arr, psi_is_contiguous, true);
}

int _mlx_array_is_row_contiguous(bool *res, const mlx_array arr)
{
    return tell(res, arr, psi_is_row_contiguous, true);
}

int _mlx_array_is_col_contiguous(bool *res, const mlx_array arr)
{
    return tell(res, arr, psi_is_col_contiguous, true);
}
