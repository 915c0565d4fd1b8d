"""Known differences of element-wise functions; difference.py says what an entry explains."""
import math

import numpy as np

import accumulated
import reference
import tolerances
from difference import Difference, equal, is_complex, promoted_to_integer
from table import wide


def cannot_be_divided(step):
    """By 0, or the least of all by -1."""
    if not promoted_to_integer(step):
        return False
    a, b = step.inputs.values()
    least = a.dtype.kind == "i" and (a == np.iinfo(a.dtype).min).any() and (b == -1).any()
    return bool((b == 0).any() or least)


def has_negative_exponent(step):
    b = step.inputs["b"]
    return promoted_to_integer(step) and bool((b.astype(np.int64) < 0).any())


def shift_too_far(step, ours, theirs, dtype):
    """Ours is 0, or -1 of a negative number shifted to the right."""
    a, b = step.elements(ours.shape).values()
    lost = -1 if step.op == "right_shift" else 0
    return ((b < 0) | (b >= ours.dtype.itemsize * 8)) & (ours == np.where(a < 0, lost, 0).astype(ours.dtype))


def less_accurate(step, ours, theirs, dtype):
    """We are next to the true value, and nearer to it than the wheel. Where logaddexp cancels, next to it in units of
    the operands."""
    mine, other = reference.errors(step, ours, theirs, dtype)
    allowed = 4 if dtype == "float64" else 2
    if step.op == "logaddexp" and dtype in tolerances.EPSILON:
        largest = np.maximum(*(np.abs(x) for x in step.elements(ours.shape).values()))
        times = largest / np.maximum(np.abs(wide(ours, dtype)), tolerances.TINY[dtype])
        allowed = allowed * np.where(times > 1, times, 1)
        return mine <= allowed
    return (mine <= allowed) & (mine <= other)


def as_halves(step, shape, dtype):
    """Both operands rounded to the half type, as float64."""
    return (accumulated.rounded(x, dtype).astype(np.float64) for x in step.elements(shape).values())


def half_remainder(step, ours, theirs, dtype):
    """Ours is the remainder with the divisor's sign; the wheel's is what is left of the nearest multiple, as in C's
    remainder."""
    if dtype not in tolerances.HALVES:
        return False
    a, b = as_halves(step, ours.shape, dtype)
    left = np.fmod(a, b)
    true = accumulated.rounded(np.where((left != 0) & ((left < 0) != (b < 0)), left + b, left), dtype)
    nearest = accumulated.rounded(reference.by_element(math.remainder)(a, b), dtype)
    return (wide(ours, dtype) == true) & (wide(theirs, dtype) == nearest) & (true * b >= 0)


def half_quotient(step, ours, theirs, dtype):
    """Ours is the quotient truncated, then rounded to the half type; the wheel's, rounded, then truncated."""
    if dtype not in tolerances.HALVES:
        return False
    a, b = as_halves(step, ours.shape, dtype)
    true = accumulated.rounded(np.trunc(a / b), dtype)
    return equal(wide(ours, dtype), true) & equal(wide(theirs, dtype), np.trunc(accumulated.rounded(a / b, dtype)))


def cut(x):
    """Floats as uint32: truncated to int64, the least int64 where they do not fit, and cut to 32 bits."""
    whole = np.trunc(x.real.astype(np.float64))
    fits = (whole >= -2.0**63) & (whole < 2.0**63)
    return np.where(fits, np.where(fits, whole, 0).astype(np.int64), np.int64(-2**63)).astype(np.uint32)


def cast_out_of_range(step, ours, theirs, dtype):
    """Ours is what the wheel answers when it is given the floats as uint32, cut."""
    if dtype != "uint32":
        return False
    import upstream
    given = dict(step.args)
    for name, x in step.inputs.items():
        x = wide(x, step.dtypes[name])
        if x.dtype.kind in "fc":
            given[name] = upstream.to_mlx(cut(x), "uint32")
    _, results, error = upstream.call(step.op, given)
    return False if error else ours == results[0][1]


def real_part_only(step, ours, theirs, dtype):
    """The wheel's answer has no imaginary part, and ours is the true value; next to the poles of sigmoid, as near as
    its argument tells."""
    mine, _ = reference.errors(step, ours, theirs, dtype)
    return (theirs.imag == 0) & (mine <= 4 * np.maximum(1, np.abs(ours)))


def unclean_bools(step, ours, theirs, dtype):
    """A view made bools that are neither 0 nor 1."""
    given = [x for name, x in step.inputs.items() if step.dtypes[name] == "bool"]
    return any(bool((np.ascontiguousarray(x).view(np.uint8) > 1).any()) for x in given)


def among_complex_nans(step, ours, theirs, dtype):
    """One of the numbers is NaN in a part, and ours is such a one."""
    if dtype != "complex64":
        return False
    given = [x.astype(np.complex64) for x in step.elements(ours.shape).values()]
    return np.isnan(ours) & np.any([x.view(np.int64) == ours.view(np.int64) for x in given], axis=0)


