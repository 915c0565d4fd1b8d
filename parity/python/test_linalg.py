"""Cases that mirror upstream's python/tests/test_linalg.py: factors multiplied out again, and NumPy where there is an answer."""

import pytest


def case(name):
    return pytest.mark.parity("beyond_seed", "python/tests/test_linalg.py", f"TestLinalg.{name}")


def refuses(mx, check, function, *square):
    """Scalars, vectors and integers, and where asked what is not square."""
    shapes = [[1.0, 2.0], *([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]] if square else [])]
    for values in shapes:
        check.raises(ValueError, function, mx.array(values), stream=mx.cpu)
    check.raises(ValueError, function, mx.array(1.5), stream=mx.cpu)
    check.raises(ValueError, function, mx.array([[2, 1], [1, 3]]), stream=mx.cpu)


ORDERS = {1: (None, 0.5, 0, 1, 2, 3, -1, float("inf"), -float("inf")),
          2: (None, "fro", "nuc", -1, 1, -2, 2, float("inf"), -float("inf"))}


@case("test_norm")
def test_norm(mx, check):
    import itertools
    import math

    import numpy as np
    from convolution import agree

    for shape in ((5,), (3, 4), (2, 4, 3)):
        count = math.prod(shape)
        x = mx.arange(-2, count - 2, dtype=mx.float32).reshape(shape) + 0.25
        whole = mx.arange(1, count + 1).reshape(shape)
        values, integers = np.array(x, np.float64), np.array(whole, np.float64)
        for keep in (False, True):
            for axes in (1, 2):
                for axis in itertools.permutations(range(len(shape)), axes):
                    for order in ORDERS[axes]:
                        stream = mx.cpu if order in ("nuc", -2, 2) else mx.default_device()
                        wanted = np.asarray(np.linalg.norm(values, order, axis, keep))
                        agree(check, mx.linalg.norm(x, order, axis, keep, stream=stream), wanted, 2e-6)
            agree(check, mx.linalg.norm(whole, keepdims=keep), np.linalg.norm(integers).reshape((1,) * keep), 2e-6)
            for order in (1, -1, math.inf, -math.inf) if len(shape) < 3 else ():
                wanted = np.asarray(np.linalg.norm(integers, order, keepdims=keep))
                agree(check, mx.linalg.norm(whole, ord=order, keepdims=keep), wanted, 2e-6)
    check.close(mx.linalg.norm(mx.array([2.0, -3.0, 6.0])), 7)
    check.close(mx.linalg.norm(mx.array([2.0, -3.0, 6.0]), ord=1), 11)


@case("test_complex_norm")
def test_norm_of_complex(mx, check):
    import itertools

    import numpy as np
    from convolution import agree
    from samples import normal

    for shape in ((4,), (3, 2), (2, 3, 4)):
        x = normal(11, *shape, dtype="complex64")
        for axis in (None, *(a for n in (1, 2) for a in itertools.combinations(range(len(shape)), n))):
            got = mx.linalg.norm(mx.array(x), axis=axis)
            agree(check, got, np.asarray(np.linalg.norm(x.astype(complex), axis=axis)), 2e-6)
            check.that(got.dtype == mx.float32, f"{got.dtype}")
    check.close(mx.linalg.norm(mx.array([[3j, 0], [0, 4]]), ord="fro"), 5)


@case("test_qr_factorization")
def test_qr(mx, check):
    refuses(mx, check, mx.linalg.qr)
    one, two = mx.array([[4.0, 1.0], [-2.0, 3.0]]), mx.array([[0.5, 2.0], [6.0, -1.0]])
    inputs = [one, mx.stack([one, two]), *(mx.random.uniform(shape=s) for s in ((3, 7), (7, 3), (2, 5, 4), (1, 6)))]
    for a in inputs:
        q, r = mx.linalg.qr(a, stream=mx.cpu)
        inner = min(a.shape[-2:])
        check.same((q.shape[-1], r.shape[-2]), (inner, inner))
        check.that(mx.allclose(q @ r, a, rtol=1e-5, atol=1e-6))
        check.that(mx.allclose(q.swapaxes(-1, -2) @ q, mx.eye(inner), rtol=1e-5, atol=1e-6))
        check.that(mx.allclose(mx.tril(r, -1), mx.zeros_like(r), rtol=0, atol=0))
        check.that(q.dtype == mx.float32 and r.dtype == mx.float32)


