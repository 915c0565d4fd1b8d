"""Cases that mirror rows of upstream's python/tests/test_array.py about writing elements: indices of all kinds, against NumPy."""

import pytest

ROW = ("array_core", "python/tests/test_array.py")


def _writes(mx, check, values, update, *indices):
    """Writing the update at each index changes our copy of the NumPy array as it changes the array itself."""
    import numpy as np

    for index in indices:
        theirs, ours = values.copy(), mx.array(values)
        parts = index if isinstance(index, tuple) else (index,)
        parts = tuple(mx.array(part) if isinstance(part, np.ndarray) else part for part in parts)
        theirs[index] = update
        ours[parts if isinstance(index, tuple) else parts[0]] = mx.array(update)
        check.equal(ours, theirs, shape=theirs.shape)


def _count(*shape):
    """An array of this shape that counts from 10 on."""
    import numpy as np

    return np.arange(10, 10 + np.prod(shape)).reshape(shape)


@pytest.mark.parity(*ROW, "TestArray.test_setitem")
def test_setitem_against_numpy(mx, check):
    _write_lines(mx, check)
    _write_scalars(mx, check)
    _write_slices_and_rows(mx, check)
    _write_by_several_arrays(mx, check)
    _write_around_ellipses(mx, check)
    _refuse(mx, check)
    _write_parts_of_zeros(mx, check)


def _write_lines(mx, check):
    line = mx.array([4, 5, 6, 7])
    steps = [
        (0, 9, [9, 5, 6, 7]),
        (-1, 8, [9, 5, 6, 8]),
        (1, mx.array([[[3]]]), [9, 3, 6, 8]),
        (slice(2, 3), 1, [9, 3, 1, 8]),
        (slice(0, 2), 0, [0, 0, 1, 8]),
        (slice(0, 4), 7, [7, 7, 7, 7]),
        (slice(3, 4), mx.array(2), [7, 7, 7, 2]),
        (slice(0, 1), mx.array([5]), [5, 7, 7, 2]),
        (slice(1, 3), mx.array([6, 4]), [5, 6, 4, 2]),
        (slice(None), mx.array([[[1, 2, 3, 4]]]), [1, 2, 3, 4]),
        (slice(None, None, 2), -1, [-1, 2, -1, 4]),
        (slice(None), 0, [0, 0, 0, 0]),
        (None, 3, [3, 3, 3, 3]),
    ]
    for index, update, wanted in steps:
        line[index] = update
        check.equal(line, wanted, dtype=mx.int32)


def _write_scalars(mx, check):
    scalar = mx.array(6)
    for index, update, wanted in [(None, 5, 5), ((None, None), 8, 8), ((None, None), mx.array(2), 2),
                                  ((None, None), mx.array([[[7]]]), 7), ((), 1, 1), ((..., None), 9, 9)]:
        scalar[index] = update
        check.equal(scalar, wanted, shape=())


def _write_slices_and_rows(mx, check):
    import numpy as np

    at, square = np.s_, np.zeros((4, 3))
    _writes(mx, check, square, 6, 2, -3, at[1:3], np.array([0, 3, 1]), at[1:3, 0:2], at[:2], at[..., 1])
    _writes(mx, check, square, _count(2, 3), at[2:], at[::3], at[::-2], np.array([3, 1]))
    _writes(mx, check, square, np.array([6]), np.array([2, 0]), np.array([1, 1]), at[:, 2])
    _writes(mx, check, square, np.array(6), np.array([2, 0, 3]))
    _writes(mx, check, square, _count(3, 3), np.array([1, 3, 0]))
    _writes(mx, check, square, _count(2), at[1:3, 1:])
    _writes(mx, check, square, _count(2, 1), at[1:3, 1:], at[1:3])
    _writes(mx, check, square, _count(2, 2), at[0:2, :2])
    block = np.zeros((4, 3, 2))
    _writes(mx, check, block, np.full((4, 2), 5), at[:, 1])
    _writes(mx, check, block, _count(4, 1, 2), at[:, 2:3])
    _writes(mx, check, np.ones((3, 2, 4, 2)), np.zeros((2, 2)), at[1, 0:2, 3, 0:2])


def _write_by_several_arrays(mx, check):
    import numpy as np

    at, block = np.s_, np.zeros((3, 4, 2, 5))
    ones, ends, gap = np.array([1, 1]), np.array([0, 3]), np.array([1, 0])
    _writes(mx, check, block, 4, at[ones, 1:3, 0:2, 2], at[ones, ends, gap, 4])
    for update in (_count(2, 5), _count(2, 1), _count(5)):
        _writes(mx, check, block, update, at[ones * 2, ends, gap])
    _writes(mx, check, np.zeros(6), _count(2), at[None, None, np.array([5, 2])])
    square = np.zeros((5, 2, 5))
    picks, others = np.array([4, 1]), np.array([0, 3])
    _writes(mx, check, square, _count(2), at[picks, 0:2, others])
    _writes(mx, check, square, 1, at[picks, None, others * 0])
    _writes(mx, check, square, _count(5), at[picks, None, others % 2])
    _writes(mx, check, square, _count(2, 1, 5), at[picks, None, others % 2])
    deep = np.zeros((4, 6, 3))
    _writes(mx, check, deep, _count(3, 2, 2), at[0:3, np.array([5, 2]), :-1])
    _writes(mx, check, deep, _count(3, 2, 2), at[0:3, np.array([5, 2]), 0:3:2])
    _writes(mx, check, np.zeros((1, 7, 2)), _count(1, 2, 2), at[:, np.array([6, 3])])
    wide = np.zeros((4, 2, 6, 2))
    _writes(mx, check, wide, _count(2, 2, 3, 2), at[np.array([3, 0]), :, ::2, :], at[np.array([3, 0]), :, ::2])


