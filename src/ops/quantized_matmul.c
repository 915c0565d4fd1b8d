/* quantized_matmul.c: products with packed matrices: builders and rules. Inputs of a node are x, words, scales, in affine
 * mode biases, and for gather_qmm two arrays of indices last. All are linear in x, and in scales and biases together. */
#include <string.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/matmul.h"
#include "ops/quantize.h"
#include "ops/rules.h"

/* A product being built: checked operands of one dtype. */
typedef struct product {
    psi_packed p;
    psi_array x;
    psi_dtype dtype;
    bool transpose;
    int64_t columns;
} product;

static bool product_read(product *y, psi_array x, const char *mode, int64_t group_size, int64_t bits,
                         const char *op)
{
    psi_packed *p = &y->p;
    if (!psi_check_inputs(PSI_ARRAYS(x), op) || !psi_packed_read(p, mode, group_size, bits, op))
        return false;
    y->dtype = psi_dtype_of(x);
    if (p->biases)
        y->dtype =
            psi_promote_types(y->dtype, psi_promote_types(psi_dtype_of(p->scales), psi_dtype_of(p->biases)));
    if (!psi_issubdtype(y->dtype, PSI_FLOATING)) {
        PSI_INVALID("%s: operands of dtype %s; a real floating dtype is needed", op,
                    psi_dtype_name(y->dtype));
        return false;
    }
    int64_t rows = psi_dim(p->w, -2), codes = psi_packed_codes(p), inner = y->transpose ? codes : rows;
    y->columns = y->transpose ? rows : codes;
    if (psi_ndim(x) == 0 || psi_dim(x, -1) != inner) {
        PSI_INVALID("%s: x of shape %s; the packed matrix is %lld x %lld, and x needs a last axis of %lld",
                    op, PSI_SHAPE(psi_shape(x)), (long long)rows, (long long)codes, (long long)inner);
        return false;
    }
    y->x = psi_astype(x, y->dtype);
    if (p->biases) {
        p->scales = psi_astype(p->scales, y->dtype);
        p->biases = psi_astype(p->biases, y->dtype);
    }
    return !psi_is_error(y->x);
}

static psi_array unpacked(const product *y)
{
    const psi_packed *p = &y->p;
    return psi_dequantize(p->w, p->scales, p->biases, p->q.group, p->q.bits, psi_quantization_mode(p->q.mode),
                          NULL, y->dtype);
}

/* The other operand of an ordinary product. */
static psi_array right_side(const product *y)
{
    psi_array w = unpacked(y);
    return y->transpose ? psi_swapaxes(w, -1, -2) : w;
}

/* The inputs of a node, indices last. */
static psi_arrays inputs(const product *y, psi_array left, psi_array right, psi_array *room)
{
    int n = 0;
    psi_array all[] = {y->x, y->p.w, y->p.scales, y->p.biases, left, right};
    for (int i = 0; i < 6; i++)
        if (all[i])
            room[n++] = all[i];
    return (psi_arrays){room, n};
}

/* a broadcast to leading axes, its last two kept. */
static psi_array lead(psi_array a, psi_ints axes)
{
    int64_t shape[PSI_MAX_NDIM + 2];
    if (psi_is_error(a))
        return a;
    memcpy(shape, axes.data, (size_t)axes.count * sizeof *shape);
    shape[axes.count] = psi_dim(a, -2);
    shape[axes.count + 1] = psi_dim(a, -1);
    return psi_expand_to(a, (psi_ints){shape, axes.count + 2});
}

psi_array psi_quantized_matmul(psi_array x, psi_array w, psi_array scales, psi_array biases, bool transpose,
                               int64_t group_size, int64_t bits, const char *mode)
{
    product y = {.p = {.w = w, .scales = scales, .biases = biases}, .transpose = transpose};
    int64_t shape[PSI_MAX_NDIM + 2];
    psi_array room[6];
    if (!product_read(&y, x, mode, group_size, bits, "quantized_matmul"))
        return psi_error_array();
    if (y.dtype == PSI_FLOAT64)
        return psi_matmul(y.x, right_side(&y));
    bool row = psi_ndim(x) == 1 && psi_ndim(w) > 2;
    if (row)
        y.x = psi_expand_dims(y.x, PSI_INTS(0));
    psi_ints xs = psi_shape(y.x), ws = psi_shape(w);
    int batch = xs.count - 2;
    if (ws.count > 2) {
        batch = psi_broadcast_into((psi_ints){xs.data, batch}, (psi_ints){ws.data, ws.count - 2}, shape,
                                   "quantized_matmul");
        if (batch < 0)
            return psi_error_array();
        y.x = lead(y.x, (psi_ints){shape, batch});
        y.p.w = lead(w, (psi_ints){shape, batch});
        y.p.scales = lead(y.p.scales, (psi_ints){shape, batch});
        if (biases)
            y.p.biases = lead(y.p.biases, (psi_ints){shape, batch});
        xs = psi_shape(y.x);
    }
    memcpy(shape, xs.data, (size_t)xs.count * sizeof *shape);
    shape[xs.count - 1] = y.columns;
    psi_array out = psi_build(PSI_OP_quantized_matmul, inputs(&y, NULL, NULL, room),
                              PSI_INTS(y.p.q.group, y.p.q.bits, y.p.q.mode, transpose),
                              (psi_ints){shape, xs.count}, y.dtype);
    return row ? psi_squeeze(out, PSI_INTS(-2)) : out;
}

