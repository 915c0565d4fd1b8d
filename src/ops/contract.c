/* contract.c: tensordot, inner, outer and Kronecker products, composed of reshapes, matmul and products. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

/* Normalised axes of one operand, or -1 with an error. */
static int contracted(psi_array a, psi_ints axes, int64_t *out)
{
    for (int i = 0; i < axes.count; i++)
        if (psi_axis_index(axes.data[i], a->ndim, "tensordot") < 0)
            return -1;
    return psi_axes_in_order(axes, a->ndim, out, "tensordot");
}

/* The operand as a matrix, its contracted axes first or last; its kept lengths are appended to `kept`. */
static psi_array as_matrix(psi_array a, const int64_t *axes, int count, bool first, int64_t *kept,
                           int *kept_count)
{
    int64_t order[PSI_MAX_NDIM], rows = 1, inner = 1;
    int n = first ? count : 0;
    bool seen[PSI_MAX_NDIM] = {false};
    for (int i = 0; i < count; i++) {
        seen[axes[i]] = true;
        order[first ? i : a->ndim - count + i] = axes[i];
        inner *= a->shape[axes[i]];
    }
    for (int i = 0; i < a->ndim; i++)
        if (!seen[i]) {
            order[n++] = i;
            rows *= a->shape[i];
            kept[(*kept_count)++] = a->shape[i];
        }
    psi_array moved = psi_transpose(a, (psi_ints){order, a->ndim});
    return psi_reshape(moved, first ? PSI_INTS(inner, rows) : PSI_INTS(rows, inner));
}

psi_array psi_tensordot_axes(psi_array a, psi_array b, psi_ints axes_a, psi_ints axes_b)
{
    int64_t of_a[PSI_MAX_NDIM], of_b[PSI_MAX_NDIM], shape[2 * PSI_MAX_NDIM];
    int ndim = 0;
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "tensordot"))
        return psi_error_array();
    if (axes_a.count != axes_b.count || axes_a.count < 0 || axes_a.count > PSI_MAX_NDIM)
        return PSI_INVALID("tensordot: %d axes of a and %d of b; there must be as many", axes_a.count,
                           axes_b.count);
    int count = contracted(a, axes_a, of_a);
    if (count < 0 || contracted(b, axes_b, of_b) < 0)
        return psi_error_array();
    for (int i = 0; i < count; i++)
        if (a->shape[of_a[i]] != b->shape[of_b[i]])
            return PSI_INVALID("tensordot: axis %d of a has length %lld, axis %d of b %lld", (int)of_a[i],
                               (long long)a->shape[of_a[i]], (int)of_b[i], (long long)b->shape[of_b[i]]);
    if (a->ndim + b->ndim - 2 * count > PSI_MAX_NDIM)
        return PSI_INVALID("tensordot: the result has %d dimensions; the limit is %d",
                           a->ndim + b->ndim - 2 * count, PSI_MAX_NDIM);
    psi_array x = as_matrix(a, of_a, count, false, shape, &ndim);
    psi_array y = as_matrix(b, of_b, count, true, shape, &ndim);
    return psi_reshape(psi_matmul(x, y), (psi_ints){shape, ndim});
}

/* The last axes of a with the first of b. */
psi_array psi_tensordot(psi_array a, psi_array b, int64_t axis)
{
    int64_t last[PSI_MAX_NDIM], first[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "tensordot"))
        return psi_error_array();
    if (axis < 0 || axis > a->ndim || axis > b->ndim)
        return PSI_INVALID("tensordot: %lld axes of arrays with %d and %d dimensions", (long long)axis,
                           a->ndim, b->ndim);
    for (int i = 0; i < (int)axis; i++) {
        last[i] = i - axis;
        first[i] = i;
    }
    return psi_tensordot_axes(a, b, (psi_ints){last, (int)axis}, (psi_ints){first, (int)axis});
}

psi_array psi_inner(psi_array a, psi_array b)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "inner"))
        return psi_error_array();
    if (a->ndim == 0 || b->ndim == 0)
        return psi_multiply(a, b);
    if (psi_dim(a, -1) != psi_dim(b, -1))
        return PSI_INVALID("inner: last axes of %s and %s differ", PSI_SHAPE(psi_shape(a)),
                           PSI_SHAPE(psi_shape(b)));
    return psi_tensordot_axes(a, b, PSI_INTS(-1), PSI_INTS(-1));
}

psi_array psi_outer(psi_array a, psi_array b)
{
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "outer"))
        return psi_error_array();
    return psi_multiply(psi_reshape(a, PSI_INTS(a->size, 1)), psi_reshape(b, PSI_INTS(b->size)));
}

/* Each axis of the result is a pair of axes, a's then b's, of a broadcast product. */
psi_array psi_kron(psi_array a, psi_array b)
{
    int64_t of_a[PSI_MAX_NDIM], of_b[PSI_MAX_NDIM], shape[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "kron"))
        return psi_error_array();
    if (a->size == 0 || b->size == 0)
        return PSI_INVALID("kron: shapes %s and %s; neither may be empty", PSI_SHAPE(psi_shape(a)),
                           PSI_SHAPE(psi_shape(b)));
    int ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    if (2 * ndim > PSI_MAX_NDIM)
        return PSI_INVALID("kron: operands of %d dimensions; the limit is %d", ndim, PSI_MAX_NDIM / 2);
    for (int i = 0; i < ndim; i++) {
        int in_a = i - (ndim - a->ndim), in_b = i - (ndim - b->ndim);
        of_a[2 * i] = in_a < 0 ? 1 : a->shape[in_a];
        of_b[2 * i + 1] = in_b < 0 ? 1 : b->shape[in_b];
        of_a[2 * i + 1] = of_b[2 * i] = 1;
        shape[i] = of_a[2 * i] * of_b[2 * i + 1];
    }
    a = psi_reshape(a, (psi_ints){of_a, 2 * ndim});
    b = psi_reshape(b, (psi_ints){of_b, 2 * ndim});
    return psi_reshape(psi_multiply(a, b), (psi_ints){shape, ndim});
}
