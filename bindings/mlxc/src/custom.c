/* custom.c: closures around a closure and its rules: custom_function, custom_vjp and checkpoint.
 * Invariant: the closures live while one of ours, or an array without values that one of ours made, may call them. */
#include "mlxc.h"

#include <stdlib.h>

#include <mlx/c/transforms.h>

typedef struct custom {
    atomic_int refs;
    mlx_closure fun;
    mlx_closure_custom vjp; /* empty handles where there is no rule */
    mlx_closure_custom_jvp jvp;
    mlx_closure_custom_vmap vmap;
    bool recompute;
} custom;

static void retain(void *context)
{
    atomic_fetch_add(&((custom *)context)->refs, 1);
}

static void release(void *context)
{
    custom *c = context;
    if (atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    mlx_closure_free(c->fun);
    mlx_closure_custom_free(c->vjp);
    mlx_closure_custom_jvp_free(c->jvp);
    mlx_closure_custom_vmap_free(c->vmap);
    free(c);
}

static psi_arrays call_fun(psi_arrays inputs, void *context)
{
    return mlxc_call_closure(inputs, &((custom *)context)->fun);
}

/* What a rule answered, or an error when it failed. */
static psi_arrays answer(bool ok, mlx_vector_array out)
{
    psi_arrays results = {NULL, 0};
    if (!ok)
        MLXC_INVALID("the rule of a custom function failed");
    else if (mlxc_box(out.ctx, "mlx_vector_array"))
        results = mlxc_own_list(out);
    mlx_vector_array_free(out);
    return results;
}

static psi_arrays call_vjp(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs, void *context)
{
    mlx_vector_array a = {NULL}, b = {NULL}, c = {NULL}, out = {NULL};
    bool ok = mlxc_set_list(&a.ctx, primals.data, (size_t)primals.count) &&
              mlxc_set_list(&b.ctx, cotangents.data, (size_t)cotangents.count) &&
              mlxc_set_list(&c.ctx, outputs.data, (size_t)outputs.count) &&
              !mlx_closure_custom_apply(&out, ((custom *)context)->vjp, a, b, c);
    mlx_vector_array_free(a);
    mlx_vector_array_free(b);
    mlx_vector_array_free(c);
    return answer(ok, out);
}

/* The rule gets the tangents that are not zero, and the places of their primals. */
static psi_arrays call_jvp(psi_arrays primals, psi_arrays tangents, void *context)
{
    mlx_vector_array a = {NULL}, b = {NULL}, out = {NULL};
    psi_arrays some = psi_arrays_new(tangents.count);
    int *places = mlxc_alloc((size_t)tangents.count + 1, sizeof *places), count = 0;
    for (int i = 0; i < some.count && places; i++)
        if (tangents.data[i]) {
            places[count] = i;
            some.data[count++] = tangents.data[i];
        }
    bool ok = places && !psi_failed() && mlxc_set_list(&a.ctx, primals.data, (size_t)primals.count) &&
              mlxc_set_list(&b.ctx, some.data, (size_t)count) &&
              !mlx_closure_custom_jvp_apply(&out, ((custom *)context)->jvp, a, b, places, (size_t)count);
    mlx_vector_array_free(a);
    mlx_vector_array_free(b);
    free(places);
    return answer(ok, out);
}

static psi_arrays call_vmap(psi_arrays inputs, psi_ints axes, int64_t *out_axes, void *context)
{
    mlx_vector_array in = {NULL}, out = {NULL};
    mlx_vector_int made = {NULL};
    int *places = mlxc_alloc((size_t)axes.count + 1, sizeof *places);
    for (int i = 0; places && i < axes.count; i++)
        places[i] = (int)axes.data[i];
    bool ok = places && mlxc_set_list(&in.ctx, inputs.data, (size_t)inputs.count) &&
              !mlx_closure_custom_vmap_apply(&out, &made, ((custom *)context)->vmap, in, places,
                                             (size_t)axes.count);
    psi_arrays results = answer(ok, out);
    size_t count = made.ctx ? mlx_vector_int_size(made) : 0;
    if (!psi_failed() && count != (size_t)results.count)
        MLXC_INVALID("the vmap rule of a custom function answered %d arrays and %zu axes", results.count,
                     count);
    for (int i = 0; i < results.count && !psi_failed(); i++) {
        int axis = 0;
        mlx_vector_int_get(&axis, made, (size_t)i);
        out_axes[i] = axis;
    }
    mlx_vector_int_free(made);
    mlx_vector_array_free(in);
    free(places);
    return results;
}

static int call_custom(mlx_vector_array *res, const mlx_vector_array input, void *payload)
{
    mlxc_call call;
    custom *c = payload;
    psi_custom rules = {.fn = call_fun,
                        .vjp = c->vjp.ctx ? call_vjp : NULL,
                        .jvp = c->jvp.ctx ? call_jvp : NULL,
                        .vmap = c->vmap.ctx ? call_vmap : NULL,
                        .recompute = c->recompute,
                        .context = c,
                        .retain = retain,
                        .release = release};
    mlxc_begin(&call, "mlx_custom_function");
    psi_arrays inputs = mlxc_arrays_in(&call, "input", input);
    psi_arrays out = psi_failed() ? inputs : psi_custom_function(&rules, inputs);
    return mlxc_give_arrays(&call, res, out) ? MLXC_TOLD : 0;
}

static int make(mlx_closure *res, mlx_closure fun, mlx_closure_custom vjp, mlx_closure_custom_jvp jvp,
                mlx_closure_custom_vmap vmap, bool recompute)
{
    if (!mlxc_given(res, "res") || !mlxc_box(fun.ctx, "mlx_closure"))
        return mlxc_report();
    custom *c = mlxc_alloc(1, sizeof *c);
    if (!c)
        return mlxc_report();
    *c = (custom){.refs = 1, .recompute = recompute};
    if (mlx_closure_set(&c->fun, fun) || (vjp.ctx && mlx_closure_custom_set(&c->vjp, vjp)) ||
        (jvp.ctx && mlx_closure_custom_jvp_set(&c->jvp, jvp)) ||
        (vmap.ctx && mlx_closure_custom_vmap_set(&c->vmap, vmap))) {
        release(c);
        return 1;
    }
    mlx_closure made = mlx_closure_new_func_payload(call_custom, c, release);
    int failed = made.ctx ? mlx_closure_set(res, made) : 1;
    mlx_closure_free(made);
    return failed;
}

int mlx_custom_function(mlx_closure *res, const mlx_closure fun, const mlx_closure_custom fun_vjp,
                        const mlx_closure_custom_jvp fun_jvp, const mlx_closure_custom_vmap fun_vmap)
{
    return make(res, fun, fun_vjp, fun_jvp, fun_vmap, false);
}

int mlx_custom_vjp(mlx_closure *res, const mlx_closure fun, const mlx_closure_custom fun_vjp)
{
    if (!mlxc_box(fun_vjp.ctx, "mlx_closure_custom"))
        return mlxc_report();
    return make(res, fun, fun_vjp, (mlx_closure_custom_jvp){NULL}, (mlx_closure_custom_vmap){NULL}, false);
}

int mlx_checkpoint(mlx_closure *res, const mlx_closure fun)
{
    return make(res, fun, (mlx_closure_custom){NULL}, (mlx_closure_custom_jvp){NULL},
                (mlx_closure_custom_vmap){NULL}, true);
}
