/* shapeless.c: making a graph again for inputs of other shapes: the rules by which each op's attributes and outputs follow.
 * Invariant: an op that has no rule, or whose attributes name lengths that may have been meant otherwise, is refused; what
 * has been differentiated repeats the same axes as it did when it was traced. */
#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"
#include "ops/build.h"
#include "transforms/graph.h"

/* An op whose inputs have changed. */
typedef struct change {
    const psi_graph *graph;
    const psi_node *node; /* as it was traced */
    const psi_ref *was;   /* its traced inputs */
    psi_array *in;
    int in_count;
    psi_attr_builder attr; /* as traced, until the rule writes others */
    int64_t shape[PSI_MAX_NDIM];
    int ndim;        /* of the first output */
    psi_array *made; /* all outputs, by a rule that makes the node itself */
} change;

static bool refuse(const change *c, const char *why)
{
    psi_fail(
        PSI_UNSUPPORTED_OP, PSI_VALUE_ERROR,
        "compile: %s, traced for shape %s, does not follow an input of shape %s: %s; compile without "
        "shapeless",
        psi_ops[c->node->op].name,
        PSI_SHAPE(psi_shape_of(c->in_count ? psi_ref_array(c->graph, c->was[0]) : (psi_array)c->node->out)),
        PSI_SHAPE(psi_shape_of(c->in_count ? c->in[0] : (psi_array)c->node->out)), why);
    return false;
}

static psi_ints traced_shape(const change *c, int i)
{
    return psi_shape_of(psi_ref_array(c->graph, c->was[i]));
}

static psi_ints shape_now(const change *c)
{
    return (psi_ints){c->shape, c->ndim};
}

static bool answer(change *c, psi_ints shape)
{
    c->ndim = shape.count;
    memcpy(c->shape, shape.data, (size_t)shape.count * sizeof *c->shape);
    return true;
}

static bool like_first(change *c)
{
    return answer(c, psi_shape(c->in[0]));
}

/* The shape all inputs broadcast to but for their last `kept` axes, which are those of the first. */
static bool broadcast_all(change *c, int kept)
{
    int64_t wider[PSI_MAX_NDIM];
    c->ndim = 0;
    for (int i = 0; i < c->in_count; i++) {
        psi_ints s = psi_shape(c->in[i]);
        if (s.count < kept)
            return refuse(c, "it has too few dimensions");
        c->ndim = psi_broadcast_into(shape_now(c), (psi_ints){s.data, s.count - kept}, wider, "compile");
        if (c->ndim < 0)
            return false;
        memcpy(c->shape, wider, (size_t)c->ndim * sizeof *wider);
    }
    psi_ints first = psi_shape(c->in[0]);
    for (int i = 0; i < kept; i++)
        c->shape[c->ndim++] = first.data[first.count - kept + i];
    return true;
}

static bool broadcast_shapes(change *c)
{
    return broadcast_all(c, 0);
}

/* Inputs that no longer have one shape are broadcast to it. */
static bool elementwise(change *c)
{
    if (!broadcast_all(c, 0))
        return false;
    for (int i = 0; i < c->in_count; i++)
        c->in[i] = psi_expand_to(c->in[i], shape_now(c));
    return !psi_failed();
}

static bool divmod(change *c)
{
    if (!elementwise(c))
        return false;
    psi_arrays both = psi_divmod(c->in[0], c->in[1]);
    c->made = both.data;
    return both.count == 2;
}

static bool broadcast(change *c)
{
    psi_ints wanted = psi_attr_list(c->node, 0);
    int kept = c->node->attr_count > wanted.count + 1 ? (int)c->node->attr[wanted.count + 1] : 0;
    if (c->in_count > 1) {
        if (!broadcast_all(c, kept))
            return false;
        c->attr.count = 0;
        psi_put_list(&c->attr, shape_now(c));
        if (kept)
            psi_put(&c->attr, kept);
        return true;
    }
    return !psi_is_error(psi_broadcast_to(c->in[0], wanted)) && answer(c, wanted);
}

static bool reshape(change *c)
{
    psi_array y = psi_reshape(c->in[0], psi_attr_list(c->node, 0));
    c->made = psi_scope_memory(sizeof *c->made);
    if (!c->made || psi_is_error(y))
        return false;
    c->made[0] = y;
    return true;
}

