/* conv.c: builders and rules of convolutions: one node, Convolution, of an input (N, spatial..., C) and a weight
 * (O, spatial..., C / groups). A node of a gradient may have negative padding, which crops; the public builders
 * slice instead, as upstream does. Invariant: a node's lists have one entry per spatial axis. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

#define MOST_SPATIAL 3

typedef struct conv_spec {
    int axes; /* spatial ones */
    int64_t stride[MOST_SPATIAL], low[MOST_SPATIAL], high[MOST_SPATIAL];
    int64_t kernel_dilation[MOST_SPATIAL], input_dilation[MOST_SPATIAL];
    int64_t groups;
    bool flip;
} conv_spec;

static psi_ints listed(const int64_t *data, const conv_spec *s)
{
    return (psi_ints){data, s->axes};
}

/* One number for all axes, or one for each; PSI_NONE is the default. */
static bool read_list(psi_ints given, int64_t otherwise, int64_t least, const char *what, int axes,
                      int64_t *out)
{
    if (given.count > 1 && given.count != axes) {
        PSI_INVALID("conv: %s %s has %d entries for %d spatial axes", what, PSI_SHAPE(given), given.count,
                    axes);
        return false;
    }
    for (int i = 0; i < axes; i++) {
        out[i] = given.count < 1 ? otherwise : given.data[given.count == 1 ? 0 : i];
        if (out[i] < least || out[i] > INT32_MAX || out[i] < -INT32_MAX) {
            PSI_INVALID("conv: %s %s; each must be from %lld to %d", what, PSI_SHAPE(given),
                        (long long)(least < 0 ? -INT32_MAX : least), INT32_MAX);
            return false;
        }
    }
    return true;
}

static bool check_channels(psi_array in, psi_array weight, int64_t groups)
{
    int64_t channels = psi_dim(in, -1), outputs = weight->shape[0], each = psi_dim(weight, -1);
    if (groups < 1 || channels % groups || outputs % groups) {
        PSI_INVALID(
            "conv: %lld groups of %lld input channels and %lld output channels; groups must be positive "
            "and divide both",
            (long long)groups, (long long)channels, (long long)outputs);
        return false;
    }
    if (channels / groups == each)
        return true;
    PSI_INVALID("conv: input %s has %lld channels in each of %lld groups, weight %s wants %lld",
                PSI_SHAPE(psi_shape_of(in)), (long long)(channels / groups), (long long)groups,
                PSI_SHAPE(psi_shape_of(weight)), (long long)each);
    return false;
}

static bool check_operands(psi_array in, psi_array weight)
{
    if (!psi_issubdtype((psi_dtype)in->dtype, PSI_FLOATING)) {
        PSI_INVALID("conv: the input's dtype is %s; a real floating one is needed",
                    psi_dtype_name((psi_dtype)in->dtype));
        return false;
    }
    if (in->ndim >= 3 && in->ndim <= MOST_SPATIAL + 2 && weight->ndim == in->ndim)
        return true;
    PSI_INVALID("conv: input %s and weight %s; both need 3 to %d dimensions, and as many as each other",
                PSI_SHAPE(psi_shape_of(in)), PSI_SHAPE(psi_shape_of(weight)), MOST_SPATIAL + 2);
    return false;
}

/* Elements spanned by `size` of them `dilation` apart; what fits no result is cut to INT64_MAX / 4. */
static int64_t dilated(int64_t size, int64_t dilation)
{
    int64_t span;
    if (size < 1)
        return 0;
    return __builtin_mul_overflow(size - 1, dilation, &span) || span > INT64_MAX / 4 ? INT64_MAX / 4
                                                                                     : span + 1;
}

