"""Cases that mirror upstream's python/tests/test_fast_sdpa.py. What is wanted is worked out in NumPy's float64."""

import pytest

ROW = ("beyond_seed", "python/tests/test_fast_sdpa.py")
LOWEST = -3.4028234663852886e38


def _wide(a):
    import numpy as np

    return np.array(a.tolist(), np.float64)


def _seen(queries, keys):
    """Which keys a query sees where it is causal: the last query all of them."""
    import numpy as np

    return np.arange(keys) <= np.arange(queries)[:, None] + keys - queries


def _attended(q, k, v, scale, mask=None, sinks=None):
    import numpy as np

    q, k, v = (_wide(a) for a in (q, k, v))
    each = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, each, 1), np.repeat(v, each, 1)
    scores = scale * q @ np.swapaxes(k, -1, -2)
    if isinstance(mask, str):
        scores = np.where(_seen(*scores.shape[-2:]), scores, LOWEST)
    elif mask is not None:
        given = np.array(mask.tolist())
        scores = np.where(given, scores, LOWEST) if given.dtype == bool else scores + given
    if sinks is not None:
        column = np.broadcast_to(_wide(sinks)[None, :, None, None], scores.shape[:3] + (1,))
        scores = np.concatenate([scores, column], -1)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return p[..., : k.shape[2]] @ v


def _holds(mx, check, q, k, v, scale=1.0, mask=None, sinks=None, near=2e-5):
    got = mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask, sinks=sinks)
    wanted = mx.array(_attended(q, k, v, scale, mask, sinks).tolist())
    off = mx.abs(got.astype(mx.float32) - wanted)
    held = mx.allclose(got.astype(mx.float32), wanted, rtol=near, atol=near)
    check.that(held and got.dtype == q.dtype, f"{q.shape}, {k.shape}, {mask if isinstance(mask, str) else ''}: {off.max().item()} off")


def _operands(mx, batch, heads, groups, queries, keys, dim, dtype=None, value_dim=None):
    made = [mx.random.normal(shape=(batch, h, n, d)) * 0.5
            for h, n, d in ((heads, queries, dim), (groups, keys, dim), (groups, keys, value_dim or dim))]
    return [a.astype(dtype) for a in made] if dtype else made


def _bool_masks(mx, heads, queries, keys):
    """One value; a vector; one for each head; the same lying across memory."""
    yield mx.array(True)
    yield mx.array([i % 7 != 3 for i in range(keys)])
    yield mx.random.uniform(shape=(heads, 1, keys)) > 0.3
    yield mx.random.uniform(shape=(keys, queries, heads)).T > 0.3


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_vector")
def test_one_query(mx, check):
    mx.random.seed(1)
    for keys in (29, 3000):
        q, k, v = _operands(mx, 1, 6, 2, 1, keys, 32)
        for mask in _bool_masks(mx, 6, 1, keys):
            _holds(mx, check, q, k, v, mask=mask)
        for mask in (mx.random.uniform(shape=(6, 1, keys)), mx.random.uniform(shape=(keys, 1, 6)).T):
            _holds(mx, check, q, k, v, mask=mask)
            _holds(mx, check, q, k, v, mask=mx.log(mask > 0.3))
        for mask in (None, "causal"):
            _holds(mx, check, q, k, v, mask=mask)
    for mask in (mx.full((6, 2, 29), True), mx.full((28,), 0.0), "none"):
        q, k, v = _operands(mx, 1, 6, 2, 1, 29, 32)
        check.raises(ValueError, lambda: mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0, mask=mask))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_vector_kv_transposed_head_seq")
def test_one_query_over_heads_behind_positions(mx, check):
    mx.random.seed(1)
    for keys in (29, 3000):
        q = mx.random.normal(shape=(1, 6, 1, 32))
        k, v = (mx.random.normal(shape=(1, keys, 2, 32)).swapaxes(1, 2) for _ in range(2))
        for mask in _bool_masks(mx, 6, 1, keys):
            _holds(mx, check, q, k, v, 0.2, mask)


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_few_query")
def test_a_few_queries(mx, check):
    mx.random.seed(1)
    for keys in (29, 1500):
        q = mx.random.normal(shape=(1, 5, 6, 32)).swapaxes(1, 2)
        _, k, v = _operands(mx, 1, 6, 1, 5, keys, 32)
        for mask in (None, "causal", *_bool_masks(mx, 6, 5, keys)):
            _holds(mx, check, q, k, v, 0.3, mask)
        _holds(mx, check, q, k, v, 0.3, mx.array([True] * keys))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_vector_value_dims")
def test_values_of_another_width(mx, check):
    mx.random.seed(1)
    for queries, keys in ((1, 31), (1, 2500), (40, 150)):
        _holds(mx, check, *_operands(mx, 1, 4, 1, queries, keys, 48, value_dim=20), 0.2)
    q, k, v = _operands(mx, 1, 4, 1, 1, 8, 48, value_dim=20)
    same = mx.fast.scaled_dot_product_attention(q, k, mx.ones_like(v), scale=1.0)
    check.that(mx.allclose(same, mx.ones((1, 4, 1, 20))))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_vector_batched")
