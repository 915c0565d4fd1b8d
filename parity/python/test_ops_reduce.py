"""Cases that mirror the tests of upstream's test_ops.py that reduce to a truth or a place: any, all, equality, closeness, extremes, dtypes' kinds."""

import math

import pytest

ROW = ("ops_numeric", "python/tests/test_ops.py")
INF, NAN = math.inf, math.nan


def _truths(mx, check, function, of_columns, of_rows, of_all):
    table = mx.array([[True, True, False], [True, False, False]])
    check.equal(function(table), of_all, dtype=mx.bool_, shape=())
    check.equal(function(table, keepdims=True), [[of_all]], shape=(1, 1))
    check.equal(function(table, axis=[0, 1]), of_all, shape=())
    for axis in (0, [0], -2):
        check.equal(function(table, axis=axis), of_columns, dtype=mx.bool_, shape=(3,))
    for axis in (1, [1], -1):
        check.equal(function(table, axis=axis), of_rows, dtype=mx.bool_, shape=(2,))
    check.equal(function(table.astype(mx.float32) * 2.5, axis=0, keepdims=True), [of_columns])
    check.raises(IndexError, function, table, 2)


@pytest.mark.parity(*ROW, "TestOps.test_all")
def test_all_true(mx, check):
    _truths(mx, check, mx.all, [True, False, False], [False, False], False)
    check.equal(mx.all(mx.array([[7, 1], [3, 0]]), axis=1), [True, False])
    check.that(mx.all(mx.array([])))


@pytest.mark.parity(*ROW, "TestOps.test_any")
def test_any_true(mx, check):
    _truths(mx, check, mx.any, [True, True, False], [True, True], True)
    check.equal(mx.any(mx.array([[0, 0], [0, 4]]), axis=1), [False, True])
    check.that(not mx.any(mx.array([])))


@pytest.mark.parity(*ROW, "TestOps.test_array_equal")
def test_equality_of_arrays(mx, check):
    three = mx.array([6, 7, 8])
    for other, wanted in (([6, 7, 8], True), ([6, 7, 9], False), ([6, 7], False), ([[6, 7, 8]], False), ([6.0, 7.0, 8.0], True), ([6.5, 7, 8], False)):
        check.equal(mx.array_equal(three, mx.array(other)), wanted, dtype=mx.bool_, shape=())
    check.that(not mx.array_equal(mx.array([6]), mx.array([6, 6])))
    for dtype in (mx.float32, mx.float16, mx.bfloat16, mx.complex64):
        first, second = [mx.array([NAN, 2.0]).astype(dtype) for _ in range(2)]
        check.that(not mx.array_equal(first, second))
        check.that(not mx.array_equal(first, second, equal_nan=False))
        check.that(mx.array_equal(first, second, equal_nan=True))
        check.that(not mx.array_equal(first, second[::-1], equal_nan=True))


@pytest.mark.parity(*ROW, "TestOps.test_isclose")
def test_closeness_of_elements(mx, check):
    ends, other = mx.array([INF, -INF, INF, 5.0]), mx.array([INF, -INF, -INF, INF])
    check.equal(mx.isclose(ends, other), [True, True, False, False], dtype=mx.bool_)
    nothing = mx.array([NAN, 3.0])
    check.equal(mx.isclose(nothing, nothing), [False, True])
    check.equal(mx.isclose(nothing, nothing, equal_nan=True), [True, True])
    check.equal(mx.isclose(nothing, nothing[::-1], equal_nan=True), [False, False])
    check.equal(mx.isclose(mx.array([100.0, 100.0, 0.0]), mx.array([100.0005, 100.01, 1e-9])), [True, False, True])


@pytest.mark.parity(*ROW, "TestOps.test_allclose")
def test_closeness_of_arrays(mx, check):
    a, b, far = mx.array(2.0), mx.array(2.5), mx.array([2.0, 2.5])
    check.equal(mx.allclose(a, a), True, dtype=mx.bool_, shape=())
    check.that(not mx.allclose(a, b))
    check.that(mx.allclose(a, b, 0.25))
    check.that(not mx.allclose(a, b, 0.1))
    check.that(mx.allclose(a, b, 0.1, 0.3))
    check.that(mx.allclose(a, b, atol=0.6))
    check.that(not mx.allclose(far, a) and mx.allclose(far, far))
    # The tolerance is of the second: 0.2 times it.
    check.that(mx.allclose(a, b, 0.2) and not mx.allclose(b, a, 0.2))
    check.that(mx.allclose(mx.array(-INF), mx.array(-INF)))
    check.that(not mx.allclose(mx.array(NAN), mx.array(NAN)) and mx.allclose(mx.array(NAN), mx.array(NAN), equal_nan=True))


@pytest.mark.parity(*ROW, "TestOps.test_argmin_argmax")
def test_places_of_extremes(mx, check):
    import numpy as np

    values = (np.arange(7 * 11 * 5) * 211 % 1009).astype(np.float32).reshape(7, 11, 5)
    block = mx.array(values)
    for name in ("argmin", "argmax"):
        ours, theirs = getattr(mx, name), getattr(np, name)
        for keep in (False, True):
            for axis in (0, 1, 2, -3):
                wanted = theirs(values, axis, keepdims=keep)
                check.equal(ours(block, axis, keep), wanted, dtype=mx.uint32, shape=wanted.shape)
            check.equal(ours(block, keepdims=keep), theirs(values, keepdims=keep))
        check.same(ours(block).item(), int(theirs(values)))
        check.equal(ours(block.transpose(2, 0, 1), axis=1), theirs(values.transpose(2, 0, 1), axis=1))
    # Of equal elements the first.
    check.equal(mx.argmax(mx.array([3, 9, 1, 9])), 1)
    check.equal(mx.argmin(mx.array([[4, 2], [4, 2], [5, 0]]), axis=0), [0, 2])


@pytest.mark.parity(*ROW, "TestOps.test_argpartition")
def test_places_of_parts(mx, check):
    rows = mx.broadcast_to(mx.array([8, 5, 6, 7]), (2, 4))
    check.that(mx.array_equal(mx.argpartition(rows, kth=1, axis=0), mx.array([[0] * 4, [1] * 4])))
    check.equal(mx.argpartition(mx.array([[9, 4], [6, 7]]).T, kth=1, axis=0), [[1, 0], [0, 1]], dtype=mx.uint32)
    values = [31 * k % 47 for k in range(47)]
    for kth in (0, 11, -5, 46):
        order = mx.argpartition(mx.array(values), kth).tolist()
        check.same(sorted(order), list(range(47)))
        parted, place = [values[k] for k in order], kth % 47
        check.that(parted[place] == place and max(parted[: place + 1]) == place and min(parted[place:]) == place, f"by {kth}: {parted}")
    check.raises(ValueError, mx.argpartition, rows, 2, 0)


@pytest.mark.parity(*ROW, "TestOps.test_issubdtype")
def test_kinds_of_dtypes(mx, check):
    import numpy as np

    kinds = "generic number integer signedinteger unsignedinteger inexact floating complexfloating".split()
    dtypes = "bool_ uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 complex64".split()
    for first in kinds + dtypes:
        for second in kinds + dtypes:
            wanted = np.issubdtype(getattr(np, first), getattr(np, second))
            check.that(mx.issubdtype(getattr(mx, first), getattr(mx, second)) is bool(wanted), f"{first} of {second} is not {wanted}")
    for kind in kinds:
        check.same(mx.issubdtype(mx.bfloat16, getattr(mx, kind)), kind in ("generic", "number", "inexact", "floating"))
    check.same(mx.issubdtype(mx.inexact, mx.bfloat16), False)
