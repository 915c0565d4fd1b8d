/* vmap.c: a function along an axis: traced once on inputs without the axis, then replayed by the ops' batching rules.
 * Invariant: every node on the tape has, for each output, its batched array and the axis it is mapped along, or -1. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "transforms/trace.h"

typedef struct batched {
    psi_array *array;
    int *axis;
} batched;

static psi_array trace_without(psi_array a, int axis)
{
    int64_t shape[PSI_MAX_NDIM];
    int n = 0;
    if (axis < 0)
        return a;
    for (int i = 0; i < psi_ndim(a); i++)
        if (i != axis)
            shape[n++] = psi_shape(a).data[i];
    return psi_tracer_new((psi_ints){shape, n}, psi_dtype_of(a));
}

/* Normalised axes and the mapped length, or -1 with an error. */
static int64_t check_axes(psi_arrays inputs, psi_ints in_axes, int *axes)
{
    int64_t length = -1;
    if (in_axes.count >= 0 && in_axes.count != inputs.count) {
        PSI_INVALID("vmap: %d in_axes for %d inputs", in_axes.count, inputs.count);
        return -1;
    }
    for (int i = 0; i < inputs.count; i++) {
        int64_t axis = in_axes.count < 0 ? 0 : in_axes.data[i];
        axes[i] = axis == -1 ? -1 : psi_axis(axis, psi_ndim(inputs.data[i]), "vmap: in_axes");
        if (axis != -1 && axes[i] < 0)
            return -1;
        if (axes[i] < 0)
            continue;
        int64_t here = psi_shape(inputs.data[i]).data[axes[i]];
        if (length >= 0 && length != here) {
            PSI_INVALID("vmap: input %d has length %lld along axis %d, others %lld", i, (long long)here,
                        axes[i], (long long)length);
            return -1;
        }
        length = here;
    }
    if (length < 0)
        PSI_INVALID("vmap: no input is mapped");
    return length;
}

static bool replay(const psi_tape *tape, batched *values, int place)
{
    psi_node *node = tape->nodes[place];
    psi_arrays in = psi_arrays_new(node->in_count);
    int *axes = psi_scope_memory((size_t)node->in_count * sizeof *axes);
    if (!axes || !in.data)
        return false;
    bool mapped = false;
    for (int i = 0; i < node->in_count; i++) {
        int from = psi_tape_place(tape, node->in[i]);
        in.data[i] = from < 0 ? node->in[i] : values[from].array[node->in[i]->index];
        axes[i] = from < 0 ? -1 : values[from].axis[node->in[i]->index];
        mapped |= axes[i] >= 0;
    }
    for (int i = 0; !mapped && i < node->out_count; i++) {
        values[place].array[i] = &node->out[i]; /* nothing it depends on is mapped */
        values[place].axis[i] = -1;
    }
    if (!mapped)
        return true;
    psi_vmap_fn rule = psi_ops[node->op].vmap;
    psi_vmap_call call = {node, in.data, axes, values[place].array, values[place].axis};
    if (rule)
        return rule(&call);
    psi_fail(PSI_UNSUPPORTED_OP, PSI_VALUE_ERROR, "vmap: %s has no batching rule", psi_ops[node->op].name);
    return false;
}

static batched *make_values(const psi_tape *tape)
{
    batched *values = psi_scope_memory(((size_t)tape->count + 1) * sizeof *values);
    for (int i = 0; values && i < tape->count; i++) {
        values[i].array = psi_scope_memory(tape->nodes[i]->out_count * sizeof(psi_array));
        values[i].axis = psi_scope_memory(tape->nodes[i]->out_count * sizeof(int));
        if (!values[i].array || !values[i].axis)
            return NULL;
    }
    return values;
}

