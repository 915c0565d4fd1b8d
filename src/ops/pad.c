/* pad.c: borders of a constant or of the outermost elements. */
#include <string.h>

#include "ops/batch.h"
#include "ops/build.h"

/* Borders by axis; false with an error. */
static bool read_borders(psi_array a, psi_ints axes, psi_ints low, psi_ints high, int64_t *lows,
                         int64_t *highs)
{
    bool seen[PSI_MAX_NDIM] = {false};
    if (axes.count < 0 || low.count != axes.count || high.count != axes.count) {
        PSI_INVALID("pad: %d low and %d high sizes for %d axes", low.count, high.count, axes.count);
        return false;
    }
    memset(lows, 0, PSI_MAX_NDIM * sizeof *lows);
    memset(highs, 0, PSI_MAX_NDIM * sizeof *highs);
    for (int i = 0; i < axes.count; i++) {
        int axis = psi_axis(axes.data[i], a->ndim, "pad");
        if (axis < 0)
            return false;
        int64_t sum = a->shape[axis];
        bool large =
            __builtin_add_overflow(sum, low.data[i], &sum) || __builtin_add_overflow(sum, high.data[i], &sum);
        if (seen[axis] || large || low.data[i] < 0 || high.data[i] < 0) {
            PSI_INVALID("pad: sizes %lld and %lld of axis %d are negative, too large or given twice",
                        (long long)low.data[i], (long long)high.data[i], axis);
            return false;
        }
        seen[axis] = true;
        lows[axis] = low.data[i];
        highs[axis] = high.data[i];
    }
    return true;
}

/* `count` copies of the layer at `place` along an axis. */
static psi_array layers(psi_array a, int axis, int64_t place, int64_t count)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    psi_ints shape = psi_shape(a);
    memcpy(stop, shape.data, (size_t)shape.count * sizeof *stop);
    start[axis] = place;
    stop[axis] = place + 1;
    psi_array layer = psi_slice(a, (psi_ints){start, shape.count}, (psi_ints){stop, shape.count}, PSI_NONE);
    stop[axis] = count;
    return psi_broadcast_to(layer, (psi_ints){stop, shape.count});
}

static psi_array pad_edges(psi_array a, const int64_t *lows, const int64_t *highs)
{
    for (int i = 0, ndim = psi_ndim(a); i < ndim && !psi_is_error(a); i++) {
        int64_t length = psi_shape(a).data[i];
        if (lows[i] + highs[i] == 0)
            continue;
        if (length == 0)
            return PSI_INVALID("pad: axis %d is empty and has no edge", i);
        a = psi_concatenate(PSI_ARRAYS(layers(a, i, 0, lows[i]), a, layers(a, i, length - 1, highs[i])), i);
    }
    return a;
}

psi_array psi_pad(psi_array a, psi_ints axes, psi_ints low_pad_size, psi_ints high_pad_size,
                  psi_array pad_value, const char *mode)
{
    int64_t lows[PSI_MAX_NDIM], highs[PSI_MAX_NDIM], shape[PSI_MAX_NDIM], places[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "pad") ||
        !read_borders(a, axes, low_pad_size, high_pad_size, lows, highs))
        return psi_error_array();
    if (mode && !strcmp(mode, "edge"))
        return pad_edges(a, lows, highs);
    if (!mode || strcmp(mode, "constant") != 0)
        return PSI_INVALID("pad: mode is '%s', not 'constant' or 'edge'", mode ? mode : "NULL");
    if (!pad_value)
        pad_value = psi_like(a, 0);
    if (!psi_check_inputs(PSI_ARRAYS(pad_value), "pad"))
        return psi_error_array();
    if (pad_value->size != 1)
        return PSI_INVALID("pad: the value has shape %s, not one element",
                           PSI_SHAPE(psi_shape_of(pad_value)));
    for (int i = 0; i < a->ndim; i++)
        shape[i] = a->shape[i] + lows[i] + highs[i];
    for (int i = 0; i < axes.count; i++)
        places[i] = axes.data[i] < 0 ? axes.data[i] + a->ndim : axes.data[i];
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, (psi_ints){places, axes.count});
    psi_put_list(&attr, low_pad_size);
    psi_put_list(&attr, high_pad_size);
    pad_value = psi_astype(pad_value, psi_dtype_of(a));
    return psi_build(PSI_OP_pad, PSI_ARRAYS(a, pad_value), psi_put_done(&attr), (psi_ints){shape, a->ndim},
                     psi_dtype_of(a));
}

typedef struct pad_attr {
    psi_ints axes, low, high;
} pad_attr;

static pad_attr attr_of(const psi_node *node)
{
    psi_ints axes = psi_attr_list(node, 0);
    return (pad_attr){axes, psi_attr_list(node, axes.count + 1), psi_attr_list(node, 2 * axes.count + 2)};
}

bool psi_pad_vjp(psi_vjp_call *c)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    pad_attr p = attr_of(c->node);
    psi_array g = c->cotangents[0];
    int ndim = psi_ndim(g);
    memcpy(stop, psi_shape(g).data, (size_t)ndim * sizeof *stop);
    for (int i = 0; i < p.axes.count; i++) {
        start[p.axes.data[i]] = p.low.data[i];
        stop[p.axes.data[i]] -= p.high.data[i];
    }
    psi_array inner = psi_slice(g, (psi_ints){start, ndim}, (psi_ints){stop, ndim}, PSI_NONE);
    if (c->wanted[0])
        c->grads[0] = inner;
    if (c->wanted[1]) {
        psi_array border = psi_subtract(psi_sum(g, PSI_NONE, false), psi_sum(inner, PSI_NONE, false));
        c->grads[1] = psi_reshape(border, psi_shape(c->in[1]));
    }
    return !psi_failed();
}

bool psi_pad_jvp(psi_jvp_call *c)
{
    pad_attr p = attr_of(c->node);
    psi_array t = c->tangents[0] ? c->tangents[0] : psi_zeros_like(c->in[0]);
    c->out_tangents[0] = psi_pad(t, p.axes, p.low, p.high, c->tangents[1], "constant");
    return !psi_failed();
}

bool psi_pad_vmap(psi_vmap_call *c)
{
    int64_t shifted[PSI_MAX_NDIM], ones[PSI_MAX_NDIM + 1];
    pad_attr p = attr_of(c->node);
    psi_ints axes = psi_shift_axes(p.axes, shifted);
    psi_array a = psi_batch_in(c, 0);
    if (c->axes[1] < 0)
        return psi_batch_done(c, psi_pad(a, axes, p.low, p.high, c->in[1], "constant"));
    psi_array inside =
        psi_pad(psi_full_like(a, psi_like(a, 1), PSI_BOOL), axes, p.low, p.high, NULL, "constant");
    for (int i = 0; i < psi_ndim(a); i++)
        ones[i] = i ? 1 : psi_batch_length(c);
    psi_array values = psi_reshape(psi_batch_in(c, 1), (psi_ints){ones, psi_ndim(a)});
    return psi_batch_done(c, psi_where(inside, psi_pad(a, axes, p.low, p.high, NULL, "constant"), values));
}
