"""Makers of parameters: convolutions. The input's maker chooses everything, the others tell it."""
from make_matrices import own_array
from make_shapes import ints, told
from program import BAD

FLOATS = ["float32", "float32", "float16", "bfloat16", "float64"]


def tame(p, dtype, shape):
    """Small numbers with the channels last; integers where the dtype wants them."""
    return own_array(p, dtype, p.rng.uniform(-2, 2, shape))


def convolution(axes=None):
    """The input of a convolution over so many axes, 1 to 3 when None."""
    def make(p):
        transposed = p.function.name.startswith("conv_transpose")
        n = axes or p.between(1, 3)
        groups = p.pick([1, 1, 1, 2, 3])
        inputs, outputs = p.pick([1, 2, 3, 17]), p.pick([1, 2, 5, 16])
        lists = {name: [p.pick(choices) for _ in range(n)] for name, choices in dict(
            stride=[1, 1, 2, 3], padding_lo=[0, 0, 1, 2], padding_hi=[0, 0, 1, 3], padding=[0, 1, 1, 2],
            dilation=[1, 1, 2], kernel_dilation=[1, 1, 2], input_dilation=[1, 1, 2, 3], output_padding=[0, 0, 1],
            kernel=[1, 2, 3, 4], space=[1, 4, 5, 9] if n == 3 else [1, 5, 8, 13]).items()}
        if p.chance(BAD):
            lists["stride"][0] = 0
        if p.chance(0.1) and not transposed:
            lists["padding_lo"][0] = lists["padding"][0] = -1
        p.args.update({f"conv_{name}": values for name, values in lists.items()})
        p.args["conv_groups"] = groups
        p.args["conv_weight"] = [outputs * groups, *lists["kernel"], inputs + p.chance(BAD)]
        for name in lists:
            same = len(set(lists[name])) == 1 and name not in ("kernel", "space")
            if same and p.chance(0.3):
                p.args[f"conv_{name}"] = lists[name][:1]
            if same and lists[name][0] == (0 if "padding" in name else 1) and p.chance(0.3):
                p.args[f"conv_{name}"] = None
        dtype = p.pair_dtype if p.chance(0.3) else p.pick(FLOATS)
        return tame(p, dtype, [p.between(1, 3), *lists["space"], inputs * groups]).name
    return make


def weight(p):
    dtype = p.args["input"].dtype if p.chance(0.8) else p.pick(FLOATS + ["int32"])
    return tame(p, dtype, p.args["conv_weight"]).name


def listed(name):
    """A list, or none: the default. conv1d's are numbers."""
    def make(p):
        values = p.args[f"conv_{name}"]
        if p.function.name.endswith("1d"):
            return str(values[0]) if values else "0" if "padding" in name else "1"
        if values is None:
            return "none"
        return ints(values)
    return make


def vector(other):
    def make(p):
        dtype = p.args["a"].dtype if other else p.pair_dtype if p.chance(0.3) else None
        return tame(p, dtype if dtype and p.chance(0.8) else p.pick(FLOATS),
                    [p.pick([1, 2, 3, 8, 9, 40]) - p.chance(BAD)]).name
    return make


def factor(p):
    """Of an axis that becomes at least 2 long: the wheel divides by one less."""
    length = p.args["x"].shape[int(p.args["axis"])]
    return float(p.pick([f for f in (1, 2, 3, 1.5, 0.5, 2.25, 0.4) if int(f * length) > 1])).hex()


MAKERS = {
    **{f"conv{n}d.input": convolution(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d.input": convolution(n) for n in (1, 2, 3)},
    "conv_general.input": convolution(), "weight": weight, "groups": told("conv_groups"),
    **{name + mark: listed(name) for name in "stride padding dilation output_padding padding_lo padding_hi kernel_dilation "
       "input_dilation".split() for mark in ("", "?")},
    "upsample.x": lambda p: p.leaf(p.pair_dtype, [p.between(1, 6) for _ in range(p.between(1, 3))]).name,
    "upsample.axis": lambda p: str(p.between(-len(p.args["x"].shape), len(p.args["x"].shape) - 1)),
    "upsample.scale": factor,
    "upsample.mode": lambda p: p.pick(["nearest", "linear", "cubic"]), "align_corners": lambda p: p.pick(["true", "false"]),
    "flip": lambda p: p.pick(["true", "false"]),
    "convolve.a": vector(False), "convolve.v": vector(True),
    "convolve.mode": lambda p: p.pick(["full", "same", "valid"] if not p.chance(BAD) else ["most"]),
}