/* ---- chosen matrices ---- */

psi_array psi_gather_qmm(psi_array x, psi_array w, psi_array scales, psi_array biases, psi_array lhs_indices,
                         psi_array rhs_indices, bool transpose, int64_t group_size, int64_t bits,
                         const char *mode, bool sorted_indices)
{
    if (!lhs_indices && !rhs_indices)
        return psi_quantized_matmul(x, w, scales, biases, transpose, group_size, bits, mode);
    product y = {.p = {.w = w, .scales = scales, .biases = biases}, .transpose = transpose};
    int64_t shape[PSI_MAX_NDIM + 2];
    psi_array room[6];
    if ((lhs_indices && !psi_check_inputs(PSI_ARRAYS(lhs_indices), "gather_qmm")) ||
        (rhs_indices && !psi_check_inputs(PSI_ARRAYS(rhs_indices), "gather_qmm")) ||
        !product_read(&y, x, mode, group_size, bits, "gather_qmm"))
        return psi_error_array();
    if (psi_ndim(x) < 2)
        return PSI_INVALID("gather_qmm: x of shape %s; at least two dimensions are needed",
                           PSI_SHAPE(psi_shape(x)));
    if (y.dtype == PSI_FLOAT64)
        return psi_gather_mm(y.x, right_side(&y), lhs_indices, rhs_indices, sorted_indices);
    psi_array left = psi_matrix_indices(lhs_indices, x, "gather_qmm", "lhs_indices"),
              right = psi_matrix_indices(rhs_indices, w, "gather_qmm", "rhs_indices");
    if (psi_is_error(left) || psi_is_error(right))
        return psi_error_array();
    int batch = psi_broadcast_into(psi_shape(left), psi_shape(right), shape, "gather_qmm");
    if (batch < 0)
        return psi_error_array();
    left = psi_expand_to(left, (psi_ints){shape, batch});
    right = psi_expand_to(right, (psi_ints){shape, batch});
    shape[batch] = psi_dim(x, -2);
    shape[batch + 1] = y.columns;
    psi_ints attr = PSI_INTS(y.p.q.group, y.p.q.bits, y.p.q.mode, transpose, sorted_indices && !rhs_indices,
                             sorted_indices && !lhs_indices);
    return psi_build(PSI_OP_gather_qmm, inputs(&y, left, right, room), attr, (psi_ints){shape, batch + 2},
                     y.dtype);
}

/* ---- rules of both ---- */

/* A node taken apart again. */
typedef struct parts {
    psi_array x, w, scales, biases, left, right;
    psi_quantization q;
    bool transpose;
} parts;

static parts parts_of(const psi_node *node, psi_array *in)
{
    parts t = {in[0], in[1], in[2], NULL, NULL, NULL, psi_quantization_of(node), node->attr[3]};
    if (t.q.mode == PSI_AFFINE)
        t.biases = in[3];
    if (node->op == PSI_OP_gather_qmm) {
        t.left = in[node->in_count - 2];
        t.right = in[node->in_count - 1];
    }
    return t;
}

static psi_array product_of(const parts *t)
{
    return psi_gather_qmm(t->x, t->w, t->scales, t->biases, t->left, t->right, t->transpose, t->q.group,
                          t->q.bits, psi_quantization_mode(t->q.mode), false);
}

/* Leading axes as one. */
static psi_array stack(psi_array a)
{
    return psi_reshape(a, PSI_INTS(-1, psi_dim(a, -2), psi_dim(a, -1)));
}

