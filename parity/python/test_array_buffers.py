"""Cases that mirror upstream's python/tests/test_array.py: arrays from and to NumPy, buffers and DLPack."""

import struct
import sys
import weakref

import pytest

FILE = "python/tests/test_array.py"
NAMES = "bool_ uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 complex64".split()


def sample(np, name, shape):
    """Numbers of a dtype, its extremes among them."""
    numbers = (np.arange(np.prod(shape)) * 7 % 11).reshape(shape).astype(name)
    if name != "bool_":
        info = np.iinfo(name) if np.dtype(name).kind in "iu" else np.finfo(name)
        numbers.flat[:2] = info.min, info.max
    return numbers


@pytest.mark.parity("array_core", FILE, "TestArray.test_add_numpy")
def test_add_numpy(mx, check):
    import numpy as np

    total = mx.array(40) + np.array(2, dtype=np.int32)
    check.same(total.dtype, mx.int32)
    check.same(total.item(), 42)
    check.equal(mx.array([1.5, 2.5]) + np.array([[1], [2]], dtype=np.int32), [[2.5, 3.5], [3.5, 4.5]], dtype=mx.float32)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_from_noncontiguous_np")
def test_array_from_noncontiguous_np(mx, check):
    import numpy as np

    for name in ("int8", "int32", "float16", "float32", "complex64"):
        numbers = sample(np, name, (6, 8))
        for strided in (numbers.T, numbers[::2, 1::3], numbers[::-1], np.broadcast_to(numbers[0], (3, 8))):
            x = mx.array(strided)
            check.that(mx.array_equal(x, mx.array(strided.copy())), f"{name} {strided.strides}")
            check.equal(x, strided, dtype=getattr(mx, name), shape=strided.shape)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_np_conversion")
def test_array_np_conversion(mx, check):
    import numpy as np

    for shape in ((0,), (2, 0), (0, 4, 3), (2, 4, 3), (1,)):
        numbers = np.full(shape, -1.5)
        x = mx.array(numbers)
        check.same(x.dtype, mx.float32)
        check.same(x.shape, shape)
        check.same(x.size, numbers.size)
        check.same(x.ndim, len(shape))
        check.equal(np.asarray(x), numbers)
    scalar = mx.array(np.array(-9, dtype=np.int32))
    check.same(scalar.dtype, mx.int32)
    check.same(scalar.ndim, 0)
    check.same(scalar.shape, ())
    check.same(scalar.item(), -9)
    truths = np.asarray(mx.array([[False, True]]))
    check.same(truths.dtype, np.dtype(np.bool_))
    check.same(truths.shape, (1, 2))
    check.same(truths.tolist(), [[False, True]])
    values = [2j, -1 + 0j, 0.5 - 3j, 0j]
    x = mx.array(np.array(values))
    check.same(x.dtype, mx.complex64)
    check.same(x.shape, (4,))
    check.same(x.tolist(), values)
    back = np.asarray(mx.array(values))
    check.same(back.dtype, np.dtype(np.complex64))
    check.same(back.shape, (4,))
    check.same(back.tolist(), values)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_np_dtype_conversion")
def test_array_np_dtype_conversion(mx, check):
    import numpy as np

    for name in NAMES:
        numbers = sample(np, name, (5, 7))
        x = mx.array(numbers)
        check.same(x.dtype, getattr(mx, name))
        check.equal(x, numbers)
        drawn = mx.random.uniform(low=0, high=9, shape=(40,)).astype(getattr(mx, name))
        array = np.array(drawn)
        check.that(array.dtype == name, f"{array.dtype} is not {name}")
        check.equal(array, drawn.tolist())


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_np_shape_dim_check")
def test_array_np_shape_dim_check(mx, check):
    import numpy as np

    one = np.zeros(1, dtype=np.int8)
    for shape in ((2**31,), (2, 2**31 + 5)):
        try:
            mx.array(np.broadcast_to(one, shape))
        except ValueError as error:
            text = str(error)
            check.that(text.startswith("Shape dimension") and text.endswith("falls outside supported `int` range."), text)
        else:
            check.that(False, f"{shape} was taken")


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_view_ref_counting")
def test_array_view_ref_counting(mx, check):
    import numpy as np

    x = mx.arange(6)
    held = weakref.ref(x)
    check.that(held() is x)
    view = np.array(x, copy=False)
    del x
    check.that(held() is not None, "the array ended before the view of it")
    check.equal(view, [0, 1, 2, 3, 4, 5])
    del view
    check.that(held() is None, "the array outlives the view of it")


