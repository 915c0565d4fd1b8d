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

/* What stood `by` places earlier along the scan's way, or later where `by` is negative; 0 where there is nothing. */
static psi_array earlier(scan_attr s, psi_array x, int64_t by)
{
    bool later = s.reverse != (by < 0);
    int64_t n = psi_is_error(x) ? 0 : psi_dim(x, s.axis), room = by < 0 ? -by : by;
    if (room >= n)
        return psi_zeros_like(x);
    psi_arrays parts = psi_split_at(x, PSI_INTS(later ? room : n - room), s.axis);
    if (parts.count != 2)
        return psi_error_array();
    psi_array nothing = psi_zeros_like(parts.data[!later]), kept = parts.data[later];
    return psi_concatenate(later ? PSI_ARRAYS(kept, nothing) : PSI_ARRAYS(nothing, kept), s.axis);
}

/* r where r[i] = u[i] + factor[i] * r[i - 1], along the scan's way: a scan of the pairs (u, factor), twice as far each time. */
static psi_array recurrence(scan_attr s, psi_array u, psi_array factor)
{
    for (int64_t by = 1; !psi_is_error(u) && by < psi_dim(u, s.axis); by *= 2) {
        u = psi_add(u, psi_multiply(factor, earlier(s, u, by)));
        factor = psi_multiply(factor, earlier(s, factor, by));
    }
    return u;
}

/* How a scan's result moves: dy[i] = factor[i] * dy[i - 1] + weight[i] * dx[i], or dx[i - 1] of an exclusive one. Linear in
 * what moves and without a division, so that it has derivatives wherever the scan has. */
typedef struct motion {
    psi_array factor, weight;
} motion;

/* exp(a - y); 0 where y is infinite, as then nothing moves it. */
static psi_array share(psi_array a, psi_array y, psi_array fixed)
{
    psi_array zero = psi_like(y, 0);
    return psi_where(fixed, zero, psi_exp(psi_where(fixed, zero, psi_subtract(a, y))));
}

static motion motion_of(scan_attr s, psi_array x, psi_array y)
{
    if (s.kind == PSI_SCAN_PROD) {
        psi_array others = s.inclusive ? psi_cumprod(x, s.axis, s.reverse, false) : y;
        return s.inclusive ? (motion){x, others} : (motion){earlier(s, x, 1), earlier(s, others, 1)};
    }
    psi_array last = earlier(s, y, 1), fixed = psi_isinf(y);
    psi_array factor = share(last, y, psi_logical_or(fixed, psi_isinf(last)));
    return (motion){factor, share(s.inclusive ? x : earlier(s, x, 1), y, fixed)};
}

/* a * b, where 0 times what has overflowed is 0. */
static psi_array damped(psi_array a, psi_array b)
{
    psi_array zero = psi_like(b, 0);
    psi_array lost = psi_logical_and(psi_equal(a, zero), psi_logical_not(psi_isfinite(b)));
    return psi_multiply(a, psi_where(lost, zero, b));
}

static psi_array moved_gradient(scan_attr s, motion m, psi_array g)
{
    scan_attr back = s;
    back.reverse = !s.reverse;
    psi_array sums = damped(m.weight, recurrence(back, g, earlier(s, m.factor, -1)));
    return s.inclusive ? sums : earlier(s, sums, -1);
}

static psi_array moved_tangent(scan_attr s, motion m, psi_array t)
{
    return recurrence(s, psi_multiply(m.weight, s.inclusive ? t : earlier(s, t, 1)), m.factor);
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

bool psi_scan_vjp(psi_vjp_call *c)
{
    scan_attr s = attr_of(c->node);
    psi_array g = c->cotangents[0], zero = psi_like(g, 0);
    if (!c->wanted[0])
        return true;
    if (s.kind == PSI_SCAN_SUM) {
        c->grads[0] = psi_cumsum(g, s.axis, !s.reverse, s.inclusive);
    } else if (s.kind == PSI_SCAN_LOGADDEXP && psi_dtype_of(g) == PSI_COMPLEX64) {
        psi_array y = psi_conjugate(c->out[0]), x = psi_conjugate(c->in[0]);
        psi_array parts = psi_where(psi_isinf(y), zero, psi_multiply(g, psi_exp(psi_negative(y))));
        c->grads[0] = psi_multiply(psi_cumsum(parts, s.axis, !s.reverse, s.inclusive), psi_exp(x));
    } else if (s.kind == PSI_SCAN_PROD || s.kind == PSI_SCAN_LOGADDEXP) {
        motion m = motion_of(s, psi_conjugated(c->in[0]), psi_conjugated(c->out[0]));
        c->grads[0] = moved_gradient(s, m, g);
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
    } else if (s.kind == PSI_SCAN_PROD || s.kind == PSI_SCAN_LOGADDEXP) {
        c->out_tangents[0] = moved_tangent(s, motion_of(s, c->in[0], y), t);
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
