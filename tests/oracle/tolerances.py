"""How far a result may be from the wheel's, per op and dtype: the one table. What is not in it is exact, in every
bit but those of a NaN. Distances are in units of the last place of the result's dtype (of the larger part of a
complex number)."""
import math

import numpy as np

import accumulated
import packed
from table import wide


class Ulps:
    """Up to so many units in the last place."""

    def __init__(self, float16=0, bfloat16=0, float32=0, float64=0, complex64=0):
        self.of = dict(float16=float16, bfloat16=bfloat16, float32=float32, float64=float64, complex64=complex64)

    def bad(self, ours, theirs, dtype, step):
        if dtype not in self.of:
            return exact(ours, theirs, dtype)
        return far(ours, theirs, dtype, self.of[dtype])


class Accumulated:
    """Results of many terms. Where bits differ, ours must be next to the true value: `steps` units of the last place
    (half a unit for one, a single rounding), and what sqrt(terms) roundings of float32 (float64 for float64) may sum
    to. The wheel's may be off by a few roundings of the dtype more, in half types by one for each term, as it works
    in them; `coarse`: in float64 by float32's, as its exp there is float32's, and 0 below the normal numbers."""

    def __init__(self, truth, steps=1, coarse=False):
        self.truth, self.steps, self.coarse = truth, steps, coarse

    def bad(self, ours, theirs, dtype, step):
        out = exact(ours, theirs, dtype)
        if dtype not in EPSILON or not out.any():
            return out
        with np.errstate(all="ignore"):
            true, scale, terms, *way = self.truth(step, dtype)
            unit = max(EPSILON[dtype], EPSILON["float32"]) if self.coarse else EPSILON[dtype]
            other = (4 + (terms if dtype in HALVES else 2 * np.sqrt(terms))) * unit * scale + 4 * TINY[dtype]
            other += max(NORMAL[dtype], NORMAL["float32"]) if self.coarse and dtype != "float16" else 0
            return out & ~(self.right(ours, dtype, step) & near(theirs, true, other, dtype, dtype, *(way or (scale,))))

    def right(self, ours, dtype, step):
        """Where ours is next to the true value."""
        true, scale, terms, *way = self.truth(step, dtype)
        inner = "float32" if dtype in HALVES else dtype
        once = 0.51 * EPSILON[dtype] * finite_size(true)
        steps = once if self.steps == 1 else np.maximum(once, self.steps * EPSILON[dtype] * scale)
        bound = steps + 2 * np.sqrt(terms) * EPSILON[inner] * scale + TINY[dtype]
        return near(ours, true, bound, dtype, inner, *(way or (scale,)))


def finite_size(x):
    """The size of numbers; of complex ones that are not finite, that of what is."""
    if x.dtype.kind != "c":
        return np.abs(x)
    parts = np.stack([x.real, x.imag])
    return np.where(np.isfinite(x), np.abs(x), np.where(np.isfinite(parts), np.abs(parts), 0).sum(0))


def near(x, true, bound, dtype, inner, high, low=None):
    """Within the bound of the true value, part by part; or not finite where the result overflows its dtype or what
    turns up on the way overflows `inner`; or too small where what turns up on the way leaves its normal range."""
    x = wide(x, dtype)
    out = np.ones(x.shape, bool)
    over = ~(np.abs(true) + bound < HUGE[dtype]) | ~(high < HUGE[inner] * (1 - 2 * EPSILON[inner]))
    under = np.zeros(x.shape, bool)
    if low is not None:  # what is rounded below the normal range may grow again
        under = (low < NORMAL[inner]) & (np.abs(x) <= 2 * np.abs(true) + bound + TINY[inner] * high)
    for a, b in ((x.real, true.real), (x.imag, true.imag)) if dtype == "complex64" else ((x, true),):
        a = a.astype(np.longdouble)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        out &= same | (np.abs(a - b) <= bound) | (~np.isfinite(a) & over)
    return out | under


