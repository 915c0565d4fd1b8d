"""Cases that mirror the tests of upstream's test_ops.py for products that sum: inner, of nothing, Kronecker's, Hadamard's transform."""

import math

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_ops.py")


@pytest.mark.parity(*ROW, "TestOps.test_inner")
def test_inner_products(mx, check):
    import numpy as np

    for first, second in (((5,), (5,)), ((1, 2, 3), (4, 3)), ((3, 2, 6), (6,)), ((2, 4), (3, 1, 4))):
        a, b = normal(61, *first), normal(62, *second)
        wanted = np.inner(a, b)
        result = mx.inner(mx.array(a), mx.array(b))
        check.close(result, wanted)
        check.same(result.shape, wanted.shape)
    check.equal(mx.inner(mx.array([3.0, -2.0]), mx.array(4.0)), [12, -8])
    check.raises(ValueError, mx.inner, mx.zeros((2, 3)), mx.zeros((2,)))


@pytest.mark.parity(*ROW, "TestOps.test_empty_matmuls")
def test_products_of_nothing(mx, check):
    check.equal(mx.inner(mx.array([]), mx.array([])), 0, dtype=mx.float32, shape=())
    check.that(mx.array_equal(mx.zeros((4, 0)) @ mx.zeros((0, 3)), mx.zeros((4, 3))))
    check.equal(mx.zeros((0, 3)) @ mx.zeros((3, 2)), [], shape=(0, 2))
    check.equal(mx.zeros((2, 3, 0)) @ mx.zeros((0,)), [[0] * 3] * 2, shape=(2, 3))


@pytest.mark.parity(*ROW, "TestOps.test_kron")
def test_kronecker_products(mx, check):
    import numpy as np

    check.equal(mx.kron(mx.array([2, -1]), mx.array([5, 7, 0])), [10, 14, 0, -5, -7, 0], dtype=mx.int32)
    for first, second in (((2, 2), (2, 2)), ((3,), (2, 3)), ((2, 3), (4,)), ((2, 1, 3), (1, 2, 2)), ((2, 2, 2), (3,))):
        a, b = between(63, -9, 10, *first), between(64, -9, 10, *second)
        wanted = np.kron(a, b)
        check.equal(mx.kron(mx.array(a), mx.array(b)), wanted, dtype=mx.int32, shape=wanted.shape)
    check.raises(ValueError, mx.kron, mx.array([]), mx.array([4, 5]))
    check.raises(ValueError, mx.kron, mx.array([4, 5]), mx.array([]))


def _sylvester(power):
    """The Hadamard matrix of order 2**power: minus where the numbers of row and column share an odd count of bits."""
    return [[-1 if (row & column).bit_count() % 2 else 1 for column in range(2**power)] for row in range(2**power)]


# The matrix of order 28 is 4 by 4 blocks, each a circulant of order 7 that is symmetric: minus at these distances of row and column.
DISTANCES = ("123", "23", "13", "12"), ("01", "123", "03", "13"), ("02", "12", "123", "01"), ("03", "02", "23", "123")


def _order_28():
    def distance(row, column):
        return str(min((row - column) % 7, (column - row) % 7))

    return [[-1 if distance(row, column) in DISTANCES[row // 7][column // 7] else 1 for column in range(28)] for row in range(28)]


@pytest.mark.parity(*ROW, "TestOps.test_hadamard")
def test_hadamard_transform(mx, check):
    import numpy as np

    check.raises(ValueError, mx.hadamard_transform, mx.array([]))
    check.equal(mx.hadamard_transform(mx.array(-6)), -6, shape=())
    check.equal(mx.hadamard_transform(mx.array(-6), scale=0.25), -1.5, shape=())
    alone = mx.random.normal((3, 5, 1), key=mx.random.key(65))
    check.that(mx.all(mx.hadamard_transform(alone) == alone))
    for m, powers in ((1, range(1, 10)), (28, range(1, 4))):
        small = np.array([[1]] if m == 1 else _order_28())
        for power in powers:
            matrix = np.kron(small, np.array(_sylvester(power)))
            x = normal(66 + power, 6, m * 2**power)
            for dtype, rtol in ((mx.float32, 1e-5), (mx.float16, 2e-3), (mx.bfloat16, 1.6e-2), (mx.int32, 1e-5)):
                rows = mx.array(x * 4 if dtype == mx.int32 else x).astype(dtype)[::2]  # not contiguous
                result = mx.hadamard_transform(rows, scale=0.3)
                mx.eval(result)
                wanted = np.array(rows.astype(mx.float32)) @ matrix.T * 0.3
                worst = np.abs(np.array(result.astype(mx.float32)) - wanted).max() / np.abs(wanted).max()
                check.that(worst < rtol and result.shape == wanted.shape, f"{dtype}, {m} times 2**{power}: off by {worst}")
            unscaled = mx.hadamard_transform(mx.array(x))
            check.close(unscaled, x @ matrix.T / math.sqrt(m * 2**power), atol=1e-5)
    # On a machine with a GPU both devices say the same.
    device = mx.gpu if mx.default_device() == mx.gpu else mx.cpu
    for order in (2**14, 12 * 2**9):
        x = mx.random.normal((2, order), key=mx.random.key(67))
        far = mx.abs(mx.hadamard_transform(x, stream=mx.cpu) - mx.hadamard_transform(x, stream=device)).max()
        check.that(far.item() < 5e-6)


@pytest.mark.parity(*ROW, "TestOps.test_hadamard_grad_vmap")
def test_transforms_of_the_hadamard_transform(mx, check):
    for power in range(1, 7):
        order = 2**power
        matrix = mx.array(_sylvester(power)).astype(mx.float32)
        x, cotangent = mx.array(normal(71, order)), mx.array(normal(72, order))

        def product(vector):
            return matrix @ vector / mx.sqrt(vector.shape[-1])

        wanted, got = mx.vjp(product, [x], [cotangent]), mx.vjp(mx.hadamard_transform, [x], [cotangent])
        for theirs, ours in zip(wanted, got):
            check.close(ours[0], theirs[0], rtol=1e-4, atol=1e-5)
        batch = mx.array(normal(73, order, order, order))
        for axis in (0, 1, 2):
            theirs, ours = [mx.vmap(mx.vmap(function, 0, 0), axis, axis)(batch) for function in (product, mx.hadamard_transform)]
            check.that(ours.shape == theirs.shape and mx.allclose(ours, theirs, rtol=1e-4, atol=1e-5), f"order {order}, axis {axis}")
