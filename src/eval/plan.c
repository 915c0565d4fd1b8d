/* plan.c: ordering the graph, grouping element-wise nodes, and cutting the work into streams.
 *
 * A node joins the group of its consumers when all of them are in one group of its shape and stream; so a group has
 * one sink, nothing outside depends on a member before the sink has run, and groups never form a cycle. A member that
 * somebody outside holds is stored; the others never reach memory. */
#include "eval/plan.h"

#include <string.h>

#include <psionic/scope.h>

#include "core/shape.h"
#include "eval/program.h"
#include "eval/schedule.h"
#include "ops/op.h"

enum { MAX_GROUP = 2048, NO_GROUP = -1, SPLIT = -2 };

static uint32_t epoch;
static psi_plan *in_flight;
bool psi_plan_unfused;

enum { FEW = 64 };

/* A list of nodes that allocates nothing while it is short. */
typedef struct list {
    psi_node **items;
    int count, capacity;
    psi_node *few[FEW];
} list;

typedef struct order {
    list nodes; /* inputs before users */
    list stack;
} order;

static void list_open(list *l)
{
    l->items = l->few;
    l->count = 0;
    l->capacity = FEW;
}

static void list_close(list *l)
{
    if (l->items != l->few)
        psi_free(l->items);
}

static bool list_add(list *l, psi_node *node)
{
    if (l->count == l->capacity) {
        size_t bytes = 2 * (size_t)l->capacity * sizeof *l->items;
        psi_node **bigger = l->items == l->few ? psi_malloc(bytes) : psi_realloc(l->items, bytes);
        if (!bigger)
            return false;
        if (l->items == l->few)
            memcpy(bigger, l->few, sizeof l->few);
        l->items = bigger;
        l->capacity *= 2;
    }
    l->items[l->count++] = node;
    return true;
}

static bool push(order *o, psi_node *node)
{
    if (!list_add(&o->stack, node))
        return false;
    node->mark = epoch;
    node->place = 0; /* the next input to look at */
    node->uses = 0;
    return true;
}

static bool is_waiting(const psi_node *node)
{
    int state = atomic_load_explicit(&node->state, memory_order_acquire);
    return state == PSI_PENDING || state == PSI_BROKEN;
}

/* Depth first, inputs before users, without recursion. */
static bool visit(order *o, psi_node *root)
{
    if (!is_waiting(root) || root->mark == epoch)
        return true;
    if (!push(o, root))
        return false;
    while (o->stack.count) {
        psi_node *node = o->stack.items[o->stack.count - 1];
        if (node->lost) {
            psi_fail(PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                     "eval: the array was being computed in the parent process when this one was forked");
            return false;
        }
        if (node->op == PSI_OP_LEAF) {
            psi_fail(
                PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR,
                "eval: an array without values, such as the input of a running vmap or compile, cannot be "
                "evaluated");
            return false;
        }
        if (node->place < (uint32_t)node->in_count) {
            psi_node *from = psi_node_of(node->in[node->place++]);
            if (is_waiting(from) && from->mark != epoch && !push(o, from))
                return false;
            continue;
        }
        o->stack.count--;
        if (!list_add(&o->nodes, node))
            return false;
    }
    return true;
}

typedef struct grouping {
    const order *o;
    int *group; /* per node: the place of its group's sink; while consumers are visited, the candidate */
    int *next;  /* per node: the following member of its group, or NO_GROUP */
    int *first; /* per sink */
    int *size;  /* per sink */
} grouping;

/* True when the node's consumers are all in one group, of its shape. */
static bool joins(const grouping *g, int candidate, const psi_node *node)
{
    if (candidate < 0 || psi_plan_unfused)
        return false;
    const psi_node *sink = g->o->nodes.items[candidate];
    return psi_is_fusable(sink->op) &&
           psi_same_ints(psi_shape_of((psi_array)&sink->out[0]), psi_shape_of((psi_array)&node->out[0]));
}

