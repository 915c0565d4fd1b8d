/* batch.c: what vmap rules share. */
#include "ops/batch.h"

#include <string.h>

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
