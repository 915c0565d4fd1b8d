"""Cases that mirror rows of upstream's python/tests/test_array.py: arrays from arrays and integers, scalars, parts, operators in place."""

import operator

import pytest

ROW = ("array_core", "python/tests/test_array.py")


@pytest.mark.parity(*ROW, "TestArray.test_init_from_array")
def test_array_from_array(mx, check):
    source = mx.array([2.0, 0.0, -5.75])
    plain = mx.array(source)
    check.that(mx.array_equal(source, plain))
    check.that(plain is not source)
    whole = mx.array(source, mx.int32)
    check.same(whole.dtype, mx.int32)
    check.equal(whole, [2, 0, -5])
    truth = mx.array(source, mx.bool_)
    check.same(truth.dtype, mx.bool_)
    check.equal(truth, [True, False, True])
    pairs = mx.array(source, mx.complex64)
    check.same(pairs.dtype, mx.complex64)
    check.equal(pairs, [2 + 0j, 0j, -5.75 + 0j])


@pytest.mark.parity(*ROW, "TestArray.test_int_type")
def test_dtype_of_integers(mx, check):
    check.that(mx.array(-7).dtype == mx.int32)
    check.that(mx.array(2**31 - 1).dtype == mx.int32)
    check.that(mx.array(2**31).dtype == mx.int64)
    check.that(mx.array(2**32 - 5).dtype == mx.int64)
    check.that(mx.array(3 * 2**50).dtype == mx.int64)
    check.equal(mx.array(3 * 2**50), 3 * 2**50)
    check.equal(mx.array(2**32 - 5, dtype=mx.uint32), 2**32 - 5, dtype=mx.uint32)
    check.equal(mx.array([7, -7], dtype=mx.int64) + 0xC0000000, [3221225479, 3221225465], dtype=mx.int64)


@pytest.mark.parity(*ROW, "TestArray.test_real_imag")
def test_parts_of_numbers(mx, check):
    real, pair = mx.array([-3.5]), mx.array([2.0 - 0.25j])
    check.same(real.real.item(), -3.5)
    check.same(real.imag.item(), 0.0)
    check.same(pair.real.item(), 2.0)
    check.same(pair.imag.item(), -0.25)


@pytest.mark.parity(*ROW, "TestArray.test_to_scalar")
def test_numbers_of_arrays(mx, check):
    check.same(int(mx.array(41)), 41)
    check.same(float(mx.array(41)), 41.0)
    check.same(float(mx.array(-2.75)), -2.75)
    check.same(int(mx.array(-2.75)), -2)
    check.same(int(mx.array([[6]])), 6)
    for kind in (int, float):
        check.raises(ValueError, kind, mx.zeros((1, 3)))


@pytest.mark.parity(*ROW, "TestArray.test_scalar_integer_conversion_overflow")
def test_integer_outside_dtype(mx, check):
    ours = mx.array(1, dtype=mx.int32)
    for outside in (2**31 + 17, -(2**31) - 17):
        check.raises(ValueError, operator.add, ours, outside)
        check.raises(ValueError, mx.add, ours, outside)
    check.equal(ours + (2**31 - 2), 2**31 - 1, dtype=mx.int32)


@pytest.mark.parity(*ROW, "TestArray.test_logical_overloads")
def test_operators_on_bools(mx, check):
    for op in (operator.and_, operator.or_):
        check.raises(ValueError, op, mx.array(2.0), mx.array(3))
    for left in (False, True):
        for right in (False, True):
            for op in (operator.and_, operator.or_, operator.xor):
                check.same(op(mx.array(left), right).item(), op(left, right))
        check.same((~mx.array(left)).item(), not left)


@pytest.mark.parity(*ROW, "TestArray.test_inplace")
def test_operators_in_place(mx, check):
    import numpy as np

    operators = (operator.iadd, operator.isub, operator.imul, operator.ifloordiv, operator.imod, operator.ipow, operator.ixor)
    for op in operators:
        values = np.array([5, 2, 9, 4], dtype=np.int32)
        ours = mx.array(values)
        result = op(ours, 2)
        check.that(result is ours, op.__name__)
        check.that(mx.array_equal(ours, mx.array(op(values, 2))), op.__name__)
    check.raises(ValueError, operator.itruediv, mx.array([6]), 2)

    def twice(start, op, operand):
        """The array seen through its first name, after its second was changed in place."""
        first = second = start
        second = op(second, operand)
        check.that(second is first)
        return first

    check.equal(twice(mx.array([5.0]), operator.itruediv, 4), [1.25])
    check.equal(twice(mx.array([True, False]), operator.iand, False), [False, False])
    check.equal(twice(mx.array([True, False]), operator.ior, True), [True, True])
    check.equal(twice(mx.array([False]), operator.ixor, True), [True])
    square = mx.array([[0.0, 2.0], [1.0, -1.0]])
    check.equal(twice(square, operator.imatmul, square), [[2.0, -2.0], [-1.0, 3.0]])
    check.raises(ValueError, operator.iadd, mx.array([1, 2]), mx.array([1, 2, 3]))


@pytest.mark.parity(*ROW, "TestArray.test_inplace_preserves_ids")
def test_object_stays_the_same(mx, check):
    ours = mx.array([8.0, 2.0])
    before = id(ours)
    ours += mx.array(1.0)
    check.same(id(ours), before)
    ours[1] = -4.0
    check.same(id(ours), before)
    ours -= mx.array(2.0)
    check.same(id(ours), before)
    ours *= mx.array(0.5)
    check.same(id(ours), before)
    check.equal(ours, [3.5, -3.0])
