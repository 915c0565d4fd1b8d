"""Cases that mirror upstream's python/tests/test_ops.py: sorting, and elements read and written by index or mask."""

import itertools
import math

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_ops.py")
NAN = math.nan


def _sorts(mx, check, x, axis, what):
    """Our sort of x, and x read in the order of our argsort, are NumPy's sort."""
    import numpy as np

    ours = mx.array(x) if isinstance(x, np.ndarray) else x
    wanted = np.sort(np.array(ours), axis=axis)
    result, order = mx.sort(ours, axis=axis), mx.argsort(ours, axis=axis)
    check.that(result.dtype == ours.dtype and mx.array_equal(result, mx.array(wanted)), f"sort of {what} along {axis}")
    taken = mx.take_along_axis(ours, order, axis=axis)
    check.that(order.dtype == mx.uint32 and np.array_equal(np.array(taken), wanted), f"argsort of {what} along {axis}")


@pytest.mark.parity(*ROW, "TestOps.test_sort")
def test_sorting(mx, check):
    for dtype, axis in itertools.product(("int32", "float32"), (None, 0, 1, 2, -2)):
        block = mx.array(between(1, -40, 40, 8, 5, 12, dtype=dtype))
        _sorts(mx, check, block, axis, dtype)
        _sorts(mx, check, block[1::3, :, ::2], axis, f"some {dtype}")
        _sorts(mx, check, block[:, ::-1].swapaxes(0, 2), axis, f"exchanged {dtype}")
    # Longer than any block that is sorted at once.
    for shape, axis in (((40000,), 0), ((3, 2, 20001), -1), ((2, 20001, 3), 1)):
        long = mx.array(normal(2, *shape))
        _sorts(mx, check, long, axis, f"{shape}")
        third = [slice(None)] * len(shape)
        third[axis] = slice(None, None, 3)
        _sorts(mx, check, long[tuple(third)], axis, f"each third of {shape}")
    repeated = mx.broadcast_to(mx.array([5, 5, -1, 0, 9, -1]), (7, 6))
    mx.eval(repeated)
    for axis in (0, 1):
        _sorts(mx, check, repeated, axis, "one row")
    _sorts(mx, check, mx.random.uniform(shape=(300, 90), key=mx.random.key(3)), -1, "many rows")
    _sorts(mx, check, mx.random.uniform(shape=(1, 6, 9, 1), key=mx.random.key(4)), -2, "axes of length 1")
    columns = mx.array([[8, 6], [7, 9], [6, 7], [5, 1]])
    check.equal(mx.argsort(columns[:, 1]), [3, 0, 2, 1], dtype=mx.uint32)
    check.equal(mx.sort(mx.array([-1, 4, 4, 7]), axis=0), [-1, 4, 4, 7])
    if mx.default_device() == mx.gpu:
        _sorts(mx, check, normal(5, 2**22), 0, "four million")


@pytest.mark.parity(*ROW, "TestOps.test_sort_nan")
def test_nan_sorts_last(mx, check):
    x = mx.array([NAN, -2.0, mx.nan, 8.0, -math.inf, math.inf, 0.5])
    wanted = mx.array([-math.inf, -2.0, 0.5, 8.0, math.inf, mx.nan, mx.nan])
    check.that(mx.array_equal(mx.sort(x), wanted, equal_nan=True), f"{mx.sort(x)}")
    check.equal(mx.sort(mx.stack([x, -x]), axis=0)[1], [NAN, 2.0, NAN, 8.0, math.inf, math.inf, 0.5])


