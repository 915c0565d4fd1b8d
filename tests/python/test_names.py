"""Every public name is there, as the table of functions says; what is not built refuses by its name."""
import inspect
import pathlib
import re

import mlx.core as mx
import pytest
from psionic import _core

API = (pathlib.Path(__file__).parents[2] / "bindings/python/api.def").read_text()
ROWS = re.findall(r'^(PY|TRANSFORM|LACKS|CALL|HAND)\((\w+), (\w+),[^"]*"([^"]*)"', API, re.M)
TYPES = ["array", "ArrayAt", "ArrayIterator", "ArrayLike", "Device", "DeviceType", "Dtype", "DtypeCategory",
         "FunctionExporter", "Stream", "StreamContext", "custom_function", "finfo", "iinfo"]


def place(module):
    return mx if module == "core" else getattr(_core, module)


@pytest.mark.parametrize("kind, module, name, signature", ROWS, ids=lambda v: str(v)[:20])
def test_function_exists(kind, module, name, signature):
    f = getattr(place(module), name)
    assert callable(f) and inspect.signature(f) is not None


def documented():
    modules = [mx, *(getattr(mx, name) for name in ("random", "linalg", "fft", "fast", "metal", "cuda", "distributed"))]
    return [*{id(f): f for m in modules for name, f in vars(m).items() if callable(f) and name[0] != "_"}.values(),
            *(f for name, f in vars(mx.array).items() if name[0] != "_")]


@pytest.mark.parametrize("f", documented(), ids=lambda f: f.__name__)
def test_help_says_what_it_does(f):
    assert len((f.__doc__ or "").split()) >= 2


def test_types_and_constants_exist():
    for name in TYPES + ["e", "pi", "inf", "nan", "euler_gamma", "newaxis", "cpu", "gpu", "generic", "bfloat16"]:
        assert hasattr(mx, name)
    assert mx.distributed.Group and mx.random.state


def test_at_most_a_quarter_is_written_by_hand():
    by_hand = sum(kind == "HAND" for kind, *_ in ROWS)
    assert by_hand * 4 <= len(ROWS)


def test_submodules_can_be_imported():
    import mlx.core.random as a
    import mlx.core.linalg as b
    from mlx.core import fft, fast, metal, cuda, distributed

    assert a is mx.random and b is mx.linalg and all((fft, fast, metal, cuda, distributed))


def test_classes_not_built_refuse():
    with pytest.raises(NotImplementedError, match="^unsupported_op: FunctionExporter"):
        mx.FunctionExporter()


def test_random_state_is_the_default_key():
    mx.random.seed(7)
    assert mx.random.state[0].tolist() == mx.random.key(7).tolist()
    first = mx.random.uniform(shape=(3,)).tolist()
    mx.random.state[0] = mx.random.key(7)
    assert mx.random.uniform(shape=(3,)).tolist() == first
