"""Cases that mirror upstream's python/tests/test_constants.py: the module's constants and what array expressions make of them."""

import math

import pytest


@pytest.mark.parity("array_core", "python/tests/test_constants.py", "TestConstants.test_constants_values")
def test_constants_values(mx, check):
    check.that(math.isclose(mx.pi, math.pi))
    check.that(math.isclose(mx.e, math.e))
    check.same(mx.inf, math.inf)
    check.that(math.isnan(mx.nan))
    check.same(mx.newaxis, None)
