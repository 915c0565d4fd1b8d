/* fuse.c: element-wise ops of a graph become Compiled ones.
 *
 * An op joins the group of its readers when all of them are in one group of its shape and stream; so a group has a single
 * sink, and groups form no cycle. What the function returns is stored on the way. A broadcast to the group's shape is read
 * through: the tile program repeats elements itself, so the broadcast stays only for others who need it. */
#include <string.h>

#include <psionic/scope.h>

#include "core/shape.h"
#include "ops/op.h"
#include "transforms/graph.h"

enum { MAX_GROUP = 2048, NO_GROUP = -1, SPLIT = -2 };

typedef struct fusing {
    psi_graph *g;
    bool shapeless;
    int32_t *group;  /* per entry: its sink; while readers are visited, the candidate */
    int32_t *size;   /* per sink */
    int32_t *member; /* per entry: its place in the group that is written down */
    int32_t *end;    /* per sink: where its part of the list of members ends */
    bool *wanted;    /* per entry: an output of the function */
    int32_t *output; /* per entry: which output of the Compiled op it became, or NO_GROUP */
} fusing;

static bool is_fusable(const psi_entry *e)
{
    return e->kind == PSI_ENTRY_OP && psi_is_fusable(e->node->op);
}

static bool same_shape(psi_array a, psi_array b)
{
    return psi_same_ints(psi_shape_of(a), psi_shape_of(b));
}

static bool fits(const fusing *f, int candidate, const psi_entry *e)
{
    if (candidate < 0 || !is_fusable(e) || f->size[candidate] >= MAX_GROUP)
        return false;
    const psi_entry *sink = &f->g->entries[candidate];
    return is_fusable(sink) && sink->node->stream.index == e->node->stream.index &&
           same_shape(sink->node->out, e->node->out);
}

/* True when the group reads through the broadcast. Where shapes change, only one that follows other arrays' is known to
 * fit whatever the group has. */
static bool reads_through(const fusing *f, const psi_entry *from, psi_array sink)
{
    return from->kind == PSI_ENTRY_OP && from->node->op == PSI_OP_broadcast &&
           same_shape(from->node->out, sink) && (!f->shapeless || from->in_count > 1);
}

static void assign_groups(fusing *f)
{
    psi_graph *g = f->g;
    for (int i = 0; i < g->count; i++)
        f->group[i] = NO_GROUP;
    for (int i = g->count; i-- > 0;) {
        int candidate = f->group[i], reader_through = NO_GROUP;
        /* Whose shape a broadcast follows is read by the group that reads through it. */
        if (candidate >= 0 && is_fusable(&g->entries[candidate]) &&
            reads_through(f, &g->entries[i], g->entries[candidate].node->out))
            reader_through = candidate;
        if (fits(f, candidate, &g->entries[i])) {
            f->size[candidate]++;
        } else {
            f->group[i] = candidate = i;
            f->size[i] = 1;
        }
        const psi_ref *in = psi_entry_inputs(g, i);
        for (int k = 0; k < g->entries[i].in_count; k++) {
            int32_t *mine = &f->group[in[k].entry];
            int reader = k && reader_through >= 0 ? reader_through : candidate;
            *mine = *mine == NO_GROUP || *mine == reader ? reader : SPLIT;
        }
    }
}

/* A group that is written down. */
typedef struct writing {
    psi_ref *in; /* the Compiled op's inputs */
    int in_count, in_capacity;
    int broadcasts, ops; /* how many are read through; how many compute something */
    size_t name_length;
    char *name; /* NULL while its length is found */
} writing;

static void put_name(writing *w, const char *name)
{
    size_t n = strlen(name);
    if (w->name)
        memcpy(w->name + w->name_length, name, n + 1);
    w->name_length += n;
}

static int32_t place_input(writing *w, psi_ref ref)
{
    for (int i = 0; i < w->in_count; i++)
        if (w->in[i].entry == ref.entry && w->in[i].out == ref.out)
            return ~i;
    w->in[w->in_count] = ref;
    return ~w->in_count++;
}

