"""Known differences of products, convolutions, packed matrices and linear algebra; difference.py says what an entry explains."""
import numpy as np

import accumulated
import factors
import tolerances
from difference import Difference, answered
from table import wide


def norm_of_counted_axes(step, ours, theirs):
    """Of two axes, of which one is counted from the end: ours is what the wheel says of the same axes counted up."""
    import upstream
    axes = step.args["axis"]
    if axes is None or len(axes) != 2 or min(axes) >= 0 or not answered(ours):
        return False
    _, results, error = upstream.call(step.op, {**step.args, "axis": [i % step.inputs["a"].ndim for i in axes]})
    return not error and ours[0][0] == results[0][0] and ours[0][1].shape == results[0][1].shape and \
        not tolerances.rule(step.op).bad(ours[0][1], results[0][1], ours[0][0], step).any()


def segment_sums(step):
    """What segmented_mm is to be, by its definition."""
    a, b = (wide(step.inputs[name], step.dtypes[name]) for name in "ab")
    parts = [a[:, low:high] @ b[low:high] for low, high in step.inputs["segments"].reshape(-1, 2)]
    return np.stack(parts).reshape(step.inputs["segments"].shape[:-1] + (a.shape[0], b.shape[1]))


def convolved_in_wider(step, ours, theirs):
    """The wheel says that it has no such kernel, and ours is right."""
    if theirs[0] != "ValueError" or not answered(ours) or ours[0][0] not in ("float64", "complex64"):
        return False
    return bool(tolerances.TABLE[step.op].right(ours[0][1], ours[0][0], step).all())


def convolved_in_groups(step, ours, theirs):
    """Over three axes, likewise."""
    if theirs[0] != "ValueError" or not answered(ours) or step.inputs["input"].ndim != 5 or step.args["groups"] == 1:
        return False
    return bool(tolerances.TABLE[step.op].right(ours[0][1], ours[0][0], step).all())


def without_imaginary_weights(step, ours, theirs, dtype):
    """Of a complex weight the wheel takes the real parts alone; ours is right."""
    return step.dtypes.get("weight", step.dtypes.get("v")) == "complex64" and \
        tolerances.TABLE[step.op].right(ours, dtype, step)


