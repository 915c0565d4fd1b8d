/* graph.c: recording a graph, and making its nodes again over other inputs. Nothing here recurses. */
#include "transforms/graph.h"

#include <psionic/transforms.h>

#include "core/map.h"
#include "core/thread.h"
#include "ops/op.h"

static bool grow(void **items, int *capacity, int wanted, size_t bytes)
{
    if (wanted <= *capacity)
        return true;
    int more = *capacity ? 2 * *capacity : 64;
    while (more < wanted)
        more *= 2;
    void *bigger = psi_realloc(*items, (size_t)more * bytes);
    if (!bigger)
        return false;
    *items = bigger;
    *capacity = more;
    return true;
}

bool psi_graph_add(psi_graph *g, psi_entry entry, const psi_ref *in)
{
    entry.first = g->ref_count;
    if (!grow((void **)&g->entries, &g->capacity, g->count + 1, sizeof *g->entries) ||
        !grow((void **)&g->refs, &g->ref_capacity, g->ref_count + entry.in_count, sizeof *g->refs)) {
        psi_release(entry.node->out);
        psi_fused_release(entry.fused);
        return false;
    }
    for (int i = 0; i < entry.in_count; i++)
        g->refs[g->ref_count++] = in[i];
    g->entries[g->count++] = entry;
    return true;
}

void psi_graph_free(psi_graph *g)
{
    for (int i = 0; i < g->count; i++) {
        psi_release(g->entries[i].node->out);
        psi_fused_release(g->entries[i].fused);
    }
    psi_free(g->entries);
    psi_free(g->refs);
    psi_free(g->outputs);
    *g = (psi_graph){0};
}

/* ---- recording ---- */

/* A node whose inputs are being visited. */
typedef struct visit {
    psi_node *node;
    int next;
} visit;

typedef struct recording {
    psi_graph *graph;
    psi_map places;    /* node to entry */
    psi_map forbidden; /* arrays */
    visit *stack;
    int depth, capacity;
    psi_ref *in; /* of the node that is added */
    int in_capacity;
} recording;

bool psi_graph_can_keep(int op)
{
    return op > PSI_OP_LEAF && op < PSI_OP_COUNT;
}

/* True for a node to be computed again by every call. */
static bool is_op(const psi_node *node)
{
    int state = atomic_load_explicit(&node->state, memory_order_acquire);
    return psi_graph_can_keep(node->op) && !node->lost && (state == PSI_PENDING || state == PSI_BROKEN);
}

static bool add_constant(recording *r, psi_node *node)
{
    psi_entry entry = {.node = node, .kind = PSI_ENTRY_CONSTANT};
    psi_retain(node->out);
    return psi_map_put(&r->places, node, r->graph->count, NULL) && psi_graph_add(r->graph, entry, NULL);
}

static bool add_op(recording *r, psi_node *node)
{
    if (!grow((void **)&r->in, &r->in_capacity, node->in_count, sizeof *r->in))
        return false;
    for (int i = 0; i < node->in_count; i++)
        r->in[i] = (psi_ref){(int32_t)psi_map_get(&r->places, psi_node_of(node->in[i])), node->in[i]->index};
    psi_entry entry = {.kind = PSI_ENTRY_OP, .in_count = node->in_count};
    entry.node = psi_node_like(node, NULL, node->in_count);
    if (!entry.node)
        return false;
    if (node->op == PSI_OP_compiled && node->data) {
        entry.fused = psi_fused_of(node);
        atomic_fetch_add(&entry.fused->refs, 1);
    }
    return psi_map_put(&r->places, node, r->graph->count, NULL) && psi_graph_add(r->graph, entry, r->in);
}

static bool check_allowed(const recording *r, psi_array a)
{
    if (psi_map_get(&r->forbidden, a) < 0)
        return true;
    PSI_INVALID(
        "compile: the function uses one of its inputs, of shape %s, also by another way than as an argument; "
        "give it as an argument or capture it as an input",
        PSI_SHAPE(psi_shape_of(a)));
    return false;
}

static bool enter(recording *r, psi_array a)
{
    psi_node *node = psi_node_of(a);
    if (!check_allowed(r, a))
        return false;
    if (psi_map_get(&r->places, node) >= 0)
        return true;
    if (!is_op(node))
        return add_constant(r, node);
    if (!grow((void **)&r->stack, &r->capacity, r->depth + 1, sizeof *r->stack))
        return false;
    r->stack[r->depth++] = (visit){node, 0};
    return true;
}

