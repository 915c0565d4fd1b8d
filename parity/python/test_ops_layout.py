"""Cases that mirror upstream's python/tests/test_ops.py: functions that lay elements out anew, and products over named axes."""

import itertools

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_ops.py")


def _like_numpy(mx, check, name, arrays, *arguments, **options):
    """Our function of the arrays is NumPy's of the same name: shape, dtype and every element."""
    import numpy as np

    wanted = getattr(np, name)(*arrays, *arguments, **options)
    got = getattr(mx, name)(*(mx.array(x) for x in arrays), *arguments, **options)
    check.equal(got, wanted, shape=wanted.shape, dtype=mx.array(np.zeros(1, wanted.dtype)).dtype)


def _list_like_numpy(mx, check, name, ours, theirs, *arguments, **options):
    """The same of functions that take or answer several arrays."""
    import numpy as np

    got, wanted = getattr(mx, name)(*ours, *arguments, **options), getattr(np, name)(*theirs, *arguments, **options)
    check.same(len(got), len(wanted))
    for one, other in zip(got, wanted):
        check.equal(one, other, shape=other.shape, dtype=ours[0].dtype)


@pytest.mark.parity(*ROW, "TestOps.test_meshgrid")
def test_grids(mx, check):
    import numpy as np

    lines = {
        mx.int32: ("int32", [[4, -1, 0, 7], [2, 3], [9]]),
        mx.int64: ("int64", [[2**40, 1], [5, 6, 7], [8, 9, 10, 11]]),
        mx.float32: ("float32", [[0.5, -1.25, 3.0], [7.75], [0.0, 1e-3]]),
    }
    for dtype, (name, values) in lines.items():
        theirs = [np.array(line, dtype=name) for line in values]
        ours = [mx.array(line, dtype=dtype) for line in values]
        for count, sparse, indexing in itertools.product((1, 2, 3), (False, True), ("xy", "ij")):
            _list_like_numpy(mx, check, "meshgrid", ours[:count], theirs[:count], sparse=sparse, indexing=indexing)
    _list_like_numpy(mx, check, "meshgrid", [ours[0]] * 3, [theirs[0]] * 3)
    _list_like_numpy(mx, check, "meshgrid", [mx.array([], mx.int32)], [np.array([], "int32")])
    check.raises(ValueError, mx.meshgrid, *ours, indexing="yx")


@pytest.mark.parity(*ROW, "TestOps.test_move_swap_axes")
def test_axes_moved_and_exchanged(mx, check):
    block = between(1, -99, 99, 2, 5, 3, 1)
    for first, second in ((0, 2), (2, 0), (-1, 1), (1, -4), (3, 3)):
        _like_numpy(mx, check, "moveaxis", [block], first, second)
        _like_numpy(mx, check, "swapaxes", [block], first, second)
        check.equal(mx.array(block).moveaxis(first, second), mx.moveaxis(mx.array(block), first, second))
        check.equal(mx.array(block).swapaxes(first, second), mx.swapaxes(mx.array(block), first, second))
    check.same(mx.moveaxis(mx.zeros((6, 7, 8)), 0, 1).shape, (7, 6, 8))


@pytest.mark.parity(*ROW, "TestOps.test_transpose_noargs")
def test_axes_reversed(mx, check):
    check.equal(mx.transpose(mx.array([[4, -5, 6], [7, 8, 9]])), [[4, 7], [-5, 8], [6, 9]], dtype=mx.int32, shape=(3, 2))
    _like_numpy(mx, check, "transpose", [between(2, 0, 99, 3, 1, 4, 2)])
    check.equal(mx.transpose(mx.array([3, 1])), [3, 1])


@pytest.mark.parity(*ROW, "TestOps.test_transpose_axis")
def test_axes_permuted(mx, check):
    block = between(3, 0, 99, 2, 4, 3)
    for axes in itertools.permutations(range(3)):
        check.equal(mx.transpose(mx.array(block), axes=axes), block.transpose(axes), dtype=mx.int32)
    check.equal(mx.transpose(mx.array(block), (-1, 0, -2)), block.transpose(2, 0, 1))


@pytest.mark.parity(*ROW, "TestOps.test_squeeze_expand")
def test_axes_of_length_one(mx, check):
    block = mx.zeros((1, 3, 1, 4, 1))
    for axes, shape in (((), (3, 4)), ((0,), (3, 1, 4, 1)), ((-1,), (1, 3, 1, 4)), (([2, 0],), (3, 4, 1)), (((0, -1),), (3, 1, 4))):
        check.same(mx.squeeze(block, *axes).shape, shape)
        check.same(block.squeeze(*axes).shape, shape)
    check.raises(ValueError, mx.squeeze, block, 1)
    values = between(4, 0, 99, 3, 2)
    check.equal(mx.squeeze(mx.array(values)), values)
    for axes in (0, 2, -1, (0, 1), [0, -1], (1, 3)):
        _like_numpy(mx, check, "expand_dims", [values], tuple(axes) if isinstance(axes, list) else axes)
        check.equal(mx.squeeze(mx.expand_dims(mx.array(values), axes), axes), values)


