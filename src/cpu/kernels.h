/* kernels.h: prototypes of every structural op's kernel on the CPU, psi_cpu_NAME. One that is missing is a link error. */
#ifndef PSI_CPU_KERNELS_H
#define PSI_CPU_KERNELS_H

#include "eval/backend.h"

#define NODE(name, ...) bool psi_cpu_##name(psi_node *node);
#include "ops/table.h"

/* Row kernels of element-wise ops and casts, of the kernel set in use. */
psi_row_fn psi_cpu_row(int op, psi_dtype in);
psi_row_fn psi_cpu_cast(psi_dtype to, psi_dtype from);

/* False, with an error naming the op, when a task set `failed`, for want of scratch memory. */
bool psi_tasks_done(const atomic_bool *failed, const char *op);

#endif