/* Values of the products, added up by the matrix that each came from. */
static psi_array collect(psi_ints shape, psi_array indices, psi_array values)
{
    int64_t count = psi_shape_size((psi_ints){shape.data, shape.count - 2});
    if (psi_is_error(values))
        return values;
    psi_array zeros =
        psi_zeros(PSI_INTS(count, psi_dim(values, -2), psi_dim(values, -1)), psi_dtype_of(values));
    psi_array flat = psi_reshape(indices, PSI_INTS(-1));
    values =
        psi_scatter_add(zeros, PSI_ARRAYS(flat), psi_expand_dims(stack(values), PSI_INTS(1)), PSI_INTS(0));
    return psi_reshape(values, shape);
}

/* The gradient of the unpacked matrix, in groups, of shape scales + (group,). */
static psi_array matrix_gradient(const parts *t, psi_array g)
{
    psi_ints like = psi_shape(t->scales);
    int64_t shape[PSI_MAX_NDIM];
    psi_array a = t->transpose ? g : t->x, b = t->transpose ? t->x : g, dw;
    memcpy(shape, like.data, (size_t)like.count * sizeof *shape);
    shape[like.count - 1] *= t->q.group;
    if (t->left) {
        psi_array flat = psi_reshape(t->left, PSI_INTS(-1)), x = stack(t->x), gs = stack(g);
        psi_array each = psi_arange(0, (double)psi_size(flat), 1, PSI_UINT32);
        bool first = !t->transpose;
        dw = psi_gather_mm(psi_swapaxes(first ? x : gs, -1, -2), first ? gs : x, first ? flat : each,
                           first ? each : flat, false);
        dw = collect((psi_ints){shape, like.count}, t->right, dw);
    } else if (like.count == 2) {
        dw = psi_matmul(psi_swapaxes(psi_reshape(a, PSI_INTS(-1, psi_dim(a, -1))), 0, 1),
                        psi_reshape(b, PSI_INTS(-1, psi_dim(b, -1))));
    } else {
        dw = psi_matmul(psi_swapaxes(a, -1, -2), b);
    }
    return psi_unflatten(dw, like.count - 1, PSI_INTS(like.data[like.count - 1], t->q.group));
}

static bool refuse(const psi_vjp_call *c, const char *op, int mode)
{
    if (c->wanted[1]) {
        psi_fail(PSI_UNSUPPORTED_GRADIENT, PSI_RUNTIME_ERROR, "vjp: %s over its packed words has no gradient",
                 op);
        return true;
    }
    if (mode == PSI_AFFINE || !c->wanted[2])
        return false;
    psi_fail(PSI_UNSUPPORTED_GRADIENT, PSI_VALUE_ERROR, "vjp: %s over scales of mode %s has no gradient", op,
             psi_quantization_mode(mode));
    return true;
}

static bool product_vjp(psi_vjp_call *c, const char *op)
{
    parts t = parts_of(c->node, c->in);
    psi_array g = c->cotangents[0];
    if (refuse(c, op, t.q.mode))
        return false;
    if (c->wanted[0]) {
        parts back = t;
        back.x = t.left ? stack(g) : g;
        back.transpose = !t.transpose;
        if (t.left) {
            back.left =
                psi_reshape(psi_arange(0, (double)psi_size(t.left), 1, PSI_UINT32), psi_shape(t.left));
            c->grads[0] = collect(psi_shape(t.x), t.left, product_of(&back));
        } else {
            c->grads[0] = product_of(&back);
        }
    }
    if (t.q.mode != PSI_AFFINE || !(c->wanted[2] || c->wanted[3]))
        return !psi_failed();
    psi_array dw = matrix_gradient(&t, g);
    if (c->wanted[3])
        c->grads[3] = psi_sum(dw, PSI_INTS(-1), false);
    if (c->wanted[2]) {
        psi_array codes = psi_dequantize(t.w, psi_ones_like(t.scales), psi_zeros_like(t.biases), t.q.group,
                                         t.q.bits, "affine", NULL, PSI_DTYPE_COUNT);
        c->grads[2] = psi_sum(psi_multiply(dw, psi_reshape(codes, psi_shape(dw))), PSI_INTS(-1), false);
    }
    return !psi_failed();
}

bool psi_quantized_matmul_vjp(psi_vjp_call *c)
{
    return product_vjp(c, "quantized_matmul");
}

bool psi_gather_qmm_vjp(psi_vjp_call *c)
{
    return product_vjp(c, "gather_qmm");
}

