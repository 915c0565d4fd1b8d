"""Cases that mirror upstream's python/tests/test_double.py: float64 on the CPU, against float32 and against Python's own doubles."""

import math
import operator

import pytest

ROW = ("array_core", "python/tests/test_double.py")


def _normal(mx, check, seed, *shape):
    """Samples of the normal distribution in float32, and the same in float64, which only the CPU has."""
    check.that(mx.default_device() == mx.cpu and mx.default_device() != mx.gpu)
    single = mx.random.normal(shape=shape, key=mx.random.key(seed))
    double = single.astype(mx.float64, stream=mx.cpu)
    check.that(single.dtype == mx.float32 and double.dtype == mx.float64)
    return single, double


def _agree(mx, check, single, double, what):
    """The float64 result, rounded, is the float32 result."""
    check.that(mx.allclose(single, double.astype(mx.float32, mx.cpu), equal_nan=True), what)


def _reference(function, *values):
    """What Python's own doubles make of it: NaN outside the domain."""
    try:
        return function(*values)
    except ValueError:
        return math.nan


@pytest.mark.parity(*ROW, "TestDouble.test_unary_ops")
def test_functions_of_one_double(mx, check):
    single, double = _normal(mx, check, 3, 4, 3)
    functions = {
        mx.abs: abs, mx.negative: operator.neg, mx.logical_not: operator.not_, mx.round: round, mx.floor: math.floor, mx.ceil: math.ceil,
        mx.sqrt: math.sqrt, mx.rsqrt: lambda x: 1 / math.sqrt(x), mx.exp: math.exp, mx.expm1: math.expm1, mx.log: math.log,
        mx.sin: math.sin, mx.tan: math.tan, mx.arcsin: math.asin, mx.arccos: math.acos, mx.arctan: math.atan,
        mx.sinh: math.sinh, mx.tanh: math.tanh, mx.arcsinh: math.asinh, mx.arccosh: math.acosh, mx.arctanh: math.atanh,
        mx.erf: math.erf,
    }
    for ours, reference in functions.items():
        _agree(mx, check, ours(single), ours(double), ours.__name__)
        wanted = [[_reference(reference, value) for value in row] for row in double.tolist()]
        check.close(ours(double), wanted, rtol=1e-6, atol=1e-7)
    inverse = mx.erfinv(double)
    _agree(mx, check, mx.erfinv(single), inverse, "erfinv")
    inside = mx.abs(double) < 1
    check.close(mx.where(inside, mx.erf(inverse), 0), mx.where(inside, double, 0), rtol=1e-6, atol=1e-7)