/* The output with its mapped axis at out_axis; one that is not mapped is repeated, but where no axis is wanted. */
static psi_array place_axis(psi_array a, int axis, int64_t out_axis, int64_t length)
{
    int64_t shape[PSI_MAX_NDIM + 1];
    if (out_axis == PSI_NO_INT)
        return axis < 0
                   ? a
                   : PSI_INVALID("vmap: an output of shape %s is mapped along axis %d, and is given no axis",
                                 PSI_SHAPE(psi_shape(a)), axis);
    int to = psi_axis(out_axis, psi_ndim(a) + (axis < 0), "vmap: out_axes");
    if (to < 0)
        return psi_error_array();
    if (axis >= 0)
        return psi_moveaxis(a, axis, to);
    a = psi_expand_dims(a, PSI_INTS(to));
    if (psi_is_error(a))
        return a;
    memcpy(shape, psi_shape(a).data, (size_t)psi_ndim(a) * sizeof *shape);
    shape[to] = length;
    return psi_broadcast_to(a, (psi_ints){shape, psi_ndim(a)});
}

/* The inputs have their values; all others follow. */
static bool replay_all(const psi_tape *tape, psi_arrays tracers, psi_arrays inputs, const int *axes,
                       batched *values)
{
    bool *given = psi_scope_memory((size_t)tape->count + 1);
    if (!given)
        return false;
    memset(given, 0, (size_t)tape->count + 1);
    for (int k = 0; k < tracers.count; k++) {
        int at = axes[k] < 0 ? -1 : psi_tape_place(tape, tracers.data[k]);
        if (at < 0)
            continue;
        values[at].array[0] = inputs.data[k];
        values[at].axis[0] = axes[k];
        given[at] = true;
    }
    for (int i = 0; i < tape->count; i++)
        if (!given[i] && !replay(tape, values, i))
            return false;
    return true;
}

bool psi_vmap_trace(psi_function fn, void *context, psi_arrays inputs, psi_ints in_axes, psi_arrays *tracers,
                    psi_arrays *outputs)
{
    *tracers = *outputs = (psi_arrays){NULL, 0};
    int *axes = psi_scope_memory(((size_t)inputs.count + 1) * sizeof *axes);
    if (!axes || !psi_check_inputs(inputs, "vmap") || check_axes(inputs, in_axes, axes) < 0)
        return false;
    *tracers = psi_arrays_new(inputs.count);
    for (int i = 0; i < tracers->count; i++)
        tracers->data[i] = trace_without(inputs.data[i], axes[i]);
    return !psi_failed() && psi_trace_call(fn, context, *tracers, outputs);
}

psi_arrays psi_vmap_replace(psi_arrays inputs, psi_arrays tracers, psi_arrays outputs, psi_ints in_axes,
                            psi_ints out_axes)
{
    psi_arrays none = {NULL, 0};
    psi_tape tape;
    int *axes = psi_scope_memory(((size_t)inputs.count + 1) * sizeof *axes);
    if (!axes || !psi_check_inputs(inputs, "vmap") || !psi_check_inputs(tracers, "vmap") ||
        !psi_check_inputs(outputs, "vmap"))
        return none;
    int64_t length = check_axes(inputs, in_axes, axes);
    if (length < 0)
        return none;
    if (tracers.count != inputs.count || (out_axes.count >= 0 && out_axes.count != outputs.count)) {
        PSI_INVALID("vmap: %d traced inputs for %d inputs, %d out_axes for %d outputs", tracers.count,
                    inputs.count, out_axes.count, outputs.count);
        return none;
    }
    if (!psi_tape_record(&tape, outputs))
        return none;
    batched *values = make_values(&tape);
    psi_arrays results = psi_arrays_new(outputs.count);
    bool ok = values && results.data && replay_all(&tape, tracers, inputs, axes, values);
    for (int i = 0; ok && i < outputs.count; i++) {
        int place = psi_tape_place(&tape, outputs.data[i]);
        psi_array a = place < 0 ? outputs.data[i] : values[place].array[outputs.data[i]->index];
        int axis = place < 0 ? -1 : values[place].axis[outputs.data[i]->index];
        results.data[i] = place_axis(a, axis, out_axes.count < 0 ? 0 : out_axes.data[i], length);
    }
    psi_tape_free(&tape);
    return ok && !psi_failed() ? results : none;
}

psi_arrays psi_vmap(psi_function fn, void *context, psi_arrays inputs, psi_ints in_axes, psi_ints out_axes)
{
    psi_arrays tracers, outputs;
    if (!psi_vmap_trace(fn, context, inputs, in_axes, &tracers, &outputs))
        return (psi_arrays){NULL, 0};
    return psi_vmap_replace(inputs, tracers, outputs, in_axes, out_axes);
}