static bool product_jvp(psi_jvp_call *c)
{
    parts t = parts_of(c->node, c->in), moved = t;
    const psi_array *tangents = c->tangents;
    psi_array by_x = NULL, by_scales = NULL;
    if (tangents[0]) {
        moved.x = tangents[0];
        by_x = product_of(&moved);
    }
    if (t.biases && (tangents[2] || tangents[3])) {
        moved = t;
        moved.scales = tangents[2] ? tangents[2] : psi_zeros_like(t.scales);
        moved.biases = tangents[3] ? tangents[3] : psi_zeros_like(t.biases);
        by_scales = product_of(&moved);
    }
    c->out_tangents[0] = by_x && by_scales ? psi_add(by_x, by_scales) : by_x ? by_x : by_scales;
    return !psi_failed();
}

bool psi_quantized_matmul_jvp(psi_jvp_call *c)
{
    return product_jvp(c);
}

bool psi_gather_qmm_jvp(psi_jvp_call *c)
{
    return product_jvp(c);
}

/* A matrix that is not mapped stays one for the whole batch. */
bool psi_quantized_matmul_vmap(psi_vmap_call *c)
{
    int count = c->node->in_count;
    psi_array in[4] = {NULL};
    bool many = false;
    for (int i = 1; i < count; i++)
        many = many || c->axes[i] >= 0;
    for (int i = 0; i < count; i++)
        in[i] = i == 0 || many ? psi_batch_in(c, i) : c->in[i];
    if (psi_failed())
        return false;
    /* Behind a batch of matrices, x has one axis more than they have. */
    bool row = many && psi_ndim(in[0]) < 3;
    if (row)
        in[0] = psi_expand_dims(in[0], PSI_INTS(1));
    for (int i = 1; i < count && many; i++)
        while (!psi_is_error(in[i]) && psi_ndim(in[i]) < psi_ndim(in[0]))
            in[i] = psi_expand_dims(in[i], PSI_INTS(1));
    parts t = parts_of(c->node, in);
    psi_array y = product_of(&t);
    return psi_batch_done(c, row ? psi_squeeze(y, PSI_INTS(1)) : y);
}

/* Mapped stacks become one, and indices move on by its length for every place of the mapped axis. */
bool psi_gather_qmm_vmap(psi_vmap_call *c)
{
    int count = c->node->in_count;
    psi_array in[6] = {NULL};
    int64_t length = psi_batch_length(c);
    bool many = false;
    for (int i = 1; i < count - 2; i++)
        many = many || c->axes[i] >= 0;
    for (int i = 0; i < count; i++) {
        bool index = i >= count - 2, mapped = index || (i == 0 ? c->axes[0] >= 0 : many);
        in[i] = mapped ? psi_batch_in(c, i) : c->in[i];
    }
    for (int side = 0; side < 2 && !psi_failed(); side++) {
        psi_array stacked = in[side], *indices = &in[count - 2 + side];
        if (!(side == 0 ? c->axes[0] >= 0 : many))
            continue;
        int64_t each = psi_shape_size((psi_ints){psi_shape(stacked).data + 1, psi_ndim(stacked) - 3});
        int64_t shape[PSI_MAX_NDIM];
        for (int i = 0; i < psi_ndim(*indices); i++)
            shape[i] = i == 0 ? length : 1;
        psi_array start =
            psi_multiply(psi_arange(0, (double)length, 1, PSI_UINT32), psi_scalar((double)each, PSI_UINT32));
        *indices = psi_add(*indices, psi_reshape(start, (psi_ints){shape, psi_ndim(*indices)}));
    }
    parts t = parts_of(c->node, in);
    return !psi_failed() && psi_batch_done(c, product_of(&t));
}

/* ---- both sides quantised ---- */

static bool is_operand(psi_array a)
{
    return psi_issubdtype(psi_dtype_of(a), PSI_FLOATING) && psi_dtype_of(a) != PSI_FLOAT64;
}

static bool qqmm_check(psi_array x, psi_array w, psi_array scales, psi_array gx, psi_array gw,
                       psi_quantization *q)
{
    bool packed = psi_dtype_of(w) == PSI_UINT32;
    if (q->mode != PSI_NVFP4 && q->mode != PSI_MXFP8)
        PSI_INVALID("qqmm: mode %s; nvfp4 and mxfp8 are taken", psi_quantization_mode(q->mode));
    else if (psi_ndim(w) != 2)
        PSI_INVALID("qqmm: w of shape %s; two dimensions are needed", PSI_SHAPE(psi_shape(w)));
    else if (packed != (scales != NULL))
        PSI_INVALID("qqmm: w of dtype %s and %s scales; a packed w has scales, another has none",
                    psi_dtype_name(psi_dtype_of(w)), scales ? "with" : "without");
    else if (!gx != !gw)
        PSI_INVALID("qqmm: one global scale of two; both are needed, or none");
    else if (!is_operand(x) || (!packed && !is_operand(w)))
        PSI_INVALID("qqmm: operands of dtypes %s and %s; float32, float16 or bfloat16 is needed",
                    psi_dtype_name(psi_dtype_of(x)), psi_dtype_name(psi_dtype_of(w)));
    else
        return psi_global_scale_check(q, gx, "qqmm") && psi_global_scale_check(q, gw, "qqmm");
    return false;
}

