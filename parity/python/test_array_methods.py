"""Cases that mirror upstream's python/tests/test_array.py: methods and operators of an array, indexing, copies."""

import copy
import operator
import pickle
import weakref

import pytest

FILE = "python/tests/test_array.py"
COPIED = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 bfloat16 complex64".split()


@pytest.mark.parity("array_core", FILE, "TestArray.test_api")
def test_api(mx, check):
    import numpy as np

    numbers = np.random.default_rng(5).uniform(0.1, 2.0, (6, 5, 8)).astype(np.float32)
    x = mx.array(numbers)
    calls = {name: () for name in "square sqrt rsqrt reciprocal exp log sin cos log1p abs log10 log2 conj".split()}
    along = "all any sum prod min max logcumsumexp logsumexp mean var argmin argmax cummax cummin cumprod cumsum"
    calls.update({name: (1,) for name in along.split()})
    calls.update(reshape=((40, -1),), transpose=((2, 0, 1),), diagonal=(1, 0, 2), flatten=(1, -1), moveaxis=(0, 2))
    calls.update(round=(1,), std=(2, True, 1), swapaxes=(0, 2))
    for name, arguments in calls.items():
        function, method = getattr(mx, name)(x, *arguments), getattr(x, name)(*arguments)
        check.same(method.dtype, function.dtype)
        check.same(method.shape, function.shape)
        check.that(mx.array_equal(method, function), f"{name} differs")
    # Both could be wrong together, so some are held against NumPy.
    for name in ("square", "sqrt", "reciprocal", "exp", "log1p", "cos", "log10"):
        check.close(getattr(x, name)(), getattr(np, name)(numbers), rtol=1e-4)
    for name in ("sum", "prod", "mean", "var", "argmax", "cumprod"):
        check.close(getattr(x, name)(1), getattr(np, name)(numbers, 1), rtol=1e-4)
    for pieces in (x.split(2), mx.split(x, 2)):
        check.same(len(pieces), 2)
        check.equal(pieces[0], numbers[:3])
        check.equal(pieces[1], numbers[3:])
    thin = mx.array(numbers[:, :1])
    check.same(thin.squeeze(axis=1).shape, (6, 8))
    check.that(mx.array_equal(thin.squeeze(axis=1), mx.squeeze(thin, axis=1)))


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_at")
def test_array_at(mx, check):
    check.raises(ValueError, lambda: mx.array(3).at.add(1))
    check.equal(mx.array(3).at[None].add(4), 7)
    counts = mx.array([10, 20, 30])
    check.equal(counts.at[2].add(5), [10, 20, 35])
    check.equal(counts.at[mx.array([1, 1, 0, 1])].add(2), [12, 26, 30])
    check.equal(counts, [10, 20, 30])
    check.equal(mx.zeros((4, 6)).at[3].add(mx.arange(6))[3], list(range(6)))

    rows, columns = mx.array([5, 1, 4]), mx.array([0, 0, 2])
    amounts = mx.random.uniform(shape=(3,))
    spread = mx.zeros((6, 3)).at[rows, columns].add(amounts)
    check.that(mx.allclose(spread.sum(), amounts.sum()))
    check.close(spread.sum(), amounts.sum())
    check.equal(spread[rows, columns], amounts)

    x = mx.random.uniform(shape=(7, 4, 3))
    kept = x[1:, :, 1].tolist()
    picked = (mx.array([2, 6]), slice(None), 0)
    step = mx.ones((2, 4))
    x[picked] = 0
    for method, by, wanted in (
        ("add", step, step),
        ("subtract", step, mx.zeros_like(step)),
        ("add", 3 * step, 3 * step),
        ("multiply", 2 * step, 6 * step),
        ("divide", 4 * step, 1.5 * step),
    ):
        x = getattr(x.at[picked], method)(by)
        check.equal(x[picked], wanted)
    heights = mx.arange(8).reshape(2, 4)
    for method, function in (("maximum", mx.maximum), ("minimum", mx.minimum)):
        x[picked] = 3
        before = x[picked]
        x = getattr(x.at[picked], method)(heights)
        check.equal(x[picked], function(before, heights))
    check.equal(x[picked], [[0, 1, 2, 3], [3, 3, 3, 3]])
    check.equal(x[1:, :, 1], kept)

    # An update with more axes of length one than the place it goes to.
    row = mx.array([[0.5, 1.5]]).at[0:1].add(mx.array([[[[3.0, 4.0]]]]))
    check.that(mx.array_equal(row, mx.array([[3.5, 5.5]])))


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_comparison")
def test_array_comparison(mx, check):
    left, right = [2.0, -3.0, 7.5, 0.0], [2.0, 1.0, -7.5, 4.0]
    a, b = mx.array(left), mx.array(right)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        check.same(compare(a, b).tolist(), [compare(p, q) for p, q in zip(left, right)])
        check.same(compare(a, 2).tolist(), [compare(p, 2) for p in left])
        check.same(compare(2, a).tolist(), [compare(2, p) for p in left])
        check.same(compare(a, 0.5).tolist(), [compare(p, 0.5) for p in left])


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_copy")
def test_array_copy(mx, check):
    values = [[[9, 8, 7]], [[6, 5, 4]]]
    less = [[[7, 6, 5]], [[4, 3, 2]]]
    for make in (copy.copy, copy.deepcopy):
        for name in COPIED:
            dtype = getattr(mx, name)
            original = mx.array(values, dtype)
            other = make(original)
            check.equal(other, values, dtype=dtype, shape=(2, 1, 3))
            other -= 2
            check.equal(other, less, dtype=dtype)
            check.equal(original, values)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_iteration")
