/* masked.c: values put under a mask in their order. The node's operands are batched along their first axis: array and
 * mask of one shape, and values that each batch entry reads from its own start. */
#include <string.h>

#include "ops/batch.h"
#include "ops/build.h"
#include "ops/gather.h"

static psi_array build_masked(psi_array a, psi_array mask, psi_array value)
{
    return psi_build(PSI_OP_masked_scatter, PSI_ARRAYS(a, mask, value), PSI_NONE, psi_shape(a),
                     psi_dtype_of(a));
}

/* Values with one axis for the mask's elements in front of the array's unmasked axes. */
static psi_array spread_value(psi_array a, psi_array mask, psi_array value)
{
    int64_t shape[PSI_MAX_NDIM + 1], aligned[PSI_MAX_NDIM + 1];
    int open = a->ndim - mask->ndim, gap = open + 1 - value->ndim;
    if (gap < 0)
        return PSI_INVALID("masked_scatter: a value of %d dimensions for %d axes that are not masked",
                           value->ndim, open);
    shape[0] = gap > 0 ? mask->size : value->shape[0];
    for (int i = 0; i <= open; i++) {
        aligned[i] = i < gap ? 1 : value->shape[i - gap];
        if (i > 0)
            shape[i] = a->shape[mask->ndim + i - 1];
    }
    return psi_broadcast_to(psi_reshape(value, (psi_ints){aligned, open + 1}), (psi_ints){shape, open + 1});
}

psi_array psi_masked_scatter(psi_array a, psi_array mask, psi_array value)
{
    int64_t shape[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a, mask, value), "masked_scatter"))
        return psi_error_array();
    if (mask->dtype != PSI_BOOL)
        return PSI_INVALID("masked_scatter: the mask is bool, not %s", psi_dtype_name(psi_dtype_of(mask)));
    if (mask->ndim > a->ndim || memcmp(mask->shape, a->shape, mask->ndim * sizeof *shape) != 0)
        return PSI_INVALID("masked_scatter: a mask of shape %s does not cover the first axes of shape %s",
                           PSI_SHAPE(psi_shape_of(mask)), PSI_SHAPE(psi_shape_of(a)));
    for (int i = 0; i < a->ndim; i++)
        shape[i] = i < mask->ndim ? mask->shape[i] : 1;
    psi_array values = psi_astype(spread_value(a, mask, value), psi_dtype_of(a));
    psi_array whole = psi_broadcast_to(psi_reshape(mask, (psi_ints){shape, a->ndim}), psi_shape_of(a));
    psi_ints front = PSI_INTS(0);
    return psi_squeeze(build_masked(psi_expand_dims(a, front), psi_expand_dims(whole, front),
                                    psi_expand_dims(values, front)),
                       front);
}

/* Where each element under the mask came from is found by scattering the values' positions; the others add to a place
 * behind the last value. */
static psi_array value_gradient(psi_vjp_call *c)
{
    psi_array g = psi_flatten(c->cotangents[0], 0, -1), value = c->in[2];
    int64_t n = psi_size(value);
    psi_array places = psi_reshape(psi_positions(0, n, 0, 1), psi_shape(value));
    psi_array nowhere = psi_broadcast_to(psi_scalar_int(n, PSI_INT64), psi_shape(c->in[0]));
    psi_array from = psi_flatten(build_masked(nowhere, c->in[1], places), 0, -1);
    psi_array sums = psi_scatter_add(psi_zeros(PSI_INTS(n + 1), psi_dtype_of(g)), PSI_ARRAYS(from),
                                     psi_expand_dims(g, PSI_INTS(1)), PSI_INTS(0));
    return psi_reshape(psi_slice(sums, PSI_INTS(0), PSI_INTS(n), PSI_NONE), psi_shape(value));
}

bool psi_masked_scatter_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[0];
    if (c->wanted[0])
        c->grads[0] = psi_where(c->in[1], psi_like(g, 0), g);
    if (c->wanted[2])
        c->grads[2] = value_gradient(c);
    return !psi_failed();
}

bool psi_masked_scatter_jvp(psi_jvp_call *c)
{
    psi_array ta = c->tangents[0], tv = c->tangents[2];
    if (ta || tv)
        c->out_tangents[0] =
            build_masked(ta ? ta : psi_zeros_like(c->in[0]), c->in[1], tv ? tv : psi_zeros_like(c->in[2]));
    return !psi_failed();
}

/* The mapped axis and the operands' own batch axis become one, and two again. */
bool psi_masked_scatter_vmap(psi_vmap_call *c)
{
    psi_array in[3];
    for (int i = 0; i < 3; i++)
        in[i] = psi_flatten(psi_batch_in(c, i), 0, 1);
    int64_t batch = psi_batch_length(c), own = c->node->out[0].shape[0];
    return psi_batch_done(c, psi_unflatten(build_masked(in[0], in[1], in[2]), 0, PSI_INTS(batch, own)));
}
