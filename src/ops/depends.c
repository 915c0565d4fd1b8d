/* depends.c: arrays that wait for others. Invariant: an output is its input, whatever the dependencies are. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

psi_arrays psi_depends(psi_arrays inputs, psi_arrays dependencies)
{
    psi_arrays none = {NULL, 0};
    if (!psi_check_inputs(inputs, "depends") || !psi_check_inputs(dependencies, "depends") || !inputs.count)
        return none;
    int count = inputs.count + dependencies.count;
    psi_array *all = psi_scope_memory((size_t)count * sizeof *all);
    psi_output_spec *outputs = psi_scope_memory((size_t)inputs.count * sizeof *outputs);
    if (!all || !outputs)
        return none;
    for (int i = 0; i < count; i++)
        all[i] = i < inputs.count ? inputs.data[i] : dependencies.data[i - inputs.count];
    for (int i = 0; i < inputs.count; i++)
        outputs[i] = (psi_output_spec){psi_shape(all[i]), psi_dtype_of(all[i])};
    return psi_node_new_many((psi_node_spec){PSI_OP_depends, {all, count}, PSI_NONE}, inputs.count, outputs);
}

bool psi_depends_vjp(psi_vjp_call *c)
{
    memcpy(c->grads, c->cotangents, c->node->out_count * sizeof *c->grads);
    return true;
}

bool psi_depends_jvp(psi_jvp_call *c)
{
    memcpy(c->out_tangents, c->tangents, c->node->out_count * sizeof *c->out_tangents);
    return true;
}

bool psi_depends_vmap(psi_vmap_call *c)
{
    int n = c->node->out_count;
    psi_arrays out = psi_depends((psi_arrays){c->in, n}, (psi_arrays){c->in + n, c->node->in_count - n});
    for (int i = 0; i < out.count; i++) {
        c->out[i] = out.data[i];
        c->out_axes[i] = c->axes[i];
    }
    return !psi_failed();
}