def test_array_iteration(mx, check):
    values = [4, 3, 9, -1]
    check.same([element.item() for element in mx.array(values)], values)
    first, second = mx.array([[0.5, 2.0, 8.0], [1.0, 4.0, 16.0]])
    check.same(first.tolist(), [0.5, 2.0, 8.0])
    check.same(second.tolist(), [1.0, 4.0, 16.0])
    check.same([part.shape for part in mx.array([[[1], [2]]] * 3)], [(2, 1)] * 3)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_neg")
def test_array_neg(mx, check):
    check.same((-mx.array([6.5, -0.25, 3.0])).tolist(), [-6.5, 0.25, -3.0])
    check.same((-mx.array([[2, -9]])).tolist(), [[-2, 9]])


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_pickle")
def test_array_pickle(mx, check):
    values = [[0, 1, 2], [3, 100, 127]]
    for name in COPIED:
        dtype = getattr(mx, name)
        x = mx.array(values, dtype)
        for held in (x, x.T):
            check.equal(pickle.loads(pickle.dumps(held)), held, dtype=dtype, shape=held.shape)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_repr")
def test_array_repr(mx, check):
    texts = {
        "array(False, dtype=bool)": mx.array(False),
        "array(-4, dtype=int32)": mx.array(-4),
        "array(2, dtype=float32)": mx.array(2.0),
        "array(0.125, dtype=float32)": mx.array(0.125),
        "array([3, 2], dtype=int32)": mx.array([3, 2]),
        "array([7, 7, 7, 7, 7, 7], dtype=int32)": mx.array([7] * 6),
        "array([0, 1, 2, ..., 5, 6, 7], dtype=int32)": mx.array(list(range(8))),
        "array([[5, 6, 7],\n       [8, 9, 0]], dtype=int32)": mx.array([[5, 6, 7], [8, 9, 0]]),
        "array([[[1],\n        [2]],\n       [[3],\n        [4]]], dtype=int32)": mx.array([[[1], [2]], [[3], [4]]]),
        "array([[True],\n       [False]], dtype=bool)": mx.array([[True], [False]]),
        "array([-8], dtype=int8)": mx.array([-8], dtype=mx.int8),
        "array([300], dtype=int16)": mx.array([300], dtype=mx.int16),
        "array([200], dtype=uint8)": mx.array([200], dtype=mx.uint8),
        "array([0.300049], dtype=float16)": mx.array([0.3], dtype=mx.float16),
        "array([2+3j], dtype=complex64)": mx.array([2 + 3j], dtype=mx.complex64),
        "array([0.5-4j], dtype=complex64)": mx.array([0.5 - 4j], dtype=mx.complex64),
    }
    for text, x in texts.items():
        check.same(str(x), text)
        check.same(repr(x), text)
    lines = "array([[0, 0],\n       [0, 1],\n       [0, 2],\n"
    pairs = [[0, k] for k in range(9)]
    rest = "       [0, 3],\n       [0, 4],\n       [0, 5]], dtype=int32)"
    check.same(str(mx.array(pairs[:6])), lines + rest)
    rest = "       ...,\n       [0, 6],\n       [0, 7],\n       [0, 8]], dtype=int32)"
    check.same(str(mx.array(pairs)), lines + rest)


