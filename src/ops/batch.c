/* batch.c: what vmap rules share. */
#include "ops/batch.h"

#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"
#include "ops/build.h"

int64_t psi_batch_length(const psi_vmap_call *c)
{
    for (int i = 0; i < c->node->in_count; i++)
        if (c->axes[i] >= 0 && c->axes[i] < psi_ndim(c->in[i]))
            return psi_shape(c->in[i]).data[c->axes[i]];
    return 1;
}

psi_array psi_batch_in(const psi_vmap_call *c, int i)
{
    int64_t shape[PSI_MAX_NDIM + 1];
    psi_array a = c->in[i];
    if (c->axes[i] >= 0)
        return psi_moveaxis(a, c->axes[i], 0);
    return psi_broadcast_to(a, psi_prepend(psi_batch_length(c), psi_shape(a), shape));
}

bool psi_batch_done(psi_vmap_call *c, psi_array out)
{
    c->out[0] = out;
    c->out_axes[0] = 0;
    return !psi_failed();
}

/* One entry of an input, without the mapped axis. */
static psi_array entry_of(const psi_vmap_call *c, int i, int64_t entry)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    psi_ints shape = psi_shape(c->in[i]);
    if (c->axes[i] < 0)
        return c->in[i];
    memcpy(stop, shape.data, (size_t)shape.count * sizeof *stop);
    start[c->axes[i]] = entry;
    stop[c->axes[i]] = entry + 1;
    return psi_squeeze(
        psi_slice(c->in[i], (psi_ints){start, shape.count}, (psi_ints){stop, shape.count}, PSI_NONE),
        PSI_INTS(c->axes[i]));
}

/* The outputs of one entry; none with an error. */
static psi_arrays build_entry(const psi_vmap_call *c, int64_t entry, const psi_output_spec *outputs)
{
    psi_arrays in = psi_arrays_new(c->node->in_count);
    for (int i = 0; i < in.count; i++)
        in.data[i] = entry_of(c, i, entry);
    return psi_node_new_many((psi_node_spec){c->node->op, in, {c->node->attr, c->node->attr_count}},
                             c->node->out_count, outputs);
}

bool psi_batch_each(psi_vmap_call *c)
{
    const psi_node *node = c->node;
    const int64_t length = psi_batch_length(c);
    psi_output_spec *specs = psi_scope_memory(node->out_count * sizeof *specs);
    if (length > INT32_MAX / node->out_count) {
        PSI_INVALID("vmap: %lld entries of %s, one by one", (long long)length, psi_ops[node->op].name);
        return false;
    }
    psi_arrays results = psi_arrays_new((int)length * node->out_count);
    if (!specs || psi_failed())
        return false;
    for (int k = 0; k < node->out_count; k++)
        specs[k] = (psi_output_spec){psi_shape_of((psi_array)&node->out[k]), (psi_dtype)node->out[k].dtype};
    for (int64_t e = 0; e < length; e++) {
        psi_arrays out = build_entry(c, e, specs);
        for (int k = 0; k < out.count; k++)
            results.data[k * length + e] = out.data[k];
        if (!out.count)
            return false;
    }
    for (int k = 0; k < node->out_count; k++) {
        int64_t shape[PSI_MAX_NDIM + 1];
        c->out[k] = length ? psi_stack((psi_arrays){results.data + k * length, (int)length}, 0)
                           : psi_zeros(psi_prepend(0, specs[k].shape, shape), specs[k].dtype);
        c->out_axes[k] = 0;
    }
    return !psi_failed();
}

psi_ints psi_shift_axes(psi_ints axes, int64_t *out)
{
    for (int i = 0; i < axes.count; i++)
        out[i] = axes.data[i] + 1;
    return (psi_ints){out, axes.count};
}

psi_ints psi_prepend(int64_t first, psi_ints list, int64_t *out)
{
    out[0] = first;
    if (list.count > 0)
        memcpy(out + 1, list.data, (size_t)list.count * sizeof *out);
    return (psi_ints){out, list.count + 1};
}
