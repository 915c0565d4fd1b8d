"""Cases that mirror the tests of upstream's test_ops.py for functions of one array, element by element, and for what a number is."""

import cmath
import math

import pytest

ROW = ("ops_numeric", "python/tests/test_ops.py")
INF, NAN = math.inf, math.nan


def _follows(check, ours, reference, values, rtol=1e-6, atol=1e-7):
    """float32 results that are near a reference in double precision, of exactly the values that float32 makes of these."""
    check.close(ours, [reference(value) for value in values], rtol, atol)
    check.same(ours.shape, (len(values),))


def _singles(mx, *values):
    array = mx.array(values)
    return array, array.tolist()


@pytest.mark.parity(*ROW, "TestOps.test_abs")
def test_magnitudes(mx, check):
    mixed = mx.array([-4.5, 4.5, -0.25, 0.0, -INF])
    for result in (mx.abs(mixed), mixed.abs(), abs(mixed)):
        check.equal(result, [4.5, 4.5, 0.25, 0.0, INF], dtype=mx.float32)
    check.equal(mx.abs(mx.array([-7, 8, 0])), [7, 8, 0], dtype=mx.int32)
    check.close(mx.abs(mx.array([5 - 12j, -8j])), [13, 8])


@pytest.mark.parity(*ROW, "TestOps.test_ceil")
def test_rounding_up(mx, check):
    check.equal(mx.ceil(mx.array([-8.75, 8.75, -8, 0.0, 1e-6, -INF, INF])), [-8, 9, -8, 0, 1, -INF, INF], dtype=mx.float32)
    check.equal(mx.ceil(mx.array([6, -3])), [6, -3], dtype=mx.int32)
    check.raises(ValueError, mx.ceil, mx.array([2.5 - 1j]))


@pytest.mark.parity(*ROW, "TestOps.test_floor")
def test_rounding_down(mx, check):
    check.equal(mx.floor(mx.array([-8.75, 8.75, -8, 0.0, -1e-6, -INF, INF])), [-9, 8, -8, 0, -1, -INF, INF], dtype=mx.float32)
    check.equal(mx.floor(mx.array([6, -3])), [6, -3], dtype=mx.int32)
    check.raises(ValueError, mx.floor, mx.array([2.5 - 1j]))


@pytest.mark.parity(*ROW, "TestOps.test_cos")
def test_cosines(mx, check):
    angles, values = _singles(mx, 0, math.pi / 6, math.pi / 2, -math.pi, 5 * math.pi / 3, 100.0, 12345.0)
    _follows(check, mx.cos(angles), math.cos, values)
    check.equal(mx.cos(mx.array([INF, NAN])), [NAN, NAN])


@pytest.mark.parity(*ROW, "TestOps.test_degrees")
def test_angles_in_degrees(mx, check):
    angles, values = _singles(mx, 0, math.pi / 6, -math.pi / 2, 4 * math.pi, 1e-4)
    _follows(check, mx.degrees(angles), math.degrees, values)
    check.close(mx.degrees(mx.array([math.pi, -math.pi / 4])), [180, -45])


@pytest.mark.parity(*ROW, "TestOps.test_erf")
def test_error_function(mx, check):
    points, values = _singles(mx, -4, -0.7, 0.0, 1e-3, 0.25, 1.5, 3.0, 30.0)
    _follows(check, mx.erf(points), math.erf, values)
    check.equal(mx.erf(mx.array([INF, -INF, NAN])), [1, -1, NAN])


@pytest.mark.parity(*ROW, "TestOps.test_erfinv")
def test_inverse_of_the_error_function(mx, check):
    check.equal(mx.erfinv(mx.array([1, -1, 0, 1.5, -7, NAN])), [INF, -INF, 0, NAN, NAN, NAN])
    points = mx.array([-1.9, -0.6, -0.01, 0.3, 1.1])
    check.that(mx.allclose(mx.erfinv(mx.array([math.erf(value) for value in points.tolist()])), points, rtol=1e-5))
    # The float32 next below one; SciPy gives this for it.
    check.close(mx.erfinv(mx.array([1 - 2**-24] * 9)), [3.8325066566467285] * 9)


@pytest.mark.parity(*ROW, "TestOps.test_exp")
def test_powers_of_e(mx, check):
    points, values = _singles(mx, 0, 1, -2.5, 0.125, 20.5, -60, 88)
    _follows(check, mx.exp(points), math.exp, values, rtol=1e-5, atol=0)
    check.equal(mx.exp(mx.array([INF, -INF, 89.0, -120.0])), [INF, 0, INF, 0])


@pytest.mark.parity(*ROW, "TestOps.test_expm1")
def test_powers_of_e_less_one(mx, check):
    points, values = _singles(mx, 0, 1e-6, -1e-6, 0.3, -0.3, 4, -40, 85, -85)
    _follows(check, mx.expm1(points), math.expm1, values, rtol=1e-5, atol=1e-12)
    check.equal(mx.expm1(mx.array([89.5, 100.0, -INF])), [INF, INF, -1])


def _logarithm(mx, check, ours, of_real, of_complex, wholes):
    """A logarithm of positive numbers, of the ends of its domain, and of a complex number; wholes are powers of its base."""
    points, values = _singles(mx, 1, 0.3, 7, 250, 1e-20, 3e30)
    _follows(check, ours(points), of_real, values)
    check.close(ours(mx.array([power for power, _ in wholes])), [whole for _, whole in wholes])
    check.equal(ours(mx.array([0, -2, INF, NAN])), [-INF, NAN, INF, NAN])
    number = mx.array(-3.0) + 1j * mx.array(0.5)
    check.close(ours(number), of_complex(-3 + 0.5j))


