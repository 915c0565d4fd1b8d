"""Cases that mirror the tests of upstream's test_ops.py for shapes: broadcasting, views by strides, joining, slices that begin at an array;
and for results that wait for others."""

import itertools
import math

import pytest

ROW = ("ops_numeric", "python/tests/test_ops.py")


@pytest.mark.parity(*ROW, "TestOps.test_as_strided")
def test_views_by_strides(mx, check):
    import numpy as np

    values = (np.arange(100) * 41 % 103 - 50).astype(np.float32)
    line = mx.array(values)
    for shape, strides in (((6, 8), (5, 7)), ((4, 4), (11, 2)), ((3, 9), (2, 6)), ((13,), (6,)), ((2, 3, 4), (30, 0, 1)), ((0, 5), (1, 1))):
        for offset in (0, 2, 7):
            wanted = np.lib.stride_tricks.as_strided(values[offset:], shape, [4 * stride for stride in strides])
            check.equal(mx.as_strided(line, shape, strides, offset), wanted, dtype=mx.float32, shape=shape)
    drawn = mx.random.uniform(shape=(21,), key=mx.random.key(41))
    check.that(mx.array_equal(mx.as_strided(drawn, (21,), (-1,), 20), drawn[::-1]))
    check.that(mx.array_equal(mx.as_strided(drawn, (5, 2), (-4, 1), 17), drawn[1:].reshape(5, 4)[::-1, :2]))


def _at_least(mx, check, function, wanted):
    """Shapes with too few axes get more; a list of arrays gives a list of what each alone gives."""
    arrays = []
    for shape, grown in wanted.items():
        array = mx.array([3 * k - 4 for k in range(math.prod(shape))]).reshape(shape)
        arrays.append(array)
        check.equal(function(array), array.reshape(grown), dtype=mx.int32, shape=grown)
        check.same(function(array).ndim, len(grown))
    results = function(*arrays)
    check.same(len(results), len(arrays))
    for array, result in zip(arrays, results):
        check.that(mx.array_equal(result, function(array)))
        check.same(result.shape, function(array).shape)


@pytest.mark.parity(*ROW, "TestOps.test_atleast_1d")
def test_at_least_one_axis(mx, check):
    _at_least(mx, check, mx.atleast_1d, {(): (1,), (1,): (1,), (5,): (5,), (3, 1): (3, 1), (2, 4): (2, 4), (1, 3, 1, 2): (1, 3, 1, 2)})


@pytest.mark.parity(*ROW, "TestOps.test_atleast_2d")
def test_at_least_two_axes(mx, check):
    _at_least(mx, check, mx.atleast_2d, {(): (1, 1), (1,): (1, 1), (5,): (1, 5), (3, 1): (3, 1), (2, 4): (2, 4), (1, 3, 1, 2): (1, 3, 1, 2)})


@pytest.mark.parity(*ROW, "TestOps.test_atleast_3d")
def test_at_least_three_axes(mx, check):
    shapes = {(): (1, 1, 1), (1,): (1, 1, 1), (5,): (1, 5, 1), (3, 1): (3, 1, 1), (2, 4): (2, 4, 1), (2, 1, 2): (2, 1, 2)}
    _at_least(mx, check, mx.atleast_3d, {**shapes, (1, 3, 1, 2): (1, 3, 1, 2)})


@pytest.mark.parity(*ROW, "TestOps.test_broadcast")
def test_broadcasting_to_a_shape(mx, check):
    import numpy as np

    values = np.arange(12).reshape(3, 4) * 5 - 9
    for source, shape in ((values, (6, 3, 4)), (values, (1, 3, 4)), (values, (3, 4)), (values[:, :1], (2, 3, 5)), (values[0], (3, 4)), (values[:0], (2, 0, 4))):
        wanted = np.broadcast_to(source, shape)
        result = mx.broadcast_to(mx.array(source), shape)
        check.same(result.shape, shape)
        check.equal(result, wanted)
    check.equal(mx.broadcast_to(-7, (2, 3)), [[-7] * 3] * 2, dtype=mx.int32, shape=(2, 3))
    for refused in ((3, 5), (4,), (4, 3)):
        check.raises(ValueError, mx.broadcast_to, mx.array(values), refused)


@pytest.mark.parity(*ROW, "TestOps.test_broadcast_arrays")
def test_broadcasting_arrays_together(mx, check):
    whole, real = mx.broadcast_arrays(mx.array(8), mx.array(0.5))
    check.equal(whole, 8, dtype=mx.int32, shape=())
    check.equal(real, 0.5, dtype=mx.float32, shape=())
    block, column, row = mx.broadcast_arrays(mx.zeros((2, 1, 3)), mx.array([[6], [7]]), mx.array([1, 2, 3]))
    check.equal(block, [[[0] * 3] * 2] * 2, dtype=mx.float32, shape=(2, 2, 3))
    check.equal(column, [[[6] * 3, [7] * 3]] * 2, dtype=mx.int32)
    check.equal(row, [[[1, 2, 3]] * 2] * 2, shape=(2, 2, 3))
    check.raises(ValueError, mx.broadcast_arrays, mx.zeros((2, 3)), mx.zeros((3, 2)))


