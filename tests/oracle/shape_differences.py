"""Known differences of creations, shapes, indices and random numbers; difference.py says what an entry explains."""
import numpy as np

import tolerances
from difference import Difference, answered
from table import wide


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


def as_integers_first(step, ours, theirs, dtype):
    """Ours is whether the int32 that the wheel draws by the same key is not 0."""
    import upstream
    if dtype != "bool":
        return False
    _, results, _ = upstream.call(step.op, {**step.args, "dtype": upstream.DTYPE["int32"]})
    return (ours == (results[0][1] != 0)) & theirs


def counted_from_the_end(step, ours, theirs):
    axis, index = step.args["axis"], step.args["index"]
    return index < 0 and step.inputs["a"].size and theirs[0] == "ValueError" and answered(ours) and \
        np.array_equal(ours[0][1], np.take(step.inputs["a"], index, axis), equal_nan=ours[0][1].dtype.kind in "fc")


def strided_copy(step, ours, theirs):
    """The wheel's own refusal; ours reads the elements in row-major order."""
    if not answered(ours) or theirs[0] != "RuntimeError" or "row contiguous" not in theirs[1]:
        return False
    shape, strides = ours[0][1].shape, step.args["strides"]
    if strides is None or len(strides) != len(shape):
        return False
    at = step.args["offset"] + sum((i * s for i, s in zip(np.indices(shape), strides)), np.zeros(shape, np.int64))
    return ours[0][1].tobytes() == step.inputs["a"].reshape(-1)[at].tobytes()


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


def sliced(step):
    """The part of a that slice_dynamic and slice_update_dynamic are about."""
    start = dict(zip(step.args["axes"], step.inputs["start"].astype(np.int64).tolist()))
    sizes = step.inputs["update"].shape if "update" in step.inputs else step.args["slice_size"]
    return tuple(slice(start.get(i, 0), start.get(i, 0) + n) for i, n in enumerate(sizes))


def right_slice(step, ours):
    """Ours is NumPy's; updates of another dtype are left to the slices of fewer dimensions."""
    if not answered(ours):
        return False
    true = step.inputs["a"]
    if "update" in step.inputs:
        true = true.copy()
        if step.dtypes["update"] != step.dtypes["a"]:
            return ours[0][1].shape == true.shape
        true[sliced(step)] = step.inputs["update"]
    else:
        true = true[sliced(step)]
    return true.shape == ours[0][1].shape and true.tobytes() == ours[0][1].tobytes()


DIFFERENCES = [
    Difference("slices-of-four-dimensions", "slice_dynamic slice_update_dynamic", "of more than three dimensions the wheel writes "
               "beyond its result, and dies of it later", avoid=lambda step: step.inputs["a"].ndim > 3, right=right_slice),
    Difference("arange-by-index", "arange",
               "the wheel adds the step again and again, in the dtype; ours is start + i * step, rounded once",
               elements=arange_from_index),
    Difference("arange-zero-step", "arange",
               "ours refuses a step of 0; the wheel converts NaN to a length, which is undefined, when start is stop",
               steps=lambda step, ours, theirs: step.args["step"] == 0 and ours[0] == "ValueError"),
    Difference("unflatten-empty", "unflatten",
               "the wheel's process dies of a division error (SIGFPE) when -1 stands beside a length of 0",
               avoid=lambda step: -1 in step.args["shape"] and 0 in step.args["shape"]),
    Difference("slice-zero-stride", "slice slice_update",
               "the wheel's process dies of a division error (SIGFPE); ours is a ValueError",
               avoid=lambda step: 0 in (step.args["strides"] or [])),
    Difference("random-bool", "random_randint",
               "the wheel converts the fraction to bool, which is nearly always true; ours draws an integer first",
               elements=as_integers_first),
    Difference("take-negative", "take_index",
               "the wheel refuses a negative integer index with a shape error; ours counts from the end, as for arrays",
               steps=counted_from_the_end),
    Difference("scatter-empty", "scatter scatter_add scatter_prod scatter_max scatter_min scatter_add_axis",
               "the wheel's process dies of a division error (SIGFPE) for an array without elements",
               avoid=lambda step: step.inputs["a"].size == 0),
    Difference("edge-of-nothing", "pad",
               "the wheel pads an empty axis with zeros, which are no edge; ours is a ValueError, as NumPy's",
               steps=pads_an_empty_edge),
    Difference("trace-beside", "trace",
               "the wheel sums an empty diagonal of several matrices by a loop that may never end; ours is 0",
               avoid=beside_the_diagonal),
    Difference("concatenate-one", "concatenate",
               "ours checks the axis of a single array, too", steps=one_with_a_bad_axis),
    Difference("as-strided-view", "as_strided",
               "the wheel refuses some views whose elements are not row-major; ours takes a row-major copy first",
               steps=strided_copy),
]
