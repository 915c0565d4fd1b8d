"""Where we are known to differ from the wheel, and what cannot be compared; each with its reason. An entry explains
single elements (`elements`: a mask of those that it explains), whole steps (`steps`), or steps on which the wheel
must not be called at all (`avoid`), and nothing beyond."""
import numpy as np

import reference
import tolerances
from table import wide

# Public functions of ours that the wheel's Python has no counterpart for: name, or beginning of names with *, -> reason.
NOT_COMPARABLE = {
    "scatter_add_axis": "the wheel's Python has no such function; tests/ops has literal numbers",
    "linalg_*": "factors are determined up to signs and order only, which this test cannot judge yet",
    "random_seed": "it sets the process's default key and answers nothing; tests/ops/random.c has upstream's numbers",
}


def comparable(name):
    return not any(name == n or n.endswith("*") and name.startswith(n[:-1]) for n in NOT_COMPARABLE)


class Difference:
    def __init__(self, name, ops, reason, elements=None, steps=None, avoid=None):
        self.name, self.ops, self.reason = name, ops.split(), reason
        self.elements, self.steps, self.avoid = elements, steps, avoid

    def covers(self, op):
        return op in self.ops or "*" in self.ops


# ---- when an entry applies ----

INTEGERS = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")


def promoted_to_integer(step):
    return all(d in INTEGERS for d in step.dtypes.values())


def has_zero_divisor(step):
    return promoted_to_integer(step) and bool((step.inputs["b"] == 0).any())


def has_negative_exponent(step):
    b = step.inputs["b"]
    return promoted_to_integer(step) and bool((b.astype(np.int64) < 0).any())


def is_complex(step):
    return "complex64" in step.dtypes.values()


def shift_too_far(step, ours, theirs, dtype):
    b = step.elements(ours.shape)["b"]
    return (b < 0) | (b >= ours.dtype.itemsize * 8)


def less_accurate(step, ours, theirs, dtype):
    """We are next to the true value, and nearer to it than the wheel. Where logaddexp cancels, next to it in units of
    the operands."""
    mine, other = reference.errors(step, ours, theirs, dtype)
    allowed = (16 if step.op == "erfinv" else 4) if dtype == "float64" else 2
    if step.op == "logaddexp" and dtype in tolerances.EPSILON:
        largest = np.maximum(*(np.abs(x) for x in step.elements(ours.shape).values()))
        allowed = allowed * np.maximum(1, largest / np.maximum(np.abs(wide(ours, dtype)), tolerances.TINY[dtype]))
    return (mine <= allowed) & (mine <= other)


def half_remainder(step, ours, theirs, dtype):
    """Ours has the divisor's sign, the wheel's lacks the last correction by the divisor."""
    b = step.elements(ours.shape)["b"].astype(np.float16 if dtype == "float16" else np.float32).astype(np.float64)
    a, c = wide(ours, dtype).astype(np.float64), wide(theirs, dtype).astype(np.float64)
    return (dtype in ("float16", "bfloat16")) & (a * b >= 0) & (
        (np.abs(a - b - c) <= np.abs(b) * tolerances.EPSILON[dtype]) | np.isinf(b))


def arange_from_index(step, ours, theirs, dtype):
    """Ours is start + i * step, rounded once; the wheel's has the errors of as many additions."""
    if dtype not in tolerances.EPSILON:
        return False
    i = np.arange(ours.size)
    true = step.args["start"] + i * step.args["step"]
    unit = tolerances.EPSILON[dtype] * np.maximum(np.abs(true).max(initial=0), abs(step.args["step"])) + 1e-300
    a, b = wide(ours, dtype).astype(np.float64), wide(theirs, dtype).astype(np.float64)
    return (np.abs(a - true) <= unit) & (np.abs(b - true) <= (i + 2) * unit)


def as_numpy_says(step, ours, theirs, dtype):
    x = wide(step.inputs["a"], step.dtypes["a"]) != 0
    axes = step.args["axes"]
    f = np.all if step.op == "all" else np.any
    return ours == f(x, axis=None if axes is None else tuple(axes), keepdims=step.args["keepdims"])


