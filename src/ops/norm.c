/* norm.c: norms of vectors and matrices, and the cross product, all composed of other ops. */
#include <math.h>
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/linalg.h"

static psi_dtype float_of(psi_array a)
{
    psi_dtype t = psi_dtype_of(a);
    return psi_issubdtype(t, PSI_INEXACT) ? t : psi_promote_types(t, PSI_FLOAT32);
}

/* ---- norms ---- */

static psi_array euclidean(psi_array a, psi_ints axes, bool keepdims)
{
    if (psi_dtype_of(a) == PSI_COMPLEX64)
        a = psi_abs(a);
    return psi_sqrt(psi_sum(psi_square(a), axes, keepdims));
}

static psi_array vector_norm(psi_array a, double ord, psi_ints axes, bool keepdims)
{
    psi_dtype dtype = float_of(a);
    if (ord == 0)
        return psi_astype(psi_sum(psi_not_equal(a, psi_like(a, 0)), axes, keepdims), dtype);
    if (ord == 2)
        return euclidean(a, axes, keepdims);
    psi_array size = psi_abs(a);
    if (ord == 1)
        return psi_astype(psi_sum(size, axes, keepdims), dtype);
    if (isinf(ord))
        return psi_astype(ord > 0 ? psi_max(size, axes, keepdims) : psi_min(size, axes, keepdims), dtype);
    psi_array sum = psi_sum(psi_power(size, psi_scalar(ord, dtype)), axes, keepdims);
    return psi_power(sum, psi_scalar(1 / ord, dtype));
}

/* The largest (or smallest) sum along one axis, of the other. */
static psi_array extreme_sum(psi_array a, int64_t along, int64_t across, bool largest, bool keepdims)
{
    psi_array sums = psi_sum(psi_abs(a), PSI_INTS(along), true);
    sums = largest ? psi_max(sums, PSI_INTS(across), true) : psi_min(sums, PSI_INTS(across), true);
    return psi_astype(keepdims ? sums : psi_squeeze(sums, PSI_INTS(along, across)), float_of(a));
}

/* What the singular values of the matrices on two axes come to: their sum, largest or smallest. */
static psi_array of_singular_values(psi_array a, const int64_t axes[2], char what, bool keepdims)
{
    int64_t low = axes[0] < axes[1] ? axes[0] : axes[1], high = axes[0] < axes[1] ? axes[1] : axes[0];
    psi_arrays s = psi_linalg_svd(psi_moveaxis(psi_moveaxis(a, high, -1), low, -2), false);
    if (s.count == 0)
        return psi_error_array();
    psi_ints last = PSI_INTS(-1);
    psi_array y = what == '+'   ? psi_sum(s.data[0], last, false)
                  : what == '>' ? psi_max(s.data[0], last, false)
                                : psi_min(s.data[0], last, false);
    y = keepdims ? psi_expand_dims(y, PSI_INTS(low, high)) : y;
    return what == '+' ? y : psi_astype(y, float_of(a));
}

/* Of order 1, -1, 2, -2 or an infinite one. */
static psi_array matrix_norm(psi_array a, double ord, const int64_t axes[2], bool keepdims)
{
    if (fabs(ord) == 1)
        return extreme_sum(a, axes[0], axes[1], ord > 0, keepdims);
    if (isinf(ord))
        return extreme_sum(a, axes[1], axes[0], ord > 0, keepdims);
    return of_singular_values(a, axes, ord > 0 ? '>' : '<', keepdims);
}

/* The axes counted from the front in the order given, all where none are; their number, or -1 with an error. */
static int norm_axes(psi_array a, psi_ints axis, int64_t *out)
{
    int count = axis.count < 0 ? a->ndim : axis.count;
    int64_t sorted[PSI_MAX_NDIM];
    if (count > 2) {
        PSI_INVALID("linalg_norm: over %d axes; 2 at most", count);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        out[i] = axis.count < 0 ? i : psi_axis_index(axis.data[i], a->ndim, "linalg_norm");
        if (out[i] < 0)
            return -1;
    }
    return psi_axes((psi_ints){out, count}, a->ndim, sorted, "linalg_norm");
}

psi_array psi_linalg_norm_l2(psi_array a, psi_ints axis, bool keepdims)
{
    int64_t axes[2];
    if (!psi_check_inputs(PSI_ARRAYS(a), "linalg_norm"))
        return psi_error_array();
    if (axis.count < 0) /* of all elements, which keep one axis alone */
        return euclidean(psi_flatten(a, 0, -1), PSI_INTS(0), keepdims);
    int count = norm_axes(a, axis, axes);
    return count < 0 ? psi_error_array() : euclidean(a, (psi_ints){axes, count}, keepdims);
}

