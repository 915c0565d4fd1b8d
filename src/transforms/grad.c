/* grad.c: reverse and forward mode, by the rules of the ops on the tape.
 * Invariant: a cotangent or tangent of NULL is zero, and no graph is built for it; that of a truth value, with which nothing
 * moves continuously, always is. */
#include "core/thread.h"
#include "ops/build.h"
#include "transforms/trace.h"

/* Refuses an op without a rule, by name. */
static bool refuse(const psi_node *node, const char *transform)
{
    psi_fail(PSI_UNSUPPORTED_GRADIENT, PSI_VALUE_ERROR, "%s: %s has no rule for it", transform,
             psi_ops[node->op].name);
    return false;
}

static psi_arrays trace_inputs(psi_arrays primals)
{
    psi_arrays tracers = psi_arrays_new(primals.count);
    for (int i = 0; i < tracers.count; i++)
        tracers.data[i] = psi_tracer_of(primals.data[i]);
    return tracers;
}

/* True when the lists fit each other in count, shapes and dtypes. */
static bool match(psi_arrays a, psi_arrays b, const char *transform, const char *what)
{
    if (!psi_check_inputs(b, transform))
        return false;
    if (a.count != b.count) {
        PSI_INVALID("%s: %d %s for %d arrays", transform, b.count, what, a.count);
        return false;
    }
    for (int i = 0; i < a.count; i++)
        if (!psi_same_ints(psi_shape(a.data[i]), psi_shape(b.data[i]))) {
            PSI_INVALID("%s: %s %d has shape %s, not %s", transform, what, i, PSI_SHAPE(psi_shape(b.data[i])),
                        PSI_SHAPE(psi_shape(a.data[i])));
            return false;
        }
    return true;
}

/* Values flowing along a tape: one list per node, of its outputs. */
typedef struct flow {
    psi_tape tape;
    psi_array **of; /* per node: out_count entries, NULL is zero */
    bool *leads;    /* per node: depends on an input that is wanted */
} flow;

static bool flow_new(flow *f, psi_arrays outputs)
{
    psi_this_thread.differentiated = true;
    if (!psi_tape_record(&f->tape, outputs))
        return false;
    size_t n = (size_t)f->tape.count + 1, slots = 0;
    for (int i = 0; i < f->tape.count; i++)
        slots += f->tape.nodes[i]->out_count;
    f->of = psi_scope_memory(n * sizeof *f->of);
    f->leads = psi_scope_memory(n * sizeof *f->leads);
    psi_arrays values = psi_arrays_new((int)slots);
    if (!f->of || !f->leads || !values.data) {
        psi_tape_free(&f->tape);
        return false;
    }
    for (int i = 0; i < f->tape.count; i++) {
        f->of[i] = values.data;
        f->leads[i] = false;
        values.data += f->tape.nodes[i]->out_count;
    }
    return true;
}

/* The slot of an array's value, or NULL for an array that is not on the tape. */
static psi_array *slot(flow *f, psi_array a)
{
    int place = psi_tape_place(&f->tape, a);
    return place < 0 ? NULL : &f->of[place][a->index];
}

static bool can_move(psi_array a)
{
    return psi_dtype_of(a) != PSI_BOOL;
}

static void accumulate(psi_array *total, psi_array g)
{
    *total = *total ? psi_add(*total, g) : g;
}

/* All outputs of a node, as arrays of the scope. */
static psi_array *outputs_of(psi_node *node)
{
    psi_array *list = psi_scope_memory(node->out_count * sizeof *list);
    for (int i = 0; list && i < node->out_count; i++)
        list[i] = psi_own(psi_retain(&node->out[i]));
    return list;
}

static bool pull_back(flow *f, int place)
{
    psi_node *node = f->tape.nodes[place];
    psi_vjp_fn rule = psi_ops[node->op].vjp;
    psi_arrays grads = psi_arrays_new(node->in_count);
    psi_array **so_far = psi_scope_memory((size_t)node->in_count * sizeof *so_far);
    bool *wanted = psi_scope_memory((size_t)node->in_count * sizeof *wanted);
    psi_array *out = outputs_of(node), *g = f->of[place];
    if (!grads.data || !so_far || !wanted || !out)
        return false;
    for (int i = 0; i < node->in_count; i++) {
        int from = psi_tape_place(&f->tape, node->in[i]);
        wanted[i] = from >= 0 && f->leads[from] && can_move(node->in[i]);
        so_far[i] = wanted[i] ? slot(f, node->in[i]) : NULL;
    }
    for (int i = 0; i < node->out_count; i++)
        if (!g[i])
            g[i] = psi_zeros_like(out[i]);
    psi_vjp_call call = {node, node->in, out, g, wanted, grads.data, so_far};
    if (!rule)
        return refuse(node, "vjp");
    if (!rule(&call))
        return false;
    for (int i = 0; i < node->in_count; i++)
        if (wanted[i] && grads.data[i])
            accumulate(so_far[i], grads.data[i]);
    return !psi_failed();
}

