/* conv.c: the convolution's kernel: splits it in groups and phases, and runs each.
 * Invariant: every output element belongs to one phase of one group. */
#include "cpu/conv.h"

#include <string.h>

#include "cpu/kernels.h"

/* Groups so small share vectors of columns, each of which would be mostly empty for one of them. */
#define FEW_CHANNELS 8
#define FEW_COLUMNS 16

/* How one axis of a node runs, before it is split in phases. */
typedef struct node_axis {
    int64_t in_size, out_size, kernel, stride, low, kernel_dilation, input_dilation;
    int64_t in_stride, weight_stride, out_stride;
} node_axis;

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t phases_of(const node_axis *a)
{
    return psi_gemm_min(a->input_dilation / gcd(a->stride, a->input_dilation), a->out_size);
}

/* Positions phase, phase + phases, ... read undilated places; only every `apart`th tap meets one. */
static psi_conv_axis phase_axis(const node_axis *a, int64_t phase)
{
    const int64_t d = a->input_dilation, step = d / gcd(a->stride, d), apart = d / gcd(a->kernel_dilation, d);
    int64_t place = phase * a->stride - a->low, tap = 0;
    while (tap < apart && tap < a->kernel && place % d) {
        place += a->kernel_dilation;
        tap++;
    }
    bool any = tap < a->kernel && place % d == 0;
    psi_conv_axis out = {.count = (a->out_size - phase + step - 1) / step,
                         .taps = any ? (a->kernel - tap + apart - 1) / apart : 0,
                         .first = any ? place / d : 0,
                         .size = a->in_size,
                         .in_stride = a->in_stride,
                         .weight_first = tap * a->weight_stride,
                         .weight_stride = apart * a->weight_stride,
                         .out_first = phase * a->out_stride,
                         .out_stride = step * a->out_stride};
    int64_t stride = out.count > 1 ? step * a->stride / d : 0;
    int64_t move = out.taps > 1 ? apart * a->kernel_dilation / d : 0;
    out.unit = gcd(stride, move) ? gcd(stride, move) : 1;
    out.stride = stride / out.unit;
    out.move = move / out.unit;
    return out;
}

/* The attributes and operands of a node as axes: the batch, then as many spatial ones as it has, last ones last. */
static void read_axes(const psi_node *node, node_axis axis[PSI_CONV_AXES])
{
    psi_array in = node->in[0], weight = node->in[1], out = (psi_array)&node->out[0];
    const int64_t *in_strides = psi_strides_of(in), *weight_strides = psi_strides_of(weight),
                  *out_strides = psi_strides_of(out);
    const int spatial = in->ndim - 2;
    const bool flip = node->attr[5 * (spatial + 1) + 1];
    for (int i = 0; i < PSI_CONV_AXES; i++)
        axis[i] = (node_axis){
            .in_size = 1, .out_size = 1, .kernel = 1, .stride = 1, .kernel_dilation = 1, .input_dilation = 1};
    axis[0].in_size = axis[0].out_size = in->shape[0];
    axis[0].in_stride = in_strides[0];
    axis[0].out_stride = out_strides[0];
    for (int i = 0; i < spatial; i++) {
        const int64_t *attr = node->attr + 1 + i;
        int64_t kernel = weight->shape[i + 1];
        axis[PSI_CONV_AXES - spatial + i] =
            (node_axis){.in_size = in->shape[i + 1],
                        .out_size = out->shape[i + 1],
                        .kernel = kernel,
                        .stride = attr[0],
                        .low = attr[spatial + 1],
                        .kernel_dilation = attr[3 * (spatial + 1)],
                        .input_dilation = attr[4 * (spatial + 1)],
                        .in_stride = in_strides[i + 1],
                        .weight_stride = weight_strides[i + 1] * (flip ? -1 : 1),
                        .out_stride = out_strides[i + 1]};
    }
}

/* Tiles run along the last axis, or along the longest where that one is short. */
static void choose_inner(psi_conv *c)
{
    enum { SHORT = 8 };
    int longest = PSI_CONV_AXES - 1;
    for (int i = 0; i < PSI_CONV_AXES - 1; i++)
        if (c->axis[longest].count < SHORT && c->axis[i].count > c->axis[longest].count)
            longest = i;
    psi_conv_axis inner = c->axis[longest];
    for (int i = longest; i + 1 < PSI_CONV_AXES; i++)
        c->axis[i] = c->axis[i + 1];
    c->axis[PSI_CONV_AXES - 1] = inner;
}

