"""True values of products with packed matrices: codes, scales and biases read by NumPy, from the words alone."""
import numpy as np

from accumulated import operand
from table import wide

# Group sizes and widths that the modes have where none are given.
OWN = dict(affine=dict(group_size=64, bits=4), mxfp4=dict(group_size=32, bits=4), mxfp8=dict(group_size=32, bits=8),
           nvfp4=dict(group_size=16, bits=4))
FP4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def fp8_values(codes):
    codes = codes.astype(np.int64)
    power, fraction = codes >> 3 & 15, codes & 7
    size = np.where(power == 0, fraction * 2.0**-9, (8 + fraction) * np.exp2(power - 10.0))
    return np.where(codes & 128, -size, size)


def fp8_nearest(x):
    size = np.abs(x)
    step = np.exp2(np.maximum(np.floor(np.log2(np.maximum(size, 2.0**-20))), -6) - 3)
    return np.copysign(np.minimum(np.rint(size / step) * step, 448), x)


def fp4_nearest(x):
    size = np.abs(x)
    step = np.where(size < 2, 0.5, np.where(size < 4, 1, 2))
    return np.copysign(np.minimum(np.rint(size / step) * step, 6), x)


def codes_of(words, bits):
    each = np.ascontiguousarray(words).view(np.uint8).reshape(words.shape[:-1] + (-1,))
    each = np.unpackbits(each, axis=-1, bitorder="little").reshape(words.shape[:-1] + (-1, bits))
    return (each.astype(np.int64) << np.arange(bits)).sum(-1)


def kind(step):
    mode = step.args["mode"]
    return mode, *(step.args[name] or OWN[mode][name] for name in ("group_size", "bits"))


def matrix(step):
    """The values, and their sizes before anything cancels."""
    mode, group, bits = kind(step)
    codes = codes_of(step.inputs["w"], bits)
    scales = wide(step.inputs["scales"], step.dtypes["scales"]).astype(np.longdouble)
    if mode == "affine":
        biases = np.repeat(wide(step.inputs["biases"], step.dtypes["biases"]).astype(np.longdouble), group, axis=-1)
        values = codes * np.repeat(scales, group, axis=-1)
        return values + biases, np.abs(values) + np.abs(biases)
    scales = fp8_values(step.inputs["scales"]) if mode == "nvfp4" else np.exp2(scales - 127)
    values = (fp8_values(codes) if bits == 8 else FP4[codes]) * np.repeat(scales, group, axis=-1)
    return values, np.abs(values)


def product(x, step, choose=lambda x, w: (x, w)):
    w, size = matrix(step)
    if step.args.get("transpose", True):
        w, size = np.swapaxes(w, -1, -2), np.swapaxes(size, -1, -2)
    a, b = choose(x, w)
    c, d = choose(np.abs(x) + lost(x, step), size)
    return a @ b, c @ d, x.shape[-1]


def lost(x, step):
    """Affine codes meet numbers of 16 bits as whole multiples of a step for at most a group, which are of 16 bits too: what that
    may lose, weighed as the tolerance weighs x, by what sqrt(terms) roundings of float32 sum to."""
    if step.args["mode"] != "affine" or step.dtypes["x"] not in ("float16", "bfloat16") or not step.args.get("transpose", True):
        return 0
    parts = np.abs(x.reshape(x.shape[:-1] + (-1, step.args["group_size"])))
    largest = np.broadcast_to(parts.max(axis=-1, keepdims=True, initial=0), parts.shape).reshape(x.shape)
    return largest * 2.0**-16 / (2 * np.sqrt(max(x.shape[-1], 1)) * np.finfo(np.float32).eps)


def left(step, dtype):
    return operand(step, "x", dtype).astype(np.longdouble)


def quantized_matmul(step, dtype):
    return product(left(step, dtype), step)


def gather_qmm(step, dtype):
    rows, columns = (step.inputs.get(f"{side}_indices") for side in ("lhs", "rhs"))
    return product(left(step, dtype), step, lambda x, w: (x if rows is None else x[rows.astype(np.int64)],
                                                          w if columns is None else w[columns.astype(np.int64)]))


def qqmm(step, dtype):
    """x goes through codes too, of which even ones win ties."""
    (mode, group, bits), x = kind(step), left(step, dtype)
    parts = x.reshape(x.shape[:-1] + (-1, group))
    largest = np.abs(parts).max(axis=-1, keepdims=True).astype(np.float32)
    by_x, by_w = (np.float32(step.inputs.get(f"global_scale_{side}", np.float32(2688)).reshape(())) / np.float32(448 * 6)
                  for side in "xw")
    if mode == "nvfp4":
        scale = fp8_nearest(largest / np.float32(6) / by_x) * by_x
    else:
        power = np.log2(np.maximum(largest / np.float32(448), 2.0**-127))
        scale = np.exp2(np.clip(np.where(power >= 0, np.floor(power + 0.5), np.ceil(power - 0.5)), -127, 127))
    part = np.where(scale == 0, 0, parts / np.where(scale == 0, 1, scale)).astype(np.float32).astype(np.float64)
    nearest = fp4_nearest if bits == 4 else fp8_nearest
    true, size, terms = product((nearest(part) * scale).reshape(x.shape).astype(np.longdouble), step)
    return true * by_w, size * by_w, terms
