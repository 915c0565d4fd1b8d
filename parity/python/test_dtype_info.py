"""Cases that mirror the classes TestVersion and TestDtypes of upstream's test_array.py: the version, dtypes and their limits."""

import re

import pytest

ROW = ("array_core", "python/tests/test_array.py")
SIZES = {"bool": 1, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
         "float16": 2, "bfloat16": 2, "float32": 4, "complex64": 8}


@pytest.mark.parity(*ROW, "TestVersion.test_version")
def test_version_text(mx, check):
    version = mx.__version__
    check.that(re.match(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version), version)
    check.that(len(version.split(".")) >= 3, version)


@pytest.mark.parity(*ROW, "TestDtypes.test_dtypes")
def test_sizes_and_names(mx, check):
    for name, size in SIZES.items():
        dtype = getattr(mx, "bool_" if name == "bool" else name)
        check.same(dtype.size, size)
        check.same(str(dtype), f"mlx.core.{name}")
        check.same(repr(dtype), f"mlx.core.{name}")


@pytest.mark.parity(*ROW, "TestDtypes.test_scalar_conversion")
def test_numpy_scalars(mx, check):
    import numpy as np

    for name in SIZES:
        if name in ("bool", "bfloat16"):
            continue
        scalar = getattr(np, name)(7)
        ours = mx.array(scalar)
        check.same(ours.dtype, getattr(mx, name))
        check.same(ours.shape, ())
        back = np.array(ours)
        check.that(back.dtype == scalar.dtype, name)
        check.that(back.shape == (), name)
        check.that(back == scalar, name)
        check.that(np.array(mx.array(np.full((2, 1), 7, dtype=name).max())) == 7, name)


@pytest.mark.parity(*ROW, "TestDtypes.test_finfo")
def test_limits_of_floats(mx, check):
    import numpy as np

    for name in ("float16", "float32"):
        ours, theirs = mx.finfo(getattr(mx, name)), np.finfo(name)
        check.that(ours.min == theirs.min, f"{ours.min}")
        check.that(ours.max == theirs.max, f"{ours.max}")
        check.that(ours.eps == theirs.eps, f"{ours.eps}")
        check.that(ours.dtype == getattr(mx, name))
    check.raises(ValueError, mx.finfo, mx.int32)


@pytest.mark.parity(*ROW, "TestDtypes.test_iinfo")
def test_limits_of_integers(mx, check):
    for name, low, high in (("int8", -128, 127), ("int32", -(2**31), 2**31 - 1), ("uint32", 0, 2**32 - 1)):
        limits = mx.iinfo(getattr(mx, name))
        check.same(limits.min, low)
        check.same(limits.max, high)
        check.that(limits.dtype == getattr(mx, name))
    check.raises(ValueError, mx.iinfo, mx.float32)
