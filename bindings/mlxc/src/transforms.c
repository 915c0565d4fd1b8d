/* transforms.c: transforms over closures. Invariant: inside, a closure is a psi_function whose context is
 * it. */
#include "mlxc.h"

#include <stdlib.h>

#include <mlx/c/transforms.h>

psi_arrays mlxc_own_list(mlx_vector_array v)
{
    const mlxc_list *list = v.ctx;
    psi_arrays out = psi_arrays_new((int)list->count);
    for (int i = 0; i < out.count; i++)
        out.data[i] = psi_own(psi_retain(list->items[i]));
    return out;
}

psi_arrays mlxc_call_closure(psi_arrays inputs, void *closure)
{
    mlx_vector_array in = {NULL}, out = {NULL};
    psi_arrays results = {NULL, 0};
    bool ok = mlxc_set_list(&in.ctx, inputs.data, (size_t)inputs.count);
    if (ok && mlx_closure_apply(&out, *(mlx_closure *)closure, in))
        ok = MLXC_INVALID("the closure failed");
    if (ok)
        results = mlxc_own_list(out);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    return results;
}

/* Gives two lists and ends the call. */
static int give_two(mlxc_call *call, mlx_vector_array *res_0, mlx_vector_array *res_1, psi_arrays first,
                    psi_arrays second)
{
    if (!psi_failed() && mlxc_given(res_0, "res_0") && mlxc_given(res_1, "res_1") &&
        mlxc_set_list(&res_0->ctx, first.data, (size_t)first.count))
        mlxc_set_list(&res_1->ctx, second.data, (size_t)second.count);
    return mlxc_end(call);
}

typedef bool product(psi_function fn, void *context, psi_arrays primals, psi_arrays vectors,
                     psi_arrays *outputs, psi_arrays *products);

static int give_product(const char *name, product *of, mlx_vector_array *res_0, mlx_vector_array *res_1,
                        mlx_closure fun, mlx_vector_array primals, mlx_vector_array vectors)
{
    mlxc_call call;
    psi_arrays outputs = {NULL, 0}, products = {NULL, 0};
    mlxc_begin(&call, name);
    psi_arrays at = mlxc_arrays_in(&call, "primals", primals),
               with = mlxc_arrays_in(&call, "vectors", vectors);
    if (!psi_failed() && mlxc_box(fun.ctx, "mlx_closure"))
        of(mlxc_call_closure, &fun, at, with, &outputs, &products);
    return give_two(&call, res_0, res_1, outputs, products);
}

int mlx_vjp(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_closure fun,
            const mlx_vector_array primals, const mlx_vector_array cotangents)
{
    return give_product("mlx_vjp", psi_vjp, res_0, res_1, fun, primals, cotangents);
}

int mlx_jvp(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_closure fun,
            const mlx_vector_array primals, const mlx_vector_array tangents)
{
    return give_product("mlx_jvp", psi_jvp, res_0, res_1, fun, primals, tangents);
}

int mlx_detail_vmap_trace(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_closure fun,
                          const mlx_vector_array inputs, const int *in_axes, size_t in_axes_num)
{
    mlxc_call call;
    psi_arrays tracers = {NULL, 0}, outputs = {NULL, 0};
    mlxc_begin(&call, "mlx_detail_vmap_trace");
    psi_arrays at = mlxc_arrays_in(&call, "inputs", inputs);
    psi_ints axes = mlxc_ints_in(&call, "in_axes", in_axes, in_axes_num);
    if (!psi_failed() && mlxc_box(fun.ctx, "mlx_closure"))
        psi_vmap_trace(mlxc_call_closure, (void *)&fun, at, axes, &tracers, &outputs);
    return give_two(&call, res_0, res_1, tracers, outputs);
}

/* ---- value_and_grad: a closure around a closure ---- */

typedef struct differentiated {
    mlx_closure fun;
    int count;
    int64_t argnums[];
} differentiated;

static void free_differentiated(void *payload)
{
    differentiated *d = payload;
    mlx_closure_free(d->fun);
    free(d);
}

static int value_and_grad(mlx_vector_array *res_0, mlx_vector_array *res_1, const mlx_vector_array input,
                          void *payload)
{
    mlxc_call call;
    differentiated *d = payload;
    psi_arrays outputs = {NULL, 0}, grads = {NULL, 0};
    mlxc_begin(&call, "mlx_value_and_grad");
    psi_arrays at = mlxc_arrays_in(&call, "input", input);
    if (!psi_failed())
        psi_value_and_grad(mlxc_call_closure, &d->fun, at, (psi_ints){d->argnums, d->count}, &outputs,
                           &grads);
    return give_two(&call, res_0, res_1, outputs, grads) ? MLXC_TOLD : 0;
}

int mlx_value_and_grad(mlx_closure_value_and_grad *res, const mlx_closure fun, const int *argnums,
                       size_t count)
{
    if (!mlxc_given(res, "res") || !mlxc_box(fun.ctx, "mlx_closure") ||
        (count && !mlxc_given(argnums, "argnums")))
        return mlxc_report();
    if (!count || count > 1 << 20)
        return mlxc_done(MLXC_INVALID("mlx_value_and_grad: %zu argument numbers", count));
    differentiated *d = mlxc_alloc(sizeof *d + count * sizeof *d->argnums, 1);
    if (!d)
        return mlxc_report();
    d->count = (int)count;
    for (size_t i = 0; i < count; i++)
        d->argnums[i] = argnums[i];
    if (mlx_closure_set(&d->fun, fun)) {
        free(d);
        return 1;
    }
    mlx_closure_value_and_grad made =
        mlx_closure_value_and_grad_new_func_payload(value_and_grad, d, free_differentiated);
    int failed = made.ctx ? mlx_closure_value_and_grad_set(res, made) : 1;
    mlx_closure_value_and_grad_free(made);
    return failed;
}