/* Every combination of the axes' phases. */
static bool run_phases(const psi_conv *whole, const node_axis axis[PSI_CONV_AXES])
{
    int64_t total = 1;
    for (int i = 0; i < PSI_CONV_AXES; i++)
        total *= phases_of(&axis[i]);
    for (int64_t phase = 0; phase < total; phase++) {
        psi_conv c = *whole;
        int64_t rest = phase, size = (int64_t)psi_dtype_size(c.dtype);
        for (int i = PSI_CONV_AXES; i-- > 0; rest /= phases_of(&axis[i]))
            c.axis[i] = phase_axis(&axis[i], rest % phases_of(&axis[i]));
        for (int i = 0; i < PSI_CONV_AXES; i++) {
            c.weight += c.axis[i].weight_first * size;
            c.out += c.axis[i].out_first * size;
        }
        choose_inner(&c);
        if (!(size == 8 ? psi_conv_wide(&c) : psi_conv_tiles(&c)))
            return false;
    }
    return true;
}

/* True, with the stride of its rows, when places follow each other at one distance over all axes. */
static bool one_stride(const node_axis axis[PSI_CONV_AXES], int64_t *stride)
{
    *stride = 0;
    int64_t span = 0;
    for (int i = PSI_CONV_AXES; i-- > 0;) {
        const node_axis *a = &axis[i];
        if (a->kernel != 1 || a->stride != 1 || a->low != 0 || a->input_dilation != 1 ||
            a->in_size != a->out_size)
            return false;
        if (a->in_size == 1)
            continue;
        if (span && a->in_stride != span)
            return false;
        if (!span)
            *stride = a->in_stride;
        span = a->in_stride * a->in_size;
    }
    return true;
}

/* A kernel of one tap on unpadded input is a matrix product, with groups as its batch. */
static bool multiply(const psi_conv *c, int64_t groups, int64_t rows, int64_t row_stride,
                     int64_t weight_group)
{
    int64_t *offsets = psi_malloc(3 * (size_t)groups * sizeof *offsets);
    if (!offsets)
        return false;
    for (int64_t g = 0; g < groups; g++) {
        offsets[g] = g * c->channels * c->in_channel;
        offsets[groups + g] = g * weight_group;
        offsets[2 * groups + g] = g * c->columns;
    }
    psi_gemm_call call = {
        .batch = groups,
        .m = rows,
        .n = c->columns,
        .k = c->channels,
        .a = {c->in, row_stride, c->in_channel, c->dtype, offsets},
        .b = {c->weight, c->weight_channel, c->weight_column, c->dtype, offsets + groups},
        .out = {c->out, groups * c->columns, c->dtype, offsets + 2 * groups},
        .alpha = 1,
    };
    bool ok = psi_gemm(&call);
    psi_free(offsets);
    return ok;
}

bool psi_cpu_convolution(psi_node *node)
{
    psi_array in = node->in[0], weight = node->in[1], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    const int last = in->ndim - 1, spatial = in->ndim - 2;
    const int64_t groups = node->attr[5 * (spatial + 1)], size = (int64_t)psi_itemsize(out);
    node_axis axis[PSI_CONV_AXES];
    read_axes(node, axis);
    psi_conv c = {.dtype = (psi_dtype)out->dtype,
                  .in = psi_values(in),
                  .weight = psi_values(weight),
                  .out = out->buffer->data,
                  .channels = weight->shape[last],
                  .in_channel = psi_strides_of(in)[last],
                  .columns = weight->shape[0] / groups,
                  .weight_channel = psi_strides_of(weight)[last],
                  .weight_column = psi_strides_of(weight)[0],
                  .multiple = 1,
                  .inner = 1};
    if (weight->size == 0 || in->size == 0) {
        memset(c.out, 0, psi_nbytes(out));
        return true;
    }
    const int64_t weight_group = c.columns * c.weight_column;
    int64_t row_stride;
    if (one_stride(axis, &row_stride) && (groups == 1 || c.channels > 1))
        return multiply(&c, groups, out->size / weight->shape[0], row_stride, weight_group);
    for (int i = 0; i < PSI_CONV_AXES; i++)
        if (axis[i].weight_stride < 0)
            c.weight -= (axis[i].kernel - 1) * axis[i].weight_stride * size;
    if (groups > 1 && c.channels <= FEW_CHANNELS && c.columns < FEW_COLUMNS && size < 8) {
        c.depthwise = true;
        c.multiple = c.columns;
        c.inner = c.channels;
        c.columns = c.channels = weight->shape[0];
        return run_phases(&c, axis);
    }
    for (int64_t g = 0; g < groups; g++) {
        psi_conv one = c;
        one.in += g * c.channels * c.in_channel * size;
        one.weight += g * weight_group * size;
        one.out += g * c.columns * size;
        if (!run_phases(&one, axis))
            return false;
    }
    return true;
}
