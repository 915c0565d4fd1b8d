"""How far a result may be from the wheel's, per op and dtype: the one table. What is not in it is exact, in every
bit but those of a NaN. Distances are in units of the last place of the result's dtype (of the larger part of a
complex number)."""
import numpy as np

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
    """A sum of n terms: factor * sqrt(n) + 4 units of the last place of the sum of the terms' absolute values, and of
    n such units in half types, which upstream adds up in the half type itself."""

    def __init__(self, magnitude, factor=2):
        self.magnitude, self.factor = magnitude, factor

    def bad(self, ours, theirs, dtype, step):
        if dtype not in EPSILON:
            return exact(ours, theirs, dtype)
        with np.errstate(all="ignore"):
            total, terms = self.magnitude(step)
            units = 4 + self.factor * (terms if dtype in ("float16", "bfloat16") else np.sqrt(terms))
            a, b = (wide(x, dtype).astype(complex_or_double(dtype)) for x in (ours, theirs))
            # Where the sum of magnitudes overflows, an infinity or NaN may appear on either side.
            near = np.abs(a - b) <= units * EPSILON[dtype] * total + TINY[dtype]
            unsure = ~(total * (1 + units * EPSILON[dtype]) < HUGE[dtype])
            return ~(near | unsure) & exact(ours, theirs, dtype)


class Near:
    """Up to so many units in the last place of 1 + |value|: results of several steps, which may cancel. float64 and
    complex64 in float32's units: the wheel computes these distributions from float32 numbers."""

    def __init__(self, units):
        self.units = units

    def bad(self, ours, theirs, dtype, step):
        if dtype not in EPSILON:
            return exact(ours, theirs, dtype)
        with np.errstate(all="ignore"):
            a, b = (wide(x, dtype).astype(complex_or_double(dtype)) for x in (ours, theirs))
            unit = max(EPSILON[dtype], EPSILON["float32"])
            return ~(np.abs(a - b) <= self.units * unit * (1 + np.abs(b))) & exact(ours, theirs, dtype)


class Steps:
    """Up to so many units in the last place of the largest magnitude among operands' results: several steps, each
    rounded, whose errors the largest element bounds. Half types get as many units as terms, as upstream works in
    them. `coarse`: float64 in float32's units, as upstream's exp is float32's."""

    def __init__(self, units, coarse=False):
        self.units, self.coarse = units, coarse

    def bad(self, ours, theirs, dtype, step):
        if dtype not in EPSILON:
            return exact(ours, theirs, dtype)
        with np.errstate(all="ignore"):
            a, b = (wide(x, dtype).astype(complex_or_double(dtype)) for x in (ours, theirs))
            size = next(iter(step.inputs.values())).size if step.inputs else 1
            units = max(self.units, size) if dtype in ("float16", "bfloat16") else self.units + 2 * np.sqrt(size)
            unit = max(EPSILON[dtype], EPSILON["float32"]) if self.coarse else EPSILON[dtype]
            largest = np.abs(np.where(np.isfinite(b), b, 0)).max(initial=0)
            return ~(np.abs(a - b) <= units * unit * largest + TINY[dtype]) & exact(ours, theirs, dtype)


EPSILON = dict(float16=2.0**-10, bfloat16=2.0**-7, float32=2.0**-23, float64=2.0**-52, complex64=2.0**-23)
TINY = dict(float16=2.0**-24, bfloat16=2.0**-133, float32=2.0**-149, float64=5e-324, complex64=2.0**-149)
HUGE = dict(float16=65504.0, bfloat16=3.3895e38, float32=3.4028234e38, float64=1.797e308, complex64=3.4028234e38)
BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def complex_or_double(dtype):
    return np.complex128 if dtype == "complex64" else np.float64


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
        gap = np.abs(ordered(a).astype(np.float64) - ordered(b).astype(np.float64)) * steps
        one_nan = np.isnan(a) != np.isnan(b)
        return np.where(np.isnan(a) & np.isnan(b), 0, np.where(one_nan, np.inf, gap))


def far(ours, theirs, dtype, ulps):
    return distance(ours, theirs, dtype) > ulps


# ---- sums: (sum of absolute values, number of terms) for each element of the result ----

def of_reduction(step):
    a = np.abs(wide(step.inputs["a"], step.dtypes["a"]).astype(complex_or_double(step.dtypes["a"])))
    axes = step.args.get("axes")
    axes = tuple(axes) if axes is not None else None
    terms = a.size if axes is None else np.prod([a.shape[i] for i in axes] or [1])
    return a.sum(axis=axes, keepdims=step.args["keepdims"]), terms


def of_matmul(step):
    a, b = (np.abs(wide(step.inputs[n], step.dtypes[n]).astype(complex_or_double(step.dtypes[n]))) for n in "ab")
    return np.matmul(a, b), a.shape[-1]


def of_scan(step):
    total, terms = of_reduction(type("Whole", (), {"inputs": step.inputs, "dtypes": step.dtypes,
                                                   "args": {"axes": None, "keepdims": False}}))
    return total, terms


def of_mean(step):
    total, terms = of_reduction(step)
    return total / max(terms, 1), terms


def of_contraction(step):
    """Bounded by the largest: the sum of all products of absolute values over one result's terms."""
    a, b = (np.abs(wide(step.inputs[n], step.dtypes[n]).astype(complex_or_double(step.dtypes[n]))) for n in "ab")
    terms = max(1, a.shape[-1] if step.op == "inner" and a.ndim else a.size)
    return a.max(initial=0) * b.max(initial=0) * terms, terms


TRANSCENDENTAL = Ulps(float16=1, bfloat16=1, float32=4, float64=4, complex64=16)
TABLE = {
    "sum": Accumulated(of_reduction),
    "matmul": Accumulated(of_matmul),
    "mean": Accumulated(of_mean),
    "cumsum": Accumulated(of_scan),
    "trace": Steps(4),
    **dict.fromkeys("tensordot tensordot_axes inner".split(), Accumulated(of_contraction)),
    **dict.fromkeys("var std prod cumprod".split(), Steps(16)),
    **dict.fromkeys("softmax logsumexp logcumsumexp".split(), Steps(32, coarse=True)),
    **dict.fromkeys("scatter_add scatter_prod".split(), Steps(4)),
    "degrees": Ulps(float16=1, bfloat16=1, float32=1, float64=1),
    "radians": Ulps(float16=1, bfloat16=1, float32=1, float64=1),
    **dict.fromkeys("random_normal random_truncated_normal random_gumbel random_laplace".split(), Near(8)),
    **dict.fromkeys("exp expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh "
                    "arctanh erf erfinv sigmoid logaddexp arctan2 power rsqrt".split(), TRANSCENDENTAL),
}


class Exact:
    @staticmethod
    def bad(ours, theirs, dtype, step):
        return exact(ours, theirs, dtype)


def rule(op):
    return TABLE.get(op, Exact)
