"""Arrays from and to NumPy, buffers and DLPack, pickles, copies."""
import copy
import pickle

import mlx.core as mx
import numpy as np
import pytest

NAMES = ["bool_", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "complex64"]


@pytest.mark.parametrize("name", NAMES)
def test_numpy_both_ways(name):
    a = np.array([[0, 1, 2], [3, 4, 5]]).astype(getattr(np, name))
    m = mx.array(a)
    assert m.dtype == getattr(mx, name)
    assert (np.array(m) == a).all() and np.array(m).dtype == a.dtype
    assert (np.from_dlpack(m) == a).all()
    assert mx.array(a.T).tolist() == a.T.tolist()
    assert mx.array(a[::-1, ::2]).tolist() == a[::-1, ::2].tolist()
    assert (np.array(m.T) == a.T).all()


def test_doubles_become_float32_unless_asked():
    assert mx.array(np.zeros(2)).dtype == mx.float32
    assert mx.array(np.zeros(2), mx.float64).dtype == mx.float64
    assert mx.array(np.zeros(2, np.complex128)).dtype == mx.complex64


def test_memory_is_copied_in():
    a = np.array([1, 2])
    m = mx.array(a)
    a[0] = 9
    assert m.tolist() == [1, 2]


def test_buffers():
    assert mx.array(bytearray(b"ab")).tolist() == [97, 98]
    view = memoryview(mx.array([[1, 2], [3, 4]]))
    assert view.format == "i" and view.tolist() == [[1, 2], [3, 4]] and view.shape == (2, 2)


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([object()]), np.array([1], ">i4"), range(3), {1}])
def test_strange_buffers_are_refused(bad):
    with pytest.raises(ValueError):
        mx.array(bad)


def test_lying_dlpack():
    class Liar:
        def __dlpack__(self):
            return "no capsule"

    with pytest.raises(ValueError):
        mx.array(Liar())


@pytest.mark.parametrize("dtype", [mx.int8, mx.bfloat16, mx.float64, mx.complex64])
def test_pickle_and_copy(dtype):
    a = mx.array([[1, 2], [3, 4]], dtype)
    for b in (pickle.loads(pickle.dumps(a)), copy.copy(a), copy.deepcopy(a)):
        assert b.dtype == dtype and b.tolist() == a.tolist()
    assert pickle.loads(pickle.dumps(dtype)) is dtype


@pytest.mark.parametrize("state", [(), (b"1", (2,), "int32"), (b"", (-1,), "int32"), (b"", (0,), "none"), (1, 2, 3), 3])
def test_bad_pickles(state):
    with pytest.raises((ValueError, TypeError)):
        mx.array(0).__setstate__(state)


def test_an_array_that_was_not_initialised_is_refused():
    empty = mx.array.__new__(mx.array)
    assert repr(empty)
    with pytest.raises((ValueError, TypeError)):
        empty + 1


def test_array_like():
    class Like:
        def __mlx_array__(self):
            return mx.array([1, 2])

    assert mx.add(Like(), 1).tolist() == [2, 3]
    assert mx.array(Like(), mx.float32).tolist() == [1, 2]
