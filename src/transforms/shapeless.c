/* shapeless.c: making a graph again for inputs of other shapes.
 * Invariant: what has been differentiated repeats the same axes as it did when it was traced. */
#include "transforms/shapeless.h"

#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"

/* True when the same axes of length 1 are repeated as when it was traced: gradients rely on it. */
static bool repeats_the_same(const psi_change *c, psi_ints out, int kept)
{
    psi_ints traced = psi_shape_of((psi_array)c->node->out);
    for (int i = 0; i < c->in_count; i++) {
        psi_ints was = psi_traced_shape(c, i), now = psi_shape(c->in[i]);
        for (int d = 1 + kept; d <= was.count && d <= now.count; d++) {
            bool before = was.data[was.count - d] == 1 && traced.data[traced.count - d] != 1;
            bool after = now.data[now.count - d] == 1 && out.data[out.count - d] != 1;
            if (before != after)
                return false;
        }
    }
    return true;
}

/* What an op's rule is given; NULL, with an error, where there is none or no memory. */
static psi_change *change_of(const psi_graph *g, int entry, psi_array *in, psi_shape_rule rule)
{
    const psi_entry *e = &g->entries[entry];
    psi_change *c = psi_scope_memory(sizeof *c);
    if (!c)
        return NULL;
    c->graph = g;
    c->node = e->node;
    c->was = psi_entry_inputs(g, entry);
    c->in = in;
    c->in_count = e->in_count;
    c->made = NULL;
    c->attr.count = 0;
    if (!rule.follow || (e->node->out_count > 1 && !rule.many)) {
        psi_refuse_shape(c, "there is no rule for it");
        return NULL;
    }
    if (e->node->attr_count > (int)(sizeof c->attr.data / sizeof *c->attr.data)) {
        psi_refuse_shape(c, "it has too many attributes");
        return NULL;
    }
    for (int i = 0; i < e->node->attr_count; i++)
        psi_put(&c->attr, e->node->attr[i]);
    return c;
}

/* The op with the attributes that its rule left, for a rule that did not make it. */
static psi_array *make_followed(const psi_change *c, const psi_entry *e, psi_array *in)
{
    psi_output_spec *out = psi_scope_memory(e->node->out_count * sizeof *out);
    if (!out)
        return NULL;
    for (int i = 0; i < e->node->out_count; i++)
        out[i] = (psi_output_spec){psi_shape_now(c), (psi_dtype)e->node->out[i].dtype};
    psi_arrays list = psi_node_new_many(
        (psi_node_spec){e->node->op, {in, e->in_count}, psi_put_done(&c->attr)}, e->node->out_count, out);
    if (!list.count)
        return NULL;
    if (e->fused)
        psi_fused_attach(psi_node_of(list.data[0]), e->fused);
    return list.data;
}

/* Makes one op for inputs of other shapes; its outputs belong to the innermost scope. */
static psi_array *follow(const psi_graph *g, int entry, psi_array *in)
{
    const psi_entry *e = &g->entries[entry];
    psi_shape_rule rule = psi_shape_rule_of(e->node->op);
    bool spreads = rule.axes != PSI_KEEPS && (e->node->op != PSI_OP_broadcast || e->in_count > 1);
    psi_array *kept_in = psi_scope_memory(((size_t)e->in_count + 1) * sizeof *kept_in);
    psi_change *c = kept_in ? change_of(g, entry, in, rule) : NULL;
    if (!c)
        return NULL;
    memcpy(kept_in, in, (size_t)e->in_count * sizeof *in);
    if (!rule.follow(c))
        return NULL;
    c->in = kept_in; /* what it was given, before it was broadcast */
    if (spreads && g->differentiated &&
        !repeats_the_same(c, c->made ? psi_shape(c->made[0]) : psi_shape_now(c),
                          rule.axes == PSI_SPREADS_MATRICES ? 2 : 0)) {
        psi_refuse_shape(c, "gradients were traced for other axes of length 1");
        return NULL;
    }
    return c->made ? c->made : make_followed(c, e, in);
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