def under(x, mask, block):
    """A matrix under a mask of blocks."""
    if mask is None:
        return x
    mask = np.broadcast_to(mask, x.shape[:-2] + tuple(-(-n // block) for n in x.shape[-2:]))
    whole = np.repeat(np.repeat(mask, block, -2), block, -1)[..., :x.shape[-2], :x.shape[-1]]
    return np.where(whole, x, 0) if mask.dtype.kind == "b" else x * whole


def masked_product(step):
    """block_masked_mm by its definition, of whole numbers, so that any order of sums is right."""
    block = step.args["block_size"]
    if block not in (32, 64):
        raise ValueError
    x = {name: wide(x, step.dtypes[name]) for name, x in step.inputs.items()}
    left, right = under(x["a"], x.get("mask_lhs"), block), under(x["b"], x.get("mask_rhs"), block)
    return under(left.astype(np.float64) @ right, x.get("mask_out"), block)


def gathered_product(step):
    """gather_mm by its definition, likewise."""
    chosen = []
    for name, side in zip("ab", ("lhs", "rhs")):
        x, places = wide(step.inputs[name], step.dtypes[name]), step.inputs.get(f"{side}_indices")
        stack = x.reshape((-1,) + x.shape[-2:])
        places = np.arange(len(stack)).reshape(x.shape[:-2]) if places is None else places.astype(np.int64)
        chosen.append(stack[places].astype(np.float64))
    return chosen[0] @ chosen[1]


def other_float(step):
    """The operands are multiplied in a float type that is not float32."""
    import upstream
    none = (upstream.mx.zeros((), step.args[name].dtype) for name in "ab")
    return str(sum(none, False).dtype).removeprefix("mlx.core.") in ("float16", "bfloat16", "float64")


def right_product(product):
    """Ours is the product, or the refusal of what does not fit."""
    def right(step, ours):
        try:
            true = product(step)
        except ValueError:
            return ours[0] == "ValueError"
        return answered(ours) and ours[0][1].shape == true.shape and bool((wide(*ours[0][::-1]) == true).all())
    return right


def by_the_other_triangle(step, ours, theirs, dtype):
    """Ours is what the wheel says when it is told the other triangle."""
    import upstream
    _, results, error = upstream.call(step.op, {**step.args, "UPLO": {"L": "U", "U": "L"}.get(step.args["UPLO"])})
    return False if error else ~tolerances.rule(step.op).bad(ours, results[0][1], dtype, step)


def crossed(step, ours, theirs, dtype):
    """Along another axis than the last, ours is what the definition says, a third coordinate that is missing being 0."""
    axis, ndim = step.args["axis"], step.inputs["a"].ndim
    if axis % ndim == ndim - 1:
        return False
    a, b = (accumulated.operand(step, name, dtype) if dtype in tolerances.EPSILON else x for name, x in step.inputs.items())
    a, b = (np.moveaxis(x, axis, 0) for x in (a, b))
    a, b = (np.concatenate([x, np.zeros_like(x[:3 - len(x)])]) if len(x) < 3 else x for x in (a, b))
    return ~tolerances.far(ours, np.moveaxis(np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]),
                                             0, axis).astype(ours.dtype), dtype, 1)


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
    Difference("conv-wider", CONVOLUTIONS, "the wheel has kernels of float64 for some convolutions only, which compute in "
               "float32, and refuses complex input; ours has all", steps=convolved_in_wider),
    Difference("conv3d-groups", CONVOLUTIONS, "the wheel refuses groups over three axes; ours has them", steps=convolved_in_groups),
    Difference("conv-complex-weight", CONVOLUTIONS, "of a complex weight the wheel drops the imaginary parts",
               elements=without_imaginary_weights),
    Difference("conv-beyond", CONVOLUTIONS, "of a dilated weight longer than its input over several axes the wheel writes "
               "beyond its result, and may die of it later", avoid=dilated_beyond_its_input),
    Difference("conv-too-long", CONVOLUTIONS, "the wheel divides a negative length by the stride towards zero, takes the "
               "result for one position, and reads beyond its input; ours refuses", avoid=longer_than_its_input),
    Difference("norm-of-negative-axes", "linalg_norm",
               "of axes counted from the end the wheel may reduce others than it was told; ours does not", steps=norm_of_counted_axes),
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
    Difference("qqmm-global-scales", "qqmm", "the wheel ignores global scales",
               elements=lambda step, ours, theirs, dtype: "global_scale_x" in step.inputs and
               tolerances.rule(step.op).right(ours, dtype, step)),
    Difference("quantized-float64", "quantize quantized_matmul gather_qmm",
               "the wheel's process dies of an error on its stream; ours packs float64 as float32, and multiplies in float64",
               avoid=lambda step: "float64" in step.dtypes.values()),
    Difference("gather-mm-of-other-dtypes", "gather_mm", "the wheel multiplies float32 only; ours multiplies all floats",
               avoid=other_float, right=right_product(gathered_product)),
    Difference("block-masks-of-other-dtypes", "block_masked_mm", "the wheel multiplies float32 only; ours multiplies all floats",
               avoid=lambda step: other_float(step) and any(name.startswith("mask") for name in step.inputs),
               right=right_product(masked_product)),
    Difference("zero-sign-of-products", "block_masked_mm gather_mm", "the sign of a sum of products that is 0 depends on their order",
               elements=lambda step, ours, theirs, dtype: (wide(ours, dtype) == wide(theirs, dtype)) & (dtype == "complex64")),
    Difference("other-triangle", "linalg_eigvalsh", "of a matrix that is not symmetric the wheel reads the upper "
               "triangle for L and the lower for U", elements=by_the_other_triangle),
    Difference("cross-of-views", "linalg_cross", "along another axis than the last the wheel takes other coordinates of a view",
               elements=crossed),
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
]