/* True when consumers and node agree on all that a tile program shares. */
static bool fits(const grouping *g, int candidate, const psi_node *node)
{
    return joins(g, candidate, node) && psi_is_fusable(node->op) && g->size[candidate] < MAX_GROUP &&
           g->o->nodes.items[candidate]->stream.index == node->stream.index;
}

/* True for a broadcast that its group alone wants: a tile program repeats elements itself. */
static bool is_read_through(const grouping *g, int candidate, const psi_node *node)
{
    return node->op == PSI_OP_broadcast && node->in_count == 1 && joins(g, candidate, node) &&
           atomic_load(&node->refs) <= (int)node->uses;
}

static void assign_groups(grouping *g)
{
    for (int i = g->o->nodes.count; i-- > 0;) {
        psi_node *node = g->o->nodes.items[i];
        int candidate = g->group[i];
        node->through = is_read_through(g, candidate, node);
        if (fits(g, candidate, node)) {
            g->next[i] = g->first[candidate];
            g->first[candidate] = i;
            g->size[candidate]++;
        } else {
            g->group[i] = candidate = i;
            g->first[i] = i;
            g->next[i] = NO_GROUP;
            g->size[i] = 1;
        }
        for (int k = 0; k < node->in_count; k++) {
            psi_node *from = psi_node_of(node->in[k]);
            if (from->mark != epoch || !is_waiting(from))
                continue;
            from->uses++;
            int *mine = &g->group[from->place];
            *mine = *mine == NO_GROUP || *mine == candidate ? candidate : SPLIT;
        }
    }
}

static psi_batch *batch_of(psi_plan *plan, psi_stream stream, int most)
{
    psi_batch *b = plan->batches;
    while (b && b->stream.index != stream.index)
        b = b->next;
    if (b)
        return b;
    b = psi_arena_take(&plan->arena, sizeof *b);
    psi_step *steps = psi_arena_take(&plan->arena, (size_t)most * sizeof *steps);
    if (!b || !steps)
        return NULL;
    *b = (psi_batch){.plan = plan, .stream = stream, .steps = steps, .next = plan->batches};
    plan->batches = b;
    return b;
}

/* Writes the steps down, sinks in order. */
static bool write_steps(psi_plan *plan, const grouping *g)
{
    for (int i = 0; i < g->o->nodes.count; i++) {
        if (g->group[i] != i || g->o->nodes.items[i]->through)
            continue;
        psi_batch *batch = batch_of(plan, g->o->nodes.items[i]->stream, g->o->nodes.count);
        size_t n = (size_t)g->size[i];
        psi_step step = {.nodes = psi_arena_take(&plan->arena, n * sizeof *step.nodes),
                         .stored = psi_arena_take(&plan->arena, n * sizeof *step.stored)};
        if (!batch || !step.nodes || !step.stored)
            return false;
        for (int k = g->first[i]; k != NO_GROUP; k = g->next[k]) {
            psi_node *node = g->o->nodes.items[k];
            step.stored[step.count] = k == i || atomic_load(&node->refs) > (int)node->uses;
            if (step.stored[step.count] && k != i)
                psi_retain(node->out);
            step.nodes[step.count++] = node;
        }
        batch->steps[batch->count++] = step;
    }
    return true;
}

static bool write_roots(psi_plan *plan, psi_arrays wanted)
{
    plan->roots = psi_arena_take(&plan->arena, (size_t)wanted.count * sizeof *plan->roots);
    if (!plan->roots)
        return false;
    for (int i = 0; i < wanted.count; i++)
        plan->roots[plan->root_count++] = psi_node_of(psi_retain(wanted.data[i]));
    return true;
}

