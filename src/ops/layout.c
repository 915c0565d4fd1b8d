/* layout.c: builders and rules of copies, bit views and views of any strides.
 * Invariant: a view of any strides never reaches an element outside its operand. */
#include <string.h>

#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

psi_array psi_copy(psi_array a)
{
    return psi_build(PSI_OP_copy, PSI_ARRAYS(a), PSI_NONE, psi_shape(a), psi_dtype_of(a));
}

/* ---- contiguous ---- */

psi_array psi_contiguous(psi_array a, bool allow_col_major)
{
    return psi_build(PSI_OP_contiguous, PSI_ARRAYS(a), PSI_INTS(allow_col_major), psi_shape(a),
                     psi_dtype_of(a));
}

bool psi_contiguous_vjp(psi_vjp_call *c)
{
    return psi_copy_vjp(c);
}

bool psi_contiguous_jvp(psi_jvp_call *c)
{
    return psi_copy_jvp(c);
}

bool psi_contiguous_vmap(psi_vmap_call *c)
{
    c->out[0] = psi_contiguous(c->in[0], c->node->attr[0]);
    c->out_axes[0] = c->axes[0];
    return !psi_failed();
}

/* ---- view ---- */

psi_array psi_view(psi_array a, psi_dtype dtype)
{
    int64_t shape[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "view") || !psi_check_dtype(dtype, "view"))
        return psi_error_array();
    if (a->dtype == dtype)
        return a;
    int64_t from = (int64_t)psi_itemsize(a), to = (int64_t)psi_dtype_size(dtype);
    if (a->ndim == 0 && from != to)
        return PSI_INVALID("view: a scalar of %s has not the size of %s", psi_dtype_name(psi_dtype_of(a)),
                           psi_dtype_name(dtype));
    memcpy(shape, a->shape, a->ndim * sizeof *shape);
    if (from != to) {
        int64_t *last = &shape[a->ndim - 1], bytes;
        if (__builtin_mul_overflow(*last, from, &bytes) || bytes % to)
            return PSI_INVALID("view: a last axis of %lld %s cannot be taken as %s", (long long)*last,
                               psi_dtype_name(psi_dtype_of(a)), psi_dtype_name(dtype));
        *last = bytes / to;
    }
    return psi_build(PSI_OP_view, PSI_ARRAYS(a), PSI_INTS((int64_t)dtype), (psi_ints){shape, a->ndim}, dtype);
}

bool psi_view_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c, psi_view(psi_moveaxis(c->in[0], c->axes[0], 0), (psi_dtype)c->node->attr[0]));
}

/* ---- as_strided ---- */

/* True when all elements lie within [0, size); else the error is recorded. */
static bool within(psi_ints shape, psi_ints strides, int64_t offset, int64_t size)
{
    int64_t low = offset, high = offset, span;
    bool wraps = false;
    for (int i = 0; i < shape.count; i++) {
        if (shape.data[i] == 0)
            return true;
        wraps |= __builtin_mul_overflow(shape.data[i] - 1, strides.data[i], &span);
        int64_t *end = span < 0 ? &low : &high;
        wraps |= __builtin_add_overflow(*end, span, end);
    }
    if (!wraps && low >= 0 && high < size)
        return true;
    PSI_INVALID("as_strided: shape %s, strides %s and offset %lld reach beyond the array's %lld elements",
                PSI_SHAPE(shape), PSI_SHAPE(strides), (long long)offset, (long long)size);
    return false;
}

psi_array psi_as_strided(psi_array a, psi_ints shape, psi_ints strides, int64_t offset)
{
    int64_t dense[PSI_MAX_NDIM], step = 1;
    if (!psi_check_inputs(PSI_ARRAYS(a), "as_strided"))
        return psi_error_array();
    if (shape.count < 0)
        shape = psi_shape_of(a);
    if (shape.count > PSI_MAX_NDIM || psi_shape_size(shape) < 0)
        return PSI_INVALID("as_strided: shape %s has a negative length or is too large", PSI_SHAPE(shape));
    if (strides.count < 0) {
        for (int i = shape.count; i-- > 0; step *= shape.data[i] ? shape.data[i] : 1)
            dense[i] = step;
        strides = (psi_ints){dense, shape.count};
    }
    if (strides.count != shape.count)
        return PSI_INVALID("as_strided: %d strides for %d dimensions", strides.count, shape.count);
    if (!within(shape, strides, offset, a->size))
        return psi_error_array();
    psi_attr_builder attr;
    attr.count = 0;
    psi_put_list(&attr, shape);
    psi_put_list(&attr, strides);
    psi_put(&attr, offset);
    psi_array flat = psi_flatten(a, 0, -1);
    return psi_build(PSI_OP_as_strided, PSI_ARRAYS(flat), psi_put_done(&attr), shape, psi_dtype_of(a));
}

typedef struct strided_attr {
    psi_ints shape, strides;
    int64_t offset;
} strided_attr;

static strided_attr attr_of(const psi_node *node)
{
    psi_ints shape = psi_attr_list(node, 0), strides = psi_attr_list(node, shape.count + 1);
    return (strided_attr){shape, strides, node->attr[shape.count + strides.count + 2]};
}

bool psi_as_strided_jvp(psi_jvp_call *c)
{
    strided_attr s = attr_of(c->node);
    if (c->tangents[0])
        c->out_tangents[0] = psi_as_strided(c->tangents[0], s.shape, s.strides, s.offset);
    return !psi_failed();
}

/* The operand of the node is flat: with a batch axis in front, a step along it is the flat length. */
bool psi_as_strided_vmap(psi_vmap_call *c)
{
    strided_attr s = attr_of(c->node);
    int64_t shape[PSI_MAX_NDIM + 1], strides[PSI_MAX_NDIM + 1];
    psi_array a = psi_batch_in(c, 0);
    int64_t batch = psi_batch_length(c), length = batch ? psi_size(a) / batch : 0;
    return psi_batch_done(c, psi_as_strided(a, psi_prepend(batch, s.shape, shape),
                                            psi_prepend(length, s.strides, strides), s.offset));
}
