"""Where we are known to differ from the wheel, and what cannot be compared; each with its reason. An entry explains
single elements (`elements`: a mask of those that it explains), whole steps (`steps`), or steps on which the wheel
must not be called at all (`avoid`), and nothing beyond."""
import math

import numpy as np

import accumulated
import factors
import reference
import tolerances
from table import wide

# Public functions of ours that the wheel's Python has no counterpart for: name, or beginning of names with *, -> reason.
NOT_COMPARABLE = {
    **dict.fromkeys("einsum_path einsum_cost".split(),
                    "the wheel's Python answers a description in words; tests/ops has literal numbers"),
    "block_masked_mm": "not taught yet; tests/ops has literal numbers",
    "scatter_add_axis": "the wheel's Python has no such function; tests/ops has literal numbers",
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


def answered(outcome):
    """Whether it is results, not an error."""
    return bool(outcome) and isinstance(outcome[0], tuple)


def has_zero_divisor(step):
    return promoted_to_integer(step) and bool((step.inputs["b"] == 0).any())


def has_negative_exponent(step):
    b = step.inputs["b"]
    return promoted_to_integer(step) and bool((b.astype(np.int64) < 0).any())


def is_complex(step):
    return "complex64" in step.dtypes.values()


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
        allowed = allowed * np.maximum(1, largest / np.maximum(np.abs(wide(ours, dtype)), tolerances.TINY[dtype]))
        return mine <= allowed
    return (mine <= allowed) & (mine <= other)


def as_halves(step, shape, dtype):
    """Both operands rounded to the half type, as float64."""
    return (accumulated.rounded(x, dtype).astype(np.float64) for x in step.elements(shape).values())


def equal(a, b):
    return (a == b) | ((a != a) & (b != b))


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


def arange_from_index(step, ours, theirs, dtype):
    """Ours is start + i * step, rounded once; the wheel's has the errors of as many additions."""
    if dtype not in tolerances.EPSILON:
        return False
    i = np.arange(ours.size)
    true = step.args["start"] + i * step.args["step"]
    unit = tolerances.EPSILON[dtype] * np.maximum(np.abs(true).max(initial=0), abs(step.args["step"]))
    once = 0.51 * tolerances.EPSILON[dtype] * np.abs(true) + tolerances.TINY[dtype]
    a, b = wide(ours, dtype).astype(np.float64), wide(theirs, dtype).astype(np.float64)
    return (np.abs(a - true) <= once) & (np.abs(b - true) <= (i + 2) * unit)


def over_negative_zeros(step, ours, theirs, dtype):
    """Some element is -0.0, or has an imaginary part alone, and ours is what NumPy says."""
    x, keep = wide(step.inputs["a"], step.dtypes["a"]), step.args["keepdims"]
    if x.dtype.kind not in "fc":
        return False
    axes = None if step.args["axes"] is None else tuple(step.args["axes"])
    signed = (x == 0) & (np.signbit(x.real) | np.signbit(x.imag)) | ((x != 0) & (x.real == 0))
    f = np.all if step.op == "all" else np.any
    return signed.any(axis=axes, keepdims=keep) & (ours == f(x != 0, axis=axes, keepdims=keep))


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


def true_instead(step, ours, theirs, dtype):
    return tolerances.rule(step.op).right(ours, dtype, step)


def integers_added_in_logs(step, ours, theirs, dtype):
    """Of integers the wheel adds less than 1 each time, and drops it: the running maximum, unless it overflows."""
    x = step.inputs["a"]
    true = accumulated.scanned(step, x, lambda x: np.maximum.accumulate(x, axis=0), np.iinfo(x.dtype).min)
    return ours == true


def exclusive_complex_extreme(step, ours, theirs, dtype):
    """Ours is the wheel's own inclusive scan, shifted behind a start that loses to any element."""
    import upstream
    if dtype != "complex64" or step.args["inclusive"]:
        return False
    _, results, _ = upstream.call(step.op, {**step.args, "inclusive": True})
    lowest = -np.inf if step.op == "cummax" else np.inf
    inclusive = type("Scan", (), {"args": {**step.args, "axis": step.args["axis"] or 0}})
    true = accumulated.scanned(inclusive, results[0][1], lambda x: x, complex(lowest, lowest))
    return equal(ours, true)


def as_integers_first(step, ours, theirs, dtype):
    """Ours is whether the int32 that the wheel draws by the same key is not 0."""
    import upstream
    if dtype != "bool":
        return False
    _, results, _ = upstream.call(step.op, {**step.args, "dtype": upstream.DTYPE["int32"]})
    return (ours == (results[0][1] != 0)) & theirs


def nan_element(step, ours, theirs, dtype):
    """Both are NaN by their real part; ours is an element."""
    if dtype != "complex64":
        return False
    found = np.isin(ours.view(np.int64), step.inputs["a"].view(np.int64))
    return found & (np.isnan(ours.real) | np.isnan(ours.imag)) & np.isnan(theirs.real) & (theirs.imag == 0)


def largest_of_half(step, ours, theirs, dtype):
    if dtype not in tolerances.HALVES:
        return False
    x = step.elements(ours.shape)["a"]
    largest = {"float16": 65504.0, "bfloat16": float(2**128 - 2**120)}[dtype]
    return np.isinf(x) & (wide(ours, dtype) == np.copysign(largest, x)) & (wide(theirs, dtype) == 0)


def same_but_dtype(step, ours, theirs):
    """Over axes of length 1: the elements, which ours widens."""
    x, axes = step.inputs["a"], step.args["axes"]
    over = range(x.ndim) if axes is None else axes
    return step.dtype in INTEGERS and answered(ours) and answered(theirs) and \
        all(x.shape[i] == 1 for i in over) and theirs[0][0] == step.dtype and ours[0][0] in ("int32", "uint32") and \
        bool((ours[0][1] == theirs[0][1]).all())


def softmax_in_floats(step, ours, theirs):
    return step.dtype in INTEGERS and answered(theirs) and theirs[0][0] == step.dtype and \
        answered(ours) and ours[0][0] == "float32" and \
        (ours[0][1].size == 0 or bool(tolerances.rule("softmax").right(ours[0][1], "float32", step).all()))


def counted_from_the_end(step, ours, theirs):
    axis, index = step.args["axis"], step.args["index"]
    return index < 0 and step.inputs["a"].size and theirs[0] == "ValueError" and answered(ours) and \
        np.array_equal(ours[0][1], np.take(step.inputs["a"], index, axis), equal_nan=ours[0][1].dtype.kind in "fc")


def order_of_half_nans(step, ours, theirs, dtype):
    """With a NaN among elements of a half type, or complex ones: ours has it last, as both have in float32."""
    if step.dtypes["a"] not in tolerances.HALVES and not (is_complex(step) and step.op not in ("sort", "argsort")):
        return False
    axis, x = step.args.get("axis", -1), wide(step.inputs["a"], step.dtypes["a"])
    x, axis = (x.reshape(-1), 0) if axis is None else (x, axis)
    true = np.sort(x, axis)
    if step.op == "topk":
        true = np.take(true, range(x.shape[axis] - step.args["k"], x.shape[axis]), axis)
    rule = tolerances.rule(step.op)
    if step.op in ("sort", "argsort"):
        rule = tolerances.Sorted(places=step.op == "argsort")
        if step.op == "sort" and not equal(wide(ours, dtype), true).all():
            return False
    return np.isnan(x).any(axis=axis, keepdims=True) & equal(rule.sides(ours, step), true)


def middle_of_half_nans(step, ours, theirs, dtype):
    """Likewise of medians: the mean of what is in the middle, NaN being last."""
    x, axes, keep = wide(step.inputs["a"], step.dtypes["a"]), step.args["axes"], step.args["keepdims"]
    if step.dtypes["a"] not in tolerances.HALVES:
        return False
    axes = tuple(range(x.ndim)) if axes is None else tuple(i % x.ndim for i in axes)
    flat = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    flat = np.sort(flat.reshape(flat.shape[:x.ndim - len(axes)] + (-1,)), -1).astype(np.float64)
    n = flat.shape[-1]
    true = accumulated.rounded((flat[..., (n - 1) // 2] + flat[..., n // 2]) / 2, dtype).reshape(ours.shape)
    return np.isnan(x).any(axis=axes, keepdims=keep) & equal(wide(ours, dtype), true)


def nans_at_the_end(step, ours, theirs, dtype):
    """Complex numbers that are NaN in either part have no order among themselves; they are last."""
    return (dtype == "complex64") & np.isnan(ours) & np.isnan(theirs)


def places_of_complex_nans(step, ours, theirs, dtype):
    """Ours are the places of what the wheel's own sort answers, which its argsort is not, with a NaN about."""
    import upstream
    if step.dtype != "complex64":
        return False
    axis, x = step.args["axis"], step.inputs["a"]
    x, at = (x.reshape(-1), 0) if axis is None else (x, axis)
    _, results, _ = upstream.call("sort", step.args)
    return np.isnan(x).any(axis=at, keepdims=True) & equal(np.take_along_axis(x, ours.astype(np.int64), at), results[0][1])


def drops_the_last_axis_only(step, ours, theirs):
    """Of several axes only the last is longer than 1: the wheel's shape keeps the others as ones."""
    x, axes = step.inputs["a"], step.args["axes"]
    if not answered(ours) or not answered(theirs):
        return False
    over = {i % x.ndim for i in (range(x.ndim) if axes is None else axes)}
    return not step.args["keepdims"] and len(over) > 1 and \
        all(x.shape[i] == 1 for i in over - {x.ndim - 1}) and theirs[0][1].shape == x.shape[:-1] and \
        bool(tolerances.rule("logsumexp").right(ours[0][1], ours[0][0], step).all())


def norm_of_counted_axes(step, ours, theirs):
    """Of two axes, of which one is counted from the end: ours is what the wheel says of the same axes counted up."""
    import upstream
    axes = step.args["axis"]
    if axes is None or len(axes) != 2 or min(axes) >= 0 or not answered(ours):
        return False
    _, results, error = upstream.call(step.op, {**step.args, "axis": [i % step.inputs["a"].ndim for i in axes]})
    return not error and ours[0][0] == results[0][0] and ours[0][1].shape == results[0][1].shape and \
        not tolerances.rule(step.op).bad(ours[0][1], results[0][1], ours[0][0], step).any()


def strided_copy(step, ours, theirs):
    """The wheel's own refusal; ours reads the elements in row-major order."""
    if not answered(ours) or theirs[0] != "RuntimeError" or "row contiguous" not in theirs[1]:
        return False
    shape, strides = ours[0][1].shape, step.args["strides"]
    if strides is None or len(strides) != len(shape):
        return False
    at = step.args["offset"] + sum((i * s for i, s in zip(np.indices(shape), strides)), np.zeros(shape, np.int64))
    return ours[0][1].tobytes() == step.inputs["a"].reshape(-1)[at].tobytes()


def segment_sums(step):
    """What segmented_mm is to be, by its definition."""
    a, b = (wide(step.inputs[name], step.dtypes[name]) for name in "ab")
    parts = [a[:, low:high] @ b[low:high] for low, high in step.inputs["segments"].reshape(-1, 2)]
    return np.stack(parts).reshape(step.inputs["segments"].shape[:-1] + (a.shape[0], b.shape[1]))


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


def pads_an_empty_edge(step, ours, theirs):
    shape = step.inputs["a"].shape
    return step.args["mode"] == "edge" and ours[0] == "ValueError" and answered(theirs) and any(
        shape[axis] == 0 and low + high > 0
        for axis, low, high in zip(step.args["axes"], step.args["low_pad_size"], step.args["high_pad_size"]))


def beside_the_diagonal(step):
    """The diagonal is empty, of more than two dimensions."""
    shape = step.inputs["a"].shape
    if len(shape) < 3 or not all(-len(shape) <= step.args[n] < len(shape) for n in ("axis1", "axis2")):
        return False
    rows, cols, offset = shape[step.args["axis1"]], shape[step.args["axis2"]], step.args["offset"]
    return min(rows + min(offset, 0), cols - max(offset, 0)) <= 0


def one_with_a_bad_axis(step, ours, theirs):
    arrays, axis = step.args["arrays"], step.args["axis"]
    return len(arrays) == 1 and ours[0] == "ValueError" and not -arrays[0].ndim <= axis < arrays[0].ndim


def of_nothing_but_itself(step, ours, theirs, dtype):
    """Over no axes, of an infinite or NaN complex number, from which the wheel subtracts itself."""
    x = step.inputs["a"]
    return step.args["axes"] == [] and dtype == "complex64" and ~np.isfinite(x) & (ours.view(np.int64) == x.view(np.int64))


def convolved_in_float64(step, ours, theirs):
    """The wheel says that it has no such kernel, and ours is right."""
    if theirs[0] != "ValueError" or not answered(ours) or ours[0][0] != "float64":
        return False
    return bool(tolerances.TABLE[step.op].right(ours[0][1], "float64", step).all())


def convolved_lengths(step):
    """The convolution, and per axis the lengths of the cropped and dilated input and of the dilated weight; None where
    the operands are refused anyway."""
    if step.op == "convolve" or any(x.ndim < 3 for x in step.inputs.values()):
        return None
    c = accumulated.convolution_of(step)
    cropped = [n + min(a, 0) + min(b, 0) for n, a, b in zip(step.inputs["input"].shape[1:], c.low, c.high)]
    return c, [(n - 1) * d + 1 for n, d in zip(cropped, c.input_dilation)], \
        [(k - 1) * d + 1 for k, d in zip(step.inputs["weight"].shape[1:], c.kernel_dilation)]


def longer_than_its_input(step):
    """The dilated weight is longer than the padded input, by less than the stride, along some axis; or nothing is left of
    a cropped input."""
    if convolved_lengths(step) is None:
        return False
    c, inputs, kernels = convolved_lengths(step)
    left = [n + max(a, 0) + max(b, 0) - k for n, a, b, k in zip(inputs, c.low, c.high, kernels)]
    return any(-s < n < 0 for n, s in zip(left, c.stride)) or min(inputs) < 1


def dilated_beyond_its_input(step):
    """Over several axes, a dilated weight is longer than the input without its padding."""
    if convolved_lengths(step) is None:
        return False
    c, inputs, kernels = convolved_lengths(step)
    return len(inputs) > 1 and any(k > n and d > 1 for k, n, d in zip(kernels, inputs, c.kernel_dilation))


CONVOLUTIONS = "conv_general conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolve"

DIFFERENCES = [
    Difference("conv-float64", CONVOLUTIONS, "the wheel has kernels of float64 for some convolutions only, and those "
               "compute in float32; ours has all", steps=convolved_in_float64),
    Difference("conv-beyond", CONVOLUTIONS, "of a dilated weight longer than its input over several axes the wheel writes "
               "beyond its result, and may die of it later", avoid=dilated_beyond_its_input),
    Difference("conv-too-long", CONVOLUTIONS, "the wheel divides a negative length by the stride towards zero, takes the "
               "result for one position, and reads beyond its input; ours refuses", avoid=longer_than_its_input),
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
               "for half types the wheel's is what is left of the nearest multiple; for float32, and here for all, it "
               "has the divisor's sign", elements=half_remainder),
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
               "of a float that is no uint32 the wheel answers one thing in its vectors and another in the rest of an "
               "array; ours is always the latter", elements=cast_out_of_range),
    Difference("unflatten-empty", "unflatten",
               "the wheel's process dies of a division error (SIGFPE) when -1 stands beside a length of 0",
               avoid=lambda step: -1 in step.args["shape"] and 0 in step.args["shape"]),
    Difference("slice-zero-stride", "slice slice_update",
               "the wheel's process dies of a division error (SIGFPE); ours is a ValueError",
               avoid=lambda step: 0 in (step.args["strides"] or [])),
    Difference("random-bool", "random_randint",
               "the wheel converts the fraction to bool, which is nearly always true; ours draws an integer first",
               elements=as_integers_first),
    Difference("scan-empty", "cumsum cumprod cummax cummin logcumsumexp",
               "the wheel's process dies of a division error (SIGFPE) for an array without elements",
               avoid=lambda step: step.inputs["a"].size == 0),
    Difference("exclusive-complex-extremes", "cummax cummin",
               "the wheel starts exclusive complex scans from 0; ours from what loses to any element",
               elements=exclusive_complex_extreme),
    Difference("arg-of-scalar", "argmax argmin",
               "the wheel fails to make the shape of a scalar's answer with keepdims; ours is 0 of no dimensions",
               steps=lambda step, ours, theirs: step.inputs["a"].ndim == 0 and theirs[0] == "ValueError" and
               step.args["keepdims"] and answered(ours) and ours[0][1].shape == () and ours[0][1] == 0),
    Difference("softmax-of-integers", "softmax",
               "but along the last axis the wheel forgets to make integers floats; ours does so always",
               steps=softmax_in_floats),
    Difference("logsumexp-of-integers", "logsumexp",
               "but along the last axis the wheel subtracts the largest before it makes integers floats, and overflows",
               elements=lambda step, ours, theirs, dtype: step.dtype in INTEGERS and true_instead(step, ours, theirs, dtype)),
    Difference("logcumsumexp-of-integers", "logcumsumexp",
               "the wheel subtracts in the integer type, and overflows; elsewhere it gives the running maximum, as ours",
               elements=lambda step, ours, theirs, dtype: dtype in ("int32", "int64", "uint32", "uint64") and
               integers_added_in_logs(step, ours, theirs, dtype)),
    Difference("logsumexp-over-no-axes", "logsumexp",
               "the wheel subtracts an infinite complex number from itself; ours answers it as it is",
               elements=of_nothing_but_itself),
    Difference("zero-sign", "sort min max cummin cummax minimum maximum",
               "which of 0.0 and -0.0 is smaller is not said, and depends on the wheel's vector length",
               elements=lambda step, ours, theirs, dtype: (wide(ours, dtype) == 0) & (wide(theirs, dtype) == 0)),
    Difference("negative-zero-is-true", "all any",
               "the wheel takes -0.0 for true, and, over an axis of length 1, imaginary numbers for false; ours is what NumPy says", elements=over_negative_zeros),
    Difference("complex-nan", "min max",
               "of a complex NaN the wheel answers NaN + 0j; ours the element, imaginary part and all",
               elements=nan_element),
    Difference("exclusive-complex-logs", "logcumsumexp",
               "the wheel starts exclusive complex scans from 0; ours from -inf, the logarithm of nothing",
               elements=lambda step, ours, theirs, dtype: dtype == "complex64" and not step.args["inclusive"] and
               true_instead(step, ours, theirs, dtype)),
    Difference("take-negative", "take_index",
               "the wheel refuses a negative integer index with a shape error; ours counts from the end, as for arrays",
               steps=counted_from_the_end),
    Difference("scatter-empty", "scatter scatter_add scatter_prod scatter_max scatter_min",
               "the wheel's process dies of a division error (SIGFPE) for an array without elements",
               avoid=lambda step: step.inputs["a"].size == 0),
    Difference("half-limits", "nan_to_num",
               "the wheel's largest numbers of half types are 0 by mistake; ours are the dtype's",
               elements=largest_of_half),
    Difference("prod-of-one", "prod",
               "over axes of length 1 the wheel forgets to widen small integers, as it does for longer ones; ours always "
               "does", steps=same_but_dtype),
    Difference("edge-of-nothing", "pad",
               "the wheel pads an empty axis with zeros, which are no edge; ours is a ValueError, as NumPy's",
               steps=pads_an_empty_edge),
    Difference("trace-beside", "trace",
               "the wheel sums an empty diagonal of several matrices by a loop that may never end; ours is 0",
               avoid=beside_the_diagonal),
    Difference("half-quotient", "divmod",
               "the wheel rounds the quotient to the half type before it truncates it", elements=half_quotient),
    Difference("concatenate-one", "concatenate",
               "ours checks the axis of a single array, too", steps=one_with_a_bad_axis),
    Difference("half-nan-order", "sort argsort partition argpartition topk",
               "of half types (and complex ones, by places) the wheel sorts NaN by a comparison that is false both ways; ours has "
               "it last, as for float32",
               elements=order_of_half_nans),
    Difference("half-nan-median", "median", "the same", elements=middle_of_half_nans),
    Difference("complex-nan-order", "sort", "complex numbers with a NaN have no order among themselves",
               elements=nans_at_the_end),
    Difference("complex-nan-places", "argsort",
               "with a complex NaN about, the wheel's argsort does not give the places of what its sort answers; ours does",
               elements=places_of_complex_nans),
    Difference("sort-empty", "sort argsort random_permutation random_permutation_arange",
               "the wheel's process dies of a division error (SIGFPE) for an axis without elements",
               avoid=lambda step: step.args["x"] == 0 if step.op == "random_permutation_arange" else
               next(iter(step.inputs.values())).size == 0),
    Difference("median-over-no-axes", "median",
               "the wheel fails to flatten no axes; ours answers the elements, as a sum over no axes does",
               steps=lambda step, ours, theirs: step.args["axes"] == [] and theirs[0] == "ValueError" and
               answered(ours) and bool(equal(wide(*ours[0][::-1]), wide(step.inputs["a"], step.dtypes["a"])
                                                     .astype(wide(*ours[0][::-1]).dtype)).all())),
    Difference("softmax-of-nothing", "softmax",
               "of an array without elements the wheel does not look at the axes",
               steps=lambda step, ours, theirs: step.inputs["a"].size == 0 and ours[0] in ("IndexError", "ValueError") and
               answered(theirs)),
    Difference("logsumexp-drops-one-axis", "logsumexp",
               "over several axes, of which only the last is longer than 1, the wheel drops the last only; ours drops all",
               steps=drops_the_last_axis_only),
    Difference("norm-of-negative-axes", "linalg_norm",
               "of axes counted from the end the wheel may reduce others than it was told; ours does not", steps=norm_of_counted_axes),
    Difference("as-strided-view", "as_strided",
               "the wheel refuses some views whose elements are not row-major; ours takes a row-major copy first",
               steps=strided_copy),
    Difference("fp8-of-float64", "to_fp8 from_fp8", "the wheel reads float64's memory as float32; ours converts",
               elements=fp8_by_float32),
    Difference("half-a-word-of-groups", "quantize dequantize",
               "in mode nvfp4 the wheel refuses values that are an odd number of groups of 16",
               steps=lambda step, ours, theirs: step.args["mode"] == "nvfp4" and theirs[0] == "ValueError" and
               "reshape" in theirs[1] and answered(ours) and 
               step.inputs["w"].size * (1 if step.op == "quantize" else 8) % 32 != 0),
    Difference("quantize-nothing", "quantize",
               "in the floating modes the wheel wants the largest of no values; ours packs them",
               steps=lambda step, ours, theirs: step.inputs["w"].size == 0 and theirs[0] == "ValueError" and
               "zero size" in theirs[1] and answered(ours)),
    Difference("dequantize-float64", "dequantize", "the wheel reads codes of 8 bits into float64's memory as float32",
               avoid=lambda step: step.args["mode"] in ("mxfp8", "nvfp4") and "float64" in str(step.args["dtype"])),
    Difference("packed-half-overflow", "quantized_matmul gather_qmm qqmm",
               "of float16 the wheel adds up products of 8-bit codes before it scales them, which may overflow; ours does not",
               elements=lambda step, ours, theirs, dtype: (dtype == "float16") & ~np.isfinite(theirs) & np.isfinite(ours) &
               tolerances.rule(step.op).right(ours, dtype, step)),
    Difference("quantized-float64", "quantize quantized_matmul gather_qmm",
               "the wheel's process dies of an error on its stream; ours packs float64 as float32, and multiplies in float64",
               avoid=lambda step: "float64" in step.dtypes.values()),
    Difference("gather-mm-of-other-dtypes", "gather_mm", "the wheel multiplies float32 only; ours multiplies all floats",
               steps=lambda step, ours, theirs: theirs[0] == "RuntimeError" and "only supports float32" in theirs[1] and answered(ours)),
    Difference("segments-of-half", "segmented_mm", "the wheel's sums over segments of half types are wrong; ours are right",
               elements=lambda step, ours, theirs, dtype: (wide(ours, dtype) == segment_sums(step)) & (dtype in ("float16", "bfloat16"))),
    Difference("segments-of-misfits", "segmented_mm",
               "the wheel multiplies matrices whose inner lengths differ, past the end of one; ours refuses",
               avoid=lambda step: step.inputs["a"].shape[-1] != step.inputs["b"].shape[-2]),
    Difference("complex-matrices", " ".join(factors.REFUSED), "the wheel refuses complex64, for which ours answers as NumPy does",
               steps=lambda step, ours, theirs: theirs[0] == "ValueError" and "float32 or float64" in theirs[1] and answered(ours) and
               not factors.wrong(step, ours)),
    Difference("systems-of-two-precisions", "linalg_solve linalg_solve_triangular",
               "of float32 matrices and float64 right-hand sides the wheel factors in float32; ours does all in float64",
               steps=lambda step, ours, theirs: (step.dtypes["a"], step.dtypes["b"]) == ("float32", "float64") and answered(ours) and
               answered(theirs) and not factors.wrong(step, ours)),
    Difference("hadamard-of-float64", "hadamard_transform", "the wheel refuses float64",
               steps=lambda step, ours, theirs: "float64" in step.dtypes.values() and theirs[0] == "ValueError" and
               "Unsupported type" in theirs[1] and answered(ours)),
    Difference("less-accurate", "exp expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh "
               "arccosh arctanh erf erfinv sigmoid logaddexp arctan2 power rsqrt sqrt",
               "the wheel's polynomial is less accurate than ours, which is within 2 (float64: 4) units of "
               "the last place of the true value; it computes float64 exp, sin and cos with float32's polynomial", elements=less_accurate),
]