def _write_around_ellipses(mx, check):
    import numpy as np

    at, block = np.s_, np.zeros((2, 3, 2, 2))
    _writes(mx, check, block, 8, at[None, ..., None], at[..., np.array([1, 0])], at[np.array([1, 0]), ..., np.array([0, 1])])
    _writes(mx, check, block, _count(2, 3, 2), at[np.array([1, 0]), ..., np.array([0, 1])])


def _refuse(mx, check):
    def write(array, index, update):
        array[index] = update

    picks = mx.array([0, 1])
    refused = [
        (mx.array([4, 5, 6]), slice(0, 1), mx.array([2, 3])),
        (mx.array(7), 0, mx.array(1)),
        (mx.zeros((3, 2, 4)), (picks, None, picks), mx.arange(2)),
        (mx.zeros((3, 2, 4)), (picks, None, picks), mx.arange(3)),
        (mx.zeros((2, 3)), (..., ...), 1),
        (mx.zeros((2, 1, 2, 1, 2)), (0, ..., 0, ..., 0), 1),
        (mx.zeros((3, 2)), (1, 1, 1), 1),
        (mx.zeros((4, 3, 2)), (slice(None), 1), mx.ones((4, 1, 2))),
        (mx.zeros((3, 2, 2)), (slice(None), None, slice(None)), mx.ones((3, 2, 2))),
    ]
    for array, index, update in refused:
        before = array.tolist()
        check.raises(ValueError, write, array, index, update)
        check.equal(array, before)


def _write_parts_of_zeros(mx, check):
    inner = mx.zeros((6, 5), mx.int32)
    inner[2:-2, 1:-1] = 7
    check.equal(inner, [[7 if 2 <= row < 4 and 1 <= column < 4 else 0 for column in range(5)] for row in range(6)], dtype=mx.int32)
    for shape, index, part in [((2, 1, 3, 2, 4), (..., 3), (2, 1, 3, 2)), ((2, 3, 2, 4), (slice(None), 2), (2, 2, 4)),
                               ((2, 2, 1, 3, 1, 2), (1, 0), (1, 3, 1, 2))]:
        whole = mx.zeros(shape)
        whole[index] = 1
        check.that(mx.array_equal(whole[index], mx.ones(part)))
        check.that(whole.sum() == mx.ones(part).size)
    block = mx.zeros((3, 2, 2))
    for index, shape in [((slice(None), None, slice(None)), (3, 1, 2, 2)), ((slice(None), None, slice(None)), (2, 2)),
                         ((slice(None), None, 1), (2,)), ((slice(None), None, 1), (1, 2))]:
        block[:] = 0
        block[index] = mx.ones(shape)
        check.same(block.sum().item(), 6.0 if index[2] == 1 else 12.0)


@pytest.mark.parity(*ROW, "TestArray.test_setitem_with_list")
def test_setitem_of_lists(mx, check):
    import numpy as np

    cases = [
        (mx.array([9, 8, 7, 6]), [3, 0], -1),
        (mx.array([[1, 2], [3, 4], [5, 6], [7, 8]]), [1, 3, -2], 0),
        (mx.arange(12).reshape(6, 2), [5, 0, 2], 50),
        (mx.arange(20).reshape(4, 5), ([3, 1], 0), 51),
        (mx.arange(20).reshape(4, 5), ([3, 1], slice(None)), 52),
        (mx.arange(20).reshape(4, 5), (2, [4, 0]), 53),
        (mx.arange(20).reshape(4, 5), (slice(None), [4, 0]), 54),
        (mx.arange(20).reshape(4, 5), ([3, 1], [4, 0]), 55),
    ]
    for ours, index, update in cases:
        theirs = np.array(ours)
        theirs[index] = update
        ours[index] = update
        check.equal(ours, theirs)


@pytest.mark.parity(*ROW, "TestArray.test_setitem_with_boolean_mask")
def test_setitem_of_masks(mx, check):
    import numpy as np

    ours = mx.array([1.5, 2.5, 3.5, 4.5])
    ours[[False, True, True, False]] = mx.array([-1.0, -2.0])
    check.that(mx.array_equal(ours, mx.array([1.5, -1.0, -2.0, 4.5])))
    for every in (True, mx.array(True)):
        ours = mx.array([1.5, 2.5])
        ours[every] = 8.0
        check.that(mx.array_equal(ours, mx.array([8.0, 8.0])))
        ours[mx.array(False)] = 0.0
        check.that(mx.array_equal(ours, mx.array([8.0, 8.0])))

    def write(mask):
        mx.arange(60).reshape(3, 4, 5)[mask] = 0

    for shape in ((1, 4, 5), (3, 4, 1), (3, 5)):
        check.raises(ValueError, write, np.zeros(shape, dtype=bool))