/* The node; operands of one dtype whose channels fit. */
static psi_array make(psi_array in, psi_array weight, const conv_spec *s)
{
    if (psi_is_error(in) || psi_is_error(weight))
        return psi_error_array();
    int64_t shape[MOST_SPATIAL + 2];
    psi_attr_builder attr;
    attr.count = 0;
    shape[0] = in->shape[0];
    shape[s->axes + 1] = weight->shape[0];
    for (int i = 0; i < s->axes; i++) {
        int64_t room = dilated(in->shape[i + 1], s->input_dilation[i]) + s->low[i] + s->high[i];
        int64_t kernel = dilated(weight->shape[i + 1], s->kernel_dilation[i]);
        if (room < kernel || (kernel == 0 && room <= 0))
            return PSI_INVALID(
                "conv: the weight spans %lld elements of axis %d, where the padded input has %lld",
                (long long)kernel, i + 1, (long long)room);
        shape[i + 1] = (room - kernel) / s->stride[i] + 1;
    }
    psi_put_list(&attr, listed(s->stride, s));
    psi_put_list(&attr, listed(s->low, s));
    psi_put_list(&attr, listed(s->high, s));
    psi_put_list(&attr, listed(s->kernel_dilation, s));
    psi_put_list(&attr, listed(s->input_dilation, s));
    psi_put(&attr, s->groups);
    psi_put(&attr, s->flip);
    return psi_build(PSI_OP_convolution, PSI_ARRAYS(in, weight), psi_put_done(&attr),
                     (psi_ints){shape, in->ndim}, (psi_dtype)in->dtype);
}

/* The input without what negative padding takes away; that padding becomes zero. */
static psi_array crop(psi_array in, conv_spec *s)
{
    int64_t start[MOST_SPATIAL + 2] = {0}, stop[MOST_SPATIAL + 2];
    bool crops = false;
    memcpy(stop, in->shape, (size_t)in->ndim * sizeof *stop);
    for (int i = 0; i < s->axes; i++) {
        crops |= s->low[i] < 0 || s->high[i] < 0;
        start[i + 1] = s->low[i] < 0 ? -s->low[i] : 0;
        stop[i + 1] += s->high[i] < 0 ? s->high[i] : 0;
        stop[i + 1] = stop[i + 1] < 0 ? 0 : stop[i + 1];
        s->low[i] = s->low[i] < 0 ? 0 : s->low[i];
        s->high[i] = s->high[i] < 0 ? 0 : s->high[i];
    }
    return crops ? psi_slice(in, (psi_ints){start, in->ndim}, (psi_ints){stop, in->ndim}, PSI_NONE) : in;
}

psi_array psi_conv_general(psi_array input, psi_array weight, psi_ints stride, psi_ints padding_lo,
                           psi_ints padding_hi, psi_ints kernel_dilation, psi_ints input_dilation,
                           int64_t groups, bool flip)
{
    if (!psi_check_inputs(PSI_ARRAYS(input, weight), "conv") || !check_operands(input, weight) ||
        !check_channels(input, weight, groups))
        return psi_error_array();
    conv_spec s = {.axes = input->ndim - 2, .groups = groups, .flip = flip};
    if (!read_list(stride, 1, 1, "stride", s.axes, s.stride) ||
        !read_list(padding_lo, 0, INT64_MIN, "low padding", s.axes, s.low) ||
        !read_list(padding_hi, 0, INT64_MIN, "high padding", s.axes, s.high) ||
        !read_list(kernel_dilation, 1, 1, "kernel dilation", s.axes, s.kernel_dilation) ||
        !read_list(input_dilation, 1, 1, "input dilation", s.axes, s.input_dilation))
        return psi_error_array();
    psi_dtype dtype = psi_promote_types((psi_dtype)input->dtype, (psi_dtype)weight->dtype);
    return make(psi_astype(crop(input, &s), dtype), psi_astype(weight, dtype), &s);
}

/* ---- convolutions of a number of axes ---- */

/* A list of one or `axes` entries as one of `axes`, so that an input of other axes is noticed. */
static psi_ints spread(psi_ints given, int64_t otherwise, int axes, int64_t *out)
{
    if (given.count > 1)
        return given;
    for (int i = 0; i < axes; i++)
        out[i] = given.count == 1 ? given.data[0] : otherwise;
    return (psi_ints){out, axes};
}

