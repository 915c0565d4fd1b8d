"""Cases that mirror upstream's python/tests/test_ops.py: element-wise functions of two or three operands."""

import math
import operator

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_ops.py")
NAN, INF = math.nan, math.inf


@pytest.mark.parity(*ROW, "TestOps.test_logaddexp")
def test_logarithm_of_added_exponentials(mx, check):
    pairs = [(0.0, 3.0), (-2.5, -2.5), (700.0, 1.0), (-INF, 4.0), (-INF, -INF), (INF, -INF)]
    wanted = [math.log(1 + math.exp(3)), -2.5 + math.log(2), 700.0, 4.0, -INF, INF]
    left, right = (mx.array(side) for side in zip(*pairs))
    check.close(mx.logaddexp(left, right), wanted)
    check.close(mx.logaddexp(right, left), wanted)
    check.equal(mx.logaddexp(mx.array([NAN, 1.0, NAN]), mx.array([2.0, NAN, NAN])), [NAN] * 3)
    # A common factor exp(0.5j) in both terms is one in the sum.
    turned = mx.logaddexp(mx.array([0.0, -2.5, 1.0]) + 0.5j, mx.array([3.0, -2.5, 0.0]) + 0.5j)
    check.same(turned.dtype, mx.complex64)
    check.close(turned, [wanted[0] + 0.5j, wanted[1] + 0.5j, math.log(math.e + 1) + 0.5j])


@pytest.mark.parity(*ROW, "TestOps.test_logical_and")
def test_both(mx, check):
    left, right = mx.array([[True, False], [False, True]]), mx.array([True, False])
    for result in (mx.logical_and(left, right), left & right, right & left):
        check.equal(result, [[True, False], [False, False]], dtype=mx.bool_)
    check.equal(mx.logical_and(mx.array([3.5, 0.0, NAN]), mx.array([2, 7, 1])), [True, False, True], dtype=mx.bool_)


@pytest.mark.parity(*ROW, "TestOps.test_logical_or")
def test_either(mx, check):
    left, right = mx.array([[True, False], [False, True]]), mx.array([True, False])
    for result in (mx.logical_or(left, right), left | right, right | left):
        check.equal(result, [[True, False], [True, True]], dtype=mx.bool_)
    check.equal(mx.logical_or(mx.array([0.0, -0.0, 0.25]), mx.array([0, 6, 0])), [False, True, True], dtype=mx.bool_)


@pytest.mark.parity(*ROW, "TestOps.test_maximum")
def test_larger(mx, check):
    left, right = mx.array([4.0, -8.5, -INF, 0.5]), mx.array([-4.0, -8.25, 1.0, 0.5])
    check.equal(mx.maximum(left, right), [4.0, -8.25, 1.0, 0.5], dtype=mx.float32)
    check.equal(mx.maximum(mx.array([[2, -9], [5, 5]]), -1), [[2, -1], [5, 5]], dtype=mx.int32)
    unknown = mx.array([NAN, NAN])
    for result in (mx.maximum(unknown, mx.array([1.0, INF])), mx.maximum(mx.array([1.0, INF]), unknown)):
        check.equal(result, [NAN, NAN])


@pytest.mark.parity(*ROW, "TestOps.test_minimum")
def test_smaller(mx, check):
    left, right = mx.array([4.0, -8.5, INF, 0.5]), mx.array([-4.0, -8.25, 1.0, 0.5])
    check.equal(mx.minimum(left, right), [-4.0, -8.5, 1.0, 0.5], dtype=mx.float32)
    check.equal(mx.minimum(mx.array([[2, -9], [5, 5]]), -1), [[-1, -9], [-1, -1]], dtype=mx.int32)
    unknown = mx.array([NAN, NAN])
    for result in (mx.minimum(unknown, mx.array([1.0, -INF])), mx.minimum(mx.array([1.0, -INF]), unknown)):
        check.equal(result, [NAN, NAN])


@pytest.mark.parity(*ROW, "TestOps.test_multiply")
def test_products(mx, check):
    x = mx.array(-1.5)
    for product, wanted in ((mx.multiply(x, mx.array(4.0)), -6.0), (x * 0.5, -0.75), (8 * x, -12.0), (x * x, 2.25)):
        check.equal(product, wanted, dtype=mx.float32, shape=())
    check.equal(mx.multiply(mx.array([[1], [-2]]), mx.array([3, 5])), [[3, 5], [-6, -10]], dtype=mx.int32)
    check.equal(mx.multiply(mx.array([0.0, INF]), mx.array([-INF, -2.0])), [NAN, -INF])


@pytest.mark.parity(*ROW, "TestOps.test_subtract")
def test_differences(mx, check):
    x = mx.array(2.25)
    for difference, wanted in ((mx.subtract(x, mx.array(5.0)), -2.75), (x - 0.25, 2.0), (10 - x, 7.75), (x - x, 0.0)):
        check.equal(difference, wanted, dtype=mx.float32, shape=())
    check.equal(mx.subtract(mx.array([[1], [-2]]), mx.array([3, 5])), [[-2, -4], [-5, -7]], dtype=mx.int32)
    check.equal(mx.subtract(mx.array([INF, 3.0]), mx.array([INF, -INF])), [NAN, INF])