static bool unflatten(change *c)
{
    psi_array y = psi_unflatten(c->in[0], c->node->attr[0], psi_attr_list(c->node, 1));
    c->made = psi_scope_memory(sizeof *c->made);
    if (!c->made || psi_is_error(y))
        return false;
    c->made[0] = y;
    return true;
}

static bool transpose(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    c->ndim = axes.count;
    for (int i = 0; i < axes.count; i++)
        c->shape[i] = psi_shape(c->in[0]).data[axes.data[i]];
    return true;
}

static bool has(psi_ints list, int64_t value)
{
    for (int i = 0; i < list.count; i++)
        if (list.data[i] == value)
            return true;
    return false;
}

static bool expand_dims(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), s = psi_shape(c->in[0]);
    int next = 0;
    c->ndim = s.count + axes.count;
    for (int i = 0; i < c->ndim; i++)
        c->shape[i] = has(axes, i) ? 1 : s.data[next++];
    return true;
}

static bool squeeze(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), s = psi_shape(c->in[0]);
    c->ndim = 0;
    for (int i = 0; i < s.count; i++)
        if (!has(axes, i))
            c->shape[c->ndim++] = s.data[i];
        else if (s.data[i] != 1)
            return refuse(c, "an axis that it drops is no longer of length 1");
    return true;
}

static bool flatten(change *c)
{
    psi_ints s = psi_shape(c->in[0]);
    c->ndim = 0;
    for (int i = 0; i < s.count; i++)
        if (i > c->node->attr[0] && i <= c->node->attr[1])
            c->shape[c->ndim - 1] *= s.data[i];
        else
            c->shape[c->ndim++] = s.data[i];
    return true;
}

static bool reduce(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 1);
    like_first(c);
    for (int i = 0; i < axes.count; i++)
        c->shape[axes.data[i]] = 1;
    return true;
}

static bool arg_reduce(change *c)
{
    if (psi_size(c->in[0]) == 0)
        return refuse(c, "it has no elements");
    like_first(c);
    c->shape[c->node->attr[1]] = 1;
    return true;
}

static bool logsumexp(change *c)
{
    like_first(c);
    c->shape[c->ndim - 1] = 1;
    return true;
}

static bool scalar(change *c)
{
    c->ndim = 0;
    return true;
}

/* Rows of the first, columns of the second. */
static bool matmul(change *c)
{
    psi_ints a = psi_shape(c->in[0]), b = psi_shape(c->in[1]);
    int64_t batch[PSI_MAX_NDIM];
    int n = psi_broadcast_into((psi_ints){a.data, a.count - 2}, (psi_ints){b.data, b.count - 2}, batch,
                               "compile");
    if (n < 0)
        return false;
    if (a.data[a.count - 1] != b.data[b.count - 2])
        return refuse(c, "the inner lengths differ");
    for (int i = 0; i < 2; i++) {
        memcpy(batch + n, (i ? b.data + b.count : a.data + a.count) - 2, 2 * sizeof *batch);
        c->in[i] = psi_expand_to(c->in[i], (psi_ints){batch, n + 2});
    }
    answer(c, (psi_ints){batch, n});
    c->shape[c->ndim++] = a.data[a.count - 2];
    c->shape[c->ndim++] = b.data[b.count - 1];
    return !psi_failed();
}

static bool addmm(change *c)
{
    if (!matmul(c))
        return false;
    c->in[2] = psi_broadcast_to(c->in[2], shape_now(c));
    return !psi_failed();
}

static bool concatenate(change *c)
{
    int axis = (int)c->node->attr[0];
    like_first(c);
    for (int i = 1; i < c->in_count; i++)
        for (int d = 0; d < c->ndim; d++)
            if (d == axis)
                c->shape[d] += psi_shape(c->in[i]).data[d];
            else if (psi_shape(c->in[i]).data[d] != c->shape[d])
                return refuse(c, "the other lengths differ");
    return true;
}

