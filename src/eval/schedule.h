/* schedule.h: in which order a batch's steps run, where memory depends on it. */
#ifndef PSI_EVAL_SCHEDULE_H
#define PSI_EVAL_SCHEDULE_H

#include "eval/plan.h"

/* True for ops whose result lies in their first input's memory where that is possible. */
bool psi_is_view(int op);

/* Reorders the steps of a batch that holds the whole plan: longer branches first, and whatever frees as much as it makes as
 * soon as it can run. Nodes marked `epoch` are the plan's. A batch that makes little stays as it is. False with the error
 * recorded. Holding the graph lock. */
bool psi_schedule(psi_batch *batch, uint32_t epoch);

#endif