static psi_array conv_axes(psi_array input, psi_array weight, psi_ints stride, psi_ints padding,
                           psi_ints dilation, int64_t groups, int axes)
{
    int64_t by[MOST_SPATIAL], pad[MOST_SPATIAL], apart[MOST_SPATIAL];
    padding = spread(padding, 0, axes, pad);
    return psi_conv_general(input, weight, spread(stride, 1, axes, by), padding, padding,
                            spread(dilation, 1, axes, apart), PSI_NONE, groups, false);
}

psi_array psi_conv1d(psi_array input, psi_array weight, int64_t stride, int64_t padding, int64_t dilation,
                     int64_t groups)
{
    return conv_axes(input, weight, PSI_INTS(stride), PSI_INTS(padding), PSI_INTS(dilation), groups, 1);
}

psi_array psi_conv2d(psi_array input, psi_array weight, psi_ints stride, psi_ints padding, psi_ints dilation,
                     int64_t groups)
{
    return conv_axes(input, weight, stride, padding, dilation, groups, 2);
}

psi_array psi_conv3d(psi_array input, psi_array weight, psi_ints stride, psi_ints padding, psi_ints dilation,
                     int64_t groups)
{
    return conv_axes(input, weight, stride, padding, dilation, groups, 3);
}

/* The convolution whose gradient by its input is wanted has `stride`; here that dilates the input. */
static psi_array transposed(psi_array input, psi_array weight, psi_ints stride, psi_ints padding,
                            psi_ints dilation, psi_ints output_padding, int64_t groups, int axes)
{
    int64_t by[MOST_SPATIAL], pad[MOST_SPATIAL], apart[MOST_SPATIAL], more[MOST_SPATIAL], low[MOST_SPATIAL],
        high[MOST_SPATIAL];
    if (!psi_check_inputs(PSI_ARRAYS(input, weight), "conv_transpose") || !check_operands(input, weight))
        return psi_error_array();
    if (input->ndim != axes + 2)
        return PSI_INVALID("conv_transpose%dd: input %s has %d dimensions; %d are needed", axes,
                           PSI_SHAPE(psi_shape_of(input)), input->ndim, axes + 2);
    if (!read_list(stride, 1, 1, "stride", axes, by) ||
        !read_list(padding, 0, INT64_MIN, "padding", axes, pad) ||
        !read_list(dilation, 1, 1, "dilation", axes, apart) ||
        !read_list(output_padding, 0, INT64_MIN, "output padding", axes, more))
        return psi_error_array();
    for (int i = 0; i < axes; i++) {
        low[i] = dilated(weight->shape[i + 1], apart[i]) - 1 - pad[i];
        high[i] = low[i] + more[i];
    }
    return psi_conv_general(input, weight, PSI_NONE, (psi_ints){low, axes}, (psi_ints){high, axes},
                            (psi_ints){apart, axes}, (psi_ints){by, axes}, groups, true);
}

psi_array psi_conv_transpose1d(psi_array input, psi_array weight, int64_t stride, int64_t padding,
                               int64_t dilation, int64_t output_padding, int64_t groups)
{
    return transposed(input, weight, PSI_INTS(stride), PSI_INTS(padding), PSI_INTS(dilation),
                      PSI_INTS(output_padding), groups, 1);
}

psi_array psi_conv_transpose2d(psi_array input, psi_array weight, psi_ints stride, psi_ints padding,
                               psi_ints dilation, psi_ints output_padding, int64_t groups)
{
    return transposed(input, weight, stride, padding, dilation, output_padding, groups, 2);
}

psi_array psi_conv_transpose3d(psi_array input, psi_array weight, psi_ints stride, psi_ints padding,
                               psi_ints dilation, psi_ints output_padding, int64_t groups)
{
    return transposed(input, weight, stride, padding, dilation, output_padding, groups, 3);
}

