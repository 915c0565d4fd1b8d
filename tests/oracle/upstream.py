"""The wheel's half of the differential test: a child process that reads programs with our results, one JSON object a
line, runs each step on mlx.core, compares, and answers with one JSON object. It may die: its parent then says so.

A step gets the wheel's own value of an earlier step where that equals ours in every bit, so that its lazy views and
strides are exercised, and else ours, so that every step is judged by itself."""
import sys

import mlx.core as mx
import mlx.nn
import numpy as np

import factors
import tolerances
from child import questions
from differences import DIFFERENCES
from table import NUMPY, functions, numpy_of, shape_of, wide

DTYPE = {name: getattr(mx, "bool_" if name == "bool" else name) for name in NUMPY}
NAME = {str(value).removeprefix("mlx.core."): name for name, value in DTYPE.items()}

# ---- our functions whose counterpart has another name or form ----


def equal_nan(a, b):
    return mx.logical_or(mx.equal(a, b), mx.logical_and(mx.isnan(a), mx.isnan(b)))


def full(shape, value, dtype):
    """The wheel's Python ignores the dtype when the value is an array."""
    return mx.full(shape, value if dtype is None else value.astype(dtype))


def random_bits(shape, width, key):
    """Not in the wheel's Python, but its split answers bits: the same stream of 32-bit words."""
    if width not in (1, 2, 4):
        raise ValueError("[bits] Bit width must be in {1, 2, 4}")
    dtype = {1: mx.uint8, 2: mx.uint16, 4: mx.uint32}[width]
    words = (int(np.prod(shape)) * width + 3) // 4
    if words % 2:
        raise NotImplementedError("an odd number of words")
    return mx.random.split(key, words // 2).reshape(-1).view(dtype).reshape(shape)


def ranges(start, stop, strides):
    return tuple(slice(*part) for part in zip(start, stop, strides or [None] * len(start)))


def slice_update(a, update, start, stop, strides):
    if a.ndim == 0:  # where assigning to a[()] would replace the array
        return mx.broadcast_to(update, ()).astype(a.dtype)
    out = mx.array(a)
    out[ranges(start, stop, strides)] = update
    return out


def pad(a, axes, low, high, value, mode):
    widths = [(0, 0)] * a.ndim
    for axis, *width in zip(axes, low, high):
        widths[axis] = tuple(width)
    return mx.pad(a, widths, mode, 0 if value is None else value)


def in_front(a, axes):
    """a with these axes first, and the others behind them in their order."""
    return list(axes) + [i for i in range(a.ndim) if i not in axes]


def leading(indices, axes, slice_sizes):
    """An index of what is in front: arrays for the axes, and for the others what begins at 0."""
    return (*indices, *(slice(0, n) for i, n in enumerate(slice_sizes) if i not in axes))


def gather(a, indices, axes, slice_sizes):
    """By indexing, the slices being one long along the axes."""
    picked = a.transpose(in_front(a, axes))[leading(indices, axes, slice_sizes)]
    return picked.reshape(list(indices[0].shape) + slice_sizes)


def scatter(method):
    """By indexing, likewise."""
    def call(a, indices, updates, axes):
        order, sizes = in_front(a, axes), updates.shape[indices[0].ndim:]
        at = leading(indices, axes, sizes)
        updates = updates.reshape(list(indices[0].shape) + [n for i, n in enumerate(sizes) if i not in axes])
        out = mx.array(a.transpose(order))
        if method:
            out = getattr(out.at[at], method)(updates)
        else:
            out[at] = updates
        return out.transpose([order.index(i) for i in range(a.ndim)])
    return call


def scatter_add_axis(a, indices, values, axis):
    """By indexing, with the places of the other axes spelled out."""
    at = [mx.arange(n).reshape([-1 if i == j else 1 for j in range(a.ndim)]) for i, n in enumerate(indices.shape)]
    at[axis] = indices.astype(mx.int64)
    return a.at[tuple(at)].add(values)


def scan(f):
    """Of a copy, where the array was broadcast: the wheel's process dies of that (SIGFPE)."""
    def call(a, axis, reverse, inclusive):
        mx.eval(a)
        if 0 in memoryview(a).strides:
            a = to_mlx(*to_numpy(a)[::-1])
        return f(a, axis, reverse=reverse, inclusive=inclusive)
    return call


def masked_scatter(a, mask, value):
    out = mx.array(a)
    out[mask] = value
    return out


def one_or_all(axes):
    return axes[0] if axes and len(axes) == 1 else axes


def conv_general(input, weight, stride, low, high, kernel_dilation, input_dilation, groups, flip):
    return mx.conv_general(input, weight, stride or 1, (low or [0], high or [0]), kernel_dilation or 1, input_dilation or 1, groups, flip)


def spread(x):
    """A list as the wheel's convolutions take it: as a tuple, or a number where one serves for all axes."""
    return x if not isinstance(x, list) else tuple(x) if len(x) != 1 else x[0]


def convolution(f, *defaults):
    """A convolution whose lists, in order, have these defaults."""
    def call(input, weight, *rest):
        lists = [default if x is None else spread(x) for x, default in zip(rest, defaults)]
        return f(input, weight, *lists, *rest[len(defaults):])
    return call


def einsum_path(subscripts, operands):
    """Each step as its length and its places."""
    path, _ = mx.einsum_path(subscripts, *operands)
    return tuple(n for step in path for n in (len(step), *step))


def einsum_cost(subscripts, operands):
    """The numbers of the description, but for those in the subscripts."""
    _, text = mx.einsum_path(subscripts, *operands)
    return tuple(int(line.rpartition(":")[2]) for line in text.splitlines()[1:] if line)


def upsample(x, axis, scale, mode, align_corners):
    """The wheel's module, of an array whose only axis between batch and channels is the one."""
    moved = mx.moveaxis(x, axis, 0)
    y = mlx.nn.Upsample(scale, mode, align_corners)(moved.reshape(1, moved.shape[0], -1))
    return mx.moveaxis(y.reshape([y.shape[1], *moved.shape[1:]]), 0, axis)


def rope(x, dims, traditional, base, scale, offset, freqs):
    return mx.fast.rope(x, dims, traditional=traditional, base=base, scale=scale, offset=offset, freqs=freqs)


def attention(q, k, v, scale, mode, mask, sinks):
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask if mode == "array" else mode, sinks=sinks)


