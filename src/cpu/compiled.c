/* compiled.c: what compile makes nodes of: groups of element-wise ops, and numbers that follow shapes. */
#include "cpu/kernels.h"
#include "eval/program.h"
#include "ops/op.h"

bool psi_cpu_compiled(psi_node *node)
{
    return psi_program_run_fused(node);
}

bool psi_cpu_number_of_elements(psi_node *node)
{
    psi_ints axes = psi_attr_list(node, 0);
    double n = 1;
    for (int i = 0; i < axes.count; i++)
        n *= (double)node->in[0]->shape[axes.data[i]];
    if (node->attr[axes.count + 1])
        n = 1 / n;
    if (!psi_output_new(node->out))
        return false;
    psi_row_fn cast = psi_backend_cpu()->cast((psi_dtype)node->out[0].dtype, PSI_FLOAT64);
    cast(1, psi_values(node->out), &n, NULL, NULL);
    return true;
}
