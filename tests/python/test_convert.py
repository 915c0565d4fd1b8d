"""Arrays from and to NumPy, buffers and DLPack, pickles, copies."""
import copy
import decimal
import fractions
import itertools
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


def test_a_buffers_format_is_named():
    with pytest.raises(ValueError, match="no dtype holds items of 4 bytes in format '>i'"):
        mx.array(np.array([1], ">i4"))


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


def test_one_element_arrays_are_lists_where_lists_may_stand():
    a = mx.arange(6).reshape(2, 3)
    assert [x.tolist() for x in a.split(np.array([1]))] == [[[0, 1, 2]], [[3, 4, 5]]]
    assert [x.tolist() for x in a.split(np.int64(2))] == [[[0, 1, 2]], [[3, 4, 5]]]
    assert [x.tolist() for x in a.split(mx.array([2]))] == [[[0, 1, 2]], [[3, 4, 5]]]
    assert a.sum(np.array([0])).tolist() == [3, 5, 7]


@pytest.mark.parametrize("sizes", [[np.int64(0), np.int64(1)], np.array([0, 1]), mx.array([0, 1]), (0, 1), [[0, 1], [0, 1]]])
def test_pad_sizes_mean_the_same_in_any_container(sizes):
    assert mx.pad(mx.array([[1, 2]]), sizes).tolist() == [[1, 2, 0], [0, 0, 0]]


def test_one_pad_size():
    for one in (1, [1], np.int64(1), np.array(1), mx.array(1)):
        assert mx.pad(mx.array([5]), one).tolist() == [0, 5, 0]


@pytest.mark.parametrize("axes", [1, np.int64(1), mx.array(1), ([1], [0]), (1, 0)])
def test_tensordot_axes(axes):
    a = mx.array([[1.0, 2.0], [3.0, 4.0]])
    assert mx.tensordot(a, a, axes).tolist() == [[7, 10], [15, 22]]


def test_tensordot_of_an_endless_iterator_ends():
    with pytest.raises(TypeError, match=r"^tensordot\(\): argument 'axes' should be an int, not itertools.count"):
        mx.tensordot(mx.ones((2, 2)), mx.ones((2, 2)), itertools.count())


@pytest.mark.parametrize("seed", [3, np.int64(3), np.uint64(3), mx.array(3)])
def test_seeds(seed):
    assert mx.random.key(seed).tolist() == [0, 3]
    mx.random.seed(seed)


@pytest.mark.parametrize("call, message", [
    (lambda a: mx.matmul(a, 3), "matmul(): argument 'b' should be an array, not int"),
    (lambda a: a.sum(keepdims=1), "sum(): argument 'keepdims' should be a bool, not int"),
    (lambda a: mx.reshape(a, (2, 2.0)), "reshape(): an item of an argument should be an int, not float"),
    (lambda a: mx.expand_dims(a, 2**31), "expand_dims(): argument 'axis' should be an int of 32 bits, not 2147483648"),
    (lambda a: mx.eye(2**64), "eye(): argument 'n' should be an int of 32 bits, not one of more than 64"),
    (lambda a: mx.concatenate([a, None]), "concatenate(): an item of an argument should be an array, not NoneType"),
    (lambda a: mx.random.key(1.0), "key(): argument 'seed' should be an int, not float"),
    (lambda a: mx.roll(a, {}), "roll(): argument 'shift' should be an int or a sequence of ints, not dict"),
])
def test_refused_arguments_are_named(call, message):
    with pytest.raises(TypeError) as e:
        call(mx.ones((2, 2)))
    assert str(e.value) == message


@pytest.mark.parametrize("value, dtype, message", [
    ([2**31], None, "the int 2147483648 does not fit int32"),
    ([-1], mx.uint64, "the int -1 does not fit uint64"),
    ([1.5, 10**400], None, "an int of more than 64 bits does not fit float32"),
    (2**70, None, "an int of more than 64 bits does not fit int64"),
])
def test_ints_that_do_not_fit(value, dtype, message):
    with pytest.raises(RuntimeError) as e:
        mx.array(value, dtype)
    assert str(e.value) == message


def test_no_python_runs_while_a_list_is_read():
    class Emptying(int):
        def __complex__(self):
            numbers.clear()
            return 5j

    numbers = [1j, Emptying(3), 2.5]
    assert mx.array(numbers).tolist() == [1j, 3 + 0j, 2.5 + 0j] and len(numbers) == 3


@pytest.mark.parametrize("value", [1e20, -3e9, float("nan"), float("inf")])
def test_floats_out_of_range_become_the_same_ints_from_a_number_and_a_list(value):
    for dtype, want in ((mx.int32, -(2**31)), (mx.int16, 0), (mx.uint8, 0)):
        assert mx.array(value, dtype).item() == mx.array([value], dtype).item() == want


def test_messages_of_any_bytes():
    with pytest.raises(ValueError, match=r"^linalg_eigh: UPLO is '\u00e9+', not L or U$"):
        mx.linalg.eigh(mx.eye(2), "\u00e9" * 400)
    with pytest.raises(RuntimeError, match=r"psi_load_npy: no\\xff.npy: No such file"):
        mx.load("no\udcff.npy")


def test_ends_of_linspace_are_no_integers():
    assert mx.linspace(np.float32(0.5), mx.array(1.5), 3).tolist() == [0.5, 1, 1.5]


def test_dlpack_outlives_its_array():
    views = [np.from_dlpack(mx.arange(4) + i) for i in range(20)]
    assert [v.tolist() for v in views] == [[i, i + 1, i + 2, i + 3] for i in range(20)]


@pytest.mark.parametrize("number", [fractions.Fraction(1, 2), decimal.Decimal(1)])
def test_other_numbers_are_refused(number):
    with pytest.raises(ValueError, match="^Invalid type"):
        mx.array(number)
    with pytest.raises(ValueError, match="^Cannot perform addition"):
        mx.ones((2,)) + number


def test_ints_beside_bools_are_of_32_bits():
    a = mx.array([True, False])
    assert (a + 5).dtype == mx.int32 and mx.pad(a, 1, constant_values=2).tolist() == [True, True, False, True]
    for call in (lambda: a * 2**40, lambda: a == 2**40, lambda: mx.pad(a, 1, constant_values=2**40)):
        with pytest.raises(ValueError, match="^Converting 1099511627776 to int32 would result in overflow"):
            call()


def test_padding_fits_the_dtype():
    with pytest.raises(ValueError, match="^Converting 300 to uint8 would result in overflow"):
        mx.pad(mx.array([1], mx.uint8), 1, constant_values=300)
