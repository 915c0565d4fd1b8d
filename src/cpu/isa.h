/* isa.h: which of the compiled kernel sets this process uses. Kernels are built once per ISA under names that end
 * in v2, v3, v4 or v4x. Invariant: the choice is made once, and never names a set the processor cannot run. */
#ifndef PSI_CPU_ISA_H
#define PSI_CPU_ISA_H

#include <stdbool.h>

/* x86-64 levels in rising order; v4x is v4 with BF16 and VNNI. Other processors run v2's plain code. */
typedef enum psi_isa { PSI_ISA_v2, PSI_ISA_v3, PSI_ISA_v4, PSI_ISA_v4x, PSI_ISA_COUNT } psi_isa;

/* The set in use: the best this machine runs, or what PSIONIC_ISA names. A name that is unknown, or that this
 * machine cannot run, records an error on the first caller's thread, and the best is used. */
psi_isa psi_isa_current(void);

/* True when the set is in this build and this machine runs it. */
bool psi_isa_runs(psi_isa isa);

/* True when the processor multiplies tiles of bfloat16, and the system lets this process use them. Asked once. */
bool psi_isa_has_tiles(void);

#endif