/* Whole slices along the axes that are not indexed follow the array. */
static bool gather(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), sizes = psi_attr_list(c->node, axes.count + 1);
    psi_ints s = psi_shape(c->in[0]), before = traced_shape(c, 0);
    int64_t now[PSI_MAX_NDIM];
    c->ndim = 0;
    if (c->in_count > 1)
        answer(c, psi_shape(c->in[1]));
    for (int i = 2; i < c->in_count; i++)
        if (!psi_same_ints(psi_shape(c->in[i]), psi_shape(c->in[1])))
            return refuse(c, "the indices' shapes differ");
    for (int i = 0; i < sizes.count; i++) {
        bool whole = sizes.data[i] == before.data[i] && !has(axes, i);
        if (!whole && s.data[i] != before.data[i] && !has(axes, i))
            return refuse(c, "it takes a part of an axis whose length changed");
        now[i] = whole ? s.data[i] : sizes.data[i];
        if (now[i] > s.data[i])
            return refuse(c, "a slice is longer than the axis");
        c->shape[c->ndim++] = now[i];
    }
    c->attr.count = 0;
    psi_put_list(&c->attr, axes);
    psi_put_list(&c->attr, (psi_ints){now, sizes.count});
    return true;
}

/* Updates have the shape of the indices, and then that of slices: whole ones along the axes that are not indexed. */
static bool scatter(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 1), s = psi_shape(c->in[0]), u = psi_shape(c->in[c->in_count - 1]);
    int first = u.count - s.count;
    for (int i = 0; i < s.count; i++)
        if (first < 0 || (has(axes, i) ? u.data[first + i] > s.data[i] : u.data[first + i] != s.data[i]))
            return refuse(c, "the updates are not whole slices of it");
    for (int i = 1; i + 1 < c->in_count; i++)
        if (!psi_same_ints(psi_shape(c->in[i]), (psi_ints){u.data, first}))
            return refuse(c, "the updates do not fit the indices");
    return like_first(c);
}

static bool same_but(psi_ints a, psi_ints b, int axis)
{
    bool same = a.count == b.count;
    for (int i = 0; same && i < a.count; i++)
        same = i == axis || a.data[i] == b.data[i];
    return same;
}

static bool gather_axis(change *c)
{
    if (!same_but(psi_shape(c->in[0]), psi_shape(c->in[1]), (int)c->node->attr[0]))
        return refuse(c, "the indices do not fit it");
    return answer(c, psi_shape(c->in[1]));
}

static bool scatter_axis(change *c)
{
    if (!same_but(psi_shape(c->in[0]), psi_shape(c->in[1]), (int)c->node->attr[1]) ||
        !psi_same_ints(psi_shape(c->in[1]), psi_shape(c->in[2])))
        return refuse(c, "the indices or updates do not fit it");
    return like_first(c);
}

static int64_t length_of(int64_t start, int64_t stop, int64_t step)
{
    return stop > start ? (stop - start + step - 1) / step : 0;
}

/* Ranges of a slice, whose traced lengths are `taken`: whole axes follow. `fixed` allows a part of an axis whose length changed, where it still fits. */
static bool ranges(change *c, psi_ints taken, bool fixed)
{
    psi_ints start = psi_attr_list(c->node, 0), stop = psi_attr_list(c->node, start.count + 1),
             step = psi_attr_list(c->node, start.count + stop.count + 2);
    psi_ints s = psi_shape(c->in[0]), before = traced_shape(c, 0);
    int64_t stops[PSI_MAX_NDIM];
    for (int i = 0; i < s.count; i++) {
        bool whole = start.data[i] == 0 && stop.data[i] == before.data[i] && step.data[i] == 1;
        stops[i] = whole ? s.data[i] : stop.data[i];
        if (!whole && s.data[i] != before.data[i] &&
            (!fixed || step.data[i] < 1 || start.data[i] > s.data[i] || stop.data[i] > s.data[i]))
            return refuse(c, "it takes a part of an axis whose length changed");
        c->shape[i] = s.data[i] == before.data[i] ? taken.data[i]
                      : whole                     ? s.data[i]
                                                  : length_of(start.data[i], stop.data[i], step.data[i]);
    }
    c->ndim = s.count;
    c->attr.count = 0;
    psi_put_list(&c->attr, start);
    psi_put_list(&c->attr, (psi_ints){stops, s.count});
    psi_put_list(&c->attr, step);
    return true;
}

static bool slice(change *c)
{
    return ranges(c, psi_shape_of((psi_array)c->node->out), false);
}

static bool slice_update(change *c)
{
    if (!ranges(c, traced_shape(c, 1), true))
        return false;
    if (!psi_same_ints(psi_shape(c->in[1]), shape_now(c)))
        return refuse(c, "the update does not have the range's shape");
    return like_first(c);
}

