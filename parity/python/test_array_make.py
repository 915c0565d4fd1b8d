"""Cases that mirror upstream's python/tests/test_array.py: what an array is made of, and the dtype that comes out."""

import itertools
import operator

import pytest

FILE = "python/tests/test_array.py"
INTEGERS = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]


def takes(check, x, dtype, shape):
    """Checks an array's dtype and all that follows from its shape."""
    size = 1
    for length in shape:
        size *= length
    check.same(x.dtype, dtype)
    check.same(x.shape, shape)
    check.same(x.ndim, len(shape))
    check.same(x.size, size)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_basics")
def test_array_basics(mx, check):
    for value, dtype, itemsize in ((-7, mx.int32, 4), (2.5, mx.float32, 4), (True, mx.bool_, 1), (3 - 4j, mx.complex64, 8)):
        x = mx.array(value)
        takes(check, x, dtype, ())
        check.same(x.itemsize, itemsize)
        check.same(x.nbytes, itemsize)
        check.same(x.item(), value)
        check.raises(TypeError, len, x)
    for dtype, value, item in ((mx.uint32, 2**32 - 1, 2**32 - 1), (mx.int64, -(2**40), -(2**40)), (mx.bfloat16, 3, 3.0)):
        x = mx.array(value, dtype)
        takes(check, x, dtype, ())
        check.same(x.item(), item)
    for values, dtype in (
        ([False, True, True, False], mx.bool_),
        ([4, -5, 6], mx.int32),
        ([0.25, -8.0], mx.float32),
        ([2j, 1 - 1j, 5], mx.complex64),
        ((9, 8, 7, 6, 5), mx.int32),
    ):
        x = mx.array(values)
        takes(check, x, dtype, (len(values),))
        check.same(len(x), len(values))
        check.equal(x, values)
        check.equal(mx.array(values, mx.complex64), values, dtype=mx.complex64)
    check.equal(mx.array([True, False], mx.float32), [1.0, 0.0], dtype=mx.float32)
    check.equal(mx.array([6, 0, -2], mx.float32), [6.0, 0.0, -2.0], dtype=mx.float32)
    check.same(mx.array([[1, 2, 3]], mx.int64).nbytes, 24)


@pytest.mark.parity("array_core", FILE, "TestArray.test_bool_conversion")
def test_bool_conversion(mx, check):
    for value in (True, 3, -0.5, [[1]]):
        check.same(bool(mx.array(value)), True)
    for value in (False, 0, 0.0, [[0]]):
        check.same(bool(mx.array(value)), False)
    check.raises(ValueError, bool, mx.array([1, 1]))


@pytest.mark.parity("array_core", FILE, "TestArray.test_construction_from_lists")
def test_construction_from_lists(mx, check):
    for nested, shape in (([], (0,)), ([[], []], (2, 0)), ([[[], [], []]] * 4, (4, 3, 0))):
        x = mx.array(nested)
        takes(check, x, mx.float32, shape)
        check.that(mx.array_equal(x, mx.array(nested, mx.int32)))
    ragged = (
        [[1, 2, 3], [4, 5]],
        [[[]], [[], []]],
        [[[], []], [[], [7.0]]],
        [[1, 2], [[3], 4]],
        [[1, 2], 3],
        [5, ["text", 6]],
    )
    for nested in ragged:
        check.raises(ValueError, mx.array, nested)
    # The strongest kind of number decides.
    for values, dtype in (
        ([False, True], mx.bool_),
        ([False, -2], mx.int32),
        ([True, 7, 0.5], mx.float32),
        ([[True, True], [2, 3], [4, 5.0]], mx.float32),
        ([False, 1, 2.0, 3j], mx.complex64),
    ):
        check.equal(mx.array(values), values, dtype=dtype)
    check.equal(mx.array([[0.0, 0.2], [-3.0, 9.9]], mx.bool_), [[False, True], [True, True]], dtype=mx.bool_)
    check.equal(mx.array([[2.9, -2.9], [0.4, 11.0]], mx.int32), [[2, -2], [0, 11]], dtype=mx.int32)
    check.same(mx.array([3j, 2 - 1j, False, 4], mx.complex64).tolist(), [3j, 2 - 1j, 0j, 4 + 0j])
    check.same(mx.array([2**32 - 1, 2**31, 0], dtype=mx.uint32).tolist(), [2**32 - 1, 2**31, 0])
    check.same(mx.array([2**32 - 1, 2**31, 0], dtype=mx.float32).tolist(), [2.0**32, 2.0**31, 0.0])


@pytest.mark.parity("array_core", FILE, "TestArray.test_construction_from_lists_of_mlx_arrays")
def test_construction_from_lists_of_mlx_arrays(mx, check):
    names = ["bool_", *INTEGERS, "float16", "float32", "bfloat16", "complex64"]
    dtypes = [getattr(mx, name) for name in names]
    for first, second in itertools.permutations(dtypes, 2):
        a, b = mx.array([[0, 1]], first), mx.array([[1, 1]], second)
        made, stacked = mx.array([a, b]), mx.stack([a, b])
        check.equal(made, stacked, dtype=stacked.dtype, shape=(2, 1, 2))
        mixed = mx.array([[a[0], [5.0, 6.0]], [[7.0, 8.0], b[0]]])
        plain = [[[0, 1], [5, 6]], [[7, 8], [1, 1]]]
        check.equal(mixed, mx.array(plain, mixed.dtype), shape=(2, 2, 2))
        check.that(mixed.dtype != mx.bool_, "numbers were made into truth values")
    for dtype in dtypes:
        unevaluated = mx.array([0.5, 1.5]).astype(mx.bfloat16)
        other = mx.array([1, 1], dtype)
        stacked = mx.stack([unevaluated, other])
        check.equal(mx.array([unevaluated, other]), stacked, dtype=stacked.dtype)
    for uneven in ([mx.array([3.0]), 4.0], [4.0, mx.array([3.0])]):
        try:
            mx.array(uneven)
        except ValueError as error:
            check.same(str(error), "Initialization encountered non-uniform length.")
        else:
            check.that(False, "uneven lengths were taken")
    check.raises(ValueError, mx.array, [mx.array([1]), mx.array([2, 3])])

    def weighted(x):
        return (mx.array([x, mx.array([10.0, 10.0]), x * x]) * mx.array([[3.0], [5.0], [1.0]])).sum()

    check.equal(mx.grad(weighted)(mx.array([2.0, -1.0])), [7.0, 1.0])


