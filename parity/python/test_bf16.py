"""Cases that mirror upstream's python/tests/test_bf16.py. The reference rounds to bfloat16 by its own arithmetic on bits."""

import pytest

FILE = "python/tests/test_bf16.py"


def rounded(np, numbers):
    """Float32 numbers rounded to the nearest bfloat16, ties to even, as float32."""
    bits = np.asarray(numbers, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def draw(np, *shape):
    return rounded(np, np.random.default_rng(16).uniform(0.01, 1.0, shape))


def compare(mx, check, np, got, wanted):
    """Float32's small errors may tip a rounding: one unit in the last place of bfloat16 in one of a thousand elements."""
    check.same(got.dtype, mx.bfloat16)
    check.same(got.shape, np.shape(wanted))
    ours, wanted = np.array(got.astype(mx.float32)), rounded(np, wanted)
    check.that(np.mean(ours != wanted) <= 1e-3, f"{np.sum(ours != wanted)} elements differ")
    check.that(np.all(np.abs(ours - wanted) <= np.abs(wanted) / 128), "an element is off by more than a unit")


@pytest.mark.parity("array_core", FILE, "TestBF16.test_unary_ops")
def test_unary_ops(mx, check):
    import numpy as np

    numbers = draw(np, 12, 20, 9)
    x = mx.array(numbers).astype(mx.bfloat16)
    check.equal(x.astype(mx.float32), numbers)
    for name in ("abs", "exp", "log", "square", "sqrt"):
        compare(mx, check, np, getattr(mx, name)(x), getattr(np, name)(numbers))
        compare(mx, check, np, getattr(mx, name)(x.T[::2]), getattr(np, name)(numbers.T[::2]))


@pytest.mark.parity("array_core", FILE, "TestBF16.test_binary_ops")
def test_binary_ops(mx, check):
    import numpy as np

    left, right = draw(np, 2, 6, 15, 11)
    a, b = (mx.array(side).astype(mx.bfloat16) for side in (left, right))
    check.equal(b.astype(mx.float32), right)
    for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
        ours, theirs = getattr(mx, name), getattr(np, name)
        for cut in (slice(None), slice(0, 1), (slice(None), slice(0, 1))):
            compare(mx, check, np, ours(a[cut], b[cut]), theirs(left[cut], right[cut]))
            compare(mx, check, np, ours(a, b[cut]), theirs(left, right[cut]))


@pytest.mark.parity("array_core", FILE, "TestBF16.test_reduction_ops")
def test_reduction_ops(mx, check):
    import numpy as np

    numbers = draw(np, 9, 14, 10)
    x = mx.array(numbers).astype(mx.bfloat16)
    for name in ("min", "max"):
        for axes in (0, 1, 2, (0, 1), (2, 0), (1, 2), (0, 1, 2), None):
            got, wanted = getattr(mx, name)(x, axis=axes), getattr(np, name)(numbers, axis=axes)
            check.same(got.dtype, mx.bfloat16)
            check.equal(got.astype(mx.float32), wanted, shape=np.shape(wanted))


@pytest.mark.parity("array_core", FILE, "TestBF16.test_arg_reduction_ops")
def test_arg_reduction_ops(mx, check):
    import numpy as np

    numbers = draw(np, 7, 8, 9)
    x = mx.array(numbers).astype(mx.bfloat16)
    check.equal(x.astype(mx.float32), numbers)
    for name in ("argmin", "argmax"):
        ours, theirs = getattr(mx, name), getattr(np, name)
        for axis in (0, 1, 2, -1):
            for kept in (False, True):
                wanted = theirs(numbers, axis, keepdims=kept)
                check.equal(ours(x, axis, kept), wanted, shape=wanted.shape)
        check.equal(ours(x, keepdims=True), theirs(numbers, keepdims=True), shape=(1, 1, 1))
        check.same(ours(x).item(), int(theirs(numbers)))


@pytest.mark.parity("array_core", FILE, "TestBF16.test_blas_ops")
def test_blas_ops(mx, check):
    """Upstream runs this on a GPU only; matrices are multiplied on the CPU too, so here it runs there."""
    import numpy as np

    check.that(mx.default_device() != mx.gpu)
    random = np.random.default_rng(3)
    for left, right in (((24, 40), (40, 16)), ((19, 61), (61, 1)), ((1, 5), (5, 70)), ((3, 33, 200), (200, 12))):
        a, b = (rounded(np, random.normal(0, 1 / shape[-1], shape)) for shape in (left, right))
        got = mx.matmul(mx.array(a).astype(mx.bfloat16), mx.array(b).astype(mx.bfloat16))
        wanted = a.astype(np.float64) @ b.astype(np.float64)
        check.same(got.dtype, mx.bfloat16)
        check.same(got.shape, wanted.shape)
        error = np.abs(np.array(got.astype(mx.float32)) - wanted)
        scale = np.abs(a).astype(np.float64) @ np.abs(b)
        check.that(np.all(error <= np.abs(wanted) / 256 + 1e-5 * scale), f"{error.max()} off")


class Lender:
    """Bytes lent as a row of bfloat16 through DLPack 0.x: the standard's structures, written out in ctypes."""

    def __init__(self, bits):
        import ctypes

        self.ended = []
        deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

        class Tensor(ctypes.Structure):
            _fields_ = [
                ("data", ctypes.c_void_p),
                ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32),
                ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8),
                ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64),
                ("context", ctypes.c_void_p),
                ("deleter", deleter),
            ]

        self._memory = (ctypes.c_uint16 * len(bits))(*bits)
        self._shape, self._strides = (ctypes.c_int64 * 1)(len(bits)), (ctypes.c_int64 * 1)(1)
        self._tensor = Tensor(ctypes.addressof(self._memory), 1, 0, 1, 4, 16, 1, self._shape, self._strides, 0, None,
                              deleter(lambda _: self.ended.append(True)))

    def __dlpack_device__(self):
        return (1, 0)

    def __dlpack__(self, **_):
        import ctypes

        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(ctypes.addressof(self._tensor), b"dltensor", None)


@pytest.mark.parity("array_core", FILE, "TestBF16.test_conversion")
def test_conversion(mx, check):
    """Upstream is given PyTorch's bfloat16; what it sees of it is DLPack, and this lends the same without PyTorch."""
    lender = Lender([0x3F80, 0x4000, 0x4040, 0xBF00, 0x7F80])
    x = mx.array(lender)
    check.same(x.dtype, mx.bfloat16)
    check.that(mx.array_equal(x, mx.array([1.0, 2.0, 3.0, -0.5, float("inf")], mx.bfloat16)))
    check.same(x.shape, (5,))
    check.same(lender.ended, [True])
