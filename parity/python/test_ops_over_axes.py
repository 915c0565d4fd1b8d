"""Cases that mirror upstream's python/tests/test_ops.py: functions that reduce axes, and those that run along one."""

import itertools
import math

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_ops.py")
NAN, INF = math.nan, math.inf
TABLE = [[5, -2, 7], [1, 4, -3]]


def _reduces(mx, check, ours, whole, columns, rows, dtype):
    """What a function makes of TABLE: of all of it, of its columns, of its rows; with the axes kept, and as a method."""
    x = mx.array(TABLE)
    for options, wanted in (({}, whole), ({"axis": 0}, columns), ({"axis": 1}, rows), ({"axis": (0, -1)}, whole)):
        check.close(ours(x, **options), wanted, rtol=1e-6)
        check.close(getattr(x, ours.__name__)(**options), wanted, rtol=1e-6)
    for options, wanted in (({}, [[whole]]), ({"axis": 0}, [columns]), ({"axis": -1}, [[row] for row in rows])):
        kept = ours(x, keepdims=True, **options)
        check.close(kept, wanted, rtol=1e-6)
        check.same(kept.dtype, dtype)
    check.raises((ValueError, IndexError), ours, x, axis=2)


@pytest.mark.parity(*ROW, "TestOps.test_sum")
def test_sums(mx, check):
    import numpy as np

    _reduces(mx, check, mx.sum, 12, [6, 2, 4], [10, 2], mx.int32)
    whole = np.arange(2 * 6 * 3 * 5).reshape(2, 6, 3, 5).astype("float32") - 40
    for axis in [None, *range(4), (0, 2), (3, 1), (0, 1, 3), (0, 1, 2, 3), ()]:
        check.equal(mx.sum(mx.array(whole), axis=axis), np.sum(whole, axis=axis), shape=np.sum(whole, axis=axis).shape)
    every_second = np.array([3, 9, -4, 9, 8, 9], dtype="float32")
    repeated = mx.broadcast_to(mx.array(every_second)[0:6:2], (4, 3))
    for axis, wanted in ((None, 28), (0, [12, -16, 32]), (1, [7, 7, 7, 7]), ((0, 1), 28)):
        check.equal(mx.sum(repeated, axis=axis), wanted, dtype=mx.float32)
    deep = np.arange(2 * 3 * 2 * 4 * 3 * 2).reshape(2, 3, 2, 4, 3, 2).astype("float32")
    for kept in range(6):
        axes = tuple(axis for axis in range(6) if axis != kept)
        check.equal(mx.array(deep).sum(axis=axes), deep.sum(axis=axes))


@pytest.mark.parity(*ROW, "TestOps.test_prod")
def test_running_out_of_factors(mx, check):
    _reduces(mx, check, mx.prod, 840, [5, -8, -21], [-70, -12], mx.int32)
    check.equal(mx.prod(mx.array([0.5, -4.0, 3.0])), -6.0, dtype=mx.float32)
    check.equal(mx.prod(mx.array([])), 1.0)


@pytest.mark.parity(*ROW, "TestOps.test_min_and_max")
def test_extremes(mx, check):
    _reduces(mx, check, mx.min, -3, [1, -2, -3], [-2, -3], mx.int32)
    _reduces(mx, check, mx.max, 7, [5, 4, 7], [7, 4], mx.int32)
    for ours in (mx.min, mx.max):
        check.equal(ours(mx.array([[1.0, NAN], [2.0, -INF]]), axis=1), [NAN, ours(mx.array([2.0, -INF])).item()])
        check.raises(ValueError, ours, mx.array([]))


@pytest.mark.parity(*ROW, "TestOps.test_mean")
def test_means(mx, check):
    _reduces(mx, check, mx.mean, 2.0, [3.0, 1.0, 2.0], [10 / 3, 2 / 3], mx.float32)


@pytest.mark.parity(*ROW, "TestOps.test_var")
def test_variances(mx, check):
    _reduces(mx, check, mx.var, 80 / 6, [4.0, 9.0, 25.0], [134 / 9, 74 / 9], mx.float32)
    pair = mx.array([3.0, 7.0])
    for ddof, wanted in ((0, 4.0), (1, 8.0), (2, INF), (3, INF)):
        check.equal(mx.var(pair, ddof=ddof), wanted)


@pytest.mark.parity(*ROW, "TestOps.test_std")
def test_deviations(mx, check):
    import numpy as np

    x = mx.random.uniform(shape=(6, 7), key=mx.random.key(1))
    for axis, ddof in itertools.product((None, 0, 1), (0, 1)):
        check.close(mx.std(x, axis=axis, ddof=ddof), np.std(np.array(x), axis=axis, ddof=ddof), rtol=2e-6)
    check.close(mx.std(mx.array(TABLE)), math.sqrt(80 / 6))