@pytest.mark.parity(*ROW, "TestOps.test_split")
def test_parts(mx, check):
    for position, part in enumerate(mx.split(mx.array([7, 8, 9, 10]), 4)):
        check.equal(part, [7 + position], shape=(1,))
    block = between(5, 0, 99, 6, 4)
    for parts, axis in ((3, 0), (2, 1), (2, -2), ([1, 4], 0), ([2], -1), ([0, 3, 3], 1), ([], 0)):
        indices = parts if isinstance(parts, int) else list(parts)
        _list_like_numpy(mx, check, "split", [mx.array(block)], [block], indices, axis=axis)
    left, middle, right = mx.split(mx.arange(9), [3, 4])
    check.equal(mx.concatenate([right, left, middle]), [4, 5, 6, 7, 8, 0, 1, 2, 3])
    check.raises(ValueError, mx.split, mx.array(block), 2, axis=2)
    check.raises(ValueError, mx.split, mx.array(block), 4, axis=0)


@pytest.mark.parity(*ROW, "TestOps.test_split_invalid_num_splits")
def test_numbers_of_parts_that_are_none(mx, check):
    for x, axes in ((mx.arange(8), (0, -1)), (mx.zeros((6, 2)), (0, 1))):
        for parts, axis in itertools.product((0, -1, -2, -(2**31)), axes):
            check.raises(ValueError, mx.split, x, parts, axis=axis)
    check.raises(ValueError, mx.split, mx.arange(8), 0)


@pytest.mark.parity(*ROW, "TestOps.test_stack")
def test_stacks(mx, check):
    import numpy as np

    for shape, axes in (((3,), (0, 1, -1)), ((2, 1), (0, 1, 2, -2)), ((), (0,))):
        arrays = [between(seed, 0, 99, *shape, dtype="float32") for seed in (6, 7, 8)]
        for axis in axes:
            check.equal(mx.stack([mx.array(x) for x in arrays], axis=axis), np.stack(arrays, axis=axis), dtype=mx.float32)
    check.equal(mx.stack([mx.ones((2,)), mx.array([5.0, 6.0])]), [[1.0, 1.0], [5.0, 6.0]])
    check.raises(ValueError, mx.stack, [mx.ones((2,)), mx.ones((3,))])


@pytest.mark.parity(*ROW, "TestOps.test_repeat")
def test_elements_repeated(mx, check):
    block = between(9, 0, 99, 2, 3, 4)
    for count, axis in itertools.product((1, 3), (None, 0, 1, 2, -1)):
        _like_numpy(mx, check, "repeat", [block], count, axis=axis)
    _like_numpy(mx, check, "repeat", [block], 0)
    check.equal(mx.repeat(mx.array(block), 0, axis=1), [], dtype=mx.int32)
    _like_numpy(mx, check, "repeat", [between(10, 0, 9, 5)], 4, axis=0)
    _like_numpy(mx, check, "repeat", [block[:, ::-1, ::2]], 2)


@pytest.mark.parity(*ROW, "TestOps.test_tile")
def test_arrays_repeated(mx, check):
    for shape, counts in itertools.product(((3,), (2, 3), (2, 1, 4)), ([3], [1, 2], [2, 2], [2, 1, 3], [0, 2], [1, 1, 2, 2])):
        _like_numpy(mx, check, "tile", [between(11, 0, 99, *shape)], counts)


@pytest.mark.parity(*ROW, "TestOps.test_roll")
def test_elements_rolled(mx, check):
    import numpy as np

    block = mx.arange(21).reshape(3, 7)
    for shift in (0, 1, -1, 5, -9, 21, 50, (2, 3), (4, -1, 2)):
        result = mx.roll(block, shift)
        check.that(mx.array_equal(result, mx.array(np.roll(np.array(block), shift))), f"by {shift}: {result}")
    for shift, axis in itertools.product((1, -2, 40, (1, 2), (-3, 5), (8, 8)), (0, 1, -1, (0, 1), (1, 0), (1, 1))):
        wanted = np.roll(np.array(block), shift, axis)
        check.that(mx.array_equal(mx.roll(block, shift, axis), mx.array(wanted)), f"by {shift} along {axis}")


@pytest.mark.parity(*ROW, "TestOps.test_roll_errors")
def test_nothing_rolled(mx, check):
    empty = mx.array([])
    for shift, axis in (([3], [0]), (2, 0), ([-1], [-1])):
        result = mx.roll(empty, shift, axis)
        check.that(mx.array_equal(result, empty) and result.shape == (0,) and result.dtype == mx.float32)
    for axis in (2, -3):
        check.raises(ValueError, mx.roll, mx.array([[1, 2]]), 1, axis)


