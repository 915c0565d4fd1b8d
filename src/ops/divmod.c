/* divmod.c: quotient and remainder at once: an element-wise node with two outputs. */
#include "core/thread.h"
#include "ops/build.h"

psi_arrays psi_divmod(psi_array a, psi_array b)
{
    int64_t shape[PSI_MAX_NDIM];
    psi_arrays none = {NULL, 0};
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "divmod"))
        return none;
    psi_dtype dtype = psi_promote_types((psi_dtype)a->dtype, (psi_dtype)b->dtype);
    if (dtype == PSI_COMPLEX64) {
        PSI_INVALID("divmod: dtype complex64 is not supported");
        return none;
    }
    psi_ints common = {shape, psi_broadcast_into(psi_shape_of(a), psi_shape_of(b), shape, "divmod")};
    if (common.count < 0)
        return none;
    psi_array first = a = psi_astype(a, dtype);
    b = psi_astype(b, dtype);
    a = psi_expand_with(a, common, PSI_ARRAYS(b), 0);
    b = psi_expand_with(b, common, PSI_ARRAYS(first), 0);
    return psi_node_new_many((psi_node_spec){PSI_OP_divmod, PSI_ARRAYS(a, b), PSI_NONE}, 2,
                             (psi_output_spec[]){{common, dtype}, {common, dtype}});
}

/* The quotient jumps; the remainder, a - q b, moves with a, and with -q times b. */
bool psi_divmod_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[1];
    c->grads[0] = g;
    if (c->wanted[1])
        c->grads[1] = psi_negative(psi_multiply(g, c->out[0]));
    return !psi_failed();
}

bool psi_divmod_jvp(psi_jvp_call *c)
{
    psi_array t = c->tangents[0];
    if (c->tangents[1]) {
        psi_array moved = psi_multiply(c->out[0], c->tangents[1]);
        t = t ? psi_subtract(t, moved) : psi_negative(moved);
    }
    c->out_tangents[1] = t;
    return !psi_failed();
}

bool psi_divmod_vmap(psi_vmap_call *c)
{
    psi_array in[2];
    for (int i = 0; i < 2; i++)
        in[i] =
            c->axes[i] < 0 ? psi_expand_dims(c->in[i], PSI_INTS(0)) : psi_moveaxis(c->in[i], c->axes[i], 0);
    psi_arrays y = psi_divmod(in[0], in[1]);
    for (int i = 0; i < y.count; i++) {
        c->out[i] = y.data[i];
        c->out_axes[i] = 0;
    }
    return !psi_failed();
}