static bool pad(change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), low = psi_attr_list(c->node, axes.count + 1),
             high = psi_attr_list(c->node, axes.count + low.count + 2);
    like_first(c);
    for (int i = 0; i < axes.count; i++)
        c->shape[axes.data[i]] += low.data[i] + high.data[i];
    return true;
}

/* Outputs are its last inputs, which have followed already. */
static bool custom_transforms(change *c)
{
    c->made = c->in + c->in_count - c->node->out_count;
    return true;
}

typedef bool (*rule)(change *c);

static const rule rules[PSI_OP_COUNT] = {
    [PSI_OP_astype] = like_first,
    [PSI_OP_copy] = like_first,
    [PSI_OP_stop_gradient] = like_first,
    [PSI_OP_full] = like_first,
    [PSI_OP_contiguous] = like_first,
    [PSI_OP_scan] = like_first,
    [PSI_OP_softmax] = like_first,
    [PSI_OP_sort] = like_first,
    [PSI_OP_argsort] = like_first,
    [PSI_OP_to_fp8] = like_first,
    [PSI_OP_from_fp8] = like_first,
    [PSI_OP_compiled] = broadcast_shapes,
    [PSI_OP_custom_transforms] = custom_transforms,
    [PSI_OP_divmod] = divmod,
    [PSI_OP_broadcast] = broadcast,
    [PSI_OP_reshape] = reshape,
    [PSI_OP_unflatten] = unflatten,
    [PSI_OP_transpose] = transpose,
    [PSI_OP_expand_dims] = expand_dims,
    [PSI_OP_squeeze] = squeeze,
    [PSI_OP_flatten] = flatten,
    [PSI_OP_reduce] = reduce,
    [PSI_OP_arg_reduce] = arg_reduce,
    [PSI_OP_logsumexp] = logsumexp,
    [PSI_OP_number_of_elements] = scalar,
    [PSI_OP_matmul] = matmul,
    [PSI_OP_addmm] = addmm,
    [PSI_OP_concatenate] = concatenate,
    [PSI_OP_gather] = gather,
    [PSI_OP_gather_axis] = gather_axis,
    [PSI_OP_scatter] = scatter,
    [PSI_OP_scatter_axis] = scatter_axis,
    [PSI_OP_slice] = slice,
    [PSI_OP_slice_update] = slice_update,
    [PSI_OP_pad] = pad,
};

static rule rule_of(int op)
{
    return psi_is_elementwise(op) ? elementwise : rules[op];
}

bool psi_graph_can_follow(int op)
{
    return rule_of(op) != NULL;
}

/* True when the same axes of length 1 are repeated as when it was traced: gradients rely on it. */
static bool repeats_the_same(const change *c, psi_ints out, int kept)
{
    psi_ints traced = psi_shape_of((psi_array)c->node->out);
    for (int i = 0; i < c->in_count; i++) {
        psi_ints was = traced_shape(c, i), now = psi_shape(c->in[i]);
        for (int d = 1 + kept; d <= was.count && d <= now.count; d++) {
            bool before = was.data[was.count - d] == 1 && traced.data[traced.count - d] != 1;
            bool after = now.data[now.count - d] == 1 && out.data[out.count - d] != 1;
            if (before != after)
                return false;
        }
    }
    return true;
}

