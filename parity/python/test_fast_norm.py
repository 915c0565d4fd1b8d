"""Cases that mirror upstream's tests of mx.fast.rms_norm and mx.fast.layer_norm in python/tests/test_fast.py. What is
wanted is worked out in NumPy's float64."""

import pytest

ROW = ("beyond_seed", "python/tests/test_fast.py")
NEAR = {"float32": 2e-6, "float16": 2e-3, "bfloat16": 1.6e-2}


def _wide(a):
    """An array of ours as NumPy's float64."""
    import numpy as np

    return np.array(a.tolist(), np.float64)


def _normed(x, weight=None, bias=None, eps=0.0, centred=True):
    import numpy as np

    x = x - x.mean(-1, keepdims=True) if centred else x
    y = x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _off(mx, got, wanted):
    """The largest distance, found by mx."""
    import numpy as np

    return mx.abs(got.astype(mx.float32) - mx.array(wanted.astype(np.float32))).max().item()


def _cases(mx):
    """(dtype, eps, length of the last axis), one thing changed at a time."""
    for dtype in (mx.float32, mx.float16, mx.bfloat16):
        yield dtype, 2e-4, 48
    for eps in (5e-2, 1e-6):
        yield mx.float32, eps, 48
    for length in (15, 17, 63):
        yield mx.float32, 2e-4, length
    yield mx.float32, 2e-4, 5003


def _name(dtype):
    return str(dtype).rsplit(".", 1)[-1]


@pytest.mark.parity(*ROW, "TestFast.test_rms_norm")
def test_rms_norm(mx, check):
    for dtype, eps, n in _cases(mx):
        x = mx.random.uniform(-1, 2, shape=(3, n)).astype(dtype)
        weight = mx.random.uniform(shape=(n,)).astype(dtype)
        for given, factor in ((weight, _wide(weight)), (None, _wide(mx.ones_like(weight)))):
            got = mx.fast.rms_norm(x, given, eps)
            check.same(got.dtype, dtype)
            off = _off(mx, got, _normed(_wide(x), factor, eps=eps, centred=False))
            check.that(off < 2 * NEAR[_name(dtype)], f"{dtype}, {n}: {off}")
    for weight in (mx.ones((5,)), mx.ones((6, 1)), mx.ones(())):
        check.raises(ValueError, mx.fast.rms_norm, mx.random.uniform(shape=(2, 6)), weight, 1e-5)


@pytest.mark.parity(*ROW, "TestFast.test_layer_norm")
def test_layer_norm(mx, check):
    for dtype, eps, n in _cases(mx):
        x = mx.random.uniform(-1, 2, shape=(3, n)).astype(dtype)
        weight, bias = (mx.random.uniform(shape=(n,)).astype(dtype) for _ in range(2))
        for w in (weight, None):
            for b in (bias, None):
                got = mx.fast.layer_norm(x, w, b, eps)
                wanted = _normed(_wide(x), None if w is None else _wide(w), None if b is None else _wide(b), eps)
                off = _off(mx, got, wanted)
                check.that(got.dtype == dtype and off < 2 * NEAR[_name(dtype)], f"{dtype}, {n}: {off}")


@pytest.mark.parity(*ROW, "TestFast.test_layer_norm_dim_check")
def test_parameters_of_another_length(mx, check):
    x = mx.random.randint(-5, 5, shape=(3, 20))
    for length in (19, 21):
        check.raises(ValueError, mx.fast.layer_norm, x, mx.ones((length,)), None, 1e-4)
        check.raises(ValueError, mx.fast.layer_norm, x, None, mx.ones((length,)), 1e-4)


@pytest.mark.parity(*ROW, "TestFast.test_slice_into_layer_norm")
def test_a_slice_with_gaps(mx, check):
    whole = mx.random.uniform(shape=(6, 5, 24))
    for part in (whole[:, 4:], whole[::2, 1], whole[..., ::3], whole.transpose(2, 0, 1)):
        got = mx.fast.layer_norm(part, weight=None, bias=None, eps=1e-4)
        check.that(mx.abs(got - mx.array(_normed(_wide(part), eps=1e-4).tolist())).max().item() < 4e-6)


def _gradients(x, weight, g, eps, centred):
    """The gradients of sum(g * norm(x) * weight) to x and weight."""
    import numpy as np

    x = x - x.mean(-1, keepdims=True) if centred else x
    n = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
    t = g * weight
    along = (t * x).mean(-1, keepdims=True)
    t = t - t.mean(-1, keepdims=True) if centred else t
    return n * t - x * along * n**3, (g * x * n).reshape(-1, x.shape[-1]).sum(0)


def _relative(mx, got, wanted):
    import numpy as np

    return (mx.abs(got - mx.array(wanted.astype(np.float32))).max() / mx.abs(got).mean()).item()


def _second_order(mx, check, norm, x, params, g, eps, step=1e-3):
    """The gradient of the sum of gradients, against the difference of first gradients at two points."""
    import numpy as np

    def inner(x, *params):
        grads = mx.grad(lambda *all: (norm(*all) * g).sum(), argnums=tuple(range(1 + len(params))))(x, *params)
        return sum((grad * g).sum() for grad in grads)

    got = mx.grad(inner)(x, *params)
    way = mx.array(np.sign(np.random.default_rng(4).normal(size=x.shape)).astype(np.float32))
    slope = (inner(x + step * way, *params) - inner(x - step * way, *params)).item() / (2 * step)
    check.close((got * way).sum().item(), slope, rtol=3e-2, atol=3e-2 * mx.abs(got).sum().item() ** 0.5)


