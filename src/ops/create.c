/* create.c: arrays made of nothing but a shape and numbers. Invariant: a length is checked before a node is made. */
#include <math.h>

#include "ops/build.h"

/* Broadcast values in memory of their own. */
static psi_array dense(psi_array values)
{
    if (psi_is_error(values))
        return values;
    return psi_build(PSI_OP_full, PSI_ARRAYS(values), PSI_NONE, psi_shape(values), psi_dtype_of(values));
}

psi_array psi_full(psi_ints shape, psi_array value, psi_dtype dtype)
{
    if (dtype != PSI_DTYPE_COUNT)
        value = psi_astype(value, dtype);
    return dense(psi_broadcast_to(value, shape));
}

bool psi_full_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = c->cotangents[0];
    return true;
}

bool psi_full_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = dense(c->tangents[0]);
    return !psi_failed();
}

bool psi_full_vmap(psi_vmap_call *c)
{
    c->out[0] = dense(c->in[0]);
    c->out_axes[0] = c->axes[0];
    return !psi_failed();
}

/* psi_full of a number; the dtype is checked before a scalar of it is made. */
static psi_array filled(psi_ints shape, double value, psi_dtype dtype, const char *op)
{
    dtype = psi_or_float32(dtype);
    if (!psi_check_dtype(dtype, op))
        return psi_error_array();
    return psi_full(shape, psi_scalar(value, dtype), dtype);
}

psi_array psi_zeros(psi_ints shape, psi_dtype dtype)
{
    return filled(shape, 0, dtype, "zeros");
}

psi_array psi_ones(psi_ints shape, psi_dtype dtype)
{
    return filled(shape, 1, dtype, "ones");
}

static psi_array filled_like(psi_array a, double value)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), value ? "ones_like" : "zeros_like"))
        return psi_error_array();
    return dense(psi_expand_with(psi_like(a, value), psi_shape(a), PSI_ARRAYS(a), 0));
}

psi_array psi_zeros_like(psi_array a)
{
    return filled_like(a, 0);
}

psi_array psi_ones_like(psi_array a)
{
    return filled_like(a, 1);
}

psi_array psi_reciprocal(psi_array a)
{
    return psi_divide(psi_like(a, 1), a);
}

/* ---- ranges ---- */

psi_array psi_arange(double start, double stop, double step, psi_dtype dtype)
{
    dtype = psi_or_float32(dtype);
    if (!psi_check_dtype(dtype, "arange"))
        return psi_error_array();
    if (dtype == PSI_BOOL)
        return PSI_INVALID("arange: dtype bool is not supported");
    if (!isfinite(start) || !isfinite(stop) || isnan(step))
        return PSI_INVALID("arange: no length follows from start %g, stop %g and step %g", start, stop, step);
    if (step == 0)
        return PSI_INVALID("arange: step is 0");
    double length = isinf(step) ? (step > 0 ? start < stop : start > stop) : ceil((stop - start) / step);
    if (length > INT32_MAX)
        return PSI_INVALID("arange: %.0f elements are more than the limit of %d", length, INT32_MAX);
    if (isinf(step)) /* at most one element: any finite step says the same */
        step = step > 0 ? 1 : -1;
    return psi_build(PSI_OP_arange, (psi_arrays){NULL, 0},
                     PSI_INTS(psi_real_attr(start), psi_real_attr(stop), psi_real_attr(step)),
                     PSI_INTS(length > 0 ? (int64_t)length : 0), dtype);
}

psi_array psi_linspace(double start, double stop, int64_t num, psi_dtype dtype)
{
    dtype = psi_or_float32(dtype);
    if (!psi_check_dtype(dtype, "linspace"))
        return psi_error_array();
    if (num < 0 || num > INT32_MAX)
        return PSI_INVALID("linspace: num is %lld, not in 0 to %d", (long long)num, INT32_MAX);
    if (num == 1)
        return psi_reshape(psi_scalar(start, dtype), PSI_INTS(1));
    psi_dtype inner = dtype == PSI_FLOAT64 ? PSI_FLOAT64 : PSI_FLOAT32;
    psi_array t = psi_divide(psi_arange(0, (double)num, 1, inner), psi_scalar((double)(num - 1), inner));
    psi_array rest = psi_subtract(psi_like(t, 1), t);
    return psi_astype(psi_add(psi_multiply(rest, psi_like(t, start)), psi_multiply(t, psi_like(t, stop))),
                      dtype);
}

/* ---- matrices by their diagonals ---- */

/* Row numbers as a column, and column numbers less k as a row; false with an error for a length past `least`. */
static bool diagonals(int64_t n, int64_t m, int64_t k, int64_t least, const char *op, psi_array *row,
                      psi_array *col)
{
    if (n < least || m < least || n > INT32_MAX || m > INT32_MAX) {
        PSI_INVALID("%s: %lld by %lld is not a size from %lld to %d", op, (long long)n, (long long)m,
                    (long long)least, INT32_MAX);
        return false;
    }
    k = k < -n ? -n : k > m ? m : k; /* the diagonals beyond are as empty */
    *row = psi_expand_dims(psi_arange(0, (double)n, 1, PSI_INT32), PSI_INTS(1));
    *col = psi_expand_dims(psi_arange((double)-k, (double)(m - k), 1, PSI_INT32), PSI_INTS(0));
    return true;
}

psi_array psi_eye(int64_t n, int64_t m, int64_t k, psi_dtype dtype)
{
    psi_array row, col;
    if (!diagonals(n, m == PSI_NO_INT ? n : m, k, 1, "eye", &row, &col))
        return psi_error_array();
    return psi_astype(psi_equal(row, col), psi_or_float32(dtype));
}

psi_array psi_identity(int64_t n, psi_dtype dtype)
{
    return psi_eye(n, n, 0, dtype);
}

psi_array psi_tri(int64_t n, int64_t m, int64_t k, psi_dtype dtype)
{
    psi_array row, col;
    n = n < 0 ? 0 : n;
    m = m == PSI_NO_INT ? n : m < 0 ? 0 : m;
    if (!diagonals(n, m, k, 0, "tri", &row, &col))
        return psi_error_array();
    return psi_astype(psi_greater_equal(row, col), psi_or_float32(dtype));
}

/* True at and below the k-th diagonal of x's last two axes. */
static psi_array mask_of(psi_array x, int64_t k, const char *op)
{
    if (!psi_check_inputs(PSI_ARRAYS(x), op))
        return psi_error_array();
    if (psi_ndim(x) < 2)
        return PSI_INVALID("%s: an array of %d dimensions has no matrices", op, psi_ndim(x));
    return psi_tri(psi_dim(x, -2), psi_dim(x, -1), k, PSI_BOOL);
}

psi_array psi_tril(psi_array x, int64_t k)
{
    psi_array mask = mask_of(x, k, "tril");
    return psi_is_error(mask) ? mask : psi_where(mask, x, psi_like(x, 0));
}

psi_array psi_triu(psi_array x, int64_t k)
{
    psi_array mask = mask_of(x, k > INT64_MIN ? k - 1 : k, "triu");
    return psi_is_error(mask) ? mask : psi_where(mask, psi_like(x, 0), x);
}
