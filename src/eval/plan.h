/* plan.h: from arrays that are wanted to ordered steps of work, each a fused group or one op.
 * Invariant: a node is PSI_SCHEDULED from the moment a plan took it until its step has run. */
#ifndef PSI_EVAL_PLAN_H
#define PSI_EVAL_PLAN_H

#include "core/node.h"
#include "eval/arena.h"
#include "eval/stream.h"

/* One group of element-wise nodes, or a single node of any op. In topological order. */
typedef struct psi_step {
    psi_node **nodes;
    bool *stored; /* which nodes' values must be in memory; the last one's always. Inner ones are retained */
    int count;
} psi_step;

/* The steps of one stream. `plan` is freed with the last of its batches. */
typedef struct psi_batch {
    psi_work work;
    struct psi_plan *plan;
    psi_stream stream;
    psi_step *steps;
    int count;
    atomic_int done; /* steps that have run */
    struct psi_batch *next;
} psi_batch;

typedef struct psi_plan {
    psi_arena arena;
    atomic_int holders; /* batches not yet finished, and the planner */
    psi_batch *batches;
    psi_node **roots; /* retained */
    int root_count;
    struct psi_plan *newer, **link; /* among the plans in flight */
    bool linked;
    _Alignas(16) char first[2048]; /* the arena's beginning */
} psi_plan;

/* In the child after fork, which has called psi_graph_lock before it: arrays in flight are errors from now on. */
void psi_plans_after_fork(void);

/* Plans all that is needed for the arrays; NULL with nothing recorded when there is nothing to do, NULL with an error
 * when it cannot be planned. On success all nodes are PSI_SCHEDULED. Holding the graph lock. */
psi_plan *psi_plan_new(psi_arrays wanted);
/* Computes a step whose inputs are ready; what a failure left is undone, and its error recorded. */
bool psi_step_run(psi_arena *arena, const psi_step *step);
/* Gives back a step's inner nodes, once it has run or never will. */
void psi_step_release(const psi_step *step);
void psi_plan_drop(psi_plan *plan);

/* Test hook: when set, ops are run one by one, unfused. */
extern bool psi_plan_unfused;

#endif
