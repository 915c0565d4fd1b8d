"""Cases that mirror upstream's tests of custom kernels in python/tests/test_fast.py, on a machine without a GPU: the
inputs are made, and whoever asks for a kernel gets the typed refusal, of upstream's class, before anything else."""

import pytest

ROW = ("beyond_seed", "python/tests/test_fast.py")


def _refuses(mx, check, name, inputs, outputs, **more):
    check.that(not mx.is_available(mx.gpu) and not mx.metal.is_available() and not mx.cuda.is_available())
    for make in (mx.fast.metal_kernel, mx.fast.cuda_kernel):
        try:
            make(name=name, input_names=inputs, output_names=outputs, source="out[0] = 1;", **more)
        except RuntimeError as error:
            check.that(str(error).startswith("unsupported_backend_capability: "), str(error))
        else:
            check.that(False, "a kernel was made")
        check.raises(TypeError, make, name=name, inputs=inputs)


@pytest.mark.parity(*ROW, "TestFast.test_custom_kernel_basic")
def test_a_kernel(mx, check):
    mx.random.seed(2)
    a = mx.random.normal(shape=(3, 2))
    check.that(a.dtype == mx.float32 and mx.allclose(a, a + 0))
    _refuses(mx, check, "copy", ["a"], ["b"])


@pytest.mark.parity(*ROW, "TestFast.test_custom_kernel_args")
def test_a_kernel_of_many_arguments(mx, check):
    mx.random.seed(2)
    parts = [mx.random.normal(shape=(2, 4)), mx.array([5, 6]), mx.full((2,), 1.5).astype(mx.bfloat16)]
    check.that(mx.allclose(parts[2].astype(mx.float16), mx.array(1.5)))
    check.same([p.dtype for p in parts], [mx.float32, mx.int32, mx.bfloat16])
    _refuses(mx, check, "sums", ["a", "b", "c", "d"], ["first", "second"], header="")


@pytest.mark.parity(*ROW, "TestFast.test_custom_kernel_strides")
def test_a_kernel_over_strides(mx, check):
    mx.random.seed(2)
    a = mx.tile(mx.random.normal(shape=(4, 3))[::2], [3, 1])
    check.that(mx.allclose(mx.exp(a)[2:4], mx.exp(a)[:2]) and a.dtype == mx.float32)
    for contiguous in (True, False):
        _refuses(mx, check, "exps", ["a"], ["b"], ensure_row_contiguous=contiguous)


@pytest.mark.parity(*ROW, "TestFast.test_custom_kernel_helper")
def test_a_kernel_with_a_header(mx, check):
    mx.random.seed(2)
    a = mx.random.normal(shape=(3, 3))
    check.that(a.dtype == mx.float32 and mx.allclose(mx.exp(a) * mx.exp(-a), mx.array(1.0)))
    _refuses(mx, check, "helped", ["a"], ["b"], header="float twice(float x) { return 2 * x; }")


@pytest.mark.parity(*ROW, "TestFast.test_custom_kernel_attributes")
def test_a_kernel_that_asks_for_its_place(mx, check):
    check.equal(mx.zeros((2,), mx.uint32), [0, 0], dtype=mx.uint32)
    _refuses(mx, check, "place", ["a"], ["b"])


@pytest.mark.parity(*ROW, "TestFast.test_custom_kernel_caching")
def test_a_kernel_asked_for_twice(mx, check):
    a = mx.random.normal(shape=(9,))
    check.that(mx.array_equal(mx.ones_like(a) - 1, mx.zeros_like(a)) and a.size == mx.array(9).item())
    for _ in range(2):
        _refuses(mx, check, "same", ["a"], ["b"])
