"""Cases that mirror upstream's python/tests/test_blas.py: products that add, empty ones, and those of chosen matrices and parts."""

import pytest
from test_blas import case, pair, swapped


@case("test_addmm")
def test_addmm(mx, check):
    from convolution import agree

    check.raises(ValueError, mx.addmm, mx.zeros((2, 3, 3)), mx.zeros((3, 3)), mx.zeros((3, 3)))
    table = [((24, 90, 18), (24, 18, 16), ((1,), (1, 16), (24, 1, 16), (1, 90, 16))),
             ((24, 90, 18), (18, 16), ((1,), (1, 16), (24, 1, 16), (1, 90, 16))),
             ((18,), (24, 18, 90), ((1,), (90,), (24, 90))), ((24, 90, 18), (18,), ((1,), (24, 90))),
             ((48, 3000), (3000, 20), ((1,), (1, 20), (48, 1), (48, 20)))]
    for alpha, beta in ((0.5, 1.0), (0.5, 2.0), (-1.5, 0.25)):
        for left, right, thirds in table:
            (a, x), (b, y) = pair(mx, left, 1), pair(mx, right, 2)
            for third in thirds:
                c, z = pair(mx, third, 3)
                agree(check, mx.addmm(c, a, b, alpha, beta), alpha * (x @ y) + beta * z)
        (a, x), (b, y) = pair(mx, (24, 90, 18), 4), pair(mx, (24, 70, 18), 5)
        for third in ((1,), (24, 1, 70), (1, 70)):
            c, z = pair(mx, third, 6)
            wanted = alpha * (x @ swapped(y)) + beta * z
            agree(check, mx.addmm(c, a, mx.transpose(b, (0, 2, 1)), alpha, beta), wanted)
        (a, x), (b, y) = pair(mx, (9, 5), 7), pair(mx, (5, 5), 8)
        agree(check, mx.addmm(a.T, b, a.T, beta=beta, alpha=alpha), beta * x.T + alpha * (y @ x.T))
        wide = mx.addmm(mx.ones((1, 5)), a, b, beta=beta, alpha=alpha)
        check.that(mx.allclose(wide, beta + alpha * (a @ b), rtol=1e-5, atol=1e-5))
    for dtype, within in ((mx.float16, 2e-3), (mx.bfloat16, 2e-2)):
        a, b = (mx.random.uniform(shape=(30, 30)).astype(dtype) for _ in range(2))
        got = mx.addmm(mx.ones((30, 30), dtype=dtype), a, b, alpha=0.5, beta=2.0)
        check.that(got.dtype == dtype, f"{got.dtype}")
        exact = 0.5 * (a.astype(mx.float32) @ b.astype(mx.float32)) + 2
        check.that(mx.allclose(got.astype(mx.float32), exact, rtol=within, atol=within))
    check.equal(mx.addmm(mx.array([1.0, 2.0]), mx.array([[3.0, 4.0]]), mx.array([[1.0, 0.0], [2.0, 5.0]])), [[12, 22]])


def same_gradients(mx, check, one, other, inputs, cotangent, within=1e-4):
    """Two functions' values and gradients."""
    (out,), grads = mx.vjp(one, inputs, [cotangent])
    (wanted,), wanted_grads = mx.vjp(other, inputs, [cotangent])
    check.that(out.shape == wanted.shape and mx.allclose(out, wanted, rtol=1e-5, atol=within))
    check.same(len(grads), len(inputs))
    for got, right in zip(grads, wanted_grads):
        check.same(got.shape, right.shape)
        check.that(mx.allclose(got, right, rtol=1e-5, atol=within))
        check.that(mx.abs(right).max().item() > 0.01, "a gradient of nothing")


@case("test_addmm_grad")
def test_gradients_of_addmm(mx, check):
    for alpha, beta in ((2.0, 1.0), (2.0, 0.5), (-0.5, 3.0)):
        for batch, m, n, k in ((1, 40, 24, 90), (3, 20, 18, 35), (1, 1, 18, 35)):
            c, a, b = (mx.random.normal(s) for s in ((batch, m, n), (batch, m, k), (batch, k, n)))
            same_gradients(mx, check, lambda c, a, b: mx.addmm(c, a, b, alpha, beta),
                           lambda c, a, b: alpha * (a @ b) + beta * c, [c, a, b], mx.ones((batch, m, n)))


