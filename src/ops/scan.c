/* scan.c: builders and rules of running sums, products, extremes and logarithms of sums of exponentials. */
#include "core/thread.h"
#include "ops/build.h"
#include "ops/gather.h"
#include "ops/reduce.h"

/* Running bools add up in int32; every other scan keeps the operand's dtype. */
static psi_array build_scan(int kind, psi_array a, int axis, bool reverse, bool inclusive)
{
    psi_dtype dtype = kind == PSI_SCAN_SUM && a->dtype == PSI_BOOL ? PSI_INT32 : (psi_dtype)a->dtype;
    return psi_build(PSI_OP_scan, PSI_ARRAYS(a), PSI_INTS(kind, axis, reverse, inclusive), psi_shape_of(a),
                     dtype);
}

static psi_array scan(const char *name, int kind, psi_array a, int64_t axis, bool reverse, bool inclusive)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), name))
        return psi_error_array();
    if (axis == PSI_NO_INT) {
        a = psi_flatten(a, 0, -1);
        axis = 0;
    }
    if (psi_is_error(a))
        return a;
    if (axis < -a->ndim || axis >= a->ndim)
        return PSI_INVALID("%s: axis %lld is out of bounds for an array with %d dimensions", name,
                           (long long)axis, a->ndim);
    return build_scan(kind, a, (int)(axis < 0 ? axis + a->ndim : axis), reverse, inclusive);
}

psi_array psi_cumsum(psi_array a, int64_t axis, bool reverse, bool inclusive)
{
    return scan("cumsum", PSI_SCAN_SUM, a, axis, reverse, inclusive);
}

psi_array psi_cumprod(psi_array a, int64_t axis, bool reverse, bool inclusive)
{
    return scan("cumprod", PSI_SCAN_PROD, a, axis, reverse, inclusive);
}

psi_array psi_cummax(psi_array a, int64_t axis, bool reverse, bool inclusive)
{
    return scan("cummax", PSI_SCAN_MAX, a, axis, reverse, inclusive);
}

psi_array psi_cummin(psi_array a, int64_t axis, bool reverse, bool inclusive)
{
    return scan("cummin", PSI_SCAN_MIN, a, axis, reverse, inclusive);
}

psi_array psi_logcumsumexp(psi_array a, int64_t axis, bool reverse, bool inclusive)
{
    return scan("logcumsumexp", PSI_SCAN_LOGADDEXP, a, axis, reverse, inclusive);
}

typedef struct scan_attr {
    int kind, axis;
    bool reverse, inclusive;
} scan_attr;

static scan_attr attr_of(const psi_node *node)
{
    return (scan_attr){(int)node->attr[0], (int)node->attr[1], node->attr[2] != 0, node->attr[3] != 0};
}

/* Everything up to the first zero has the usual gradient; the first zero has that of the products with it taken as
 * one; what comes after has none. */
static psi_array product_gradient(scan_attr s, psi_array x, psi_array y, psi_array g)
{
    psi_array zero = psi_like(x, 0), one = psi_like(x, 1);
    psi_array other = psi_cumprod(x, s.axis, s.reverse, !s.inclusive);
    psi_array with = s.inclusive ? y : other, before = s.inclusive ? other : y;
    psi_array gone = psi_equal(with, zero);
    psi_array first = psi_logical_and(gone, psi_not_equal(before, zero));
    psi_array patched = psi_cumprod(psi_where(first, one, x), s.axis, s.reverse, s.inclusive);
    psi_array at_first = psi_cumsum(psi_multiply(patched, g), s.axis, !s.reverse, s.inclusive);
    psi_array safe = psi_where(psi_equal(x, zero), one, x);
    psi_array usual = psi_divide(psi_cumsum(psi_multiply(y, g), s.axis, !s.reverse, s.inclusive), safe);
    return psi_where(first, at_first, psi_where(gone, zero, usual));
}

/* Where each running extreme stands along the axis, the last of equal ones; -1 before there is one. */
static psi_array places_of(scan_attr s, psi_array x)
{
    int64_t n = psi_dim(x, s.axis);
    psi_array place = psi_positions(0, n, s.axis, psi_ndim(x)), none = psi_like(place, -1);
    psi_array turned = s.reverse ? psi_subtract(psi_like(place, (double)n - 1), place) : place;
    psi_array reached = psi_is_error(x) ? x : build_scan(s.kind, x, s.axis, s.reverse, true);
    psi_array last =
        psi_cummax(psi_where(psi_equal(x, reached), turned, none), s.axis, s.reverse, s.inclusive);
    if (!s.inclusive)
        last = psi_maximum(last, none);
    return s.reverse
               ? psi_where(psi_equal(last, none), none, psi_subtract(psi_like(place, (double)n - 1), last))
               : last;
}

