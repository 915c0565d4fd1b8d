"""The op table and the line format, as both sides of the differential test read them."""
import json

import numpy as np

# Our dtype names; bfloat16 has no NumPy type, so its values travel as their upper halves of float32.
NUMPY = {
    "bool": np.bool_, "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64,
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64, "float16": np.float16,
    "float32": np.float32, "float64": np.float64, "bfloat16": np.uint16, "complex64": np.complex64,
}
DTYPES = list(NUMPY)


class Function:
    """A public function: its name and its parameters as (name, type) in order."""

    def __init__(self, name, signature):
        self.name = name
        head, _, result = signature.partition("->")
        self.result = result.strip() or "array"
        self.parameters = []
        for part in filter(None, (p.strip() for p in head.split(","))):
            parameter, _, rest = part.partition(":")
            self.parameters.append((parameter.strip(), rest.partition("=")[0].strip()))

    def subject(self):
        """The parameter whose dtype says which kernel runs, or None."""
        if self.name in ("where", "random_permutation"):
            return "x"
        if self.name == "from_fp8":
            return "dtype"
        if self.name == "dequantize":
            return "scales"
        arrays = [n for n, kind in self.parameters if kind.startswith("array")]
        if arrays and not self.name.startswith("random_"):
            return arrays[0]
        return next((n for n, kind in self.parameters if kind.startswith("dtype")), None)


def functions(path):
    """Every public function of ops.json, by name."""
    with open(path) as f:
        rows = json.load(f)
    return {row["name"]: Function(row["name"], row["signature"]) for row in rows if row["signature"] is not None}


def numpy_of(dtype, shape, hexes):
    """The values of an array as a NumPy array; bfloat16 as uint16 bits."""
    data = b"" if hexes == "-" else bytes.fromhex(hexes)
    return np.frombuffer(data, NUMPY[dtype]).reshape(shape)


def wide(values, dtype):
    """The same values as numbers NumPy can compute with."""
    if dtype == "bfloat16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values


def shape_of(text):
    return () if text == "-" else tuple(int(n) for n in text.split(","))


def shape_text(shape):
    return ",".join(map(str, shape)) or "-"