@case("test_empty_matmul")
def test_nothing(mx, check):
    full, none = mx.array([[1.0, 2.0], [3.0, 5.0]]), mx.array([[], []])
    for a, b, shape in ((none.T, full, (0, 2)), (full, none, (2, 0)), (none.T, none, (0, 0))):
        c = a @ b
        mx.eval(c)
        check.same(c.shape, shape)
    check.equal(none @ none.T, [[0, 0], [0, 0]])
    vector = mx.array([], dtype=mx.float32)
    dot = mx.addmm(mx.array(3.0, dtype=mx.float32), vector, vector)
    check.equal(dot, 3, mx.float32, shape=())
    sizes = [((2, 0), (0, 2)), ((3, 0), (0, 4)), ((1, 0), (0, 9)), ((9, 0), (0, 1)), ((2, 5, 0), (2, 0, 4))]
    for left, right in sizes:
        shape = (*left[:-1], right[-1])
        for alpha, beta in ((0.0, 1.0), (0.0, 2.5), (0.0, 0.0), (0.5, 2.0), (1.0, 0.5)):
            got = mx.addmm(3 * mx.ones(shape), mx.ones(left), mx.ones(right), alpha=alpha, beta=beta)
            check.that(got.shape == shape and mx.allclose(got, 3 * beta * mx.ones(shape), rtol=0, atol=0))


def chosen(a, b, lhs, rhs):
    """In NumPy: the matrices of the flattened batches that the indices name."""
    import numpy as np

    a, b = (x.reshape(-1, *x.shape[-2:]) for x in (a, b))
    return a[np.arange(len(a)) if lhs is None else np.array(lhs)] @ b[np.arange(len(b)) if rhs is None else np.array(rhs)]


@case("test_gather_matmul")
def test_chosen_matrices(mx, check):
    import numpy as np
    from convolution import agree

    table = [((1,), (0,), (3,), (1, 2)), ((1,), None, (3,), (0, 2)), ((2,), None, (3,), (2, 0)), ((3,), (1, 2), (1,), (0,)),
             ((5,), (4, 1), (3,), (0, 2)), ((3, 2), ((5, 0), (3, 4)), (4, 1), ((2,), (3,)))]
    for batch_a, lhs, batch_b, rhs in table:
        for m, n, k in ((24, 20, 28), (13, 1, 15), (1, 17, 16)):
            (a, x), (b, y) = pair(mx, (*batch_a, m, k), 1), pair(mx, (*batch_b, k, n), 2)
            index = [None if i is None else mx.array(i) for i in (lhs, rhs)]
            agree(check, mx.gather_mm(a, b, *index), chosen(x, y, lhs, rhs))
            if lhs is not None and rhs is not None:
                (b, y) = pair(mx, (*batch_b, n, k), 3)
                got = mx.gather_mm(a, mx.swapaxes(b, -1, -2), *index)
                agree(check, got, chosen(x, swapped(y), lhs, rhs))
    (a, x), (b, y) = pair(mx, (4, 1, 20, 24), 4), pair(mx, (1, 3, 24, 20), 5)
    a, x = mx.broadcast_to(a, (4, 3, 20, 24)), np.broadcast_to(x, (4, 3, 20, 24))
    b, y = mx.broadcast_to(b, (2, 3, 24, 20)).swapaxes(1, 0), np.broadcast_to(y, (2, 3, 24, 20)).swapaxes(1, 0)
    lhs, rhs = [0, 11, 7], [1, 2, 5]
    agree(check, mx.gather_mm(a, b, mx.array(lhs), mx.array(rhs)), chosen(x, y, lhs, rhs))


@case("test_gather_matmul_grad")
def test_gradients_of_chosen_matrices(mx, check):
    lhs, rhs = mx.array([[5, 6], [1, 1], [7, 2]], dtype=mx.uint32), mx.array([[1], [3], [0]], dtype=mx.uint32)

    def taken(a, b):
        left = mx.take(a.reshape(-1, *a.shape[-2:]), lhs, 0)
        return left @ mx.take(b.reshape(-1, *b.shape[-2:]), mx.broadcast_to(rhs, (3, 2)), 0)

    a, b = mx.random.normal((4, 2, 20, 24)), mx.random.normal((4, 1, 24, 16))
    like = mx.ones_like(taken(a, b))
    same_gradients(mx, check, lambda a, b: mx.gather_mm(a, b, lhs, rhs), taken, [a, b], like)


def by_sorted(mx):
    return lambda a, b, at: mx.gather_mm(a, b, rhs_indices=at, sorted_indices=True)


