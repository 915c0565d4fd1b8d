/* backend.c: the CPU's table of kernels, and how they end. */
#include "cpu/kernels.h"
#include "cpu/rows.h"
#include "ops/op.h"

static const psi_node_fn kernels[PSI_OP_COUNT] = {
#define NODE(name, ...) [PSI_OP_##name] = psi_cpu_##name,
#include "ops/table.h"
};

static psi_node_fn kernel_of(int op)
{
    return op >= 0 && op < PSI_OP_COUNT ? kernels[op] : NULL;
}

bool psi_tasks_done(const atomic_bool *failed, const char *op)
{
    if (!atomic_load(failed))
        return true;
    psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "%s: no scratch memory", op);
    return false;
}

const psi_backend *psi_backend_cpu(void)
{
    static const psi_backend cpu = {"cpu", psi_cpu_row, psi_cpu_cast, kernel_of, psi_cpu_copy_far};
    return &cpu;
}
