"""Cases that mirror upstream's python/tests/test_quantized.py: products of chosen matrices, of two quantised sides, and the
gradients of all."""

import pytest

ROW = ("nn_optimizers_quantized", "python/tests/test_quantized.py")
MODES = ("affine", "mxfp4", "mxfp8", "nvfp4")


def packed(mx, w, **how):
    """Words, scales and perhaps biases, and the values they stand for in float32."""
    parts = mx.quantize(w, **how)
    return parts, mx.dequantize(*parts, **how, dtype=mx.float32)


def farthest(a, b):
    return abs(a - b).max().item()


@pytest.mark.parity(*ROW, "TestQuantized.test_qqmv")
def test_both_sides_quantised(mx, check):
    one, two = mx.random.split(mx.random.key(5))
    for mode in ("nvfp4", "mxfp8"):
        for outer, inner in ((64, 128), (67, 64), (200, 256)):
            x = mx.random.normal(shape=(1, inner), key=one)
            w, values = packed(mx, mx.random.normal(shape=(outer, inner), key=two), mode=mode)
            _, rounded = packed(mx, x, mode=mode)
            y = mx.qqmm(x, *w, mode=mode)
            check.same(y.shape, (1, outer))
            check.that(farthest(y, rounded @ mx.swapaxes(values, -1, -2)) < 1e-3)
    check.same(mx.qqmm(x[0], *w, mode=mode).dtype, mx.float32)


@pytest.mark.parity(*ROW, "TestQuantized.test_qmm_vjp")
def test_gradient_of_x(mx, check):
    one, two = mx.random.split(mx.random.key(6))
    how = {"bits": 8, "group_size": 32}
    for transpose in (True, False):
        parts, _ = packed(mx, mx.random.normal(shape=(96, 128), key=two), **how)
        x = mx.random.normal(shape=(2, 5, 128 if transpose else 96), key=one)
        ones = mx.ones((2, 5, 96 if transpose else 128))
        _, (dx,) = mx.vjp(lambda x: mx.quantized_matmul(x, *parts, transpose, **how), (x,), (ones,))
        check.that(mx.allclose(dx, mx.quantized_matmul(ones, *parts, not transpose, **how)).item())


@pytest.mark.parity(*ROW, "TestQuantized.test_qmm_jvp")
def test_tangent_of_x(mx, check):
    one, two = mx.random.split(mx.random.key(7))
    how = {"bits": 8, "group_size": 64}
    for transpose in (True, False):
        parts, _ = packed(mx, mx.random.normal(shape=(64, 64), key=two), **how)
        x, tangent = mx.random.normal(shape=(2, 7, 64), key=one), mx.ones((2, 7, 64))
        _, (dy,) = mx.jvp(lambda x: mx.quantized_matmul(x, *parts, transpose, **how), (x,), (tangent,))
        check.that(mx.allclose(dy, mx.quantized_matmul(tangent, *parts, transpose, **how)).item())


@pytest.mark.parity(*ROW, "TestQuantized.test_qmm_fp_type")
def test_results_have_the_dtype_of_x(mx, check):
    index = mx.array([[1], [2]], dtype=mx.uint32)
    for mode in ("mxfp4", "mxfp8"):
        one, many = (mx.quantize(mx.random.normal(shape), mode=mode) for shape in ((16, 64), (3, 16, 64)))
        for dtype in (mx.float16, mx.float32, mx.bfloat16):
            x = mx.random.normal((8, 64)).astype(dtype)
            check.same(mx.quantized_matmul(x, *one, mode=mode).dtype, dtype)
            check.same(mx.gather_qmm(x, *many, rhs_indices=index, mode=mode).dtype, dtype)


@pytest.mark.parity(*ROW, "TestQuantized.test_gather_qmm")
def test_chosen_matrices(mx, check):
    choices = (
        ((1,), (3,), [0], [1, 2]),
        ((1,), (3,), None, [2, 0]),
        ((2,), (4,), None, [3, 1]),
        ((3,), (1,), [2, 0], [0]),
        ((5,), (3,), [4, 1], [2, 2]),
        ((2, 3), (3, 1), [[5, 0], [1, 4]], [[2], [0]]),
    )
    for left, right, lhs, rhs in choices:
        lhs, rhs = (None if i is None else mx.array(i) for i in (lhs, rhs))
        for mode in MODES:
            for rows, transpose in ((1, True), (20, True), (1, False), (20, False)):
                w, values = packed(mx, mx.random.normal(shape=(*right, 64, 128)), mode=mode)
                values = values.swapaxes(-1, -2) if transpose else values
                x = mx.random.normal(shape=(*left, rows, 128 if transpose else 64)).astype(mx.float32)
                wanted = mx.gather_mm(x, values, lhs, rhs)
                w = w if len(w) > 2 else (*w, None)
                got = mx.gather_qmm(x, *w, lhs, rhs, transpose=transpose, mode=mode)
                check.that(mx.allclose(got, wanted, atol=1e-4).item())


