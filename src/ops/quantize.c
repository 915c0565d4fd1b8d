/* quantize.c: packing floats into codes of few bits, and back: builders and rules. A Quantize node has the float matrix
 * (and perhaps a global scale) as inputs, or packed words, scales and biases (or a global scale). */
#include "ops/quantize.h"

#include <string.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

static const char *const mode_names[] = {"affine", "mxfp4", "mxfp8", "nvfp4"};

const char *psi_quantization_mode(int mode)
{
    return mode_names[mode];
}

static bool is_affine(const psi_quantization *q)
{
    bool group = q->group == 32 || q->group == 64 || q->group == 128;
    return group && q->bits >= 2 && q->bits <= 8 && q->bits != 7;
}

bool psi_quantization_read(psi_quantization *q, const char *mode, int64_t group_size, int64_t bits,
                           const char *op)
{
    static const int64_t groups[] = {64, 32, 32, 16}, widths[] = {4, 4, 8, 4};
    q->mode = -1;
    for (int i = 0; mode && i < 4; i++)
        if (strcmp(mode, mode_names[i]) == 0)
            q->mode = i;
    if (q->mode < 0) {
        PSI_INVALID("%s: mode '%.40s'; affine, mxfp4, mxfp8 and nvfp4 exist", op, mode ? mode : "");
        return false;
    }
    q->group = group_size == PSI_NO_INT ? groups[q->mode] : group_size;
    q->bits = bits == PSI_NO_INT ? widths[q->mode] : bits;
    if (q->mode == PSI_AFFINE ? is_affine(q) : q->group == groups[q->mode] && q->bits == widths[q->mode])
        return true;
    if (q->mode == PSI_AFFINE)
        PSI_INVALID(
            "%s: groups of %lld and %lld bits; affine quantisation has groups of 32, 64 and 128, and 2, 3, "
            "4, 5, 6 and 8 bits",
            op, (long long)q->group, (long long)q->bits);
    else
        PSI_INVALID("%s: groups of %lld and %lld bits; %s has groups of %lld and %lld bits", op,
                    (long long)q->group, (long long)q->bits, mode, (long long)groups[q->mode],
                    (long long)widths[q->mode]);
    return false;
}

bool psi_global_scale_check(const psi_quantization *q, psi_array scale, const char *op)
{
    if (!scale)
        return true;
    if (q->mode != PSI_NVFP4)
        PSI_INVALID("%s: a global scale in mode %s; only nvfp4 takes one", op, mode_names[q->mode]);
    else if (psi_size(scale) != 1 || psi_dtype_of(scale) != PSI_FLOAT32)
        PSI_INVALID("%s: a global scale of shape %s and dtype %s; one float32 is needed", op,
                    PSI_SHAPE(psi_shape(scale)), psi_dtype_name(psi_dtype_of(scale)));
    else
        return true;
    return false;
}

/* Scales and biases of the dtypes that the mode wants. */
static bool check_scales(const psi_packed *p, const char *op)
{
    psi_dtype dtype = psi_dtype_of(p->scales);
    if (p->q.mode == PSI_AFFINE && !p->biases)
        PSI_INVALID("%s: affine quantisation needs biases", op);
    else if (p->q.mode != PSI_AFFINE && p->biases)
        PSI_INVALID("%s: biases in mode %s, which has none", op, mode_names[p->q.mode]);
    else if (p->biases && !psi_issubdtype(psi_promote_types(dtype, psi_dtype_of(p->biases)), PSI_FLOATING))
        PSI_INVALID("%s: scales of dtype %s and biases of %s; real floating dtypes are needed", op,
                    psi_dtype_name(dtype), psi_dtype_name(psi_dtype_of(p->biases)));
    else if (!p->biases && dtype != PSI_UINT8)
        PSI_INVALID("%s: scales of dtype %s; mode %s has uint8", op, psi_dtype_name(dtype),
                    mode_names[p->q.mode]);
    else
        return true;
    return false;
}

