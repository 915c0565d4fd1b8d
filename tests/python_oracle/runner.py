"""One side of the Python differential test: runs steps as they come, line by line, and describes what they give.

A question is {"code": statements, "show": expression}, {"adopt": [name, dtype, shape, hex]} or {"reset": true}; an answer
is a description: of an array its dtype, shape and bytes, of an exception its class. It runs on whatever `mlx.core` its
interpreter has.
"""
import array
import copy
import io
import math
import operator
import pathlib
import pickle
import sys
import warnings

import mlx.core as mx
import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
from child import questions  # noqa: E402

warnings.simplefilter("ignore")
mx.set_default_device(mx.cpu)
GIVEN = dict(mx=mx, np=np, array=array, copy=copy, io=io, math=math, operator=operator, pickle=pickle)
NAMES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16",
         "float32", "float64", "complex64"]


class Accessor:
    """Gives an array by __mlx_array__."""

    def __init__(self, a):
        self.a = a

    def __mlx_array__(self):
        return self.a


class Liar:
    """A sequence that lies about its length."""

    def __init__(self, said, items):
        self.said, self.items = said, items

    def __len__(self):
        return self.said

    def __getitem__(self, i):
        return self.items[i]


class Index:
    def __index__(self):
        return 1


GIVEN.update(Accessor=Accessor, Liar=Liar, Index=Index)


def dtype_name(dtype):
    return next((n for n in NAMES if dtype == (mx.bool_ if n == "bool" else getattr(mx, n))), str(dtype))


def of_array(a):
    mx.eval(a)
    flat = mx.reshape(a, (-1,)) if a.size else None
    dtype = dtype_name(a.dtype)
    if flat is not None and dtype == "bfloat16":
        flat = flat.view(mx.uint16)
    data = b"" if flat is None else np.array(flat).tobytes()
    return {"k": "array", "d": dtype, "s": list(a.shape), "v": data.hex()}


def describe(value):
    if isinstance(value, mx.array):
        return of_array(value)
    if isinstance(value, np.ndarray):
        return {"k": "numpy", "t": str(value.dtype), "s": list(value.shape), "v": repr(value.tolist())}
    if isinstance(value, (list, tuple)) and any(isinstance(v, (mx.array, list, tuple)) for v in value):
        return {"k": type(value).__name__, "of": [describe(v) for v in value]}
    if isinstance(value, mx.Dtype):
        return {"k": "dtype", "v": dtype_name(value)}
    if value is None or value is NotImplemented or isinstance(value, (bool, int, float, complex, str, bytes, list, tuple, type)):
        return {"k": type(value).__name__, "v": repr(value)}
    return {"k": "other", "t": type(value).__name__}


def run(step, names):
    if "adopt" in step:
        name, dtype, shape, data = step["adopt"]
        bits = {"bfloat16": "uint16"}.get(dtype, dtype)
        flat = np.frombuffer(bytes.fromhex(data), getattr(np, bits if bits != "bool" else "bool_"))
        a = mx.array(flat)
        names[name] = (a.view(mx.bfloat16) if dtype == "bfloat16" else a).reshape(shape)
        return {"k": "adopted"}
    try:
        exec(step["code"], names)
        return describe(eval(step["show"], names))
    except Exception as e:
        return {"k": "error", "c": type(e).__name__, "m": str(e)[:300]}


def main():
    names = dict(GIVEN)
    for step, answer in questions():
        sys.stdout = io.StringIO()
        if "reset" in step:
            names = dict(GIVEN)
            answer({"file": mx.__file__})
        else:
            answer(run(step, names))


main()
