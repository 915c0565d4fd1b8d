"""Cases that mirror upstream's python/tests/test_constants.py: the module's constants and what array expressions make of them."""

import math

import pytest


@pytest.mark.parity("array_core", "python/tests/test_constants.py", "TestConstants.test_constants_values")
def test_constants_values(mx, check):
    check.that(math.isclose(mx.pi, math.pi))
    check.that(math.isclose(mx.e, math.e))
    check.that(math.isclose(mx.euler_gamma, 0.5772156649015329))
    check.same(mx.inf, math.inf)
    check.that(math.isnan(mx.nan))
    check.same(mx.newaxis, None)


@pytest.mark.parity("array_core", "python/tests/test_constants.py", "TestConstants.test_constants_availability")
def test_constants_availability(mx, check):
    for name in ("e", "euler_gamma", "inf", "nan", "pi"):
        check.same(type(getattr(mx, name, None)), float)
    check.that(hasattr(mx, "newaxis"))


@pytest.mark.parity("array_core", "python/tests/test_constants.py", "TestConstants.test_newaxis_for_reshaping_arrays")
def test_newaxis_for_reshaping_arrays(mx, check):
    row = mx.array([6, 4, 2])
    check.that(mx.array_equal(row[:, mx.newaxis], mx.array([[6], [4], [2]])))
    check.equal(row[mx.newaxis], [[6, 4, 2]], shape=(1, 3))
    check.same(row[mx.newaxis, :, mx.newaxis].shape, (1, 3, 1))
