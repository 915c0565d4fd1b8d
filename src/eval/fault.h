/* fault.h: test hooks of the evaluator: spoiling one op's results, and listing the ops that ran.
 * Without PSIONIC_FAULT or a call of the hooks this costs one branch per step. */
#ifndef PSI_EVAL_FAULT_H
#define PSI_EVAL_FAULT_H

#include "core/node.h"

/* Exported hooks. Results of the named op are spoiled from now on; NULL switches it off. False for an unknown name. */
PSI_API bool psi_test_fault(const char *op);
/* Records which ops are evaluated from now on; psi_test_evaluated says whether op number `op` was. */
PSI_API void psi_test_record_ops(bool on);
PSI_API bool psi_test_evaluated(int op);
PSI_API const char *psi_test_op_name(int op); /* NULL past the last */

void psi_fault_start(void);
void psi_fault_after_slow(psi_node **nodes, int count);

extern bool psi_fault_active;

static inline void psi_fault_after(psi_node **nodes, int count)
{
    if (__builtin_expect(psi_fault_active, 0))
        psi_fault_after_slow(nodes, count);
}

#endif