@pytest.mark.parity("array_core", FILE, "TestArray.test_double_keeps_precision")
def test_double_keeps_precision(mx, check):
    third = 1.0 / 3.0
    check.same(mx.array(third, dtype=mx.float64).item(), third)
    check.same(mx.array([[third, 2.0**-1040]], dtype=mx.float64).tolist(), [[third, 2.0**-1040]])
    check.that(mx.array(third).item() != third, "float32 kept a double")


@pytest.mark.parity("array_core", FILE, "TestArray.test_asarray")
def test_asarray(mx, check):
    import numpy as np

    for given in ([5, 6], (5, 6)):
        check.equal(mx.asarray(given), [5, 6], dtype=mx.int32)
    for given in ([[1, 2], [3, 4]], ((1, 2), (3, 4)), [(1, 2), (3, 4)], ([1, 2], [3, 4])):
        check.equal(mx.asarray(given), [[1, 2], [3, 4]], dtype=mx.int32, shape=(2, 2))
    for scalar in (-12, 0.75, False, 2 - 5j):
        check.same(mx.asarray(scalar).item(), scalar)
    check.same(mx.asarray(0.1).item(), float(np.float32(0.1)))
    source = mx.array([7, 8, 9], dtype=mx.int32)
    check.equal(mx.asarray(source), [7, 8, 9], dtype=mx.int32)
    cast = mx.asarray(source, dtype=mx.float32)
    check.same(cast.dtype, mx.float32)
    check.same(cast.tolist(), [7.0, 8.0, 9.0])
    from_numpy = mx.asarray(np.array([[0.5], [1.5]], dtype=np.float32))
    check.same(from_numpy.tolist(), [[0.5], [1.5]])
    check.same(from_numpy.dtype, mx.float32)
    check.equal(mx.asarray(np.array([3, 4], dtype=np.int16), dtype=mx.float16), [3.0, 4.0], dtype=mx.float16)
    check.equal(mx.asarray((1, 0), dtype=mx.float32), [1.0, 0.0], dtype=mx.float32)
    check.equal(mx.asarray(65, dtype=mx.float16), 65.0, dtype=mx.float16)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_namespace")
def test_array_namespace(mx, check):
    space = mx.array([2, 3]).__array_namespace__()
    check.equal(space.add(space.array([2, 3]), 10), [12, 13])
    check.same(space.__name__, "mlx.core")


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_namespace_asarray")
def test_array_namespace_asarray(mx, check):
    space = mx.array(0).__array_namespace__()
    check.that(callable(space.asarray))
    check.same(space.asarray([8, 9]).tolist(), [8, 9])
    check.equal(space.asarray((8, 9), dtype=mx.float32), [8.0, 9.0], dtype=mx.float32)
    check.same(space.asarray(mx.array([[1], [2]])).tolist(), [[1], [2]])


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_type_cast")
def test_array_type_cast(mx, check):
    cut = mx.array([1.9, -1.9, 0.3, 100.0]).astype(mx.int32)
    check.same(cut.tolist(), [1, -1, 0, 100])
    check.same(cut.dtype, mx.int32)
    check.equal(cut.astype(mx.float32), [1.0, -1.0, 0.0, 100.0], dtype=mx.float32)


@pytest.mark.parity("array_core", FILE, "TestArray.test_dtype_promotion")
def test_dtype_promotion(mx, check):
    import numpy as np

    names = ["bool", *INTEGERS, "float32"]
    ours = {name: getattr(mx, name if name != "bool" else "bool_") for name in names}
    for first, second in itertools.permutations(names, 2):
        promoted = np.promote_types(first, second).name.replace("float64", "float32")
        total = mx.ones((4,), dtype=ours[first]) + mx.ones((4,), dtype=ours[second])
        check.same(total.dtype, ours[promoted])
        check.same(total.dtype, mx.array(np.ones(4, first) + np.ones(4, second)).dtype)
    half = mx.ones((2,), dtype=mx.float16)
    check.same((half + mx.ones((2,), dtype=mx.float32)).dtype, mx.float32)
    check.same((half + mx.ones((2,), dtype=mx.int32)).dtype, mx.float16)


@pytest.mark.parity("array_core", FILE, "TestArray.test_dtype_python_scalar_promotion")
def test_dtype_python_scalar_promotion(mx, check):
    floats = [mx.float16, mx.float32]
    for dtype in [mx.bool_, *(getattr(mx, name) for name in INTEGERS), *floats]:
        wanted = {True: dtype, 3: mx.int32 if dtype == mx.bool_ else dtype, 2.5: dtype if dtype in floats else mx.float32}
        for scalar, result in wanted.items():
            check.same(operator.mul(mx.array([0, 1], dtype), scalar).dtype, result)
            check.same(operator.mul(scalar, mx.array([0, 1], dtype)).dtype, result)
            check.same(operator.add(mx.array(1, dtype), scalar).dtype, result)
