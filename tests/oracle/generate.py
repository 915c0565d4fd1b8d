"""Random programs over the op table. A parameter's value is made by its name and type (and, where that is not
enough, by its function); a function with a parameter nobody can make ends the run with its name, so that a new
row cannot be left out by accident."""
import numpy as np

import make_conv
import make_fast
from make_indices import (
    along, choose_axis, chosen_axis, count_of, dynamic_start, dynamic_update, dynamic_update_start, limits, mask_of, pads,
    place, range_update, scattered, sliced, some_axes, some_indices, taken)
from make_matrices import (
    addend, any_matrices, blocks, contracted, covariances, factor, hadamard_row, hermitian, inner_b, matmul_b, matrices,
    matrix_axes, means, norm_axes, operands, other_triples, right_sides, segmented, signal, small_array, sound_matrices, square_matrices,
    stack_of_matrices, subscripts, triples)
from make_shapes import (
    alike, axes_of, axis_of, between, bit_shape, broadcast_shape, concatenated, diagonal_or_matrix, ints, key, named, new_axes, number,
    ones_of, optional, permutation, real_bound, reshape_shape, rolled, samples_shape, split_axis, split_parts, stacked,
    steps, strided, told, unflattened, vectors)
from program import Building, Skip, Value
from table import DTYPES, shape_of

from make_quantized import factor as quantized_factor, gathered, global_scale, packed, parts, raw, row


def first_or_second(p):
    """The first array of a function has the pair's dtype; those after it broadcast with it."""
    before = [v for v in p.args.values() if isinstance(v, Value)]
    if not before:
        return p.first_array().name
    return p.like(before[0].shape, p.second_dtype()).name


