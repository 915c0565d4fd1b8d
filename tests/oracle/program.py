"""A random program under way: raw values of every dtype, leaves, and choices of shapes, axes and earlier values."""
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
        made = [part.split(":") for part in answer[1:] if not part.startswith("ops:")]
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
