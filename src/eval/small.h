/* small.h: graphs of a few ops on a few elements, evaluated on the spot. */
#ifndef PSI_EVAL_SMALL_H
#define PSI_EVAL_SMALL_H

#include "core/node.h"

/* True when the array has values, or was small enough to be given them here and now. False with the error recorded when that
 * failed, with none when it is more work. Never waits for another thread's work, and asks nothing of any stream. */
bool psi_eval_small(psi_array a);

#endif
