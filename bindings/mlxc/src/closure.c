/* closure.c: functions of the program, which closures share; each kind of closure is closure.inc.
 * Invariant: a function lives while a closure has it or a call of it runs. Results are handed on only
 * after success. */
#include "mlxc.h"

#include <stdlib.h>

mlxc_function *mlxc_function_new(void (*fun)(void), void *payload, void (*dtor)(void *), bool takes_payload)
{
    bool given = fun || MLXC_INVALID("the function is NULL");
    mlxc_function *f = given ? mlxc_alloc(1, sizeof *f) : NULL;
    if (f) {
        f->refs = 1;
        f->takes_payload = takes_payload;
        f->fun = fun;
        f->payload = payload;
        f->dtor = dtor;
    }
    return f;
}

mlxc_function *mlxc_function_retain(mlxc_function *f)
{
    atomic_fetch_add(&f->refs, 1);
    return f;
}

void mlxc_function_release(mlxc_function *f)
{
    if (!f || atomic_fetch_sub(&f->refs, 1) != 1)
        return;
    if (f->dtor)
        f->dtor(f->payload);
    free(f);
}

mlxc_function *mlxc_function_of(void *ctx, const char *type)
{
    const mlxc_closure *box = mlxc_box(ctx, type);
    return box ? mlxc_function_retain(box->function) : NULL;
}

/* A closure's box around a new function; after an error the payload, which was given away, is destroyed. */
static void *closure_box(void (*fun)(void), void *payload, void (*dtor)(void *), bool takes_payload)
{
    mlxc_function *f = mlxc_function_new(fun, payload, dtor, takes_payload);
    mlxc_closure *box = f ? mlxc_alloc(1, sizeof *box) : NULL;
    if (box) {
        box->function = f;
        return box;
    }
    mlxc_report();
    if (f)
        mlxc_function_release(f);
    else if (dtor)
        dtor(payload);
    return NULL;
}

static int set_closure(void **to, void *from)
{
    mlxc_function *f = mlxc_function_of(from, "mlx_closure");
    mlxc_closure *box = f && mlxc_given(to, "cls") ? mlxc_box_for(to, sizeof *box) : NULL;
    if (!box) {
        mlxc_function_release(f);
        return mlxc_report();
    }
    mlxc_function *old = box->function;
    box->function = f;
    mlxc_function_release(old);
    return 0;
}

/* Moves a list that a function made into the box behind *ctx; frees the emptied one. */
static bool move_list(void **ctx, void *made)
{
    mlxc_list *from = mlxc_box(made, "result of the closure");
    mlxc_list *box = from ? mlxc_box_for(ctx, sizeof *box) : NULL;
    if (!box)
        return false;
    mlxc_list old = *box;
    *box = *from;
    *from = old;
    mlxc_free_list(from);
    return true;
}

#define CLOSURE mlx_closure
#define NAMED(suffix) mlx_closure_##suffix
#define INPUTS const mlx_vector_array input
#define GIVEN input
#include "closure.inc"

#define CLOSURE mlx_closure_kwargs
#define NAMED(suffix) mlx_closure_kwargs_##suffix
#define INPUTS const mlx_vector_array input, const mlx_map_string_to_array named
#define GIVEN input, named
#include "closure.inc"

#define CLOSURE mlx_closure_value_and_grad
#define NAMED(suffix) mlx_closure_value_and_grad_##suffix
#define INPUTS const mlx_vector_array input
#define GIVEN input
#define SECOND mlx_vector_array
#define MOVE_SECOND(to, from) mlx_vector_array_set(to, from) == 0
#define FREE_SECOND mlx_vector_array_free
#include "closure.inc"

#define CLOSURE mlx_closure_custom
#define NAMED(suffix) mlx_closure_custom_##suffix
#define INPUTS \
    const mlx_vector_array primals, const mlx_vector_array cotangents, const mlx_vector_array outputs
#define GIVEN primals, cotangents, outputs
#include "closure.inc"

#define CLOSURE mlx_closure_custom_jvp
#define NAMED(suffix) mlx_closure_custom_jvp_##suffix
#define INPUTS \
    const mlx_vector_array primals, const mlx_vector_array tangents, const int *places, size_t count
#define GIVEN primals, tangents, places, count
#include "closure.inc"

#define CLOSURE mlx_closure_custom_vmap
#define NAMED(suffix) mlx_closure_custom_vmap_##suffix
#define INPUTS const mlx_vector_array input, const int *axes, size_t count
#define GIVEN input, axes, count
#define SECOND mlx_vector_int
#define MOVE_SECOND(to, from) mlx_vector_int_set(to, from) == 0
#define FREE_SECOND mlx_vector_int_free
#include "closure.inc"

/* ---- a function of one array ---- */

/* Calls the function, kept as payload, on the only input. */
static int call_unary(mlx_vector_array *res, const mlx_vector_array input, void *fun)
{
    int (*unary)(mlx_array *, const mlx_array) = *(int (**)(mlx_array *, const mlx_array))fun;
    mlx_array in = {NULL}, out = {NULL};
    const mlxc_list *list = input.ctx;
    if (!list || list->count != 1)
        return mlxc_done(MLXC_INVALID("closure: expected one array, not %zu", list ? list->count : 0))
                   ? MLXC_TOLD
                   : 0;
    int status = mlx_vector_array_get(&in, input, 0);
    if (!status)
        status = unary(&out, in);
    if (!status)
        status = mlx_vector_array_set_value(res, out);
    mlx_array_free(in);
    mlx_array_free(out);
    return status;
}

mlx_closure mlx_closure_new_unary(int (*fun)(mlx_array *, const mlx_array))
{
    int (**kept)(mlx_array *, const mlx_array) = mlxc_alloc(1, sizeof *kept);
    if (!kept || !mlxc_given((void *)(uintptr_t)fun, "the function")) {
        free(kept);
        mlxc_report();
        return (mlx_closure){NULL};
    }
    *kept = fun;
    return mlx_closure_new_func_payload(call_unary, kept, free);
}
