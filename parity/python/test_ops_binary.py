"""Cases that mirror the tests of upstream's test_ops.py for functions of two arrays, element by element, however these lie in memory."""

import itertools
import math

import pytest

ROW = ("ops_numeric", "python/tests/test_ops.py")
SIGNED, UNSIGNED = ("int8", "int16", "int32", "int64"), ("uint8", "uint16", "uint32", "uint64")


@pytest.mark.parity(*ROW, "TestOps.test_add")
def test_sums(mx, check):
    check.equal(mx.add(mx.array(4), mx.array(-9)), -5, dtype=mx.int32, shape=())
    no, yes = mx.array(False, mx.bool_), mx.array(True, mx.bool_)
    for result, wanted in ((no + 6, 6), (6 + no, 6), (yes + 6, 7), (mx.add(yes, 6), 7), (yes + yes, True)):
        check.equal(result, wanted, dtype=mx.bool_ if wanted is True else mx.int32)
    # A number of Python's takes the array's dtype, but that a fraction makes a float of an integer.
    for dtype in (mx.uint32, mx.int64, mx.float32, mx.int32):
        one = mx.array(40, dtype)
        for result in (one + 2, 2 + one, mx.add(one, 2)):
            check.equal(result, 42, dtype=dtype, shape=())
        for result in (one + 2.5, 2.5 + one, mx.add(2.5, one)):
            check.equal(result, 42.5, dtype=mx.float32, shape=())
    check.equal(mx.array([1, 2], mx.uint32) + mx.array([[0.5], [10]], mx.float32), [[1.5, 2.5], [11, 12]], dtype=mx.float32)


