/* call.c: the frame around a call: its scope, its stream, its arguments and its answer. */
#include "mlxc.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

void mlxc_begin(mlxc_call *call, const char *name)
{
    call->name = name;
    call->switched = false;
    call->blocks = NULL;
    call->used = 0;
    psi_error(NULL);
    psi_scope_open(&call->scope);
}

int mlxc_end(mlxc_call *call)
{
    psi_scope_close(&call->scope);
    if (call->switched)
        psi_set_default_stream(call->before);
    for (void *block = call->blocks; block;) {
        void *next = *(void **)block;
        free(block);
        block = next;
    }
    return mlxc_done(!psi_failed());
}

/* ---- arguments ---- */

void mlxc_stream_in(mlxc_call *call, mlx_stream s)
{
    const psi_stream *stream = mlxc_box(s.ctx, "mlx_stream");
    if (!stream)
        return;
    call->before = psi_default_stream(psi_default_device());
    if (stream->index == call->before.index && stream->device.type == call->before.device.type)
        return;
    call->switched = psi_set_default_stream(*stream);
}

psi_array mlxc_array_in(mlxc_call *call, const char *what, mlx_array a)
{
    if (!a.ctx) {
        MLXC_INVALID("%s: %s is an empty mlx_array", call->name, what);
        return NULL;
    }
    return psi_own(psi_retain(((mlxc_array *)a.ctx)->array));
}

psi_array mlxc_array_or_none(mlxc_call *call, const char *what, mlx_array a)
{
    return a.ctx ? mlxc_array_in(call, what, a) : NULL;
}

psi_arrays mlxc_arrays_in(mlxc_call *call, const char *what, mlx_vector_array v)
{
    const mlxc_list *list = v.ctx;
    if (!list || list->count > INT_MAX) {
        MLXC_INVALID("%s: %s is an empty handle or too long", call->name, what);
        return (psi_arrays){NULL, 0};
    }
    psi_arrays out = psi_arrays_new((int)list->count);
    for (int i = 0; i < out.count; i++)
        out.data[i] = psi_own(psi_retain(list->items[i]));
    return out;
}

/* Memory for `count` numbers until the call ends: part of the frame, or a block of its own. */
static int64_t *room_for(mlxc_call *call, size_t count)
{
    if (count <= (size_t)(MLXC_INTS - call->used)) {
        call->used += (int)count;
        return call->ints + call->used - count;
    }
    int64_t *block = mlxc_alloc(count + 1, sizeof *block);
    if (!block)
        return NULL;
    *(void **)block = call->blocks;
    call->blocks = block;
    return block + 1;
}

static psi_ints numbers_in(mlxc_call *call, const char *what, const void *data, size_t count, bool wide)
{
    if (count > INT_MAX - 1 || (!data && count)) {
        MLXC_INVALID("%s: %s is %s of %zu items", call->name, what, data ? "a list" : "a NULL list", count);
        return PSI_SCALAR_SHAPE;
    }
    int64_t *out = room_for(call, count);
    for (size_t i = 0; out && i < count; i++)
        out[i] = wide ? ((const int64_t *)data)[i] : ((const int *)data)[i];
    return out ? (psi_ints){out, (int)count} : PSI_SCALAR_SHAPE;
}

psi_ints mlxc_ints_in(mlxc_call *call, const char *what, const int *data, size_t count)
{
    return numbers_in(call, what, data, count, false);
}

psi_ints mlxc_longs_in(mlxc_call *call, const char *what, const int64_t *data, size_t count)
{
    return numbers_in(call, what, data, count, true);
}

psi_ints mlxc_ints_or_none(mlxc_call *call, const char *what, const int *data, size_t count)
{
    return data ? numbers_in(call, what, data, count, false) : PSI_NONE;
}

psi_dtype mlxc_dtype_in(mlxc_call *call, const char *what, mlx_dtype dtype)
{
    if ((unsigned)dtype < PSI_DTYPE_COUNT)
        return (psi_dtype)dtype;
    MLXC_INVALID("%s: %s is %d, which is no dtype", call->name, what, (int)dtype);
    return PSI_FLOAT32;
}

psi_dtype mlxc_optional_dtype(mlxc_call *call, const char *what, mlx_optional_dtype dtype)
{
    return dtype.has_value ? mlxc_dtype_in(call, what, dtype.value) : PSI_DTYPE_COUNT;
}

int64_t mlxc_optional_int(mlxc_call *call, const char *what, mlx_optional_int value)
{
    (void)call;
    (void)what;
    return value.has_value ? value.value : PSI_NO_INT;
}

double mlxc_optional_real(mlxc_call *call, const char *what, mlx_optional_float value)
{
    (void)call;
    (void)what;
    return value.has_value ? (double)value.value : (double)NAN;
}

psi_array mlxc_optional_scalar(mlxc_call *call, const char *what, mlx_optional_float value)
{
    (void)call;
    (void)what;
    return value.has_value ? psi_scalar((double)value.value, PSI_FLOAT32) : NULL;
}

const char *mlxc_text_in(mlxc_call *call, const char *what, const char *text)
{
    if (!text)
        MLXC_INVALID("%s: %s is NULL", call->name, what);
    return text;
}

int64_t mlxc_total(psi_ints list)
{
    uint64_t total = 0;
    for (int i = 0; i < list.count; i++)
        total += (uint64_t)list.data[i];
    return (int64_t)total;
}

psi_arrays mlxc_flattened(psi_arrays list)
{
    for (int i = 0; i < list.count; i++)
        list.data[i] = psi_flatten(list.data[i], 0, -1);
    return list;
}

/* ---- answers ---- */

int mlxc_give_array(mlxc_call *call, mlx_array *res, psi_array a)
{
    if (!psi_failed() && mlxc_given(res, call->name))
        mlxc_set_array(&res->ctx, a);
    return mlxc_end(call);
}

int mlxc_give_arrays(mlxc_call *call, mlx_vector_array *res, psi_arrays list)
{
    if (!psi_failed() && mlxc_given(res, call->name))
        mlxc_set_list(&res->ctx, list.data, (size_t)list.count);
    return mlxc_end(call);
}

int mlxc_give_pair(mlxc_call *call, mlx_array *res_0, mlx_array *res_1, psi_arrays list)
{
    if (psi_failed() || !mlxc_given(res_0, call->name) || !mlxc_given(res_1, call->name))
        return mlxc_end(call);
    if (list.count != 2)
        MLXC_INVALID("%s: %d results where two belong", call->name, list.count);
    else if (mlxc_set_array(&res_0->ctx, list.data[0]))
        mlxc_set_array(&res_1->ctx, list.data[1]);
    return mlxc_end(call);
}

int mlxc_give_size(mlxc_call *call, size_t *res, size_t value)
{
    if (!psi_failed() && mlxc_given(res, call->name))
        *res = value;
    return mlxc_end(call);
}

int mlxc_give_bool(mlxc_call *call, bool *res, bool value)
{
    if (!psi_failed() && mlxc_given(res, call->name))
        *res = value;
    return mlxc_end(call);
}

int mlxc_give_none(mlxc_call *call, bool ok)
{
    if (!ok && !psi_failed())
        MLXC_INVALID("%s failed", call->name);
    return mlxc_end(call);
}