/* The operand for what a member reads; the first reader of a broadcast names it. */
static int32_t operand_of(const fusing *f, writing *w, int sink, psi_ref ref)
{
    const psi_entry *from = &f->g->entries[ref.entry];
    if (f->group[ref.entry] == sink && f->member[ref.entry] >= 0)
        return f->member[ref.entry];
    if (!reads_through(f, from, f->g->entries[sink].node->out))
        return place_input(w, ref);
    if (f->member[ref.entry] != ~sink) {
        f->member[ref.entry] = ~sink;
        w->broadcasts++;
        put_name(w, psi_ops[PSI_OP_broadcast].primitive);
    }
    return place_input(w, psi_entry_inputs(f->g, ref.entry)[0]);
}

/* The dtype of what a reference stands for; a sink that was replaced is no longer its op's first output. */
static uint8_t dtype_of(const fusing *f, psi_ref ref)
{
    int output = f->output[ref.entry];
    return f->g->entries[ref.entry].node->out[output >= 0 ? output : ref.out].dtype;
}

/* Writes the members down; `members` NULL only measures. */
static void write_members(const fusing *f, writing *w, int sink, const int32_t *list, psi_member *members)
{
    int outputs = 0;
    put_name(w, "Compiled");
    for (int k = 0; k < f->size[sink]; k++) {
        const psi_entry *e = &f->g->entries[list[k]];
        psi_member m = {
            .op = e->node->op, .in_count = e->in_count, .stored = -1, .to = e->node->out[0].dtype};
        const psi_ref *in = psi_entry_inputs(f->g, list[k]);
        m.from = dtype_of(f, in[m.op == PSI_OP_select ? 1 : 0]);
        for (int i = 0; i < m.in_count; i++)
            m.in[i] = operand_of(f, w, sink, in[i]);
        f->member[list[k]] = k;
        put_name(w, psi_ops[m.op].primitive);
        w->ops += m.op != PSI_OP_full;
        if (list[k] == sink || f->wanted[list[k]])
            m.stored = outputs++;
        if (members)
            members[k] = m;
    }
}

static void forget_members(const fusing *f, const int32_t *list, int count)
{
    for (int k = 0; k < count; k++) {
        const psi_entry *e = &f->g->entries[list[k]];
        f->member[list[k]] = NO_GROUP;
        for (int i = 0; i < e->in_count; i++)
            f->member[psi_entry_inputs(f->g, list[k])[i].entry] = NO_GROUP;
    }
}

/* What only the shape is needed of: the arrays that broadcasts which are read through follow. */
static void add_shapes(const fusing *f, writing *w, int sink, const int32_t *list)
{
    for (int k = 0; k < f->size[sink]; k++)
        for (int i = 0; i < f->g->entries[list[k]].in_count; i++) {
            int from = psi_entry_inputs(f->g, list[k])[i].entry;
            if (f->group[from] == sink ||
                !reads_through(f, &f->g->entries[from], f->g->entries[sink].node->out))
                continue;
            for (int s = 1; s < f->g->entries[from].in_count; s++)
                if (f->group[psi_entry_inputs(f->g, from)[s].entry] != sink)
                    place_input(w, psi_entry_inputs(f->g, from)[s]);
        }
}

/* Puts the Compiled op in the sink's place, and leads to it who read a member. */
static bool replace(fusing *f, const writing *w, int sink, const int32_t *list, psi_fused *fused)
{
    psi_graph *g = f->g;
    int count = f->size[sink], outputs = 0;
    psi_output_spec *specs = psi_malloc((size_t)count * sizeof *specs);
    psi_entry *old = &g->entries[sink];
    for (int k = 0; specs && k < count; k++)
        if (fused->members[k].stored >= 0)
            specs[outputs++] =
                (psi_output_spec){psi_shape_of(old->node->out), (psi_dtype)fused->members[k].to};
    psi_node *node =
        specs ? psi_node_mould(PSI_OP_compiled, w->in_count, outputs, specs, old->node->stream) : NULL;
    psi_free(specs);
    if (!node) {
        psi_fused_release(fused);
        return false;
    }
    psi_entry made = {.node = node, .kind = PSI_ENTRY_OP, .in_count = w->in_count, .fused = fused};
    if (!psi_graph_add(g, made, w->in)) /* for its references; the entry then moves to the sink's place */
        return false;
    made = g->entries[--g->count];
    old = &g->entries[sink];
    psi_release(old->node->out);
    *old = made;
    for (int k = 0; k < count; k++)
        f->output[list[k]] = fused->members[k].stored;
    return true;
}