@pytest.mark.parity(*ROW, "TestOps.test_pad")
def test_borders(mx, check):
    import numpy as np

    block = normal(12, 5, 4, 6)
    for widths in ([(1, 1)] * 3, [(0, 4), (2, 0), (3, 1)], [(0, 0)] * 3, [(0, 0), (0, 9), (0, 0)]):
        for value in (0, -2.5):
            check.equal(mx.pad(mx.array(block), widths, constant_values=value), np.pad(block, widths, constant_values=value))
        wanted = np.pad(block, widths, mode="edge")
        check.equal(mx.pad(mx.array(block), widths, mode="edge"), wanted, shape=wanted.shape)
    dot = mx.zeros((1, 1, 1)) + 3
    for widths in (2, (2,), [2], (0, 2), [(2, 1)], ((3, 0),), ((1, 2), (0, 0), (4, 1))):
        wanted = np.pad(np.full((1, 1, 1), 3.0), widths)
        check.equal(mx.pad(dot, widths), wanted, shape=wanted.shape)
    check.raises(ValueError, mx.pad, dot, [(1, 1), (1, 1)])
    cotangent = mx.ones((9, 8)) * mx.arange(8) + mx.arange(9)[:, None]
    (padded,), (gradient,) = mx.vjp(lambda x: mx.pad(x, ((2, 3), (4, 1))), [mx.ones((4, 3))], [cotangent])
    check.same(padded.shape, (9, 8))
    check.that(mx.allclose(gradient, cotangent[2:6, 4:7]), f"{gradient}")


@pytest.mark.parity(*ROW, "TestOps.test_outer")
def test_outer_products(mx, check):
    import numpy as np

    _like_numpy(mx, check, "outer", [between(13, -9, 9, 4), between(14, -9, 9, 6)])
    _like_numpy(mx, check, "outer", [between(13, -9, 9, 2, 3), between(14, -9, 9, 5)])
    steps, ones = np.linspace(-3, 5, 5).astype("float32"), mx.ones((3,))
    check.close(mx.outer(ones * 2, mx.linspace(-3, 5, 5)), np.outer([2, 2, 2], steps))
    check.close(mx.outer(2j * mx.linspace(-3, 5, 5), ones), np.outer(2j * steps, [1, 1, 1]))


@pytest.mark.parity(*ROW, "TestOps.test_tensordot")
def test_products_over_axes(mx, check):
    import numpy as np

    for left, right, axes in (
        ((2, 5, 3), (5, 2, 4), ([0, 1], [1, 0])), ((4, 2, 3), (2, 3, 6), 2), ((4, 3), (3, 5), 1), ((2, 3), (4,), 0),
        ((3, 4, 2, 5), (5, 2, 4, 2), ([3, 2, 1], [0, 3, 2])), ((6, 3), (3, 7), ([-1], [-2])),
    ):
        for dtype, tolerance in ((mx.float32, 1e-5), (mx.float16, 1e-2)):
            first, second = normal(15, *left), normal(16, *right)
            result = mx.tensordot(mx.array(first).astype(dtype), mx.array(second).astype(dtype), axes=axes)
            wanted = np.tensordot(first, second, axes=axes)
            check.same((result.dtype, result.shape), (dtype, wanted.shape))
            check.close(result, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parity(*ROW, "TestOps.test_tri")
def test_triangles_of_ones(mx, check):
    import numpy as np

    for sizes, k in itertools.product(((5,), (3, 3), (7, 2), (2, 6)), (0, 1, 3, -1, -4, 9)):
        check.equal(mx.tri(*sizes, k=k), np.tri(*sizes, k=k), dtype=mx.float32, shape=np.tri(*sizes).shape)
    check.equal(mx.tri(2, 3, dtype=mx.bfloat16), [[1, 0, 0], [1, 1, 0]], dtype=mx.bfloat16)


@pytest.mark.parity(*ROW, "TestOps.test_tril")
def test_lower_triangles(mx, check):
    for shape, k in itertools.product(((8, 8), (3, 7), (2, 5, 4)), (0, 1, 2, -1, -3)):
        _like_numpy(mx, check, "tril", [normal(17, *shape)], k=k)
    check.raises(ValueError, mx.tril, mx.zeros((5,)))


@pytest.mark.parity(*ROW, "TestOps.test_triu")
def test_upper_triangles(mx, check):
    for shape, k in itertools.product(((8, 8), (3, 7), (2, 5, 4)), (0, 1, 2, -1, -3)):
        _like_numpy(mx, check, "triu", [normal(18, *shape)], k=k)
    check.raises(ValueError, mx.triu, mx.zeros((5,)))


@pytest.mark.parity(*ROW, "TestOps.test_stop_gradient")
def test_gradients_stop(mx, check):
    x = mx.array([0.5, -2.0, 3.0])
    weighed = mx.grad(lambda x: mx.sum(5 * x - mx.stop_gradient(2 * x) * x))(x)
    check.equal(weighed, [4.0, 9.0, -1.0], dtype=mx.float32)
    check.equal(mx.grad(lambda x: mx.sum(mx.stop_gradient(x * x)))(x), [0.0, 0.0, 0.0])
    check.equal(mx.stop_gradient(x), [0.5, -2.0, 3.0])
