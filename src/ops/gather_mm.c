/* gather_mm.c: matrix products of chosen matrices and over chosen parts of the inner axis, as nodes that copy nothing. */
#include <string.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/matmul.h"
#include "ops/rules.h"

/* ---- chosen matrices ---- */

psi_array psi_matrix_indices(psi_array indices, psi_array a, const char *op, const char *name)
{
    psi_ints lead = {psi_shape(a).data, psi_ndim(a) - 2};
    if (!indices)
        return psi_reshape(psi_arange(0, (double)psi_shape_size(lead), 1, PSI_UINT32), lead);
    if (!psi_issubdtype(psi_dtype_of(indices), PSI_INTEGER))
        return PSI_INVALID("%s: %s of dtype %s; integers are needed", op, name,
                           psi_dtype_name(psi_dtype_of(indices)));
    return psi_astype(indices, PSI_UINT32);
}

psi_array psi_gather_mm(psi_array a, psi_array b, psi_array lhs_indices, psi_array rhs_indices,
                        bool sorted_indices)
{
    psi_product p;
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "gather_mm") ||
        (lhs_indices && !psi_check_inputs(PSI_ARRAYS(lhs_indices), "gather_mm")) ||
        (rhs_indices && !psi_check_inputs(PSI_ARRAYS(rhs_indices), "gather_mm")))
        return psi_error_array();
    if (!lhs_indices && !rhs_indices)
        return psi_matmul(a, b);
    psi_dtype dtype = psi_promote_types(psi_dtype_of(a), psi_dtype_of(b));
    if (!psi_product_check(&p, a, b, dtype, PSI_FLOATING, "gather_mm"))
        return psi_error_array();
    psi_array left = psi_matrix_indices(lhs_indices, p.a, "gather_mm", "lhs_indices"),
              right = psi_matrix_indices(rhs_indices, p.b, "gather_mm", "rhs_indices");
    if (psi_is_error(left) || psi_is_error(right))
        return psi_error_array();
    p.batch = psi_broadcast_into(psi_shape(left), psi_shape(right), p.shape, "gather_mm");
    if (p.batch < 0)
        return psi_error_array();
    left = psi_expand_to(left, (psi_ints){p.shape, p.batch});
    right = psi_expand_to(right, (psi_ints){p.shape, p.batch});
    p.shape[p.batch] = p.m;
    p.shape[p.batch + 1] = p.n;
    psi_ints sorted = PSI_INTS(sorted_indices && !rhs_indices, sorted_indices && !lhs_indices);
    return psi_product_done(&p, psi_build(PSI_OP_gather_mm, PSI_ARRAYS(p.a, p.b, left, right), sorted,
                                          (psi_ints){p.shape, p.batch + 2}, dtype));
}

/* The batch axes as one. */
static psi_array flat(psi_array a)
{
    int64_t m = psi_dim(a, -2), n = psi_dim(a, -1), count = 1;
    for (int i = 0; i < psi_ndim(a) - 2; i++)
        count *= psi_dim(a, i);
    return psi_reshape(a, PSI_INTS(count, m, n));
}

/* Gradients of the products, added up where the same matrix was taken. */
static psi_array collect(psi_array like, psi_array indices, psi_array grads)
{
    if (psi_is_error(grads))
        return grads;
    psi_array sums = psi_scatter_add(psi_zeros_like(flat(like)), PSI_ARRAYS(indices),
                                     psi_expand_dims(grads, PSI_INTS(1)), PSI_INTS(0));
    return psi_reshape(sums, psi_shape(like));
}

bool psi_gather_mm_vjp(psi_vjp_call *c)
{
    psi_array dy = flat(c->cotangents[0]), index[2];
    for (int i = 0; i < 2; i++)
        index[i] = psi_reshape(c->in[2 + i], PSI_INTS(psi_size(c->in[2 + i])));
    if (c->wanted[0])
        c->grads[0] = collect(c->in[0], index[0],
                              psi_gather_mm(dy, psi_swapaxes(c->in[1], -1, -2), NULL, index[1], false));
    if (c->wanted[1])
        c->grads[1] = collect(c->in[1], index[1],
                              psi_gather_mm(psi_swapaxes(c->in[0], -1, -2), dy, index[0], NULL, false));
    return !psi_failed();
}

bool psi_gather_mm_jvp(psi_jvp_call *c)
{
    c->transpose = true;
    return true;
}