@pytest.mark.parity(*ROW, "TestFast.test_rms_norm_grad")
def test_gradients_of_rms_norm(mx, check):
    eps = 3e-5
    for shape in ((5, 40, 24), (3, 2, 7000)):
        x, g = (mx.random.uniform(shape=shape) for _ in range(2))
        weight = mx.random.uniform(shape=shape[-1:])
        loss = lambda x, w: (mx.fast.rms_norm(x, w, eps) * g).sum()
        for w in (weight, None):
            got = mx.grad(loss, argnums=(0, 1))(x, w) if w is not None else (mx.grad(loss)(x, w),)
            factor = _wide(mx.ones(shape[-1:])) if w is None else _wide(w)
            wanted = _gradients(_wide(x), factor, _wide(g), eps, False)
            check.that(mx.abs(got[0] - mx.array(wanted[0].tolist())).max().item() < 8e-6)
            for a, b in zip(got[1:], wanted[1:]):
                check.that(_relative(mx, a, b) < 2e-5)
    x, g, weight = (mx.random.uniform(shape=s) for s in ((2, 6), (2, 6), (6,)))
    _second_order(mx, check, lambda x, w: mx.fast.rms_norm(x, w, eps), x, (weight,), g, eps)
    _second_order(mx, check, lambda x: mx.fast.rms_norm(x, None, eps), x, (), g, eps)


@pytest.mark.parity(*ROW, "TestFast.test_layer_norm_grad")
def test_gradients_of_layer_norm(mx, check):
    eps = 3e-5
    for shape in ((5, 40, 24), (6, 20, 7000)):
        x, g = (mx.random.uniform(shape=shape) for _ in range(2))
        weight, bias = (mx.random.uniform(shape=shape[-1:]) for _ in range(2))
        loss = lambda x, w, b: (mx.fast.layer_norm(x, w, b, eps) * g).sum()
        got = mx.grad(loss, argnums=(0, 1, 2))(x, weight, bias)
        wanted = (*_gradients(_wide(x), _wide(weight), _wide(g), eps, True), _wide(g).reshape(-1, shape[-1]).sum(0))
        for a, b in zip(got, wanted):
            check.that(_relative(mx, a, b) < 2e-5)
    x, g, weight, bias = (mx.random.uniform(shape=s) for s in ((2, 6), (2, 6), (6,), (6,)))
    norm = lambda x, w, b: mx.fast.layer_norm(x, w, b, eps)
    _second_order(mx, check, norm, x, (weight, bias), g, eps)
    first = lambda b: (mx.grad(lambda x: (norm(x, weight, b) * g).sum())(x) * g).sum()
    check.that(mx.abs(mx.grad(first)(bias)).max().item() < 1e-9, "a bias moves the gradient to x")


@pytest.mark.parity(*ROW, "TestFast.test_layer_norm_grad_no_bias")
def test_gradients_without_a_bias(mx, check):
    eps = 1e-4
    x, g, weight = (mx.random.uniform(shape=s) for s in ((3, 2, 10), (3, 2, 10), (10,)))
    mx.eval(x, g, weight)
    norm = lambda x, w: mx.fast.layer_norm(x, w, None, eps)
    got = mx.grad(lambda x, w: (norm(x, w) * g).sum(), argnums=(0, 1))(x, weight)
    for a, b in zip(got, _gradients(_wide(x), _wide(weight), _wide(g), eps, True)):
        check.that(mx.abs(a - mx.array(b.tolist())).max().item() < 1e-5)
        check.that(_relative(mx, a, b) < 2e-5)
    _second_order(mx, check, norm, x, (weight,), g, eps)


@pytest.mark.parity(*ROW, "TestFast.test_layer_norm_grad_no_params")
def test_gradients_without_parameters(mx, check):
    x = mx.random.normal(shape=(3, 4, 6))
    mx.eval(x)
    got = mx.grad(lambda x: (mx.fast.layer_norm(x, None, None, 1e-4) ** 3).sum())(x)
    y = _normed(_wide(x), eps=1e-4)
    wanted, _ = _gradients(_wide(x), 1.0, 3 * y**2, 1e-4, True)
    check.that(mx.allclose(got, mx.array(wanted.tolist()), rtol=1e-4, atol=1e-5))
    flat = mx.grad(lambda x: mx.fast.layer_norm(x, None, None, 1e-4).sum())(x)
    deviation, far = mx.sqrt(x.var(-1, keepdims=True) + 1e-4), mx.abs(x).max(-1, keepdims=True)
    rounding = mx.finfo(mx.float32).eps / deviation * (1 + far / deviation)
    check.that(mx.all(mx.abs(flat) < 4 * rounding), "the sum of what has no mean is constant")


@pytest.mark.parity(*ROW, "TestFast.test_layer_norm_grad_params")
def test_gradients_to_a_tree_of_parameters(mx, check):
    x = mx.random.normal(shape=(4, 3, 9))
    params = {"scale": mx.ones((9,)), "shift": mx.zeros((9,))}
    mx.eval(x, params)
    loss = lambda p, x: (mx.fast.layer_norm(x, p["scale"], p["shift"], 1e-4) ** 2).sum()
    got = mx.grad(loss)(params, x)
    y = _normed(_wide(x), eps=1e-4)
    for name, wanted in (("scale", 2 * y * y), ("shift", 2 * y)):
        off = mx.abs(got[name] - mx.array(wanted.reshape(-1, 9).sum(0).tolist())).max().item()
        check.that(off < 3e-5, f"{name} is {off} off")