psi_array psi_convolve(psi_array a, psi_array v, const char *mode)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, v), "convolve"))
        return psi_error_array();
    if (a->ndim != 1 || v->ndim != 1 || a->size == 0 || v->size == 0)
        return PSI_INVALID("convolve: operands %s and %s; two vectors that are not empty are needed",
                           PSI_SHAPE(psi_shape_of(a)), PSI_SHAPE(psi_shape_of(v)));
    psi_array in = a->size < v->size ? v : a, weight = a->size < v->size ? a : v;
    int64_t low = 0, high = 0, size = weight->size;
    if (!mode)
        return PSI_INVALID("convolve: mode is NULL; it must be full, valid or same");
    if (!strcmp(mode, "full"))
        low = high = size - 1;
    else if (!strcmp(mode, "same"))
        low = size / 2, high = (size - 1) / 2;
    else if (strcmp(mode, "valid") != 0)
        return PSI_INVALID("convolve: mode is '%s'; it must be full, valid or same", mode);
    psi_array y =
        psi_conv_general(psi_reshape(in, PSI_INTS(1, -1, 1)), psi_reshape(weight, PSI_INTS(1, -1, 1)),
                         PSI_NONE, PSI_INTS(low), PSI_INTS(high), PSI_NONE, PSI_NONE, 1, true);
    return psi_reshape(y, PSI_INTS(-1));
}

/* ---- rules ---- */

static conv_spec spec_of(const psi_node *node)
{
    conv_spec s = {.axes = (int)node->attr[0]};
    int64_t *const lists[] = {s.stride, s.low, s.high, s.kernel_dilation, s.input_dilation};
    int step = s.axes + 1;
    for (int i = 0; i < 5; i++)
        memcpy(lists[i], node->attr + i * step + 1, (size_t)s.axes * sizeof *lists[i]);
    s.groups = node->attr[5 * step];
    s.flip = node->attr[5 * step + 1];
    return s;
}

/* Axis `axis` holds groups of channels: their number goes before axis `to`, which changes places with the rest. */
static psi_array exchange(psi_array a, int axis, int to, int64_t groups)
{
    if (groups == 1)
        return psi_swapaxes(a, axis, to);
    int at = axis < 0 ? psi_ndim(a) - 1 : axis; /* of the groups; the channels of one follow */
    int other = to < 0 ? psi_ndim(a) : to;
    a = psi_unflatten(a, at, PSI_INTS(groups, -1));
    a = psi_swapaxes(a, at + 1, other);
    return psi_flatten(a, at, at + 1);
}

static psi_array input_gradient(const conv_spec *s, psi_array in, psi_array weight, psi_array g)
{
    conv_spec t = {.axes = s->axes, .groups = s->groups, .flip = !s->flip};
    for (int i = 0; i < s->axes; i++) {
        t.stride[i] = s->input_dilation[i];
        t.kernel_dilation[i] = s->kernel_dilation[i];
        t.input_dilation[i] = s->stride[i];
        t.low[i] = dilated(psi_dim(weight, i + 1), s->kernel_dilation[i]) - s->low[i] - 1;
        t.high[i] = dilated(psi_dim(in, i + 1), s->input_dilation[i]) -
                    dilated(psi_dim(g, i + 1), s->stride[i]) + s->low[i];
    }
    return make(g, exchange(weight, 0, -1, s->groups), &t);
}