/* Which nodes depend on a traced input. */
static void mark_leading(flow *f, psi_arrays tracers)
{
    for (int i = 0; i < tracers.count; i++) {
        int place = psi_tape_place(&f->tape, tracers.data[i]);
        if (place >= 0)
            f->leads[place] = true;
    }
    for (int i = 0; i < f->tape.count; i++)
        for (int k = 0; k < f->tape.nodes[i]->in_count && !f->leads[i]; k++) {
            int from = psi_tape_place(&f->tape, f->tape.nodes[i]->in[k]);
            f->leads[i] = from >= 0 && f->leads[from] && f->tape.nodes[i]->op != PSI_OP_stop_gradient;
        }
}

static bool is_one_of(psi_arrays list, psi_node *node)
{
    for (int i = 0; i < list.count; i++)
        if (psi_node_of(list.data[i]) == node)
            return true;
    return false;
}

/* Cotangents of outputs back to the tracers; *grads in the order of the tracers. */
static bool reverse(psi_arrays tracers, psi_arrays outputs, psi_arrays cotangents, psi_arrays *grads)
{
    flow f;
    bool ok = flow_new(&f, outputs);
    if (!ok)
        return false;
    mark_leading(&f, tracers);
    for (int i = 0; i < outputs.count; i++)
        if (slot(&f, outputs.data[i]) && can_move(outputs.data[i]))
            accumulate(slot(&f, outputs.data[i]),
                       psi_astype(cotangents.data[i], psi_dtype_of(outputs.data[i])));
    for (int i = f.tape.count; ok && i-- > 0;) {
        bool any = false;
        for (int k = 0; k < f.tape.nodes[i]->out_count; k++)
            any |= f.of[i][k] != NULL;
        if (any && f.leads[i] && !is_one_of(tracers, f.tape.nodes[i]))
            ok = pull_back(&f, i);
    }
    *grads = psi_arrays_new(tracers.count);
    for (int i = 0; ok && i < grads->count; i++) {
        psi_array *g = slot(&f, tracers.data[i]);
        grads->data[i] = g && *g ? *g : psi_zeros_like(tracers.data[i]);
    }
    psi_tape_free(&f.tape);
    return ok && !psi_failed();
}

bool psi_vjp(psi_function fn, void *context, psi_arrays primals, psi_arrays cotangents, psi_arrays *outputs,
             psi_arrays *vjps)
{
    *outputs = *vjps = (psi_arrays){NULL, 0};
    if (!psi_check_inputs(primals, "vjp"))
        return false;
    psi_arrays tracers = trace_inputs(primals);
    return !psi_failed() && psi_trace_call(fn, context, tracers, outputs) &&
           match(*outputs, cotangents, "vjp", "cotangents") && reverse(tracers, *outputs, cotangents, vjps);
}

bool psi_value_and_grad(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums,
                        psi_arrays *outputs, psi_arrays *grads)
{
    *outputs = *grads = (psi_arrays){NULL, 0};
    if (!psi_check_inputs(inputs, "value_and_grad"))
        return false;
    static const int64_t first = 0;
    if (argnums.count < 0)
        argnums = (psi_ints){&first, 1};
    if (!argnums.count) {
        PSI_INVALID("value_and_grad: no argument is named of which a gradient is wanted");
        return false;
    }
    psi_arrays full = psi_arrays_new(inputs.count), tracers = psi_arrays_new(argnums.count);
    if (psi_failed())
        return false;
    for (int i = 0; i < inputs.count; i++)
        full.data[i] = inputs.data[i];
    for (int i = 0; i < argnums.count; i++) {
        int at = psi_axis(argnums.data[i], inputs.count, "value_and_grad: argnums");
        if (at < 0)
            return false;
        if (full.data[at] != inputs.data[at]) {
            PSI_INVALID("value_and_grad: argnum %d is given twice", at);
            return false;
        }
        full.data[at] = tracers.data[i] = psi_tracer_of(inputs.data[at]);
    }
    if (psi_failed() || !psi_trace_call(fn, context, full, outputs))
        return false;
    if (outputs->count < 1 || psi_size(outputs->data[0]) != 1 || psi_ndim(outputs->data[0])) {
        PSI_INVALID("value_and_grad: the function's first result must be a scalar, not of shape %s",
                    outputs->count < 1 ? "()" : PSI_SHAPE(psi_shape(outputs->data[0])));
        return false;
    }
    psi_array one = psi_ones_like(outputs->data[0]);
    return reverse(tracers, (psi_arrays){outputs->data, 1}, PSI_ARRAYS(one), grads);
}