@case("test_svd_decomposition")
def test_svd(mx, check):
    a = mx.array([[2, 0, 1], [-1, 5, 3], [4, 4, -2], [7, 1, 0]], dtype=mx.float32)
    double = mx.array([[1, 5, -2], [0, 3, 8], [6, -7, 1], [2, 2, 9]], dtype=mx.float64)
    both = mx.array([[2 - 1j, 3 + 2j], [4j, 1 + 1j]], dtype=mx.complex64)
    inputs = [(a, mx.float32, 1e-5), (a.T, mx.float32, 1e-5), (double, mx.float64, 1e-12), (both, mx.float32, 1e-5),
              *((m, mx.float32, 1e-5) for m in (a - 8, 2 * a))]
    with mx.stream(mx.cpu):
        for m, kind, within in inputs:
            u, s, vt = mx.linalg.svd(m, compute_uv=True, stream=mx.cpu)
            mx.eval(u, s, vt)
            check.that(s.dtype == kind and u.dtype == m.dtype and vt.dtype == m.dtype, f"{s.dtype} {u.dtype} {vt.dtype}")
            rank = len(s)
            check.that(mx.allclose(u[:, :rank] @ mx.diag(s) @ vt[:rank], m, rtol=within, atol=within))
            alone = mx.linalg.svd(m, compute_uv=False, stream=mx.cpu)
            check.that(mx.allclose(alone, s, rtol=within, atol=within))
            check.that(mx.allclose(mx.linalg.norm(alone), mx.linalg.norm(m, ord="fro"), rtol=within, atol=within))
            check.that(bool((s[:-1] >= s[1:]).all()) and s[-1].item() >= 0, "singular values fall")
    pair = mx.stack([a, a - 8])
    us, values, vts = mx.linalg.svd(pair, stream=mx.cpu)
    for m, u, s, vt in zip(pair, us, values, vts):
        check.that(mx.allclose(u[:, :3] @ mx.diag(s) @ vt, m, rtol=1e-5, atol=1e-5))
    check.that(mx.allclose(mx.linalg.svd(pair, compute_uv=False, stream=mx.cpu), values))
    check.close(mx.linalg.svd(mx.array([[0.0, 3.0], [-4.0, 0.0]]), compute_uv=False, stream=mx.cpu), [4, 3])


def undone(mx, check, matrices, inverses, within):
    check.same(matrices.shape, inverses.shape)
    for m, inverse in zip(matrices, inverses):
        check.that(mx.allclose(m @ inverse, mx.eye(m.shape[-1]), rtol=0, atol=within))


@case("test_inverse")
def test_inverse(mx, check):
    a = mx.array([[2, -1, 0], [4, 3, 5], [-6, 1, 8]], dtype=mx.float32)
    pair = mx.stack([a, a + 20])
    undone(mx, check, a[None], mx.linalg.inv(a, stream=mx.cpu)[None], 1e-6)
    undone(mx, check, pair, mx.linalg.inv(pair, stream=mx.cpu), 3e-5)
    check.close(mx.linalg.inv(mx.array([[0.0, 4.0], [2.0, 0.0]]), stream=mx.cpu), [[0, 0.5], [0.25, 0]])