@pytest.mark.parity("array_core", FILE, "TestArray.test_buffer_protocol_ref_counting")
def test_buffer_protocol_ref_counting(mx, check):
    x = mx.arange(5)
    held = weakref.ref(x)
    check.that(held() is x)
    view = memoryview(x)
    del x
    check.that(held() is not None, "the array ended before its buffer was released")
    check.same(view.tolist(), [0, 1, 2, 3, 4])
    del view
    check.that(held() is None, "the array outlives its buffer")


@pytest.mark.parity("array_core", FILE, "TestArray.test_buffer_protocol")
def test_buffer_protocol(mx, check):
    import numpy as np

    formats = dict(zip(NAMES, "? B H I Q b h i q e f Zf".split()))
    for name in NAMES:
        numbers = sample(np, name, (4, 5))
        x = mx.array(numbers)
        check.same(x.dtype, getattr(mx, name))
        for ours, theirs in ((x, numbers), (x.T, numbers.T)):
            view = memoryview(ours)
            check.same(view.format, formats[name])
            check.same(view.shape, theirs.shape)
            check.same(view.strides, theirs.strides)
            check.same(view.readonly, False)
            check.equal(np.array(view, copy=False), theirs)
    # No format of buffers says bfloat16: its bytes are what is lent, and NumPy says that it cannot read them.
    x = mx.random.uniform(low=-5, high=5, shape=(2, 6), dtype=mx.bfloat16)
    view = memoryview(x)
    check.same(view.format, "B")
    check.same(view.shape, (2, 6))
    check.same(view.strides, (12, 2))
    check.same(view.itemsize, 2)
    try:
        np.array(x)
    except RuntimeError as error:
        check.that("Item size 2 for PEP 3118 buffer format string" in str(error), str(error))
    else:
        check.that(False, "NumPy took bfloat16")
    # Readers that know no arrays at all.
    x = mx.arange(7).astype(mx.int16) * 3 - 9
    raw = bytes(x)
    check.same(len(raw), 14)
    check.same(struct.unpack("=7h", raw), (-9, -6, -3, 0, 3, 6, 9))
    low = raw[::2] if sys.byteorder == "little" else raw[1::2]
    check.same(low, bytes([0xF7, 0xFA, 0xFD, 0, 3, 6, 9]))


@pytest.mark.parity("array_core", FILE, "TestArray.test_buffer_protocol_tf")
def test_buffer_protocol_other_owners(mx, check):
    """Upstream's other owner of buffers is TensorFlow. Here ctypes is: its memory comes in, and reads what goes out."""
    import ctypes

    import numpy as np

    kinds = dict(zip(NAMES, "c_bool c_uint8 c_uint16 c_uint32 c_uint64 c_int8 c_int16 c_int32 c_int64".split()))
    kinds["float32"] = "c_float"
    for name in NAMES:
        dtype, numbers = getattr(mx, name), sample(np, name, (3, 4))
        if name in kinds:
            owner = (getattr(ctypes, kinds[name]) * 4 * 3)()
        else:
            owner = (ctypes.c_char * numbers.nbytes)()
        ctypes.memmove(owner, numbers.tobytes(), numbers.nbytes)
        x = mx.array(np.frombuffer(owner, dtype=numbers.dtype).reshape(3, 4))
        check.equal(x, numbers, dtype=dtype, shape=(3, 4))
        for ours, theirs in ((x, numbers), (x.T, numbers.T)):
            view = memoryview(ours)
            check.same(view.strides, theirs.strides)
            check.same(view.shape, theirs.shape)
            check.same(view.readonly, False)
            check.same(view.tobytes(), theirs.tobytes())
        read = (ctypes.c_char * numbers.nbytes).from_buffer(x)
        check.same(read.raw, numbers.tobytes())


@pytest.mark.parity("array_core", FILE, "TestArray.test_dlpack")
def test_dlpack(mx, check):
    import numpy as np

    x = mx.arange(30).reshape(5, 6)
    for given in (mx.array(-3, dtype=mx.int32), mx.array([[0.5, 1.5, 2.5]]), x, x.T, x[1::2, ::3], x[2:, 4]):
        taken = np.from_dlpack(given)
        check.that(mx.array_equal(taken, given))
        check.equal(taken, given, shape=given.shape)