@pytest.mark.parity(*ROW, "TestOps.test_remainder")
def test_what_a_division_leaves(mx, check):
    for dtype in (mx.int32, mx.float32):
        seven, three = mx.array(7, dtype=dtype), mx.array(3, dtype=dtype)
        for result, wanted in (
            (mx.remainder(seven, three), 1), (mx.remainder(three, seven), 3), (mx.remainder(seven, seven), 0),
            (seven % 4, 3), (7 % three, 1), (-7 % three, 2), (-7 % -three, -1), (7 % -three, -2), (-seven % -4, -3),
        ):
            check.equal(result, wanted, dtype=dtype, shape=())
        steps = (mx.arange(9) - 4).astype(dtype)
        for divisor in (3, -3, 4, -4):
            check.equal(steps % divisor, [step % divisor for step in range(-4, 5)], dtype=dtype)
    check.close(mx.remainder(mx.array([5.5, -5.5, 0.75]), 2.0), [1.5, 0.5, 0.75])
    for length in (1, 16, 67):  # whole vectors, and what is left of them
        check.that(mx.array_equal(-mx.ones(length) % mx.full(length, 5), mx.full(length, 4.0)), f"{length} elements")


@pytest.mark.parity(*ROW, "TestOps.test_scalar_inputs")
def test_python_numbers_as_operands(mx, check):
    dtypes = {bool: mx.bool_, int: mx.int32, float: mx.float32}
    rank = [bool, int, float]
    for left in (True, 6, -2.5):
        for right in (True, 3, 0.5):
            dtype = dtypes[max(type(left), type(right), key=rank.index)]
            wanted = True if dtype == mx.bool_ else left + right
            # An array of the stronger kind keeps its dtype, and so does one that meets a number of its own kind.
            for total in (mx.add(left, right), mx.add(mx.array(left), right), mx.add(left, mx.array(right))):
                check.equal(total, wanted, dtype=dtype, shape=())
    check.equal(mx.add(False, False), False, dtype=mx.bool_)
    functions = {
        mx.add: operator.add, mx.subtract: operator.sub, mx.multiply: operator.mul, mx.divide: operator.truediv,
        mx.floor_divide: operator.floordiv, mx.remainder: operator.mod, mx.maximum: max, mx.minimum: min,
        mx.equal: operator.eq, mx.not_equal: operator.ne, mx.less: operator.lt, mx.less_equal: operator.le,
        mx.greater: operator.gt, mx.greater_equal: operator.ge,
    }
    for ours, reference in functions.items():
        # Multiples, as upstream's quotients of integers are cut towards zero.
        for left in (-4, 0, 8, -2.0, 5.0):
            for right in (True, -2, 4, -0.5, 3.0):
                check.close(ours(left, right).item(), reference(left, right), rtol=1e-6)


@pytest.mark.parity(*ROW, "TestOps.test_where")
def test_choices(mx, check):
    table = mx.array([[9, -8], [7, -6]])
    check.equal(mx.where(True, table, 0), [[9, -8], [7, -6]], dtype=mx.int32)
    check.equal(mx.where(False, table, 0), [[0, 0], [0, 0]], dtype=mx.int32)
    check.equal(mx.where(False, 4, table), [[9, -8], [7, -6]], dtype=mx.int32)
    check.equal(mx.where(mx.array([[False], [True]]), table, mx.array([1, 2])), [[1, 2], [7, -6]], dtype=mx.int32)
    check.equal(mx.where(table > 0, 0.5, table), [[0.5, -8], [0.5, -6]], dtype=mx.float32)
    # A view with overlapping windows of four by four numbers, seen in six dimensions.
    numbers = between(1, -50, 50, 1, 4, 4, 1, dtype="float32")
    windows = mx.as_strided(mx.array(numbers), [1, 2, 2, 3, 3, 1], [16, 4, 1, 4, 1, 1])
    wanted = [[[numbers[0, i : i + 3, j : j + 3].tolist() for j in range(2)] for i in range(2)]]
    chosen = mx.where(mx.isnan(windows), mx.nan, windows)
    check.equal(chosen, wanted, shape=(1, 2, 2, 3, 3, 1))
    check.that(mx.allclose(mx.where(windows > 1000, windows, mx.ones_like(windows)), mx.ones((1, 2, 2, 3, 3, 1))))


@pytest.mark.parity(*ROW, "TestOps.test_real_imag")
def test_parts_of_complex_numbers(mx, check):
    first = mx.random.uniform(shape=(3, 5), key=mx.random.key(2))
    second = mx.random.uniform(shape=(3, 5), key=mx.random.key(3)) + 1
    both = first - 1j * second
    for part, wanted in (
        (mx.real(first), first), (mx.imag(first), mx.zeros_like(first)), (mx.real(both), first), (mx.imag(both), -second),
    ):
        check.same(part.dtype, mx.float32)
        check.that(mx.array_equal(part, wanted), f"{part} is not {wanted}")
    check.equal(mx.imag(mx.array([4 - 7j, 2j])), [-7.0, 2.0], dtype=mx.float32)
    single = mx.array(normal(4, 2, 3, dtype="complex64"))
    check.equal(mx.real(single) + 1j * mx.imag(single), single)
