"""Cases that mirror upstream's python/tests/test_blas.py: products of every shape and layout, against NumPy's in float64.
Of float16 the operands are rounded first, so that only the product's own rounding is let pass."""

import pytest

HALVES = {"float32": 3e-6, "float16": 2e-3}


def case(name):
    return pytest.mark.parity("beyond_seed", "python/tests/test_blas.py", f"TestBlas.{name}")


def pair(mx, shape, seed=0, dtype="float32"):
    """An array, and the same numbers in float64."""
    import numpy as np
    from samples import normal

    x = normal(seed, *shape, dtype=dtype)
    return mx.array(x), x.astype(np.result_type(x, np.float64))


def product(mx, check, left, right, dtypes=HALVES, of=lambda x: x, to=lambda x: x):
    """left @ right for arrays of these shapes, each after a change of layout that both libraries spell alike."""
    from convolution import agree

    for dtype in dtypes:
        (a, x), (b, y) = pair(mx, left, 1, dtype), pair(mx, right, 2, dtype)
        got = of(a) @ to(b)
        agree(check, got, of(x) @ to(y), HALVES[dtype])
        check.that(got.dtype == getattr(mx, dtype), f"{got.dtype}")


def swapped(x):
    return x.swapaxes(-1, -2)


@case("test_matmul_unaligned")
def test_lengths_around_powers_of_two(mx, check):
    check.that(mx.array(1.0).item() == 1 and not mx.is_available(mx.gpu))
    for near in (4, 8, 16, 32, 64, 128):
        for n in range(near - 2, near + 3):
            product(mx, check, (n, n), (n, n))


@case("test_matvec_unaligned")
def test_vector_off_its_alignment(mx, check):
    import numpy as np
    from convolution import agree

    for offset in (1, 2, 3, 5):
        a, b = mx.random.normal(shape=(5, 120)), mx.random.normal(shape=(120 + offset,))[offset:]
        agree(check, a @ b, np.array(a, np.float64) @ np.array(b, np.float64))


@case("test_matmul_shapes")
def test_layouts(mx, check):
    def turned(x):
        return x.transpose(0, 2, 1) if not isinstance(x, mx.array) else mx.transpose(x, (0, 2, 1))

    check.that(mx.is_available(mx.default_device()) and mx.default_device() != mx.gpu)
    for batch, m, n, k in ((1, 2, 1, 1), (1, 1, 2, 1), (2, 1, 1, 5), (3, 21, 431, 3), (2, 70, 65, 130)):
        product(mx, check, (batch, m, k), (batch, k, n))
        product(mx, check, (batch, m, k), (batch, n, k), to=turned)
        product(mx, check, (batch, k, m), (batch, k, n), of=turned)
        product(mx, check, (batch, k, m), (batch, n, k), of=turned, to=turned)


@case("test_matmul")
def test_matmul(mx, check):
    from convolution import agree

    a, b = mx.array([[2.0, -1.0], [0.5, 3.0]]), mx.array([[4.0, 1.0], [-2.0, 6.0]])
    check.equal(a @ b, [[10, -4], [-4, 18.5]], mx.float32)
    check.equal(mx.matmul(a, b), [[10, -4], [-4, 18.5]], mx.float32)
    (a, x), (b, y) = pair(mx, (130, 18), 3), pair(mx, (130, 18), 4)
    agree(check, a @ mx.transpose(b, (1, 0)), x @ y.T)
    agree(check, mx.matmul(mx.transpose(a, (1, 0)), b), x.T @ y)


@case("test_matmul_dtypes")
def test_dtypes(mx, check):
    product(mx, check, (12, 18, 17), (12, 17, 20))
    check.that((mx.array([1.0], dtype=mx.float16) @ mx.array([2.0], dtype=mx.float32)).dtype == mx.float32)


@case("test_matmul_batched")
def test_batches(mx, check):
    import numpy as np

    def heads(x):
        return mx.transpose(x, (0, 2, 1, 3)) if isinstance(x, mx.array) else x.transpose(0, 2, 1, 3)

    def five(x):
        return mx.broadcast_to(x, (5, 18, 18)) if isinstance(x, mx.array) else np.broadcast_to(x, (5, 18, 18))

    one = {"float32"}
    for right in ((24, 18, 16), (18, 16), (18,), (1, 18, 1)):
        product(mx, check, (24, 100, 18), right, one)
    for right in ((24, 100, 18), (100, 18), (1, 100, 18)):
        product(mx, check, (24, 100, 18), right, one, to=swapped)
    product(mx, check, (18, 18), (18, 18), one, five, five)
    product(mx, check, (18,), (6, 18, 7), one)
    product(mx, check, (20, 16, 4, 30), (20, 16, 4, 30), one, heads, lambda x: swapped(heads(x)))


@case("test_matrix_vector")
def test_matrix_and_vector(mx, check):
    product(mx, check, (64, 64), (64, 1))
    product(mx, check, (64, 1), (64, 64), of=lambda x: x.T if not isinstance(x, mx.array) else mx.transpose(x, (1, 0)))
    for rows, columns in ((2, 2), (32, 32), (64, 64), (1024, 700)):
        for m in (rows - 1, rows, rows + 1):
            for n in (columns - 1, columns, columns + 1):
                product(mx, check, (1, m), (m, n))
                product(mx, check, (n, m), (m, 1))
                product(mx, check, (m,), (m, n))


