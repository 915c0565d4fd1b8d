/* custom.c: functions with rules of their own: a node whose inputs are the function's inputs and its outputs, and whose
 * outputs are the latter again. Gradients stop at the function's own outputs, so that only the node's rules count.
 * Invariant: the node's data holds a reference to the context until the node has values. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/rules.h"
#include "transforms/trace.h"

static void free_custom(void *data)
{
    psi_custom *custom = data;
    if (custom->release)
        custom->release(custom->context);
    psi_free(custom);
}

static psi_arrays failed(void)
{
    return (psi_arrays){NULL, 0};
}

/* True when a rule answered as many arrays as it may, and has to; one that did not is named in the error. */
static bool check_answer(psi_arrays got, int least, int wanted, const char *rule, const char *what)
{
    if (psi_failed())
        return false;
    if (got.count > wanted || got.count < least)
        PSI_INVALID("custom_function: its %s answered %d arrays for %d %s", rule, got.count, wanted, what);
    for (int i = 0; i < got.count && !psi_failed(); i++)
        if (got.data[i])
            psi_check_inputs((psi_arrays){got.data + i, 1}, rule);
    return !psi_failed();
}

static psi_arrays build(const psi_custom *custom, psi_arrays inputs, psi_arrays outputs)
{
    int count = inputs.count + outputs.count;
    psi_array *all = psi_scope_memory((size_t)count * sizeof *all);
    psi_output_spec *specs = psi_scope_memory((size_t)outputs.count * sizeof *specs);
    if (!all || !specs)
        return failed();
    for (int i = 0; i < inputs.count; i++)
        all[i] = inputs.data[i];
    for (int i = 0; i < outputs.count; i++) {
        all[inputs.count + i] = psi_stop_gradient(outputs.data[i]);
        specs[i] = (psi_output_spec){psi_shape(outputs.data[i]), psi_dtype_of(outputs.data[i])};
    }
    psi_custom *kept = psi_malloc(sizeof *kept);
    psi_arrays made =
        kept ? psi_node_new_many((psi_node_spec){PSI_OP_custom_transforms, {all, count}, PSI_NONE},
                                 outputs.count, specs)
             : failed();
    if (!made.count) {
        psi_free(kept);
        return failed();
    }
    *kept = *custom;
    if (kept->retain)
        kept->retain(kept->context);
    psi_node_of(made.data[0])->data = kept;
    psi_node_of(made.data[0])->data_free = free_custom;
    return made;
}

psi_arrays psi_custom_function(const psi_custom *custom, psi_arrays inputs)
{
    if (!psi_check_inputs(inputs, "custom_function"))
        return failed();
    if (!custom->fn) {
        PSI_INVALID("custom_function: the function is NULL");
        return failed();
    }
    psi_arrays outputs = custom->fn(inputs, custom->context);
    if (psi_failed() || !psi_check_inputs(outputs, "custom_function: output"))
        return failed();
    if (!outputs.count || !(custom->vjp || custom->jvp || custom->vmap || custom->recompute))
        return outputs;
    return build(custom, inputs, outputs);
}

psi_arrays psi_checkpoint(psi_function fn, void *context, psi_arrays inputs)
{
    return psi_custom_function(&(psi_custom){.fn = fn, .recompute = true, .context = context}, inputs);
}

/* ---- the node's rules ---- */

/* A gradient as its primal is: of its dtype where that is inexact, and of its shape. */
static psi_array fit(psi_array grad, psi_array primal)
{
    if (psi_issubdtype(psi_dtype_of(primal), PSI_INEXACT))
        grad = psi_astype(grad, psi_dtype_of(primal));
    return psi_broadcast_to(grad, psi_shape(primal));
}

