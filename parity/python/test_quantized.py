"""Cases that mirror upstream's python/tests/test_quantized.py: what packing keeps, what it refuses, and products of one packed
matrix with many shapes of x."""

import pytest

ROW = ("nn_optimizers_quantized", "python/tests/test_quantized.py")
STEPS = [0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6]
FLOAT_MODES = {"mxfp4": (32, 4), "mxfp8": (32, 8), "nvfp4": (16, 4)}


def keys(mx, seed=3):
    return mx.random.split(mx.random.key(seed))


def normal(mx, key, *shape):
    return mx.random.normal(shape=shape, key=key)


def packed(mx, w, **how):
    """Words, scales and perhaps biases, and the values they stand for in float32."""
    parts = mx.quantize(w, **how)
    return parts, mx.dequantize(*parts, **how, dtype=mx.float32)


def near(check, got, wanted, most=1e-3):
    check.same(got.shape, wanted.shape)
    check.that(abs(got - wanted).max().item() < most, "is too far away")


def product(mx, check, x, w, transpose, most=1e-3, **how):
    parts, values = packed(mx, w, **how)
    got = mx.quantized_matmul(x, *parts, transpose=transpose, **how)
    near(check, got, x @ (mx.swapaxes(values, -1, -2) if transpose else values), most)


@pytest.mark.parity(*ROW, "TestQuantized.test_quantize_dequantize")
def test_every_width_comes_back_within_a_step(mx, check):
    w = mx.random.normal(shape=(48, 256))
    for group in (128, 32, 64):
        for bits in (8, 6, 5, 4, 3, 2):
            parts, values = packed(mx, w, group_size=group, bits=bits)
            steps = abs(parts[1])[..., None] + 1e-6
            check.that(mx.all(abs(w - values).reshape(*parts[1].shape, group) <= steps).item())
            check.same(parts[0].shape, (48, 8 * bits))
    nothing, values = packed(mx, mx.zeros((6, 128)))
    check.that(mx.all(values == 0).item())


def steps_come_back(mx, check, mode):
    """Values that the mode holds, each group with its largest one."""
    group, bits = FLOAT_MODES[mode]
    w = mx.array(STEPS)[mx.random.randint(0, 16, shape=(40, 8 * group))].reshape(-1, group)
    w[:, 3] = -6
    w = (w + 2e-6).astype(mx.bfloat16)
    for bad in ({"bits": bits + 1}, {"group_size": 2 * group}):
        check.raises(ValueError, mx.quantize, w, mode=mode, **bad)
    parts = mx.quantize(w, mode=mode)
    for bad in ({"bits": 3}, {"group_size": 2 * group}, {"dtype": mx.int32}):
        check.raises(ValueError, mx.dequantize, *parts, mode=mode, **bad)
    check.that(mx.allclose(mx.dequantize(*parts, mode=mode), w, rtol=1e-5, atol=1e-5).item())
    check.that(mx.all(mx.dequantize(*mx.quantize(mx.zeros((4, 64)), mode=mode), mode=mode) == 0).item())
    return w


@pytest.mark.parity(*ROW, "TestQuantized.test_mxfp4_quantize_dequantize")
def test_mxfp4_holds_its_steps(mx, check):
    steps_come_back(mx, check, "mxfp4")
    check.equal(mx.quantize(mx.array([STEPS * 2]), mode="mxfp4")[1], [[127]], dtype=mx.uint8)


@pytest.mark.parity(*ROW, "TestQuantized.test_nvfp4_quantize_dequantize")
def test_nvfp4_holds_its_steps(mx, check):
    w = steps_come_back(mx, check, "nvfp4")
    largest = None if mx.metal.is_available() else abs(w).max().astype(mx.float32)
    parts = mx.quantize(w, mode="nvfp4", global_scale=largest)
    values = mx.dequantize(*parts, mode="nvfp4", group_size=16, bits=4, global_scale=largest)
    check.that(mx.allclose(values, w, rtol=1e-5, atol=1e-5).item())
    check.raises(ValueError, mx.quantize, w.reshape(-1, 32), mode="mxfp4", global_scale=mx.array(1.0))


