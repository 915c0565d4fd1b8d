"""Random Python array programs, made step by step: what the wheel answered to a step (dtypes and shapes) guides the
next. Each step is a piece of Python source, the expression to look at, and what the comparison needs to know of it."""
import numpy as np

from choices import Choices, Step, Value, mx_dtype
from table import DTYPES

INTS = [d for d in DTYPES if d.startswith(("int", "uint"))]
BINARY = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "remainder",
          "**": "power", "@": "matmul", "&": "bitwise_and", "|": "bitwise_or", "^": "bitwise_xor", "<<": "left_shift",
          ">>": "right_shift"}
COMPARE = ["==", "!=", "<", "<=", ">", ">="]
NUMPY_TYPES = ["bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
STRANGE_TYPES = [">f4", ">i2", ">c8", "g", "G", "S3", "U2", "O", "M8[s]", "m8[s]", "V4", "i4,f4"]
UNARY = ["abs", "cos", "exp", "log", "log10", "log1p", "log2", "reciprocal", "rsqrt", "sin", "sqrt", "square"]
REDUCTIONS = ["sum", "prod", "min", "max", "mean", "var", "std", "all", "any", "argmax", "argmin", "logsumexp"]
SCANS = ["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"]
NOT_ARRAYS = ["None", "'x'", "object()", "{}", "[]", "[1, 2]", "(1,)", "b'ab'", "1j", "len", "mx", "mx.float32", "..."]
BAD_DTYPES = ["float", "int", "'float32'", "np.float32", "np.dtype('float32')", "None", "3", "mx.floating", "mx.array"]


class Generator(Choices):
    # ---- creation ----

    def nested(self, shape, leaf):
        if not shape:
            return leaf()
        n = shape[0] + (self.r.choice([-1, 1]) if self.chance(0.01) else 0)
        items = ", ".join(self.nested(shape[1:], leaf) for _ in range(max(n, 0)))
        return f"({items}{',' if n == 1 else ''})" if self.chance(0.02) else f"[{items}]"

    def leaf(self):
        """A maker of list elements of mostly one kind."""
        kinds = self.pick([["int"], ["float"], ["bool"], ["int", "float"], ["bool", "int"], ["int", "complex"], ["positive"]])

        def make():
            p = self.r.random()
            if p < 0.005:
                return self.pick(NOT_ARRAYS)
            if p < 0.015:
                return self.pick(["np.float32(1.5)", "np.int8(3)", "np.bool_(True)", "np.float64(2.5)", "mx.array(2)",
                                  "np.array(4)", "mx.array([1.5, 2])", "2**31", "2**63", "-2**63", "2**64"])
            return self.number(self.pick(kinds))
        return make

    def create_list(self):
        x = self.new()
        positive = self.chance(0.5)
        leaf = (lambda: self.number("positive")) if positive else self.leaf()
        source = self.nested(self.shape(), leaf)
        # Casts of what the dtype cannot hold are undefined in the wheel, so signs meet signed dtypes only.
        to = self.dtype() if positive else self.pick(["float16", "bfloat16", "float32", "float64", "complex64", "bool"])
        dtype = f", {self.pick(['', 'dtype='])}{mx_dtype(to)}" if self.chance(0.5 if positive else 0.2) else ""
        if self.chance(0.02):
            dtype = ", " + self.pick(BAD_DTYPES)
        return Step("create list", f"{x} = mx.array({source}{dtype})", x, [], [x], "astype")

    def numpy_source(self):
        shape = self.shape()
        dtype = self.pick(NUMPY_TYPES) if self.chance(0.9) else self.pick(STRANGE_TYPES)
        size = int(np.prod(shape, dtype=int))
        source = f"np.arange({size}).astype({dtype!r}).reshape({shape})"
        if dtype in ("i4,f4", "V4", "S3", "M8[s]", "m8[s]"):
            source = f"np.zeros({shape}, {dtype!r})"
        if len(shape) > 1 and self.chance(0.4):
            source += ".T"
        if shape and self.chance(0.4):
            source += self.pick(["[::-1]", "[::2]", "[1:]", "[..., ::-1]", "[..., ::2]", "[None]", "[:0]"])
        if self.chance(0.15):
            source = f"np.broadcast_to({source}, {self.pick(['(2,)', '(1, 2)', '(3, 1, 1)']) if not shape else shape})"
        if self.chance(0.05):
            source = f"np.asfortranarray({source})"
        return source

    def create_numpy(self):
        x = self.new()
        dtype = f", {mx_dtype(self.dtype())}" if self.chance(0.25) else ""
        code = f"{x} = mx.array({self.numpy_source()}{dtype})"
        if self.chance(0.2):
            code = f"n = {self.numpy_source()}; n.setflags(write=False); {x} = mx.array(n{dtype})"
        return Step("create numpy", code, x, [], [x], "astype")

    def create_other(self):
        x = self.new()
        s, d = self.shape(), mx_dtype(self.dtype())
        source = self.pick([
            f"mx.array({self.number()})", f"mx.array({self.number('positive')}, {d})", f"mx.array({self.number()}, {d})",
            f"mx.zeros({s}, {d})", f"mx.ones({s}, {d})", f"mx.zeros({list(s)})", "mx.ones(3)", "mx.zeros(())",
            f"mx.full({s}, {self.number()})", f"mx.full({s}, {self.number('positive')}, {d})", f"mx.full({s}, {self.number('positive')}, dtype={d})",
            f"mx.arange({self.r.randrange(12)})", f"mx.arange(1, 9, 2, dtype={d})", f"mx.arange(5, 0, -1)", "mx.arange(1, 3, 0.5)",
            f"mx.arange({self.r.randrange(12)}).reshape(-1)", f"mx.eye({self.r.randrange(4)}, dtype={d})", "mx.linspace(0, 1, 5)",
            f"mx.identity(3, {d})", "mx.array(bytearray(b'abc'))", "mx.array(b'abc')", "mx.array(memoryview(b'abcd'))",
            "mx.array(array.array('f', [1, 2, 3]))", "mx.array(array.array('q', [1, 2]))", "mx.array(memoryview(b'abcd').cast('H'))",
            "mx.array(memoryview(b'abcdef')[::2])", "mx.array(np.float32(2.5))", "mx.array(np.int16(3))", "mx.array(np.float64(3))",
            "mx.array(np.bool_(True))", "mx.array(np.complex128(1j))", "mx.array(Accessor(mx.array([1, 2])))",
            f"mx.array(Accessor(mx.array([1, 2])), {d})", "mx.array(Liar(3, [1, 2]))", "mx.array(range(3))", "mx.array({1, 2})",
            "mx.array(x for x in [1, 2])", f"mx.array({self.pick(NOT_ARRAYS)})", f"mx.array({self.pick(NOT_ARRAYS)}, {d})",
            "mx.array()", "mx.array(1, 2, 3)", "mx.array(val=3)", "mx.array(3, dtype=mx.int8)", "mx.array(3, dtyp=mx.int8)",
            f"mx.array([1, 2], {self.pick(BAD_DTYPES)})", f"mx.zeros({self.pick(NOT_ARRAYS)})", "mx.zeros((-1,))", "mx.zeros((1.5,))",
            "mx.ones((2, -3))", "mx.zeros('ab')", "mx.zeros(2, 3)", "mx.zeros()", "mx.full((2,))", "mx.full((2,), [1, 2, 3])",
            "mx.full((2, 2), mx.array([1, 2]))", "mx.arange()", "mx.arange('a')", "mx.arange(None)", "mx.arange(1, 2, 3, 4, 5)",
            f"mx.arange(3, dtype={self.pick(BAD_DTYPES)})", f"mx.array({2**31})", "mx.array(2**63 - 1)", "mx.array(-2**63)", "mx.array(2**63)",
            "mx.array([2**31])", "mx.array([2**31], mx.int64)", "mx.array([2**40], mx.uint64)", "mx.array([[[]]])", "mx.array([[], []])",
            "mx.array([[1], []])", "mx.array([1, [2]])", "mx.array([[1], 2])", "mx.array([mx.array([1, 2]), mx.array([3, 4])])",
            "mx.array([mx.array([1, 2]), mx.array([3.5, 4])])", "mx.array([mx.array([1, 2]), [3, 4]])", "mx.array([mx.array(1), 2])",
            "mx.array([mx.array([1]), mx.array([1, 2])])", "mx.array([mx.array(1, mx.int8), 2.5])", "mx.array((1, (2,)))",
            "mx.array([mx.array(1.5, mx.float16)], mx.int32)", "mx.array([[mx.array([1]), mx.array([2])]])",
            "mx.array([mx.zeros((0,)), mx.zeros((0,))])"])
        return Step("create other", f"{x} = {source}", x, [], [x], "full" if "full" in source else "astype")

    # ---- indices ----

    def slice(self, n, inside=False):
        """With `inside`, steps forward between places that lie in the axis: beside arrays the wheel does not cut slices to it, and touches what
        lies behind the array."""
        def end(least=-n - 2, most=n + 2):
            return "" if self.chance(0.4) or not n else str(self.r.randrange(least, most + 1))
        step = "" if self.chance(0.5) else ":" + self.pick(["", "1", "2", "3"] if inside else ["", "1", "2", "-1", "-2", "3"])
        if not inside:
            return f"{end()}:{end()}{step}"
        first = end(0, n - 1)
        return f"{first}:{end(int(first or 0) + 1, n)}{step}"

    def index_array(self, n):
        if not n:
            return "mx.array([], mx.int32)"
        shape = self.pick([(), (1,), (2,), (3,), (2, 2), (2, 1)])
        unsigned = self.chance(0.3)
        source = self.nested(shape, lambda: str(self.r.randrange(0 if unsigned else -n, n)))
        source = source.replace("(", "[").replace(",)", "]").replace(")", "]")
        dtype = self.pick(["uint8", "uint16", "uint32", "uint64"] if unsigned else ["int8", "int16", "int32", "int64"])
        how = self.r.random()
        if how < 0.5 or not shape:
            return f"mx.array({source}, mx.{dtype})"
        if how < 0.7:
            return f"np.array({source}, np.{dtype})" if self.chance(0.2) else source
        return f"mx.array({source})"

    def mask(self, shape):
        bits = self.nested(shape, lambda: self.number("bool")).replace("(", "[").replace(",)", "]").replace(")", "]")
        return self.pick([f"mx.array({bits}, mx.bool_)", f"mx.array({bits}, mx.bool_)", f"np.array({bits}, bool)", bits])

    def index(self, shape, masks=False, arrays=True, inside=False):
        """Source of an index that is mostly right; ints stay inside, as the wheel reads past the end otherwise."""
        if self.chance(0.03):
            if shape and shape[0] > 1 and self.chance(0.1):
                return self.pick(["True", "False", "mx.array(0)"])
            return self.pick(["'x'", "1.5", "None, None", "..., ...", "mx.array(1.0)", "mx.array([0.5])", "()", "Ellipsis",
                              "slice('a')", "slice(0, 1.5)", "object()", "{}", "0, 0, 0, 0, 0, 0", "np.int64(0)",
                              "Index()", "2**70", "slice(0, 2**70)", "[[0], [0, 1]]", "[]", "(0,)", "[None]",
                              "np.array([0.5])", "mx.array([True, False, True, True, False, True])", "None", "...",
                              "range(2)", "[0.5]", "(slice(None), 'x')", "1j", "mx.zeros((0,), mx.int32)"])
        if masks and self.chance(0.3):
            return self.mask(shape[:self.r.randrange(len(shape) + 1)] if self.chance(0.5) else shape)
        items, axes = [], list(shape)
        used = self.r.randrange(len(shape) + 1) if self.chance(0.8) else len(shape)
        for n in axes[:used]:
            p = self.r.random()
            if p < 0.3 and n:
                items.append(str(self.r.randrange(-n, n)))
            elif p < 0.75 or not arrays:
                items.append(self.slice(n))
            else:
                items.append(self.index_array(n))
        if inside or any("[" in item or "(" in item for item in items):  # the slices again, cut to the axes
            items = [self.slice(n, True) if ":" in item and "[" not in item and "(" not in item else item for n, item in zip(axes, items)]
        while self.chance(0.15):
            items.insert(self.r.randrange(len(items) + 1), "None")
        if self.chance(0.2):
            items.append("...")
        if not items:
            items = ["..."] if self.chance(0.5) else ["None"]
        return ", ".join(items)

    def read(self):
        a, x = self.name(lambda v: len(v.shape) > 0) or self.name(), self.new()
        shape = self.values[a].shape
        p = self.r.random()
        if p < 0.75:
            return Step("index", f"{x} = {a}[{self.index(shape)}]", x, [a], [x], inputs={"a": self.values[a]})
        i = self.index(shape, arrays=False)
        return Step("index", f"{x} = {a}[{i}]", x, [a], [x])

    def value_for(self, v):
        """A value to write: something of a like dtype."""
        p = self.r.random()
        if p < 0.45:
            return self.number(self.pick(["positive", "positive", "bool", "int"])), []
        if p < 0.7:
            b = self.name(lambda w: w.dtype == v.dtype)
            return b, [b]
        if p < 0.9:
            s = self.pick([(), (1,), v.shape[-1:], v.shape, v.shape[1:], (1,) + v.shape])
            size = int(np.prod(s, dtype=int))
            return f"mx.arange({size}).reshape({s}).astype({mx_dtype(v.dtype)})", []
        if p < 0.94:
            return f"np.ones({v.shape[-1:]}, np.int8)", []
        return self.pick(["None", "'x'", "[1, 2]", "1j", "2.5", "np.float64(1.5)", "object()", "2**40", "mx.array(1.5)", "[]"]), []

    def write(self):
        a = self.name(lambda v: len(v.shape) > 0) or self.name()
        v = self.values[a]
        value, uses = self.value_for(v)
        return Step("update", f"{a}[{self.index(v.shape, masks=True)}] = {value}", a, [a, *uses], [a], "slice_update",
                    {"a": v})

    def at(self):
        a, x = self.name(lambda v: len(v.shape) > 0) or self.name(), self.new()
        v = self.values[a]
        value, uses = self.value_for(v)
        how = self.pick(["add", "subtract", "multiply", "divide", "maximum", "minimum"])
        if self.chance(0.01):
            how = "nothing"
        op = "scatter_add" if how in ("add", "subtract") else "scatter_prod" if how in ("multiply", "divide") else "scatter"
        return Step("at", f"{x} = {a}.at[{self.index(v.shape, inside=True)}].{how}({value})", x, [a, *uses], [x], op, {"a": v})

    # ---- operators ----

    def operand(self, a):
        """Source of the other side, its names, and its value where known."""
        v, p = self.values[a], self.r.random()
        if p < 0.45:
            b = self.name(lambda w: fits(v.shape, w.shape)) if self.chance(0.9) else self.name()
            return b, [b], self.values[b]
        if p < 0.8:
            kind = self.pick(["int", "int", "float", "bool", "complex", "positive"])
            source = self.number(kind)
            return source, [], scalar_value(source, v.dtype)
        if p < 0.88:
            d = self.pick(NUMPY_TYPES)
            ones = Value("bool", v.shape, np.ones(v.shape, bool))
            return f"np.ones({v.shape}, {d!r})", [], ones if v.dtype == "bool" else None
        if p < 0.92:
            one = Value("bool", (), np.array(True)) if v.dtype == "bool" else None
            return f"np.{self.pick(['float32', 'int64', 'float64', 'bool_', 'int8'])}(1)", [], one
        if p < 0.95:
            return "Accessor(mx.array(2))", [], None
        if p < 0.97:
            source = self.pick(["2**40", "-1", "300"])
            return source, [], scalar_value(source, v.dtype)
        source = self.pick(NOT_ARRAYS + ["2**70"])
        return source, [], Value("uint8", (2,), np.frombuffer(b"ab", np.uint8)) if source == "b'ab'" else None

    def binary(self):
        a, x = self.name(), self.new()
        b, uses, value = self.operand(a)
        symbol = self.pick(list(BINARY)) if self.chance(0.5) else self.pick("+-*/")
        known = {"a": self.values[a], "b": value} if value else None
        if not known and symbol in ("//", "%", "**"):
            symbol = "+"
        left = a
        if self.chance(0.35) and not uses:
            left, b = b, a
            known = known and {"a": known["b"], "b": known["a"]}
        if self.chance(0.3) and left == a:
            code = f"y = {a}; {a} {symbol}= {b}"
            return Step("in-place " + symbol, code, f"({a}, y is {a})", [a, *uses], [a], BINARY[symbol], known)
        return Step("operator " + symbol, f"{x} = {left} {symbol} {b}", x, [a, *uses], [x], BINARY[symbol], known)

    def compare(self):
        a, x = self.name(), self.new()
        b, uses, _ = self.operand(a)
        symbol = self.pick(COMPARE)
        left, right = (a, b) if self.chance(0.7) else (b, a)
        return Step("compare " + symbol, f"{x} = {left} {symbol} {right}", x, [a, *uses], [x])

    def unary(self):
        a, x = self.name(), self.new()
        v, how = self.values[a], self.pick(["-", "~", "abs", "method", "method"])
        if how == "method":
            op = self.pick(UNARY)
            return Step("method " + op, f"{x} = {a}.{op}()", x, [a], [x], op, {"a": v})
        code = f"abs({a})" if how == "abs" else how + a
        return Step("unary " + how, f"{x} = {code}", x, [a], [x], {"abs": "abs"}.get(how, "negative"), {"a": v})

    # ---- methods and functions ----

    def reduce(self):
        a, x = self.name(), self.new()
        v = self.values[a]
        n, op = len(v.shape), self.pick(REDUCTIONS)
        axes = None if self.chance(0.3) else self.axes(n) if not op.startswith("arg") else self.axis(n)
        keep = self.chance(0.3)
        parts = [] if axes is None else [self.pick(["", "axis="]) + axes]
        parts += ["keepdims=" + self.pick(["True", "1"] if self.chance(0.03) else ["True"])] if keep else []
        ddof = int(op in ("var", "std") and self.chance(0.2))
        parts += ["ddof=1"] if ddof else []
        parts += [self.pick(["axes=0", "nothing=1", "stream=mx.cpu", "stream=3"])] if self.chance(0.03) else []
        code = f"{a}.{op}({', '.join(parts)})" if self.chance(0.6) else f"mx.{op}({', '.join([a, *parts])})"
        return Step("reduce " + op, f"{x} = {code}", x, [a], [x], op, {"a": v},
                    {"axes": plain_axes(axes, n), "axis": plain_axis(axes, n), "keepdims": keep, "ddof": ddof})

    def scan(self):
        a, x = self.name(lambda v: np.prod(v.shape) > 0), self.new()
        if not a:
            return self.read()
        v, op = self.values[a], self.pick(SCANS)
        n = len(v.shape)
        axis = None if self.chance(0.2) else self.axis(n)
        flags = {w: self.chance(0.5) for w in ("reverse", "inclusive") if self.chance(0.3)}
        parts = [] if axis is None else [self.pick(["", "axis="]) + axis]
        parts += [f"{w}={value}" for w, value in flags.items()]
        code = f"{a}.{op}({', '.join(parts)})" if self.chance(0.6) else f"mx.{op}({', '.join([a, *parts])})"
        return Step("scan " + op, f"{x} = {code}", x, [a], [x], op, {"a": v},
                    {"axis": plain_axis(axis, n), "reverse": False, "inclusive": True, **flags})

    def cast(self):
        a, x = self.name(), self.new()
        v = self.values[a]
        d = mx_dtype(self.dtype()) if self.chance(0.96) else self.pick(BAD_DTYPES)
        return Step("astype", f"{x} = {a}.astype({self.pick(['', 'dtype='])}{d})", x, [a], [x], "astype", {"a": v})

    def reshape(self):
        a, x = self.name(), self.new()
        v = self.values[a]
        size, n = int(np.prod(v.shape, dtype=int)), len(v.shape)
        divisors = [k for k in range(1, size + 1) if size % k == 0] or [0]
        k = self.pick(divisors)
        s = self.pick([f"({k}, -1)", f"{k}, -1", f"[-1, {k}]", "-1", f"{size}", f"(1, {size}, 1)", "(-1, -1)", "(7, 3)", "'x'",
                       "()", "1.5", f"({size}.0,)", "(-2,)", "None", f"shape=({size},)", "(0, -1)", f"{v.shape[::-1]}",
                       f"mx.array({size})", f"(mx.array({size}),)", f"np.int64({size})", f"*{v.shape}" if v.shape else "-1"])
        axes = list(range(n))
        self.r.shuffle(axes)
        perm = ", ".join(str(i - n if self.chance(0.2) else i) for i in axes)
        one, two = self.axis(n), self.axis(n)
        source = self.pick([f"{a}.reshape({s})", f"{a}.reshape({s})", f"mx.reshape({a}, {s})", f"{a}.transpose()", f"{a}.T",
                            f"{a}.transpose({perm})", f"{a}.transpose([{perm}])", f"mx.transpose({a}, [{perm}])",
                            f"{a}.transpose({one}, {two})", f"{a}.swapaxes({one}, {two})", f"{a}.moveaxis({one}, {two})",
                            f"{a}.squeeze()", f"{a}.squeeze({self.axes(n)})", f"{a}.flatten()", f"{a}.flatten({one})",
                            f"{a}.flatten({one}, {two})", f"{a}.flatten(start_axis={one}, end_axis={two})",
                            f"mx.expand_dims({a}, {self.axes(n + 1)})", f"mx.broadcast_to({a}, {(2,) + v.shape})",
                            f"mx.broadcast_to({a}, {self.shape()})", f"mx.atleast_2d({a})", f"{a}.view({mx_dtype(self.dtype())})",
                            f"{a}.view({self.pick(BAD_DTYPES)})", f"mx.contiguous({a})", f"mx.unflatten({a}, {one}, (1, -1))"
                            if size else f"{a}.T"])
        return Step("shape " + source.partition(".")[2].partition("(")[0], f"{x} = {source}", x, [a], [x])

    def function(self):
        a, x = self.name(), self.new()
        v = self.values[a]
        b = self.name(lambda w: w.shape == v.shape)
        n, y = len(v.shape), self.axis(len(v.shape))
        count = self.pick(["1", "2", "0", "[1]", "[1, 2]", "-1", "'x'", "3", "(1,)", "None"])
        source = self.pick([f"{a}.split({count})", f"{a}.split({count}, {y})", f"{a}.split({count}, axis={y})", f"{a}.round()",
                            f"{a}.round(1)", f"{a}.round(decimals={self.pick(['1', '-1', '2.5'])})", f"{a}.diag()", f"{a}.diag({y})",
                            f"{a}.diagonal()", f"{a}.diagonal({y}, {self.axis(n)}, {self.axis(n)})", f"{a}.conj()", f"{a}.real", f"{a}.imag",
                            f"mx.concatenate([{a}, {b}], {y})", f"mx.concatenate([{a}, {b}], axis={y})", f"mx.stack([{a}, {b}])",
                            f"mx.stack([{a}, {b}], {y})", f"mx.where({a}, {a}, {b})", f"mx.where({a} == {b}, 1, {a})",
                            f"mx.maximum({a}, {b})", f"mx.minimum({a}, 2)", f"mx.add({a}, {b})", f"mx.add(1, 2)", f"mx.add({a})",
                            f"mx.add({a}, {self.pick(NOT_ARRAYS)})", f"mx.multiply({a}, 2.5)", f"mx.equal({a}, 1)", f"mx.array_equal({a}, {b})",
                            f"mx.array_equal({a}, {b}, equal_nan=True)", f"mx.allclose({a}, {b})", f"mx.isclose({a}, {b})",
                            f"mx.logical_and({a}, {b})", f"mx.logical_not({a})", f"mx.sort({a})", f"mx.argsort({a}, {y})", f"mx.repeat({a}, 2)",
                            f"mx.repeat({a}, 2, axis={y})", f"mx.tile({a}, 2)", f"mx.tile({a}, (2, 1))", f"mx.pad({a}, 1)",
                            f"mx.pad({a}, (1, 0), constant_values=2)", f"mx.clip({a}, 0, 2)", f"mx.clip({a}, None, {b})", f"mx.clip({a})",
                            f"mx.clip({a}, None, None)", f"mx.isnan({a})", f"mx.sign({a})", f"mx.floor({a})", f"mx.ceil({a})", f"mx.square({a})",
                            f"mx.negative({a})", f"mx.stop_gradient({a})", f"mx.zeros_like({a})", f"mx.ones_like({a})", f"mx.tril({a})", f"mx.triu({a}, 1)",
                            f"mx.roll({a}, 1)", f"mx.roll({a}, (1,), {y})", f"mx.outer({a}, {b})", f"mx.inner({a}, {b})",
                            f"mx.concatenate([{a}, {b}], None)", "mx.concatenate([])", "mx.stack([])", f"mx.concatenate({a})",
                            f"mx.moveaxis({a}, {y}, 0)", f"mx.sum({self.pick(NOT_ARRAYS)})", f"mx.abs({self.pick(NOT_ARRAYS)})",
                            f"mx.reshape({self.pick(NOT_ARRAYS)}, (1,))", f"mx.flatten({a}, stream=mx.cpu)", f"mx.eval({a})", f"mx.eval({a}, [1, None])",
                            f"mx.abs({a}, 3)", f"mx.abs({a}, stream=None)", f"mx.abs(a={a})", f"mx.abs()", f"mx.abs({a}, nothing=1)",
                            f"mx.take({a}, mx.array([0]), axis=0)" if n and v.shape[0] else f"{a}.T",
                            f"mx.divmod({a}, 3)" if v.dtype != "bool" else f"{a}.T", f"mx.logaddexp({a}, {b})", f"mx.softmax({a})",
                            f"mx.result_type({a}, {b})", f"mx.broadcast_shapes({v.shape}, (2, 1))", f"mx.issubdtype({a}.dtype, mx.integer)"])
        op = source.partition("(")[0].rpartition(".")[2]
        known = {"a": v, "b": scalar_value("3", v.dtype) if op == "divmod" else self.values[b]}
        return Step("function " + op, f"{x} = {source}", x, [a, b], [x], op, known, {"axis": None, "precise": False})

    # ---- to Python ----

    def ask(self):
        a = self.name()
        n = len(self.values[a].shape)
        source = self.pick([
            f"{a}.item()", f"{a}.tolist()", f"repr({a})", f"str({a})", f"format({a})", f"f'{{{a}}}'", f"format({a}, '.2f')", f"format({a}, '>8')",
            f"format({a}, 'd')", f"format({a}, 'x')", f"hash({a}) == hash({a})", f"len({a})", f"list({a})", f"[v.shape for v in {a}]", f"bool({a})",
            f"int({a})", f"float({a})", f"complex({a})", f"operator.index({a})", f"[10, 20, 30, 40, 50, 60, 70, 80, 90, 100][{a}]",
            f"range({a})", f"round({a})", f"math.floor({a})", f"math.sqrt({a})", f"{a}.shape", f"{a}.dtype", f"{a}.ndim", f"{a}.size", f"{a}.nbytes",
            f"{a}.itemsize", f"{a}.dtype.size", f"repr({a}.dtype)", f"hash({a}.dtype) == hash({a}.dtype)", f"{a}.dtype == mx.float32",
            f"{a}.dtype == 'float32'", f"pickle.loads(pickle.dumps({a}))", f"copy.copy({a})", f"copy.deepcopy({a})", f"1 in {a}", f"'x' in {a}",
            f"np.array({a})", f"np.array({a}, copy=True)", f"np.asarray({a})", f"np.array({a}, np.float64)", f"np.from_dlpack({a})",
            f"memoryview({a}).format", f"memoryview({a}).shape", f"memoryview({a}).itemsize", f"memoryview({a}).readonly",
            f"bytes(memoryview({a}))", f"{a}.__array_namespace__() is mx", f"{a}.__dlpack_device__()", f"divmod({a}, 3)" if n else f"len({a})",
            f"pow({a}, 2, 3)", f"pow({a}, 2)", f"not {a}", f"{a} and 3", f"{a} if {a} else 3", f"next(iter({a}))", f"reversed({a})", f"list(reversed({a}))",
            f"{a}.nothing", f"{a}.shape[0]", f"type({a}.shape)", f"type({a}.item())", f"del_ = {a}", f"sum({a})", f"min({a})", f"any({a})",
            f"sorted({a}.tolist())" if n == 1 else f"len({a})", f"isinstance({a}, mx.array)", f"{a} is {a}", f"{a} == None", f"{a} != None", f"{a} == 'x'",
            f"{a}.item(0)", f"{a}.tolist(1)", f"{a}.at", f"{a}.__float__()", f"{a}.__int__()", f"{a}.__bool__()", f"{a}.__len__()", f"{a}.__copy__()",
            f"{a}.__deepcopy__({{}})", f"type({a}).__name__", f"type({a}).__module__", f"type(iter({a})).__name__", f"dict.fromkeys([{a}]) == 3",
            f"{a}.T.tolist()", f"{a}.shape == {a}.T.shape", f"math.trunc({a})", f"'%s' % {a}", f"'%d' % {a}", f"'%.1f' % {a}", f"{a}.__eq__(None)",
            f"{a}.__add__('x')", f"{a}.__radd__(1)", f"{a}.__getitem__('x')", f"{a}.__hash__() == hash({a})", f"print({a})", f"mx.array({a}) is {a}", f"bytes({a})"])
        if source.startswith("del_"):
            return Step("delete", f"del {a}[0]", a, [a])
        if source.startswith(("print", "dict")):
            return Step("ask", source, "1", [a])
        op = "sum" if source.startswith("sum") else "divmod" if source.startswith("divmod") else "power" if source.startswith("pow") else "none"
        known = {"a": self.values[a], "b": scalar_value("3" if op == "divmod" else "2", self.values[a].dtype)}
        return Step("ask " + source.replace(a, "x"), "", source, [a], (), op, known)

    def spoil(self):
        """Setting what cannot be set, calling with too much or too little."""
        a = self.name()
        source = self.pick([f"{a}.shape = (1,)", f"{a}.nothing = 1", f"{a}.dtype = mx.int8", f"{a}()", f"{a}.sum(1, 2, 3, 4, 5)", f"{a}.astype()",
                            f"{a}.reshape(order='C', shape=(1,))", f"{a}.item(nothing=1)", f"mx.array.sum()", f"mx.array.sum(3)", f"mx.array.item({a})",
                            f"{a}[0] += 1", f"{a} += None", f"{a} -= 'x'", f"{a} @= 2", f"{a} **= None", f"a, b = {a}", f"(*{a},)", f"{a}.at[0]", f"{a}.at.add(1)",
                            f"{a}.at[0].add()", f"{a}.at[0].add(1, 2)", f"{a}.at['x'].add(1)", f"{a}.at[0] = 1", f"{a}.transpose('x')", f"{a}.swapaxes(0)",
                            f"{a}.moveaxis()", f"{a}.split()", f"{a}.view()", f"{a}.squeeze('x')", f"{a}.flatten(0, 1, 2, 3)", f"{a}.T()", f"{a}.size()",
                            f"mx.array.__add__({a})", f"mx.array.__init__({a})", f"{a}.__setstate__(3)", f"{a}.__setstate__(({a},))", f"class A(mx.array): pass",
                            f"mx.array.__new__(mx.array) is None"])
        sets = [a] if "=" in source and source.startswith(a) else []
        return Step("spoil " + source.replace(a, "x"), source, a, [a], sets)

    def step(self):
        if len(self.values) < 2 or self.chance(0.12):
            return self.pick([self.create_list, self.create_list, self.create_numpy, self.create_other])()
        return self.r.choices([self.read, self.write, self.at, self.binary, self.compare, self.unary, self.reduce, self.scan,
                               self.cast, self.reshape, self.function, self.ask, self.spoil],
                              [18, 14, 6, 16, 5, 4, 6, 2, 6, 9, 9, 16, 1])[0]()

    def saw(self, step, answer):
        """Learns what a step's name now is."""
        first = answer["of"][0] if answer["k"] == "tuple" and step.kind.startswith("in-place") and answer.get("of") else answer
        for name in step.sets:
            if first["k"] == "array" and len(first["v"]) <= 4096:
                self.values[name] = value_of(first)
            else:
                self.values.pop(name, None)


def value_of(answer):
    from table import NUMPY
    data = np.frombuffer(bytes.fromhex(answer["v"]), NUMPY[answer["d"]]).reshape(answer["s"])
    return Value(answer["d"], answer["s"], data)


def scalar_value(source, dtype):
    number = eval(source)
    integer = isinstance(number, int) and dtype in INTS
    return Value(dtype if integer else "bool" if number is True or number is False else "int32" if isinstance(number, int) else
                 "complex64" if isinstance(number, complex) else "float32", (), np.array(number))


def fits(a, b):
    return all(x == y or x == 1 or y == 1 for x, y in zip(reversed(a), reversed(b)))


def plain_axis(source, n):
    """The one axis that a source names; None for none or a bad one."""
    axes = plain_axes(source, n)
    return axes[0] if axes and len(axes) == 1 else None


def plain_axes(source, n):
    """The axes a source names, sorted out for the tolerance; None for all or for bad ones."""
    try:
        axes = eval(source) if source else None
        axes = None if axes is None else [axes] if isinstance(axes, int) else list(axes)
        return axes if axes is None or all(isinstance(i, int) and -n <= i < n for i in axes) else None
    except Exception:
        return None
