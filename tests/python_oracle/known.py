"""Where Python programs are known to differ from the wheel's, each with its reason. `same` looks at a step and both
answers, and must recognise the difference in them; `avoid` says which steps the wheel must not be given at all.
What the values of an op may differ in stands in tests/oracle/differences.py, and serves here too."""
import re
import types

import numpy as np

from programs import value_of


class Difference:
    def __init__(self, name, reason, same=None, avoid=None):
        self.name, self.reason, self.same, self.avoid = name, reason, same, avoid


def refused(answer, kind, words=""):
    return answer["k"] == "error" and answer["c"] == kind and words in answer["m"]


LIKE_MX = types.SimpleNamespace(array=np.array, arange=np.arange, bfloat16=np.float32, bool_=np.bool_, **{
    d: getattr(np, d) for d in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64".split()})


def by_numpy(code, **names):
    """The names after a step's code ran on NumPy arrays; none where NumPy refuses it."""
    names |= {"mx": LIKE_MX, "np": np}
    try:
        exec(code, names)
    except Exception:
        return {}
    return names


def column_gather(step, ours, theirs):
    """Ours is what NumPy answers; the wheel has the same elements in another order."""
    if step.kind != "index" or "a" not in step.inputs or not ours["k"] == theirs["k"] == "array" or ours["s"] != theirs["s"]:
        return False
    mine, other = value_of(ours).data, value_of(theirs).data
    true = by_numpy("y = a" + step.code[step.code.index("["):], a=step.inputs["a"]).get("y")
    return np.array_equal(true, mine) and np.array_equal(np.sort(mine, axis=None), np.sort(other, axis=None))


def strange_scalar(step, ours, theirs):
    return (refused(ours, "ValueError", "Invalid type numpy") and theirs["k"] == "array" and
            theirs["s"] == [])


def mask_too_large(step, ours, theirs):
    return theirs["k"] == "died" and step.kind == "update" and refused(ours, "ValueError", "masked_scatter")


def full_dtype(step, ours, theirs):
    call = re.search(r"mx\.full\(.*, (?:dtype=)?mx\.(\w+?)_?\)", step.code)
    return bool(call) and ours["k"] == theirs["k"] == "array" and ours["d"] == call[1] != theirs["d"]


def pickled_dtype(step, ours, theirs):
    if (step.kind != "ask pickle.loads(pickle.dumps(x))" or not ours["k"] == theirs["k"] == "array" or
            theirs["d"] != "float32" or ours["s"] != theirs["s"]):
        return False
    a, b = value_of(ours).data, value_of(theirs).data
    return a.size == 0 or ours["d"] == "float64" and np.array_equal(a.astype(np.float32), b, equal_nan=True)


def strided_view(step, ours, theirs):
    return "memoryview(b'abcdef')[::2]" in step.code and refused(theirs, "ValueError", "Invalid type memoryview")


def format_dies(step, ours, theirs):
    return step.kind.startswith("ask format(x, ") and theirs["k"] == "died" and refused(ours, "ValueError", "format")


def small_vector(step, ours, theirs):
    return step.kind == "update" and refused(theirs, "IndexError", "SmallVector")


def gather_from_nothing(step, ours, theirs):
    return (refused(theirs, "ValueError", "[gather] If the input is empty") and ours["k"] == "array" and
            0 in ours["s"])


def unclean_bools(step, ours, theirs):
    """Ours is the true value of the operands."""
    fn = {"bitwise_xor": np.logical_xor, "bitwise_and": np.logical_and, "bitwise_or": np.logical_or}.get(step.op)
    if "of" in ours and "of" in theirs:
        ours, theirs = ours["of"][0], theirs["of"][0]
    if not fn or not step.inputs or not ours.get("d") == theirs.get("d") == "bool" or ours["s"] != theirs["s"]:
        return False
    return bool((fn(step.inputs["a"] != 0, step.inputs["b"] != 0) == value_of(ours).data).all())


def complex_nan(step, ours, theirs):
    return (step.kind == "reduce logsumexp" and ours["k"] == theirs["k"] == "array" and
            ours["d"] == theirs["d"] == "complex64" and ours["s"] == theirs["s"] and
            bool((np.isnan(value_of(ours).data.real) & np.isnan(value_of(theirs).data.real)).any()))


def broadcast_update(step, ours, theirs):
    """Ours is what NumPy makes of the same assignment to an index with new axes."""
    if step.kind != "update" or not refused(theirs, "ValueError", "Cannot broadcast array") or ours["k"] != "array":
        return False
    target = step.code.partition(" = ")[0]
    after = by_numpy(step.code, **{step.sets[0]: step.inputs["a"].copy()}).get(step.sets[0])
    return "None" in target and np.array_equal(after, value_of(ours).data)


def squeezed_update(step, ours, theirs):
    return (step.kind == "update" and (refused(theirs, "ValueError", "[squeeze] Cannot squeeze axis") or
             refused(theirs, "ValueError", "[reshape] Cannot reshape array of size")) and
            ours["k"] == "array" and "None" in step.code.partition(" = ")[0])


def extreme_at_all(step, ours, theirs):
    return (step.kind == "at" and re.search(r"at\[.*\.\.\..*\.(maximum|minimum)\(", step.code) is not None and
            ours["k"] == theirs["k"] == "array" and ours["d"] == theirs["d"] and bool(np.isnan(value_of(ours).data).any()))


def zero_exclusive(step, ours, theirs):
    return (step.kind in ("scan logcumsumexp", "scan cummax", "scan cummin") and "inclusive=False" in step.code and theirs["k"] == "array" and
            theirs["d"] == "complex64" == ours["d"])


def cast_out_of_range(step, ours, theirs):
    """Elements differ only where a float has no value of the integer dtype."""
    if step.op != "astype" or not ours["k"] == theirs["k"] == "array" or ours["d"] != theirs["d"] or "int" not in ours["d"]:
        return False
    x, a, b = step.inputs.get("a"), value_of(ours).data, value_of(theirs).data
    if x is None or x.dtype.kind not in "fc" or x.shape != a.shape or a.shape != b.shape:
        return False
    limits, whole = np.iinfo(a.dtype), np.trunc(x.real.astype(np.longdouble))
    return bool(((a == b) | ~((whole >= limits.min) & (whole <= limits.max))).all())


def bool_list_at(step, ours, theirs):
    return step.kind == "at" and refused(theirs, "SystemError") and refused(ours, "ValueError", "indices are integers")


def new_axis_then_negative(step, ours, theirs):
    return (step.kind == "update" and ours["k"] == theirs["k"] == "array" and ours["s"] == theirs["s"] and
            bool(re.search(r"\[(.*, )?None, (.*, )?-\d+[,\]]", step.code.partition(" = ")[0])))


def product_along_ones(step, ours, theirs):
    return (step.kind == "reduce prod" and ours["k"] == theirs["k"] == "array" and ours["d"] in ("int32", "uint32") and
            theirs["d"] == step.dtype and step.dtype in ("bool", "int8", "int16", "uint8", "uint16") and
            ours["s"] == theirs["s"] and value_of(ours).data.size == step.inputs["a"].size)


def logsumexp_shape(step, ours, theirs):
    return (step.kind == "reduce logsumexp" and ours["k"] == theirs["k"] == "array" and ours["d"] == theirs["d"] and
            len(theirs["s"]) > len(ours["s"]) and set(theirs["s"]) == {1} and
            np.allclose(value_of(ours).data, value_of(theirs).data, rtol=1e-6, equal_nan=True))


def scan_of_one(step, ours, theirs):
    return (step.kind.startswith("scan ") and ours["k"] == theirs["k"] == "array" and ours["d"] == theirs["d"] == step.dtype and
            1 in ours["s"] and ours["s"] == theirs["s"] and ours["v"] == step.inputs["a"].tobytes().hex() and
            "inclusive=False" not in step.code)


def scan_of_broadcast(step, ours, theirs):
    return step.kind.startswith("scan ") and theirs["k"] == "died" and "-8" in theirs["v"] and ours["k"] == "array"


def scatter_of_nothing(step, ours, theirs):
    return (step.kind in ("at", "update") and theirs["k"] == "died" and "-8" in theirs["v"] and
            (ours["k"] == "array" and ours["v"] == step.inputs["a"].tobytes().hex() or
             refused(ours, "ValueError", "scatter: updates of shape") and step.inputs["a"].size == 0))


def empty_reshape(step, ours, theirs):
    return (step.kind in ("at", "update") and
            (refused(theirs, "ValueError", "Cannot infer the shape of an empty array") or step.inputs["a"].size == 0 and
             refused(theirs, "ValueError", "[scatter] Updates with shape")) and ours["k"] == "array" and ours["v"] == step.inputs["a"].tobytes().hex())


def promoted_at_all(step, ours, theirs):
    return (step.kind == "at" and re.search(r"at\[.*(None|\.\.\.)", step.code) is not None and
            ours["k"] == theirs["k"] == "array" and ours["d"] != theirs["d"] == step.dtype)


def huge_operand(step):
    return (step.op in ("power", "floor_divide", "remainder") and step.inputs["b"].dtype.kind in "iub" and step.inputs["a"].dtype.kind in "iub" and
            bool((np.abs(step.inputs["b"].astype(np.float64)) >= 2.0**31).any()))


def half_by_dlpack(step, ours, theirs):
    return (step.kind == "ask np.from_dlpack(x)" and refused(theirs, "TypeError", "bfloat16 arrays cannot") and
            refused(ours, "RuntimeError", "DLTensor"))


def sorts_nothing(step):
    return step.op in ("sort", "argsort") and step.inputs["a"].size == 0


def joins_scalar(step, ours, theirs):
    return (step.kind == "function concatenate" and refused(ours, "ValueError", "concatenate: axis") and
            theirs["k"] == "array" and theirs["s"] == [])


def long_int_beside_bools(step, ours, theirs):
    return refused(ours, "ValueError", "to int32 would result in overflow") and theirs["k"] != "error"


def order_of_zeros(step, ours, theirs):
    return (step.kind == "function sort" and ours["k"] == theirs["k"] == "array" and ours["d"] == theirs["d"] and
            np.array_equal(value_of(ours).data, value_of(theirs).data, equal_nan=True))


DIFFERENCES = [
    Difference("column-gather", "the wheel reads arrays that lie column by column in the wrong order when an index array picks from "
               "them; ours is what NumPy answers", column_gather),
    Difference("order-of-zeros", "0.0 and -0.0 compare equal, and the wheel's sort does not keep the order of equal elements",
               order_of_zeros),
    Difference("new-axis-then-negative", "in updates the wheel counts a negative int behind a new axis from the end of "
               "another axis; ours from the end of its own", new_axis_then_negative),
    Difference("product-along-ones", "the wheel's product of small integers along axes of length 1 keeps their dtype, along others "
               "it has 32 bits; ours always has", product_along_ones),
    Difference("logsumexp-shape", "the wheel keeps axes of length 1 when the last axis alone is longer; ours drops them all",
               logsumexp_shape),
    Difference("scan-of-one", "the wheel reads memory outside a view when it scans an axis of length 1 of it; ours leaves the "
               "elements as they are", scan_of_one),
    Difference("scan-of-broadcast", "the wheel's process dies of a division error (SIGFPE) in scans of arrays that were "
               "broadcast, as after x[None] = 3", scan_of_broadcast),
    Difference("scatter-of-nothing", "the wheel's process dies of a division error (SIGFPE) when indices select nothing to "
               "update; ours leaves the array as it was", scatter_of_nothing),
    Difference("empty-updates", "the wheel fails to give updates of no elements their shape; ours leaves the array as it was",
               empty_reshape),
    Difference("promoted-at-all", "x.at[..., None] and x.at[:, ...] of integers: the wheel keeps the dtype and truncates (reciprocals, too), though "
               "x.at[:] promotes; ours promotes both", promoted_at_all),
    Difference("huge-operand", "the wheel never returns from an integer power whose exponent wraps to a negative number, and "
               "dies of a divisor that wraps to 0", avoid=huge_operand),
    Difference("bfloat16-by-dlpack", "the wheel refuses to hand bfloat16 to NumPy; ours hands it over to whoever knows it, and "
               "NumPy refuses", half_by_dlpack),
    Difference("sorts-nothing", "the wheel's process dies of a division error (SIGFPE) when it sorts an empty array",
               avoid=sorts_nothing),
    Difference("joins-scalar", "the wheel does not look at the axis when it joins one array alone; ours does", joins_scalar),
    Difference("strange-scalar", "a NumPy array of no dimensions whose dtype MLX lacks becomes complex64 in the wheel, "
               "though one of any dimension is refused; ours refuses both", strange_scalar),
    Difference("mask-too-large", "the wheel's process dies of an exception when a mask selects more than the update has; "
               "ours is a ValueError", mask_too_large),
    Difference("long-int-beside-bools", "the wheel cuts an int beside a bool array to 32 bits; ours refuses what they do not "
               "hold, as both do beside int32", long_int_beside_bools),
    Difference("full-dtype", "the wheel forgets the dtype where the number is of a wider kind: full(2, 1.5, int32) is "
               "float32; ours has the dtype that was asked for", full_dtype),
    Difference("pickled-dtype", "the wheel's pickles of empty arrays and of float64 come back as float32; ours keep the dtype", pickled_dtype),
    Difference("strided-memoryview", "the wheel takes strided NumPy arrays, but no strided memoryview; ours takes both",
               strided_view),
    Difference("format-dies", "the wheel's process dies of formatting some floats as integers; ours is a ValueError",
               format_dies),
    Difference("new-axes-of-updates", "the wheel's own bounds check fails (\"SmallVector out of range\") when an update has "
               "fewer dimensions than an index with new axes; ours broadcasts it, or says that it cannot", small_vector),
    Difference("gather-from-nothing", "the wheel refuses to gather nothing from an axis that a slice has emptied; ours "
               "answers with an empty array, as NumPy", gather_from_nothing),
    Difference("unclean-bools", "the wheel makes bools of reductions and of NumPy arrays that are neither 0 nor 1, which show "
               "in bit operators; ours are 0 or 1", unclean_bools),
    Difference("complex-nan", "which parts of a complex NaN are NaN is not said", complex_nan),
    Difference("squeezed-update", "the wheel drops an axis of the update for a new axis of the index even if it is longer than "
               "1, and fails; ours broadcasts", squeezed_update),
    Difference("broadcast-update", "likewise, an axis of length 1 of an update that has as many axes as the index",
               broadcast_update),
    Difference("extreme-at-all", "x.at[..., :].maximum drops NaN in the wheel, though x.at[:].maximum keeps it; ours keeps it",
               extreme_at_all),
    Difference("complex-exclusive-scan", "the wheel starts exclusive complex scans from 0; ours from what leaves any element as it is",
               zero_exclusive),
    Difference("bool-list-at", "the wheel fails inside its bindings (SystemError) on x.at[list of bools]; ours is a ValueError",
               bool_list_at),
    Difference("cast-out-of-range", "which integer a float outside its range becomes is undefined in C++, and differs within the "
               "wheel", cast_out_of_range),
]