@pytest.mark.parity(*ROW, "TestQuantized.test_gather_qmm_sorted")
def test_sorted_choices(mx, check):
    one, two, three = mx.random.split(mx.random.key(8), 3)
    dtype = {True: mx.bfloat16, False: mx.float32}[mx.default_device() == mx.gpu]
    check.that(mx.float16 != dtype)
    for mode in MODES:
        for tokens, transpose in ((32, True), (50, False)):
            pick = (mx.random.uniform(shape=(tokens, 2), key=one) * 4).astype(mx.uint32)
            x = mx.random.normal((tokens, 1, 1, 128), key=two).astype(dtype) / 12
            w, values = packed(mx, mx.random.normal((4, 128, 128), key=three).astype(dtype) / 12, mode=mode)
            values = values.swapaxes(-1, -2) if transpose else values
            wanted = mx.gather_mm(x, values, rhs_indices=pick)
            got = mx.gather_qmm(x, *w, rhs_indices=pick, transpose=transpose, mode=mode)
            check.that(farthest(got, wanted) < 2e-5)
            check.that(mx.allclose(got, wanted, atol=2e-5).item())
            order = mx.argsort(pick.flatten())
            rows, back = x.flatten(0, -3)[order // 2], mx.argsort(order)
            for multiply, right in ((mx.gather_mm, (values,)), (mx.gather_qmm, w)):
                more = {} if multiply is mx.gather_mm else {"transpose": transpose, "mode": mode}
                y = multiply(rows, *right, rhs_indices=pick.flatten()[order], sorted_indices=True, **more)
                check.that(farthest(mx.unflatten(y[back], 0, pick.shape), wanted) < 2e-5)
    mx.dequantize(*mx.quantize(mx.zeros((1, 64))))


@pytest.mark.parity(*ROW, "TestQuantized.test_gather_matmul_grad")
def test_gradient_through_chosen_matrices(mx, check):
    lhs = mx.array([[5, 0], [3, 1]], dtype=mx.uint32)
    rhs = mx.array([[2], [0]], dtype=mx.uint32)
    x = mx.random.normal((3, 2, 8, 128))
    w, values = packed(mx, mx.random.normal((3, 1, 16, 128)))
    plain = mx.gather_mm(x, values.swapaxes(-1, -2), lhs, rhs).sum()
    check.that(mx.allclose(mx.gather_qmm(x, *w, lhs, rhs).sum(), plain, atol=1e-3).item())
    wanted = mx.grad(lambda x: mx.gather_mm(x, values.swapaxes(-1, -2), lhs, rhs).sum())(x)
    check.that(mx.allclose(mx.grad(lambda x: mx.gather_qmm(x, *w, lhs, rhs).sum())(x), wanted, atol=1e-4).item())


@pytest.mark.parity(*ROW, "TestQuantized.test_gather_qmm_grad")
def test_gradients_through_sorted_choices(mx, check):
    one, two, three, four = mx.random.split(mx.random.key(9), 4)
    x = mx.random.normal((12, 1, 128), key=one).astype(mx.float32)
    words, scales, biases = mx.quantize(mx.random.normal((3, 64, 128), key=two))
    pick = mx.sort(mx.random.randint(0, 3, shape=(12,), key=three))
    g = mx.random.normal((12, 1, 64), key=four)

    def chosen(x, s, b):
        return mx.gather_qmm(x, words, s, b, rhs_indices=pick, sorted_indices=True)

    def taken(x, s, b):
        return mx.quantized_matmul(x, words[pick], s[pick], b[pick])

    (y1,), first = mx.vjp(chosen, [x, scales, biases], [g])
    (y2,), second = mx.vjp(taken, [x, scales, biases], [g])
    check.that(farthest(y1, y2) < 1e-4)
    check.that(mx.allclose(y1, y2, atol=1e-4).item())
    for a, b in zip(first, second):
        check.that(mx.allclose(a, b, atol=1e-3).item())


@pytest.mark.parity(*ROW, "TestQuantized.test_vjp_scales_biases")
def test_gradients_of_scales_and_biases(mx, check):
    mx.random.seed(4)
    x = mx.random.normal(shape=(2, 3, 128))
    words, scales, biases = mx.quantize(mx.random.normal(shape=(64, 128)), bits=4, group_size=64)

    def total(s, b):
        return mx.quantized_matmul(x, words, s, b, bits=4, group_size=64).sum()

    grads = mx.grad(total, argnums=(0, 1))(scales, biases)
    # The sum is linear in both: a step of one shows the slope.
    for place in ((0, 0), (17, 1), (63, 0)):
        for which, grad in enumerate(grads):
            moved = [mx.array(scales), mx.array(biases)]
            moved[which][place] += 1
            slope = (total(*moved) - total(scales, biases)).item()
            check.that(abs(slope - grad[place].item()) < 1e-2)


@pytest.mark.parity(*ROW, "TestQuantized.test_fp_vjp_scales_throws")
def test_scales_of_8_bits_have_no_gradient(mx, check):
    mx.random.seed(4)
    x = mx.random.normal(shape=(2, 128))
    for mode in MODES[1:]:
        words, scales = mx.quantize(mx.random.normal(shape=(32, 128)), mode=mode)
        plain = mx.grad(lambda s: mx.quantized_matmul(x, words, s, mode=mode).sum())
        check.raises(ValueError, plain, scales)
        pick = mx.array([0, 0])
        chosen = mx.grad(lambda s: mx.gather_qmm(x, words[None], s, rhs_indices=pick, mode=mode).sum())
        check.raises(ValueError, chosen, scales[None])