def test_batches_and_layouts(mx, check):
    turned = lambda *shape: mx.random.normal(shape=shape).swapaxes(1, 2)
    plain = lambda *shape: mx.random.normal(shape=shape)
    k, v = plain(3, 2, 5, 32), plain(3, 2, 5, 32)
    for q in (plain(3, 2, 5, 32), plain(3, 6, 5, 32), turned(3, 5, 6, 32)):
        _holds(mx, check, q, k, v, 0.4)
        _holds(mx, check, q, turned(3, 5, 2, 32), v, 0.4)
    _holds(mx, check, plain(3, 6, 4, 32), k, v, 0.4, 8 * mx.random.normal(shape=(1, 3, 4, 5)).swapaxes(0, 1))
    for wrong in (plain(2, 2, 5, 32), plain(3, 4, 5, 32), plain(3, 2, 5, 16), plain(3, 2, 32)):
        check.raises(ValueError, lambda: mx.fast.scaled_dot_product_attention(plain(3, 6, 5, 32), wrong, wrong, scale=1.0))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa")
def test_shapes_dtypes_and_masks(mx, check):
    check.that(mx.is_available(mx.cpu) and not mx.is_available(mx.gpu) and not mx.metal.is_available())
    shapes = [(1, 20, 20, 64, 3, 3), (2, 65, 127, 32, 8, 2), (1, 127, 65, 64, 4, 4), (1, 1, 67, 128, 8, 2), (1, 33, 400, 128, 2, 1)]
    for dtype, near in ((mx.float16, 6e-4), (mx.float32, 1e-5)):
        for batch, queries, keys, dim, heads, groups in shapes:
            for kind in (None, "causal", "bool", "added"):
                q, k, v = _operands(mx, batch, heads, groups, queries, keys, dim, dtype)
                mask = kind
                if kind in ("bool", "added"):
                    mask = mx.random.uniform(shape=(batch, heads, queries, keys)).astype(dtype)
                    mask = mask < 0.4 if kind == "bool" else mask
                    mask = mx.logical_or(mask, mx.arange(keys) == 0) if kind == "bool" else mask
                got = mx.fast.scaled_dot_product_attention(q, k, v, scale=dim**-0.5, mask=mask)
                wanted = _attended(q, k, v, dim**-0.5, mask)
                check.that(mx.max(mx.abs(got.astype(mx.float32) - mx.array(wanted.tolist()))).item() < near)


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_fully_masked")
def test_everything_masked(mx, check):
    for queries in (1, 6, 50):
        q, k, v = _operands(mx, 1, 3, 3, queries, 10, 64)
        got = mx.fast.scaled_dot_product_attention(q, k, v, scale=0.5, mask=mx.array(False))
        check.that(not mx.any(mx.isnan(got)))
        check.close(got[0, :, 0].tolist(), v[0].mean(axis=1).tolist(), rtol=1e-4, atol=1e-5)


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_inf_score")
def test_a_score_of_minus_infinity(mx, check):
    for dim in (8, 64):
        for queries in (1, 12):
            q, k = mx.ones((1, 2, queries, dim)), mx.ones((1, 2, 9, dim))
            v = mx.random.normal(shape=(1, 2, 9, dim))
            k[..., 4, :] = -float("inf")
            got = mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0)
            rest = (v.sum(axis=2, keepdims=True) - v[:, :, 4:5]) / 8
            check.that(mx.allclose(got, rest * mx.ones_like(got), rtol=1e-4, atol=1e-5))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_broadcast_mask")
def test_a_mask_of_one_value(mx, check):
    mx.random.seed(1)
    q, k, v = _operands(mx, 1, 4, 2, 90, 140, 32)
    _holds(mx, check, q, k, v, mask=mx.array(True))
    shifted = mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0, mask=mx.array(3.0))
    check.that(mx.allclose(shifted, mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0), rtol=1e-4, atol=1e-5))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_noncontiguous_inputs")