MAKERS = {
    **make_conv.MAKERS,
    "slice.start": sliced, "slice_update.update": range_update,
    "start": told("start", ints), "stop": told("stop", ints), "strides?": told("strides", ints),
    "slice_dynamic.start": dynamic_start, "slice_update_dynamic.update": dynamic_update,
    "slice_update_dynamic.start": dynamic_update_start,
    "slice_dynamic.axes": told("axes", ints), "slice_update_dynamic.axes": told("axes", ints),
    "slice_size": told("slice_size", ints),
    "pad.axes": some_axes, "low_pad_size": pads, "high_pad_size": pads,
    "pad_value?": optional(lambda p: p.leaf(p.second_dtype(), ()).name), "mode": lambda p: p.pick(["constant", "edge"]),
    "gather.indices": some_indices, "gather.axes": told("axes", ints), "slice_sizes": told("slice_sizes", ints),
    **{f"scatter{kind}.{parameter}": make for kind in ("", "_add", "_prod", "_max", "_min") for parameter, make in
       (("indices", some_indices), ("updates", scattered), ("axes", told("axes", ints)))},
    "take.indices": choose_axis(taken), "take.axis?": chosen_axis,
    "take_index.index": choose_axis(lambda p: str(p.between(-1, 0))), "take_index.axis?": chosen_axis,
    "take_along_axis.indices": choose_axis(along), "take_along_axis.axis?": chosen_axis,
    "put_along_axis.indices": choose_axis(along), "put_along_axis.axis?": chosen_axis,
    "scatter_add_axis.indices": choose_axis(along, 0), "scatter_add_axis.axis": chosen_axis,
    "values": lambda p: p.leaf(p.second_dtype(), p.args["along"]).name,
    "mask": mask_of, "masked_scatter.value": lambda p: p.leaf(p.second_dtype(), (p.args["a"].size,)).name,
    "offset": between(-2, 3), "trace.dtype?": optional(lambda p: p.dtype(), 0.7),
    "a_min?": limits, "a_max?": lambda p: p.like(p.args["a"].shape, p.second_dtype()).name
    if not p.args["limit"] or p.chance(0.6) else "none",
    "decimals": between(-2, 3), "ddof": between(0, 2), "equal_nan": lambda p: p.pick(["true", "false"]),
    "precise": lambda p: p.pick(["true", "false"]), "reverse": lambda p: p.pick(["true", "false"]),
    "inclusive": lambda p: p.pick(["true", "false"]),
    "rtol": number(1e-5, 0.1, 0), "atol": number(1e-8, 0.5, 0), "nan": number(0, 2.5),
    "posinf?": optional(lambda p: p.leaf("float32", ()).name), "neginf?": optional(lambda p: p.leaf("float32", ()).name),
    "inner.b": inner_b, "outer.b": small_array, "kron.b": small_array,
    "tensordot.b": contracted, "tensordot.axis": told("axis"),
    "tensordot_axes.b": contracted, "axes_a": told("axes_a", ints), "axes_b": told("axes_b", ints),
    "random_permutation_arange.x": between(0, 20), "random_permutation.axis": axis_of("x"),
    "subscripts": subscripts, "operands": operands,
    "addmm.c": addend, "addmm.a": factor(True), "addmm.b": factor(False),
    "alpha": number(1, 2, 0.5), "beta": number(1, 2, 0.5),
    "gather_mm.a": stack_of_matrices, "gather_mm.b": told("rhs"), "sorted_indices": lambda p: "true" if p.args["sorted"] else "false",
    "gather_mm.lhs_indices?": told("lhs_indices"), "gather_mm.rhs_indices?": told("rhs_indices"),
    "block_masked_mm.a": blocks, "block_masked_mm.b": named("rhs"), "block_size": told("block_size"),
    **{f"mask_{part}?": named(f"mask_{part}") for part in ("out", "lhs", "rhs")},
    "segmented_mm.a": segmented, "segmented_mm.b": told("rhs"), "segments": told("segments"),
    "hadamard_transform.a": hadamard_row, "hadamard_transform.scale": told("scale"),
    "from_fp8.x": lambda p: p.leaf("uint8", p.shape()).name,
    "M": between(-1, 12), "diag.a": diagonal_or_matrix,
    "quantize.w": raw, "dequantize.w": packed, "quantized_matmul.x": quantized_factor, "gather_qmm.x": gathered, "qqmm.x": row,
    **{f"{name}.{part}": parts(part.rstrip("?")) for name in "quantize dequantize quantized_matmul gather_qmm qqmm".split() for part in
       ("w", "scales", "scales?", "biases?", "transpose", "group_size?", "bits?", "mode", "lhs_indices?", "rhs_indices?") if
       (name, part) not in (("quantize", "w"), ("dequantize", "w"))},
    "global_scale?": global_scale, "global_scale_x?": named("global_scale_x"), "global_scale_w?": named("global_scale_w"),
    "dequantize.dtype?": optional(lambda p: p.pick(["float32", "float16", "bfloat16", "float32", "float64", "int32"]), 0.5),
    "kth": place, "topk.k": count_of,
    **{f"{name}.axis?": chosen_axis for name in "partition argpartition topk".split()},
    **{f"linalg_{name}.a": matrices for name in "cholesky inv tri_inv cholesky_inv solve_triangular solve".split()},
    **{f"linalg_{name}.a": any_matrices for name in "qr lu lu_factor svd".split()}, "compute_uv": lambda p: p.pick(["true", "false"]),
    **{f"linalg_{name}.a": hermitian for name in "eigh eigvalsh".split()},
    **{f"linalg_{name}.a": square_matrices for name in "eig eigvals".split()},
    "linalg_pinv.a": sound_matrices, "upper": lambda p: p.pick(["true", "false"]), "UPLO": lambda p: p.pick("LU"),
    "linalg_solve.b": right_sides, "linalg_solve_triangular.b": right_sides,
    "linalg_norm.a": any_matrices, "linalg_norm_matrix.a": any_matrices,
    "linalg_norm.ord": number(0, 1, 2, -1, 3, -2, np.inf, -np.inf), "linalg_norm_matrix.ord": lambda p: p.pick(["f", "fro", "nuc"]),
    "linalg_norm.axis?": norm_axes(2), "linalg_norm_l2.axis?": norm_axes(2), "linalg_norm_matrix.axis?": matrix_axes,
    "linalg_cross.a": triples, "linalg_cross.b": other_triples, "linalg_cross.axis": told("axis"),
    **{f"fft_{kind}fft{over}.a": signal for kind in ("", "i", "r", "ir") for over in ("", "2", "n")},
    "n?": optional(between(-1, 40), 0.5), "s?": told("s"), "fft_fftshift.a": signal, "fft_ifftshift.a": signal,
    **{f"fft_{kind}fft{over}.axes?": told("axes") for kind in ("", "i", "r", "ir") for over in ("2", "n")},
    "keepdims": lambda p: p.pick(["true", "false"]),
    "axis": axis_of(), "source": axis_of(), "destination": axis_of(),
    "axes": axes_of(),
    "axes?": optional(axes_of()), "axis?": optional(axis_of()),
    "shape": lambda p: ints(p.shape()),
    "dtype": lambda p: p.pair_dtype, "dtype?": optional(lambda p: p.pair_dtype, 0.1),
    "reshape.shape": reshape_shape,
    "broadcast_to.shape": broadcast_shape,
    "transpose.axes?": permutation,
    "expand_dims.axes": new_axes,
    "split.parts": split_parts, "split.axis": split_axis, "split_at.axis": split_axis,
    "split_at.indices": lambda p: ints(p.between(-2, 6) for _ in range(p.between(1, 3))),
    "matmul.b": matmul_b,
    "concatenate.arrays": concatenated, "concatenate.axis": lambda p: str(p.args["axis"]),
    "astype.dtype": lambda p: p.dtype(), "view.dtype": lambda p: p.dtype(),
    "squeeze.axes?": optional(ones_of),
    "start_axis": axis_of(), "end_axis": axis_of(), "axis1": axis_of(), "axis2": axis_of(),
    "unflatten.shape": unflattened,
    "broadcast_shapes.a": lambda p: ints(p.shape()), "broadcast_shapes.b": lambda p: ints(p.shape()),
    "broadcast_arrays.arrays": alike, "meshgrid.arrays": vectors,
    "depends.inputs": alike, "depends.dependencies": alike,
    "stack.arrays": stacked, "stack.axis": told("axis"),
    "sparse": lambda p: p.pick(["true", "false"]), "allow_col_major": lambda p: p.pick(["true", "false"]),
    "indexing": lambda p: p.pick(["xy", "ij", "xy", "ij", "yx"] if p.chance(0.2) else ["xy", "ij"]),
    "repeats": between(0, 3), "repeat.axis?": optional(axis_of("array")),
    "reps": lambda p: ints(p.between(0, 3) for _ in range(p.between(0, 3))),
    "roll.axes?": lambda p: "none" if "none" in p.args else ints(p.args["axes"]),
    "roll.shift": lambda p: rolled(p),
    "full_like.value": lambda p: p.like(p.args["a"].shape, p.dtype()).name,
    "as_strided.shape?": strided, "as_strided.strides?": told("strides", ints), "as_strided.offset": told("offset"),
    "arange.start": steps, "arange.stop": told("stop", lambda x: float(x).hex()),
    "arange.step": told("step", lambda x: float(x).hex()),
    "linspace.start": lambda p: float(p.between(-5, 5)).hex(), "linspace.stop": lambda p: float(p.between(-5, 9)).hex(),
    "num": between(0, 40),
    "key": key, "key?": key, "seed": lambda p: str(int(p.rng.integers(0, 2**63))),
    "random_split_num.num": between(0, 5), "random_bits.shape": bit_shape, "width": lambda p: p.pick("444444" + "12357"),
    **{f"random_{f}.dtype?": lambda p: p.pair_dtype for f in "uniform normal truncated_normal gumbel laplace".split()},
    "low": real_bound(0), "high": real_bound(4), "random_truncated_normal.lower": real_bound(-1),
    "random_truncated_normal.upper": real_bound(1),
    "loc": lambda p: float(p.between(-2, 2)).hex(), "scale": lambda p: float(p.between(0, 3)).hex(),
    "loc?": optional(real_bound(-1)), "scale?": optional(real_bound(2)),
    "random_bernoulli.p?": optional(real_bound(0.5)), "random_bernoulli.shape?": optional(lambda p: ints(p.shape())),
    "random_truncated_normal.shape?": optional(lambda p: ints(p.shape())),
    "random_multivariate_normal.mean": means, "random_multivariate_normal.cov": covariances,
    "random_multivariate_normal.shape": lambda p: ints([p.between(0, 4)] * p.chance(0.3) + list(p.args["mean"].shape[:-1])),
    "random_multivariate_normal.dtype?": optional(lambda p: p.pair_dtype, 0.7),
    "random_categorical.shape?": optional(samples_shape), "num_samples": between(0, 4),
    "logits": lambda p: p.first_array(1).name,
    "random_categorical.axis": axis_of("logits"), "random_categorical_num_samples.axis": axis_of("logits"),
    "n": between(0, 6), "m?": optional(between(0, 6)), "k": between(-3, 4),
    "full.value": lambda p: p.like(shape_of(p.args["shape"][1:-1] or "-"), p.pair_dtype).name, "full.dtype?": optional(lambda p: p.dtype(), 0.1),
    **make_fast.MAKERS,
    "where.condition": lambda p: p.like(p.array(p.pair_dtype).shape, p.pick(["bool", "bool", "int32", "float32"])).name,
    "where.x": lambda p: p.like(p.args["condition"].shape, p.pair_dtype).name,
    "where.y": lambda p: p.like(p.args["condition"].shape, p.second_dtype()).name,
}


