"""Cases that mirror the tests of upstream's test_ops.py for arrays made from numbers: constants, steps, windows, diagonals."""

import math

import pytest

ROW = ("ops_numeric", "python/tests/test_ops.py")


@pytest.mark.parity(*ROW, "TestOps.test_full_ones_zeros")
def test_constant_arrays(mx, check):
    check.equal(mx.full(3, 2.5), [2.5, 2.5, 2.5], dtype=mx.float32, shape=(3,))
    check.equal(mx.full((1, 4), -6.0), [[-6.0] * 4], dtype=mx.float32, shape=(1, 4))
    check.equal(mx.full([2, 2], 9), [[9, 9], [9, 9]], dtype=mx.int32)
    check.equal(mx.full((1, 2), 3, mx.int8), [[3, 3]], dtype=mx.int8)
    check.equal(mx.full([2, 3], mx.array([True, False, False])), [[True, False, False]] * 2, dtype=mx.bool_)
    check.equal(mx.full([2, 3], mx.array([[7.5], [-8.0]])), [[7.5] * 3, [-8.0] * 3], dtype=mx.float32)
    check.raises(ValueError, mx.full, (2, 3), mx.array([1, 2]))
    for make, like, value in ((mx.zeros, mx.zeros_like, 0), (mx.ones, mx.ones_like, 1)):
        check.equal(make(4), [value] * 4, dtype=mx.float32, shape=(4,))
        check.equal(make((0, 3)), [], shape=(0, 3))
        for dtype in (mx.bool_, mx.int32, mx.float32, mx.int8, mx.bfloat16):
            made = make([3, 1], dtype)
            check.equal(made, [[value]] * 3, dtype=dtype, shape=(3, 1))
            check.that(mx.array_equal(made, mx.array([[value]] * 3)))
            check.equal(like(mx.array([[5, 0], [1, 2]], dtype)), [[value] * 2] * 2, dtype=dtype)


@pytest.mark.parity(*ROW, "TestOps.test_arange_inferred_dtype")
def test_dtype_of_steps(mx, check):
    whole, fraction = mx.int32, mx.float32
    check.that(whole != fraction)
    for arguments, wanted in (((7,), whole), ((7.0,), fraction), ((2, 4.0), fraction), ((2.0, 4), fraction), ((2, 9, 3), whole),
                              ((2.0, 9, 3), fraction), ((2, 9.0, 3), fraction), ((2, 9, 3.0), fraction)):
        check.equal(mx.arange(*arguments), list(range(*map(int, arguments))), dtype=wanted)
    for dtype in (fraction, whole, mx.int8, mx.float16, mx.uint32):
        check.equal(mx.arange(4, 9, dtype=dtype), [4, 5, 6, 7, 8], dtype=dtype)
    check.equal(mx.arange(2.0, 4.0, 0.5, dtype=whole), [2, 2, 2, 2], dtype=whole)


@pytest.mark.parity(*ROW, "TestOps.test_arange_corner_cases_cast")
def test_steps_cut_to_integers(mx, check):
    check.equal(mx.arange(0, 2, 0.25, dtype=mx.int32), [0] * 8, dtype=mx.int32)
    check.equal(mx.arange(-2, -6, -0.8, dtype=mx.int32), [-2] * 5, dtype=mx.int32)
    # Start and step are cut before they are added up, so that a step of -1.75 goes down by 1.
    check.equal(mx.arange(-3, -17, -1.75, dtype=mx.int32), [-3 - step for step in range(8)], dtype=mx.int32)
    check.equal(mx.arange(4, 9, 50), [4], dtype=mx.int32)
    for nothing in ((8, 2, 3), (2, 8, -3), (5, 5), (0,), (6, 1, math.inf), (1, 6, -math.inf)):
        check.equal(mx.arange(*nothing), [], shape=(0,))
    check.equal(mx.arange(3, 8, math.inf), [3], dtype=mx.float32)
    check.equal(mx.arange(0, -8, -math.inf), [0], dtype=mx.float32)


@pytest.mark.parity(*ROW, "TestOps.test_arange_overload_dispatch")
def test_arguments_of_steps(mx, check):
    inf, nan = math.inf, math.nan
    for refused in ((nan, 3, 1), (0, nan, 1), (0, 3, nan), (2, inf, inf), (inf, 2, inf), (inf, 2, 1), (0, -inf, -1)):
        check.raises(ValueError, mx.arange, *refused)
    check.raises(TypeError, mx.arange, 1, 2**31, 2)
    check.raises(TypeError, lambda: mx.arange(start=3, step=4))
    check.raises(TypeError, lambda: mx.arange("3"))
    check.equal(mx.arange(4), [0, 1, 2, 3])
    check.equal(mx.arange(-2, 2), [-2, -1, 0, 1])
    check.equal(mx.arange(-6, step=-2), [0, -2, -4])
    check.equal(mx.arange(stop=1, step=0.25), [0, 0.25, 0.5, 0.75])
    check.equal(mx.arange(stop=2), [0, 1])
    check.equal(mx.arange(start=5, stop=11, step=3), [5, 8])