@case("test_gather_mm_sorted")
def test_sorted_choice(mx, check):
    check.that(not mx.cuda.is_available())
    for dtype in (mx.float32, mx.float16, mx.bfloat16):  # of halves one operand: upstream's CPU takes products of float32
        a = mx.random.normal((60, 1, 70), dtype=dtype)
        b = mx.random.normal((6, 70, 70), dtype=mx.float32)
        at = mx.sort(mx.random.randint(0, 6, shape=(60,)))
        for matrices in (b, b.swapaxes(-1, -2)):
            got = by_sorted(mx)(a, matrices, at)
            check.that(got.dtype == mx.float32 and mx.allclose(got, a.astype(mx.float32) @ matrices[at], rtol=0, atol=3e-5))


@case("test_gather_mm_sorted_vjp")
def test_gradients_of_sorted_choice(mx, check):
    a, b, cotangent = mx.random.normal((60, 1, 50)), mx.random.normal((6, 50, 40)), mx.random.normal((60, 1, 40))
    at = mx.sort(mx.random.randint(0, 6, shape=(60,)))
    same_gradients(mx, check, lambda a, b: by_sorted(mx)(a, b, at), lambda a, b: a @ b[at], [a, b], cotangent)


@case("test_segmented_mm")
def test_parts_of_the_inner_axis(mx, check):
    for m, n, k in ((9, 11, 10), (12, 10, 700), (300, 260, 500)):
        for cuts in ((0, 0, 1.0), (0, 0.4, 1.0), tuple(i / 7 for i in range(8))):
            ends = mx.array([[a, b] for a, b in zip(cuts, cuts[1:])])
            ends = mx.minimum(k - 1, (k * ends).astype(mx.uint32))
            for turn_a in (False, True):
                for turn_b in (False, True):
                    a = mx.random.normal((k, m)).T if turn_a else mx.random.normal((m, k))
                    b = mx.random.normal((n, k)).T if turn_b else mx.random.normal((k, n))
                    wanted = mx.stack([a[:, i:j] @ b[i:j] for i, j in ends.tolist()], axis=0)
                    check.that(mx.allclose(mx.segmented_mm(a, b, ends), wanted, rtol=1e-5, atol=1e-4))
    pairs = mx.array([[0, 3], [3, 6]]).astype(mx.uint32)
    check.raises(ValueError, mx.segmented_mm, mx.ones((2, 6, 6)), mx.ones((2, 6, 6)), pairs)
    of = mx.random.randint(0, 12, shape=(600,))
    counts = mx.sort(mx.zeros(12, dtype=of.dtype).at[of].add(1))
    edges = mx.concatenate([mx.array([0]), mx.cumsum(counts)])
    ends = mx.reshape(mx.as_strided(edges, (12, 2), (1, 1)), (3, 2, 2, 2))
    ones = mx.ones((7, 600))
    got = mx.segmented_mm(ones, ones.T, ends)
    check.same(got.shape, (3, 2, 2, 7, 7))
    check.equal(got[..., 6, 3].flatten(), counts)


@case("test_gemv_gemm_same_precision")
def test_a_row_alone_and_among_others(mx, check):
    mx.random.seed(2)
    check.that(not mx.is_available(mx.gpu))
    for dtype, within in ((mx.float32, 1e-5), (mx.bfloat16, 1e-2)):
        row, matrix = mx.random.normal([1, 200]).astype(dtype), mx.random.normal([200, 50]).astype(dtype)
        alone, among = row @ matrix, (mx.concatenate([row, row], axis=0) @ matrix)[0]
        check.that(mx.allclose(alone[0].astype(mx.float32), among.astype(mx.float32), rtol=within, atol=within))


def complex_uniform(mx, *shape):
    return mx.random.uniform(shape=shape) + 1j * mx.random.uniform(shape=shape)


@case("test_complex_gemv")
def test_complex_matrix_and_vector(mx, check):
    import numpy as np
    from convolution import agree

    a, b, c = complex_uniform(mx, 14, 45), complex_uniform(mx, 45, 1), complex_uniform(mx, 45, 20)
    agree(check, mx.matmul(a, b), np.array(a) @ np.array(b))
    agree(check, mx.matmul(c.T, b), np.array(c).T @ np.array(b))
    agree(check, mx.matmul(b.T, c), np.array(b).T @ np.array(c))
    a, b, c = mx.random.normal((4, 3)).astype(mx.complex64), mx.random.normal((3,)), mx.random.normal((4,))
    agree(check, a @ b, np.array(a) @ np.array(b))
    agree(check, mx.addmm(c, a, b), np.array(a) @ np.array(b) + np.array(c))