class Near:
    """Up to so many units in the last place of 1 + |value|: results of several steps, which may cancel. float64 and
    complex64 in float32's units: the wheel computes these from float32 numbers. `halves`: another number for half types."""

    def __init__(self, units, halves=None):
        self.units, self.halves = units, units if halves is None else halves

    def bad(self, ours, theirs, dtype, step):
        if dtype not in EPSILON:
            return exact(ours, theirs, dtype)
        with np.errstate(all="ignore"):
            a, b = (wide(x, dtype).astype(np.complex128 if dtype == "complex64" else np.float64) for x in (ours, theirs))
            unit = max(EPSILON[dtype], EPSILON["float32"])
            units = self.halves if dtype in HALVES else self.units
            return ~(np.abs(a - b) <= units * unit * (1 + np.abs(b))) & exact(ours, theirs, dtype)


class Solved:
    """Results of linear algebra, and weighted sums that cancel: up to so many units of the last place of the largest element, for
    each row of the matrices, which are made far from singular."""

    def __init__(self, units):
        self.units = units

    def bad(self, ours, theirs, dtype, step):
        if dtype not in EPSILON:
            return exact(ours, theirs, dtype)
        a, b = wide(ours, dtype), wide(theirs, dtype)
        rows = max(next(iter(step.inputs.values())).shape[-2:], default=1)
        largest = max(np.abs(np.where(np.isfinite(b), b, 0)).max(initial=0), 1e-30)
        return ~(np.abs(a - b) <= self.units * rows * EPSILON[dtype] * largest) & exact(ours, theirs, dtype)


class Transformed:
    """Fourier transforms: up to so many units of float32 of the largest element for each doubling of the size, and two to begin
    with."""

    def __init__(self, units):
        self.units = units

    def bad(self, ours, theirs, dtype, step):
        doublings = 2 + math.log2(2 + max(step.inputs["a"].size, theirs.size))
        largest = max(np.abs(theirs).max(initial=0), 1e-30)
        return ~(np.abs(ours - theirs) <= self.units * doublings * EPSILON["float32"] * largest)


class Sorted:
    """Exact, but for the order on either side of the kth element, which is not said: each side is sorted first.
    `places`: the results are indices, judged by the elements they name; `kth`: where the sides part, or None."""

    def __init__(self, places=False, kth=False):
        self.places, self.kth = places, kth

    def bad(self, ours, theirs, dtype, step):
        a, b = self.sides(ours, step), self.sides(theirs, step)
        return (a != b) & ~((a != a) & (b != b))

    def sides(self, x, step):
        axis = step.args["axis"]
        a = step.inputs["a"].reshape(-1) if axis is None else step.inputs["a"]
        axis = 0 if axis is None else axis
        x = wide(np.take_along_axis(a, x.astype(np.int64), axis) if self.places else x, step.dtypes["a"])
        k = step.args["kth"] % x.shape[axis] if self.kth else 0
        return np.concatenate([np.sort(part, axis) for part in np.split(x, [k, k + 1] if self.kth else [], axis)], axis)


HALVES = ("float16", "bfloat16")
EPSILON = dict(float16=2.0**-10, bfloat16=2.0**-7, float32=2.0**-23, float64=2.0**-52, complex64=2.0**-23)
TINY = dict(float16=2.0**-24, bfloat16=2.0**-133, float32=2.0**-149, float64=5e-324, complex64=2.0**-149)
HUGE = dict(float16=65504.0, bfloat16=3.3895e38, float32=3.4028234e38, float64=1.797e308, complex64=3.4028234e38)
NORMAL = dict(float16=2.0**-14, bfloat16=2.0**-126, float32=2.0**-126, float64=2.0**-1022, complex64=2.0**-126)
BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def is_nan(x, dtype):
    x = wide(x, dtype)
    return np.isnan(x) if x.dtype.kind in "fc" else np.zeros(x.shape, bool)


def exact(ours, theirs, dtype):
    """Where bits differ and not both are NaN; parts of complex numbers each for itself."""
    if dtype == "complex64":
        a, b = (np.ascontiguousarray(x).view(np.float32).reshape(x.shape + (2,)) for x in (ours, theirs))
        return exact(a, b, "float32").any(axis=-1)
    if ours.dtype.kind == "f":
        bits = BITS[ours.dtype.itemsize]
        differ = np.ascontiguousarray(ours).view(bits).reshape(ours.shape) != \
            np.ascontiguousarray(theirs).view(bits).reshape(ours.shape)
        return differ & ~(np.isnan(ours) & np.isnan(theirs))
    return (ours != theirs) & ~(is_nan(ours, dtype) & is_nan(theirs, dtype))


