"""Arrays: construction, operators, what they print, and what they refuse."""
import gc
import weakref

import mlx.core as mx
import pytest


def test_dtypes_of_lists_follow_the_widest_element():
    assert mx.array([True, False]).dtype == mx.bool_
    assert mx.array([True, 2]).dtype == mx.int32
    assert mx.array([1, 2.5]).dtype == mx.float32
    assert mx.array([1, 2j]).dtype == mx.complex64
    assert mx.array([]).dtype == mx.float32
    assert mx.array([1, 2], mx.uint8).tolist() == [1, 2]


def test_numbers_beside_an_array_take_its_dtype():
    a = mx.array([1, 2], mx.int8)
    assert (a + 1).dtype == mx.int8
    assert (a + 1.5).dtype == mx.float32
    assert (mx.array([1.0], mx.float16) * 2.5).dtype == mx.float16
    assert (1 - mx.array([1.0], mx.bfloat16)).dtype == mx.bfloat16
    with pytest.raises(ValueError, match="300"):
        a + 300


def test_full_has_the_dtype_asked_for():
    assert mx.full((2,), 1, mx.bool_).dtype == mx.bool_
    assert mx.full((2,), 1.0, mx.bool_).tolist() == [True, True]
    assert mx.full((2,), 1.5, mx.int8).dtype == mx.int8
    assert mx.full((2,), 2, mx.float16).dtype == mx.float16
    assert mx.full((2,), 2.5).dtype == mx.float32


def test_facts_about_devices_that_are_not_there():
    assert mx.metal.device_info() == {} and mx.device_info(mx.gpu) == {} and mx.device_info(mx.Device(mx.cpu, 1)) == {}


def test_operators():
    a, b = mx.array([7, -7]), mx.array([2, 2])
    assert (a + b).tolist() == [9, -5]
    assert (a - b).tolist() == [5, -9]
    assert (a * b).tolist() == [14, -14]
    assert (a / b).tolist() == [3.5, -3.5]
    assert (a % b).tolist() == [1, 1]
    assert (b**3).tolist() == [8, 8]
    assert (-a).tolist() == [-7, 7]
    assert abs(a).tolist() == [7, 7]
    assert (a & 3).tolist() == [3, 1]
    assert (a < b).tolist() == [False, True]
    assert (a == 7).tolist() == [True, False]


def test_in_place_operators_change_the_object():
    a = mx.array([1, 2])
    b = a
    a += 1
    assert b.tolist() == [2, 3] and a is b
    with pytest.raises(ValueError):
        a /= 2


@pytest.mark.parametrize("call", [
    lambda a: a + "x",
    lambda a: a < {},
    lambda a: mx.array([[1], 2]),
    lambda a: mx.array("text"),
    lambda a: mx.array([None]),
    lambda a: ~mx.array([1.0]),
    lambda a: mx.reshape(a, (3,)),
    lambda a: int(a),
])
def test_values_that_do_not_fit_raise_value_error(call):
    with pytest.raises(ValueError):
        call(mx.array([1, 2]))


@pytest.mark.parametrize("call", [
    lambda a: a + None,
    lambda a: a @ 1,
    lambda a: mx.sum(a, bad=1),
    lambda a: mx.sum(),
    lambda a: mx.sum(3),
    lambda a: mx.sum(a, axis="x"),
    lambda a: a.astype(int),
    lambda a: mx.array(None),
    lambda a: len(mx.array(1)),
    lambda a: 1 << a,
])
def test_arguments_of_wrong_type_raise_type_error(call):
    with pytest.raises(TypeError):
        call(mx.array([1, 2]))


def test_printing():
    assert repr(mx.array([1, 2])) == "array([1, 2], dtype=int32)"
    assert repr(mx.array([[True], [False]])) == "array([[True],\n       [False]], dtype=bool)"
    assert repr(mx.array(1.5)) == "array(1.5, dtype=float32)"
    assert repr(mx.array([1 - 2j])) == "array([1-2j], dtype=complex64)"
    assert repr(mx.arange(100)) == "array([0, 1, 2, ..., 97, 98, 99], dtype=int32)"
    assert f"{mx.array(1.5):.2f}" == "1.50"
    assert repr(mx.float32) == "mlx.core.float32"


def test_weak_references_and_hashes():
    a = mx.array(1)
    ref = weakref.ref(a)
    assert hash(a) == hash(a) and ref() is a
    del a
    gc.collect()
    assert ref() is None


def test_names_not_built_say_so():
    with pytest.raises(NotImplementedError, match=r"^unsupported_op: save_gguf"):
        mx.save_gguf("a.gguf", {})


def test_ints_as_pythons_int_takes_them():
    np = pytest.importorskip("numpy")
    a = mx.array([[1, 2], [3, 4]])
    for one in (np.int64(1), mx.array(1), "1", True):
        assert a.sum(axis=one).tolist() == [3, 7]
    assert a.sum(axis=np.array([0, 1])).item() == 10
    with pytest.raises(TypeError):
        a.sum(axis=1.0)
    with pytest.raises(TypeError):
        mx.reshape(a, 4)
    with pytest.raises(RuntimeError):
        a.reshape("x")
    assert [len(x) for x in a.split(np.int64(2))] == [1, 1]


def test_arrays_are_sequences():
    a = mx.array([[1, 2], [3, 4]])
    assert [x.tolist() for x in reversed(a)] == [[3, 4], [1, 2]]
    assert mx.concatenate(a).tolist() == [1, 2, 3, 4]
    with pytest.raises(TypeError):
        mx.concatenate(mx.array(1))


def test_lists_after_tuples():
    assert mx.array([(1,), [2]]).tolist() == [[1], [2]]
    with pytest.raises(ValueError):
        mx.array([[1], (2,)])
    with pytest.raises(RuntimeError):
        mx.array([(1,), 2])


def test_exclusive_or_in_place():
    x = y = mx.array([False, True])
    x ^= True
    assert x is y and x.tolist() == [True, False]
    x ^= mx.array([True, True])
    assert x.tolist() == [False, True]