psi_array psi_linalg_norm(psi_array a, double ord, psi_ints axis, bool keepdims)
{
    int64_t axes[2];
    if (!psi_check_inputs(PSI_ARRAYS(a), "linalg_norm"))
        return psi_error_array();
    int count = axis.count < 0 ? a->ndim : axis.count;
    if (count == 2 && fabs(ord) != 1 && fabs(ord) != 2 && !isinf(ord))
        return PSI_INVALID("linalg_norm: ord %g; of a matrix it is 1, -1, 2, -2, inf or -inf", ord);
    if (norm_axes(a, axis, axes) < 0)
        return psi_error_array();
    if (count == 0)
        return PSI_INVALID("linalg_norm: ord %g over no axes; 1 or 2 are needed", ord);
    return count == 1 ? vector_norm(a, ord, (psi_ints){axes, 1}, keepdims)
                      : matrix_norm(a, ord, axes, keepdims);
}

psi_array psi_linalg_norm_matrix(psi_array a, const char *ord, psi_ints axis, bool keepdims)
{
    int64_t axes[2];
    if (!psi_check_inputs(PSI_ARRAYS(a), "linalg_norm"))
        return psi_error_array();
    int count = axis.count < 0 ? a->ndim : axis.count;
    if (!ord)
        return PSI_INVALID("linalg_norm: ord is NULL; of a matrix it is f, fro or nuc");
    bool nuclear = strcmp(ord, "nuc") == 0, root = strcmp(ord, "f") == 0 || strcmp(ord, "fro") == 0;
    if (count != 2)
        return PSI_INVALID("linalg_norm: ord '%.20s' over %d axes; a matrix has 2", ord, count);
    if (!nuclear && !root)
        return PSI_INVALID("linalg_norm: ord '%.20s'; of a matrix it is f, fro or nuc", ord);
    if (norm_axes(a, axis, axes) < 0)
        return psi_error_array();
    return nuclear ? of_singular_values(a, axes, '+', keepdims) : euclidean(a, (psi_ints){axes, 2}, keepdims);
}

/* ---- cross product ---- */

/* The length of an operand's axis, 2 or 3; -1 with an error. */
static int64_t cross_length(psi_array a, int64_t axis)
{
    int at =
        axis < 0 ? psi_axis_index(axis, a->ndim, "linalg_cross") : psi_axis(axis, a->ndim, "linalg_cross");
    if (at < 0)
        return -1;
    int64_t length = a->shape[at];
    if (length == 2 || length == 3)
        return length;
    PSI_INVALID("linalg_cross: an axis of length %lld, not 2 or 3", (long long)length);
    return -1;
}

/* The coordinates of an operand broadcast to a shape whose axis holds `length` of them. */
static psi_arrays coordinates(psi_array a, psi_dtype dtype, int64_t length, psi_ints shape, int axis)
{
    int64_t own[PSI_MAX_NDIM];
    memcpy(own, shape.data, (size_t)shape.count * sizeof *own);
    own[axis] = length;
    psi_array wide = psi_broadcast_to(psi_astype(a, dtype), (psi_ints){own, shape.count});
    return psi_is_error(wide) ? (psi_arrays){NULL, 0} : psi_split(wide, length, axis);
}

/* a[i] b[j] - a[j] b[i], where a third coordinate that is not there is zero. */
static psi_array minor(psi_arrays a, psi_arrays b, int i, int j)
{
    bool left = i < a.count && j < b.count, right = j < a.count && i < b.count;
    psi_array first = left ? psi_multiply(a.data[i], b.data[j]) : NULL;
    psi_array second = right ? psi_multiply(a.data[j], b.data[i]) : NULL;
    if (first && second)
        return psi_subtract(first, second);
    return first ? first : second ? psi_negative(second) : psi_zeros_like(a.data[0]);
}

psi_array psi_linalg_cross(psi_array a, psi_array b, int64_t axis)
{
    int64_t shapes[2][PSI_MAX_NDIM], out[PSI_MAX_NDIM], lengths[2];
    psi_array in[] = {a, b};
    psi_arrays parts[2];
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "linalg_cross"))
        return psi_error_array();
    for (int i = 0; i < 2; i++) {
        lengths[i] = cross_length(in[i], axis);
        if (lengths[i] < 0)
            return psi_error_array();
        memcpy(shapes[i], in[i]->shape, (size_t)in[i]->ndim * sizeof *shapes[i]);
        shapes[i][axis < 0 ? axis + in[i]->ndim : axis] = 3;
    }
    int ndim = psi_broadcast_into((psi_ints){shapes[0], a->ndim}, (psi_ints){shapes[1], b->ndim}, out,
                                  "linalg_cross");
    if (ndim < 0)
        return psi_error_array();
    int at = (int)(axis < 0 ? axis + ndim : axis);
    for (int i = 0; i < 2; i++) {
        parts[i] = coordinates(in[i], psi_promote_types(psi_dtype_of(a), psi_dtype_of(b)), lengths[i],
                               (psi_ints){out, ndim}, at);
        if (parts[i].count == 0)
            return psi_error_array();
    }
    return psi_concatenate(PSI_ARRAYS(minor(parts[0], parts[1], 1, 2), minor(parts[0], parts[1], 2, 0),
                                      minor(parts[0], parts[1], 0, 1)),
                           at);
}