@pytest.mark.parity(*ROW, "TestOps.test_linspace")
def test_even_steps(mx, check):
    import numpy as np

    check.close(mx.linspace(-1, 4), np.linspace(-1, 4), rtol=1e-6)
    check.same(mx.linspace(-1, 4).shape, (50,))
    check.equal(mx.linspace(3, 15, 5, mx.int64), [3, 6, 9, 12, 15], dtype=mx.int64)
    check.equal(mx.linspace(0, 5, 4, mx.int64), [0, 1, 3, 5], dtype=mx.int64)
    check.close(mx.linspace(1.3, -4.1, 7), np.linspace(1.3, -4.1, 7), rtol=1e-6)
    thirds = mx.linspace(0, 1, 4)
    check.that(mx.allclose(thirds, mx.array([0, 1 / 3, 2 / 3, 1])))
    check.equal(mx.linspace(6, 8, 1), [6], dtype=mx.float32)
    check.equal(mx.linspace(6, 8, 0), [], shape=(0,))
    check.raises(ValueError, mx.linspace, 0, 1, -2)
    # The ends are exactly those asked for, however the steps between are rounded.
    ends = mx.random.normal((12, 2), key=mx.random.key(21)).tolist()
    counts = (mx.random.uniform(2, 40, (12,), key=mx.random.key(22))).astype(mx.uint32).tolist()
    for (start, stop), count in zip(ends, counts):
        steps = mx.linspace(start, stop, count)
        check.same(steps.shape, (count,))
        check.same(steps[0].item(), start)
        check.same(steps[-1].item(), stop)


@pytest.mark.parity(*ROW, "TestOps.test_eye")
def test_ones_on_a_diagonal(mx, check):
    import numpy as np

    for arguments in ((4,), (2, 5), (5, 2), (1, 3)):
        for k in (0, 1, -1, 3, -4, 9):
            wanted = np.eye(*arguments, k=k)
            check.equal(mx.eye(*arguments, k=k), wanted, dtype=mx.float32, shape=wanted.shape)
    check.equal(mx.eye(2, 3, 1, mx.int8), [[0, 1, 0], [0, 0, 1]], dtype=mx.int8)
    check.raises(ValueError, mx.eye, 0)


@pytest.mark.parity(*ROW, "TestOps.test_diag")
def test_diagonals_taken_and_made(mx, check):
    import numpy as np

    check.equal(mx.diag(mx.array([6, -5, 4])), [[6, 0, 0], [0, -5, 0], [0, 0, 4]], dtype=mx.int32)
    square, wide = np.arange(16).reshape(4, 4) * 3 - 7, np.arange(10).reshape(2, 5) + 0.5
    for k in (0, 1, -1, 2, 6, -6):
        row = np.array([9.5, -3.0], np.float32)
        check.that(mx.array_equal(mx.diag(mx.array(row), k=k), mx.array(np.diag(row, k))), f"made, {k}")
        for matrix in (square, wide, wide.T):
            wanted = np.diag(matrix, k)
            check.equal(mx.diag(mx.array(matrix), k), wanted, shape=wanted.shape)
    check.raises(ValueError, mx.diag, mx.zeros((2, 2, 2)))
    check.raises(ValueError, mx.diag, mx.array(3))


@pytest.mark.parity(*ROW, "TestOps.test_diagonal")
def test_diagonals_of_planes(mx, check):
    import numpy as np

    values = (np.arange(30) * 7 % 31).reshape(2, 5, 3)
    block = mx.array(values)
    for arguments in ((), (1,), (0, -1, 0), (-1, 2, 0), (-2, 1, 2), (1, 0, 1), (4, 0, 2)):
        wanted = np.diagonal(values, *arguments)
        check.equal(mx.diagonal(block, *arguments), wanted, shape=wanted.shape)
    check.equal(block.diagonal(0, 2, 1), np.diagonal(values, 0, 2, 1))
    check.raises(ValueError, mx.diagonal, block, 0, 1, 1)
    check.raises(ValueError, mx.diagonal, mx.array([1, 2]))


def _window(mx, check, ours, weight):
    """A window of M has the weights at 2 pi n / (M - 1); of 1 it is a one, of less nothing."""
    for size in (2, 3, 9, 16):
        check.close(ours(size), [weight(2 * math.pi * n / (size - 1)) for n in range(size)], rtol=1e-5, atol=1e-6)
    check.equal(ours(1), [1.0], dtype=mx.float32)
    check.equal(ours(0), [], dtype=mx.float32, shape=(0,))
    check.equal(ours(-2), [], dtype=mx.float32, shape=(0,))


@pytest.mark.parity(*ROW, "TestOps.test_bartlett_general")
def test_bartlett_window(mx, check):
    _window(mx, check, mx.bartlett, lambda angle: 1 - abs(angle / math.pi - 1))


@pytest.mark.parity(*ROW, "TestOps.test_blackman_general")
def test_blackman_window(mx, check):
    _window(mx, check, mx.blackman, lambda angle: 0.42 - 0.5 * math.cos(angle) + 0.08 * math.cos(2 * angle))


@pytest.mark.parity(*ROW, "TestOps.test_hamming_general")
def test_hamming_window(mx, check):
    _window(mx, check, mx.hamming, lambda angle: 0.54 - 0.46 * math.cos(angle))


@pytest.mark.parity(*ROW, "TestOps.test_hanning_general")
def test_hanning_window(mx, check):
    _window(mx, check, mx.hanning, lambda angle: 0.5 - 0.5 * math.cos(angle))