/* The same sums with channels as the batch and the batch as channels: a kernel of the cotangent's size. */
static psi_array weight_gradient(const conv_spec *s, psi_array in, psi_array weight, psi_array g)
{
    conv_spec t = {.axes = s->axes, .groups = s->groups, .flip = false};
    int64_t start[MOST_SPATIAL + 2] = {0}, stop[MOST_SPATIAL + 2], step[MOST_SPATIAL + 2];
    for (int i = 0; i < s->axes; i++) {
        int64_t kernel = psi_dim(weight, i + 1);
        t.stride[i] = s->kernel_dilation[i];
        t.kernel_dilation[i] = s->stride[i];
        t.input_dilation[i] = s->input_dilation[i];
        t.low[i] = s->low[i];
        t.high[i] = dilated(psi_dim(g, i + 1), s->stride[i]) -
                    dilated(psi_dim(in, i + 1), s->input_dilation[i]) +
                    dilated(kernel, s->kernel_dilation[i]) - s->low[i] - 1;
        start[i + 1] = kernel - 1;
        stop[i + 1] = -kernel - 1;
        step[i + 1] = -1;
    }
    psi_array y = make(exchange(in, -1, 0, s->groups), psi_swapaxes(g, 0, -1), &t);
    if (s->flip && !psi_is_error(y)) {
        int last = s->axes + 1;
        stop[0] = psi_dim(y, 0);
        stop[last] = psi_dim(y, last);
        step[0] = step[last] = 1;
        y = psi_slice(y, (psi_ints){start, last + 1}, (psi_ints){stop, last + 1}, (psi_ints){step, last + 1});
    }
    return psi_swapaxes(y, 0, -1);
}

bool psi_convolution_vjp(psi_vjp_call *c)
{
    conv_spec s = spec_of(c->node);
    psi_array g = c->cotangents[0];
    if (psi_dtype_of(g) == PSI_COMPLEX64)
        g = psi_conjugate(g);
    if (c->wanted[0])
        c->grads[0] = input_gradient(&s, c->in[0], c->in[1], g);
    if (c->wanted[1])
        c->grads[1] = weight_gradient(&s, c->in[0], c->in[1], g);
    for (int i = 0; i < 2; i++)
        if (c->wanted[i] && psi_dtype_of(g) == PSI_COMPLEX64)
            c->grads[i] = psi_conjugate(c->grads[i]);
    return !psi_failed();
}

bool psi_convolution_jvp(psi_jvp_call *c)
{
    conv_spec s = spec_of(c->node);
    psi_array left = c->tangents[0] ? make(c->tangents[0], c->in[1], &s) : NULL;
    psi_array right = c->tangents[1] ? make(c->in[0], c->tangents[1], &s) : NULL;
    c->out_tangents[0] = left && right ? psi_add(left, right) : left ? left : right;
    return !psi_failed();
}

/* A mapped input joins the batch, a mapped weight the outputs of its group; both together are groups of their own. */
bool psi_convolution_vmap(psi_vmap_call *c)
{
    conv_spec s = spec_of(c->node);
    psi_array in = c->in[0], weight = c->in[1], y;
    int64_t groups = s.groups;
    if (c->axes[1] < 0) {
        in = psi_moveaxis(in, c->axes[0], 0);
        y = make(psi_flatten(in, 0, 1), weight, &s);
        c->out[0] = psi_unflatten(y, 0, PSI_INTS(psi_dim(in, 0), psi_dim(in, 1)));
        c->out_axes[0] = 0;
        return !psi_failed();
    }
    weight = psi_moveaxis(weight, c->axes[1], 0);
    int64_t mapped = psi_dim(weight, 0), outputs = psi_dim(weight, 1);
    if (c->axes[0] < 0) {
        weight = psi_moveaxis(psi_unflatten(weight, 1, PSI_INTS(groups, outputs / groups)), 0, 1);
        y = psi_unflatten(make(in, psi_flatten(weight, 0, 2), &s), -1,
                          PSI_INTS(groups, mapped, outputs / groups));
        c->out[0] = psi_flatten(psi_moveaxis(y, -2, 0), -2, -1);
    } else {
        s.groups = groups * mapped;
        y = make(psi_flatten(psi_moveaxis(in, c->axes[0], -2), -2, -1), psi_flatten(weight, 0, 1), &s);
        c->out[0] = psi_moveaxis(psi_unflatten(y, -1, PSI_INTS(mapped, outputs)), -2, 0);
    }
    c->out_axes[0] = 0;
    return !psi_failed();
}