@pytest.mark.parity(*ROW, "TestOps.test_partition")
def test_partitions(mx, check):
    import numpy as np

    for dtype, axis, kth in itertools.product(("int32", "float32"), (None, 0, 1, -1), (0, 1, 3, -1, -3)):
        x = between(6, -30, 30, 4, 6, 5, dtype=dtype)
        sorted_x, ours = np.sort(x, axis=axis), mx.array(x)
        result = mx.partition(ours, kth, axis=axis)
        check.same(result.dtype, ours.dtype)
        along = 0 if axis is None else axis
        length = result.shape[along]
        parts = np.array(result)
        before, at, after = np.split(parts, [kth % length, kth % length + 1], axis=along)
        held = np.array_equal(at, np.take(sorted_x, [kth], axis=along)) and (before <= at).all() and (after >= at).all()
        check.that(held and np.array_equal(np.sort(parts, axis=along), sorted_x), f"{dtype} along {axis} at {kth}")
        if kth > 0:
            largest = mx.topk(ours, kth, axis=axis)
            wanted = np.take(sorted_x, range(length - kth, length), axis=along)
            check.that(np.array_equal(np.sort(np.array(largest), axis=along), wanted), f"the {kth} largest along {axis}")
            check.same(largest.dtype, ours.dtype)


@pytest.mark.parity(*ROW, "TestOps.test_take")
def test_elements_at_indices(mx, check):
    import numpy as np

    block = between(7, -9, 9, 5, 3, 4)
    for indices in ([0, -1], [2, 2, -3], [[1, 0, -1], [-2, 1, 2]], [[[0]]], 1, []):
        for axis in (None, 0, 1, 2, -1):
            wanted = np.take(block, np.array(indices, dtype="int32"), axis=axis)
            check.equal(mx.take(mx.array(block), mx.array(indices, mx.int32), axis=axis), wanted, shape=wanted.shape)
    large, unsigned = np.arange(6 * 7 * 5).reshape(6, 7, 5), np.array([[4, 0], [3, 3], [1, 4]], dtype="uint32")
    for axis in (None, 0, 1, 2):
        check.equal(mx.take(mx.array(large), mx.array(unsigned), axis=axis), np.take(large, unsigned, axis=axis))
    steps = mx.arange(15).reshape(3, 5)
    for index, axis, wanted in ((2, 0, [10, 11, 12, 13, 14]), (3, 1, [3, 8, 13]), (7, None, 7)):
        result = mx.take(steps, index, axis=axis)
        check.that(mx.array_equal(result, mx.array(wanted)), f"{result} is not {wanted}")
    empty = mx.zeros((3, 0), mx.float16)
    check.equal(mx.take(empty, mx.array([2, 0, 1, 1]), axis=0), [[]] * 4, dtype=mx.float16, shape=(4, 0))
    check.raises(ValueError, mx.take, empty, mx.array([0]), axis=1)


