/* sample.c: samples of distributions, all compositions over random bits, in upstream's order of operations, so that
 * a key gives upstream's numbers. */
#include <math.h>
#include <string.h>

#include "ops/build.h"

static const float below_minus_one =
    -0x1.fffffep-1f; /* the neighbour of -1 towards 0: erfinv and log1p stay finite */

static bool check_floating(psi_dtype dtype, const char *op)
{
    if (!psi_check_dtype(dtype, op))
        return false;
    if (psi_issubdtype(dtype, PSI_FLOATING))
        return true;
    PSI_INVALID("%s: dtype is %s, not a real floating point type", op, psi_dtype_name(dtype));
    return false;
}

static psi_array float32_scalar(float value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

/* True when `shape` is what it and `from` broadcast to. */
static bool check_covers(psi_ints shape, psi_ints from, const char *op)
{
    int64_t common[PSI_MAX_NDIM];
    if (!psi_check_ndim(shape.count, op))
        return false;
    int ndim = psi_broadcast_into(shape, from, common, op);
    if (ndim < 0)
        return false;
    if (psi_same_ints(shape, (psi_ints){common, ndim}))
        return true;
    PSI_INVALID("%s: parameters of shape %s do not fit samples of shape %s", op, PSI_SHAPE(from),
                PSI_SHAPE(shape));
    return false;
}

/* ---- uniform ---- */

psi_array psi_random_uniform(psi_array low, psi_array high, psi_ints shape, psi_dtype dtype, psi_array key)
{
    dtype = psi_or_float32(dtype);
    if (!check_floating(dtype, "random_uniform") ||
        !psi_check_inputs(PSI_ARRAYS(low, high), "random_uniform"))
        return psi_error_array();
    low = psi_astype(low, dtype);
    psi_array range = psi_subtract(psi_astype(high, dtype), low);
    if (psi_is_error(range) || !check_covers(shape, psi_shape(range), "random_uniform"))
        return psi_error_array();
    if (dtype == PSI_FLOAT64)
        return psi_fail(PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                        "random_uniform: dtype is float64; samples have 32 bits: ask for float32");
    /* The largest number below 1 of the dtype, so that samples stay below high. */
    float top = dtype == PSI_FLOAT32 ? 0x1.fffffep-1f : dtype == PSI_FLOAT16 ? 0x1.ffcp-1f : 0x1.fep-1f;
    psi_array unit = psi_divide(psi_random_bits(shape, 4, key), float32_scalar(0x1p32f));
    unit = psi_astype(psi_minimum(unit, float32_scalar(top)), dtype);
    return psi_add(psi_multiply(range, unit), low);
}

/* In (-1, 1), as the samplers by inverse functions want it. */
static psi_array symmetric(psi_ints shape, psi_array key)
{
    return psi_random_uniform(float32_scalar(below_minus_one), float32_scalar(1), shape, PSI_FLOAT32, key);
}

psi_array psi_random_bernoulli(psi_array p, psi_ints shape, psi_array key)
{
    p = p ? p : float32_scalar(0.5f);
    if (!psi_check_inputs(PSI_ARRAYS(p), "random_bernoulli") ||
        !check_floating(psi_dtype_of(p), "random_bernoulli: p"))
        return psi_error_array();
    if (shape.count < 0)
        shape = psi_shape(p);
    if (!check_covers(shape, psi_shape(p), "random_bernoulli"))
        return psi_error_array();
    /* Just above every word, so that p = 1 is always true. */
    psi_array upper = float32_scalar(0x1.000002p32f);
    return psi_less(psi_random_bits(shape, 4, key), psi_multiply(p, upper));
}

/* Integers wide enough for both ends of a range, and no wider than that. */
static psi_dtype whole_dtype(psi_dtype low, psi_dtype high)
{
    if (low == PSI_UINT64 || high == PSI_UINT64)
        return PSI_UINT64;
    bool fit = psi_promote_types(psi_promote_types(low, high), PSI_INT32) == PSI_INT32;
    return fit ? PSI_INT32 : PSI_INT64;
}

/* Whole numbers are clamped as such: float32, which upstream samples in, cannot tell neighbours past 2^24 apart. */
psi_array psi_random_randint(psi_array low, psi_array high, psi_ints shape, psi_dtype dtype, psi_array key)
{
    dtype = dtype == PSI_DTYPE_COUNT ? PSI_INT32 : dtype;
    if (!psi_check_inputs(PSI_ARRAYS(low, high), "random_randint"))
        return psi_error_array();
    if ((unsigned)dtype >= PSI_DTYPE_COUNT || psi_issubdtype(dtype, PSI_INEXACT))
        return PSI_INVALID("random_randint: dtype is %s, not an integer type or bool",
                           (unsigned)dtype < PSI_DTYPE_COUNT ? psi_dtype_name(dtype) : "unknown");
    psi_array u = psi_maximum(psi_random_uniform(low, high, shape, PSI_FLOAT32, key), low);
    psi_dtype whole = whole_dtype(psi_dtype_of(low), psi_dtype_of(high));
    psi_array end = psi_issubdtype(psi_dtype_of(high), PSI_INEXACT) ? psi_ceil(high) : high;
    end = psi_subtract(psi_astype(end, whole), psi_scalar_int(1, whole));
    psi_array x = psi_minimum(psi_astype(u, whole), end);
    return psi_astype(psi_maximum(x, psi_astype(low, whole)), dtype);
}

/* ---- by inverse functions ---- */

/* Real and imaginary parts are neighbours of one row of samples. */
static psi_array complex_normal(psi_ints shape, psi_array loc, psi_array scale, psi_array key)
{
    int64_t pairs[PSI_MAX_NDIM];
    if (shape.count < 0 || shape.count >= PSI_MAX_NDIM)
        return PSI_INVALID("random_normal: a complex shape has 0 to %d dimensions, not %d", PSI_MAX_NDIM - 1,
                           shape.count);
    memcpy(pairs, shape.data, (size_t)shape.count * sizeof *pairs);
    pairs[shape.count] = 2;
    psi_array rows = psi_erfinv(symmetric((psi_ints){pairs, shape.count + 1}, key));
    psi_array samples = psi_reshape(psi_view(rows, PSI_COMPLEX64), shape);
    if (scale)
        samples = psi_multiply(scale, samples);
    return loc ? psi_add(loc, samples) : samples;
}

psi_array psi_random_normal(psi_ints shape, psi_dtype dtype, psi_array loc, psi_array scale, psi_array key)
{
    dtype = psi_or_float32(dtype);
    if (dtype == PSI_COMPLEX64)
        return complex_normal(shape, loc, scale, key);
    if (!check_floating(dtype, "random_normal"))
        return psi_error_array();
    psi_array by = psi_scalar(sqrt(2.0), dtype);
    if (scale)
        by = psi_multiply(by, psi_astype(scale, dtype));
    psi_array samples = psi_multiply(by, psi_astype(psi_erfinv(symmetric(shape, key)), dtype));
    return loc ? psi_add(psi_astype(loc, dtype), samples) : samples;
}

psi_array psi_random_truncated_normal(psi_array lower, psi_array upper, psi_ints shape, psi_dtype dtype,
                                      psi_array key)
{
    int64_t common[PSI_MAX_NDIM];
    dtype = psi_or_float32(dtype);
    if (!check_floating(dtype, "random_truncated_normal") ||
        !psi_check_inputs(PSI_ARRAYS(lower, upper), "random_truncated_normal"))
        return psi_error_array();
    if (shape.count < 0) {
        int ndim = psi_broadcast_into(psi_shape(lower), psi_shape(upper), common, "random_truncated_normal");
        if (ndim < 0)
            return psi_error_array();
        shape = (psi_ints){common, ndim};
    }
    psi_array root = psi_scalar(sqrt(2.0), dtype);
    lower = psi_astype(lower, dtype);
    upper = psi_astype(upper, dtype);
    psi_array from = psi_erf(psi_divide(lower, root)), to = psi_erf(psi_divide(upper, root));
    psi_array x = psi_multiply(root, psi_erfinv(psi_random_uniform(from, to, shape, dtype, key)));
    return psi_maximum(psi_minimum(upper, x), lower);
}

/* The shape of the samples: what mean, cov and `shape` broadcast to without the vectors' own axes, and that axis. */
static int vectors_shape(const char *op, psi_array mean, psi_array cov, psi_ints shape, int64_t *lengths)
{
    int64_t common[PSI_MAX_NDIM];
    psi_ints means = psi_shape(mean), covs = psi_shape(cov);
    if (means.count < 1 || covs.count < 2) {
        PSI_INVALID("%s: mean has %d dimensions and cov %d, not at least 1 and 2", op, means.count,
                    covs.count);
        return -1;
    }
    int64_t n = means.data[means.count - 1];
    if (covs.data[covs.count - 1] != n || covs.data[covs.count - 2] != n) {
        PSI_INVALID("%s: cov of shape %s does not fit mean of shape %s", op, PSI_SHAPE(covs),
                    PSI_SHAPE(means));
        return -1;
    }
    if (shape.count < 0 || shape.count >= PSI_MAX_NDIM) {
        PSI_INVALID("%s: a shape has 0 to %d dimensions, not %d", op, PSI_MAX_NDIM - 1, shape.count);
        return -1;
    }
    means.count -= 1;
    covs.count -= 2;
    int ndim = psi_broadcast_into(means, covs, common, op);
    ndim = ndim < 0 ? ndim : psi_broadcast_into((psi_ints){common, ndim}, shape, lengths, op);
    if (ndim >= 0)
        lengths[ndim++] = n;
    return ndim;
}

psi_array psi_random_multivariate_normal(psi_array mean, psi_array cov, psi_ints shape, psi_dtype dtype,
                                         psi_array key)
{
    const char *op = "random_multivariate_normal";
    int64_t lengths[PSI_MAX_NDIM + 1];
    if (!psi_check_inputs(PSI_ARRAYS(mean, cov), op))
        return psi_error_array();
    if (psi_or_float32(dtype) != PSI_FLOAT32)
        return PSI_INVALID("%s: dtype is %s, not float32", op,
                           (unsigned)dtype < PSI_DTYPE_COUNT ? psi_dtype_name(dtype) : "unknown");
    int ndim = vectors_shape(op, mean, cov, shape, lengths);
    if (ndim < 0)
        return psi_error_array();
    /* The root of a covariance matrix u @ diag(s) @ v, where u is v's transpose. */
    psi_arrays f = psi_linalg_svd(psi_astype(cov, PSI_FLOAT32), true);
    if (f.count != 3)
        return psi_error_array();
    psi_array deviations = psi_expand_dims(psi_sqrt(f.data[1]), PSI_INTS(-2));
    psi_array root = psi_matmul(psi_multiply(f.data[0], deviations), f.data[2]);
    psi_array samples = psi_random_normal((psi_ints){lengths, ndim}, PSI_FLOAT32, NULL, NULL, key);
    if (psi_ndim(root) == 2) /* all samples in one product */
        return psi_add(mean, psi_matmul(samples, root));
    samples = psi_squeeze(psi_matmul(psi_expand_dims(samples, PSI_INTS(-2)), root), PSI_INTS(-2));
    return psi_add(mean, samples);
}

psi_array psi_random_gumbel(psi_ints shape, psi_dtype dtype, psi_array key)
{
    dtype = psi_or_float32(dtype);
    if (!check_floating(dtype, "random_gumbel"))
        return psi_error_array();
    psi_array u = psi_random_uniform(psi_scalar(0, dtype), psi_scalar(1, dtype), shape, dtype, key);
    return psi_negative(psi_log(psi_negative(psi_log(u))));
}

psi_array psi_random_laplace(psi_ints shape, psi_dtype dtype, double loc, double scale, psi_array key)
{
    dtype = psi_or_float32(dtype);
    if (!check_floating(dtype, "random_laplace"))
        return psi_error_array();
    psi_array u = symmetric(shape, key);
    psi_array depth = psi_log1p(psi_multiply(psi_scalar(-1, dtype), psi_abs(u)));
    psi_array samples = psi_astype(psi_multiply(psi_sign(u), depth), dtype);
    if (scale != 1)
        samples = psi_multiply(psi_scalar(scale, dtype), samples);
    return loc != 0 ? psi_add(psi_scalar(loc, dtype), samples) : samples;
}

/* ---- categories: the largest of logits with Gumbel noise ---- */

/* One sample per element of `shape`, which the logits without `axis` broadcast to. */
static psi_array categories(psi_array logits, int axis, psi_ints shape, psi_array key)
{
    int64_t noisy[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(logits), "random_categorical"))
        return psi_error_array();
    int at = axis + shape.count - psi_ndim(logits) + 1;
    if (shape.count >= PSI_MAX_NDIM)
        return PSI_INVALID("random_categorical: a shape has 0 to %d dimensions, not %d", PSI_MAX_NDIM - 1,
                           shape.count);
    for (int i = 0, from = 0; i <= shape.count; i++)
        noisy[i] = i == at ? psi_shape(logits).data[axis] : shape.data[from++];
    psi_array noise = psi_random_gumbel((psi_ints){noisy, shape.count + 1}, PSI_FLOAT32, key);
    return psi_argmax(psi_add(noise, logits), at, false);
}