def cast_out_of_range(step, ours, theirs, dtype):
    """The real part, truncated, is no number of the integer dtype."""
    if ours.dtype.kind not in "iu":
        return False
    if step.op not in ("astype", "full", "full_like"):  # where the cast values end up is not worked out
        return any(wide(x, step.dtypes[n]).dtype.kind in "fc" and not np.all(np.abs(wide(x, step.dtypes[n])) < 2**7)
                   for n, x in step.inputs.items())
    x = step.elements(ours.shape)["value" if "value" in step.inputs else "a"]
    if x.dtype.kind not in "fc":
        return False
    whole, info = np.trunc(x.real.astype(np.float64)), np.iinfo(ours.dtype)
    return ~((whole >= info.min) & (whole < float(info.max) + 1))


def real_part_only(step, ours, theirs, dtype):
    """The wheel's answer has no imaginary part, and ours is the true value; next to the poles of sigmoid, as near as
    its argument tells."""
    mine, _ = reference.errors(step, ours, theirs, dtype)
    return (theirs.imag == 0) & (mine <= 16 * np.maximum(1, np.abs(ours)))


DIFFERENCES = [
    Difference("integer-division-by-zero", "floor_divide remainder divmod",
               "the wheel's process dies of a division error (SIGFPE); ours is 0", avoid=has_zero_divisor),
    Difference("integer-negative-exponent", "power",
               "the wheel never returns; ours truncates towards zero", avoid=has_negative_exponent),
    Difference("shift-too-far", "left_shift right_shift",
               "undefined in the wheel's C++: the result depends on the vector length; ours is 0, or all sign bits",
               elements=shift_too_far),
    Difference("complex-by-real-part", "expm1 sigmoid",
               "the wheel drops the imaginary part; ours is the complex function", elements=real_part_only),
    Difference("half-remainder", "remainder",
               "for half types the wheel leaves out the step that gives the remainder the divisor's sign, which it does "
               "for float32; ours has that sign for all", elements=half_remainder),
    Difference("complex-erf", "erf erfinv",
               "the wheel's process dies of an exception on its worker thread; ours is a ValueError", avoid=is_complex),
    Difference("arange-by-index", "arange",
               "the wheel adds the step again and again, in the dtype; ours is start + i * step, rounded once",
               elements=arange_from_index),
    Difference("arange-zero-step", "arange",
               "ours refuses a step of 0; the wheel converts NaN to a length, which is undefined, when start is stop",
               steps=lambda step, ours, theirs: step.args["step"] == 0 and ours[0] == "ValueError"),
    Difference("cast-out-of-range", "astype full full_like slice_update slice_update_dynamic pad put_along_axis "
               "scatter scatter_add scatter_prod scatter_max scatter_min masked_scatter trace",
               "undefined in C++: the wheel's result depends on the vector length and the compiler",
               elements=cast_out_of_range),
    Difference("unflatten-empty", "unflatten",
               "the wheel's process dies of a division error (SIGFPE) when -1 stands beside a length of 0",
               avoid=lambda step: -1 in step.args["shape"] and 0 in step.args["shape"]),
    Difference("slice-zero-stride", "slice slice_update",
               "the wheel's process dies of a division error (SIGFPE); ours is a ValueError",
               avoid=lambda step: 0 in (step.args["strides"] or [])),
    Difference("random-bool", "random_randint",
               "the wheel converts the fraction to bool, which is nearly always true; ours draws 0 or 1",
               elements=lambda step, ours, theirs, dtype: dtype == "bool"),
    Difference("scan-empty", "cumsum cumprod cummax cummin logcumsumexp",
               "the wheel's process dies of a division error (SIGFPE) for an array without elements",
               avoid=lambda step: step.inputs["a"].size == 0),
    Difference("complex-scan-order", "cummax cummin",
               "the wheel starts complex scans from 0; ours orders complex numbers as its comparisons do",
               avoid=is_complex),
    Difference("arg-of-scalar", "argmax argmin",
               "the wheel fails to make the shape of a scalar's answer with keepdims; ours is 0 of no dimensions",
               steps=lambda step, ours, theirs: step.inputs["a"].ndim == 0 and theirs[0] == "ValueError"),
    Difference("softmax-of-integers", "softmax",
               "over all or no axes the wheel forgets to make integers floats; ours does so always",
               steps=lambda step, ours, theirs: step.dtype in INTEGERS and theirs and theirs[0][0] == step.dtype),
    Difference("logsumexp-of-integers", "logsumexp logcumsumexp",
               "over all axes the wheel does not make integers floats, and overflows or truncates; ours makes them floats "
               "in logsumexp, and scans integers in logcumsumexp as integers, truncated elsewhere than the wheel's",
               elements=lambda step, ours, theirs, dtype: step.dtype in INTEGERS),
    Difference("zero-sign", "min max cummin cummax minimum maximum",
               "which of 0.0 and -0.0 is smaller is not said, and depends on the wheel's vector length",
               elements=lambda step, ours, theirs, dtype: wide(ours, dtype) == wide(theirs, dtype)),
    Difference("all-of-columns", "all any",
               "the wheel answers true for some columns that hold a zero; ours is what NumPy says",
               elements=as_numpy_says),
    Difference("complex-nan", "min max prod cumprod tensordot tensordot_axes inner outer kron matmul sum cumsum",
               "which part of an overflowed or NaN complex number is NaN depends on the order of its operations",
               elements=lambda step, ours, theirs, dtype: (dtype == "complex64") &
               (np.isnan(ours) | np.isnan(theirs))),
    Difference("complex-logcumsumexp", "logcumsumexp",
               "the wheel starts complex scans from 0; ours from -inf", avoid=is_complex),
    Difference("take-negative", "take_index",
               "the wheel refuses a negative integer index with a shape error; ours counts from the end, as for arrays",
               steps=lambda step, ours, theirs: step.args["index"] < 0 and theirs[0] == "ValueError"),
    Difference("scatter-empty", "scatter scatter_add scatter_prod scatter_max scatter_min",
               "the wheel's process dies of a division error (SIGFPE) for an array without elements",
               avoid=lambda step: step.inputs["a"].size == 0),
    Difference("half-limits", "nan_to_num",
               "the wheel's largest numbers of half types are 0 by mistake; ours are the dtype's",
               elements=lambda step, ours, theirs, dtype: (dtype in ("float16", "bfloat16")) & (wide(theirs, dtype) == 0)),
    Difference("prod-of-one", "prod",
               "over axes of length 1 the wheel forgets to widen small integers; ours does so always",
               steps=lambda step, ours, theirs: step.dtype in INTEGERS and theirs and theirs[0][0] == step.dtype and
               isinstance(ours, list) and ours and isinstance(ours[0], tuple) and ours[0][0] != step.dtype),
    Difference("half-scan-overflow", "cumprod prod",
               "the wheel rounds each partial product to the half type, which may overflow on the way",
               elements=lambda step, ours, theirs, dtype: (dtype in ("float16", "bfloat16")) &
               ~np.isfinite(wide(theirs, dtype))),
    Difference("as-strided-view", "as_strided",
               "the wheel refuses some views whose elements are not row-major; ours takes a row-major copy first",
               steps=lambda step, ours, theirs: theirs[0] == "RuntimeError"),
    Difference("half-quotient", "divmod floor_divide",
               "the wheel rounds the quotient to the half type before it truncates it",
               elements=lambda step, ours, theirs, dtype: (dtype in ("float16", "bfloat16")) &
               (np.abs(wide(ours, dtype) - wide(theirs, dtype)) <= 1 + np.abs(wide(ours, dtype)) * 2**-6)),
    Difference("concatenate-one", "concatenate",
               "ours checks the axis of a single array, too",
               steps=lambda step, ours, theirs: len(step.args["arrays"]) == 1 and ours[0] == "ValueError"),
    Difference("less-accurate", "exp expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh "
               "arccosh arctanh erf erfinv sigmoid logaddexp arctan2 power rsqrt sqrt",
               "the wheel's polynomial is less accurate than ours, which is within 2 (float64: 4, erfinv 16) units of "
               "the last place of the true value; it computes float64 exp, sin and cos with float32's polynomial", elements=less_accurate),
]
