/* program.h: fused tile programs: a group of element-wise ops of one shape, run op by op on tiles that stay
 * in cache, so that a chain of ops costs about one pass over memory. Every op still rounds to its dtype: the bits
 * are those of running the nodes one after another. */
#ifndef PSI_EVAL_PROGRAM_H
#define PSI_EVAL_PROGRAM_H

#include "eval/arena.h"
#include "eval/backend.h"

/* Runs a group of fusable nodes: `nodes` in topological order, the last one its sink. A node with `stored[i]` gets its
 * output's buffer; the others' values are never in memory. False with the error recorded. */
bool psi_program_run(psi_arena *arena, psi_node **nodes, const bool *stored, int count);

/* Runs a node of op compiled: its outputs have the shape to which its inputs broadcast. */
bool psi_program_run_fused(psi_node *node);

#endif