@pytest.mark.parity(*ROW, "TestOps.test_divide")
def test_quotients(mx, check):
    nine, four = mx.array(9.0), mx.array(4.0)
    for result in (mx.divide(nine, four), nine / four, nine / 4.0, 9.0 / four, nine / 4, 9 / four):
        check.equal(result, 2.25, dtype=mx.float32, shape=())
    half = nine.astype(mx.float16)
    check.equal(half / 2.0, 4.5, dtype=mx.float16)
    check.equal(36.0 / half, 4.0, dtype=mx.float16)
    whole, by = mx.array([11, -9, 6]), mx.array([4, 2, 3])
    check.equal(whole / by, [2.75, -4.5, 2.0], dtype=mx.float32)
    check.equal(mx.array([11, 9, 6]) // by, [2, 4, 2], dtype=mx.int32)
    check.equal(nine // 2, 4.0, dtype=mx.float32)
    check.equal(mx.array([1.0, -1.0, 0.0]) / 0, [math.inf, -math.inf, math.nan])


@pytest.mark.parity(*ROW, "TestOps.test_divmod")
def test_quotient_and_remainder(mx, check):
    import numpy as np

    shapes = ((1,), (1,)), ((1,), (7,)), ((7,), (1,)), ((4,), (4,)), ((3, 1, 2), (1, 4, 1)), ((2, 3, 2), (1, 3, 1)), ((2, 2, 3, 2),) * 2
    for name in ("uint8", "uint16", "uint32", "int32", "int64", "float16", "float32"):
        for first, second in shapes:
            a = (np.arange(math.prod(first)) * 29 % 97 + 3.5).astype(name).reshape(first)
            b = (np.arange(math.prod(second)) * 5 % 13 + 1.5).astype(name).reshape(second)
            quotient, rest = mx.divmod(mx.array(a), mx.array(b))
            wanted, left = np.divmod(a, b)
            check.equal(quotient, wanted, dtype=getattr(mx, name), shape=wanted.shape)
            check.close(rest, left, rtol=1e-3)


def _cut(array, axis):
    """Only the first of an axis, kept, so that the other operand makes it broadcast."""
    return array[(slice(None),) * axis + (slice(0, 1),)]


@pytest.mark.parity(*ROW, "TestOps.test_binary_ops")
def test_functions_of_two_arrays(mx, check):
    import numpy as np

    shape = (5, 9, 11)
    first = (np.arange(math.prod(shape)) * 37 % 101 / 101 + 0.05).reshape(shape)
    second = (np.arange(math.prod(shape)) * 53 % 89 / 89 + 0.15).reshape(shape)
    every = SIGNED + UNSIGNED + ("float32", "float16")
    kinds = {"divide": ("float32", "float16"), "power": ("float32", "float16"), "floor_divide": every[:-1]}
    for op in ("add", "subtract", "multiply", "divide", "floor_divide", "maximum", "minimum", "power"):
        for name in kinds.get(op, every):
            scale = 1 if name.startswith("float") else 11
            x, y = [np.asarray(values * scale, dtype=name) for values in (first, second)]
            ours, theirs = getattr(mx, op), getattr(np, op)
            pairs = [(x, y)] + [(_cut(x, axis), y) for axis in range(3)] + [(x.T, _cut(y, 1).T), (x[::2, ::-1], y[-1])]
            for a, b in pairs:
                result, wanted = ours(mx.array(a), mx.array(b)), theirs(a, b)
                mx.eval(result)
                check.that(result.dtype == getattr(mx, name) and result.shape == wanted.shape, f"{op} of {name}: {result.dtype}")
                near = np.array_equal if scale > 1 else lambda got, real: np.allclose(got, real, atol=2e-3 if name == "float16" else 1e-6)
                check.that(near(np.array(result), wanted), f"{op} of {name} {a.shape} and {b.shape}")


@pytest.mark.parity(*ROW, "TestOps.test_irregular_binary_ops")
def test_operands_that_lie_otherwise(mx, check):
    import numpy as np

    def numbers(*shape, by):
        return (np.arange(math.prod(shape)) * by % 61 - 30).reshape(shape)

    def sums(x, y, a, b, what):
        check.that(np.array_equal(np.array(mx.add(a, b)), x + y), what)

    for rank in (2, 3, 4, 5):
        size = 4 if rank < 4 else 3
        x, y = numbers(*[size] * rank, by=17), numbers(*[size] * rank, by=23)
        a, b = mx.array(x), mx.array(y)
        orders = list(itertools.permutations(range(rank)))
        for order, other in zip(orders, orders[:: -1 if rank < 5 else 1]):
            other = other[::-1]
            sums(x.transpose(order), y.transpose(other), mx.transpose(a, order), mx.transpose(b, other), f"axes {order} and {other}")
        for kept in itertools.product((1, size), repeat=rank):
            part = numbers(*kept, by=7)
            sums(x, part, a, mx.reshape(mx.array(part.ravel()), kept), f"broadcast from {kept}")
        for order in orders[:24]:
            for axis in range(rank):
                index = (slice(None),) * axis + (slice(1, None, 2),)
                sums(x.transpose(order)[index], y[index], mx.transpose(a, order)[index], b[index], f"axes {order}, steps along {axis}")


@pytest.mark.parity(*ROW, "TestOps.test_irregular_alignments")
def test_operands_that_begin_anywhere(mx, check):
    for length in (2, 19, 70):
        column = mx.ones((length, 1)) * 3
        for start in (1, length // 2):
            tail = column[start:]
            check.that(mx.all(-tail == -3.0), f"one operand, {length} from {start}")
            check.that(mx.all(tail * tail == 9.0), f"two operands, {length} from {start}")
            chosen = mx.where(mx.ones(tail.shape).astype(mx.bool_), tail, mx.zeros(tail.shape))
            check.that(mx.all(chosen == 3.0), f"three operands, {length} from {start}")
            check.same(chosen.shape, (length - start, 1))


@pytest.mark.parity(*ROW, "TestOps.test_large_binary")
def test_more_elements_than_an_int_counts(mx, check):
    rows, columns = 3, 715827900
    check.that(rows * columns > 2**31)
    total = mx.ones([rows, columns], mx.int8) + mx.ones([columns], mx.int8)
    check.equal(mx.array([total[0, 0].item(), total[2, columns - 1].item(), total[2, 11].item()]), [2, 2, 2])
    check.same(total.dtype, mx.int8)


@pytest.mark.parity(*ROW, "TestOps.test_bitwise_ops")
def test_functions_of_bits(mx, check):
    import numpy as np

    first = mx.random.randint(0, 5000, (300,), key=mx.random.key(31))
    second = mx.random.randint(0, 5000, (300,), key=mx.random.key(32))
    for name in SIGNED + UNSIGNED:
        dtype = getattr(mx, name)
        a, b = first.astype(dtype), second.astype(dtype)
        shift = mx.random.randint(0, 8 * dtype.size, (300,), key=mx.random.key(33)).astype(dtype)
        x, y, by = np.array(a), np.array(b), np.array(shift)
        for op in ("bitwise_and", "bitwise_or", "bitwise_xor"):
            check.equal(getattr(mx, op)(a, b), getattr(np, op)(x, y), dtype=dtype)
        for op in ("left_shift", "right_shift"):
            check.equal(getattr(mx, op)(a, shift), getattr(np, op)(x, by), dtype=dtype)
        check.equal(~a, ~x, dtype=dtype)
        check.equal(mx.bitwise_invert(a), ~x, dtype=dtype)
    check.equal(mx.array([12, 10], mx.int16) & 6, [4, 2], dtype=mx.int16)
    check.equal(mx.array([12, 10], mx.uint64) ^ mx.array([1, 2], mx.uint64), [13, 8], dtype=mx.uint64)
    check.equal(mx.array([12, 10], mx.int64) | 3, [15, 11], dtype=mx.int64)
    check.equal(mx.array([3, 1], mx.uint32) << 4, [48, 16], dtype=mx.uint32)
    check.equal(mx.array([77, 8], mx.uint16) >> 3, [9, 1], dtype=mx.uint16)
    either = mx.ones((2, 1, 3), dtype=mx.bool_) | mx.zeros((1, 4, 3), dtype=mx.bool_)
    check.that(mx.array_equal(either, mx.ones((2, 4, 3), dtype=mx.bool_)))
    check.same(either.dtype, mx.bool_)
    check.raises(ValueError, lambda: mx.array([1.5]) & 1)
    check.equal(mx.array([200, 7], mx.uint8) & mx.array([15, 12], mx.int32), [8, 4], dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestOps.test_bitwise_grad")
def test_bits_have_no_gradient(mx, check):
    a, b, cotangent = mx.array([[7, 12], [9, 1]]), mx.array([[3, 10], [15, 8]]), mx.array([[2, 5], [-1, 4]])
    for function, wanted in ((lambda x, y: x.astype(mx.int32) & y, [[3, 8], [9, 0]]), (lambda x, y: x ^ y.astype(mx.int32), [[4, 6], [6, 9]])):
        outputs, gradients = mx.vjp(function, [a, b], [cotangent])
        check.equal(outputs[0], wanted)
        check.equal(gradients[0], [[0, 0], [0, 0]])
        check.equal(gradients[1], [[0, 0], [0, 0]])


@pytest.mark.parity(*ROW, "TestOps.test_comparisons")
def test_orderings(mx, check):
    a, b = mx.array([2.5, -3.0, 6.0, math.nan]), mx.array([4.0, -3.0, 1.0, math.nan])
    functions = mx.less, mx.less_equal, mx.greater, mx.greater_equal, mx.equal, mx.not_equal
    of_arrays = "TFFF", "TTFF", "FFTF", "FTTF", "FTFF", "TFTT"
    with_number = "FTFF", "TTFF", "FFTF", "TFTF", "TFFF", "FTTT"  # a and 2.5
    from_number = "FFTF", "TFTF", "FTFF", "TTFF", "TFFF", "FTTT"  # 2.5 and a
    for function, *answers in zip(functions, of_arrays, with_number, from_number):
        for result, letters in zip((function(a, b), function(a, 2.5), function(2.5, a)), answers):
            check.equal(result, [letter == "T" for letter in letters], dtype=mx.bool_)
    check.equal(mx.less(mx.array([1, 5]), mx.array([[3], [5]])), [[True, False], [True, False]])


@pytest.mark.parity(*ROW, "TestOps.test_integer_power")
def test_powers_of_integers(mx, check):
    check.that(mx.all(mx.power(3, mx.array([5] * 9)) == 243))
    check.equal(mx.power(mx.array([2, -3, 7, 1]), mx.array([10, 3, 0, 30])), [1024, -27, 1, 1], dtype=mx.int32)
    check.that(mx.power(2, -3).dtype == mx.int32)  # which is not evaluated: upstream never ends then


@pytest.mark.parity(*ROW, "TestOps.test_complex_power")
def test_powers_of_complex_numbers(mx, check):
    check.equal(mx.power(mx.array(0j), 3), 0j, dtype=mx.complex64, shape=())
    check.that(mx.isnan(mx.power(mx.array(0j), math.nan)))
    check.close(mx.power(mx.array([2 - 1j, 3j]), 2), [3 - 4j, -9])
    check.close(mx.power(mx.array([2 - 1j, 4 + 0j]), mx.array([0, 0.5])), [1, 2])


@pytest.mark.parity(*ROW, "TestOps.test_clip")
def test_values_held_within_bounds(mx, check):
    import numpy as np

    values = np.array([7, -6, 0, 12, 3], np.int32)
    low, high = np.array([4, -9, 1, 1, 5]), np.array([6, -8, -2, 20, 5])
    for least, most in ((-2, 5), (1, None), (None, 4), (low, 6), (None, high), (low, high), (low, None)):
        bounds = [mx.array(bound) if isinstance(bound, np.ndarray) else bound for bound in (least, most)]
        check.equal(mx.clip(mx.array(values), *bounds), np.clip(values, least, most))
    check.raises(ValueError, mx.clip, mx.array(values), None, None)
    short, half = mx.array([-4, 2, 9], mx.int16), mx.array([-4, 2, 9], mx.float16)
    check.equal(mx.clip(short, a_min=-1, a_max=6), [-1, 2, 6], dtype=mx.int16)
    check.equal(mx.clip(short, a_min=0.5, a_max=6), [0.5, 2, 6], dtype=mx.float32)
    check.equal(mx.clip(half, a_min=0.5, a_max=6), [0.5, 2, 6], dtype=mx.float16)
    check.equal(mx.clip(half, a_min=0.5, a_max=mx.array(6.0)), [0.5, 2, 6], dtype=mx.float32)
    check.equal(mx.clip(mx.array([math.nan, 3.0]), 0, 1), [math.nan, 1])
