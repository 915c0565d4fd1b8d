"""Reading and updating by index, and what is refused."""
import mlx.core as mx
import pytest


def grid():
    return mx.arange(12).reshape(3, 4)


@pytest.mark.parametrize("index, expected", [
    (0, [0, 1, 2, 3]),
    (-1, [8, 9, 10, 11]),
    ((1, 2), 6),
    (slice(None, None, -2), [[8, 9, 10, 11], [0, 1, 2, 3]]),
    ((slice(None), 1), [1, 5, 9]),
    ((Ellipsis, -1), [3, 7, 11]),
    ((0, None), [[0, 1, 2, 3]]),
    ((slice(5, 9), 0), []),
    ([2, 0], [[8, 9, 10, 11], [0, 1, 2, 3]]),
    (([0, 1], [1, 2]), [1, 6]),
    ((slice(1, None), [0, 3]), [[4, 7], [8, 11]]),
    (([[0], [2]], [1, 2]), [[1, 2], [9, 10]]),
    ((), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]),
])
def test_reading(index, expected):
    assert grid()[index].tolist() == expected


@pytest.mark.parametrize("index, value, expected", [
    (0, 9, [9, 9, 9, 9, 4, 5]),
    ((1, slice(None, 2)), mx.array([7, 8]), [0, 1, 2, 3, 7, 8]),
    ((slice(None), 0), mx.array([20, 21, 22]), [20, 1, 2, 3, 21, 5]),
    ([0, 1], mx.array([[1], [2]]), [1, 1, 1, 1, 2, 2]),
    (mx.arange(12).reshape(3, 4) > 2, -1, [0, 1, 2, -1, -1, -1]),
    (([0, 1], [3, 0]), mx.array([50, 60]), [0, 1, 2, 50, 60, 5]),
])
def test_updating(index, value, expected):
    a = grid()
    a[index] = value
    assert a.reshape(-1)[:6].tolist() == expected


def test_updates_by_at_add_up():
    a = mx.array([0, 0, 0])
    assert a.at[mx.array([0, 0, 2])].add(1).tolist() == [2, 0, 1]
    assert a.at[1:].maximum(mx.array([4, 5])).tolist() == [0, 4, 5]
    assert a.tolist() == [0, 0, 0]
    with pytest.raises(ValueError):
        a.at.add(1)


def test_iteration_and_gradient():
    assert [x.tolist() for x in grid()] == grid().tolist()
    g = mx.grad(lambda x: (x[1:] * mx.array([2.0, 3.0])).sum())(mx.array([1.0, 1.0, 1.0]))
    assert g.tolist() == [0, 2, 3]


@pytest.mark.parametrize("index", [1.0, "x", (0, 0, 0), (Ellipsis, Ellipsis), slice(0.5, 1), slice(0, 2**40),
                                   mx.array([True, False, True]), {}, (0, "x")])
def test_refused(index):
    with pytest.raises(ValueError):
        grid()[index]


def test_past_the_end():
    with pytest.raises(IndexError):
        grid()[3]
    with pytest.raises(ValueError):
        grid()[0, 4]
    with pytest.raises(ValueError):
        mx.array(1)[0]
    with pytest.raises(AttributeError):
        del grid()[0]


def test_slices_past_the_ends_beside_arrays():
    a = mx.arange(24).reshape(2, 3, 4)
    assert a[mx.array([1]), 5:1:-1].tolist() == [[[20, 21, 22, 23]]]
    assert a[-1, 5:1:-2, mx.array([0, 1])].tolist() == [[20], [21]]
    assert a[mx.array([0]), -100:100, 0].tolist() == [[0, 4, 8]]
    b = mx.arange(6).reshape(2, 3)
    b[None, -2, :1] = 9
    assert b.tolist() == [[9, 1, 2], [3, 4, 5]]
