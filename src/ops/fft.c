/* fft.c: discrete Fourier transforms: builders and rules of their one node. The last of the axes is the one that is real on
 * one side when `real`; an inverse divides by the lengths. */
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

typedef struct kind {
    const char *name;
    bool inverse, real;
} kind;

/* A node over input that already has the lengths it is to have; `last` is the real length of an inverse. */
static psi_array build(psi_array in, psi_ints axes, kind k, int64_t last)
{
    int64_t shape[PSI_MAX_NDIM];
    psi_attr_builder attr;
    attr.count = 0;
    for (int i = 0; i < in->ndim; i++)
        shape[i] = in->shape[i];
    if (k.real)
        shape[axes.data[axes.count - 1]] = last;
    psi_put_list(&attr, axes);
    psi_put(&attr, k.inverse);
    psi_put(&attr, k.real);
    psi_dtype from = k.real && !k.inverse ? PSI_FLOAT32 : PSI_COMPLEX64;
    psi_dtype to = k.real && k.inverse ? PSI_FLOAT32 : PSI_COMPLEX64;
    return psi_build(PSI_OP_fft, PSI_ARRAYS(psi_astype(in, from)), psi_put_done(&attr),
                     (psi_ints){shape, in->ndim}, to);
}

/* Cut, or lengthened with zeros, to `shape`. */
static psi_array fit(psi_array a, const int64_t *shape)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM], low[PSI_MAX_NDIM] = {0}, high[PSI_MAX_NDIM];
    int64_t step[PSI_MAX_NDIM], axes[PSI_MAX_NDIM];
    bool cut = false, grow = false;
    for (int i = 0; i < a->ndim; i++) {
        cut |= shape[i] < a->shape[i];
        grow |= shape[i] > a->shape[i];
        stop[i] = shape[i] < a->shape[i] ? shape[i] : a->shape[i];
        high[i] = shape[i] - stop[i];
        step[i] = 1;
        axes[i] = i;
    }
    int n = a->ndim;
    if (cut)
        a = psi_slice(a, (psi_ints){start, n}, (psi_ints){stop, n}, (psi_ints){step, n});
    return grow ? psi_pad(a, (psi_ints){axes, n}, (psi_ints){low, n}, (psi_ints){high, n}, NULL, "constant")
                : a;
}

/* A bad axis is an index error when the lengths are to be the array's own, as upstream reads them first. */
static int axis_of(int64_t axis, int ndim, psi_ints lengths, const char *name)
{
    return lengths.count < 0 ? psi_axis_index(axis, ndim, name) : psi_axis(axis, ndim, name);
}

/* The axes, made positive, in `out`; false with an error. No axes mean all, or as many of the last as lengths. */
static bool find_axes(psi_array a, psi_ints lengths, psi_ints axes, const char *name, psi_ints *out,
                      int64_t *to)
{
    int count = axes.count < 0 ? lengths.count < 0 ? a->ndim : lengths.count : axes.count;
    if (lengths.count >= 0 && lengths.count != count) {
        PSI_INVALID("%s: %d lengths for %d axes", name, lengths.count, count);
        return false;
    }
    if (count > a->ndim) {
        PSI_INVALID("%s: %d axes of an array that has %d", name, count, a->ndim);
        return false;
    }
    for (int i = 0; i < count; i++) {
        int axis = axes.count < 0 ? a->ndim - count + i : axis_of(axes.data[i], a->ndim, lengths, name);
        if (axis < 0)
            return false;
        to[i] = axis;
    }
    *out = (psi_ints){to, count};
    return psi_axes_in_order(*out, a->ndim, to, name) == count;
}

static psi_array transform(psi_array a, psi_ints lengths, psi_ints axes, kind k)
{
    int64_t own[PSI_MAX_NDIM], shape[PSI_MAX_NDIM];
    psi_ints over;
    if (!psi_check_inputs(PSI_ARRAYS(a), k.name))
        return psi_error_array();
    if (a->ndim == 0)
        return PSI_INVALID("%s: a scalar has no axis to transform", k.name);
    if (!find_axes(a, lengths, axes, k.name, &over, own))
        return psi_error_array();
    if (over.count == 0)
        return a;
    int64_t last = 0;
    for (int i = 0; i < a->ndim; i++)
        shape[i] = a->shape[i];
    for (int i = 0; i < over.count; i++) {
        int64_t axis = own[i];
        bool half = k.real && k.inverse && i == over.count - 1;
        int64_t n = lengths.count >= 0 ? lengths.data[i] : half ? 2 * (shape[axis] - 1) : shape[axis];
        if (n <= 0 || n > INT32_MAX)
            return PSI_INVALID("%s: length %lld along axis %lld; it must be from 1 to %d", k.name,
                               (long long)n, (long long)axis, INT32_MAX);
        shape[axis] = half ? n / 2 + 1 : n;
        last = n;
    }
    return build(fit(a, shape), over, k, k.inverse ? last : last / 2 + 1);
}