@case("test_tri_inverse")
def test_inverse_of_triangles(mx, check):
    pair = mx.stack([mx.array(m, dtype=mx.float32) for m in ([[2, 0, 0], [-3, 4, 0], [5, 6, -1]],
                                                             [[5, 0, 0], [1, -3, 0], [2, 7, 4]])])
    full = mx.random.normal((2, 8, 8)) + 4 * mx.eye(8)
    for upper in (False, True):
        m = pair.swapaxes(-1, -2) if upper else pair
        undone(mx, check, m, mx.linalg.tri_inv(m, upper=upper, stream=mx.cpu), 1e-6)
        part = mx.triu if upper else mx.tril
        inverse = mx.linalg.tri_inv(full, upper=upper, stream=mx.cpu)
        check.that(mx.all(inverse == part(inverse)))
        undone(mx, check, part(full), inverse, 1e-5)


@case("test_cholesky")
def test_cholesky(mx, check):
    root = mx.array([[1.0, 0.5, -2.0], [3.0, 2.0, 0.0], [1.0, -1.0, 4.0]], dtype=mx.float32)
    a = root @ root.T / 9
    for m in (a, mx.stack([a, a + 0.5 * root.T @ root])):
        low = mx.linalg.cholesky(m, stream=mx.cpu)
        high = mx.linalg.cholesky(m, upper=True, stream=mx.cpu)
        check.that(mx.allclose(low @ low.swapaxes(-1, -2), m, rtol=1e-5, atol=1e-6))
        check.that(mx.allclose(high.swapaxes(-1, -2) @ high, m, rtol=1e-5, atol=1e-6))
        check.that(mx.allclose(low, high.swapaxes(-1, -2), rtol=1e-5, atol=1e-6))
    check.close(mx.linalg.cholesky(mx.array([[9.0, 6.0], [6.0, 5.0]]), stream=mx.cpu), [[3, 0], [2, 1]])


@case("test_cholesky_inv")
def test_inverse_from_cholesky(mx, check):
    mx.random.seed(3)
    x = mx.random.uniform(shape=(4, 4))
    a = x @ x.T + 0.3 * mx.eye(4)
    for m in (a[None], mx.stack([a, a + mx.array(0.2, dtype=mx.float32)])):
        for upper in (False, True):
            factor = mx.linalg.cholesky(m, upper=upper, stream=mx.cpu)
            inverse = mx.linalg.cholesky_inv(factor, upper=upper, stream=mx.cpu)
            undone(mx, check, m, inverse, 1e-5)
            check.that(mx.allclose(inverse, inverse.swapaxes(-1, -2), rtol=1e-5, atol=1e-6))


@case("test_pseudo_inverse")
def test_pseudo_inverse(mx, check):
    a = mx.array([[3, 1, -2], [0, 4, 5], [7, -6, 2]], dtype=mx.float32)
    for m, within in ((a, 1e-5), (mx.stack([a, a + 30]), 2e-4), (mx.array([[2.0, -6.0], [1.0, -3.0]]), 1e-5),
                      (a[:2], 1e-5), (a[:, 1:], 1e-5)):
        plus = mx.linalg.pinv(m, stream=mx.cpu)
        check.same(plus.shape[-2:], (m.shape[-1], m.shape[-2]))
        check.that(mx.allclose(m @ plus @ m, m, rtol=0, atol=within))
        check.that(mx.allclose(plus @ m @ plus, plus, rtol=0, atol=within))
    check.close(mx.linalg.pinv(mx.array([[2.0, 0.0], [0.0, 0.0]]), stream=mx.cpu), [[0.5, 0], [0, 0]])


@case("test_cross_product")
def test_cross(mx, check):
    import numpy as np
    from convolution import agree

    pairs = [([2.0, 0.5, -1.0], [3.0, 1.0, 4.0]), ([-3.0, -1.0, -2.0], [2.0, -6.0, 1.0]), ([2, 7, 1], [8, 2, 8]),
             ([0.5, 1.5, 2.5], [3, 1, 2])]
    for a, b in pairs:
        got = mx.linalg.cross(mx.array(a), mx.array(b))
        check.close(got, np.cross(a, b))
        check.that(got.dtype == (mx.array(a) * mx.array(b)).dtype, f"{got.dtype}")
    for axis, shape in ((1, (4, 3)), (0, (3, 5)), (-2, (2, 3, 4))):
        a, b = mx.random.uniform(shape=shape), mx.random.uniform(shape=shape)
        agree(check, mx.linalg.cross(a, b, axis=axis), np.cross(np.array(a), np.array(b), axis=axis))
    a, b = mx.random.uniform(shape=(4, 1, 3)), mx.random.uniform(shape=(2, 3))
    agree(check, mx.linalg.cross(a, b), np.cross(np.array(a), np.array(b)))
    for a, b in (([1.0], [4.0]), ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])):
        check.raises(ValueError, mx.linalg.cross, mx.array(a), mx.array(b))


