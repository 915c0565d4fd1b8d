/* fp8.c: the 8-bit floating format of 4 exponent and 3 mantissa bits, without infinities, held in uint8. */
#include "core/thread.h"
#include "ops/build.h"
#include "ops/rules.h"

psi_array psi_to_fp8(psi_array x)
{
    if (!psi_check_inputs(PSI_ARRAYS(x), "to_fp8"))
        return psi_error_array();
    psi_dtype from = psi_dtype_of(x);
    if (!psi_issubdtype(from, PSI_FLOATING))
        return PSI_INVALID("to_fp8: an array of dtype %s; a real floating dtype is needed",
                           psi_dtype_name(from));
    x = psi_astype(x, from == PSI_FLOAT64 ? PSI_FLOAT32 : from);
    return psi_build(PSI_OP_to_fp8, PSI_ARRAYS(x), PSI_INTS(true), psi_shape(x), PSI_UINT8);
}

psi_array psi_from_fp8(psi_array x, psi_dtype dtype)
{
    if (!psi_check_inputs(PSI_ARRAYS(x), "from_fp8"))
        return psi_error_array();
    if (psi_dtype_of(x) != PSI_UINT8)
        return PSI_INVALID("from_fp8: an array of dtype %s; uint8 is needed",
                           psi_dtype_name(psi_dtype_of(x)));
    if ((unsigned)dtype >= PSI_DTYPE_COUNT || !psi_issubdtype(dtype, PSI_FLOATING))
        return PSI_INVALID("from_fp8: dtype %s; a real floating dtype is needed",
                           (unsigned)dtype < PSI_DTYPE_COUNT ? psi_dtype_name(dtype) : "?");
    return psi_build(PSI_OP_from_fp8, PSI_ARRAYS(x), PSI_INTS(false), psi_shape(x), dtype);
}

bool psi_to_fp8_vmap(psi_vmap_call *c)
{
    c->out[0] = psi_to_fp8(c->in[0]);
    c->out_axes[0] = c->axes[0];
    return !psi_failed();
}

bool psi_from_fp8_vmap(psi_vmap_call *c)
{
    c->out[0] = psi_from_fp8(c->in[0], (psi_dtype)c->node->out[0].dtype);
    c->out_axes[0] = c->axes[0];
    return !psi_failed();
}
