"""Cases that mirror upstream's python/tests/test_reduce.py: every set of axes, every order of them in memory, every dtype."""

import itertools

import pytest

from samples import between, normal

ROW = ("ops_numeric", "python/tests/test_reduce.py")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def _sets(ndim, least=0):
    """All sets of axes, smaller ones first."""
    return [axes for size in range(least, ndim + 1) for axes in itertools.combinations(range(ndim), size)]


def _wrong(ours, theirs, axes, exact=True):
    """Of these sets of axes, those over which our sum and NumPy's are not the same."""
    import numpy as np

    same = np.array_equal if exact else (lambda a, b: a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-2))
    return [over for over in axes if not same(np.array(ours(over)), theirs(over))]


@pytest.mark.parity(*ROW, "TestReduce.test_axis_permutation_sums")
def test_sums_over_permuted_axes(mx, check):
    for shape in ((4, 6, 1, 5, 3), (40, 70, 1, 33), (3, 129, 65)):
        block = between(1, -200, 200, *shape)
        for order in itertools.permutations(range(len(shape))):
            ours, theirs = mx.transpose(mx.array(block), order), block.transpose(order)
            sums = {axes: mx.sum(ours, axis=axes) for axes in _sets(len(shape), 1)}
            mx.eval(list(sums.values()))
            wrong = _wrong(sums.get, lambda axes: theirs.sum(axis=axes, dtype="int32"), sums)
            check.that(not wrong, f"{shape} in the order {order}: {wrong}")


@pytest.mark.parity(*ROW, "TestReduce.test_expand_sums")
def test_sums_over_repeated_axes(mx, check):
    import numpy as np

    block = normal(2, 4, 1, 6, 1, 3, 1)
    for repeated in [axes for axes in _sets(6, 1) if set(axes) <= {1, 3, 5}]:
        shape = [7 if axis in repeated else length for axis, length in enumerate(block.shape)]
        ours, theirs = mx.broadcast_to(mx.array(block), shape), np.broadcast_to(block, shape).astype("float64")
        sums = {axes: mx.sum(ours, axis=axes) for axes in _sets(6, 1)}
        mx.eval(*sums.values())
        wrong = _wrong(sums.get, lambda axes: theirs.sum(axis=axes), sums, exact=False)
        check.that(not wrong, f"{shape}: {wrong}")


@pytest.mark.parity(*ROW, "TestReduce.test_dtypes")
def test_reductions_of_every_dtype(mx, check):
    import numpy as np

    for name in (*INTEGERS, "float32", "complex64"):
        if name in INTEGERS:
            block = between(3, 0 if name[0] == "u" else -3, 4, 2, 5, 3, dtype=name)
        else:
            block = normal(3, 2, 5, 3, dtype=name)
        x = mx.array(block)
        for reduce in ("sum", "prod", "min", "max"):
            for axes in (None, *_sets(3, 1)):
                result = getattr(mx, reduce)(x, axis=axes)
                mx.eval(result)
                wanted = getattr(np, reduce)(block, axis=axes).astype(np.array(result).dtype)
                check.close(result, wanted, rtol=1e-5, atol=1e-5)
        check.same(mx.max(x).dtype, x.dtype)
        check.same(mx.sum(x).dtype.size, max(x.itemsize, 4))


@pytest.mark.parity(*ROW, "TestReduce.test_arg_reduce")
def test_places_of_extremes(mx, check):
    import numpy as np

    for name in (*INTEGERS, "float16", "float32"):
        block = between(4, 0, 12, 6, 9, 5, dtype=name)  # so that the extremes repeat, and the first one counts
        x = mx.array(block)
        for place in ("argmin", "argmax"):
            ours, theirs = getattr(mx, place), getattr(np, place)
            for axis, keepdims in itertools.product((None, 0, 1, 2, -1), (False, True)):
                wanted = theirs(block, axis=axis, keepdims=keepdims)
                check.equal(ours(x, axis, keepdims), wanted, dtype=mx.uint32, shape=wanted.shape)