bool psi_packed_read(psi_packed *p, const char *mode, int64_t group_size, int64_t bits, const char *op)
{
    if (!psi_check_inputs(PSI_ARRAYS(p->w, p->scales), op) ||
        (p->biases && !psi_check_inputs(PSI_ARRAYS(p->biases), op)) ||
        !psi_quantization_read(&p->q, mode, group_size, bits, op) || !check_scales(p, op))
        return false;
    psi_ints words = psi_shape(p->w), scales = psi_shape(p->scales);
    if (psi_dtype_of(p->w) != PSI_UINT32 || words.count < 2) {
        PSI_INVALID("%s: packed values of shape %s and dtype %s; a matrix of uint32 is needed", op,
                    PSI_SHAPE(words), psi_dtype_name(psi_dtype_of(p->w)));
        return false;
    }
    bool fit = words.count == scales.count;
    for (int i = 0; fit && i < words.count - 1; i++)
        fit = words.data[i] == scales.data[i];
    int64_t row = words.data[words.count - 1], per = psi_group_words(&p->q);
    fit = fit && row < (int64_t)1 << 56 && row % per == 0 && row / per == scales.data[scales.count - 1];
    if (fit && p->biases) {
        psi_ints biases = psi_shape(p->biases);
        fit = biases.count == scales.count &&
              memcmp(biases.data, scales.data, (size_t)scales.count * sizeof *scales.data) == 0;
    }
    if (!fit)
        PSI_INVALID(
            "%s: words of shape %s, scales of %s and biases of %s do not fit groups of %lld of %lld bits", op,
            PSI_SHAPE(words), PSI_SHAPE(scales), p->biases ? PSI_SHAPE(psi_shape(p->biases)) : "()",
            (long long)p->q.group, (long long)p->q.bits);
    return fit;
}

psi_arrays psi_quantize(psi_array w, int64_t group_size, int64_t bits, const char *mode,
                        psi_array global_scale)
{
    psi_arrays none = {NULL, 0};
    psi_quantization q;
    if (!psi_check_inputs(PSI_ARRAYS(w), "quantize") ||
        (global_scale && !psi_check_inputs(PSI_ARRAYS(global_scale), "quantize")) ||
        !psi_quantization_read(&q, mode, group_size, bits, "quantize") ||
        !psi_global_scale_check(&q, global_scale, "quantize"))
        return none;
    psi_dtype dtype = psi_dtype_of(w);
    int last = psi_ndim(w) - 1;
    if (!psi_issubdtype(dtype, PSI_FLOATING) || last < 1 || psi_dim(w, -1) % q.group != 0) {
        PSI_INVALID(
            "quantize: an array of shape %s and dtype %s; a matrix of a real floating dtype is needed, its "
            "rows of groups of %lld",
            PSI_SHAPE(psi_shape(w)), psi_dtype_name(dtype), (long long)q.group);
        return none;
    }
    int64_t packed[PSI_MAX_NDIM], groups[PSI_MAX_NDIM];
    for (int i = 0; i < last; i++)
        packed[i] = groups[i] = psi_dim(w, i);
    groups[last] = psi_dim(w, -1) / q.group;
    packed[last] = groups[last] * psi_group_words(&q);
    bool affine = q.mode == PSI_AFFINE;
    psi_output_spec parts[] = {{{packed, last + 1}, PSI_UINT32},
                               {{groups, last + 1}, affine ? dtype : PSI_UINT8},
                               {{groups, last + 1}, dtype}};
    psi_ints attr = PSI_INTS(q.group, q.bits, q.mode, false);
    psi_arrays in = global_scale ? PSI_ARRAYS(w, global_scale) : PSI_ARRAYS(w);
    return psi_node_new_many((psi_node_spec){PSI_OP_quantize, in, attr}, affine ? 3 : 2, parts);
}

/* The same shape with rows of another length, in `out`. */
static psi_ints with_last(psi_ints shape, int64_t last, int64_t *out)
{
    memcpy(out, shape.data, (size_t)shape.count * sizeof *out);
    out[shape.count - 1] = last;
    return (psi_ints){out, shape.count};
}

/* Rows cut in groups, and one value for each group beside them. */
static psi_array grouped(psi_array a, int64_t group)
{
    int64_t last = psi_ndim(a) - 1;
    return psi_unflatten(a, last, PSI_INTS(psi_dim(a, -1) / group, group));
}

