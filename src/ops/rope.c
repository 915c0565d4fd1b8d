/* rope.c: rotary positions: pairs of features turned by an angle that is position / frequency: builder and rules.
 * Invariant: the node's offset is a scalar or has an element for each entry of x's first axis, and frequencies, where
 * given, are a vector or, only as vmap makes them, a row for each such entry. */
#include <math.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

enum { X, OFFSET, FREQS };                               /* inputs */
enum { DIMS, TRADITIONAL, BASE, SCALE, FORWARD, STATE }; /* attributes */

static psi_array build(psi_arrays in, const int64_t attr[STATE])
{
    if (!psi_check_inputs(in, "rope"))
        return psi_error_array();
    return psi_build(PSI_OP_rope, in, (psi_ints){attr, STATE}, psi_shape(in.data[X]),
                     psi_dtype_of(in.data[X]));
}

/* The node again, over other operands. */
static psi_array again(const psi_node *node, psi_array x, psi_array offset, psi_array freqs)
{
    return build((psi_arrays){(psi_array[]){x, offset, freqs}, node->in_count}, node->attr);
}

static bool check_dims(psi_array x, int64_t dims)
{
    if (dims > 0 && dims % 2 == 0 && dims <= psi_dim(x, -1))
        return true;
    PSI_INVALID("rope: dims is %lld; it must be even, positive, and at most the last axis's length, %lld",
                (long long)dims, (long long)psi_dim(x, -1));
    return false;
}

static bool check_offset(psi_array x, psi_array offset)
{
    if (offset->ndim > 1 || (offset->size != 1 && offset->size != x->shape[0])) {
        PSI_INVALID("rope: offset of shape %s; it must be a scalar, or a vector of length %lld",
                    PSI_SHAPE(psi_shape_of(offset)), (long long)x->shape[0]);
        return false;
    }
    if (psi_issubdtype(psi_dtype_of(offset), PSI_INTEGER))
        return true;
    PSI_INVALID("rope: offset of dtype %s; it must be an integer", psi_dtype_name(psi_dtype_of(offset)));
    return false;
}

psi_array psi_fast_rope_dynamic(psi_array x, int64_t dims, bool traditional, double base, double scale,
                                psi_array offset, psi_array freqs)
{
    if (!psi_check_inputs(PSI_ARRAYS(x, offset, freqs ? freqs : x), "rope"))
        return psi_error_array();
    if ((freqs != NULL) != (bool)isnan(base))
        return PSI_INVALID("rope: %s given; exactly one of them must be",
                           freqs ? "both base and freqs are" : "neither base nor freqs is");
    if (x->ndim < 3)
        return PSI_INVALID("rope: an input of %d dimensions; at least 3 are needed", x->ndim);
    if (!psi_issubdtype(psi_dtype_of(x), PSI_FLOATING))
        return PSI_INVALID("rope: an input of dtype %s; a real floating one is needed",
                           psi_dtype_name(psi_dtype_of(x)));
    if (!check_offset(x, offset) || !check_dims(x, dims))
        return psi_error_array();
    if (freqs && (freqs->ndim != 1 || freqs->size != dims / 2))
        return PSI_INVALID("rope: freqs of shape %s; a vector of length %lld is needed",
                           PSI_SHAPE(psi_shape_of(freqs)), (long long)(dims / 2));
    if (psi_itemsize(offset) != 4)
        offset = psi_astype(offset, PSI_INT32);
    int64_t attr[STATE] = {dims, traditional, psi_real_attr(freqs ? 1 : base), psi_real_attr(scale), true};
    psi_array in[] = {x, offset, freqs ? psi_astype(freqs, PSI_FLOAT32) : NULL};
    return build((psi_arrays){in, freqs ? 3 : 2}, attr);
}

psi_array psi_fast_rope(psi_array x, int64_t dims, bool traditional, double base, double scale,
                        int64_t offset, psi_array freqs)
{
    return psi_fast_rope_dynamic(x, dims, traditional, base, scale, psi_scalar_int(offset, PSI_INT32), freqs);
}

/* ---- rules: turning is linear, and its transpose turns back ---- */

/* One feature of each pair, as float32: the batch, further axes, positions, pairs. */
static psi_array feature(const psi_node *node, psi_array x, int which)
{
    int64_t dims = node->attr[DIMS];
    bool near = node->attr[TRADITIONAL] != 0;
    if (psi_is_error(x))
        return x;
    psi_array pairs = psi_split_at(x, PSI_INTS(dims), -1).data[0];
    pairs = psi_unflatten(pairs, -1, near ? PSI_INTS(dims / 2, 2) : PSI_INTS(2, dims / 2));
    psi_arrays parts = psi_split(pairs, 2, near ? -1 : -2);
    if (parts.count != 2)
        return psi_error_array();
    return psi_astype(psi_squeeze(parts.data[which], PSI_INTS(near ? -1 : -2)), PSI_FLOAT32);
}

/* A vector, or a row for each entry of the batch, with axes of length 1 for those of `ndim` between. */
static psi_array aligned(psi_array a, int ndim, int own)
{
    int64_t shape[PSI_MAX_NDIM];
    if (psi_is_error(a))
        return a;
    for (int i = 0; i < ndim; i++)
        shape[i] = 1;
    shape[0] = a->ndim > own && a->size ? a->shape[0] : 1;
    if (own)
        shape[ndim - 1] = a->shape[a->ndim - 1];
    return psi_reshape(a, (psi_ints){shape, ndim});
}