/* The stacks without their mapped axis become one stack each, and every index is moved to its part of it. */
bool psi_gather_mm_vmap(psi_vmap_call *c)
{
    psi_array stack[2], index[2], in[4];
    int64_t length = psi_batch_length(c);
    for (int i = 0; i < 4; i++)
        in[i] = psi_batch_in(c, i);
    if (psi_failed())
        return false;
    for (int i = 0; i < 2; i++) {
        int64_t count =
            psi_size((psi_array)c->node->in[i]) / (psi_dim(c->node->in[i], -1) * psi_dim(c->node->in[i], -2));
        psi_array first = psi_arange(0, (double)(length * count), (double)count, PSI_UINT32);
        int64_t shape[PSI_MAX_NDIM + 1] = {length};
        for (int d = 1; d < psi_ndim(in[2 + i]); d++)
            shape[d] = 1;
        stack[i] = psi_reshape(in[i], PSI_INTS(length * count, psi_dim(in[i], -2), psi_dim(in[i], -1)));
        index[i] = psi_add(psi_astype(in[2 + i], PSI_UINT32),
                           psi_reshape(first, (psi_ints){shape, psi_ndim(in[2 + i])}));
    }
    return psi_batch_done(c, psi_gather_mm(stack[0], stack[1], index[0], index[1], false));
}

/* ---- parts of the inner axis ---- */

psi_array psi_segmented_mm(psi_array a, psi_array b, psi_array segments)
{
    psi_product p;
    int64_t shape[PSI_MAX_NDIM + 2];
    if (!psi_check_inputs(PSI_ARRAYS(a, b, segments), "segmented_mm"))
        return psi_error_array();
    if (a->ndim != 2 || b->ndim != 2)
        return PSI_INVALID("segmented_mm: operands of %d and %d dimensions; both need 2", a->ndim, b->ndim);
    if (segments->ndim < 1 || psi_dim(segments, -1) != 2 ||
        !psi_issubdtype(psi_dtype_of(segments), PSI_INTEGER))
        return PSI_INVALID("segmented_mm: segments of shape %s and dtype %s; pairs of integers are needed",
                           PSI_SHAPE(psi_shape(segments)), psi_dtype_name(psi_dtype_of(segments)));
    psi_dtype dtype = psi_promote_types(psi_dtype_of(a), psi_dtype_of(b));
    if (!psi_product_check(&p, a, b, dtype, PSI_FLOATING, "segmented_mm"))
        return psi_error_array();
    int batch = segments->ndim - 1;
    memcpy(shape, segments->shape, (size_t)batch * sizeof *shape);
    shape[batch] = p.m;
    shape[batch + 1] = p.n;
    return psi_build(PSI_OP_segmented_mm, PSI_ARRAYS(p.a, p.b, psi_astype(segments, PSI_UINT32)), PSI_NONE,
                     (psi_ints){shape, batch + 2}, dtype);
}

/* 1 where a place of the inner axis lies in a segment, along a new last axis. */
static psi_array members(const psi_vjp_call *c)
{
    psi_array bounds = psi_reshape(c->in[2], PSI_INTS(-1, 2, 1));
    psi_arrays ends = psi_split(bounds, 2, 1);
    psi_array place = psi_arange(0, (double)psi_dim(c->in[0], 1), 1, PSI_UINT32);
    if (!ends.count)
        return psi_error_array();
    psi_array in = psi_logical_and(psi_greater_equal(place, ends.data[0]), psi_less(place, ends.data[1]));
    return psi_astype(in, psi_dtype_of(c->in[0]));
}

/* The products of all segments as one, in which an operand is repeated for each and zero outside of it. */
bool psi_segmented_mm_vjp(psi_vjp_call *c)
{
    psi_array a = c->in[0], b = c->in[1];
    int64_t m = psi_dim(a, 0), k = psi_dim(a, 1), n = psi_dim(b, 1);
    psi_array g = psi_reshape(c->cotangents[0], PSI_INTS(-1, m, n)), in = members(c);
    if (psi_failed())
        return false;
    int64_t count = psi_dim(g, 0);
    if (c->wanted[0]) { /* m x (segments, n) times (segments, n) x k */
        psi_array wide = psi_multiply(in, psi_swapaxes(b, 0, 1));
        c->grads[0] = psi_matmul(psi_reshape(psi_moveaxis(g, 0, 1), PSI_INTS(m, count * n)),
                                 psi_reshape(wide, PSI_INTS(count * n, k)));
    }
    if (c->wanted[1]) { /* k x (segments, m) times (segments, m) x n */
        psi_array wide = psi_reshape(psi_multiply(in, a), PSI_INTS(count * m, k));
        c->grads[1] = psi_matmul(psi_swapaxes(wide, 0, 1), psi_reshape(g, PSI_INTS(count * m, n)));
    }
    return !psi_failed();
}

bool psi_segmented_mm_jvp(psi_jvp_call *c)
{
    psi_array left = c->tangents[0] ? psi_segmented_mm(c->tangents[0], c->in[1], c->in[2]) : NULL;
    psi_array right = c->tangents[1] ? psi_segmented_mm(c->in[0], c->tangents[1], c->in[2]) : NULL;
    c->out_tangents[0] = left && right ? psi_add(left, right) : left ? left : right;
    return !psi_failed();
}

/* Segments may have leading axes; matrices may not. */
bool psi_segmented_mm_vmap(psi_vmap_call *c)
{
    if (c->axes[0] >= 0 || c->axes[1] >= 0)
        return psi_batch_each(c);
    return psi_batch_done(c, psi_segmented_mm(c->in[0], c->in[1], psi_batch_in(c, 2)));
}