#define KIND(inverse, real, name) ((kind){"fft." name, inverse, real})
#define FAMILY(prefix, inverse, real)                                         \
    psi_array psi_fft_##prefix##fft(psi_array a, int64_t n, int64_t axis)     \
    {                                                                         \
        psi_ints one = PSI_INTS(n);                                           \
        return transform(a, n == PSI_NO_INT ? PSI_NONE : one, PSI_INTS(axis), \
                         KIND(inverse, real, #prefix "fft"));                 \
    }                                                                         \
    psi_array psi_fft_##prefix##fft2(psi_array a, psi_ints s, psi_ints axes)  \
    {                                                                         \
        return transform(a, s, axes.count < 0 ? PSI_INTS(-2, -1) : axes,      \
                         KIND(inverse, real, #prefix "fft2"));                \
    }                                                                         \
    psi_array psi_fft_##prefix##fftn(psi_array a, psi_ints s, psi_ints axes)  \
    {                                                                         \
        return transform(a, s, axes, KIND(inverse, real, #prefix "fftn"));    \
    }
FAMILY(, false, false)
FAMILY(i, true, false)
FAMILY(r, false, true)
FAMILY(ir, true, true)

/* ---- shifts ---- */

static psi_array shift(psi_array a, psi_ints axes, int sign, const char *name)
{
    int64_t own[PSI_MAX_NDIM], by[PSI_MAX_NDIM];
    psi_ints over;
    if (!psi_check_inputs(PSI_ARRAYS(a), name))
        return psi_error_array();
    if (!find_axes(a, axes, axes, name, &over, own))
        return psi_error_array();
    for (int i = 0; i < over.count; i++)
        by[i] = sign * (a->shape[own[i]] / 2);
    return over.count ? psi_roll(a, (psi_ints){by, over.count}, over) : a;
}

psi_array psi_fft_fftshift(psi_array a, psi_ints axes)
{
    return shift(a, axes, 1, "fft.fftshift");
}

psi_array psi_fft_ifftshift(psi_array a, psi_ints axes)
{
    return shift(a, axes, -1, "fft.ifftshift");
}

/* ---- rules ---- */

static psi_ints axes_of(const psi_node *node)
{
    return psi_attr_list(node, 0);
}

static kind kind_of(const psi_node *node)
{
    int64_t at = node->attr[0] + 1;
    return (kind){"fft", node->attr[at], node->attr[at + 1]};
}

static int64_t last_length(const psi_node *node)
{
    psi_ints axes = axes_of(node);
    return node->out[0].shape[axes.data[axes.count - 1]];
}

/* `edge` for the first and, of an even length, the last number along the real axis, `middle` for those that stand for two. */
static psi_array edges(int64_t count, int64_t real_length, double edge, double middle, int after)
{
    psi_array k = psi_arange(0, (double)count, 1, PSI_INT32);
    psi_array first = psi_greater(k, psi_scalar(0, PSI_INT32));
    psi_array before = psi_less(k, psi_scalar((double)(count - 1 + real_length % 2), PSI_INT32));
    psi_array mask = psi_where(psi_logical_and(first, before), psi_scalar(middle, PSI_FLOAT32),
                               psi_scalar(edge, PSI_FLOAT32));
    int64_t shape[PSI_MAX_NDIM] = {count};
    for (int i = 1; i <= after; i++)
        shape[i] = 1;
    return psi_reshape(mask, (psi_ints){shape, after + 1});
}

/* The adjoint of a linear map that keeps only half of its conjugate pairs, or reads half of them twice. */
bool psi_fft_vjp(psi_vjp_call *c)
{
    if (!c->wanted[0])
        return true;
    const psi_node *node = c->node;
    psi_array g = c->cotangents[0], in = node->in[0];
    psi_ints axes = axes_of(node);
    kind k = kind_of(node);
    int64_t last = axes.data[axes.count - 1], size = 1;
    for (int i = 0; i < axes.count; i++)
        size *= k.inverse ? node->out[0].shape[axes.data[i]] : in->shape[axes.data[i]];
    int after = in->ndim - 1 - (int)last;
    kind back = {"fft", !k.inverse, k.real};
    psi_array scale = psi_scalar(k.inverse ? 1.0 / (double)size : (double)size, PSI_FLOAT32);
    if (k.real && k.inverse) {
        psi_array mask =
            edges(in->shape[last], node->out[0].shape[last], 1.0 / (double)size, 2.0 / (double)size, after);
        c->grads[0] = psi_multiply(build(g, axes, back, in->shape[last]), mask);
    } else if (k.real) {
        psi_array mask = edges(node->out[0].shape[last], in->shape[last], 1, 0.5, after);
        c->grads[0] = psi_multiply(build(psi_multiply(g, mask), axes, back, in->shape[last]), scale);
    } else {
        c->grads[0] = psi_multiply(build(g, axes, back, 0), scale);
    }
    return !psi_failed();
}

bool psi_fft_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = build(c->tangents[0], axes_of(c->node), kind_of(c->node), last_length(c->node));
    return !psi_failed();
}

bool psi_fft_vmap(psi_vmap_call *c)
{
    int64_t shifted[PSI_MAX_NDIM];
    psi_ints axes = psi_shift_axes(axes_of(c->node), shifted);
    return psi_batch_done(c, build(psi_batch_in(c, 0), axes, kind_of(c->node), last_length(c->node)));
}
