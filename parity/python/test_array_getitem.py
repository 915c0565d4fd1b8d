"""Cases that mirror rows of upstream's python/tests/test_array.py about reading elements: indices of all kinds, against NumPy."""

from itertools import permutations

import pytest

ROW = ("array_core", "python/tests/test_array.py")


def _agrees(mx, check, values, *indices):
    """Every index picks from our copy of the NumPy array what it picks from the array itself; arrays among an index become ours."""
    import numpy as np

    ours = mx.array(values)
    for index in indices:
        parts = index if isinstance(index, tuple) else (index,)
        parts = tuple(mx.array(part) if isinstance(part, np.ndarray) else part for part in parts)
        check.equal(ours[parts if isinstance(index, tuple) else parts[0]], values[index], shape=values[index].shape)


@pytest.mark.parity(*ROW, "TestArray.test_indexing")
def test_getitem_against_numpy(mx, check):
    import numpy as np

    at, every = np.s_, slice(None)
    check.equal(mx.array([42])[...], [42], shape=(1,))
    _agrees(mx, check, np.linspace(-1, 1, 41, dtype=np.float32), at[3:30:5], at[:7], at[-4:], at[40])

    table = np.arange(6 * 7, dtype=np.int32).reshape(6, 7) * 3 - 20
    rows = np.array([5, 0, 3, 3], dtype=np.uint32)
    _agrees(mx, check, table, rows, 4, -1, -6, (), None, at[:, None], at[None, :, None], ...)
    _agrees(mx, check, table, at[1:3, 4:], at[:, 0:3], at[:, ::3], at[-3:, :-2], at[1::2, 5:0:-2], at[4:99], at[-99:2])
    _agrees(mx, check, table, at[2, :4], at[:, -1], at[rows, 1], at[rows, :3], at[:, rows], at[rows, rows], at[..., 2])
    check.equal(mx.array(table)[3, 2], 49, shape=())
    check.same(mx.array(table)[5:2].size, 0)
    check.same(mx.array(table)[5:2].shape, (0, 7))

    column, line = np.array([[2], [0], [1]]), np.array([[1, 1, 0, 1]])
    cube = np.arange(2 * 3 * 2 * 3).reshape(2, 3, 2, 3)
    three, none_of_them = np.array([2, 0, 1]), slice(1, 1)
    _agrees(mx, check, cube, at[1, three], at[0:1, three], at[0:1, three, :, 0:3:2], at[1:, three, :, three],
            at[0:1, three, 1, three], at[0:1, three, np.array([1, 1, 0]), 0:2], at[0:1, column, line, 0:1],
            at[:, column, 0:2, line], at[column * 0, :, :, column], at[none_of_them, three], at[0, three, 1])
    for index in permutations([every, every, 1, np.array([0, 1])]):
        _agrees(mx, check, cube, index)
    for index in sorted(set(permutations("::0r..", 6))):
        kinds = {":": every, "0": 0, "r": np.array([1, 0]), ".": None}
        _agrees(mx, check, cube, tuple(kinds[kind] for kind in index))
    for index in permutations([1, np.array([1, 1, 0]), None, ..., every]):
        _agrees(mx, check, cube, index)

    strided = mx.reshape(mx.arange(90), (10, 9))[::2, :]
    odd = mx.arange(5)[1::2]
    check.equal(strided[odd, odd], [19, 57], shape=(2,))
    check.equal(strided[:, odd], [[start + 1, start + 3] for start in (0, 18, 36, 54, 72)])
    _agrees(mx, check, np.arange(14).reshape(7, 2), at[1:-2, 1], at[-5:-1:2, 0])


@pytest.mark.parity(*ROW, "TestArray.test_indexing_grad")
def test_gradient_of_getitem(mx, check):
    table = mx.array([[5, 6, 7], [1, 2, 3], [8, 9, 4]]).astype(mx.float32)
    places = mx.array([2, 2, 0, 2]).astype(mx.float32)

    def weighted(table, places):
        return (table[places.astype(mx.int32)] * mx.array([[1.0], [2.0], [4.0], [8.0]])).sum()

    by_table, by_places = mx.grad(weighted, argnums=(0, 1))(table, places)
    check.that(mx.array_equal(by_table, mx.array([[4, 4, 4], [0, 0, 0], [11, 11, 11]])))
    check.that(mx.array_equal(by_places, mx.zeros((4,))))
    check.same(by_table.dtype, mx.float32)


@pytest.mark.parity(*ROW, "TestArray.test_large_indices")
def test_indices_beyond_32_bits(mx, check):
    ours = mx.array([6, 7, 8])
    check.raises(ValueError, lambda: ours[: 2**33])
    check.raises(ValueError, lambda: ours[2**33])
    check.raises(ValueError, lambda: ours[-(2**33)])
    check.equal(ours[: 2**31 - 1], [6, 7, 8])


@pytest.mark.parity(*ROW, "TestArray.test_slice_negative_step")
def test_slices_backwards(mx, check):
    import numpy as np

    at = np.s_
    _agrees(mx, check, np.arange(15) * 2, at[::-1], at[-2:4:-1], at[40:-40:-1], at[::-4], at[-2:4:-4], at[40:-40:-4],
            at[0:15:-2], at[3::-1], at[:11:-1])
    cube = np.arange(4 * 5 * 3).reshape(4, 5, 3)
    _agrees(mx, check, cube, at[..., ::-1], at[:, ::-1, :], at[::-1, ...], at[::-1, 1:4:2, ::-2], at[::-1, ::-2, 0:2],
            at[::-1, ::-3, ::-2], at[2, ::-1])