@case("test_complex_gemm")
def test_complex_matrices(mx, check):
    import numpy as np
    from convolution import agree

    a, b, c = complex_uniform(mx, 14, 45), complex_uniform(mx, 45, 30), complex_uniform(mx, 14, 30)
    x, y, z = np.array(a), np.array(b), np.array(c)
    agree(check, mx.matmul(a, b), x @ y)
    agree(check, mx.matmul(a.real, b), x.real @ y)
    agree(check, mx.matmul(a, b.imag), x @ y.imag)
    agree(check, mx.addmm(c, a, b, 2.0, -0.5), 2 * (x @ y) - 0.5 * z)
    check.close(mx.matmul(mx.array([[1 + 1j, 2]]), mx.array([[1j], [3 - 1j]])), [[5 - 1j]])


def block_masked(mx, block, names):
    """The product by its definition: masks spread over the elements, as factors. Masks come last, in the order of the names."""
    def spread(mask, rows, columns):
        *batch, r, c = mask.shape
        wide = mx.broadcast_to(mx.expand_dims(mask, (-3, -1)), (*batch, r, block, c, block))
        return wide.reshape(*batch, r * block, c * block)[..., :rows, :columns].astype(mx.float32)

    def call(a, b, *masks):
        (m, k), n, by = a.shape[-2:], b.shape[-1], dict(zip(names, masks))
        if "lhs" in by:
            a = a * spread(by["lhs"], m, k)
        if "rhs" in by:
            b = b * spread(by["rhs"], k, n)
        return (a @ b) * spread(by["out"], m, n) if "out" in by else a @ b

    return call, lambda a, b, *masks: mx.block_masked_mm(a, b, block, **{f"mask_{name}": m for name, m in zip(names, masks)})


@case("test_block_masked_matmul")
def test_masked_blocks(mx, check):
    import numpy as np

    sizes = [(15, 17, 14, 32, (), ()), (70, 64, 20, 32, (), ()), (130, 96, 100, 64, (), ()), (1, 90, 100, 32, (), ()),
             (140, 1, 90, 64, (), ()), (40, 50, 70, 32, (1, 2), (3, 1)), (1, 60, 70, 32, (2,), ())]
    for m, n, k, block, batch_a, batch_b in sizes:
        batch = np.broadcast_shapes(batch_a, batch_b)
        a, b = pair(mx, (*batch_a, m, k), 1)[0], pair(mx, (*batch_b, k, n), 2)[0]
        tm, tn, tk = (-(-length // block) for length in (m, n, k))
        shapes = {"out": (*batch, tm, tn), "lhs": (*batch_a, tm, tk), "rhs": (*batch_b, tk, tn)}
        cotangent = mx.ones((*batch, m, n))
        for names in (("out", "lhs", "rhs"), ("lhs", "rhs"), ("out",), ("lhs",), ("rhs",)):
            factors = [mx.array(np.abs(pair(mx, shapes[name], 3)[1]).astype(np.float32) + 0.25) for name in names]
            plain, tested = block_masked(mx, block, names)
            kept = [mask > 0.75 for mask in factors]
            check.that(mx.allclose(tested(a, b, *kept), plain(a, b, *kept), rtol=1e-5, atol=1e-4))
            for masks in (kept, factors):
                outs, wanted = (mx.vjp(lambda a, b: f(a, b, *masks), [a, b], [cotangent]) for f in (tested, plain))
                mx.eval(outs, wanted)
                for got, right in zip(outs[0] + outs[1], wanted[0] + wanted[1]):
                    check.that(got.shape == right.shape and mx.allclose(got, right, rtol=1e-5, atol=1e-4))
            if names == ("lhs", "rhs"):
                same_gradients(mx, check, tested, plain, [a, b, *factors], cotangent, 1e-3)  # sums over whole blocks
    x, y = pair(mx, (70, 100), 4)[0], pair(mx, (70, 1), 5)[0]
    left, right, out = mx.array([[0.0, 2, 1], [3, 0, 0.5], [0, 1, 4], [1, 1, 0]]), mx.ones((3, 1)) > 0, mx.array([[2.0], [0], [1], [3]])
    plain, tested = block_masked(mx, 32, ("out", "lhs", "rhs"))
    check.that(mx.allclose(tested(x.T, y, out, left, right), plain(x.T, y, out, left, right), rtol=1e-5, atol=1e-4))
    check.that(mx.allclose(tested(y.T, x, out.T, right.T, left.T), plain(y.T, x, out.T, right.T, left.T), rtol=1e-5, atol=1e-4))
    alone = mx.block_masked_mm(mx.ones((33,)), mx.ones((33, 1)), 32, mask_lhs=mx.array([2.0, 5.0]))
    check.equal(alone, [69], mx.float32)
    check.raises(ValueError, mx.block_masked_mm, x.T, y, 16, mask_out=out)
