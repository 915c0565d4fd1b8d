/* compiled.c: running what compile made one node of. */
#include "cpu/kernels.h"
#include "eval/program.h"

bool psi_cpu_compiled(psi_node *node)
{
    return psi_program_run_fused(node);
}