@pytest.mark.parity(*ROW, "TestOps.test_log")
def test_natural_logarithm(mx, check):
    _logarithm(mx, check, mx.log, math.log, cmath.log, [(math.e, 1), (math.exp(-3), -3)])


@pytest.mark.parity(*ROW, "TestOps.test_log2")
def test_binary_logarithm(mx, check):
    _logarithm(mx, check, mx.log2, math.log2, lambda z: cmath.log(z) / math.log(2), [(2**-9, -9), (1024, 10), (2, 1)])


@pytest.mark.parity(*ROW, "TestOps.test_log10")
def test_decimal_logarithm(mx, check):
    _logarithm(mx, check, mx.log10, math.log10, cmath.log10, [(1e-4, -4), (1000, 3), (10, 1)])


@pytest.mark.parity(*ROW, "TestOps.test_log1p")
def test_logarithm_of_one_and_more(mx, check):
    points, values = _singles(mx, 0, 1e-7, -1e-7, -0.75, 3, 4000)
    _follows(check, mx.log1p(points), math.log1p, values, atol=1e-14)
    check.equal(mx.log1p(mx.array([-1, -2, INF])), [-INF, NAN, INF])
    numbers = mx.array([2, -0.5, 25, 0.125]) - 2j
    check.close(mx.log1p(numbers), [cmath.log(1 + z) for z in (2 - 2j, -0.5 - 2j, 25 - 2j, 0.125 - 2j)])


@pytest.mark.parity(*ROW, "TestOps.test_complex_ops")
def test_functions_of_complex_numbers(mx, check):
    values = [0.5 - 2j, -7 + 24j, -0.25 + 0j, 6j, 1 + 1j]
    functions = (mx.arccos, cmath.acos), (mx.arcsin, cmath.asin), (mx.arctan, cmath.atan), (mx.square, lambda z: z * z), (mx.sqrt, cmath.sqrt)
    for ours, reference in functions:
        _follows(check, ours(mx.array(values)), reference, values, rtol=1e-5)
        if ours is not mx.arctan:  # whose pole is no number of the plane's other functions
            check.close(ours(mx.array([0j])), [reference(0j)])
    _follows(check, mx.rsqrt(mx.array(values)), lambda z: 1 / cmath.sqrt(z), values, rtol=1e-5)


@pytest.mark.parity(*ROW, "TestOps.test_conjugate")
def test_conjugates(mx, check):
    import numpy as np

    values = (np.arange(24) * 5 % 11 - 1j * (np.arange(24) * 3 % 7)).astype(np.complex64).reshape(2, 4, 3)
    block = mx.array(values)
    for result in (mx.conjugate(block), mx.conj(block), block.conj()):
        check.equal(result, values.conj(), dtype=mx.complex64, shape=(2, 4, 3))
    check.equal(mx.conj(block.transpose(2, 0, 1)), values.conj().transpose(2, 0, 1))
    check.equal(mx.conjugate(mx.array([1.5, -2.0])), [1.5, -2.0], dtype=mx.float32)


def _predicate(mx, check, function, wanted):
    """The answer for a number, both infinities and NaN, in each dtype that has them; `wanted` in that order."""
    for dtype in (mx.float32, mx.float16, mx.bfloat16):
        check.equal(function(mx.array([-1.5, INF, -INF, NAN]).astype(dtype)), wanted, dtype=mx.bool_)
    parts = [complex(part, 0) for part in (-1.5, INF, -INF, NAN)]
    check.equal(function(mx.array(parts, mx.complex64)), wanted, dtype=mx.bool_)
    check.equal(function(0 * mx.array(INF)), wanted[3], dtype=mx.bool_, shape=())
    for dtype, bits in ((mx.int32, 31), (mx.int16, 15)):
        check.equal(function(mx.array([-(2**bits), 0, 2**bits - 1], dtype)), [wanted[0]] * 3, dtype=mx.bool_)


@pytest.mark.parity(*ROW, "TestOps.test_isnan")
def test_what_is_no_number(mx, check):
    _predicate(mx, check, mx.isnan, [False, False, False, True])
    check.equal(mx.isnan(mx.array([complex(4, NAN), 4j], mx.complex64)), [True, False])


@pytest.mark.parity(*ROW, "TestOps.test_isinf")
def test_what_is_infinite(mx, check):
    _predicate(mx, check, mx.isinf, [False, True, True, False])


@pytest.mark.parity(*ROW, "TestOps.test_isposinf")
def test_what_is_infinite_upwards(mx, check):
    _predicate(mx, check, mx.isposinf, [False, True, False, False])


@pytest.mark.parity(*ROW, "TestOps.test_isneginf")
def test_what_is_infinite_downwards(mx, check):
    _predicate(mx, check, mx.isneginf, [False, False, True, False])


@pytest.mark.parity(*ROW, "TestOps.test_isfinite")
def test_what_is_finite(mx, check):
    _predicate(mx, check, mx.isfinite, [True, False, False, False])
    check.equal(mx.isfinite(mx.array([65504.0, 1e30]).astype(mx.float16)), [True, False])