static psi_array per_group(psi_array a)
{
    return psi_expand_dims(a, PSI_INTS(-1));
}

static psi_array codes_of(const psi_quantization *q, psi_array w, psi_array scales)
{
    return psi_dequantize(w, psi_ones(psi_shape(scales), PSI_FLOAT32),
                          psi_zeros(psi_shape(scales), PSI_FLOAT32), q->group, q->bits, mode_names[q->mode],
                          NULL, PSI_DTYPE_COUNT);
}

/* float64 is computed from codes by ordinary ops. */
static psi_array dequantize_wide(const psi_packed *p)
{
    psi_array codes = psi_astype(codes_of(&p->q, p->w, p->scales), PSI_FLOAT64);
    if (psi_is_error(codes))
        return codes;
    psi_array y =
        psi_add(psi_multiply(grouped(codes, p->q.group), per_group(p->scales)), per_group(p->biases));
    return psi_reshape(y, psi_shape(codes));
}

psi_array psi_dequantize(psi_array w, psi_array scales, psi_array biases, int64_t group_size, int64_t bits,
                         const char *mode, psi_array global_scale, psi_dtype dtype)
{
    psi_packed p = {.w = w, .scales = scales, .biases = biases};
    int64_t room[PSI_MAX_NDIM];
    if ((global_scale && !psi_check_inputs(PSI_ARRAYS(global_scale), "dequantize")) ||
        !psi_packed_read(&p, mode, group_size, bits, "dequantize") ||
        !psi_global_scale_check(&p.q, global_scale, "dequantize"))
        return psi_error_array();
    if (dtype != PSI_DTYPE_COUNT &&
        ((unsigned)dtype >= PSI_DTYPE_COUNT || !psi_issubdtype(dtype, PSI_FLOATING)))
        return PSI_INVALID("dequantize: dtype %s; a real floating dtype is needed",
                           (unsigned)dtype < PSI_DTYPE_COUNT ? psi_dtype_name(dtype) : "?");
    psi_ints shape = with_last(psi_shape(w), psi_packed_codes(&p), room);
    psi_ints attr = PSI_INTS(p.q.group, p.q.bits, p.q.mode, true);
    if (p.q.mode != PSI_AFFINE) {
        psi_dtype to = dtype == PSI_DTYPE_COUNT ? PSI_BFLOAT16 : dtype;
        if (global_scale)
            return psi_build(PSI_OP_dequantize, PSI_ARRAYS(w, scales, global_scale), attr, shape,
                             psi_promote_types(to, PSI_FLOAT32));
        return psi_build(PSI_OP_dequantize, PSI_ARRAYS(w, scales), attr, shape, to);
    }
    psi_dtype own = psi_promote_types(psi_dtype_of(scales), psi_dtype_of(biases));
    p.scales = psi_astype(scales, own);
    p.biases = psi_astype(biases, own);
    psi_array y = own == PSI_FLOAT64
                      ? dequantize_wide(&p)
                      : psi_build(PSI_OP_dequantize, PSI_ARRAYS(w, p.scales, p.biases), attr, shape, own);
    return dtype == PSI_DTYPE_COUNT ? y : psi_astype(y, dtype);
}

/* ---- rules ---- */

/* Where a group's bias, its value of the largest size as float32, comes from; shared out among equals. A group of zeros has
 * none. */
static psi_array edges(psi_array w, psi_array biases, int64_t group)
{
    psi_array bias = psi_astype(per_group(biases), PSI_FLOAT32), zero = psi_scalar(0, PSI_FLOAT32);
    psi_array values = psi_astype(grouped(w, group), PSI_FLOAT32);
    psi_array hit = psi_logical_and(psi_equal(values, bias), psi_not_equal(bias, zero));
    hit = psi_astype(hit, psi_dtype_of(w));
    return psi_divide(hit, psi_maximum(psi_sum(hit, PSI_INTS(-1), true), psi_like(hit, 1)));
}