@case("test_matrix_vector_batched")
def test_matrices_and_vectors(mx, check):
    for left, right in (((24, 100, 60), (24, 60, 1)), ((100, 60), (24, 60, 1)), ((24, 100, 60), (60, 1)),
                        ((2, 1, 7, 1, 6, 90), (2, 1, 7, 4, 90, 1)), ((24, 1, 100), (24, 100, 60)),
                        ((24, 1, 100), (100, 60)), ((1, 100), (24, 100, 60)), ((1, 7, 4, 1, 90), (1, 7, 1, 90, 6))):
        product(mx, check, left, right)


@case("test_matrix_vector_broadcast")
def test_broadcast_matrices_and_vectors(mx, check):
    import numpy as np

    def spread(shape):
        return lambda x: mx.broadcast_to(x, shape) if isinstance(x, mx.array) else np.broadcast_to(x, shape)

    many, one = (20, 50, 50), (50, 50)
    for matrix, column in ((many, (20, 50, 1)), (one, (20, 50, 1)), (many, (50, 1))):
        product(mx, check, one, (50, 1), of=spread(matrix), to=spread(column))
    for matrix, row in ((many, (20, 1, 50)), (one, (20, 1, 50)), (many, (1, 50))):
        product(mx, check, (1, 50), one, of=spread(row), to=spread(matrix))


@case("test_matrix_vector_attn")
def test_grouped_attention(mx, check):
    from convolution import agree

    def grouped(x, length, heads, factor, order):
        return x.reshape(x.shape[0], length, heads, factor, -1).transpose(*order)

    for dtype, within in HALVES.items():
        for batch, dims, heads, factor, queries, keys in ((1, 12, 6, 3, 1, 200), (1, 12, 6, 3, 24, 200), (3, 12, 6, 3, 200, 1),
                                                          (3, 12, 6, 3, 1, 200), (1, 12, 6, 3, 200, 1)):
            sets = [pair(mx, (batch, length, dims * width), seed, dtype)
                    for seed, (length, width) in enumerate(((queries, heads * factor), (keys, heads), (keys, heads)))]
            scores, outs = [], []
            for q, k, v in zip(*sets):
                q, k, v = q / 8, k / 8, v / 8
                q = grouped(q, queries, heads, factor, (0, 2, 3, 1, 4))
                k = grouped(k, keys, heads, 1, (0, 2, 3, 4, 1))
                v = grouped(v, keys, heads, 1, (0, 2, 3, 1, 4))
                scores.append(q @ k)
                outs.append((scores[-1] @ v).transpose(0, 3, 1, 2, 4).reshape(batch, queries, -1))
            agree(check, *scores, within)
            agree(check, *outs, within)
    check.equal(mx.array([[1.0, 2.0]]) @ mx.array([[3.0], [4.0]]), [[11]])


@case("test_matrix_vector_edgecases")
def test_tiny(mx, check):
    import itertools

    import numpy as np

    for dtype in (np.float32, np.float16):
        for batch, m, n in itertools.product(range(1, 5), repeat=3):
            matrix = (np.arange(m * n) % 3 + 1).astype(dtype).reshape(m, n)
            scale = np.arange(1, batch + 1).astype(dtype).reshape(batch, 1, 1)
            column, row = scale * np.ones((n, 1), dtype), scale * np.ones((1, m), dtype)
            stack = np.broadcast_to(matrix, (batch, m, n))
            check.equal(mx.array(stack) @ mx.array(column), stack @ column, shape=(batch, m, 1))
            check.equal(mx.array(row) @ mx.array(stack), row @ stack, shape=(batch, 1, n))


@case("test_mismatch_stride_mm")
def test_slices(mx, check):
    import numpy as np

    def part(*at):
        return lambda x: x[at]

    every, s = slice(None), np.s_
    shape = (4, 18, 18)
    cuts = [((s[::2],), (s[1::2],), False), ((s[::2],), (s[1::2], every, s[2:3]), False),
            ((every, s[:7]), (every, every, s[:9]), False), ((every, every, s[:7]), (every, s[:7]), False),
            ((every, s[:7]), (every, s[:9]), True), ((every, every, s[:7]), (every, every, s[:7]), True),
            ((every, s[:7]), (every, every, s[5:6]), False), ((every, every, s[:7]), (every, s[4:11], s[3:4]), False),
            ((s[::-1], every, s[::2]), (every, s[9:]), False), ((every, s[::3]), (every, every, s[::-2]), False)]
    for left, right, turn in cuts:
        take = part(*right)
        product(mx, check, shape, shape, {"float32"}, part(*left), (lambda x: swapped(take(x))) if turn else take)
    check.that(mx.array_equal(mx.array([[1.0, 2.0], [3.0, 4.0]])[::-1] @ mx.array([1.0, 10.0]), mx.array([43.0, 21.0])))