def sign_of_zero_part(step, ours, theirs, dtype):
    """Ours is z / abs(z), part by part, as NumPy's; the wheel divides by a complex number, which loses the sign of a zero."""
    if dtype != "complex64":
        return False
    z = step.elements(ours.shape)["a"].astype(np.complex128)
    lost = ((ours.real == 0) & (theirs.real == 0)) | ((ours.imag == 0) & (theirs.imag == 0))
    same = np.signbit(ours.real) == np.signbit(z.real), np.signbit(ours.imag) == np.signbit(z.imag)
    return lost & (ours == theirs) & same[0] & same[1]


def infinite_parts(step, ours, theirs, dtype):
    if not is_complex(step):
        return False
    inputs = [wide(x, step.dtypes[name]).astype(np.complex128) for name, x in step.inputs.items()]
    odd = [np.isinf(x) & (np.isnan(x) | (x.imag != 0)) for x in inputs]
    if step.op in ("isinf", "isfinite"):
        return odd[0] & (ours == getattr(np, step.op)(inputs[0]))
    rtol, atol, nans = (step.args[name] for name in ("rtol", "atol", "equal_nan"))
    close = np.isclose(*inputs, rtol, atol, nans)
    return (odd[0] | odd[1]).any() & (ours == close) if step.op == "isclose" else (odd[0] | odd[1]).any() & (ours == close.all())


def largest_of_half(step, ours, theirs, dtype):
    if dtype not in tolerances.HALVES:
        return False
    x = step.elements(ours.shape)["a"]
    largest = {"float16": 65504.0, "bfloat16": float(2**128 - 2**120)}[dtype]
    return np.isinf(x) & (wide(ours, dtype) == np.copysign(largest, x)) & (wide(theirs, dtype) == 0)


def fp8_by_float32(step, ours, theirs, dtype):
    """Of or to float64: ours is the wheel's by way of float32."""
    import upstream
    args = dict(step.args)
    if step.op == "to_fp8" and step.dtypes["x"] == "float64":
        args["x"] = args["x"].astype(upstream.DTYPE["float32"])
    elif step.op == "from_fp8" and dtype == "float64":
        args["dtype"] = upstream.DTYPE["float32"]
    else:
        return False
    _, results, _ = upstream.call(step.op, args)
    return equal(ours, results[0][1])


DIFFERENCES = [
    Difference("integer-division-by-zero", "floor_divide remainder divmod",
               "the wheel's process dies of a division error (SIGFPE), of the least number by -1, too; ours is 0, or wraps",
               avoid=cannot_be_divided),
    Difference("integer-negative-exponent", "power",
               "the wheel never returns; ours truncates towards zero", avoid=has_negative_exponent),
    Difference("shift-too-far", "left_shift right_shift",
               "undefined in the wheel's C++: the result depends on the vector length; ours is 0, or all sign bits",
               elements=shift_too_far),
    Difference("complex-by-real-part", "expm1 sigmoid",
               "the wheel drops the imaginary part; ours is the complex function", elements=real_part_only),
    Difference("half-remainder", "remainder",
               "for half types the wheel's is what is left of the nearest multiple; for float32, and here for all, it "
               "has the divisor's sign", elements=half_remainder),
    Difference("complex-erf", "erf erfinv",
               "the wheel's process dies of an exception on its worker thread; ours is a ValueError", avoid=is_complex),
    Difference("cast-out-of-range", "astype full full_like slice_update slice_update_dynamic pad put_along_axis "
               "scatter scatter_add scatter_add_axis scatter_prod scatter_max scatter_min masked_scatter trace",
               "of a float that is no uint32 the wheel answers one thing in its vectors and another in the rest of an "
               "array; ours is always the latter", elements=cast_out_of_range),
    Difference("infinite-parts", "isinf isfinite isclose allclose",
               "of a complex number that is infinite in one part the wheel says that it is not, unless the other part is 0; "
               "ours is what NumPy says", elements=infinite_parts),
    Difference("sign-of-zero-part", "sign", "of a complex number with a part that is -0.0 the wheel answers 0.0; ours keeps it, as "
               "NumPy does", elements=sign_of_zero_part),
    Difference("complex-nan-parts", "minimum maximum clip", "the wheel takes a complex number with a NaN in its imaginary part "
               "for a number; ours has it win, as NumPy does", elements=among_complex_nans),
    Difference("parts-of-complex-nan", "logaddexp logcumsumexp logsumexp upsample", "which parts of a complex NaN are NaN is not said",
               elements=lambda step, ours, theirs, dtype: np.isnan(ours) & np.isnan(theirs) if dtype == "complex64" else False),
    Difference("unclean-bools", "*", "what bools that are neither 0 nor 1 count as is not said", elements=unclean_bools),
    Difference("half-limits", "nan_to_num",
               "the wheel's largest numbers of half types are 0 by mistake; ours are the dtype's",
               elements=largest_of_half),
    Difference("half-quotient", "divmod",
               "the wheel rounds the quotient to the half type before it truncates it", elements=half_quotient),
    Difference("fp8-of-float64", "to_fp8 from_fp8", "the wheel reads float64's memory as float32; ours converts",
               elements=fp8_by_float32),
    Difference("less-accurate", "exp expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh "
               "arccosh arctanh erf erfinv sigmoid logaddexp arctan2 power rsqrt sqrt",
               "the wheel's polynomial is less accurate than ours, which is within 2 (float64: 4) units of "
               "the last place of the true value; it computes float64 exp, sin and cos with float32's polynomial", elements=less_accurate),
]