@pytest.mark.parity(*ROW, "TestReduce.test_edge_case")
def test_sum_that_leaves_an_inner_axis(mx, check):
    import numpy as np

    whole = (mx.random.normal((60, 1, 50, 90), key=mx.random.key(5)) * 300).astype(mx.int32)
    for order, axes in (((0, 3, 1, 2), (0, 2, 3)), ((3, 1, 0, 2), (1, 2, 3)), ((2, 0, 3, 1), (1, 3))):
        x = whole.transpose(*order)
        total = x.sum(axes)
        mx.eval(total)
        check.that(np.array_equal(np.array(total), np.array(x).sum(axes, dtype="int32")), f"{order} over {axes}")


@pytest.mark.parity(*ROW, "TestReduce.test_sum_bool")
def test_true_elements_are_counted(mx, check):
    for shape, share in (((7, 11, 13), 0.3), ((1025,), 0.9), ((3, 400), 0.0)):
        truths = between(6, 0.0, 1.0, *shape, dtype="float32") < share
        check.same(mx.array(truths).sum().item(), int(truths.sum()))
        check.equal(mx.array(truths).sum(axis=-1), truths.sum(axis=-1), dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestReduce.test_many_reduction_axes")
def test_every_second_axis(mx, check):
    for lengths, order in (((3,) * 5, None), ((3,) * 7, None), ((2,) * 9, None), ((2,) * 9 + (70,), (1, 0, *range(2, 10)))):
        x = mx.random.randint(-50, 50, shape=lengths, key=mx.random.key(7))
        x = x if order is None else x.transpose(*order)
        for first in (0, 1):
            axes = tuple(range(first, x.ndim, 2))
            step_by_step = x
            for axis in axes:
                step_by_step = mx.sum(step_by_step, axis=axis, keepdims=True)
            check.that(mx.array_equal(mx.sum(x, axis=axes, keepdims=True), step_by_step), f"{x.shape} over {axes}")


@pytest.mark.parity(*ROW, "TestReduce.test_nan_propagation")
def test_nan_is_an_extreme(mx, check):
    import numpy as np

    for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float16", "float32"):
        x = mx.abs(mx.random.normal((5, 20), key=mx.random.key(8)) * 9).astype(getattr(mx, name))
        for row, column in mx.random.randint(0, 5, shape=(3, 2), key=mx.random.key(9)).tolist():
            x[row, column * 4] = mx.nan if name[0] == "f" else 60 + row
        for extreme, axis in itertools.product(("max", "min"), (None, 0, 1)):
            wanted = getattr(np, extreme)(np.array(x), axis=axis)
            result = getattr(mx, extreme)(x, axis=axis)
            check.equal(result, wanted, dtype=x.dtype)
        check.same(mx.max(x).item() != mx.max(x).item(), name[0] == "f")


@pytest.mark.parity(*ROW, "TestReduce.test_nan_propagation_complex64")
def test_complex_nan_is_an_extreme(mx, check):
    import numpy as np

    nan = mx.nan
    plain = [2 + 5j, -1 + 7j, 2 - 5j, 4 + 0j, -6 + 1j, -6 - 1j]
    for place, odd in itertools.product(range(6), (complex(nan, 3), complex(nan, nan))):
        values = plain[:place] + [odd] + plain[place + 1 :]
        x = mx.array(values, dtype=mx.complex64).reshape(3, 2)
        for extreme, axis in itertools.product(("max", "min"), (0, 1)):
            wanted = getattr(np, extreme)(np.array(x), axis=axis)
            check.equal(getattr(mx, extreme)(x, axis=axis), wanted, dtype=mx.complex64)
    check.equal(mx.max(mx.array(plain)), 4, dtype=mx.complex64)
    check.equal(mx.min(mx.array(plain)), -6 - 1j)


@pytest.mark.parity(*ROW, "TestReduce.test_long_column")
def test_long_columns(mx, check):
    import numpy as np

    for rows, columns in ((9000, 48), (2**14 + 1, 3), (5000, 1)):
        block = between(10, -90, 90, rows, columns)
        check.that(np.array_equal(np.array(mx.array(block).sum(0)), block.sum(0)), f"{rows} rows of {columns}")