psi_array psi_qqmm(psi_array x, psi_array w, psi_array scales, int64_t group_size, int64_t bits,
                   const char *mode, psi_array global_scale_x, psi_array global_scale_w)
{
    psi_array given[5] = {x, w, scales, global_scale_x, global_scale_w}, room[5];
    psi_packed p = {.w = w, .scales = scales};
    int count = 0;
    for (int i = 0; i < 5; i++)
        if (i < 2 || given[i])
            room[count++] = given[i];
    if (!psi_check_inputs((psi_arrays){room, count}, "qqmm") ||
        !psi_quantization_read(&p.q, mode, group_size, bits, "qqmm") ||
        !qqmm_check(x, w, scales, global_scale_x, global_scale_w, &p.q) ||
        (scales && !psi_packed_read(&p, mode, group_size, bits, "qqmm")))
        return psi_error_array();
    int64_t inner = scales ? psi_packed_codes(&p) : psi_dim(w, 1), shape[PSI_MAX_NDIM];
    psi_ints xs = psi_shape(x);
    if (xs.count == 0 || xs.data[xs.count - 1] != inner || inner % p.q.group != 0)
        return PSI_INVALID("qqmm: x of shape %s and rows of w of %lld; they must be equal, in groups of %lld",
                           PSI_SHAPE(xs), (long long)inner, (long long)p.q.group);
    memcpy(shape, xs.data, (size_t)xs.count * sizeof *shape);
    shape[xs.count - 1] = psi_dim(w, 0);
    if (xs.count != 2)
        room[0] = psi_reshape(x, PSI_INTS(-1, inner));
    int64_t rows = psi_dim(room[0], 0);
    psi_array y = psi_build(PSI_OP_qqmm, (psi_arrays){room, count}, PSI_INTS(p.q.group, p.q.bits, p.q.mode),
                            PSI_INTS(rows, psi_dim(w, 0)), psi_dtype_of(x));
    return xs.count == 2 ? y : psi_reshape(y, (psi_ints){shape, xs.count});
}

/* As upstream: gradients are products of quantised values too, the gradient's own largest value its global scale. */
bool psi_qqmm_vjp(psi_vjp_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    const char *mode = psi_quantization_mode(q.mode);
    int count = c->node->in_count;
    bool packed = psi_dtype_of(c->in[1]) == PSI_UINT32;
    psi_array g = c->cotangents[0], *global = count > 3 ? c->in + count - 2 : NULL;
    if (packed && refuse(c, "qqmm", q.mode))
        return false;
    psi_array largest = global ? psi_astype(psi_max(psi_abs(g), PSI_NONE, false), PSI_FLOAT32) : NULL;
    if (c->wanted[0] && packed)
        c->grads[0] = psi_matmul(g, psi_dequantize(c->in[1], c->in[2], NULL, q.group, q.bits, mode,
                                                   global ? global[1] : NULL, psi_dtype_of(g)));
    else if (c->wanted[0])
        c->grads[0] = psi_qqmm(g, psi_swapaxes(c->in[1], 0, 1), NULL, q.group, q.bits, mode, largest,
                               global ? global[1] : NULL);
    if (c->wanted[1] && !packed)
        c->grads[1] = psi_qqmm(psi_swapaxes(g, 0, 1), psi_swapaxes(c->in[0], 0, 1), NULL, q.group, q.bits,
                               mode, largest, global ? global[0] : NULL);
    return !psi_failed();
}

/* Rows of x are independent. */
bool psi_qqmm_vmap(psi_vmap_call *c)
{
    psi_quantization q = psi_quantization_of(c->node);
    int count = c->node->in_count;
    bool packed = psi_dtype_of(c->in[1]) == PSI_UINT32, global = count > 3;
    for (int i = 1; i < count; i++)
        if (c->axes[i] >= 0)
            return psi_batch_each(c);
    return psi_batch_done(c, psi_qqmm(psi_batch_in(c, 0), c->in[1], packed ? c->in[2] : NULL, q.group, q.bits,
                                      psi_quantization_mode(q.mode), global ? c->in[count - 2] : NULL,
                                      global ? c->in[count - 1] : NULL));
}
