"""Random programs over the op table. A parameter's value is made by its name and type (and, where that is not
enough, by its function); a function with a parameter nobody can make ends the run with its name, so that a new
row cannot be left out by accident."""
import numpy as np

from table import DTYPES, NUMPY, shape_of, shape_text

BAD = 0.03  # the share of axes and shapes that are out of bounds on purpose
LENGTHS = [1, 2, 3, 4, 5, 7, 8, 16, 17]
FLOATS = ("float16", "float32", "float64", "bfloat16")


class Skip(Exception):
    """This step cannot be made from these values; another is tried."""


class Value:
    def __init__(self, name, dtype, shape):
        self.name, self.dtype, self.shape = name, dtype, shape
        self.size = int(np.prod(shape, dtype=np.int64))


# ---- values ----

def bits_of_bfloat16(x):
    with np.errstate(all="ignore"):
        return (np.asarray(x, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def real_values(rng, count, mode):
    if mode == "small":
        return rng.integers(-4, 5, count).astype(np.float64)
    if mode == "unit":
        return rng.uniform(-1, 1, count)
    out = rng.normal(0, 3, count)
    if mode == "wild":
        special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 65504, 3.4e38, -3.4e38, 1e-45, 6e-8, 1e-38, 0.5,
                            2.5, -1.5, 1e5, -88.5, 88.9, 2147483648.0, 3e-39])
        out = np.where(rng.random(count) < 0.4, rng.choice(special, count), out)
    return out


def values(rng, dtype, count):
    """Raw values of a dtype: tame, small integers, between -1 and 1, or wild, a whole array in one manner."""
    mode = rng.choice(["tame", "small", "unit", "wild"], p=[0.4, 0.2, 0.15, 0.25])
    with np.errstate(all="ignore"):
        if dtype == "bool":
            return rng.integers(0, 2, count).astype(np.bool_)
        if dtype == "complex64":
            return (real_values(rng, count, mode) + 1j * real_values(rng, count, mode)).astype(np.complex64)
        if dtype == "bfloat16":
            return bits_of_bfloat16(real_values(rng, count, mode))
        if dtype in FLOATS:
            return real_values(rng, count, mode).astype(NUMPY[dtype])
    info = np.iinfo(NUMPY[dtype])
    if mode == "wild":
        out = rng.integers(info.min, info.max, count, dtype=NUMPY[dtype], endpoint=True)
        return np.where(rng.random(count) < 0.3, rng.choice([info.min, info.max, 0], count), out).astype(NUMPY[dtype])
    top = 4 if mode in ("small", "unit") else 20
    return rng.integers(0 if info.min == 0 else -top, top + 1, count).astype(NUMPY[dtype])