@pytest.mark.parity(*ROW, "TestOps.test_median")
def test_medians(mx, check):
    import numpy as np

    for values, wanted in (([8, 1, 9], 8), ([8, 1, 9, 2], 5), ([-4], -4), ([0.5, -INF, 7.0], 0.5)):
        check.equal(mx.median(mx.array(values)), wanted, dtype=mx.float32, shape=())
        check.equal(mx.median(mx.array(values), keepdims=True), [wanted], shape=(1,))
    x = mx.random.normal((4, 3, 5, 2), key=mx.random.key(2))
    for axis in (0, -1, (0, 3), (1, 2), (0, 1, 3), None):
        for keepdims in (True, False):
            wanted = np.median(np.array(x), axis=axis, keepdims=keepdims)
            check.close(mx.median(x, axis=axis, keepdims=keepdims), wanted, rtol=1e-6)
    line = mx.array([3, 1, 2])
    for values, axis in ((mx.array([]), 0), (line, (0, 1)), (line, (0, 0)), (line, -2)):
        check.raises(ValueError, mx.median, values, axis=axis)


@pytest.mark.parity(*ROW, "TestOps.test_logsumexp")
def test_logarithm_of_summed_exponentials(mx, check):
    check.close(mx.logsumexp(mx.array([[0.0, math.log(3)], [math.log(5), 0.0]])), math.log(10), rtol=1e-6)
    check.close(mx.logsumexp(mx.array([[500.0, 500.0], [-INF, 2.0]]), axis=1), [500 + math.log(2), 2.0], rtol=1e-6)
    long = mx.random.uniform(shape=(1500,), key=mx.random.key(3)) * 20
    block = mx.random.uniform(shape=(3, 2, 6), key=mx.random.key(4))
    spread = mx.broadcast_to(block[:, :1], (3, 4, 6))
    for x in (long, block, block.swapaxes(0, 1), block[:, ::-1, ::2], spread):
        for axis in [None, *range(x.ndim)]:
            top = mx.max(x, axis=axis, keepdims=True)
            wanted = mx.log(mx.sum(mx.exp(x - top), axis=axis, keepdims=True)) + top
            result = mx.logsumexp(x, axis=axis, keepdims=True)
            check.that(result.shape == wanted.shape and mx.allclose(result, wanted), f"{result} is not {wanted}")


@pytest.mark.parity(*ROW, "TestOps.test_softmax")
def test_shares(mx, check):
    import numpy as np

    def reference(x, axis):
        powers = np.exp(x.astype("float64") - x.max(axis=axis, keepdims=True))
        return powers / powers.sum(axis=axis, keepdims=True)

    values = normal(5, 6, 5, 24)
    for dtype, tolerance in (("float32", 1e-6), ("float16", 1e-3)):
        x = values.astype(dtype)
        for axis in (None, 0, 1, -1, (0, 1), (1, 2), (2, 0), (0, 1, 2)):
            check.close(mx.softmax(mx.array(x), axis), reference(x, axis), rtol=tolerance, atol=tolerance)
    for length in (90, 2050, 6000):
        row = mx.softmax(mx.array([-INF] * (length - 1) + [-3.0]))
        check.that(not mx.any(mx.isnan(row)).item() and mx.all(row[:-1] == 0).item(), f"of {length}")
        check.equal(row[-1], 1)
        nothing = mx.softmax(mx.full((length + 1,), vals=-INF))
        check.that(mx.all(mx.isnan(nothing)), f"of {length + 1} times nothing")
    sliced = mx.random.uniform(shape=(5, 9), key=mx.random.key(6))[:, 1:4]
    check.close(mx.softmax(sliced, axis=1).sum(axis=1), [1.0] * 5)
    check.close(mx.softmax(sliced, axis=1), reference(np.array(sliced), 1))
    for dtype in (mx.float16, mx.bfloat16):
        x = (mx.random.normal(shape=(800,), key=mx.random.key(7)) * 8).astype(dtype)
        exact = mx.softmax(x.astype(mx.float32), axis=-1)
        precise = mx.softmax(x, axis=-1, precise=True)
        check.that(precise.dtype == dtype and mx.allclose(precise, exact.astype(dtype)), f"{dtype}")
    cube = mx.random.uniform(shape=(9, 10, 11), key=mx.random.key(8))
    check.that(mx.allclose(mx.softmax(cube, 2).swapaxes(0, 1), mx.softmax(cube.swapaxes(0, 1), 2), rtol=0, atol=0))
    check.raises(ValueError, mx.softmax, mx.array(4.0), axis=-1)


@pytest.mark.parity(*ROW, "TestOps.test_logcumsumexp")
def test_running_logarithm_of_exponentials(mx, check):
    import numpy as np

    x = normal(9, 12, 10, 9, scale=3.0)
    for axis in (0, 1, 2, -1):
        check.close(mx.logcumsumexp(mx.array(x), axis=axis), np.logaddexp.accumulate(x, axis=axis), rtol=1e-5, atol=1e-5)
    for values, wanted in (
        ([-INF] * 5, [-INF] * 5), ([-INF, 2.0, -INF], [-INF, 2.0, 2.0]), ([-INF, INF, -INF], [-INF, INF, INF]),
        ([0.0] * 4, [math.log(n) for n in (1, 2, 3, 4)]),
    ):
        check.close(mx.logcumsumexp(mx.array(values), axis=0), wanted, rtol=1e-6)
    turned = mx.logcumsumexp(mx.array([0.0, 0.0, 1.0, -2.0]) + 0.5j)
    sums = itertools.accumulate(map(math.exp, (0.0, 0.0, 1.0, -2.0)))
    check.close(turned, [math.log(total) + 0.5j for total in sums])