static bool write_group(fusing *f, int sink, const int32_t *list)
{
    int count = f->size[sink], operands = 0;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < f->g->entries[list[k]].in_count; i++)
            operands += 1 + f->g->entries[psi_entry_inputs(f->g, list[k])[i].entry].in_count;
    psi_ref *in = psi_malloc(((size_t)operands + 1) * sizeof *in);
    int *spare = psi_malloc((size_t)count * sizeof *spare);
    writing measured = {.in = in}, w = {.in = in};
    bool ok = in && spare;
    if (ok)
        write_members(f, &measured, sink, list, NULL);
    if (ok && measured.ops && count + measured.broadcasts >= 2) {
        psi_fused *fused = psi_fused_new(count, measured.name_length);
        ok = fused != NULL;
        if (ok) {
            forget_members(f, list, count);
            w.name = fused->name;
            write_members(f, &w, sink, list, fused->members);
            if (f->shapeless)
                add_shapes(f, &w, sink, list);
            fused->reg_count = psi_members_allocate(fused->members, count, spare);
            ok = replace(f, &w, sink, list, fused);
        }
    }
    psi_free(in);
    psi_free(spare);
    return ok;
}

/* References to a group's members become references to outputs of the Compiled op. */
static psi_ref redirect(const fusing *f, psi_ref ref)
{
    int sink = f->group[ref.entry];
    return sink >= 0 && f->output[ref.entry] >= 0 ? (psi_ref){sink, f->output[ref.entry]} : ref;
}

static bool fuse(fusing *f, int32_t *lists)
{
    psi_graph *g = f->g;
    int count = g->count, at = 0;
    assign_groups(f);
    for (int i = 0; i < count; i++) {
        f->member[i] = f->output[i] = NO_GROUP;
        f->end[i] = 0;
    }
    for (int i = 0; i < g->output_count; i++)
        f->wanted[g->outputs[i].entry] = true;
    /* Members by group, in order. */
    for (int i = 0; i < count; i++)
        if (f->group[i] == i) {
            at += f->size[i];
            f->end[i] = at - f->size[i];
        }
    for (int i = 0; i < count; i++)
        lists[f->end[f->group[i]]++] = i;
    bool ok = true;
    for (int i = 0; ok && i < count; i++) /* a sink is reached after all that its group reads */
        if (f->group[i] == i && is_fusable(&g->entries[i]))
            ok = write_group(f, i, lists + f->end[i] - f->size[i]);
    for (int i = 0; ok && i < g->ref_count; i++)
        g->refs[i] = redirect(f, g->refs[i]);
    for (int i = 0; ok && i < g->output_count; i++)
        g->outputs[i] = redirect(f, g->outputs[i]);
    return ok;
}

bool psi_graph_fuse(psi_graph *g, bool shapeless)
{
    size_t n = (size_t)g->count + 1;
    int32_t *memory = psi_malloc(6 * n * sizeof *memory);
    bool *wanted = psi_calloc(n, sizeof *wanted);
    bool ok = memory && wanted;
    if (ok) {
        fusing f = {g, shapeless, memory, memory + n, memory + 2 * n, memory + 3 * n, wanted, memory + 4 * n};
        ok = fuse(&f, memory + 5 * n);
    }
    psi_free(memory);
    psi_free(wanted);
    return ok && psi_graph_sweep(g);
}