class Program:
    """One program under way. `ask(line)` sends a line to the runner and returns its answer."""

    def __init__(self, rng, ask):
        self.rng, self.ask = rng, ask
        self.lines, self.pool = [], []
        self.args = {}

    # ---- lines ----

    def line(self, text):
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        answer = self.ask(self.lines[-1])
        if answer[0] != "made":
            return []
        made = [part.split(":") for part in answer[1:]]
        out = [Value(f"{name}.{i}", dtype, shape_of(shape)) for i, (dtype, shape) in enumerate(made)]
        self.pool += [v for v in out if v.size <= 100000 and len(v.shape) <= 7]
        return out

    def leaf(self, dtype, shape, data=None):
        shape = tuple(int(n) for n in shape)
        if data is None:
            data = values(self.rng, dtype, int(np.prod(shape, dtype=np.int64)))
        data = np.ascontiguousarray(data).astype(NUMPY[dtype])
        made = self.line(f"leaf {dtype} {shape_text(shape)} {data.tobytes().hex() or '-'}")
        if not made:
            raise Skip
        return made[0]

    # ---- choices ----

    def chance(self, p):
        return self.rng.random() < p

    def between(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def pick(self, items):
        return items[self.between(0, len(items) - 1)]

    def shape(self, least=0, most=4):
        if least <= 1 <= most and self.chance(0.08):
            return (self.pick([33, 64, 100, 257, 1000, 4097] + [40000] * self.chance(0.1)),)
        shape = [self.pick(LENGTHS) for _ in range(self.between(least, most))]
        while np.prod(shape) > 3000:
            shape[int(np.argmax(shape))] = 2
        if shape and self.chance(0.06):
            shape[self.between(0, len(shape) - 1)] = 0
        return tuple(shape)

    def dtype(self):
        return self.pick(DTYPES)

    def array(self, dtype, least=0, most=4):
        """A value of the dtype and rank: one that an op made, or a new leaf."""
        fit = [v for v in self.pool if v.dtype == dtype and least <= len(v.shape) <= most]
        if fit and self.chance(0.7):
            return fit[-1] if self.chance(0.5) else self.pick(fit)
        return self.leaf(dtype, self.shape(least, most))

    def like(self, shape, dtype):
        """A value that broadcasts with a shape, mostly."""
        fit = [v for v in self.pool if v.dtype == dtype and v.shape == tuple(shape)]
        if fit and self.chance(0.5):
            return self.pick(fit)
        shape = list(shape)
        if self.chance(BAD):
            shape = shape + [6]
        elif self.chance(0.2):
            shape = shape[self.between(0, len(shape)):]
        elif self.chance(0.2):
            shape = [1 if self.chance(0.5) else n for n in shape]
        return self.leaf(dtype, shape)

    def axis(self, ndim):
        if ndim == 0 or self.chance(BAD):
            return self.pick([-ndim - 1, ndim, ndim + 3])
        return self.between(-ndim, ndim - 1)

    def axes(self, ndim):
        if self.chance(BAD):
            return [self.axis(ndim), ndim]
        chosen = self.rng.permutation(ndim)[: self.between(0, ndim)]
        return [int(a) - ndim * self.chance(0.4) for a in chosen]


# ---- parameters: (function.parameter) or parameter: type ----

def ints(items):
    return "(" + ",".join(str(int(i)) for i in items) + ")"


def arrays(items):
    return "{" + ",".join(v.name for v in items) + "}"


def factors(p, size):
    """A shape of that many elements."""
    if size == 0:
        return p.pick([[0], [0, 3], [2, 0]])
    out = []
    while size > 1 and len(out) < 4:
        divisors = [d for d in range(1, min(size, 64) + 1) if size % d == 0]
        out.append(p.pick(divisors))
        size //= out[-1]
    return out + [size] if size > 1 or p.chance(0.2) else out


def reshape_shape(p):
    shape = factors(p, p.args["a"].size)
    if p.chance(BAD):
        shape.append(7)
    elif shape and p.chance(0.3):
        shape[p.between(0, len(shape) - 1)] = -1
    return ints(shape)


def broadcast_shape(p):
    shape = [p.pick([2, 3, 5]) if n == 1 and p.chance(0.7) else n for n in p.args["a"].shape]
    if p.chance(BAD):
        shape.append(4)
    return ints(([p.pick([1, 2, 3])] if p.chance(0.4) else []) + shape)


def permutation(p):
    ndim = len(p.args["a"].shape)
    if p.chance(0.2):
        return "none"
    if p.chance(BAD):
        return ints(p.axes(ndim))
    return ints(a - ndim * p.chance(0.3) for a in p.rng.permutation(ndim))


def new_axes(p):
    count = p.between(1, 2)
    ndim = len(p.args["a"].shape) + count
    return ints(a - ndim * p.chance(0.3) for a in p.rng.permutation(ndim)[:count])


def split_parts(p):
    return str(p.pick([1, 1, 2, 3, 4]))


def split_axis(p):
    shape, parts = p.args["a"].shape, p.args.get("parts", 1)
    good = [i for i, n in enumerate(shape) if n % int(parts) == 0]
    return str(p.pick(good)) if good and p.chance(0.85) else str(p.axis(len(shape)))


def matmul_b(p):
    a = p.args["a"].shape
    if not a:
        return p.array(p.second_dtype()).name
    k = a[-1] + p.chance(BAD)
    if p.chance(0.2):
        return p.leaf(p.second_dtype(), (k,)).name
    batch = [1 if p.chance(0.3) else n for n in a[:-2]][p.between(0, 1) if len(a) > 2 else 0:]
    return p.leaf(p.second_dtype(), batch + [k, p.pick([1, 2, 5, 8, 33])]).name


def concatenated(p):
    first = p.first_array(1)
    p.args["axis"] = p.axis(len(first.shape))
    out = [first]
    for _ in range(p.between(0, 3)):
        shape = list(first.shape)
        if -len(shape) <= p.args["axis"] < len(shape):
            shape[p.args["axis"]] = p.pick([0, 1, 2, 5])
        out.append(p.leaf(p.second_dtype(), shape if not p.chance(BAD) else p.shape()))
    return arrays(out)


def alike(p):
    """Arrays that broadcast together."""
    first = p.first_array()
    return arrays([first] + [p.like(first.shape, p.second_dtype()) for _ in range(p.between(0, 2))])


def stacked(p):
    first = p.first_array()
    p.args["axis"] = p.axis(len(first.shape) + 1)
    return arrays([first] + [p.leaf(p.second_dtype(), first.shape) for _ in range(p.between(0, 2))])


def vectors(p):
    return arrays(p.leaf(p.second_dtype() if i else p.pair_dtype, p.shape(0, 1) if p.chance(0.9) else p.shape())
                  for i in range(p.between(1, 3)))


def ones_of(p):
    """Axes of length 1, mostly."""
    shape = p.args["a"].shape
    good = [i - len(shape) * p.chance(0.3) for i, n in enumerate(shape) if n == 1]
    return ints(good[: p.between(0, len(good))]) if p.chance(0.85) else ints(p.axes(len(shape)))


def unflattened(p):
    shape = p.args["a"].shape
    axis = int(p.args["axis"])
    if not -len(shape) <= axis < len(shape):
        return ints([2, -1])
    lengths = factors(p, shape[axis]) or [1]
    if p.chance(0.3):
        lengths[p.between(0, len(lengths) - 1)] = -1
    return ints(lengths + [5] * p.chance(BAD))


def strided(p):
    """A shape, strides and an offset that stay within the array."""
    size = p.args["a"].size
    if not size:
        p.args.update(strides=[1], offset=0)
        return ints([0])
    shape, strides, first, last = [], [], 0, 0
    for _ in range(p.between(0, 3)):
        n, step = p.pick([1, 2, 3, 4]), p.between(-4, 5)
        low, high = first + min(0, (n - 1) * step), last + max(0, (n - 1) * step)
        if high - low < size:
            shape.append(n)
            strides.append(step)
            first, last = low, high
    p.args.update(strides=strides, offset=-first + p.between(0, size - 1 - (last - first)))
    return ints(shape)


def rolled(p):
    ndim = len(p.args["a"].shape)
    if p.chance(0.3):
        p.args["none"] = True
        return ints([p.between(-5, 9)])
    p.args["axes"] = p.axes(ndim)
    return ints(p.between(-5, 9) for _ in p.args["axes"])


def steps(p):
    """start, stop and step of a range that is not too long."""
    step = p.pick([1, 1, 2, 0.5, -1, -0.25, 3]) if not p.chance(BAD) else 0
    start = p.pick([0, 0, 1, -3, 2.5, -0.1])
    p.args.update(stop=start + p.between(-2, 40) * step + p.pick([0, 0, 0.3]), step=step)
    return float(start).hex()


def told(name, form=str):
    """What an earlier parameter's maker chose for this one."""
    return lambda p: form(p.args[name])


def between(low, high):
    return lambda p: str(p.between(low, high))


def key(p):
    return p.leaf("uint32", (2,) if not p.chance(BAD) else p.pick([(3,), (2, 2)])).name


def bit_shape(p):
    """An even number of 32-bit words, which random_split can tell of."""
    return ints([8 * p.between(0, 3)] + [4] * p.between(0, 2))


def real_bound(value):
    """A scalar or a leading axis of 1s, of a floating dtype."""
    def make(p):
        dtype = p.pick(["float32", "float32", "float16", "bfloat16", "int32", "uint8"])
        number = p.pick([value, value, value + 1])
        bits = bits_of_bfloat16([number]) if dtype == "bfloat16" else np.array([number])
        return p.leaf(dtype, p.pick([(), (), (1,)]), bits).name
    return make


def optional(make, share=0.3):
    return lambda p: "none" if p.chance(share) else make(p)


def axis_of(name="a"):
    return lambda p: str(p.axis(len(p.args[name].shape)))


def axes_of(name="a"):
    return lambda p: ints(p.axes(len(p.args[name].shape)))


# ---- ranges, indices, pads ----

def sliced(p):
    """start, stop and strides for every axis of a; some beyond the ends, some backwards, some empty."""
    start, stop, strides = [], [], []
    for n in p.args["a"].shape:
        step = p.pick([1, 1, 1, 2, 3, -1, -1, -2])
        ends = [p.between(-n - 2, n + 2), p.between(-n - 2, n + 2)]
        if p.chance(0.6):
            ends = [0, n] if step > 0 else [n - 1, -n - 1]
        start.append(ends[0])
        stop.append(ends[1])
        strides.append(step)
    p.args.update(start=start, stop=stop, strides=strides)
    return ints(start)


def range_update(p):
    """A range of a, and an update that fills it, mostly."""
    sliced(p)
    a = p.args["a"].shape
    lengths = [len(range(*slice(b, e, s).indices(n)))
               for n, b, e, s in zip(a, p.args["start"], p.args["stop"], p.args["strides"])]
    return p.like(lengths, p.second_dtype()).name


def some_axes(p):
    ndim = len(p.args["a"].shape)
    chosen = [int(a) for a in p.rng.permutation(ndim)[: p.between(0, ndim)]]
    p.args["axes"] = chosen
    return ints(a - ndim * p.chance(0.3) for a in chosen)


def dynamic_start(p):
    """Axes, a part's size, and a start within the array."""
    shape = p.args["a"].shape
    p.args["axes"] = [int(a) for a in p.rng.permutation(len(shape))[: p.between(1, 2)]]
    p.args["slice_size"] = [p.between(0, n) for n in shape]
    start = [p.between(0, shape[a] - p.args["slice_size"][a]) for a in p.args["axes"]]
    return p.leaf(p.pick(["int32", "uint32", "int64", "uint8"]), (len(start),), start).name


def dynamic_update(p):
    shape = p.args["a"].shape
    return p.leaf(p.second_dtype(), [p.between(1, n) if n else 0 for n in shape]).name


def dynamic_update_start(p):
    shape, part = p.args["a"].shape, p.args["update"].shape
    p.args["axes"] = [int(a) for a in p.rng.permutation(len(shape))[: p.between(1, 2)]]
    start = [p.between(0, shape[a] - part[a]) for a in p.args["axes"]]
    return p.leaf(p.pick(["int32", "uint32", "int64"]), (len(start),), start).name


def pads(p):
    return ints(p.pick([0, 0, 1, 2, 3]) if not p.chance(BAD) else -1 for _ in p.args["axes"])


def index_values(p, shape, n, distinct=False):
    """Indices within an axis of length n, negative ones among them."""
    dtype = p.pick(["int32", "int32", "uint32", "int64", "uint8", "int8", "uint16", "int16", "uint64"])
    if n == 0 and np.prod(shape) > 0:
        raise Skip
    low = 0 if dtype.startswith("u") or p.chance(0.5) else -n
    data = p.rng.permutation(n)[: int(np.prod(shape))] if distinct else p.rng.integers(low, max(n, 1), int(np.prod(shape)))
    return p.leaf(dtype, shape, data)


def taken(p):
    a = p.args["a"]
    axis = p.args.get("axis")
    n = a.size if axis is None or not a.shape else a.shape[axis]
    return index_values(p, p.shape(0, 2) if a.size < 500 else (p.between(0, 3),), n).name


def choose_axis(make, share=0.25):
    """An optional axis chosen before the parameters in front of it."""
    def maker(p):
        ndim = len(p.args["a"].shape)
        p.args["axis"] = None if ndim == 0 or p.chance(share) else p.between(-ndim, ndim - 1)
        return make(p)
    return maker


def along(p):
    """Indices of a's shape but for the axis, or of length 1 where they are broadcast."""
    a, axis = p.args["a"], p.args["axis"]
    if axis is None:
        p.args["along"] = (p.between(0, 4),)
        return index_values(p, p.args["along"], a.size, distinct=a.size >= 4).name
    shape = list(a.shape)
    shape[axis] = 1
    p.args["along"] = tuple(shape)
    return index_values(p, shape, a.shape[axis]).name


def chosen_axis(p):
    return "none" if p.args["axis"] is None else str(p.args["axis"])


def leading_indices(p):
    """Index arrays for the first axes; the slices are one long there, and whole elsewhere."""
    a = p.args["a"].shape
    if not a:
        raise Skip
    count = p.between(1, min(2, len(a)))
    shape = p.shape(0, 2) if np.prod(a) < 300 else (2,)
    p.args.update(axes=list(range(count)), slice_sizes=[1] * count + list(a[count:]), index_shape=shape)
    return arrays([index_values(p, shape, a[i]) for i in range(count)])


def scattered(p):
    shape = tuple(p.args["index_shape"]) + tuple(p.args["slice_sizes"])
    return p.leaf(p.second_dtype(), shape).name


def mask_of(p):
    return p.leaf("bool", p.args["a"].shape[: p.between(1, len(p.args["a"].shape))] if p.args["a"].shape else ()).name


def limits(p):
    p.args["limit"] = p.chance(0.7)
    return p.like(p.args["a"].shape, p.second_dtype()).name if p.args["limit"] else "none"


def inner_b(p):
    shape = p.args["a"].shape
    return p.leaf(p.second_dtype(), [p.between(1, 3) for _ in range(p.between(0, 2))] + list(shape[-1:])).name


def contracted(p):
    """b for a product over a's last axes."""
    shape = p.args["a"].shape
    count = p.between(0, min(2, len(shape)))
    p.args.update(axis=count, axes_a=list(range(len(shape) - count, len(shape))), axes_b=list(range(count)))
    return p.leaf(p.second_dtype(), list(shape[len(shape) - count:]) + [p.between(1, 3)] * p.between(0, 2)).name


def small_array(p):
    return p.array(p.second_dtype(), 0, 2).name


def number(*choices):
    return lambda p: float(p.pick(choices)).hex()


MAKERS = {
    "slice.start": sliced, "slice_update.update": range_update,
    "start": told("start", ints), "stop": told("stop", ints), "strides?": told("strides", ints),
    "slice_dynamic.start": dynamic_start, "slice_update_dynamic.update": dynamic_update,
    "slice_update_dynamic.start": dynamic_update_start,
    "slice_dynamic.axes": told("axes", ints), "slice_update_dynamic.axes": told("axes", ints),
    "slice_size": told("slice_size", ints),
    "pad.axes": some_axes, "low_pad_size": pads, "high_pad_size": pads,
    "pad_value?": optional(lambda p: p.leaf(p.second_dtype(), ()).name), "mode": lambda p: p.pick(["constant", "edge"]),
    "gather.indices": leading_indices, "gather.axes": told("axes", ints), "slice_sizes": told("slice_sizes", ints),
    **{f"scatter{kind}.{parameter}": make for kind in ("", "_add", "_prod", "_max", "_min") for parameter, make in
       (("indices", leading_indices), ("updates", scattered), ("axes", told("axes", ints)))},
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
    "low": real_bound(0), "high": real_bound(4), "lower": real_bound(-1), "upper": real_bound(1),
    "loc": lambda p: float(p.between(-2, 2)).hex(), "scale": lambda p: float(p.between(0, 3)).hex(),
    "loc?": optional(real_bound(-1)), "scale?": optional(real_bound(2)),
    "random_bernoulli.p?": optional(real_bound(0.5)), "random_bernoulli.shape?": optional(lambda p: ints(p.shape())),
    "random_truncated_normal.shape?": optional(lambda p: ints(p.shape())),
    "random_categorical.shape?": lambda p: "none", "num_samples": between(0, 4),
    "logits": lambda p: p.first_array(1).name,
    "random_categorical.axis": axis_of("logits"), "random_categorical_num_samples.axis": axis_of("logits"),
    "n": between(0, 6), "m?": optional(between(0, 6)), "k": between(-3, 4),
    "full.value": lambda p: p.like(shape_of(p.args["shape"][1:-1] or "-"), p.dtype()).name,
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
            if word.startswith("v"):
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
            try:
                self.step(p, *pair)
            except Skip:
                continue
        return p.lines


class Building(Program):
    """A program with the step under way: its function, its arguments so far, the dtype it is for."""

    def __init__(self, rng, ask):
        super().__init__(rng, ask)
        self.every = []

    def line(self, text):
        made = super().line(text)
        self.every += made
        return made

    def second_dtype(self):
        return self.pair_dtype if self.chance(0.6) else self.dtype()

    def first_array(self, least=0):
        return self.array(self.pair_dtype, least)


def first_or_second(p):
    """The first array of a function has the pair's dtype; those after it broadcast with it."""
    before = [v for v in p.args.values() if isinstance(v, Value)]
    if not before:
        return p.first_array().name
    return p.like(before[0].shape, p.second_dtype()).name
