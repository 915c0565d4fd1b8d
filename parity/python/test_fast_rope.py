"""Cases that mirror upstream's tests of mx.fast.rope in python/tests/test_fast.py. What is wanted is worked out in
NumPy's float64, a pair of features being a complex number that is turned."""

import pytest

ROW = ("beyond_seed", "python/tests/test_fast.py")


def _turned(x, dims, traditional, base=None, scale=1.0, offset=0, freqs=None):
    import numpy as np

    x = np.array(x.tolist() if hasattr(x, "tolist") else x, np.float64)
    half = dims // 2
    inverse = base ** (-np.arange(half) / half) if freqs is None else 1 / np.array(freqs.tolist())
    at = (np.arange(x.shape[-2]) + np.reshape(offset, (-1,) + (1,) * (x.ndim - 2))) * scale
    angle = at[..., None] * inverse
    first, second = (slice(0, dims, 2), slice(1, dims, 2)) if traditional else (slice(0, half), slice(half, dims))
    z = (x[..., first] + 1j * x[..., second]) * np.exp(1j * angle)
    out = x.copy()
    out[..., first], out[..., second] = z.real, z.imag
    return out


def _off(mx, got, wanted):
    import numpy as np

    return mx.abs(got.astype(mx.float32) - mx.array(wanted.astype(np.float32))).max().item()


@pytest.mark.parity(*ROW, "TestFast.test_rope")
def test_rope(mx, check):
    near = {mx.float32: 3e-6, mx.float16: 2e-3, mx.bfloat16: 1.2e-2}
    usual = {"base": 5000.0, "scale": 1.0, "offset": 0}
    changes = [{"base": b} for b in (5000.0, 3e5)] + [{"scale": s} for s in (0.5, 3.0)]
    changes += [{"offset": o} for o in (0, 7, mx.array(7), mx.array([7]))]
    for traditional in (False, True):
        for dtype, change in [(d, {}) for d in near] + [(mx.float32, c) for c in changes]:
            how = {**usual, **change}
            x = mx.random.uniform(shape=(3, 5, 12)).astype(dtype)
            got = mx.fast.rope(x, 12, traditional=traditional, **how)
            number = how["offset"].item() if isinstance(how["offset"], mx.array) else how["offset"]
            off = _off(mx, got, _turned(x, 12, traditional, how["base"], how["scale"], number))
            check.that(got.dtype == dtype and off < near[dtype], f"{dtype}, {change}: {off}")
        x = mx.random.uniform(shape=(2, 6, 3, 10)).swapaxes(1, 2)
        got = mx.fast.rope(2.0 * x, 6, traditional=traditional, **usual)
        check.that(_off(mx, got, 2 * _turned(x, 6, traditional, 5000.0)) < 6e-6)
    whole = mx.ones((2, 3, 4)).astype(mx.int32)
    check.raises(ValueError, lambda: mx.fast.rope(whole, 4, traditional=False, **usual))


@pytest.mark.parity(*ROW, "TestFast.test_rope_dims_validation")
def test_dims_that_do_not_fit(mx, check):
    x = mx.random.uniform(shape=(2, 3, 10))
    rope = lambda dims: mx.fast.rope(x, dims=dims, traditional=False, base=100.0, scale=1.0, offset=1)
    for dims in (0, -4, 5, 12):
        check.raises(ValueError, rope, dims)
    for dims in (2, 10):
        check.that(_off(mx, rope(dims), _turned(x, dims, False, 100.0, offset=1)) < 3e-6)


@pytest.mark.parity(*ROW, "TestFast.test_rope_with_freqs")
def test_given_frequencies(mx, check):
    mx.random.seed(3)
    rope = lambda x, f, **more: mx.fast.rope(x, 10, scale=1.0, offset=2, freqs=f, **{"base": None, "traditional": False, **more})
    x = mx.random.uniform(shape=(2, 4, 10))
    for shape in ((4,), (10,), (5, 1), (1, 5), ()):
        check.raises(ValueError, rope, x, mx.random.uniform(shape=shape))
    freqs = mx.random.uniform(0.5, 3, shape=(5,))
    check.raises(ValueError, lambda: rope(x, freqs, base=10.0))
    check.raises(ValueError, rope, x, None)
    for dtype, near in ((mx.float32, 5e-6), (mx.float16, 2e-3)):
        for y in (x.astype(dtype), x[:1, :1].astype(dtype)):
            got = rope(y, freqs)
            check.same(got.dtype, dtype)
            check.that(mx.abs(got - mx.array(_turned(y, 10, False, offset=2, freqs=freqs).tolist())).max().item() < near)
    g = mx.random.uniform(shape=x.shape)
    gx, gf = mx.grad(lambda x, f: (rope(x, f) * g).sum(), argnums=(0, 1))(x, freqs)
    back = mx.fast.rope(g, 10, traditional=False, base=None, scale=-1.0, offset=2, freqs=freqs)
    check.that(mx.abs(gx - back).max().item() < 5e-6, "turning back is the transpose")
    import numpy as np

    for i in range(5):
        step = np.eye(5)[i] * 1e-4
        low, high = (_turned(x, 10, False, offset=2, freqs=np.array(freqs.tolist()) + s) for s in (-step, step))
        check.close(gf[i].item(), float(((high - low) * np.array(g.tolist())).sum() / 2e-4), rtol=2e-3, atol=2e-3)