@pytest.mark.parity(*ROW, "TestOps.test_trace")
def test_sums_of_diagonals(mx, check):
    import numpy as np

    square, cube = np.arange(20).reshape(4, 5) - 3, np.arange(36).reshape(3, 3, 4) * 2
    ours = {"int64": mx.int64, "float32": mx.float32, "float16": mx.float16}
    for offset, dtype in itertools.product((0, 1, 4, -1, -3), (None, "int64", "float16")):
        result = mx.trace(mx.array(square, mx.int64), offset=offset, dtype=ours.get(dtype))
        check.equal(result, np.trace(square, offset=offset, dtype=dtype), dtype=ours[dtype or "int64"], shape=())
    check.equal(mx.trace(mx.arange(9, dtype=mx.int64).reshape(3, 3)), 12, dtype=mx.int64)
    for axes, offset in itertools.product(((0, 1), (1, 2), (2, 0), (-1, -2)), (0, 1, -1)):
        result = mx.trace(mx.array(cube, mx.int64), offset=offset, axis1=axes[0], axis2=axes[1], dtype=mx.float32)
        wanted = np.trace(cube, offset=offset, axis1=axes[0], axis2=axes[1], dtype="float32")
        check.equal(result, wanted, dtype=mx.float32, shape=wanted.shape)


def _reference_scan(np, name, x, axis, reverse, inclusive):
    """NumPy's scan in x's dtype; an exclusive one starts from the operation's neutral value."""
    function = {"cumsum": np.add, "cumprod": np.multiply, "cummax": np.maximum, "cummin": np.minimum}[name]
    limits = np.iinfo(x.dtype)
    start = {"cumsum": 0, "cumprod": 1, "cummax": limits.min, "cummin": limits.max}[name]
    x = np.flip(x, axis) if reverse else x
    result = function.accumulate(x, axis=axis, dtype=x.dtype)
    if not inclusive:
        first = np.full_like(np.take(x, [0], axis), start)
        result = np.concatenate([first, np.delete(result, -1, axis)], axis)
    return np.flip(result, axis) if reverse else result


@pytest.mark.parity(*ROW, "TestOps.test_scans")
def test_running_sums_and_others(mx, check):
    import numpy as np

    block = normal(10, 9, 20, 7)
    for name in ("cumsum", "cumprod"):
        for x in (block, (block + 0.25j).astype("complex64")):
            for axis in (None, 0, 1, 2):
                check.close(getattr(mx, name)(mx.array(x), axis=axis), getattr(np, name)(x, axis=axis), rtol=1e-3, atol=1e-4)
    draw = mx.random.randint(shape=(5, 33, 6), low=-90, high=90, key=mx.random.key(11))
    for dtype in (mx.int32, mx.int64):
        x = draw.astype(dtype)
        for name, axis in itertools.product(("cumsum", "cumprod", "cummax", "cummin"), range(3)):
            for reverse, inclusive in itertools.product((False, True), repeat=2):
                result = getattr(mx, name)(x, axis=axis, reverse=reverse, inclusive=inclusive)
                wanted = _reference_scan(np, name, np.array(x), axis, reverse, inclusive)
                same = mx.array_equal(result, mx.array(wanted)) and result.dtype == dtype
                check.that(same, f"{name} of {dtype} along {axis}, reverse {reverse}, inclusive {inclusive}")
        check.equal(mx.cumsum(x), np.cumsum(np.array(x), dtype=np.array(x).dtype), dtype=dtype)
    rows = mx.random.uniform(shape=(3, 24), key=mx.random.key(12))
    for dtype in (mx.float16, mx.bfloat16):
        masked = mx.tri(24).astype(dtype) * rows.astype(dtype)[:, None, :]
        sums = mx.cumsum(rows.astype(dtype), axis=-1)
        check.that(sums.dtype == dtype and mx.allclose(sums, masked.sum(axis=-1), rtol=0.02, atol=1e-3), f"{dtype}")
    for length in (1, 500, 1024, 1025, 4097):
        wanted = mx.arange(3, 3 * length + 1, 3, dtype=mx.int32)
        check.that(mx.array_equal(mx.cumsum(mx.ones((length,), mx.int32) * 3), wanted), f"{length} in a row")
        columns = mx.cumsum(mx.ones((length, 3), mx.int32) * 3, axis=0)
        check.that(mx.array_equal(columns, mx.repeat(wanted[:, None], 3, axis=1)), f"{length} in columns")

    def peak(steps):
        """The most memory held while a scan is scanned again and again."""
        x = mx.ones((4096,))
        mx.eval(x)
        mx.reset_peak_memory()
        for _ in range(steps):
            x = mx.cumsum(x, axis=0)
            mx.eval(x)
        mx.synchronize()
        return mx.get_peak_memory()

    few, many = peak(2), peak(9)
    check.that(0 < many <= few, f"{many} bytes for nine scans, {few} for two")
