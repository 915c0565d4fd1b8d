"""Cases that mirror upstream's python/tests/test_ops.py: element-wise functions of one operand, and views of its bits."""

import cmath
import math

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_ops.py")
NAN, INF = math.nan, math.inf


def _against(mx, check, ours, reference, values, rtol=2e-6, atol=1e-7):
    """Our function of the float32 values has the values of Python's own function."""
    x = mx.array(values)
    result = ours(x)
    check.same(result.dtype, mx.float32)
    check.close(result, [reference(value) for value in x.tolist()], rtol=rtol, atol=atol)


@pytest.mark.parity(*ROW, "TestOps.test_logical_not")
def test_negation(mx, check):
    check.equal(mx.logical_not(mx.array([0.0, -0.0, 1e-30, NAN, -4.0])), [True, True, False, False, False], dtype=mx.bool_)
    check.equal(mx.logical_not(mx.array([[True], [False]])), [[False], [True]], dtype=mx.bool_)


@pytest.mark.parity(*ROW, "TestOps.test_negative")
def test_opposite(mx, check):
    check.equal(mx.negative(mx.array([-7.0, 2.5, INF, 0.0])), [7.0, -2.5, -INF, 0.0], dtype=mx.float32)
    check.equal(1 / mx.negative(mx.array([0.0, -0.0])), [-INF, INF])
    check.equal(mx.negative(mx.array([[3, -4], [0, 11]])), [[-3, 4], [0, -11]], dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestOps.test_radians")
def test_degrees_to_radians(mx, check):
    _against(mx, check, mx.radians, math.radians, [-720.0, -60.0, 0.0, 1.0, 57.29578, 300.0])


@pytest.mark.parity(*ROW, "TestOps.test_reciprocal")
def test_one_over(mx, check):
    _against(mx, check, mx.reciprocal, lambda x: 1 / x, [-8.0, 0.2, 3.0, 1e20])
    check.equal(mx.reciprocal(mx.array([0.0, -0.0, INF])), [INF, -INF, 0.0])


@pytest.mark.parity(*ROW, "TestOps.test_sqrt")
def test_square_root(mx, check):
    _against(mx, check, mx.sqrt, math.sqrt, [0.0, 0.02, 2.25, 7.0, 1e30])
    check.equal(mx.sqrt(mx.array([-1.0, INF])), [NAN, INF])


@pytest.mark.parity(*ROW, "TestOps.test_rsqrt")
def test_one_over_the_square_root(mx, check):
    _against(mx, check, mx.rsqrt, lambda x: 1 / math.sqrt(x), [0.01, 0.3, 2.0, 16.0, 1e10])
    check.equal(mx.rsqrt(mx.array([0.0, INF, -2.0])), [INF, 0.0, NAN])


@pytest.mark.parity(*ROW, "TestOps.test_square")
def test_squares(mx, check):
    _against(mx, check, mx.square, lambda x: x * x, [-1.5, 0.3, 12.0, 1e-10])
    check.equal(mx.square(mx.array([-3, 0, 9])), [9, 0, 81], dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestOps.test_sin")
def test_sine(mx, check):
    _against(mx, check, mx.sin, math.sin, [step * math.pi / 6 for step in range(-13, 14)], atol=1e-6)
    check.equal(mx.sin(mx.array([INF, NAN])), [NAN, NAN])


@pytest.mark.parity(*ROW, "TestOps.test_sigmoid")
def test_logistic_function(mx, check):
    _against(mx, check, mx.sigmoid, lambda x: 1 / (1 + math.exp(-x)), [-12.0, -0.75, 0.0, 2.0, 9.5])
    check.close(mx.sigmoid(mx.array([-1000.0, 1000.0])), [0.0, 1.0], atol=0)
    # The smaller float has digits enough on both sides of a half.
    half = mx.sigmoid(mx.array([-7.0, 7.0]).astype(mx.float16))
    check.same(half.dtype, mx.float16)
    check.that(half[0].item() > 0.0 and half[1].item() < 1.0, f"{half}")
    check.close(half.astype(mx.float32), [9.11e-4, 0.99909], rtol=1e-3)


@pytest.mark.parity(*ROW, "TestOps.test_sign")
def test_signs(mx, check):
    check.equal(mx.sign(mx.array([-0.3, 0.0, 1e30, -INF, 2.0])), [-1.0, 0.0, 1.0, -1.0, 1.0], dtype=mx.float32)
    check.equal(mx.sign(mx.array([[-6, 0], [2, 5]])), [[-1, 0], [1, 1]], dtype=mx.int32)
    check.close(mx.sign(mx.array([3 - 4j, 0j, -2.0, 5j, -8 - 6j])), [0.6 - 0.8j, 0j, -1.0, 1j, -0.8 - 0.6j])


@pytest.mark.parity(*ROW, "TestOps.test_round")
def test_rounding(mx, check):
    halves = [2.5, -2.5, 3.5, -0.5, 7.51, -8.49, 40.0, INF, -INF]
    check.equal(mx.round(mx.array(halves)), [2.0, -2.0, 4.0, 0.0, 8.0, -8.0, 40.0, INF, -INF], dtype=mx.float32)
    check.equal(mx.round(mx.array([1.4 - 6.6j, 2.5 + 3.5j, -9.7 + 0.2j])), [1 - 7j, 2 + 4j, -10 + 0j], dtype=mx.complex64)
    numbers = mx.array([27, 349, -164], mx.int32)
    for decimals, wanted in ((0, [27, 349, -164]), (-1, [30, 350, -160]), (-2, [0, 300, -200]), (3, [27, 349, -164])):
        check.equal(mx.round(numbers, decimals=decimals), wanted, dtype=mx.int32)
    fractions = mx.array([0.126, -3.874], mx.float32)
    for decimals, wanted in ((1, [0.1, -3.9]), (2, [0.13, -3.87])):
        rounded = mx.round(fractions, decimals=decimals)
        check.that(mx.allclose(rounded, mx.array(wanted)), f"{rounded} is not {wanted}")
    to_even = [-6.0, -4.0, -4.0, -2.0, -2.0, 0.0, 0.0, 2.0, 2.0, 4.0, 4.0, 6.0]
    for dtype in (mx.float32, mx.float16, mx.bfloat16):
        rounded = mx.round(mx.arange(12, dtype=dtype) - 5.5)
        check.same(rounded.dtype, dtype)
        check.equal(rounded.astype(mx.float32), to_even)


@pytest.mark.parity(*ROW, "TestOps.test_nan_to_num")
def test_numbers_in_place_of_what_is_none(mx, check):
    largest = 3.4028234663852886e38
    odd = [-INF, 0.5, NAN, INF, -3.0]
    check.equal(mx.nan_to_num(mx.array(odd)), [-largest, 0.5, 0.0, largest, -3.0], dtype=mx.float32)
    for dtype in (mx.float32, mx.float16):
        replaced = mx.nan_to_num(mx.array(odd).astype(dtype), nan=7.0, posinf=512, neginf=-256)
        check.equal(replaced, [-256.0, 0.5, 7.0, 512.0, -3.0], dtype=dtype)
    check.equal(mx.nan_to_num(mx.array([4, -5])), [4, -5], dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestOps.test_unary_ops")
def test_functions_of_many_elements(mx, check):
    values = between(5, 0.01, 1.0, 7, 9, 11, dtype="float64")
    functions = {mx.abs: abs, mx.exp: math.exp, mx.log: math.log, mx.square: lambda x: x * x, mx.sqrt: math.sqrt}
    for dtype, tolerance in ((mx.float16, 1.5e-3), (mx.float32, 2e-6)):
        x = mx.array(values.astype("float32")).astype(dtype)
        for ours, reference in functions.items():
            result = ours(x)
            mx.eval(result)
            check.same(result.dtype, dtype)
            wanted = [reference(value) for value in x.flatten().tolist()]
            check.close(result.flatten(), wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parity(*ROW, "TestOps.test_unary_ops_from_non_array")
def test_functions_of_numbers_and_numpy_arrays(mx, check):
    import numpy as np

    names = (
        "abs exp expm1 log log2 log10 log1p square sqrt sign negative floor ceil conjugate sin cos tan arcsin arccos arctan "
        "sinh cosh tanh arcsinh arctanh degrees radians"
    )
    values = between(6, 0.05, 0.95, 12, dtype="float32")
    for name in names.split():
        ours, reference = getattr(mx, name), getattr(np, name)
        check.close(ours(0.375), reference(0.375), rtol=2e-6)
        check.close(ours(values), reference(values), rtol=2e-6)
        check.equal(ours(values), ours(mx.array(values)))


_TRIGONOMETRY = {  # the function in complex numbers, its inverse, their derivatives, and where the inverse is taken
    "sin": (cmath.sin, cmath.asin, lambda x: math.cos(x), lambda x: 1 / math.sqrt(1 - x * x), (-0.9, 0.9)),
    "cos": (cmath.cos, cmath.acos, lambda x: -math.sin(x), lambda x: -1 / math.sqrt(1 - x * x), (-0.9, 0.9)),
    "tan": (cmath.tan, cmath.atan, lambda x: 1 / math.cos(x) ** 2, lambda x: 1 / (1 + x * x), (-3.0, 3.0)),
    "sinh": (cmath.sinh, cmath.asinh, lambda x: math.cosh(x), lambda x: 1 / math.sqrt(x * x + 1), (-3.0, 3.0)),
    "cosh": (cmath.cosh, cmath.acosh, lambda x: math.sinh(x), lambda x: 1 / math.sqrt(x * x - 1), (1.1, 4.0)),
    "tanh": (cmath.tanh, cmath.atanh, lambda x: 1 / math.cosh(x) ** 2, lambda x: 1 / (1 - x * x), (-0.9, 0.9)),
}


@pytest.mark.parity(*ROW, "TestOps.test_trig_ops")
def test_trigonometry(mx, check):
    forward, cotangent = between(7, -1.2, 1.2, 5, 8, dtype="float32"), normal(8, 5, 8)
    plane = mx.array(normal(9, 6, 7, scale=0.5, dtype="complex64"))
    for name, (reference, inverse, slope, inverse_slope, domain) in _TRIGONOMETRY.items():
        turning_back = between(10, *domain, 5, 8, dtype="float32")
        for ours, theirs, derivative, values in (
            (getattr(mx, name), reference, slope, forward), (getattr(mx, "arc" + name), inverse, inverse_slope, turning_back),
        ):
            for dtype, tolerance in ((mx.float32, 2e-6), (mx.float16, 2e-3)):
                x = mx.array(values).astype(dtype)
                result = ours(x)
                mx.eval(result)
                wanted = [theirs(value).real for value in x.flatten().tolist()]
                check.close(result.flatten(), wanted, rtol=tolerance, atol=tolerance)
            gradient = mx.vjp(ours, [mx.array(values)], [mx.array(cotangent)])[1][0]
            wanted = [derivative(x) * y for x, y in zip(values.flatten().tolist(), cotangent.flatten().tolist())]
            check.close(gradient.flatten(), wanted, rtol=1e-5, atol=1e-5)
        result = getattr(mx, name)(plane)
        check.close(result.flatten(), [reference(z) for z in plane.flatten().tolist()], rtol=1e-5, atol=1e-5)


@pytest.mark.parity(*ROW, "TestOps.test_to_from_fp8")
def test_numbers_of_one_byte(mx, check):
    # Three bits behind the leading one, down to a step of 2**-9: these numbers come back as they were.
    exact = [sign * digits * 2.0**exponent for sign in (1, -1) for digits in (8, 11, 14, 15) for exponent in (-9, -5, 0, 4)]
    exact += [448.0, -448.0, 2.0**-9, 0.0]
    values = mx.array([value for value in exact if abs(value) <= 448])
    packed = mx.to_fp8(values)
    check.same(packed.dtype, mx.uint8)
    check.that(mx.array_equal(mx.from_fp8(packed, dtype=mx.float32), values), "another number came back")
    check.that(mx.array_equal(mx.from_fp8(mx.to_fp8(-values), dtype=mx.float32), -values), "another number came back")
    check.equal(mx.to_fp8(mx.array([1.0, -1.0, 1.06, 2.0])), [0x38, 0xB8, 0x38, 0x40])
    check.equal(mx.from_fp8(mx.to_fp8(mx.array([17.4, 0.3])), dtype=mx.float32), [18.0, 0.3125])


@pytest.mark.parity(*ROW, "TestOps.test_view")
def test_bits_as_another_dtype(mx, check):
    import numpy as np

    check.same(mx.array(-3, mx.int8).view(mx.uint8).item(), 253)
    block = mx.random.randint(shape=(3, 2, 6), low=-500, high=500, key=mx.random.key(11))
    layouts = {
        "rows": block,
        "columns": block.reshape(6, 6).T,
        "repeated": mx.broadcast_to(block[:, :1], shape=(3, 5, 6)),
        "backwards": block[::-1, :, ::-1],
    }
    for layout, x in layouts.items():
        plain = np.ascontiguousarray(np.array(x))
        for name in ("int16", "float32", "int64", "bool_"):
            seen = x.view(getattr(mx, name))
            check.that(mx.array_equal(seen.view(mx.int32), x), f"{layout} through {name}")
            if name != "bool_":  # whose bytes may be any, which neither side can show
                check.that(np.array_equal(np.array(seen), plain.view(name), equal_nan=True), f"{layout} as {name}")