@pytest.mark.parity(*ROW, "TestDouble.test_binary_ops")
def test_functions_of_two_doubles(mx, check):
    first, first_double = _normal(mx, check, 4, 3, 5)
    second, second_double = _normal(mx, check, 5, 3, 5)
    functions = {
        mx.add: operator.add, mx.subtract: operator.sub, mx.multiply: operator.mul, mx.divide: operator.truediv,
        mx.remainder: operator.mod, mx.power: math.pow, mx.arctan2: math.atan2, mx.maximum: max, mx.minimum: min,
        mx.logaddexp: lambda x, y: math.log(math.exp(x) + math.exp(y)),
        mx.equal: operator.eq, mx.not_equal: operator.ne, mx.less: operator.lt, mx.less_equal: operator.le,
        mx.greater: operator.gt, mx.greater_equal: operator.ge,
        mx.logical_and: lambda x, y: bool(x and y), mx.logical_or: lambda x, y: bool(x or y),
    }
    for ours, reference in functions.items():
        result = ours(first_double, second_double)
        _agree(mx, check, ours(first, second), result, ours.__name__)
        wanted = [[_reference(reference, x, y) for x, y in zip(*rows)] for rows in zip(first_double.tolist(), second_double.tolist())]
        check.close(result, wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parity(*ROW, "TestDouble.test_where")
def test_choice_of_doubles(mx, check):
    first, first_double = _normal(mx, check, 6, 5, 2)
    second, second_double = _normal(mx, check, 7, 5, 2)
    chosen = mx.random.uniform(shape=(5, 2), key=mx.random.key(8)) > 0.4
    result = mx.where(chosen, first_double, second_double)
    check.same(result.dtype, mx.float64)
    check.that(mx.allclose(mx.where(chosen, first, second), result.astype(mx.float32, mx.cpu)))


@pytest.mark.parity(*ROW, "TestDouble.test_reductions")
def test_reductions_of_doubles(mx, check):
    single, double = _normal(mx, check, 9, 24, 40)
    for reduce in (mx.sum, mx.prod, mx.min, mx.max, mx.any, mx.all):
        # A sum of magnitudes does not cancel, so that float32 has its digits.
        pair = (mx.abs(single), mx.abs(double)) if reduce == mx.sum else (single, double)
        for axis in (None, 0, 1, (0, 1)):
            _agree(mx, check, *[reduce(values, axis=axis) for values in pair], f"{reduce.__name__} over {axis}")
    rows = double.tolist()
    check.close(mx.sum(double), math.fsum(value for row in rows for value in row), rtol=1e-12, atol=1e-12)
    check.close(mx.prod(double, axis=1), [math.prod(row) for row in rows], rtol=1e-12, atol=0)
    check.equal(mx.max(double, axis=1), [max(row) for row in rows], dtype=mx.float64)


@pytest.mark.parity(*ROW, "TestDouble.test_get_and_set_item")
def test_elements_of_doubles(mx, check):
    table, table_double = _normal(mx, check, 10, 4, 4)
    update, update_double = _normal(mx, check, 11, 2)
    rows, columns = mx.array([3, 1]), mx.array([0, 2])
    _agree(mx, check, table[rows, columns], table_double[rows, columns], "read")
    check.same(table_double[rows, columns].dtype, mx.float64)
    table[rows, columns] = update
    table_double[rows, columns] = update_double
    _agree(mx, check, table, table_double, "written")
    check.equal(table_double[3, 0], update_double[0], dtype=mx.float64)


@pytest.mark.parity(*ROW, "TestDouble.test_gemm")
def test_product_of_double_matrices(mx, check):
    first, first_double = _normal(mx, check, 12, 6, 9)
    second, second_double = _normal(mx, check, 13, 9, 5)
    result = first_double @ second_double
    _agree(mx, check, first @ second, result, "product")
    columns = list(zip(*second_double.tolist()))
    wanted = [[math.fsum(x * y for x, y in zip(row, column)) for column in columns] for row in first_double.tolist()]
    check.close(result, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parity(*ROW, "TestDouble.test_type_promotion")
def test_double_with_integer(mx, check):
    with mx.stream(mx.cpu):
        total = mx.array([2.5, -1.0], mx.float64) + mx.array([3, 4], mx.int32)
        check.equal(total, [5.5, 3.0], dtype=mx.float64)


@pytest.mark.parity(*ROW, "TestDouble.test_conversion")
def test_doubles_to_python(mx, check):
    import numpy as np

    values = [0.1, -1e300, 1 / 3]
    ours = mx.array(values, mx.float64)
    theirs = np.array(ours)
    check.that(theirs.dtype == np.float64)
    check.that(np.array_equal(theirs, np.array(values)))
    check.same(ours.tolist(), values)


@pytest.mark.parity(*ROW, "TestDouble.test_linspace")
def test_double_steps(mx, check):
    with mx.stream(mx.cpu):
        check.same(mx.linspace(0, math.e, 2, mx.float64).tolist(), [0.0, math.e])
        check.close(mx.linspace(-math.pi, math.pi, 5, mx.float64), [k * math.pi / 2 for k in range(-2, 3)], rtol=1e-15, atol=1e-15)


@pytest.mark.parity(*ROW, "TestDouble.test_lapack")
def test_factors_of_doubles(mx, check):
    import numpy as np

    def near(ours, wanted):
        """Doubles, and equal to about twelve digits."""
        check.same(ours.dtype, mx.float64)
        check.that(mx.allclose(ours, mx.array(wanted, dtype=mx.float64), rtol=1e-11, atol=1e-11), f"{ours} is not {wanted}")

    with mx.stream(mx.cpu):
        square = mx.array([[2, -1, 5], [4, 7, 0], [-3, 6, 1]], dtype=mx.float64)
        tall = mx.array([[3, 1], [0, 2], [-4, 6], [5, 5], [1, -2]], dtype=mx.float64)
        one = mx.eye(3, dtype=mx.float64)

        for matrix in (square, tall):
            q, r = mx.linalg.qr(matrix)
            near(q @ r, matrix)
            near(q.T @ q, mx.eye(matrix.shape[1]))
            check.that(mx.array_equal(mx.tril(r, -1), mx.zeros_like(r)))

            u, s, vt = mx.linalg.svd(matrix)
            near(u[:, : s.size] @ mx.diag(s) @ vt, matrix)
            near(s, np.linalg.svd(np.array(matrix), compute_uv=False))

        near(square @ mx.linalg.inv(square), one)
        near(tall @ mx.linalg.pinv(tall) @ tall, tall)
        near(square @ mx.linalg.pinv(square), one)

        lower = mx.stack([mx.tril(square), mx.tril(square @ square)])
        for matrix, inverse in zip(lower, mx.linalg.tri_inv(lower, upper=False)):
            near(matrix @ inverse, one)

        positive = square.T @ square / 16
        near(mx.linalg.cholesky(positive), np.linalg.cholesky(np.array(positive)))
        factor = mx.linalg.cholesky(positive, upper=True)
        near(factor.T @ factor, positive)

        for symmetric in (mx.array([[3, -4], [-4, 9]], dtype=mx.float64), square + square.T):
            for half in ({}, {"UPLO": "L"}, {"UPLO": "U"}):
                values, vectors = mx.linalg.eigh(symmetric, **half)
                near(values, np.linalg.eigvalsh(np.array(symmetric)))
                near(symmetric @ vectors, values[None, :] * vectors)
                near(mx.linalg.eigvalsh(symmetric, **half), values)

        order, low, up = mx.linalg.lu(square)
        near(low[order, :] @ up, square)

        right = mx.array([6, -9, 4], dtype=mx.float64)
        for upper, triangle in ((False, mx.tril(square)), (True, mx.tril(square.T).T)):
            solution = mx.linalg.solve_triangular(triangle, right, upper=upper)
            near(solution, np.linalg.solve(np.array(triangle), np.array(right)))