/* d angle / d frequency, which is -position / frequency^2, to be combined with features. */
static psi_array slope(const psi_node *node, psi_array *in)
{
    int ndim = in[X]->ndim;
    psi_array at = psi_arange(0, (double)psi_dim(in[X], -2), 1, PSI_FLOAT32);
    at = psi_add(psi_expand_dims(at, PSI_INTS(1)), aligned(psi_astype(in[OFFSET], PSI_FLOAT32), ndim, 0));
    at = psi_multiply(at, psi_scalar(-psi_attr_real(node, SCALE), PSI_FLOAT32));
    return psi_divide(at, psi_square(aligned(in[FREQS], ndim, 1)));
}

static psi_array gradient_of_freqs(psi_vjp_call *c)
{
    const psi_node *node = c->node;
    int64_t axes[PSI_MAX_NDIM];
    int count = 0;
    psi_array y[2], g[2];
    for (int i = 0; i < 2; i++) {
        y[i] = feature(node, c->out[0], i);
        g[i] = feature(node, c->cotangents[0], i);
    }
    int first = node->attr[FORWARD] ? 0 : 1;
    psi_array turn = psi_subtract(psi_multiply(g[1 - first], y[first]), psi_multiply(g[first], y[1 - first]));
    for (int i = c->in[FREQS]->ndim - 1; i < c->in[X]->ndim - 1; i++)
        axes[count++] = i;
    return psi_sum(psi_multiply(turn, slope(node, c->in)), (psi_ints){axes, count}, false);
}

bool psi_rope_vjp(psi_vjp_call *c)
{
    if (c->wanted[X]) {
        int64_t attr[STATE];
        for (int i = 0; i < STATE; i++)
            attr[i] = i == FORWARD ? !c->node->attr[i] : c->node->attr[i];
        psi_array in[] = {c->cotangents[0], c->in[OFFSET], c->node->in_count > FREQS ? c->in[FREQS] : NULL};
        c->grads[X] = build((psi_arrays){in, c->node->in_count}, attr);
    }
    if (c->node->in_count > FREQS && c->wanted[FREQS])
        c->grads[FREQS] = gradient_of_freqs(c);
    return !psi_failed();
}

/* What a change of the frequencies does: the result, turned by a right angle, times the change of the angle. */
static psi_array tangent_of_freqs(psi_jvp_call *c)
{
    const psi_node *node = c->node;
    psi_array x = c->in[X], y = c->out[0], pair[2];
    int64_t dims = node->attr[DIMS], rest = psi_dim(x, -1) - dims, shape[PSI_MAX_NDIM];
    bool near = node->attr[TRADITIONAL] != 0;
    psi_array turn = psi_multiply(slope(node, c->in), aligned(c->tangents[FREQS], x->ndim, 1));
    pair[0] = psi_negative(psi_multiply(feature(node, y, 1), turn));
    pair[1] = psi_multiply(feature(node, y, 0), turn);
    for (int i = 0; i < 2 && !node->attr[FORWARD]; i++)
        pair[i] = psi_negative(pair[i]);
    psi_array all = psi_flatten(psi_stack((psi_arrays){pair, 2}, near ? -1 : -2), -2, -1);
    all = psi_astype(all, psi_dtype_of(x));
    if (rest == 0)
        return all;
    for (int i = 0; i < x->ndim; i++)
        shape[i] = i + 1 < x->ndim ? x->shape[i] : rest;
    return psi_concatenate(PSI_ARRAYS(all, psi_zeros((psi_ints){shape, x->ndim}, psi_dtype_of(x))), -1);
}

bool psi_rope_jvp(psi_jvp_call *c)
{
    psi_array freqs = c->node->in_count > FREQS ? c->in[FREQS] : NULL, t = NULL;
    if (c->tangents[X])
        t = again(c->node, c->tangents[X], c->in[OFFSET], freqs);
    if (freqs && c->tangents[FREQS]) {
        psi_array by_freqs = tangent_of_freqs(c);
        t = t ? psi_add(t, by_freqs) : by_freqs;
    }
    c->out_tangents[0] = t;
    return !psi_failed();
}

/* The mapped axis and the batch axis become one, for which offsets and frequencies are repeated. */
bool psi_rope_vmap(psi_vmap_call *c)
{
    psi_array x = psi_batch_in(c, X), offset = c->in[OFFSET],
              freqs = c->node->in_count > FREQS ? c->in[FREQS] : NULL;
    if (psi_is_error(x))
        return false;
    int64_t n = x->shape[0], batch = x->shape[1], half = c->node->attr[DIMS] / 2;
    if (c->axes[OFFSET] >= 0 || offset->size != 1) {
        int64_t each = c->axes[OFFSET] < 0 ? offset->size
                       : offset->ndim == 2 ? psi_size(offset) / (n ? n : 1)
                                           : 1;
        offset = psi_reshape(psi_batch_in(c, OFFSET), PSI_INTS(n, each));
        offset = psi_flatten(psi_broadcast_to(offset, PSI_INTS(n, batch)), 0, 1);
    }
    if (freqs && (c->axes[FREQS] >= 0 || freqs->ndim == 2)) {
        bool rows = freqs->ndim - (c->axes[FREQS] >= 0) == 2;
        freqs = psi_reshape(psi_batch_in(c, FREQS), PSI_INTS(n, rows ? batch : 1, half));
        freqs = psi_flatten(psi_broadcast_to(freqs, PSI_INTS(n, batch, half)), 0, 1);
    }
    psi_array y = again(c->node, psi_flatten(x, 0, 1), offset, freqs);
    return psi_batch_done(c, psi_unflatten(y, 0, PSI_INTS(n, batch)));
}