@pytest.mark.parity("array_core", FILE, "TestArray.test_array_to_list")
def test_array_to_list(mx, check):
    for dtype, one in ((mx.bool_, True), (mx.uint32, 1), (mx.int32, 1), (mx.int64, 1), (mx.float32, 1.0)):
        check.same(mx.array(1, dtype).tolist(), one)
    for values in (
        [8, -6, 4],
        [[1, 2, 3], [4, 5, 6]],
        [[0.25, -1.5]],
        [[[4.0], [2.0]], [[1.0], [0.5]], [[0.25], [0.0]]],
        [],
        [[], [], []],
        [2j, 1.5 - 1j],
    ):
        check.same(mx.array(values).tolist(), values)
    check.same(mx.array([[1, 0], [0, 0]], mx.bool_).tolist(), [[True, False], [False, False]])
    for dtype in (mx.float16, mx.bfloat16):
        check.same(mx.array([0.5, -3.0, 96.0], dtype=dtype).tolist(), [0.5, -3.0, 96.0])
    check.same(mx.array([[1, 2, 3], [4, 5, 6]]).T.tolist(), [[1, 4], [2, 5], [3, 6]])


@pytest.mark.parity("array_core", FILE, "TestArray.test_format")
def test_format(mx, check):
    check.same(f"{mx.arange(5)[4]:.3f}", "4.000")
    check.same(f"{mx.array(2.71828):.2f}", "2.72")
    check.raises(TypeError, format, mx.arange(5), ".2f")
    check.same(f"{mx.array([[4, 5]])}", "array([[4, 5]], dtype=int32)")


@pytest.mark.parity("array_core", FILE, "TestArray.test_getitem_with_list")
def test_getitem_with_list(mx, check):
    import numpy as np

    check.equal(mx.array([6, 7, 8, 9])[[3, 0, 0]], [9, 6, 6])
    check.equal(mx.array([[1, 2, 3], [4, 5, 6]])[[1]], [[4, 5, 6]])
    x = mx.arange(24).reshape(4, 6)
    numbers = np.arange(24).reshape(4, 6)
    picked = [2, -1, 0]
    for index in (picked, (picked, 5), (picked, slice(None)), (1, picked), (slice(None), picked), (slice(1, 3), picked)):
        check.equal(x[index], numbers[index], shape=numbers[index].shape)


@pytest.mark.parity("array_core", FILE, "TestArray.test_deep_graphs")
def test_deep_graphs(mx, check):
    depth = 100_000

    def deep(start, step):
        x = mx.array(start)
        for _ in range(depth):
            x = step(x)
        return x

    def halves(x):
        return mx.concatenate(mx.split(x, 2))

    # Ended before they were evaluated: nothing may recurse into them.
    for start, step in (([0.5, 2.0], mx.sin), ([0.5, 2.0], lambda x: x + x), ([3, 4], halves)):
        x = deep(start, step)
        check.same(x.shape, (2,))
        gone = weakref.ref(x)
        del x
        check.that(gone() is None, "an array outlives its last name")
    # Evaluated: n times the sine of a positive number tends to sqrt(3 / n).
    x = deep([0.5, 2.0], mx.sin)
    mx.eval(x)
    check.close(x, [(3 / depth) ** 0.5] * 2, rtol=1e-2)