/* A node's vjp rule as a function of the cotangents, for the inputs that have a tangent. */
static psi_arrays pull_back_alone(psi_arrays cotangents, void *context)
{
    const psi_jvp_call *c = context;
    psi_arrays grads = psi_arrays_new(c->node->in_count), given = psi_arrays_new(c->node->in_count);
    bool *wanted = psi_scope_memory((size_t)c->node->in_count * sizeof *wanted + 1);
    for (int i = 0; i < grads.count && wanted; i++)
        wanted[i] = c->tangents[i] != NULL;
    psi_vjp_call call = {c->node, c->in, c->out, cotangents.data, wanted, grads.data, NULL};
    if (psi_failed() || !psi_ops[c->node->op].vjp(&call))
        return (psi_arrays){NULL, 0};
    given.count = 0;
    for (int i = 0; i < grads.count; i++)
        if (wanted[i])
            given.data[given.count++] = grads.data[i] ? grads.data[i] : psi_zeros_like(c->in[i]);
    return given;
}

/* A vjp rule is linear in the cotangents, and the jvp is its transpose: the vjp of the vjp. */
static bool transpose(psi_jvp_call *c)
{
    psi_arrays ones = psi_arrays_new(c->node->out_count), tangents = psi_arrays_new(c->node->in_count), out,
               made;
    for (int i = 0; i < ones.count; i++)
        ones.data[i] = psi_ones_like(c->out[i]);
    int count = 0;
    for (int i = 0; i < tangents.count; i++)
        if (c->tangents[i])
            tangents.data[count++] = c->tangents[i];
    tangents.count = count;
    if (psi_failed() || !psi_vjp(pull_back_alone, c, ones, tangents, &out, &made))
        return false;
    for (int i = 0; i < made.count; i++)
        c->out_tangents[i] = made.data[i];
    return true;
}

static bool push_forward(flow *f, int place)
{
    psi_node *node = f->tape.nodes[place];
    psi_jvp_fn rule = psi_ops[node->op].jvp;
    psi_arrays tangents = psi_arrays_new(node->in_count);
    psi_array *out = outputs_of(node);
    bool any = false;
    if (!tangents.data || !out)
        return false;
    for (int i = 0; i < node->in_count; i++) {
        psi_array *t = slot(f, node->in[i]);
        tangents.data[i] = t ? *t : NULL;
        any |= tangents.data[i] != NULL;
    }
    if (!any)
        return true;
    psi_jvp_call call = {node, node->in, out, tangents.data, f->of[place], false};
    if (!rule && !psi_ops[node->op].vjp)
        return refuse(node, "jvp");
    call.transpose = !rule;
    bool ok = (!rule || rule(&call)) && (!call.transpose || transpose(&call));
    for (int i = 0; i < node->out_count; i++)
        if (!can_move(out[i]))
            f->of[place][i] = NULL;
    return ok;
}

bool psi_jvp(psi_function fn, void *context, psi_arrays primals, psi_arrays tangents, psi_arrays *outputs,
             psi_arrays *jvps)
{
    flow f;
    *outputs = *jvps = (psi_arrays){NULL, 0};
    if (!psi_check_inputs(primals, "jvp") || !match(primals, tangents, "jvp", "tangents"))
        return false;
    psi_arrays tracers = trace_inputs(primals);
    if (psi_failed() || !psi_trace_call(fn, context, tracers, outputs) || !flow_new(&f, *outputs))
        return false;
    for (int i = 0; i < f.tape.count; i++) /* tangents end at a stop_gradient, whose rule is this absence */
        f.leads[i] = f.tape.nodes[i]->op != PSI_OP_stop_gradient;
    for (int i = 0; i < tracers.count; i++)
        if (slot(&f, tracers.data[i]) && can_move(tracers.data[i]))
            *slot(&f, tracers.data[i]) = psi_astype(tangents.data[i], psi_dtype_of(primals.data[i]));
    bool ok = true;
    for (int i = 0; ok && i < f.tape.count; i++)
        if (f.leads[i] && !is_one_of(tracers, f.tape.nodes[i]))
            ok = push_forward(&f, i);
    *jvps = psi_arrays_new(outputs->count);
    for (int i = 0; ok && i < jvps->count; i++) {
        psi_array *t = slot(&f, outputs->data[i]);
        jvps->data[i] = t && *t ? *t : psi_zeros_like(outputs->data[i]);
    }
    psi_tape_free(&f.tape);
    return ok && !psi_failed();
}