CALLS = {
    "upsample": upsample,
    "conv_general": conv_general,
    "conv2d": convolution(mx.conv2d, 1, 0, 1), "conv3d": convolution(mx.conv3d, 1, 0, 1),
    "conv_transpose2d": convolution(mx.conv_transpose2d, 1, 0, 1, 0),
    "conv_transpose3d": convolution(mx.conv_transpose3d, 1, 0, 1, 0),
    "einsum_path": einsum_path, "einsum_cost": einsum_cost,
    "slice": lambda a, start, stop, strides: a[ranges(start, stop, strides)],
    "slice_update": slice_update,
    "slice_dynamic": mx.slice,
    "slice_update_dynamic": mx.slice_update,
    "pad": pad,
    "gather": gather,
    "scatter": scatter(None), "scatter_add": scatter("add"), "scatter_prod": scatter("multiply"),
    "scatter_max": scatter("maximum"), "scatter_min": scatter("minimum"),
    "take_index": lambda a, index, axis: mx.take(a, index, axis),
    "masked_scatter": masked_scatter, "scatter_add_axis": scatter_add_axis,
    "trace": lambda a, offset, axis1, axis2, dtype: mx.trace(a, offset, axis1, axis2, dtype),
    "tensordot_axes": lambda a, b, axes_a, axes_b: mx.tensordot(a, b, [axes_a, axes_b]),
    "softmax": lambda a, axes, precise: mx.softmax(a, axes, precise=precise),
    "array_equal": lambda a, b, equal_nan: mx.array_equal(a, b, equal_nan=equal_nan),
    "isclose": lambda a, b, rtol, atol, equal_nan: mx.isclose(a, b, rtol, atol, equal_nan=equal_nan),
    "allclose": lambda a, b, rtol, atol, equal_nan: mx.allclose(a, b, rtol, atol, equal_nan=equal_nan),
    **{name: scan(getattr(mx, name)) for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp")},
    "random_bits": random_bits,
    "random_permutation": lambda x, axis, key: mx.random.permutation(x, axis, key),
    "random_permutation_arange": lambda x, key: mx.random.permutation(x, key=key),
    "random_split": lambda key: list(mx.random.split(key)),
    "random_split_num": lambda key, num: mx.random.split(key, num),
    "random_uniform": lambda low, high, shape, dtype, key: mx.random.uniform(low, high, shape, dtype, key),
    "random_categorical": lambda logits, axis, shape, key: mx.random.categorical(logits, axis, shape, None, key),
    "random_categorical_num_samples": lambda logits, axis, num_samples, key:
    mx.random.categorical(logits, axis, None, num_samples, key),
    "random_bernoulli": lambda p, shape, key: mx.random.bernoulli(0.5 if p is None else p, shape, key),
    "full": full,
    "full_like": lambda a, value, dtype: mx.broadcast_arrays(a, value)[1].astype(dtype or a.dtype),  # as in C++
    "copy": lambda a: mx.array(a),
    "broadcast_arrays": lambda arrays: mx.broadcast_arrays(*arrays),
    "meshgrid": lambda arrays, sparse, indexing: mx.meshgrid(*arrays, sparse=sparse, indexing=indexing),
    "roll": lambda a, shift, axes: mx.roll(a, tuple(shift), None if axes is None else tuple(axes)),
    "arange": lambda start, stop, step, dtype: mx.arange(start, stop, step, dtype=dtype),
    "astype": lambda a, dtype: a.astype(dtype),
    "rint": mx.round,
    "split_at": lambda a, indices, axis: mx.split(a, indices, axis),
    "equal_nan": equal_nan,
    "quantize": lambda w, group, bits, mode, scale: mx.quantize(w, group, bits, mode, global_scale=scale),
    "gather_qmm": lambda *args: mx.gather_qmm(*args[:-1], sorted_indices=args[-1]),
    "einsum": lambda subscripts, operands: mx.einsum(subscripts, *operands),
    "fast_rms_norm": mx.fast.rms_norm, "fast_layer_norm": mx.fast.layer_norm, "fast_rope": rope, "fast_rope_dynamic": rope,
    "fast_scaled_dot_product_attention": attention,
    "linalg_solve_triangular": lambda a, b, upper: mx.linalg.solve_triangular(a, b, upper=upper),
    **{f"fft_{kind}fft2": lambda a, s, axes, f=getattr(mx.fft, kind + "fftn"): f(a, s, [-2, -1] if axes is None else axes)
       for kind in ("", "i", "r", "ir")},
    "gather_mm": lambda a, b, lhs, rhs, known: mx.gather_mm(a, b, lhs, rhs, sorted_indices=known),
    "hadamard_transform": lambda a, scale: mx.hadamard_transform(a, None if np.isnan(scale) else scale),
    "linalg_norm": lambda a, order, axes, keep: mx.linalg.norm(a, order, one_or_all(axes), keep),
    "linalg_norm_matrix": lambda a, order, axes, keep: mx.linalg.norm(a, order, one_or_all(axes), keep),
    "linalg_norm_l2": lambda a, axes, keep: mx.linalg.norm(a, None, one_or_all(axes), keep),
    **{f"linalg_{name}": lambda *args, f=getattr(mx.linalg, name): f(*args, stream=mx.cpu) for name in
       "cholesky eigvalsh inv tri_inv cholesky_inv pinv solve qr lu lu_factor eigh eig eigvals".split()},
    "linalg_svd": lambda a, both: mx.linalg.svd(a, both, stream=mx.cpu),
}


def counterpart(name):
    """The wheel's function for ours, or None."""
    if name in CALLS:
        return CALLS[name]
    if name.startswith("linalg_"):
        return getattr(mx.linalg, name.removeprefix("linalg_"), None)
    if name.startswith("fft_"):
        return getattr(mx.fft, name.removeprefix("fft_"))
    if name.startswith("random_"):
        return getattr(mx.random, name.removeprefix("random_"), None)
    return getattr(mx, name, None)


# ---- values there and back ----

def to_mlx(values, dtype):
    if values.size == 0:
        return mx.zeros(values.shape, DTYPE[dtype])
    if dtype == "bfloat16":
        return mx.array(values.reshape(-1)).view(mx.bfloat16).reshape(values.shape)
    if dtype == "float64":
        return mx.array(values.reshape(-1).view(np.uint64)).view(mx.float64).reshape(values.shape)
    return mx.array(values)


def to_numpy(a):
    dtype = NAME[str(a.dtype).removeprefix("mlx.core.")]
    if a.size == 0:
        return dtype, np.zeros(a.shape, NUMPY[dtype])
    if dtype == "bfloat16":
        return dtype, (np.array(a.astype(mx.float32)).view(np.uint32) >> 16).astype(np.uint16)
    return dtype, np.array(a)


def same_bits(ours, theirs):
    return ours[0] == theirs[0] and ours[1].shape == theirs[1].shape and ours[1].tobytes() == theirs[1].tobytes()


# ---- one step ----

class Step:
    """One op of a program: its arguments (`args`), and its array arguments as NumPy arrays (`inputs`, `dtypes`); of lists of
    arrays, pairs of both (`lists`), and the dtype of the first."""

    def __init__(self, line, table, ours, theirs):
        words = line.split()
        self.value, self.op = words[0], words[2]
        self.args, self.inputs, self.dtypes, self.lists = {}, {}, {}, {}
        self.line = line
        for (name, kind), word in zip(table[self.op].parameters, words[3:], strict=True):
            self.args[name] = self.read(kind.rstrip("?"), word, theirs)
            if kind.startswith("array") and word.startswith("v"):
                self.dtypes[name], self.inputs[name] = ours[first_part(word)]
            if kind == "arrays":
                self.lists[name] = [ours[first_part(v)] for v in word[1:-1].split(",") if v]
                self.dtypes[name] = self.lists[name][0][0] if self.lists[name] else None
        subject = table[self.op].subject()
        words = dict(zip((name for name, _ in table[self.op].parameters), words[3:]))
        self.dtype = self.dtypes.get(subject) or words.get(subject, "none")

    @staticmethod
    def read(kind, word, theirs):
        if word == "none":
            return None
        if kind == "array":
            return theirs[first_part(word)]
        if kind == "arrays":
            return [theirs[first_part(v)] for v in word[1:-1].split(",") if v]
        if kind == "ints":
            return [int(i) for i in word[1:-1].split(",") if i]
        return {"int": int, "float": float.fromhex, "bool": lambda w: w == "true", "str": str,
                "dtype": DTYPE.get}[kind](word)

    def elements(self, shape):
        """The array arguments broadcast to the result's shape, wide enough to compute with; None if they do not fit."""
        try:
            return {n: np.broadcast_to(wide(x, self.dtypes[n]), shape) for n, x in self.inputs.items()}
        except ValueError:
            return None


def first_part(name):
    return name if "." in name else name + ".0"


def without_values(step):
    """The step's line and what its arrays are, for messages."""
    return step.line + "   of " + ", ".join(f"{n}: {step.dtypes[n]}{list(x.shape)}" for n, x in step.inputs.items())


class Tainted(Exception):
    """An evaluation raised: the wheel has let go of memory that its other threads still use."""


def call(op, args):
    """What the wheel answers: the arrays and a list of (dtype, values), or an exception's class name and text."""
    built = False
    try:
        out = counterpart(op)(*args.values())
        built = True
        if isinstance(out, (bool, int)) or isinstance(out, tuple) and all(isinstance(i, int) for i in out):
            out = np.array(out, np.bool_ if isinstance(out, bool) else np.int64)
            return [mx.array(out)], [(str(out.dtype), out)], None
        out = list(out) if isinstance(out, (list, tuple)) else [out]
        mx.eval(out)
        return out, [to_numpy(a) for a in out], None
    except Exception as e:  # whatever it raises is an outcome
        error = type(e).__name__, str(e).split("\n")[0]
        if built:
            raise Tainted(*error) from e
        return None, None, error


def known(step, ours, theirs):
    """The name of the difference that explains a whole step, or None."""
    for d in DIFFERENCES:
        if d.steps and d.covers(step.op) and d.steps(step, ours, theirs):
            return d.name
    return None


def avoided(step):
    """The difference for which the wheel must not be asked, or None."""
    for d in DIFFERENCES:
        if d.avoid and d.covers(step.op) and d.avoid(step):
            return d
    return None


def judge_value(step, part, ours, theirs):
    """None when equal, else ("difference", name) or ("fail", text)."""
    (dtype, mine), (_, other) = ours, theirs
    bad = tolerances.rule(step.op).bad(mine, other, dtype, step)
    if not bad.any():
        return None
    names = []
    for d in DIFFERENCES:
        if d.elements and d.covers(step.op) and bad.any():
            explained = bad & np.asarray(d.elements(step, mine, other, dtype))
            if explained.any():
                names.append(d.name)
                bad = bad & ~explained
    if not bad.any():
        return "difference", names[0]
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    inputs = step.elements(mine.shape)
    given = {n: repr(x[at]) for n, x in inputs.items()} if inputs else "(not element by element)"
    a, b = wide(mine, dtype)[at], wide(other, dtype)[at]
    ulps = ""
    if dtype in tolerances.EPSILON:
        ulps = f", {tolerances.distance(mine, other, dtype)[bad].max():g} ulp at most"
    return "fail", f"part {part} at {list(at)}: ours {a!r}, the wheel's {b!r} of {given}; {int(bad.sum())} of " \
                   f"{mine.size} elements{ulps}"


def judge(step, ours, our_error, theirs, their_error):
    """(outcome, text): equal, refused (both, with one class), difference (its name) or fail (what differs)."""
    whole = known(step, our_error or ours, their_error or theirs)
    if whole:
        return "difference", whole
    if our_error and their_error:
        if our_error[0] == their_error[0]:
            return "refused", our_error[0]
        return "fail", f"ours raises {' '.join(our_error)}; the wheel {': '.join(their_error)}"
    if our_error:
        return "fail", f"ours raises {' '.join(our_error)}; the wheel does not"
    if their_error:
        return "fail", f"the wheel raises {': '.join(their_error)}; ours does not"
    kinds = [[f"{d}{list(x.shape)}" for d, x in results] for results in (ours, theirs)]
    if kinds[0] != kinds[1]:
        return "fail", f"ours is {', '.join(kinds[0])}, the wheel's {', '.join(kinds[1])}"
    if step.op in factors.FREE:
        text = factors.wrong(step, ours)
        return ("fail", text) if text else ("equal", "")
    found = [judge_value(step, i, a, b) for i, (a, b) in enumerate(zip(ours, theirs))]
    found = [f for f in found if f]
    return next((f for f in found if f[0] == "fail"), found[0] if found else ("equal", ""))


def run_program(program, table, say):
    """The outcomes of a program's steps; says before each which it is, in case the process dies of it, and what an evaluation
    raised, in which case another process goes through the program again, and is told."""
    ours = {name: (dtype, numpy_of(dtype, shape_of(shape), hexes))
            for name, (dtype, shape, hexes) in program["values"].items()}
    errors, raised, theirs, steps = program["errors"], program["raised"], {}, []
    for line in program["lines"]:
        words = line.split()
        value = words[0]
        if words[2] == "leaf":
            ours[value + ".0"] = words[3], numpy_of(words[3], shape_of(words[4]), words[5])
            theirs[value + ".0"] = to_mlx(ours[value + ".0"][1], words[3])
            continue
        step = Step(line, table, ours, theirs)
        mine = []
        while f"{value}.{len(mine)}" in ours:
            mine.append(ours[f"{value}.{len(mine)}"])
        arrays, results, avoid = None, None, avoided(step)
        if avoid:
            good = not avoid.right or avoid.right(step, errors.get(value) or mine)
            outcome, text = ("difference", avoid.name) if good else ("fail", "ours is not right, where the wheel is not asked")
        else:
            say({"at": [step.op, step.dtype, without_values(step)]})
            try:
                arrays, results, error = (None, None, raised[value]) if value in raised else call(step.op, step.args)
            except Tainted as e:
                return {"raised": {**raised, value: e.args}}
            outcome, text = judge(step, mine, errors.get(value), results, error)
        steps.append([step.op, step.dtype, outcome, text + (f"   ({without_values(step)})" if outcome == "fail" else "")])
        if value == program["stopped"]:
            break
        for i, result in enumerate(mine):
            keep = results and i < len(results) and same_bits(result, results[i])
            theirs[f"{value}.{i}"] = arrays[i] if keep else to_mlx(result[1], result[0])
    return {"steps": steps}


def main():
    mx.set_default_device(mx.cpu)
    table = functions(sys.argv[1])
    missing = [name for name in sys.argv[2].split(",") if name and not counterpart(name)]
    for question, answer in questions():
        if "hello" in question:
            answer({"version": mx.__version__, "missing": missing})
        else:
            answer(run_program(question, table, answer))


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