/* The logits' shape without an axis; its number of dimensions, or -1 with an error. *axis is made positive. */
static int other_axes(psi_array logits, int64_t *axis, int64_t *shape)
{
    if (!psi_check_inputs(PSI_ARRAYS(logits), "random_categorical"))
        return -1;
    int ndim = psi_ndim(logits);
    *axis = psi_axis(*axis, ndim, "random_categorical");
    if (*axis < 0)
        return -1;
    for (int i = 0, to = 0; i < ndim; i++)
        if (i != *axis)
            shape[to++] = psi_shape(logits).data[i];
    return ndim - 1;
}

psi_array psi_random_categorical(psi_array logits, int64_t axis, psi_ints shape, psi_array key)
{
    int64_t others[PSI_MAX_NDIM];
    int ndim = other_axes(logits, &axis, others);
    if (ndim < 0)
        return psi_error_array();
    psi_ints reduced = {others, ndim};
    if (shape.count < 0)
        shape = reduced;
    if (!check_covers(shape, reduced, "random_categorical"))
        return psi_error_array();
    return categories(logits, (int)axis, shape, key);
}

psi_array psi_random_categorical_num_samples(psi_array logits, int64_t axis, int64_t num_samples,
                                             psi_array key)
{
    int64_t shape[PSI_MAX_NDIM + 1];
    int ndim = other_axes(logits, &axis, shape);
    if (ndim < 0)
        return psi_error_array();
    shape[ndim] = num_samples;
    return categories(psi_expand_dims(logits, PSI_INTS(-1)), (int)axis, (psi_ints){shape, ndim + 1}, key);
}