@pytest.mark.parity(*ROW, "TestFast.test_rope_grad")
def test_gradients(mx, check):
    for dims in (20, 8):
        for traditional in (False, True):
            x, g = (mx.random.uniform(shape=(2, 50, 20)) for _ in range(2))
            loss = lambda x: (mx.fast.rope(x, dims, traditional=traditional, base=900.0, scale=1.0, offset=4) * g).sum()
            # Turned by the opposite angles.
            wanted = _turned(g, dims, traditional, 900.0, scale=-1.0, offset=4)
            off = mx.abs(mx.grad(loss)(x) - mx.array(wanted.tolist())).max().item()
            check.that(off < 1e-5, f"{dims}, {traditional}: {off}")


@pytest.mark.parity(*ROW, "TestFast.test_rope_batch")
def test_an_offset_for_each_entry(mx, check):
    rope = lambda x, offset: mx.fast.rope(x, 16, traditional=True, base=700.0, scale=1.0, offset=offset)
    check.raises(ValueError, rope, mx.random.uniform(shape=(5, 2, 3, 16)), mx.array([4, 5]))
    for batch, heads in ((2, 1), (5, 3), (9, 4)):
        x = mx.random.normal(shape=(batch, heads, 3, 16))
        got = rope(x, mx.arange(batch) * 2)
        off = mx.abs(got - mx.array(_turned(x, 16, True, 700.0, offset=list(range(0, 2 * batch, 2))).tolist())).max().item()
        check.that(off < 1e-5, f"{batch}, {heads}: {off}")
    x = mx.random.normal(shape=(3, 5, 4, 16)).transpose(0, 2, 1, 3)
    check.that(mx.abs(rope(x, 1) - mx.array(_turned(x, 16, True, 700.0, offset=1).tolist())).max().item() < 1e-5)
    check.that(mx.abs(rope(x, 1)[1:2] - rope(x[1:2], 1)).max().item() == 0)


@pytest.mark.parity(*ROW, "TestFast.test_rope_with_large_offset")
def test_a_large_offset(mx, check):
    x = mx.random.normal(shape=(1, 2, 300, 24))
    rope = lambda x: mx.fast.rope(x, 24, traditional=False, base=10000, scale=1.0, offset=6000)
    check.that((rope(x) - rope(x.astype(mx.bfloat16))).abs().max().item() < 6e-2)
    check.that((rope(x) - mx.array(_turned(x, 24, False, 10000.0, offset=6000).tolist())).abs().max().item() < 2e-2)


@pytest.mark.parity(*ROW, "TestFast.test_fast_transforms")
def test_transforms(mx, check):
    import numpy as np

    x = mx.random.uniform(shape=(2, 3, 6))
    rope = lambda x: mx.fast.rope(x, 6, traditional=False, base=50.0, scale=1.0, offset=3)
    ones = np.ones(x.shape)
    (y,), (back,) = mx.vjp(rope, (x,), (mx.ones_like(x),))
    check.that(mx.allclose(y, mx.array(_turned(x, 6, False, 50.0, offset=3).tolist()), atol=1e-5))
    check.that(mx.allclose(back, mx.array(_turned(ones, 6, False, 50.0, scale=-1.0, offset=3).tolist()), atol=1e-5))
    _, (ahead,) = mx.jvp(rope, (x,), (mx.ones_like(x),))
    check.that(mx.allclose(ahead, mx.array(_turned(ones, 6, False, 50.0, offset=3).tolist()), atol=1e-5))
    many = mx.random.uniform(shape=(4, 2, 3, 6))
    for axis in (0, 1):
        got = mx.vmap(rope, in_axes=axis, out_axes=axis)(many)
        check.that(mx.allclose(got, mx.array(_turned(many, 6, False, 50.0, offset=3).tolist()), atol=1e-5))