/* What was an extreme receives what came of it; tangents are read where it stands. */
static psi_array extreme_gradient(scan_attr s, psi_array x, psi_array g)
{
    psi_array places = places_of(s, x), zero = psi_like(places, 0), gone = psi_less(places, zero);
    return psi_scatter_add_axis(psi_zeros_like(x), psi_maximum(places, zero),
                                psi_where(gone, psi_like(g, 0), g), s.axis);
}

static psi_array extreme_tangent(scan_attr s, psi_array x, psi_array t)
{
    psi_array places = places_of(s, x), zero = psi_like(places, 0), gone = psi_less(places, zero);
    return psi_where(gone, psi_like(t, 0), psi_take_along_axis(t, psi_maximum(places, zero), s.axis));
}

/* exp(x) times the running sum, from the other end, of `part` of the cotangent times exp(-y), by logarithms. */
static psi_array weighted_sum(scan_attr s, psi_array x, psi_array y, psi_array part)
{
    psi_array logs = psi_subtract(psi_log(part), y);
    return psi_exp(psi_add(psi_logcumsumexp(logs, s.axis, !s.reverse, s.inclusive), x));
}

/* exp(-y) times the running sum of `part` of the tangent times exp(x), by logarithms. */
static psi_array weighted_mean(scan_attr s, psi_array x, psi_array y, psi_array part)
{
    psi_array logs = psi_add(psi_log(part), x);
    return psi_exp(psi_subtract(psi_logcumsumexp(logs, s.axis, s.reverse, s.inclusive), y));
}

bool psi_scan_vjp(psi_vjp_call *c)
{
    scan_attr s = attr_of(c->node);
    psi_array g = c->cotangents[0], zero = psi_like(g, 0);
    if (!c->wanted[0])
        return true;
    if (s.kind == PSI_SCAN_SUM) {
        c->grads[0] = psi_cumsum(g, s.axis, !s.reverse, s.inclusive);
    } else if (s.kind == PSI_SCAN_PROD) {
        c->grads[0] = product_gradient(s, psi_conjugated(c->in[0]), psi_conjugated(c->out[0]), g);
    } else if (s.kind == PSI_SCAN_LOGADDEXP && psi_dtype_of(g) == PSI_COMPLEX64) {
        psi_array y = psi_conjugate(c->out[0]), x = psi_conjugate(c->in[0]);
        psi_array parts = psi_where(psi_isinf(y), zero, psi_multiply(g, psi_exp(psi_negative(y))));
        c->grads[0] = psi_multiply(psi_cumsum(parts, s.axis, !s.reverse, s.inclusive), psi_exp(x));
    } else if (s.kind == PSI_SCAN_LOGADDEXP) {
        /* Positive and negative cotangents apart, as each has a logarithm. */
        psi_array up = weighted_sum(s, c->in[0], c->out[0], psi_maximum(g, zero));
        psi_array down = weighted_sum(s, c->in[0], c->out[0], psi_maximum(psi_negative(g), zero));
        c->grads[0] = psi_subtract(up, down);
    } else {
        c->grads[0] = extreme_gradient(s, c->in[0], g);
    }
    return !psi_failed();
}

bool psi_scan_jvp(psi_jvp_call *c)
{
    scan_attr s = attr_of(c->node);
    psi_array t = c->tangents[0], y = c->out[0];
    if (!t)
        return true;
    if (s.kind == PSI_SCAN_SUM) {
        c->out_tangents[0] = psi_cumsum(t, s.axis, s.reverse, s.inclusive);
    } else if (s.kind == PSI_SCAN_LOGADDEXP && psi_dtype_of(t) == PSI_COMPLEX64) {
        psi_array sums = psi_cumsum(psi_multiply(t, psi_exp(c->in[0])), s.axis, s.reverse, s.inclusive);
        c->out_tangents[0] =
            psi_where(psi_isinf(y), psi_like(t, 0), psi_multiply(sums, psi_exp(psi_negative(y))));
    } else if (s.kind == PSI_SCAN_LOGADDEXP) {
        psi_array zero = psi_like(t, 0);
        psi_array up = weighted_mean(s, c->in[0], y, psi_maximum(t, zero));
        psi_array down = weighted_mean(s, c->in[0], y, psi_maximum(psi_negative(t), zero));
        c->out_tangents[0] = psi_where(psi_isinf(y), zero, psi_subtract(up, down));
    } else if (s.kind == PSI_SCAN_PROD) {
        c->transpose = true;
    } else {
        c->out_tangents[0] = extreme_tangent(s, c->in[0], t);
    }
    return !psi_failed();
}

bool psi_scan_vmap(psi_vmap_call *c)
{
    scan_attr s = attr_of(c->node);
    psi_array a = c->in[0];
    int axis = s.axis + (c->axes[0] <= s.axis);
    c->out[0] = build_scan(s.kind, a, axis, s.reverse, s.inclusive);
    c->out_axes[0] = c->axes[0];
    return !psi_failed();
}