@pytest.mark.parity(*ROW, "TestQuantized.test_mxfp8_quantize_dequantize")
def test_mxfp8_is_within_a_tenth(mx, check):
    w = mx.random.uniform(-1, 1, shape=(96, 64)).astype(mx.bfloat16)
    check.raises(ValueError, mx.quantize, w, mode="mxfp8", bits=4)
    check.raises(ValueError, mx.quantize, w, mode="mxfp8", group_size=64)
    parts = mx.quantize(w, mode="mxfp8", group_size=32)
    check.raises(ValueError, mx.dequantize, *parts, mode="mxfp8", bits=6)
    check.raises(ValueError, mx.dequantize, *parts, mode="mxfp8", group_size=64)
    values = mx.dequantize(*parts, mode="mxfp8")
    check.same(values.dtype, mx.bfloat16)
    check.that(mx.allclose(values, w, rtol=0.1, atol=0.1).item())
    check.that(mx.all(mx.dequantize(*mx.quantize(mx.zeros((4, 64)), mode="mxfp8"), mode="mxfp8") == 0).item())


@pytest.mark.parity(*ROW, "TestQuantized.test_quantize_strided")
def test_layouts_pack_alike(mx, check):
    base = mx.random.normal(shape=(64, 8))
    parts, values = packed(mx, mx.array(base.T), group_size=64)
    turned = mx.quantize(base.T, group_size=64)
    check.that(mx.allclose(mx.dequantize(*turned, group_size=64), values).item())
    # Scales that are repeated in memory, and a contiguous copy of them.
    words = mx.broadcast_to(mx.array([[3, 1, 4, 1]], dtype=mx.uint8).view(mx.uint32), (3, 8))
    scales = mx.broadcast_to(mx.array(0.5), (3, 1))
    one = mx.dequantize(words, scales, scales, group_size=32, bits=8)
    two = mx.dequantize(mx.contiguous(words), mx.contiguous(scales), mx.contiguous(scales), group_size=32, bits=8)
    check.equal(one, two)
    check.equal(one[2, :5], [2, 1, 2.5, 1, 2])


@pytest.mark.parity(*ROW, "TestQuantized.test_mode_error_cases")
def test_what_does_not_fit_is_refused(mx, check):
    w, x, index = mx.random.normal(shape=(64, 128)), mx.random.normal(shape=(2, 128)), mx.array(0)
    how = {"bits": 4, "group_size": 32}
    words, scales, biases = mx.quantize(w, **how)
    calls = (
        lambda *given, **more: mx.dequantize(words, *given, **how, **more),
        lambda *given, **more: mx.quantized_matmul(x, words, *given, **how, **more),
        lambda *given, **more: mx.gather_qmm(x, words, *given, rhs_indices=index, **how, **more),
    )
    check.raises(ValueError, mx.quantize, w, mode="int4")
    whole = mx.zeros(scales.shape, mx.int32)
    for call in calls:
        check.raises(ValueError, call, scales, biases, mode="int4")
        check.raises(ValueError, call, scales, None)
        check.raises(ValueError, call, whole, whole)
        check.raises(ValueError, call, scales, biases, mode="mxfp4")
    for mode in ("affine", "mxfp4"):
        check.raises(ValueError, mx.quantize, mx.zeros((64, 64), mx.int32), mode=mode)


@pytest.mark.parity(*ROW, "TestQuantized.test_throw")
def test_shapes_that_do_not_fit_are_refused(mx, check):
    w, x = mx.random.normal(shape=(48, 256)), mx.random.normal(shape=(5, 256))
    words, scales, biases = mx.quantize(w)
    check.raises(ValueError, mx.quantized_matmul, x, words.T, scales, biases)
    check.raises(ValueError, mx.quantized_matmul, x, words.T, scales.T, biases)
    check.raises(ValueError, mx.quantized_matmul, x, words, scales.T, biases.T)
    check.raises(ValueError, mx.quantized_matmul, x, words, scales, biases, False)
    y = mx.quantized_matmul(x, words, scales, biases, True)
    mx.eval(y)
    check.same(y.shape, (5, 48))


@pytest.mark.parity(*ROW, "TestQuantized.test_qmm")
def test_many_rows(mx, check):
    one, two = keys(mx)
    dtype = {True: mx.float16, False: mx.float32}[mx.default_device() == mx.gpu]
    for group in (32, 64, 128):
        for bits in (2, 4, 8):
            for rows, transpose in ((9, True), (40, True), (9, False), (40, False)):
                x = normal(mx, one, rows, 128).astype(dtype) / 12
                w = normal(mx, two, 128, 128).astype(dtype) / 12
                product(mx, check, x, w, transpose, group_size=group, bits=bits)