/* scale = bias / n for a whole number n, and does not move where the bias is zero. */
static psi_array steps(psi_array scales, psi_array biases)
{
    psi_array n = psi_round(psi_divide(biases, scales), 0), zero = psi_like(n, 0);
    return psi_where(psi_equal(n, zero), zero, psi_reciprocal(n));
}

bool psi_quantize_vjp(psi_vjp_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    if (q.mode != PSI_AFFINE || !c->wanted[0])
        return true;
    psi_array by_scale = psi_multiply(c->cotangents[1], steps(c->out[1], c->out[2]));
    psi_array sum = per_group(psi_add(c->cotangents[2], by_scale));
    c->grads[0] = psi_reshape(psi_multiply(edges(c->in[0], c->out[2], q.group), sum), psi_shape(c->in[0]));
    return !psi_failed();
}

bool psi_quantize_jvp(psi_jvp_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    if (q.mode != PSI_AFFINE || !c->tangents[0])
        return true;
    psi_array moved = psi_multiply(edges(c->in[0], c->out[2], q.group), grouped(c->tangents[0], q.group));
    c->out_tangents[2] = psi_sum(moved, PSI_INTS(-1), false);
    c->out_tangents[1] = psi_multiply(c->out_tangents[2], steps(c->out[1], c->out[2]));
    return !psi_failed();
}

bool psi_quantize_vmap(psi_vmap_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    bool global = c->node->in_count > 1;
    if (global && c->axes[1] >= 0)
        return psi_batch_each(c);
    psi_arrays parts =
        psi_quantize(psi_batch_in(c, 0), q.group, q.bits, mode_names[q.mode], global ? c->in[1] : NULL);
    for (int i = 0; i < parts.count; i++) {
        c->out[i] = parts.data[i];
        c->out_axes[i] = 0;
    }
    return !psi_failed();
}

bool psi_dequantize_vjp(psi_vjp_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    psi_array g = c->cotangents[0];
    if (q.mode == PSI_AFFINE) {
        psi_array cut = grouped(g, q.group);
        if (c->wanted[1])
            c->grads[1] =
                psi_sum(psi_multiply(cut, psi_astype(grouped(codes_of(&q, c->in[0], c->in[1]), q.group),
                                                     psi_dtype_of(g))),
                        PSI_INTS(-1), false);
        if (c->wanted[2])
            c->grads[2] = psi_sum(cut, PSI_INTS(-1), false);
    } else if (c->node->in_count > 2 && c->wanted[2]) {
        psi_array by = psi_sum(psi_multiply(g, c->out[0]), PSI_NONE, false);
        c->grads[2] = psi_reshape(psi_astype(psi_divide(by, c->in[2]), PSI_FLOAT32), psi_shape(c->in[2]));
    }
    return !psi_failed();
}

bool psi_dequantize_jvp(psi_jvp_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    const psi_array *t = c->tangents;
    psi_dtype dtype = psi_dtype_of(c->out[0]);
    if (q.mode == PSI_AFFINE && (t[1] || t[2]))
        c->out_tangents[0] = psi_dequantize(c->in[0], t[1] ? t[1] : psi_zeros_like(c->in[1]),
                                            t[2] ? t[2] : psi_zeros_like(c->in[2]), q.group, q.bits,
                                            mode_names[q.mode], NULL, PSI_DTYPE_COUNT);
    else if (q.mode != PSI_AFFINE && c->node->in_count > 2 && t[2])
        c->out_tangents[0] = psi_astype(
            psi_multiply(c->out[0], psi_reshape(psi_divide(t[2], c->in[2]), PSI_SCALAR_SHAPE)), dtype);
    return !psi_failed();
}

bool psi_dequantize_vmap(psi_vmap_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    bool affine = q.mode == PSI_AFFINE, global = !affine && c->node->in_count > 2;
    if (global && c->axes[2] >= 0)
        return psi_batch_each(c);
    return psi_batch_done(c, psi_dequantize(psi_batch_in(c, 0), psi_batch_in(c, 1),
                                            affine ? psi_batch_in(c, 2) : NULL, q.group, q.bits,
                                            mode_names[q.mode], global ? c->in[2] : NULL,
                                            (psi_dtype)c->node->out[0].dtype));
}
