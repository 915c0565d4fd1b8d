"""Makers of parameters: ranges, indices, masks, pads and limits."""
import numpy as np

from make_shapes import arrays, ints
from program import BAD, Skip


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
    p.args.update(start=start, stop=stop, strides=strides if set(strides) != {1} or p.chance(0.5) else None)
    return ints(start)


def range_update(p):
    """A range of a, and an update that fills it, mostly."""
    sliced(p)
    a = p.args["a"].shape
    lengths = [len(range(*slice(b, e, s).indices(n)))
               for n, b, e, s in zip(a, p.args["start"], p.args["stop"], p.args["strides"] or [1] * len(a))]
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
        if not ndim and not share:
            raise Skip
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


def some_indices(p):
    """Index arrays for one or two axes; the slices are one long there, and begin at 0 elsewhere: whole, or not."""
    a = p.args["a"].shape
    if not a:
        raise Skip
    axes = [int(i) for i in p.rng.permutation(len(a))[: p.between(1, 2)]]
    axes = sorted(axes) if p.chance(0.7) else axes
    shape = p.shape(0, 2) if np.prod(a) < 300 else (2,)
    sizes = [1 if i in axes else n if p.chance(0.8) else p.between(1, max(n, 1)) for i, n in enumerate(a)]
    p.args.update(axes=axes, slice_sizes=[min(n, size) for n, size in zip(a, sizes)] if 0 in a else sizes, index_shape=shape)
    return arrays([index_values(p, shape, a[i]) for i in axes])


def scattered(p):
    shape = tuple(p.args["index_shape"]) + tuple(p.args["slice_sizes"])
    return p.leaf(p.second_dtype(), shape).name


def mask_of(p):
    return p.leaf("bool", p.args["a"].shape[: p.between(1, len(p.args["a"].shape))] if p.args["a"].shape else ()).name


def limits(p):
    p.args["limit"] = p.chance(0.7)
    return p.like(p.args["a"].shape, p.second_dtype()).name if p.args["limit"] else "none"


def place(p):
    """A place along an axis chosen with it; some beyond its end."""
    shape = p.args["a"].shape
    ndim = len(shape)
    axis = p.args["axis"] = None if ndim == 0 or p.chance(0.2) else p.between(-ndim, ndim - 1)
    n = p.args["a"].size if axis is None else shape[axis]
    return str(p.between(-n, n - 1) if n and not p.chance(BAD) else n + 1)


def count_of(p):
    """How many of an axis chosen with it."""
    shape = p.args["a"].shape
    ndim = len(shape)
    axis = p.args["axis"] = None if ndim == 0 or p.chance(0.2) else p.between(-ndim, ndim - 1)
    n = p.args["a"].size if axis is None else shape[axis]
    return str(p.between(1, n) if n and not p.chance(BAD) else n + 1)
