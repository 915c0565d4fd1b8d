"""Makers of parameters: packed matrices and what is multiplied with them."""
import numpy as np

from packed import OWN
from program import BAD, Skip, bits_of_bfloat16

FLOATS = ("float16", "bfloat16", "float32", "float64")


def leaf_of(p, dtype, shape):
    """Numbers without infinities: normal, of several sizes, or steps that meet halves."""
    kind = p.pick(["normal", "sizes", "steps", "zeros"] if p.chance(0.3) else ["normal", "steps"])
    data = p.rng.normal(size=shape)
    if kind == "sizes":
        data = data * np.exp2(p.rng.integers(-6, 6, shape[:-1] + (1,)))
    if kind in ("steps", "zeros"):
        data = p.rng.integers(-12, 13, shape) / 4 * (kind == "steps")
    if dtype not in FLOATS:
        return p.leaf(dtype, shape)
    return p.leaf(dtype, shape, bits_of_bfloat16(data) if dtype == "bfloat16" else data)


def settle(p, modes):
    mode = p.pick(modes)
    group, bits = {"affine": (p.pick([32, 64, 128]), p.pick([2, 3, 4, 5, 6, 8])), "mxfp4": (32, 4), "mxfp8": (32, 8),
                   "nvfp4": (16, 4)}[mode]
    p.args.update(mode=mode, group_size=group, bits=bits)
    return group


def spoil(p):
    """A width or a group that does not exist, now and then; not 0, by which the wheel divides."""
    if p.chance(BAD):
        p.args["bits"] = p.pick([1, 7, 9, 16])
    elif p.chance(BAD):
        p.args["group_size"] = p.pick([-1, 8, 256])


def raw(p):
    """What quantize takes."""
    group = settle(p, ["affine"] * 3 + ["mxfp4", "mxfp8", "nvfp4"])
    spoil(p)
    batch = tuple(p.between(1, 3) for _ in range(p.between(0, 2)))
    return leaf_of(p, p.pair_dtype, batch + (p.between(1, 5), group * p.between(0, 3) + 4 * p.chance(BAD))).name


def pack(p, shape, dtype):
    """Words, scales and biases of a new matrix; scales of another dtype where the pair's is not a float."""
    w = leaf_of(p, dtype if dtype in FLOATS and dtype != "float64" else "float32", shape)
    made = p.line(f"quantize {w.name} {p.args['group_size']} {p.args['bits']} {p.args['mode']} none")
    if not made:
        raise Skip
    if dtype == "float64" and len(made) > 2:
        made[1:] = [p.line(f"astype {v.name} float64")[0] for v in made[1:]]
    p.args.update(w=made[0], scales=made[1], biases=made[2] if len(made) > 2 else None)
    if p.chance(BAD):
        p.args["biases"] = None if p.args["biases"] else made[1]
    spoil(p)
    return made[0].name


def packed(p):
    """What dequantize takes."""
    group = settle(p, ["affine"] * 3 + ["mxfp4", "mxfp8", "nvfp4"])
    name = pack(p, tuple(p.between(1, 3) for _ in range(p.between(1, 3))) + (group * p.between(1, 3),), p.pair_dtype)
    if p.pair_dtype not in FLOATS:
        shape = p.args["scales"].shape
        p.args["scales"] = p.leaf(p.pair_dtype, shape, p.rng.integers(0, 2 if p.pair_dtype == "bool" else 5, shape))
    return name


def global_scale(p):
    if p.args["mode"] != "nvfp4" or p.chance(0.5):
        return "none" if not p.chance(BAD) else p.leaf("float32", ()).name
    return p.leaf("float32", p.pick([(), (1,)]), np.array(p.pick([0.5, 3.7, 12]))).name if not p.chance(BAD) else \
        p.leaf(p.pick(["float32", "float16"]), (2,)).name


def factor(p, batch=None, modes=("affine", "affine", "mxfp4", "mxfp8", "nvfp4")):
    """x, and the packed matrix that it goes with; `batch` leading axes, or none, or some that broadcast."""
    group = settle(p, list(modes))
    transpose, codes, rows = p.chance(0.6), group * p.between(1, 3), p.pick([1, 2, 7, 33])
    p.args["transpose"] = transpose
    lead = tuple(p.between(1, 3) for _ in range(p.between(0, 2) if batch is None else batch))
    pack(p, lead + (rows, codes), p.second_dtype() if p.chance(0.2) else p.pair_dtype)
    inner = (codes if transpose else rows) + p.chance(BAD)
    if batch is None and not lead and p.chance(0.2):
        return leaf_of(p, p.pair_dtype, (inner,)).name
    if batch is None:
        lead = tuple(1 if p.chance(0.3) else n for n in lead) if lead else tuple(p.between(1, 3) for _ in range(p.between(0, 2)))
    else:
        lead = (p.between(1, 3),)
    return leaf_of(p, p.pair_dtype, lead + (p.pick([1, 1, 2, 9]), inner)).name


def gathered(p):
    name = factor(p, 1)
    stacks = next(v for v in p.every if v.name == name).shape[0], p.args["w"].shape[0]
    shape = tuple(p.between(1, 3) for _ in range(p.between(1, 2)))
    p.args["sorted"] = p.chance(0.3)
    for side, count in zip(("lhs_indices", "rhs_indices"), stacks):
        some = shape if side == "lhs_indices" or p.chance(0.7) else (1,) + shape[1:]
        places = p.rng.integers(0, count, some)
        if p.args["sorted"]:
            places = np.sort(places, axis=None).reshape(some)
        p.args[side] = p.leaf(p.pick(["uint32", "int32", "uint8"]), some, places)
    for side, count in zip(("lhs_indices", "rhs_indices"), stacks):
        if p.chance(0.4) and p.args[side].shape == (count,):
            p.args[side] = None
    return name


def row(p):
    """What qqmm takes: the wheel multiplies a single row, with a packed matrix."""
    group = settle(p, ["nvfp4", "mxfp8"])
    given = p.args["mode"] == "nvfp4" and p.chance(0.3)
    for side in "xw":
        p.args[f"global_scale_{side}"] = p.leaf("float32", (), np.array(p.pick([0.5, 2688, 4000]))) if given else None
    codes = group * p.between(1, 4)
    pack(p, (p.pick([1, 2, 7, 33]), codes), "float32")
    return leaf_of(p, p.pair_dtype, (1,) * p.between(0, 1) + (codes + p.chance(BAD),)).name


def parts(name):
    """What was chosen with another parameter: an array, a word, or nothing, which is the mode's own."""
    def make(p):
        value = p.args.get(name)
        if value == OWN[p.args["mode"]].get(name) and p.chance(0.4):
            return "none"
        if isinstance(value, bool):
            return "true" if value else "false"
        return "none" if value is None else getattr(value, "name", None) or str(value)
    return make
