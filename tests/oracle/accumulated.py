"""True values of the ops that accumulate: sums, products, means, scans, products of matrices, softmax and its kin, by
NumPy in wider types. Each function answers (true, scale, terms, high, low): the values, the size of what was added up
on the way to each, which bounds the rounding, how many terms that were, and the largest and the least magnitude that
may turn up on the way, in any order of the terms: what overflows or vanishes there may leave infinity, NaN or 0."""
import builtins
import sys
from pathlib import Path

import numpy as np

from table import NUMPY, wide

sys.path.append(str(Path(__file__).resolve().parents[2] / "parity/python"))
from convolution import Convolution, Transposed  # noqa: E402

def rounded(x, dtype):
    """Real numbers rounded to a dtype, as numbers NumPy can compute with."""
    with np.errstate(all="ignore"):
        if dtype != "bfloat16":
            return x.astype(NUMPY[dtype])
        bits = x.astype(np.float32).view(np.uint32)
        up = ((bits.astype(np.uint64) + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
        return np.where(np.isnan(x), np.float32(np.nan), up)


def operand(step, name, dtype):
    """An array argument converted to the result's dtype first, as both sides do, then widened."""
    x = wide(step.inputs[name], step.dtypes[name])
    if step.dtypes[name] != dtype:
        x = x.astype(np.complex64) if dtype == "complex64" else rounded(x.real if x.dtype.kind == "c" else x, dtype)
    return x.astype(np.clongdouble if dtype == "complex64" else np.longdouble)


def axes_of(step):
    axes = step.args["axes"]
    return None if axes is None else tuple(axes)


def terms_over(x, axes):
    return max(1, x.size if axes is None else int(np.prod([x.shape[i] for i in axes] or [1])))


def sum(step, dtype):
    x, axes, keep = operand(step, "a", dtype), axes_of(step), step.args["keepdims"]
    size = np.abs(x)
    if x.dtype.kind == "c":  # one part may be a number beside a NaN
        size = builtins.sum(np.where(np.isfinite(part), np.abs(part), 0) for part in (x.real, x.imag))
    return x.sum(axis=axes, keepdims=keep), size.sum(axis=axes, keepdims=keep), terms_over(x, axes)


def integer_sum(step, keepdims):
    """Of int32 and narrower in 32 bits, wrapped, as both sides have it; None of other dtypes."""
    a = step.inputs["a"]
    if a.dtype.kind not in "biu" or step.dtypes["a"] == "bfloat16":
        return None
    wider = {"b": np.int32, "u": np.uint32, "i": np.int32}[a.dtype.kind] if a.dtype.itemsize <= 4 else a.dtype
    return a.sum(axis=axes_of(step), keepdims=keepdims, dtype=wider).astype(np.longdouble)


def mean(step, dtype):
    true, scale, terms = sum(step, dtype)
    whole = integer_sum(step, step.args["keepdims"])
    true = true if whole is None else whole
    return true / terms, scale / terms, terms, scale  # the sum may overflow


def unit_of(dtype):
    """Of what is computed with: half types in float32."""
    return 2.0**-52 if dtype == "float64" else 2.0**-23


def var(step, dtype):
    """The deviations are differences of rounded numbers: their errors are those of the elements, and the mean's, squared."""
    x, axes, keep = operand(step, "a", dtype), axes_of(step), step.args["keepdims"]
    terms, whole = terms_over(x, axes), integer_sum(step, True)
    middle = (x.sum(axis=axes, keepdims=True) if whole is None else whole) / terms
    left = np.longdouble(max(terms - step.args["ddof"], 0))
    off = x - middle
    true = (off * off if dtype == "complex64" else off**2).sum(axis=axes, keepdims=keep) / left
    around = np.abs(x).mean(axis=axes, keepdims=True)
    size = np.abs(off) * (np.abs(x) + around) + terms * unit_of(dtype) * around**2
    return true, size.sum(axis=axes, keepdims=keep) / left, terms


def std(step, dtype):
    true, scale, terms = var(step, dtype)
    root = np.sqrt(true)
    return root, scale / np.maximum(np.abs(root), np.sqrt(unit_of(dtype) * scale)), terms, scale  # the variance may overflow


def trace(step, dtype):
    x = operand(step, "a", dtype)
    where = dict(offset=step.args["offset"], axis1=step.args["axis1"], axis2=step.args["axis2"])
    return np.trace(x, **where), np.trace(np.abs(x), **where), max(x.shape)


def parts_product(multiply, a, b):
    """Of complex arrays by parts, so that infinities and NaNs stay where they are."""
    if a.dtype.kind != "c":
        return multiply(a, b)
    out = np.empty(multiply(a.real, b.real).shape, np.clongdouble)
    out.real = multiply(a.real, b.real) - multiply(a.imag, b.imag)
    out.imag = multiply(a.real, b.imag) + multiply(a.imag, b.real)
    return out


def contraction(multiply, terms):
    def apply(step, dtype):
        a, b = operand(step, "a", dtype), operand(step, "b", dtype)
        call = multiply(step)
        return parts_product(call, a, b), call(np.abs(a), np.abs(b)), max(1, terms(step))
    return apply


def contracted_terms(step):
    a = step.inputs["a"].shape
    if step.op == "tensordot":
        axis = step.args["axis"]
        return int(np.prod(a[len(a) - axis:]))
    return int(np.prod([a[i] for i in step.args["axes_a"]]))


matmul = contraction(lambda step: np.matmul, lambda step: step.inputs["a"].shape[-1])
inner = contraction(lambda step: np.inner, lambda step: step.inputs["a"].shape[-1] if step.inputs["a"].ndim else 1)
tensordot = contraction(lambda step: lambda a, b: np.tensordot(a, b, step.args["axis"]), contracted_terms)
tensordot_axes = contraction(lambda step: lambda a, b: np.tensordot(a, b, (step.args["axes_a"], step.args["axes_b"])),
                             contracted_terms)


def addmm(step, dtype):
    a, b, c = (operand(step, name, dtype) for name in "abc")
    alpha, beta = step.args["alpha"], step.args["beta"]
    true = alpha * parts_product(np.matmul, a, b) + beta * c
    return true, np.abs(alpha) * (np.abs(a) @ np.abs(b)) + np.abs(beta * c), a.shape[-1] + 1


def einsum(step, dtype):
    x = [wide(x, d).astype(np.clongdouble if dtype == "complex64" else np.longdouble) for d, x in step.lists["operands"]]
    subscripts = step.args["subscripts"]
    terms = int(np.prod([max(a.shape, default=1) for a in x]))
    return np.einsum(subscripts, *x), np.einsum(subscripts, *map(np.abs, x)), max(1, terms)


def convolution_of(step):
    """The sums of a step's convolution, by their definition."""
    args, name = {n: v for n, v in step.args.items() if v is not None}, step.op
    args = {n: v[0] if isinstance(v, list) and len(v) == 1 else v for n, v in args.items()}
    args = {**dict(stride=1, padding=0, dilation=1, output_padding=0, padding_lo=0, padding_hi=0, kernel_dilation=1, input_dilation=1),
            **args}
    if name == "convolve":
        n = min(x.size for x in step.inputs.values())
        low, high = dict(full=(n - 1, n - 1), same=(n // 2, (n - 1) // 2), valid=(0, 0))[args["mode"]]
        return Convolution(1, 1, [low], [high], flip=True)
    if name.startswith("conv_transpose"):
        return Transposed(step.inputs["weight"].shape[1:-1], args["stride"], args["padding"], args["dilation"],
                          args["output_padding"], args["groups"])
    axes = step.inputs["input"].ndim - 2
    if name == "conv_general":
        return Convolution(axes, args["stride"], args["padding_lo"], args["padding_hi"], args["kernel_dilation"],
                           args["input_dilation"], args["groups"], args["flip"])
    return Convolution(axes, args["stride"], args["padding"], None, args["dilation"], 1, args["groups"])


def convolution(step, dtype):
    if step.op == "convolve":
        x, w = sorted((operand(step, name, dtype) for name in "av"), key=np.size, reverse=True)
        x, w = x.reshape(1, -1, 1), w.reshape(1, -1, 1)
    else:
        x, w = operand(step, "input", dtype), operand(step, "weight", dtype)
    sums = convolution_of(step)
    true, scale = sums(x, w), sums(np.abs(x), np.abs(w))
    if step.op == "convolve":
        true, scale = true.reshape(-1), scale.reshape(-1)
    return true, scale, w[0].size


def scanned(step, x, f, start):
    """f's running values along the axis of the step, backwards and exclusive as it says."""
    axis = step.args["axis"]
    x = x.reshape(-1) if axis is None else x
    x = np.moveaxis(x, 0 if axis is None else axis, 0)
    x = x[::-1] if step.args["reverse"] else x
    y = f(x)
    if not step.args["inclusive"]:
        y = np.concatenate([np.full((1,) + x.shape[1:], start, y.dtype), y[:-1]])
    y = y[::-1] if step.args["reverse"] else y
    return np.moveaxis(y, 0, 0 if axis is None else axis)


def length_of(step, x):
    return max(1, x.size if step.args["axis"] is None else x.shape[step.args["axis"]])


def running_sum(x):
    return np.cumsum(x, axis=0)


def cumsum(step, dtype):
    x = operand(step, "a", dtype)
    return scanned(step, x, running_sum, 0), scanned(step, np.abs(x), running_sum, 0), length_of(step, x)


def magnitudes(x):
    """What is larger than 1, and what is less but not 0; ones elsewhere."""
    size = np.where(np.isfinite(x), np.abs(x), np.inf)
    return np.maximum(size, 1), np.where(size == 0, 1, np.minimum(size, 1))


def running_product(x):
    return np.cumprod(x, axis=0)


def cumprod(step, dtype):
    x = operand(step, "a", dtype)
    true, high, low = (scanned(step, y, running_product, 1) for y in (x, *magnitudes(x)))
    return true, np.abs(true), length_of(step, x), high, low


def prod(step, dtype):
    x, axes = operand(step, "a", dtype), axes_of(step)
    true, high, low = (y.prod(axis=axes, keepdims=step.args["keepdims"]) for y in (x, *magnitudes(x)))
    return true, np.abs(true), terms_over(x, axes), high, low


def softmax(step, dtype):
    x, axes = operand(step, "a", dtype), axes_of(step)
    off = x - x.max(axis=axes, keepdims=True)
    e = np.exp(off)
    true = e / e.sum(axis=axes, keepdims=True)
    size = 1 + np.where(np.isfinite(off), np.abs(off), 0)
    if x.dtype.kind == "c":  # terms that were turned by rounded angles may cancel
        size = size + (np.abs(e) * size).sum(axis=axes, keepdims=True) / np.abs(e.sum(axis=axes, keepdims=True))
    return true, np.abs(true) * size, terms_over(x, axes)


def largest_finite(x, axes, keep):
    return np.where(np.isfinite(x), np.abs(x), 0).max(axis=axes, keepdims=keep, initial=0)


def cancelling(sizes, true):
    """How much larger the exponentials are than their sum: from logarithms of sums of their sizes."""
    ratio = np.exp(sizes - true.real)
    return 1 + np.where(np.isfinite(ratio), ratio, 0)


def logsumexp(step, dtype):
    x, axes, keep = operand(step, "a", dtype), axes_of(step), step.args["keepdims"]
    terms = terms_over(x, axes)
    if x.dtype.kind == "c":
        top = x.real.max(axis=axes, keepdims=True)  # the largest element, whose imaginary part the result turns from
        top = top + 1j * np.where(x.real == top, x.imag, -np.inf).max(axis=axes, keepdims=True)
        true = np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top
        true = true if keep else true.reshape(x.sum(axis=axes).shape)
    else:
        top = x.max(axis=axes, keepdims=True)
        safe = np.where(np.isfinite(top), top, 0)
        true = np.log(np.exp(x - safe).sum(axis=axes, keepdims=True)) + safe
        true = true if keep else true.reshape(x.sum(axis=axes).shape)
    scale = 1 + np.log(np.longdouble(terms)) + 2 * largest_finite(x, axes, keep)
    if x.dtype.kind == "c":
        scale = scale * cancelling(np.logaddexp.reduce(x.real, axis=axes, keepdims=keep), true)
    return true, scale, terms


def log_add(a, b):
    """log(exp(a) + exp(b)) of complex numbers, from the larger, whose imaginary part it keeps the turn of."""
    swap = (b.real > a.real) | ((b.real == a.real) & (b.imag > a.imag))
    high, low = np.where(swap, b, a), np.where(swap, a, b)
    return np.where(low.real == -np.inf, high, high + np.log1p(np.exp(low - high)))


def logcumsumexp(step, dtype):
    def run(x):
        if x.dtype.kind != "c":
            return np.logaddexp.accumulate(x, axis=0)
        out = x.copy()
        for i in range(1, len(x)):
            out[i] = log_add(out[i - 1], x[i])
        return out
    x = operand(step, "a", dtype)
    true = scanned(step, x, run, -np.inf)
    scale = 1 + scanned(step, np.where(np.isfinite(x), np.abs(x), 0), lambda x: np.maximum.accumulate(x, axis=0), 0)
    if x.dtype.kind != "c":
        return true, scale, length_of(step, x)
    sizes = scanned(step, x.real, lambda x: np.logaddexp.accumulate(x, axis=0), -np.inf)
    return true, scale * cancelling(sizes, true), length_of(step, x), 2 * scale  # differences of imaginary parts overflow


def norm(step, dtype):
    """The root of a sum of squares."""
    x, keep = operand(step, "a", "complex64" if step.dtypes["a"] == "complex64" else dtype), step.args["keepdims"]
    x = x.reshape(-1) if step.args["axis"] is None else x
    axes = (0,) if step.args["axis"] is None else tuple(step.args["axis"])
    true = np.sqrt((np.abs(x)**2).sum(axis=axes, keepdims=keep))
    return true, true, terms_over(x, axes), true * true, true * true