def eigen(mx, check, a, full, alone, **how):
    """The vectors times their values are the matrix times the vectors; returns the values."""
    with mx.stream(mx.cpu):
        values, vectors = full(a, **how)
        mx.eval(values, vectors)
        near = {"rtol": 1e-5, "atol": 2e-5}
        check.that(mx.allclose(a @ vectors, values[..., None, :] * vectors, **near))
        check.that(mx.allclose(alone(a, **how), values, **near))
        check.that(mx.allclose(mx.linalg.norm(vectors, axis=-2), mx.array(1.0), **near))
    return values


@case("test_eig")
def test_eig(mx, check):
    import numpy as np
    from samples import normal

    inputs = [mx.array([[2.0, 1.0], [5.0, -1.0]]), mx.array([[0.0, -2.0], [2.0, 1.0]]), mx.array(normal(8, 6, 6)),
              mx.array(normal(9, 2, 4, 4)), mx.array([[2.0, 1.0], [4.0, -3.0]], dtype=mx.float64),
              mx.array([[1 + 2j, 3 - 1j], [0.5j, 2 - 4j]], dtype=mx.complex64)]
    for a in inputs:
        values = eigen(mx, check, a, mx.linalg.eig, mx.linalg.eigvals)
        check.that(values.dtype == mx.complex64, f"{values.dtype}")
        if len(a.shape) == 2:
            wanted = sorted(np.linalg.eigvals(np.array(a)).tolist(), key=lambda v: (round(v.real, 3), v.imag))
            check.close(sorted(values.tolist(), key=lambda v: (round(v.real, 3), v.imag)), wanted, 1e-5, 1e-5)
    turn = eigen(mx, check, mx.array([[0.0, -1.0], [1.0, 0.0]]), mx.linalg.eig, mx.linalg.eigvals)
    check.close(sorted(turn.tolist(), key=lambda v: v.imag), [-1j, 1j])
    for function in (mx.linalg.eig, mx.linalg.eigvals):
        refuses(mx, check, function, "square")


@case("test_eigh")
def test_eigh(mx, check):
    import numpy as np
    from samples import normal

    def symmetric(seed, *shape, **how):
        x = normal(seed, *shape, **how)
        return (x + x.swapaxes(-1, -2).conj()) / 2

    inputs = [np.array([[3.0, -1.0], [-1.0, 2.0]], np.float32), symmetric(4, 6, 6), symmetric(5, 2, 5, 5),
              symmetric(6, 7, 7, dtype="complex64")]
    for a in inputs:
        for how in ({}, {"UPLO": "U"}, {"UPLO": "L"}):
            values = eigen(mx, check, mx.array(a), mx.linalg.eigh, mx.linalg.eigvalsh, **how)
            check.close(values, np.linalg.eigvalsh(a.astype(np.result_type(a, np.float64))), 1e-5, 1e-5)
    lopsided = mx.array([[2.0, 100.0], [0.0, 3.0]])
    check.close(mx.linalg.eigvalsh(lopsided, stream=mx.cpu), [2, 3])
    for function in (mx.linalg.eigh, mx.linalg.eigvalsh):
        refuses(mx, check, function, "square")


