"""Known differences of reductions, scans and sorts; difference.py says what an entry explains."""
import numpy as np

import accumulated
import tolerances
from difference import Difference, INTEGERS, answered, equal, is_complex, true_instead
from table import wide


def over_negative_zeros(step, ours, theirs, dtype):
    """Some element is -0.0, or has an imaginary part alone, and ours is what NumPy says."""
    x, keep = wide(step.inputs["a"], step.dtypes["a"]), step.args["keepdims"]
    if x.dtype.kind not in "fc":
        return False
    axes = None if step.args["axes"] is None else tuple(step.args["axes"])
    signed = (x == 0) & (np.signbit(x.real) | np.signbit(x.imag)) | ((x != 0) & (x.real == 0))
    f = np.all if step.op == "all" else np.any
    return signed.any(axis=axes, keepdims=keep) & (ours == f(x != 0, axis=axes, keepdims=keep))


def integers_added_in_logs(step, ours, theirs, dtype):
    """Of integers the wheel adds less than 1 each time, and drops it: the running maximum, unless it overflows."""
    x = step.inputs["a"]
    true = accumulated.scanned(step, x, lambda x: np.maximum.accumulate(x, axis=0), np.iinfo(x.dtype).min)
    return ours == true


def exclusive_complex_extreme(step, ours, theirs, dtype):
    """Ours is the wheel's own inclusive scan from a start that loses to any element."""
    import upstream
    if dtype != "complex64" or step.args["inclusive"]:
        return False
    lowest, axis, x = -np.inf if step.op == "cummax" else np.inf, step.args["axis"], step.inputs["a"]
    x, axis = (x.reshape(-1), 0) if axis is None else (x, axis)
    start = np.full_like(np.take(x, [0], axis), complex(lowest, lowest))
    x = np.concatenate([x, start] if step.args["reverse"] else [start, x], axis)
    _, results, _ = upstream.call(step.op, {**step.args, "a": upstream.to_mlx(x, dtype), "axis": axis, "inclusive": True})
    return equal(ours, np.delete(results[0][1], 0 if step.args["reverse"] else -1, axis))


def nan_element(step, ours, theirs, dtype):
    """Ours is an element that is NaN in a part; the wheel's another one, NaN + 0j, or a number, as it looks at real parts alone."""
    if dtype != "complex64":
        return False
    x = step.inputs["a"]
    found = np.isin(ours.view(np.int64), x.view(np.int64))
    other = np.isnan(theirs) | np.isin(theirs.real, x.real)
    return found & (np.isnan(ours.real) | np.isnan(ours.imag)) & other


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
    if step.dtypes["a"] not in tolerances.HALVES and not is_complex(step):
        return False
    axes = tuple(range(x.ndim)) if axes is None else tuple(i % x.ndim for i in axes)
    flat = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    flat = np.sort(flat.reshape(flat.shape[:x.ndim - len(axes)] + (-1,)), -1)
    n, flat = flat.shape[-1], flat.astype(np.complex128 if is_complex(step) else np.float64)
    true = accumulated.rounded((flat[..., (n - 1) // 2] + flat[..., n // 2]) / 2, dtype).reshape(ours.shape)
    odd = np.isnan(x).any(axis=axes, keepdims=keep)
    return (odd | np.isinf(true) if is_complex(step) else odd) & equal(wide(ours, dtype), true)


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


def of_nothing_but_itself(step, ours, theirs, dtype):
    """Over no axes, of an infinite or NaN complex number, from which the wheel subtracts itself; or of -0.0, to which it adds 0."""
    x = step.inputs["a"]
    axes = step.args["axes"]
    return (axes == [] or axes is None and x.ndim == 0) and dtype == "complex64" and \
        (~np.isfinite(x) | (ours == theirs)) & (ours.view(np.int64) == x.view(np.int64))


def infinite_times_one(step, ours, theirs, dtype):
    """Over axes of length 1 the wheel's is the element, and ours is 1 times that, which is NaN in a part."""
    if dtype != "complex64" or step.inputs["a"].size != ours.size:
        return False
    return np.isinf(theirs) & np.isnan(ours) & (theirs.reshape(-1) == step.inputs["a"].reshape(-1)).reshape(ours.shape)


def largest_is_infinite(step, ours, theirs, dtype):
    """Ours is an element whose real part is infinite, and no less than any other."""
    if dtype != "complex64" or step.dtypes["a"] != dtype:
        return False
    x, axes = step.inputs["a"], step.args["axes"]
    top = x.real.max(axis=None if axes is None else tuple(axes), keepdims=step.args["keepdims"])
    found = np.isin(ours.view(np.int64), x.view(np.int64))
    return found & np.isinf(ours.real) & ((ours.real == top) | np.isnan(top)) & np.isnan(theirs)


def added_one_by_one(step, ours, theirs, dtype):
    """Ours is next to the true value; the wheel's is as far as roundings of as many additions may take it."""
    if dtype not in ("float32", "float64", "complex64"):
        return False
    true, scale, terms, *_ = tolerances.rule(step.op).truth(step, dtype)
    return tolerances.rule(step.op).right(ours, dtype, step) & (np.abs(theirs - true) <= terms * tolerances.EPSILON[dtype] * scale)


DIFFERENCES = [
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
    Difference("logsumexp-of-infinite-parts", "logsumexp",
               "of an infinite complex number the wheel subtracts the infinite from itself, unless its imaginary part is 0; ours "
               "is the number", elements=largest_is_infinite),
    Difference("added-one-by-one", "sum mean var std softmax", "the wheel adds one after another, ours in parts", elements=added_one_by_one),
    Difference("zero-sign", "sort min max cummin cummax minimum maximum median",
               "which of 0.0 and -0.0 is smaller is not said, and depends on the wheel's vector length",
               elements=lambda step, ours, theirs, dtype: (wide(ours, dtype) == 0) & (wide(theirs, dtype) == 0)),
    Difference("negative-zero-is-true", "all any",
               "the wheel takes -0.0 for true, and, over an axis of length 1, imaginary numbers for false; ours is what NumPy says", elements=over_negative_zeros),
    Difference("complex-nan", "min max",
               "of a complex NaN the wheel answers NaN + 0j, and takes one in the imaginary part for a number; ours is the element",
               elements=nan_element),
    Difference("exclusive-complex-logs", "logcumsumexp",
               "the wheel starts exclusive complex scans from 0; ours from -inf, the logarithm of nothing",
               elements=lambda step, ours, theirs, dtype: dtype == "complex64" and not step.args["inclusive"] and
               true_instead(step, ours, theirs, dtype)),
    Difference("prod-of-one", "prod",
               "over axes of length 1 the wheel forgets to widen small integers, as it does for longer ones; ours always "
               "does", steps=same_but_dtype),
    Difference("infinite-times-one", "prod", "over axes of length 1 the wheel multiplies nothing", elements=infinite_times_one),
    Difference("half-nan-order", "sort argsort partition argpartition topk",
               "of half types (and complex ones, by places) the wheel sorts NaN by a comparison that is false both ways; ours has "
               "it last, as for float32",
               elements=order_of_half_nans),
    Difference("half-nan-median", "median", "the same; and of infinite complex numbers the wheel multiplies by 0.5 + 0j", elements=middle_of_half_nans),
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
]
