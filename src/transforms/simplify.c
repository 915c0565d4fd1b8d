/* simplify.c: making a recorded graph smaller without changing what it computes: equal scalars and equal ops are merged,
 * ops that pass their input on are dropped, and so is what no output needs.
 * Invariant: ops are pure; only one with a payload of its own is never merged. */
#include <string.h>

#include <psionic/scope.h>

#include "core/shape.h"
#include "ops/op.h"
#include "transforms/graph.h"

/* ---- dropping what is not needed ---- */

static void mark_needed(const psi_graph *g, int32_t *places)
{
    memset(places, 0, (size_t)g->count * sizeof *places);
    for (int i = 0; i < g->input_count; i++)
        places[i] = 1;
    for (int i = 0; i < g->output_count; i++)
        places[g->outputs[i].entry] = 1;
    for (int i = g->count; i-- > 0;)
        for (int k = 0; places[i] && k < g->entries[i].in_count; k++)
            places[psi_entry_inputs(g, i)[k].entry] = 1;
}

bool psi_graph_sweep(psi_graph *g)
{
    int32_t *places = psi_malloc(((size_t)g->count + 1) * sizeof *places);
    psi_ref *refs = psi_malloc(((size_t)g->ref_count + 1) * sizeof *refs);
    int count = 0, ref_count = 0;
    if (!places || !refs) {
        psi_free(places);
        psi_free(refs);
        return false;
    }
    mark_needed(g, places);
    for (int i = 0; i < g->count; i++) {
        psi_entry e = g->entries[i];
        if (!places[i]) {
            psi_release(e.node->out);
            psi_fused_release(e.fused);
            continue;
        }
        const psi_ref *in = psi_entry_inputs(g, i);
        e.first = ref_count;
        for (int k = 0; k < e.in_count; k++)
            refs[ref_count++] = (psi_ref){places[in[k].entry], in[k].out};
        places[i] = count;
        g->entries[count++] = e;
    }
    for (int i = 0; i < g->output_count; i++)
        g->outputs[i].entry = places[g->outputs[i].entry];
    psi_free(places);
    psi_free(g->refs);
    g->refs = refs;
    g->ref_capacity = g->ref_count + 1;
    g->ref_count = ref_count;
    g->count = count;
    return true;
}

/* ---- merging ---- */

/* A scalar that may be read. */
static bool is_scalar(const psi_entry *e)
{
    const psi_node *node = e->node;
    return e->kind == PSI_ENTRY_CONSTANT && node->out_count == 1 && node->out[0].ndim == 0 &&
           atomic_load_explicit(&node->state, memory_order_acquire) == PSI_READY;
}

static uint64_t bits_of(psi_array scalar)
{
    uint64_t bits = 0;
    memcpy(&bits, psi_values(scalar), psi_itemsize(scalar));
    return bits;
}

static bool may_merge(const psi_entry *e)
{
    return e->kind == PSI_ENTRY_OP ? !e->fused : is_scalar(e);
}

static uint64_t hash_of(const psi_graph *g, int entry)
{
    const psi_entry *e = &g->entries[entry];
    if (e->kind == PSI_ENTRY_CONSTANT)
        return psi_mix(bits_of(e->node->out), e->node->out[0].dtype);
    uint64_t hash = psi_mix(e->node->op, (uint64_t)e->node->stream.index);
    for (int i = 0; i < e->in_count; i++)
        hash = psi_mix(psi_mix(hash, (uint64_t)psi_entry_inputs(g, entry)[i].entry),
                       (uint64_t)psi_entry_inputs(g, entry)[i].out);
    for (int i = 0; i < e->node->attr_count; i++)
        hash = psi_mix(hash, (uint64_t)e->node->attr[i]);
    return hash;
}

static bool same_outputs(const psi_node *a, const psi_node *b)
{
    bool same = a->out_count == b->out_count;
    for (int i = 0; same && i < a->out_count; i++)
        same = a->out[i].dtype == b->out[i].dtype &&
               psi_same_ints(psi_shape_of((psi_array)&a->out[i]), psi_shape_of((psi_array)&b->out[i]));
    return same;
}

static bool equal(const psi_graph *g, int a, int b)
{
    const psi_entry *x = &g->entries[a], *y = &g->entries[b];
    if (x->kind != y->kind || !same_outputs(x->node, y->node))
        return false;
    if (x->kind == PSI_ENTRY_CONSTANT)
        return bits_of(x->node->out) == bits_of(y->node->out);
    return x->node->op == y->node->op && x->node->stream.index == y->node->stream.index &&
           x->in_count == y->in_count && x->node->attr_count == y->node->attr_count &&
           !memcmp(psi_entry_inputs(g, a), psi_entry_inputs(g, b), (size_t)x->in_count * sizeof(psi_ref)) &&
           !memcmp(x->node->attr, y->node->attr, (size_t)x->node->attr_count * sizeof(int64_t));
}

/* True for an op whose outputs are its last inputs. */
static bool passes_on(const psi_entry *e)
{
    int op = e->node->op;
    return e->kind == PSI_ENTRY_OP &&
           (op == PSI_OP_copy || op == PSI_OP_stop_gradient || op == PSI_OP_custom_transforms);
}

/* What stands for a reference once everything before has been merged. */
static psi_ref stand_in(const psi_graph *g, const int32_t *merged, psi_ref ref)
{
    const psi_entry *e = &g->entries[ref.entry];
    if (passes_on(e))
        return psi_entry_inputs(g, ref.entry)[e->in_count - e->node->out_count + ref.out];
    return (psi_ref){merged[ref.entry], ref.out};
}

bool psi_graph_simplify(psi_graph *g)
{
    size_t slots = 64;
    while (slots < 2 * (size_t)g->count)
        slots *= 2;
    int32_t *merged = psi_malloc(((size_t)g->count + 1) * sizeof *merged);
    int32_t *table = psi_malloc(slots * sizeof *table);
    if (!merged || !table) {
        psi_free(merged);
        psi_free(table);
        return false;
    }
    memset(table, -1, slots * sizeof *table);
    for (int i = 0; i < g->count; i++) {
        psi_ref *in = psi_entry_inputs(g, i);
        for (int k = 0; k < g->entries[i].in_count; k++)
            in[k] = stand_in(g, merged, in[k]);
        merged[i] = i;
        if (!may_merge(&g->entries[i]))
            continue;
        size_t at = hash_of(g, i) & (slots - 1);
        while (table[at] >= 0 && !equal(g, table[at], i))
            at = (at + 1) & (slots - 1);
        if (table[at] < 0)
            table[at] = i;
        merged[i] = table[at];
    }
    for (int i = 0; i < g->output_count; i++)
        g->outputs[i] = stand_in(g, merged, g->outputs[i]);
    psi_free(merged);
    psi_free(table);
    return psi_graph_sweep(g);
}