/* Makes one op for inputs of other shapes; its outputs belong to the innermost scope. */
static psi_array *follow(const psi_graph *g, int entry, psi_array *in)
{
    const psi_entry *e = &g->entries[entry];
    change *c = psi_scope_memory(sizeof *c);
    if (!c)
        return NULL;
    c->graph = g;
    c->node = e->node;
    c->was = psi_entry_inputs(g, entry);
    c->in = in;
    c->in_count = e->in_count;
    c->made = NULL;
    c->attr.count = 0;
    rule one = rule_of(e->node->op);
    bool many = one == divmod || one == broadcast_shapes || one == custom_transforms;
    if (!one || (e->node->out_count > 1 && !many)) {
        refuse(c, "there is no rule for it");
        return NULL;
    }
    if (e->node->attr_count > (int)(sizeof c->attr.data / sizeof *c->attr.data)) {
        refuse(c, "it has too many attributes");
        return NULL;
    }
    for (int i = 0; i < e->node->attr_count; i++)
        psi_put(&c->attr, e->node->attr[i]);
    bool spreads = one == elementwise || one == divmod || one == broadcast_shapes || one == matmul ||
                   (one == broadcast && e->in_count > 1);
    psi_array *kept_in = psi_scope_memory(((size_t)e->in_count + 1) * sizeof *kept_in);
    if (!kept_in)
        return NULL;
    memcpy(kept_in, in, (size_t)e->in_count * sizeof *in);
    if (!one(c))
        return NULL;
    c->in = kept_in; /* what it was given, before it was broadcast */
    if (spreads && g->differentiated &&
        !repeats_the_same(c, c->made ? psi_shape(c->made[0]) : shape_now(c), one == matmul ? 2 : 0)) {
        refuse(c, "gradients were traced for other axes of length 1");
        return NULL;
    }
    if (c->made)
        return c->made;
    psi_output_spec *out = psi_scope_memory(e->node->out_count * sizeof *out);
    psi_array *made = psi_scope_memory(e->node->out_count * sizeof *made);
    if (!out || !made)
        return NULL;
    for (int i = 0; i < e->node->out_count; i++)
        out[i] = (psi_output_spec){shape_now(c), (psi_dtype)e->node->out[i].dtype};
    psi_arrays list = psi_node_new_many(
        (psi_node_spec){e->node->op, {in, e->in_count}, psi_put_done(&c->attr)}, e->node->out_count, out);
    if (!list.count)
        return NULL;
    if (e->fused)
        psi_fused_attach(psi_node_of(list.data[0]), e->fused);
    return list.data;
}

static bool as_traced(const psi_graph *g, int entry, psi_array const *in)
{
    const psi_ref *was = psi_entry_inputs(g, entry);
    for (int i = 0; i < g->entries[entry].in_count; i++)
        if (!psi_same_ints(psi_shape_of(in[i]), psi_shape_of(psi_ref_array(g, was[i]))))
            return false;
    return true;
}

/* Outputs of one op: a copy of its mould while nothing has changed. */
static psi_array *make(const psi_graph *g, int entry, psi_array *in)
{
    const psi_entry *e = &g->entries[entry];
    if (!as_traced(g, entry, in)) {
        psi_stream before = psi_this_thread.stream;
        psi_this_thread.stream = e->node->stream;
        psi_array *outputs = follow(g, entry, in);
        psi_this_thread.stream = before;
        return outputs;
    }
    psi_array *made = psi_scope_memory(e->node->out_count * sizeof *made);
    psi_node *node = made ? psi_node_like(e->node, in, e->in_count) : NULL;
    if (!node)
        return NULL;
    if (e->fused)
        psi_fused_attach(node, e->fused);
    psi_own(node->out);
    for (int i = 0; i < e->node->out_count; i++)
        made[i] = &node->out[i];
    return psi_failed() ? NULL : made;
}

static psi_array value_of(const psi_graph *g, psi_arrays inputs, psi_array *const *made, psi_ref ref)
{
    const psi_entry *e = &g->entries[ref.entry];
    if (e->kind == PSI_ENTRY_OP)
        return made[ref.entry][ref.out];
    return e->kind == PSI_ENTRY_INPUT ? inputs.data[ref.entry] : &e->node->out[ref.out];
}

psi_arrays psi_graph_replay_shapeless(const psi_graph *g, psi_arrays inputs)
{
    bool same = true;
    for (int i = 0; same && i < inputs.count; i++)
        same = psi_same_ints(psi_shape_of(inputs.data[i]), psi_shape_of(g->entries[i].node->out));
    if (same)
        return psi_graph_replay(g, inputs);
    psi_arrays none = {NULL, 0}, out = psi_arrays_new(g->output_count);
    PSI_SCOPE;
    psi_array **made = psi_scope_memory(((size_t)g->count + 1) * sizeof *made);
    if (!made || psi_failed())
        return none;
    for (int i = 0; i < g->count; i++) {
        const psi_entry *e = &g->entries[i];
        if (e->kind != PSI_ENTRY_OP)
            continue;
        psi_array *in = psi_scope_memory(((size_t)e->in_count + 1) * sizeof *in);
        for (int k = 0; in && k < e->in_count; k++)
            in[k] = value_of(g, inputs, made, psi_entry_inputs(g, i)[k]);
        made[i] = in ? make(g, i, in) : NULL;
        if (!made[i])
            return none;
    }
    for (int i = 0; i < out.count; i++) {
        out.data[i] = psi_promote(value_of(g, inputs, made, g->outputs[i]));
        if (psi_is_error(out.data[i]))
            return none;
    }
    return out;
}