static bool build(psi_plan *plan, const order *o)
{
    size_t n = (size_t)o->nodes.count * sizeof(int);
    grouping g = {.o = o,
                  .group = psi_arena_take(&plan->arena, n),
                  .next = psi_arena_take(&plan->arena, n),
                  .first = psi_arena_take(&plan->arena, n),
                  .size = psi_arena_take(&plan->arena, n)};
    if (!g.group || !g.next || !g.first || !g.size)
        return false;
    for (int i = 0; i < o->nodes.count; i++) {
        o->nodes.items[i]->place = (uint32_t)i;
        g.group[i] = NO_GROUP;
    }
    assign_groups(&g);
    if (!write_steps(plan, &g))
        return false;
    return plan->batches->next ||
           psi_schedule(plan->batches, epoch); /* streams keep their order among each other */
}

static void schedule(const order *o)
{
    for (int i = 0; i < o->nodes.count; i++) {
        psi_node *node = o->nodes.items[i];
        if (node->through)
            continue;
        psi_free(node->failure);
        node->failure = NULL;
        atomic_store_explicit(&node->state, PSI_SCHEDULED, memory_order_relaxed);
    }
}

static void link_plan(psi_plan *plan)
{
    plan->linked = true;
    plan->newer = in_flight;
    plan->link = &in_flight;
    if (in_flight)
        in_flight->link = &plan->newer;
    in_flight = plan;
}

static void unlink_plan(psi_plan *plan)
{
    psi_graph_lock();
    *plan->link = plan->newer;
    if (plan->newer)
        plan->newer->link = plan->link;
    psi_graph_unlock();
}

/* Of a step that was running, an inner node that is not stored may be gone already. */
static void lose(const psi_step *step, bool running)
{
    for (int k = 0; k < step->count; k++) {
        psi_node *node = step->nodes[k];
        if ((running && !step->stored[k]) || atomic_load(&node->state) != PSI_SCHEDULED)
            continue;
        node->lost = true;
        atomic_store(&node->state, PSI_BROKEN);
    }
}

void psi_plans_after_fork(void)
{
    psi_graph_lock_renew();
    for (psi_plan *p = in_flight; p; p = p->newer)
        for (psi_batch *b = p->batches; b; b = b->next)
            for (int i = atomic_load(&b->done); i < b->count; i++)
                lose(&b->steps[i], i == atomic_load(&b->done));
    in_flight = NULL;
}

/* Drops a plan that could not be finished; none of its steps will run. */
static void abandon(psi_plan *plan)
{
    for (psi_batch *b = plan->batches; b; b = b->next)
        for (int i = 0; i < b->count; i++)
            psi_step_release(&b->steps[i]);
    psi_plan_drop(plan);
}

psi_plan *psi_plan_new(psi_arrays wanted)
{
    order o;
    psi_plan *plan = NULL;
    bool ok = true;
    list_open(&o.nodes);
    list_open(&o.stack);
    epoch++;
    for (int i = 0; ok && i < wanted.count; i++)
        ok = visit(&o, psi_node_of(wanted.data[i]));
    if (ok && o.nodes.count) {
        plan = psi_malloc(sizeof *plan);
        if (plan) {
            memset(plan, 0, offsetof(psi_plan, first));
            psi_arena_open(&plan->arena, plan->first, sizeof plan->first);
            atomic_init(&plan->holders, 1);
            /* Roots are retained before uses are counted, so that a root is never taken for an inner value. */
            ok = write_roots(plan, wanted) && build(plan, &o);
            if (ok) {
                schedule(&o);
                link_plan(plan);
            } else {
                abandon(plan);
            }
        }
    }
    list_close(&o.nodes);
    list_close(&o.stack);
    return ok ? plan : NULL;
}

void psi_step_release(const psi_step *step)
{
    for (int k = 0; k + 1 < step->count; k++)
        if (step->stored[k])
            psi_release(step->nodes[k]->out);
}

void psi_plan_drop(psi_plan *plan)
{
    if (atomic_fetch_sub(&plan->holders, 1) != 1)
        return;
    if (plan->linked)
        unlink_plan(plan);
    for (int i = 0; i < plan->root_count; i++)
        psi_release(plan->roots[i]->out);
    psi_arena_free(&plan->arena);
    psi_free(plan);
}