@pytest.mark.parity(*ROW, "TestOps.test_take_along_axis")
def test_elements_at_indices_along_an_axis(mx, check):
    import numpy as np

    block = between(8, -99, 99, 3, 4, 2)
    for axis, shape in ((None, (9,)), (0, (5, 4, 2)), (1, (3, 6, 2)), (2, (3, 4, 3)), (-1, (3, 4, 1))):
        length = block.size if axis is None else block.shape[axis]
        indices = between(9, -length, length, math.prod(shape))
        result = mx.take_along_axis(mx.array(block), mx.reshape(mx.array(indices), shape), axis=axis)
        check.equal(result, np.take_along_axis(block, indices.reshape(shape), axis=axis), dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestOps.test_put_along_axis")
def test_elements_written_along_an_axis(mx, check):
    import numpy as np

    generator = np.random.default_rng(10)
    for axis, shape in ((None, (24,)), (0, (1, 4, 3)), (1, (2, 3, 3)), (2, (2, 4, 2)), (-2, (2, 4, 3))):
        block = np.arange(24, dtype="int32").reshape(2, 4, 3)
        length = block.size if axis is None else block.shape[axis]
        along = 0 if axis is None else axis % 3
        # No index twice, so that the order of writing does not matter.
        orders = np.argsort(generator.random(shape[:along] + (length,) + shape[along + 1 :]), along)
        indices = np.take(orders, range(shape[along]), along).astype("int32")
        values = generator.integers(100, 200, size=shape).astype("int32")
        result = mx.put_along_axis(mx.array(block), mx.array(indices), mx.array(values), axis=axis)
        np.put_along_axis(block, indices, values, axis=axis)
        check.equal(result, block, dtype=mx.int32)
    rows = mx.array([5, 1, 2]).reshape(1, 3, 1)
    marked = mx.put_along_axis(mx.zeros((1, 6, 9)), rows, mx.array(-2.5), axis=-2)
    check.equal(marked, [[[-2.5 if row in (1, 2, 5) else 0.0] * 9 for row in range(6)]], dtype=mx.float32)
    none = mx.array([], mx.float32)
    for indices in (none, mx.array([], mx.int32)):
        result = mx.put_along_axis(none, indices, none, axis=None)
        mx.eval(result)
        check.same((result.size, result.shape, result.dtype), (0, (0,), mx.float32))


@pytest.mark.parity(*ROW, "TestOps.test_masked_scatter")
def test_elements_written_where_a_mask_is_true(mx, check):
    def written(x, mask, values):
        """x after the assignment."""
        x[mask] = values
        return x

    T, F = True, False
    for x, mask, values, wanted in (
        ([4.0, 5.0, 6.0, 7.0], [F, T, T, F], [-1.0, -2.0], [4.0, -1.0, -2.0, 7.0]),
        ([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [F, T, F], [8.0, 9.0], [[1.0, 2.0], [8.0, 9.0], [5.0, 6.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], [[T, F], [T, T]], [7.0, 8.0, 9.0], [[7.0, 2.0], [8.0, 9.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], [F, F], [7.0], [[1.0, 2.0], [3.0, 4.0]]),
    ):
        result = written(mx.array(x), mx.array(mask), mx.array(values))
        check.that(mx.array_equal(result, mx.array(wanted)), f"{result} is not {wanted}")
    check.equal(written(mx.array([[1.0, 2.0], [3.0, 4.0]]), mx.array([T, F]), 0.5), [[0.5, 0.5], [3.0, 4.0]])
    untouched = mx.array([[3.0, -1.0, 2.0]])
    none = mx.zeros_like(untouched).astype(mx.bool_)
    check.equal(written(untouched, none, mx.array([9.0])), [[3.0, -1.0, 2.0]])
    empty = written(mx.zeros((0,), mx.float32), mx.zeros((0,), mx.bool_), mx.zeros((0,), mx.float32))
    check.equal(empty, [], dtype=mx.float32, shape=(0,))
    # Numbers are no mask, but indices, which repeat here and so do not fit in number.
    check.raises((TypeError, ValueError), written, mx.array([1.0, 2.0, 3.0]), mx.array([0, 1, 0]), mx.array([4.0, 5.0]))
    every_third = mx.arange(0.0, 15.0, dtype=mx.float32)[2::3]
    mask = mx.array([T, T, F, F, T, F, T, F, F, T], dtype=mx.bool_)[::2]
    values = mx.arange(-5.0, 5.0, dtype=mx.float32)[1::4]
    check.equal(mask, [T, F, T, T, F], dtype=mx.bool_)
    check.equal(written(every_third, mask, values), [-4.0, 5.0, 0.0, 4.0, 14.0], dtype=mx.float32)


@pytest.mark.parity(*ROW, "TestOps.test_slice_update_reversed")
def test_slices_of_reversed_arrays_are_written(mx, check):
    x = mx.array([6, 7, 8, 9, 10])
    backwards = x[::-1]
    backwards[1::2] = mx.array([-1, -2])
    check.that(mx.array_equal(backwards, mx.array([10, -1, 8, -2, 6])), f"{backwards}")
    check.equal(x, [6, 7, 8, 9, 10])
    x[::-2] = 0
    check.equal(x, [0, 7, 0, 9, 0])


@pytest.mark.parity(*ROW, "TestOps.test_slice_with_negative_stride")
def test_slices_run_backwards(mx, check):
    table = mx.random.uniform(shape=(70, 5), key=mx.random.key(11))
    turned = table[::-1]
    for row in (0, 1, 69):
        check.that(mx.array_equal(turned[row], table[69 - row]), f"row {row}")
    x = mx.arange(11)
    for turns in range(1, 6):
        x = x[::-1]
        check.equal(x, list(range(11))[:: (-1) ** turns])
    check.equal(mx.arange(11)[8:1:-3], [8, 5, 2])
