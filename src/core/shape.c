/* shape.c: arithmetic on shapes, axes and strides. */
#include "core/shape.h"

#include <string.h>

#include "core/error.h"
#include "core/node.h"

bool psi_same_ints(psi_ints a, psi_ints b)
{
    return a.count == b.count && (a.count <= 0 || !memcmp(a.data, b.data, (size_t)a.count * sizeof *a.data));
}

static int axis_or(psi_kind kind, int64_t axis, int ndim, const char *op)
{
    if (axis >= -(int64_t)ndim && axis < ndim)
        return (int)(axis < 0 ? axis + ndim : axis);
    psi_fail(PSI_INVALID_ARGUMENT, kind, "%s: axis %lld is out of range for an array of %d dimensions", op,
             (long long)axis, ndim);
    return -1;
}

int psi_axis(int64_t axis, int ndim, const char *op)
{
    return axis_or(PSI_VALUE_ERROR, axis, ndim, op);
}

int psi_axis_index(int64_t axis, int ndim, const char *op)
{
    return axis_or(PSI_INDEX_ERROR, axis, ndim, op);
}

int psi_axes_in_order(psi_ints axes, int ndim, int64_t *out, const char *op)
{
    bool seen[PSI_MAX_NDIM] = {false};
    for (int i = 0; i < (axes.count < 0 ? ndim : axes.count); i++) {
        int axis = axes.count < 0 ? i : psi_axis(axes.data[i], ndim, op);
        if (axis < 0)
            return -1;
        if (seen[axis]) {
            PSI_INVALID("%s: axis %lld is given twice", op, (long long)axes.data[i]);
            return -1;
        }
        seen[axis] = true;
        out[i] = axis;
    }
    return axes.count < 0 ? ndim : axes.count;
}

int psi_axes(psi_ints axes, int ndim, int64_t *out, const char *op)
{
    int count = psi_axes_in_order(axes, ndim, out, op);
    for (int i = 1; i < count; i++) {
        int64_t axis = out[i];
        int to = i;
        for (; to > 0 && out[to - 1] > axis; to--)
            out[to] = out[to - 1];
        out[to] = axis;
    }
    return count;
}

bool psi_check_dtype(psi_dtype dtype, const char *op)
{
    if ((unsigned)dtype < PSI_DTYPE_COUNT)
        return true;
    PSI_INVALID("%s: %d is not a dtype", op, (int)dtype);
    return false;
}

bool psi_check_ndim(int ndim, const char *op)
{
    if (ndim >= 0 && ndim <= PSI_MAX_NDIM)
        return true;
    PSI_INVALID("%s: a shape has 0 to %d dimensions, not %d", op, PSI_MAX_NDIM, ndim);
    return false;
}

bool psi_check_not_empty(psi_array a, const char *op)
{
    if (psi_is_error(a) || a->size != 0)
        return true;
    PSI_INVALID("%s: an array of shape %s has no elements", op, PSI_SHAPE(psi_shape_of(a)));
    return false;
}

int psi_broadcast_into(psi_ints a, psi_ints b, int64_t *out, const char *op)
{
    int ndim = a.count > b.count ? a.count : b.count;
    for (int i = 1; i <= ndim; i++) {
        int64_t x = i <= a.count ? a.data[a.count - i] : 1, y = i <= b.count ? b.data[b.count - i] : 1;
        if (x != y && x != 1 && y != 1) {
            PSI_INVALID("%s: shapes %s and %s cannot be broadcast together", op, PSI_SHAPE(a), PSI_SHAPE(b));
            return -1;
        }
        out[ndim - i] = x == 1 ? y : x;
    }
    return ndim;
}

int psi_collapse(int ndim, int64_t *shape, int count, int64_t *const strides[])
{
    int n = 0;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] == 1)
            continue;
        bool joins = n > 0;
        for (int s = 0; joins && s < count; s++)
            joins = strides[s][n - 1] == strides[s][i] * shape[i];
        if (joins) {
            shape[n - 1] *= shape[i];
        } else {
            shape[n++] = shape[i];
        }
        for (int s = 0; s < count; s++)
            strides[s][n - 1] = strides[s][i];
    }
    if (n == 0) {
        shape[0] = 1;
        for (int s = 0; s < count; s++)
            strides[s][0] = 0;
        n = 1;
    }
    return n;
}
