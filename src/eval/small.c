/* small.c: graphs of a few ops on a few elements, evaluated on the spot: a plan and a stream's turn would cost more than the
 * ops. All that an op needs has values when it runs, so it may run ahead of what waits in its stream.
 * Invariant: while the graph lock is held nodes go from pending to ready, and no other thread, and no fork, sees a step
 * between. Inputs are let go of afterwards, as that may call whoever lent memory. */
#include "eval/small.h"

#include "core/pool.h"
#include "core/thread.h"
#include "eval/fault.h"
#include "eval/plan.h"
#include "eval/schedule.h"
#include "ops/op.h"

enum { ELEMENTS = 1024, OPS = 8 };

/* The nodes that have run, inputs first, and those that wait for the one after them. */
typedef struct small {
    psi_node *done[OPS], *path[OPS];
    int done_count, depth;
} small;

static int state_of(const psi_node *node)
{
    return atomic_load_explicit(&node->state, memory_order_acquire);
}

/* Holding the graph lock, as nodes that are computed let go of their inputs. */
static bool is_small(const psi_node *node)
{
    bool reads = !psi_is_view(node->op);
    if (state_of(node) != PSI_PENDING || node->lost || node->op == PSI_OP_LEAF)
        return false;
    for (int i = 0; i < node->out_count; i++)
        if (node->out[i].size > ELEMENTS)
            return false;
    for (int i = 0; reads && i < node->in_count; i++)
        if (node->in[i]->size > ELEMENTS)
            return false;
    return true;
}

/* True for a broadcast that only this element-wise node wants. */
static bool is_read_through(const psi_node *from, const psi_node *node)
{
    return from->op == PSI_OP_broadcast && from->in_count == 1 && atomic_load(&from->refs) == 1 &&
           psi_is_fusable(node->op) && !psi_plan_unfused;
}

/* A node without values that an input's are taken from; NULL when all are there. */
static psi_node *missing(const psi_node *node)
{
    for (int i = 0; i < node->in_count; i++) {
        psi_node *from = psi_node_of(node->in[i]);
        if (state_of(from) == PSI_PENDING && is_read_through(from, node)) {
            from->through = true;
            from = psi_node_of(from->in[0]);
        }
        if (state_of(from) != PSI_READY)
            return from;
    }
    return NULL;
}

static bool run(psi_node *node)
{
    _Alignas(16) char first[1024];
    psi_arena arena;
    psi_arena_open(&arena, first, sizeof first);
    bool stored = true, ok = psi_step_run(&arena, &(psi_step){&node, &stored, 1});
    psi_arena_free(&arena);
    if (ok)
        psi_fault_after(&node, 1);
    return ok;
}

/* Computes what the root needs and the root, depth first; false when that is not small, or failed. */
static bool run_path(small *s, psi_node *root)
{
    s->path[s->depth++] = root;
    while (s->depth) {
        psi_node *node = s->path[s->depth - 1];
        if (s->done_count == OPS || !is_small(node))
            return false;
        psi_node *from = missing(node);
        if (from) {
            if (s->depth == OPS)
                return false;
            s->path[s->depth++] = from;
            continue;
        }
        node->through = false;
        if (!run(node))
            return false;
        atomic_store_explicit(&node->state, PSI_READY, memory_order_release);
        s->done[s->done_count++] = node;
        s->depth--;
    }
    return true;
}

bool psi_eval_small(psi_array a)
{
    psi_node *root = psi_node_of(a);
    small s = {.done_count = 0};
    if (state_of(root) == PSI_READY)
        return !psi_is_error(a);
    if (psi_this_thread.failed || a->size > ELEMENTS)
        return false;
    psi_fault_start();
    psi_pool_threads();
    if (psi_this_thread.failed) /* the environment is bad */
        return false;
    psi_graph_lock();
    bool done = run_path(&s, root);
    psi_graph_unlock();
    for (int i = 0; i < s.done_count; i++) /* whoever reads one comes after it, and holds it until then */
        if (!s.done[i]->tracer)
            psi_node_detach(s.done[i]);
    return done;
}
