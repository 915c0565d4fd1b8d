"""Makers of parameters: shapes, axes, lists of arrays, keys and numbers."""
import numpy as np

from program import BAD, Skip, bits_of_bfloat16


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
    """Few enough elements that their grid is not too large."""
    shapes = [p.shape(0, 1) if p.chance(0.9) else p.shape() for _ in range(p.between(1, 3))]
    if np.prod([np.prod(shape) for shape in shapes]) > 50000:
        raise Skip
    return arrays(p.leaf(p.second_dtype() if i else p.pair_dtype, shape) for i, shape in enumerate(shapes))


def diagonal_or_matrix(p):
    """A vector becomes the diagonal of a matrix, which must not be too large."""
    a = p.first_array()
    return (a if len(a.shape) != 1 or a.size <= 300 else p.leaf(p.pair_dtype, (p.between(0, 300),))).name


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
    if p.chance(0.1):
        p.args.update(strides=None, offset=0)
        return "none" if p.chance(0.5) else ints([p.between(1, size)])
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
    return lambda p: "none" if p.args[name] is None else form(p.args[name])


def named(name):
    """Likewise an array, or none."""
    return told(name, lambda v: v.name)


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


def samples_shape(p):
    """Samples for each row of logits, perhaps several."""
    shape = list(p.args["logits"].shape)
    axis = int(p.args["axis"])
    if -len(shape) <= axis < len(shape):
        del shape[axis]
    return ints([p.between(1, 3)] * p.between(0, 1) + shape + [2] * p.chance(BAD))


def optional(make, share=0.3):
    return lambda p: "none" if p.chance(share) else make(p)


def axis_of(name="a"):
    return lambda p: str(p.axis(len(p.args[name].shape)))


def axes_of(name="a"):
    return lambda p: ints(p.axes(len(p.args[name].shape)))


def number(*choices):
    return lambda p: float(p.pick(choices)).hex()
