"""Cases that mirror upstream's test_vmap.py: gathers, scatters and masks under vmap, held against one slice after another."""

import pytest

ROW = ("vmap", "python/tests/test_vmap.py")


def _one_by_one(mx, fn, axes, out_axis, *args):
    """fn of the slices along `axes`, stacked along out_axis; copies, for functions that write."""
    length = next(a.shape[axis] for a, axis in zip(args, axes) if axis is not None)
    cut = lambda a, axis, i: mx.array(a) if axis is None else mx.array(mx.moveaxis(a, axis, 0)[i])
    return mx.stack([fn(*(cut(a, axis, i) for a, axis in zip(args, axes))) for i in range(length)], axis=out_axis)


def _same(mx, check, fn, axes, *args, out_axis=0):
    wanted = _one_by_one(mx, fn, axes, out_axis, *args)
    got = mx.vmap(fn, in_axes=axes, out_axes=out_axis)(*(mx.array(a) for a in args))
    check.that(got.shape == wanted.shape and mx.array_equal(got, wanted))
    return got


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_indexing")
def test_vmap_indexing(mx, check):
    x = mx.arange(24).reshape(2, 3, 2, 2)
    places = mx.array([[1, 0, 1], [0, 0, 1]])
    pick = lambda a, i: a[i]
    for axes in ((0, 0), (0, None), (None, 0)):
        _same(mx, check, pick, axes, x, places)
    out = _same(mx, check, lambda a, i, j: a[i, j], (None, 0, 0), x, places, mx.array([[2, 1, 0], [0, 1, 2]]))
    check.that(mx.array_equal(out[0, 0], x[1, 2]))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_gather")
def test_vmap_gather(mx, check):
    pick, pick_two = lambda a, i: a[i], lambda a, i, j: a[i, j]
    grid = mx.array([[5, 6], [7, 8]])
    check.that(mx.array_equal(mx.vmap(pick, (0, None))(grid, mx.array(1)), mx.array([6, 8])))
    check.that(mx.array_equal(mx.vmap(pick, (1, None))(grid, mx.array(1)), mx.array([7, 8])))
    check.that(mx.array_equal(mx.vmap(pick, (0, 0))(grid, mx.array([1, 0])), mx.array([6, 7])))
    box = mx.ones((2, 3, 4))
    check.same(mx.vmap(pick, (2, 0))(box, mx.zeros(4, mx.int32)).shape, (4, 3))
    check.same(mx.vmap(pick, (0, 0))(box, mx.zeros(2, mx.int32)).shape, (2, 4))
    whole = lambda *shape: mx.zeros(shape, mx.int32)
    check.same(mx.vmap(pick_two, (0, 0, None))(box, whole(2, 5), whole(5)).shape, (2, 5))
    check.same(mx.vmap(pick_two, (0, None, 0))(box, whole(5, 1, 2), whole(2, 5, 1, 2)).shape, (2, 5, 1, 2))
    check.same(mx.vmap(pick_two, (0, None, 3))(box, whole(5, 1, 2), whole(5, 1, 2, 2)).shape, (2, 5, 1, 2))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_scatter")