def test_inputs_with_gaps(mx, check):
    mx.random.seed(1)
    q = mx.random.normal(shape=(3, 9, 8, 40)).swapaxes(1, 2)
    k, v = (mx.random.normal(shape=(3, 9, 4, 80)).swapaxes(1, 2)[..., ::2] for _ in range(2))
    _holds(mx, check, q, k, v, 0.3, mx.ones((3, 1, 9, 9), dtype=mx.bool_))
    _holds(mx, check, q[:, :, :2], k, v, 0.3)


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_promote_mask")
def test_a_mask_of_a_smaller_dtype(mx, check):
    mx.random.seed(1)
    q, k, v = _operands(mx, 1, 4, 2, 60, 80, 32)
    for mask in (mx.array(1.5, mx.bfloat16), mx.random.normal(shape=(60, 80)).astype(mx.bfloat16)):
        got = mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0, mask=mask)
        wanted = _attended(q, k, v, 1.0, mask.astype(mx.float32))
        check.that(got.dtype == mx.float32 and mx.allclose(got, mx.array(wanted.tolist()), rtol=1e-4, atol=2e-5))
    small = [a.astype(mx.bfloat16) for a in (q, k, v)]
    check.raises(ValueError, lambda: mx.fast.scaled_dot_product_attention(*small, scale=1.0, mask=mx.array(1.5)))


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_nan_bug")
def test_a_window_of_keys(mx, check):
    n = 150
    q, k, v = (mx.random.uniform(shape=(1, 2, n, 64)) for _ in range(3))
    at = mx.arange(n)
    behind = at[:, None] - at[None]
    window = (behind >= 0) & (behind < 40)
    for mask in (window, mx.log(window)):
        got = mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0, mask=mask)
        check.that(not mx.isnan(got).any().item())
        check.that(mx.abs(got - mx.array(_attended(q, k, v, 1.0, mask).tolist())).max().item() < 2e-5)


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_attention_sinks")
def test_sinks(mx, check):
    q, k, v = _operands(mx, 2, 6, 6, 20, 30, 32)
    ask = lambda q, k, v, s: mx.fast.scaled_dot_product_attention(q, k, v, scale=0.2, sinks=s)
    for shape in ((5,), (), (6, 1), (1, 6)):
        check.raises(ValueError, ask, q, k, v, mx.random.normal(shape=shape))
    half = [a.astype(mx.float16) for a in (q, k, v)]
    check.raises(ValueError, ask, *half, mx.random.normal(shape=(6,)))
    for queries in (1, 70):
        for keys in (90, 1100):
            for groups in (2, 6):
                for dtype, near in ((mx.float32, 2e-5), (mx.float16, 2e-3)):
                    q, k, v = _operands(mx, 2, 6, groups, queries, keys, 32, dtype)
                    _holds(mx, check, q, k, v, 0.2, sinks=(7 * mx.random.normal(shape=(6,))).astype(dtype), near=near)
    q, k, v = _operands(mx, 1, 2, 2, 3, 4, 8)
    check.that(mx.allclose(ask(q, k, v, mx.array([60.0, 60.0])), 0 * q, atol=1e-6), "a sink takes all")


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_grad")
def test_gradients(mx, check):
    """Against products and a softmax of our own, and of the sum against slopes of NumPy's."""
    def slow(q, k, v, mask, scale):
        each = q.shape[1] // k.shape[1]
        k, v = mx.repeat(k, each, axis=1), mx.repeat(v, each, axis=1)
        scores = (q.astype(mx.float32) * scale) @ k.astype(mx.float32).swapaxes(-1, -2)
        if isinstance(mask, str):
            mask = mx.array(_seen(*scores.shape[-2:]))
        if mask is not None:
            scores = mx.where(mask, scores, LOWEST) if mask.dtype == mx.bool_ else scores + mask
        return (mx.softmax(scores, axis=-1) @ v.astype(mx.float32)).astype(q.dtype)

    fast = lambda q, k, v, mask, scale: mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
    for heads in (4, 12):
        operands = _operands(mx, 2, heads, 4, 40, 60, 16, mx.float16)
        g = mx.ones_like(operands[0])
        added = mx.random.normal(shape=(2, heads, 40, 60)).astype(mx.float16)
        for mask in (None, "causal", added, mx.random.uniform(shape=(2, heads, 40, 60)) < 0.6):
            (one,), ours = mx.vjp(lambda *x: fast(*x, mask, 0.25), operands, [g])
            (two,), theirs = mx.vjp(lambda *x: slow(*x, mask, 0.25), operands, [g])
            check.that(mx.allclose(one, two, rtol=1e-2, atol=2e-3))
            for a, b in zip(ours, theirs):
                check.that(a.dtype == mx.float16 and mx.allclose(a, b, rtol=1e-2, atol=8e-3))
    q, k, v = _operands(mx, 1, 2, 1, 3, 5, 4)
    loss = lambda q, mask: (fast(q, k, v, mask, 0.5) ** 2).sum()
    mask = mx.random.normal(shape=(3, 5))
    for i, a in enumerate(mx.grad(loss, argnums=(0, 1))(q, mask)):
        way = mx.random.normal(shape=a.shape)
        low, high = (loss(*(x + s * way if i == j else x for j, x in enumerate((q, mask)))).item() for s in (-5e-3, 5e-3))
        check.close((a * way).sum().item(), (high - low) / 1e-2, rtol=2e-2, atol=2e-3)


@pytest.mark.parity(*ROW, "TestFastSDPA.test_sdpa_sliced")
def test_a_slice_of_the_keys(mx, check):
    """As a cache of keys gives them: all allocated, some used."""
    for batch in (1, 3):
        for queries in (1, 6):
            for used in (7, 33, 100):
                for mask in (None, "causal"):
                    q, k, v = _operands(mx, batch, 4, 4, queries, 128, 32, mx.float16)
                    _holds(mx, check, q, k[..., :used, :], v[..., :used, :], 0.2, mask, near=2e-3)