@pytest.mark.parity(*ROW, "TestOps.test_broadcast_shapes")
def test_shape_of_a_broadcast(mx, check):
    for *shapes, wanted in (
        ((2, 6, 5), (5,), (2, 6, 5)), ((3, 1, 8), (2, 8), (3, 2, 8)), ((9, 1, 2), (1, 4, 2), (9, 4, 2)),
        ((1, 1), (1, 6), (5, 1), (5, 6)), ((8, 1, 3), (1, 2, 1), (8, 2, 3), (8, 2, 3)), ((4, 2), (4, 2), (4, 2)),
        ((7, 9), (7, 9)), ((), (), ()), ((), (1,), (1,)), ((1,), (), (1,)), ((), (3, 2), (3, 2)),
        ((0,), (0,), (0,)), ((0,), (1,), (0,)), ((1, 0, 6), (2, 1, 6), (2, 0, 6)), ((4, 0), (0, 4, 0), (0, 4, 0)),
    ):
        check.same(mx.broadcast_shapes(*shapes), wanted)
    for refused in (((2, 7), (7, 2)), ((3, 4, 2), (3, 5, 2)), ((0,), (2,)), ((2, 1), (1, 3), (2, 4)), ()):
        check.raises(ValueError, mx.broadcast_shapes, *refused)


@pytest.mark.parity(*ROW, "TestOps.test_concatenate")
def test_joining(mx, check):
    import numpy as np

    first = (np.arange(64) * 13 % 67 - 33).astype(np.float32).reshape(4, 4, 4)
    second = (np.arange(64) * 29 % 71 + 0.5).astype(np.float32).reshape(4, 4, 4)
    for axis in (None, 0, 1, 2, -1):
        for order in itertools.permutations(range(3)):
            wanted = np.concatenate([first, second.transpose(order)], axis)
            result = mx.concatenate([mx.array(first), mx.transpose(mx.array(second), order)], axis=axis)
            check.equal(result, wanted, dtype=mx.float32, shape=wanted.shape)
    check.raises(ValueError, mx.concatenate, [mx.array([[1, 2]]), mx.array([3, 4])], 0)
    check.raises(ValueError, mx.concatenate, [mx.array([[1, 2]]), mx.array([[3, 4, 5]])], 0)
    check.raises(ValueError, mx.concatenate, [])
    some = mx.array([[[1.5, 2], [3, 4]], [[5, 6], [7, 8]]])
    for parts in ([mx.zeros((2, 0, 2)), some], [some, mx.zeros((2, 0, 2))]):
        check.that(mx.array_equal(mx.concatenate(parts, axis=1), some))
    check.equal(mx.concatenate([mx.array([1, 2]), mx.array([0.5])]), [1, 2, 0.5], dtype=mx.float32)


@pytest.mark.parity(*ROW, "TestOps.test_flatten")
def test_axes_made_one(mx, check):
    block = mx.zeros([3, 2, 5, 1]) + mx.array([[[2.0]], [[9.0]]])
    for bounds, shape in (({}, (30,)), ({"start_axis": 1}, (3, 10)), ({"end_axis": 1}, (6, 5, 1)), ({"start_axis": -3, "end_axis": 2}, (3, 10, 1)),
                          ({"start_axis": 2, "end_axis": 2}, (3, 2, 5, 1))):
        for result in (mx.flatten(block, **bounds), block.flatten(**bounds)):
            check.equal(result, mx.reshape(block, shape), shape=shape)
    check.same(mx.flatten(mx.array(4)).shape, (1,))
    check.raises(ValueError, mx.flatten, block, 2, 1)


@pytest.mark.parity(*ROW, "TestOps.test_dynamic_slicing")
def test_slices_that_begin_at_an_array(mx, check):
    block = mx.random.randint(-50, 50, shape=(3, 5, 6), key=mx.random.key(51))
    start = mx.array([1, 0, 3])
    check.that(mx.array_equal(mx.slice(block, start, (0, 1, 2), (2, 4, 3)), block[1:, :4, 3:]))
    check.that(mx.array_equal(mx.slice(block, start[1:], (0, 2), (1, 3, 2)), block[:1, :3, 3:5]))
    check.equal(mx.slice(block, mx.array([2]), [1], (3, 1, 6)), block[:, 2:3], shape=(3, 1, 6))
    update = mx.random.randint(100, 200, shape=(2, 3, 1), key=mx.random.key(52))
    expected = mx.zeros_like(block)
    expected[1:, :3, 3:4] = update
    changed = mx.slice_update(mx.zeros((3, 5, 6), mx.int32), update, start, (0, 1, 2))
    check.that(mx.array_equal(changed, expected))
    check.equal(mx.slice_update(block, update[:1], mx.array([2, 4]), (1, 2))[:1, 2:, 4:5], update[:1], dtype=mx.int32)
    check.same(changed.shape, (3, 5, 6))


@pytest.mark.parity(*ROW, "TestOps.test_depends")
def test_results_that_wait_for_others(mx, check):
    start = mx.array([0.25, 4.0, 1.0])
    grown, others = mx.exp(start), (mx.log(start), mx.log(start * 2))
    waiting = mx.depends([grown, start], list(others))
    check.same((type(waiting), len(waiting)), (list, 2))
    check.that(mx.array_equal(waiting[0], grown))
    check.that(mx.array_equal(waiting[1], start))
    for after in (others[0], others):
        check.that(mx.array_equal(mx.depends(grown, after), grown))
    check.close(mx.depends(grown, others) + 1, [math.exp(value) + 1 for value in (0.25, 4, 1)])
    check.equal(mx.grad(lambda x: mx.depends(x * x, mx.log(x)).sum())(start), [0.5, 8, 2])
