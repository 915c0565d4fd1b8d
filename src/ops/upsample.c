/* upsample.c: one axis stretched by a factor: places of the result in the axis, and sums of the elements around them. */
#include <math.h>
#include <string.h>

#include "core/shape.h"
#include "ops/build.h"

static psi_array f32(double value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

/* Elements of the axis at float places, which are clipped to it. */
static psi_array pick(psi_array x, psi_array places, int axis)
{
    psi_array within = psi_clip(places, f32(0), f32((double)(psi_dim(x, axis) - 1)));
    return psi_take(x, psi_astype(within, PSI_UINT32), axis);
}

/* Weights of the axis, one for each place, as an operand for x. */
static psi_array along(psi_array weights, psi_array x, int axis)
{
    int64_t shape[PSI_MAX_NDIM];
    for (int i = 0; i < psi_ndim(x); i++)
        shape[i] = i == axis ? -1 : 1;
    return psi_reshape(weights, (psi_ints){shape, psi_ndim(x)});
}

static psi_array nearest(psi_array x, int axis, double scale, int64_t count)
{
    int64_t length = psi_dim(x, axis);
    if (scale == floor(scale))
        return psi_repeat(x, (int64_t)scale, axis);
    psi_array at = psi_arange(0, (double)count, 1, PSI_FLOAT32), step = f32((double)length / (double)count);
    if (count > length)
        at = psi_rint(psi_subtract(psi_multiply(psi_add(at, f32(0.5)), step), f32(0.5)));
    else
        at = psi_multiply(at, step);
    return pick(x, at, axis);
}

/* Places of the result's elements: outermost ones on outermost ones, or the middles on each other. */
static psi_array places(int64_t length, double scale, int64_t count, bool align_corners)
{
    psi_array at = psi_arange(0, (double)count, 1, PSI_FLOAT32);
    if (align_corners)
        return psi_multiply(at, f32(count > 1 ? (double)(length - 1) / (double)(count - 1) : 0));
    double step = 1 / scale;
    return psi_subtract(psi_multiply(at, f32(step)),
                        f32(((double)(count - 1) * step - (double)length + 1) / 2));
}

static psi_array linear(psi_array x, int axis, psi_array at)
{
    at = psi_clip(at, f32(0), f32((double)(psi_dim(x, axis) - 1)));
    psi_array low = psi_floor(at), share = along(psi_subtract(at, low), x, axis);
    return psi_add(psi_multiply(pick(x, low, axis), psi_subtract(f32(1), share)),
                   psi_multiply(pick(x, psi_ceil(at), axis), share));
}

/* The cubic kernel with slope -3/4 at distance 1, at distances up to 1 or from 1 to 2. */
static psi_array cubic_weight(psi_array d, bool inner)
{
    const double a = -0.75;
    if (inner) {
        psi_array cubic = psi_subtract(psi_multiply(f32(a + 2), d), f32(a + 3));
        return psi_add(psi_multiply(psi_multiply(cubic, d), d), f32(1));
    }
    psi_array cubic = psi_add(psi_multiply(psi_subtract(d, f32(5)), d), f32(8));
    return psi_multiply(psi_subtract(psi_multiply(cubic, d), f32(4)), f32(a));
}

static psi_array cubic(psi_array x, int axis, psi_array at)
{
    psi_array below = psi_floor(at), sum = NULL;
    for (int i = -1; i <= 2; i++) {
        psi_array grid = psi_add(below, f32(i));
        psi_array weight = cubic_weight(psi_abs(psi_subtract(at, grid)), i == 0 || i == 1);
        psi_array term = psi_multiply(pick(x, grid, axis), along(weight, x, axis));
        sum = sum ? psi_add(sum, term) : term;
    }
    return sum;
}

psi_array psi_upsample(psi_array x, int64_t axis, double scale, const char *mode, bool align_corners)
{
    if (!psi_check_inputs(PSI_ARRAYS(x), "upsample"))
        return psi_error_array();
    int at = psi_axis(axis, psi_ndim(x), "upsample");
    if (at < 0)
        return psi_error_array();
    int64_t length = psi_dim(x, at);
    if (!(scale > 0) || scale * (double)length > INT32_MAX || scale > INT32_MAX)
        return PSI_INVALID(
            "upsample: the factor %g of an axis of %lld; it must be positive, and the result's axis at "
            "most %d",
            scale, (long long)length, INT32_MAX);
    int64_t count = (int64_t)(scale * (double)length);
    if (!mode)
        return PSI_INVALID("upsample: mode is NULL; it must be nearest, linear or cubic");
    if (length == 0)
        return x;
    if (!strcmp(mode, "nearest"))
        return nearest(x, at, scale, count);
    if (!strcmp(mode, "linear"))
        return linear(x, at, places(length, scale, count, align_corners));
    if (!strcmp(mode, "cubic"))
        return cubic(x, at, places(length, scale, count, align_corners));
    return PSI_INVALID("upsample: mode is '%s'; it must be nearest, linear or cubic", mode);
}