@case("test_lu")
def test_lu(mx, check):
    refuses(mx, check, mx.linalg.lu)
    square = mx.array([[1.0, 5.0, -2.0], [4.0, 2.0, 0.5], [-8.0, 1.0, 3.0]])
    for a in (square, square[:2], square[:, :2], mx.broadcast_to(square, (2, 3, 3, 3))):
        p, low, up = mx.linalg.lu(a, stream=mx.cpu)
        inner = min(a.shape[-2:])
        check.same((low.shape[-1], up.shape[-2]), (inner, inner))
        check.that(mx.allclose(mx.take_along_axis(low, p[..., None], axis=-2) @ up, a, rtol=1e-5, atol=1e-6))
        if len(a.shape) == 2:
            check.that(mx.allclose(low[p, :] @ up, a, rtol=1e-5, atol=1e-6))
        check.that(bool((mx.abs(low) <= 1).all()), "pivots are the largest of their columns")


@case("test_lu_factor")
def test_lu_factor(mx, check):
    mx.random.seed(21)
    for n in (1, 4, 7):
        a = mx.random.uniform(shape=(n, n))
        packed, pivots = mx.linalg.lu_factor(a, stream=mx.cpu)
        order = list(range(n))
        for i, p in enumerate(pivots.tolist()):
            order[i], order[p] = order[p], order[i]
        low = mx.add(mx.tril(packed, k=-1), mx.eye(n))
        check.that(mx.allclose(low @ mx.triu(packed), a[mx.array(order)], rtol=1e-5, atol=1e-6))
        check.same(packed.shape, (n, n))


def solved(mx, check, function, a, b, within, **how):
    import numpy as np
    from convolution import agree

    column = len(b.shape) == 1
    wanted = np.linalg.solve(np.array(a, np.float64), np.array(b[:, None] if column else b, np.float64))
    agree(check, function(a, b, stream=mx.cpu, **how), wanted[:, 0] if column else wanted, within)


@case("test_solve")
def test_solve(mx, check):
    mx.random.seed(17)
    uniform = mx.random.uniform
    a = mx.array([[2.0, 1.0, -1.0], [1.0, 6.0, 2.0], [5.0, -3.0, 8.0]])
    solved(mx, check, mx.linalg.solve, a, mx.array([3.0, -2.0, 9.0]), 1e-6)
    check.close(mx.linalg.solve(a, a @ mx.array([1.0, -2.0, 3.0]), stream=mx.cpu), [1, -2, 3], 1e-5, 1e-5)
    half = uniform(shape=(6, 6))
    solved(mx, check, mx.linalg.solve, mx.matmul(half, half.T) + 6 * mx.eye(6), uniform(shape=(6, 1)), 1e-6)
    a = uniform(shape=(3, 4, 5, 5)) + 2 * mx.eye(5)
    solved(mx, check, mx.linalg.solve, a, uniform(shape=(3, 4, 5, 1)), 1e-5)
    solved(mx, check, mx.linalg.solve, a[0, 0], uniform(shape=(5, 7)), 1e-5)
    solved(mx, check, mx.linalg.solve, mx.broadcast_to(a[0, 1], (2, 3, 5, 5)),
           mx.broadcast_to(uniform(shape=(5, 8)), (2, 1, 5, 8)), 1e-5)
    solved(mx, check, mx.linalg.solve, uniform(shape=(400, 400)) + 20 * mx.eye(400), uniform(shape=(400, 1)), 1e-5)


@case("test_solve_triangular")
def test_solve_triangular(mx, check):
    low = mx.array([[2.0, 0.0, 0.0], [-1.0, 5.0, 0.0], [3.0, 4.0, -2.0]])
    b = mx.array([6.0, 7.0, -1.0])
    many = mx.broadcast_to(mx.expand_dims(b, -1), (2, 3, 3, 5))
    for upper, a in ((False, low), (True, low.T)):
        solved(mx, check, mx.linalg.solve_triangular, a, b, 1e-6, upper=upper)
        solved(mx, check, mx.linalg.solve_triangular, mx.broadcast_to(a, (2, 3, 3, 3)), many, 1e-6, upper=upper)