class Generator:
    def __init__(self, table, seed):
        self.rng = np.random.default_rng(seed)
        self.table = table
        self.queue = []
        for f in self.table.values():
            for name, kind in f.parameters:
                self.maker(f, name, kind)

    def maker(self, f, name, kind):
        optional_kind = name + ("?" if kind.endswith("?") else "")
        for key in (f"{f.name}.{optional_kind}", f"{f.name}.{name}", optional_kind):
            if key in MAKERS:
                return MAKERS[key]
        if kind == "array":
            return first_or_second
        raise SystemExit(f"differential: nobody can make parameter '{name}: {kind}' of {f.name}: teach "
                         f"tests/oracle/generate.py, or list the function in tests/oracle/differences.py")

    def next_pair(self):
        """Each op in turn, each turn with its next dtype: every op comes before any comes twice."""
        if not self.queue:
            start = {name: int(self.rng.integers(len(DTYPES))) for name in self.table}
            for turn in range(len(DTYPES)):
                names = self.rng.permutation(list(self.table))
                self.queue += [(str(n), DTYPES[(start[n] + turn) % len(DTYPES)]) for n in names]
        return self.queue.pop(0)

    def step(self, p, name, dtype):
        f = self.table[name]
        p.function, p.pair_dtype, p.args = f, dtype, {}
        words = []
        for parameter, kind in f.parameters:
            word = self.maker(f, parameter, kind)(p)
            words.append(word)
            if kind.startswith("array") and word.startswith("v"):
                p.args[parameter] = next(v for v in reversed(p.every) if v.name == word)
            elif parameter not in p.args:
                p.args[parameter] = word
        p.line(" ".join([name] + words))

    def program(self, ask):
        """The lines of a program, and the (function, dtype) pairs it was made for."""
        p = Building(self.rng, ask)
        pairs, steps = [], p.between(1, 8)
        while len(pairs) < steps and len(p.lines) < 50:
            pair = self.next_pair()
            pairs.append(pair)
            for _ in range(4):
                try:
                    self.step(p, *pair)
                    break
                except Skip:
                    continue
        return p.lines