bool psi_custom_transforms_vjp(psi_vjp_call *c)
{
    const psi_custom *custom = c->node->data;
    int n = c->node->in_count - c->node->out_count;
    psi_arrays primals = {c->in, n}, outputs = {c->out, c->node->out_count}, values, grads;
    psi_arrays cotangents = {(psi_array *)c->cotangents, c->node->out_count};
    if (custom->vjp) {
        grads = custom->vjp(primals, cotangents, outputs, custom->context);
    } else {
        psi_arrays at = custom->recompute && n ? psi_depends(primals, outputs) : primals;
        if (!psi_vjp(custom->fn, custom->context, at, cotangents, &values, &grads))
            return false;
    }
    int least = 0; /* gradients that nobody asked for may be left out */
    for (int i = 0; i < n; i++)
        least = c->wanted[i] ? i + 1 : least;
    if (!check_answer(grads, least, n, "vjp", "inputs"))
        return false;
    for (int i = 0; i < grads.count; i++)
        if (c->wanted[i] && grads.data[i])
            c->grads[i] = fit(grads.data[i], c->in[i]);
    return !psi_failed();
}

bool psi_custom_transforms_jvp(psi_jvp_call *c)
{
    const psi_custom *custom = c->node->data;
    int n = c->node->in_count - c->node->out_count;
    psi_arrays primals = {c->in, n}, tangents = psi_arrays_new(n), values, made;
    for (int i = 0; i < tangents.count; i++)
        tangents.data[i] = c->tangents[i] || custom->jvp ? c->tangents[i] : psi_zeros_like(c->in[i]);
    if (custom->jvp)
        made = custom->jvp(primals, tangents, custom->context);
    else if (!psi_jvp(custom->fn, custom->context, primals, tangents, &values, &made))
        return false;
    if (!check_answer(made, c->node->out_count, c->node->out_count, "jvp", "outputs"))
        return false;
    for (int i = 0; i < made.count; i++)
        c->out_tangents[i] = made.data[i] ? fit(made.data[i], c->out[i]) : NULL;
    return !psi_failed();
}

/* True when the output has the shape that the function has without the mapped axis. */
static bool is_batched(psi_array out, int64_t axis, psi_array one)
{
    psi_ints shape = psi_shape(out);
    bool fits = shape.count == one->ndim + (axis >= 0) && axis >= -1 && axis < shape.count;
    for (int i = 0, k = 0; fits && i < shape.count; i++)
        if (i != axis)
            fits = shape.data[i] == one->shape[k++];
    if (!fits)
        PSI_INVALID("custom_function: its vmap answered shape %s mapped along axis %lld where the function "
                    "has shape %s",
                    PSI_SHAPE(shape), (long long)axis, PSI_SHAPE(psi_shape(one)));
    return fits;
}

bool psi_custom_transforms_vmap(psi_vmap_call *c)
{
    const psi_custom *custom = c->node->data;
    int n = c->node->in_count - c->node->out_count, count = c->node->out_count;
    int64_t *axes = psi_scope_memory(((size_t)n + (size_t)count) * sizeof *axes), *out_axes = axes + n;
    psi_arrays inputs = {c->in, n}, made;
    bool mapped = false;
    if (!axes)
        return false;
    memset(out_axes, 0, (size_t)count * sizeof *out_axes);
    for (int i = 0; i < n; i++) {
        axes[i] = c->axes[i];
        mapped |= axes[i] >= 0;
    }
    if (!mapped) { /* only what the function captured is mapped */
        for (int i = 0; i < count; i++) {
            c->out[i] = c->in[n + i];
            c->out_axes[i] = c->axes[n + i];
        }
        return true;
    }
    if (custom->vmap)
        made = custom->vmap(inputs, (psi_ints){axes, n}, out_axes, custom->context);
    else
        made = psi_vmap(custom->fn, custom->context, inputs, (psi_ints){axes, n}, PSI_NONE);
    if (!check_answer(made, count, count, "vmap", "outputs"))
        return false;
    for (int i = 0; i < count; i++) {
        if (!made.data[i] || !is_batched(made.data[i], out_axes[i], (psi_array)&c->node->out[i]))
            return psi_failed() ? false : (PSI_INVALID("custom_function: its vmap answered NULL"), false);
        c->out[i] = made.data[i];
        c->out_axes[i] = (int)out_axes[i];
    }
    return true;
}