def test_vmap_scatter(mx, check):
    def put(a, i, value):
        a[i] = value
        return a

    def put_diagonal(a):
        a[mx.array([0, 1]), mx.array([1, 0])] = mx.array((5.0, 6.0))
        return a

    rows = mx.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    out = mx.vmap(lambda a: put(a, mx.array(0), mx.array(9.0)))(mx.array(rows))
    check.that(mx.allclose(out, mx.array([[9.0, 2.0, 3.0], [9.0, 5.0, 6.0]])))
    out = mx.vmap(lambda a: put(a, mx.array(0), mx.array(9.0)), in_axes=(1,), out_axes=1)(mx.array(rows))
    check.that(mx.allclose(out, mx.array([[9.0, 9.0, 9.0], [4.0, 5.0, 6.0]])))
    for axis in (0, 1):
        _same(mx, check, lambda a: a.at[mx.array(1)].add(mx.array(2.0)), (axis,), rows, out_axis=axis)
    for axis in (0, 1, 2):
        _same(mx, check, put_diagonal, (axis,), mx.zeros((3, 3, 3)), out_axis=axis)

    zeros, places, values = mx.zeros((3, 4)), mx.array([0, 1, 2]), mx.array([5.0, 6.0, 7.0])
    out = mx.vmap(lambda a, i: put(a, i, mx.array(1.0)), in_axes=(0, 0))(mx.array(zeros), places)
    check.that(mx.allclose(out, mx.eye(3, 4)))
    _same(mx, check, lambda a, i: put(a, i, mx.array(1.0)), (None, 0), zeros, places)
    out = _same(mx, check, put, (0, 0, 0), zeros, places, values)
    check.that(mx.allclose(out, mx.diag(mx.repeat(values, 1), k=-1)[1:]))
    _same(mx, check, put, (None, None, 0), zeros, mx.array([0]), values)


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_take_along_axis")
def test_vmap_take_along_axis(mx, check):
    take = lambda a, i: mx.take_along_axis(a, i, axis=0)
    box = mx.zeros((3, 5, 1))
    check.same(mx.vmap(take, in_axes=(0, 1))(box, mx.zeros((2, 3, 1), mx.int32)).shape, (3, 2, 1))
    check.same(mx.vmap(take, in_axes=(0, None))(box, mx.zeros((2, 1), mx.int32)).shape, (3, 2, 1))
    check.same(mx.vmap(take, in_axes=(None, 0))(mx.zeros((5, 1)), mx.zeros((3, 2, 1), mx.int32)).shape, (3, 2, 1))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_put_along_axis")
def test_vmap_put_along_axis(mx, check):
    put = lambda a, i, values: mx.put_along_axis(a, i, values, axis=0)
    box, places, values = mx.zeros((3, 5, 1)), mx.ones((2, 3, 1), mx.int32), mx.ones((2, 3, 1))
    out = mx.vmap(put, in_axes=(0, 1, 1))(box, places, values)
    check.same(out.shape, (3, 5, 1))
    check.equal(out[2, :, 0], [0, 1, 0, 0, 0])
    check.same(mx.vmap(put, in_axes=(0, 1, None))(box, places, mx.ones((2, 1))).shape, (3, 5, 1))
    check.same(mx.vmap(put, in_axes=(0, None, None))(box, mx.ones((2, 1), mx.int32), mx.ones((2, 1))).shape, (3, 5, 1))
    check.same(mx.vmap(put, in_axes=(None, 1, 1))(mx.zeros((5, 1)), places, values).shape, (3, 5, 1))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_masked_scatter")
def test_vmap_masked_scatter(mx, check):
    def under(a, mask, values):
        a[mask] = values
        return a

    t, f = True, False
    masks = mx.array([[t, t, f, f], [f, t, f, t]])
    a = mx.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    for axes, args in (((0, 0, 0), (a, masks, mx.array([[10, 20], [30, 40]]))),
                       ((0, 0, None), (a, masks, mx.array([10, 20]))),
                       ((None, 0, 0), (a[0], masks, mx.array([[10, 20], [30, 40]]))),
                       ((0, None, 0), (a, masks[1], mx.array([[10, 20], [30, 40]])))):
        _same(mx, check, under, axes, *args)
    # Uneven masks and one number; the same mask twice, which begins with the first value each time.
    uneven = mx.array([[t, f, t, t], [f, f, t, f]])
    check.that(mx.array_equal(mx.vmap(under, in_axes=(0, 0, None))(mx.array(a), uneven, mx.array(9)),
                              mx.array([[9, 2, 9, 9], [5, 6, 9, 8]])))
    twice = mx.array([[t, f, t, f], [t, f, t, f]])
    _same(mx, check, under, (0, 0, None), a, twice, mx.array([10, 20, 30, 40]))
    deep, mask, source = mx.zeros((3, 4, 5)), mx.random.normal((3, 4, 5)) > 0, mx.random.normal((3, 5))
    wanted = mx.stack([mx.stack([under(mx.zeros(5), mask[i, j], source[i]) for j in range(4)]) for i in range(3)])
    out = mx.vmap(mx.vmap(under, in_axes=(0, 0, None)), in_axes=(0, 0, 0))(deep + 0, mask, source)
    check.that(mx.array_equal(out, wanted))