@pytest.mark.parity(*ROW, "TestQuantized.test_qmm_shapes")
def test_leading_axes(mx, check):
    one, two = keys(mx)
    for transpose, w in ((True, normal(mx, two, 24, 128)), (False, normal(mx, two, 128, 64))):
        for shape in ((4, 128), (3, 1, 5, 128)):
            product(mx, check, normal(mx, one, *shape), w, transpose, group_size=64, bits=4)


def one_row(mx, check, transpose, **how):
    one, two = keys(mx)
    for batch in ((), (1,), (3,)):
        for inner, outer in ((128, 128), (256, 67)) if transpose else ((67, 128), (128, 256)):
            x = normal(mx, one, *(batch or (2,)), 1, inner)
            w = normal(mx, two, *batch, *((outer, inner) if transpose else (inner, outer)))
            product(mx, check, x, w, transpose, **how)


@pytest.mark.parity(*ROW, "TestQuantized.test_qmv")
def test_one_row_of_every_width(mx, check):
    for group in (32, 64, 128):
        for bits in (2, 3, 4, 5, 6, 8):
            one_row(mx, check, True, group_size=group, bits=bits)
    check.that(mx.swapaxes(mx.zeros((2, 3)), 0, 1).shape == (3, 2))


@pytest.mark.parity(*ROW, "TestQuantized.test_qvm")
def test_one_row_the_other_way(mx, check):
    for group in (32, 64, 128):
        for bits in (2, 3, 4, 5, 6, 8):
            one_row(mx, check, False, group_size=group, bits=bits)


@pytest.mark.parity(*ROW, "TestQuantized.test_fp_qmv")
def test_one_row_of_float_codes(mx, check):
    for mode in FLOAT_MODES:
        one_row(mx, check, True, mode=mode)
    one, two = keys(mx)
    product(mx, check, normal(mx, one, 1, 80), normal(mx, two, 32, 80), True, mode="nvfp4")


@pytest.mark.parity(*ROW, "TestQuantized.test_fp_qvm")
def test_one_row_of_float_codes_the_other_way(mx, check):
    for mode in FLOAT_MODES:
        one_row(mx, check, False, mode=mode)
        one, two = keys(mx)
        product(mx, check, normal(mx, one, 1, 6000) / 10, normal(mx, two, 6000, 64) / 10, False, mode=mode)


@pytest.mark.parity(*ROW, "TestQuantized.test_qvm_splitk")
def test_long_sums(mx, check):
    one, two = keys(mx)
    for bits in (2, 4, 8):
        for batch in ((), (2,)):
            x, w = normal(mx, one, *batch, 1, 9000) / 10, normal(mx, two, *batch, 9000, 64) / 10
            product(mx, check, x, w, False, group_size=64, bits=bits)
    product(mx, check, normal(mx, one, 1000) / 10, normal(mx, two, 1000, 256) / 10, False, group_size=32, bits=8)


@pytest.mark.parity(*ROW, "TestQuantized.test_small_matrix")
def test_few_columns(mx, check):
    for shape in ((8, 128), (1, 8, 128), (3, 8, 128)):
        w = mx.random.normal(shape=shape)
        for rows in (1, 4, 10):
            product(mx, check, mx.random.normal(shape=(3, rows, 128)), w, True)
            product(mx, check, mx.random.normal(shape=(3, rows, 8)), w, False)
    check.same(mx.swapaxes(w, -1, -2).shape, (3, 128, 8))


@pytest.mark.parity(*ROW, "TestQuantized.test_non_multiples")
def test_odd_counts_of_rows_and_columns(mx, check):
    for columns in (1, 3, 33, 99):
        w = mx.random.normal(shape=(columns, 256))
        for rows in (1, 10, 131):
            product(mx, check, mx.random.normal(shape=(rows, 256)), w, True)
            product(mx, check, mx.random.normal(shape=(rows, columns)), w, False)


@pytest.mark.parity(*ROW, "TestQuantized.test_qmv_small_non_multiples")
def test_one_group_a_row(mx, check):
    for rows, columns in ((1, 3), (2, 11), (4, 7), (1, 6)):
        for how in ({"bits": 4, "group_size": 32}, {"bits": 6, "group_size": 32}, {"mode": "nvfp4"}):
            x, w = mx.random.normal(shape=(rows, 32)), mx.random.normal(shape=(columns, 32))
            product(mx, check, x, w, True, **how)
    check.same(mx.swapaxes(w, 0, 1).shape, (32, 6))
