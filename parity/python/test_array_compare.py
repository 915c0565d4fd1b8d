"""Cases that mirror the classes TestEquality and TestInequality of upstream's test_array.py: comparisons, and what is no operand."""

import operator

import pytest

ROW = ("array_core", "python/tests/test_array.py")
ORDERINGS = (operator.lt, operator.le, operator.gt, operator.ge)


@pytest.mark.parity(*ROW, "TestEquality.test_array_eq_array")
def test_eq_of_arrays(mx, check):
    left, same, other = mx.array([7, -2, 9, 0]), mx.array([7, -2, 9, 0]), mx.array([7, -2, 8, 0])
    check.that(mx.all(left == same))
    check.that(not mx.all(left == other))
    check.equal(left == other, [True, True, False, True])
    check.equal(left == mx.array([7.0, -2.5, 9.0, -0.0]), [True, False, True, True])


@pytest.mark.parity(*ROW, "TestEquality.test_array_eq_scalar")
def test_eq_of_array_and_scalar(mx, check):
    whole = mx.array([4, 6, 8])
    check.that(mx.any(whole == 6))
    check.that(not mx.all(whole == 5))
    check.that(not mx.any(whole == 6.5))
    check.equal(6 == whole, [False, True, False])
    check.that(mx.any(whole == mx.array([4, 6.5, 8.25])))
    check.that(not mx.all(whole == mx.array([4, 6.5, 8.25])))


def _unequal_to_every(mx, check, kind):
    """Lists and tuples are no arrays: never equal to one, whatever they hold, and the answer is a bool."""
    ours = mx.array([5, 1, 3])
    for values in ([5, 1, 3], [5, 1, 2], []):
        check.that(not (ours == kind(values)))
        check.that(ours != kind(values))
    check.same(ours == kind([5, 1, 3]), False)
    check.same(ours != kind([5, 1, 3]), True)


@pytest.mark.parity(*ROW, "TestEquality.test_list_equals_array")
def test_eq_of_array_and_list(mx, check):
    _unequal_to_every(mx, check, list)


@pytest.mark.parity(*ROW, "TestEquality.test_tuple_equals_array")
def test_eq_of_array_and_tuple(mx, check):
    _unequal_to_every(mx, check, tuple)


@pytest.mark.parity(*ROW, "TestInequality.test_array_ne_array")
def test_ne_of_arrays(mx, check):
    left, same, other = mx.array([11, 12]), mx.array([11, 12]), mx.array([11, 13])
    check.that(not mx.any(left != same))
    check.that(mx.any(left != other))
    check.equal(left != other, [False, True])


@pytest.mark.parity(*ROW, "TestInequality.test_array_ne_scalar")
def test_ne_of_array_and_scalar(mx, check):
    whole = mx.array([4, 6, 8])
    check.that(not mx.all(whole != 4))
    check.equal(whole != 4, [False, True, True])
    check.that(mx.all(whole != 5))
    check.that(mx.all(whole != 4.5))
    check.that(mx.any(whole != 4.0))
    check.that(not mx.all(whole != mx.array([4, 6.5, 8.25])))
    check.equal(4 != whole, [False, True, True])


@pytest.mark.parity(*ROW, "TestInequality.test_list_not_equals_array")
def test_ne_of_array_and_list(mx, check):
    ours = mx.array([[1, 2], [3, 4]])
    check.that(ours != [[1, 2], [3, 4]])
    check.that(ours != [[1, 2], [3, 5]])
    check.that(mx.array(1) != [1])


@pytest.mark.parity(*ROW, "TestInequality.test_tuple_not_equals_array")
def test_ne_of_array_and_tuple(mx, check):
    ours = mx.array([2.5, -1.0])
    check.that(ours != (2.5, -1.0))
    check.that(ours != (2.5, 1.0))
    check.that(ours != ())


@pytest.mark.parity(*ROW, "TestInequality.test_obj_inequality_array")
def test_ordering_with_other_objects(mx, check):
    ours = mx.array([1, 5, 9])
    for order in ORDERINGS:
        for stranger in ("nine", [1, 5, 9], (1, 5, 9), {"a": 1}):
            check.raises(ValueError, order, ours, stranger)
        check.equal(order(ours, 5), [order(value, 5) for value in (1, 5, 9)])


@pytest.mark.parity(*ROW, "TestInequality.test_invalid_op_on_array")
def test_operators_with_other_objects(mx, check):
    ours = mx.array([0.5, 4.0])
    refused = [
        (operator.mul, "two"),
        (operator.imul, "two"),
        (operator.itruediv, [0.5, 4.0]),
        (operator.floordiv, [0.5, 4.0]),
        (operator.mod, [0.5, 4.0]),
        (operator.pow, (0.5, 4.0)),
        (operator.and_, (0.5, 4.0)),
        (operator.or_, "two"),
    ]
    for op, stranger in refused:
        check.raises(ValueError, op, ours, stranger)
    check.equal(ours, [0.5, 4.0])


@pytest.mark.parity(*ROW, "TestInequality.test_dlx_device_type")
def test_dlpack_device(mx, check):
    pair = mx.array([3, 1, 2]).__dlpack_device__()
    check.same(len(pair), 2)
    kind, number = pair
    cpu, metal, cuda_managed = 1, 8, 13
    check.that(kind in (cpu, metal, cuda_managed))
    check.that(number == 0)
    check.that(kind == metal or not mx.metal.is_available())
    check.same(mx.metal.is_available(), kind == metal)