def ordered(x):
    """Floats as integers in the same order, one apart for neighbours."""
    bits = np.ascontiguousarray(x).view(BITS[x.dtype.itemsize]).reshape(x.shape)
    return np.where(bits < 0, np.iinfo(bits.dtype).min - bits.astype(np.int64), bits.astype(np.int64))


def distance(ours, theirs, dtype):
    """Units in the last place between two results; 0 for two NaNs, very far for one."""
    with np.errstate(all="ignore"):
        if dtype == "complex64":
            scale = np.maximum(np.abs(ours.real), np.abs(ours.imag)).astype(np.float64)
            unit = np.spacing(np.where(np.isfinite(scale), scale, 1).astype(np.float32)).astype(np.float64)
            out = np.zeros(ours.shape)
            for a, b in ((ours.real, theirs.real), (ours.imag, theirs.imag)):
                gap = np.abs(a.astype(np.float64) - b) / unit
                same = (a == b) | (np.isnan(a) & np.isnan(b))
                out = np.maximum(out, np.where(same, 0, np.where(np.isfinite(gap), gap, np.inf)))
            return out
        a, b = wide(ours, dtype), wide(theirs, dtype)
        steps = 2.0**-16 if dtype == "bfloat16" else 1.0
        gap = np.abs(ordered(a).astype(np.longdouble) - ordered(b).astype(np.longdouble)) * steps
        one_nan = np.isnan(a) != np.isnan(b)
        return np.where(np.isnan(a) & np.isnan(b), 0, np.where(one_nan, np.inf, gap))


def far(ours, theirs, dtype, ulps):
    return distance(ours, theirs, dtype) > ulps


TRANSCENDENTAL = Ulps(float16=1, bfloat16=1, float32=4, float64=4, complex64=4)
TABLE = {
    **{name: Accumulated(getattr(accumulated, name)) for name in "sum cumsum prod cumprod trace matmul inner tensordot "
       "tensordot_axes einsum addmm".split()},
    **{name: Accumulated(getattr(accumulated, name), steps=4) for name in "var std".split()},
    **{name: Accumulated(getattr(packed, name)) for name in "quantized_matmul gather_qmm qqmm".split()},
    "mean": Accumulated(accumulated.mean, steps=2),  # a sum, 1 / n and their product, each rounded
    **{name: Accumulated(getattr(accumulated, name), steps=2, coarse=True) for name in "softmax logsumexp logcumsumexp".split()},
    **{name: Accumulated(accumulated.convolution, coarse=True) for name in "conv_general conv1d conv2d conv3d "
       "conv_transpose1d conv_transpose2d conv_transpose3d convolve".split()},
    "upsample": Solved(8),
    "partition": Sorted(kth=True), "argpartition": Sorted(places=True, kth=True), "topk": Sorted(),
    **dict.fromkeys("linalg_cholesky linalg_eigvalsh linalg_inv linalg_tri_inv linalg_cholesky_inv linalg_pinv "
                    "linalg_solve linalg_solve_triangular linalg_norm linalg_norm_matrix".split(), Solved(16)),
    "linalg_norm_l2": Accumulated(accumulated.norm, steps=2),
    **dict.fromkeys("hanning hamming blackman bartlett".split(), Near(1)),
    **{f"fft_{kind}fft{over}": Transformed(1) for kind in ("", "i", "r", "ir") for over in ("", "2", "n")},
    **dict.fromkeys("fast_rms_norm fast_layer_norm fast_rope fast_rope_dynamic fast_scaled_dot_product_attention".split(),
                    Near(16, halves=4)),  # the wheel's compositions round half types at every op
    "degrees": Ulps(float16=1, bfloat16=1, float32=1, float64=1),
    "radians": Ulps(float16=1, bfloat16=1, float32=1, float64=1),
    **dict.fromkeys("random_normal random_truncated_normal random_gumbel random_laplace".split(), Near(8)),
    "random_multivariate_normal": Near(64),  # by a factored matrix
    **dict.fromkeys("exp expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh "
                    "arctanh erf erfinv sigmoid logaddexp arctan2 power rsqrt".split(), TRANSCENDENTAL),
}


class Exact:
    @staticmethod
    def bad(ours, theirs, dtype, step):
        return exact(ours, theirs, dtype)


def rule(op):
    return TABLE.get(op, Exact)