static bool walk(recording *r, psi_array output)
{
    bool ok = enter(r, output);
    while (ok && r->depth) {
        visit *top = &r->stack[r->depth - 1];
        psi_node *node = top->node;
        if (top->next < node->in_count) {
            ok = enter(r, node->in[top->next++]);
        } else {
            r->depth--;
            ok = add_op(r, node);
        }
    }
    return ok;
}

static bool record(recording *r, psi_arrays placeholders, psi_arrays outputs, psi_arrays forbidden)
{
    psi_graph *g = r->graph;
    for (int i = 0; i < placeholders.count; i++) {
        psi_node *node = psi_node_of(psi_retain(placeholders.data[i]));
        if (!psi_graph_add(g, (psi_entry){.node = node, .kind = PSI_ENTRY_INPUT}, NULL) ||
            !psi_map_put(&r->places, node, i, NULL))
            return false;
    }
    for (int i = 0; i < forbidden.count; i++)
        if (!psi_map_put(&r->forbidden, forbidden.data[i], 0, NULL))
            return false;
    g->input_count = placeholders.count;
    g->outputs = psi_malloc((size_t)(outputs.count ? outputs.count : 1) * sizeof *g->outputs);
    if (!g->outputs)
        return false;
    for (int i = 0; i < outputs.count; i++) {
        if (!walk(r, outputs.data[i]))
            return false;
        g->outputs[g->output_count++] =
            (psi_ref){(int32_t)psi_map_get(&r->places, psi_node_of(outputs.data[i])), outputs.data[i]->index};
    }
    return true;
}

bool psi_graph_record(psi_graph *graph, psi_arrays placeholders, psi_arrays outputs, psi_arrays forbidden)
{
    recording r = {.graph = graph};
    *graph = (psi_graph){0};
    psi_graph_lock();
    bool ok = record(&r, placeholders, outputs, forbidden);
    psi_graph_unlock();
    psi_map_free(&r.places);
    psi_map_free(&r.forbidden);
    psi_free(r.stack);
    psi_free(r.in);
    if (!ok)
        psi_graph_free(graph);
    return ok;
}

/* ---- replaying ---- */

typedef struct replay {
    const psi_graph *graph;
    psi_arrays inputs;
    psi_node **made; /* per entry: of ops, one reference each */
    psi_array *in;   /* of the node that is made */
} replay;

static psi_array value_of(const replay *r, psi_ref ref)
{
    const psi_entry *e = &r->graph->entries[ref.entry];
    if (e->kind == PSI_ENTRY_INPUT)
        return r->inputs.data[ref.entry];
    return &(e->kind == PSI_ENTRY_OP ? r->made[ref.entry] : e->node)->out[ref.out];
}

static psi_node *make(replay *r, int entry)
{
    const psi_entry *e = &r->graph->entries[entry];
    const psi_ref *in = psi_entry_inputs(r->graph, entry);
    for (int i = 0; i < e->in_count; i++)
        r->in[i] = value_of(r, in[i]);
    psi_node *node = psi_node_like(e->node, r->in, e->in_count);
    if (node && e->fused)
        psi_fused_attach(node, e->fused);
    return node;
}

/* The outputs, owned by the innermost scope. */
static psi_arrays outputs_of(const replay *r)
{
    psi_arrays out = psi_arrays_new(r->graph->output_count);
    for (int i = 0; i < out.count; i++) {
        out.data[i] = psi_own(psi_retain(value_of(r, r->graph->outputs[i])));
        if (psi_is_error(out.data[i]))
            out.count = 0;
    }
    return out;
}

psi_arrays psi_graph_replay(const psi_graph *g, psi_arrays inputs)
{
    enum { FEW = 64 };
    psi_node *few_made[FEW];
    psi_array few_in[FEW];
    psi_arrays out = {NULL, 0};
    int widest = 0, made = 0;
    for (int i = 0; i < g->count; i++)
        widest = g->entries[i].in_count > widest ? g->entries[i].in_count : widest;
    replay r = {g, inputs, g->count <= FEW ? few_made : psi_malloc((size_t)g->count * sizeof *r.made),
                widest <= FEW ? few_in : psi_malloc((size_t)widest * sizeof *r.in)};
    bool ok = r.made && r.in;
    for (; ok && made < g->count; made += ok) {
        r.made[made] = g->entries[made].kind == PSI_ENTRY_OP ? make(&r, made) : NULL;
        ok = r.made[made] || g->entries[made].kind != PSI_ENTRY_OP;
    }
    if (ok)
        out = outputs_of(&r);
    while (r.made && made-- > 0)
        if (r.made[made])
            psi_release(r.made[made]->out);
    if (r.made != few_made)
        psi_free(r.made);
    if (r.in != few_in)
        psi_free(r.in);
    return out;
}
