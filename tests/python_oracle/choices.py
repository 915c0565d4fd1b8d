"""What random Python programs are made of: their values and steps, and small random choices of names, numbers and axes."""
import random

import numpy as np

from table import DTYPES, wide

BAD_AXES = ["9", "-9", "'x'", "1.5", "(0, 0)", "[0, 9]", "None", "True", "2**70", "(0, 1.5)", "mx.array(0)", "np.int64(0)",
            "Index()"]


def mx_dtype(d):
    return "mx.bool_" if d == "bool" else "mx." + d


class Value:
    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, tuple(shape), data


class Step:
    """Source, and for the comparison the op and its array arguments."""

    def __init__(self, kind, code, show, uses, sets=(), op="none", inputs=None, args=None):
        self.kind, self.code, self.show, self.uses, self.sets = kind, code, show, list(uses), list(sets)
        self.op, self.inputs, self.dtypes = op, {}, {}
        self.args = {"axes": None, "keepdims": False, **(args or {})}
        for name, value in (inputs or {}).items():
            self.inputs[name], self.dtypes[name] = value.data, value.dtype
        self.dtype = self.dtypes.get("a", "none")

    def elements(self, shape):
        try:
            return {n: np.broadcast_to(wide(x, self.dtypes[n]), shape) for n, x in self.inputs.items()}
        except ValueError:
            return None


class Choices:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.values, self.count = {}, 0

    # ---- small choices ----

    def chance(self, p):
        return self.r.random() < p

    def pick(self, options):
        return self.r.choice(options)

    def new(self):
        self.count += 1
        return f"x{self.count}"

    def shape(self, most=3):
        lengths = [1, 2, 3, 4] if self.chance(0.9) else [0, 1, 2]
        return tuple(self.pick(lengths) for _ in range(self.r.randrange(most + 1)))

    def number(self, kind=None):
        kind = kind or self.pick(["int", "int", "float", "bool", "complex"])
        if kind == "int":
            return str(self.r.randrange(-4, 10)) if self.chance(0.96) else self.pick(["200", "70000", "2**31", "2**40"])
        if kind == "positive":
            return str(self.r.randrange(1, 6))
        if kind == "float":
            return self.pick(["0.5", "-1.5", "2.0", "3.25", "0.0", "-0.0", "1e3", "float('inf')", "float('nan')", "0.1"])
        if kind == "bool":
            return self.pick(["True", "False"])
        return self.pick(["1j", "(2+3j)", "-0.5j", "(1-2j)"])

    def name(self, where=lambda v: True):
        names = [n for n, v in self.values.items() if where(v)]
        return self.pick(names) if names else None

    def dtype(self):
        return self.pick(DTYPES)

    def axis(self, ndim):
        if self.chance(0.06):
            return self.pick(BAD_AXES)
        return str(self.r.randrange(-ndim, ndim)) if ndim else self.pick(["0", "-1"])

    def axes(self, ndim):
        if self.chance(0.3) or not ndim:
            return self.axis(ndim)
        some = self.r.sample(range(ndim), self.r.randrange(ndim + 1))
        inner = ", ".join(str(a - ndim if self.chance(0.3) else a) for a in some)
        return f"[{inner}]" if self.chance(0.5) else f"({inner}{',' if len(some) == 1 else ''})"
