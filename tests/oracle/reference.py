"""True values of the element-wise functions, by NumPy and the C library in wider types, for telling who is right
where we and the wheel differ."""
import fractions
import functools
import math
import statistics

import numpy as np

import accumulated
import tolerances


def by_element(f):
    def apply(*args):
        def safe(*xs):
            try:
                return f(*map(float, xs))
            except (ValueError, OverflowError):
                return math.nan
        return np.vectorize(safe, otypes=[np.float64])(*args)
    return apply


BITS = 600


@functools.cache
def gauss_integral(y):
    """The integral of exp(-t * t) from 0 to y, times 2**BITS, by its series in integers."""
    y = int(fractions.Fraction(y) * 2**BITS)
    total, term, n = 0, y, 0
    while term:
        total += term // (2 * n + 1)
        n += 1
        term = -(term * y >> BITS) * y // n >> BITS
        if abs(term) < 2:
            return total


def erfinv(x):
    """By a last Newton step in integers of many bits, from what the C library's erf leads to."""
    if abs(x) >= 1:
        return math.copysign(math.inf, x) if abs(x) == 1 else math.nan
    if abs(x) < 1e-8:
        return x * 0.8862269254527580136
    y = math.copysign(statistics.NormalDist().inv_cdf((1 - abs(x)) / 2) / math.sqrt(2), x)
    for _ in range(3):  # near 1 by what is missing to 1, which is exact
        short = math.erf(y) - x if abs(x) < 0.5 else math.copysign((1 - abs(x)) - math.erfc(abs(y)), x)
        y -= short * math.sqrt(math.pi) / 2 * math.exp(y * y)
    whole = gauss_integral(10.0)  # sqrt(pi) / 2, as erfc(10) is less than 2**-148
    short = gauss_integral(y) - int(fractions.Fraction(x) * whole)
    return y - float(fractions.Fraction(short, 2**BITS)) * math.exp(y * y)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "erf": by_element(math.erf), "erfinv": by_element(erfinv), "sigmoid": sigmoid,
    "rsqrt": lambda x: 1 / np.sqrt(x), "logaddexp": lambda a, b: accumulated.log_add(a, b) if a.dtype.kind == "c" else np.logaddexp(a, b),
}


def true_values(step, shape):
    """float64 or complex128 values of the step's function, or None where there is no reference."""
    f = FUNCTIONS.get(step.op) or getattr(np, step.op, None)
    inputs = step.elements(shape)
    if f is None or inputs is None:
        return None
    complex_ = any(x.dtype.kind == "c" for x in inputs.values())
    long = np.complex128 if complex_ else np.longdouble
    with np.errstate(all="ignore"):
        return np.asarray(f(*(x.astype(as_wheel_casts(x, step)).astype(long) for x in inputs.values())))


def as_wheel_casts(x, step):
    """Integers become float32 first, unless a wider operand decides otherwise."""
    if x.dtype.kind in "biu" and "float64" not in step.dtypes.values():
        return np.float32
    return x.dtype


def errors(step, ours, theirs, dtype):
    """How many units in the last place ours and the wheel's are from the true value rounded to the dtype."""
    true = true_values(step, ours.shape)
    none = np.full(ours.shape, np.inf)
    if true is None or dtype not in tolerances.EPSILON:
        return none, none
    with np.errstate(all="ignore"):
        if dtype == "bfloat16":
            bits = true.astype(np.float32).view(np.uint32).astype(np.uint64)
            true = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
        else:
            true = true.astype(ours.dtype)
        true = true.reshape(ours.shape)
        return tolerances.distance(ours, true, dtype), tolerances.distance(theirs, true, dtype)
