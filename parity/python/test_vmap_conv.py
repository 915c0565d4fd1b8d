"""The case that mirrors the convolutions of upstream's python/tests/test_vmap.py."""

import pytest


@pytest.mark.parity("vmap", "python/tests/test_vmap.py", "TestVmap.test_vmap_conv")
def test_vmap_conv(mx, check):
    def compare(function, x, w, in_axes):
        """vmap against one call after the other."""
        count = x.shape[in_axes[0]] if in_axes[0] is not None else w.shape[in_axes[1]]
        parts = [[mx.moveaxis(a, axis, 0)[i] if axis is not None else a for a, axis in zip((x, w), in_axes)]
                 for i in range(count)]
        wanted = mx.stack([function(*part) for part in parts])
        got = mx.vmap(function, in_axes=in_axes)(x, w)
        check.same(got.shape, wanted.shape)
        check.that(mx.allclose(got, wanted, 1e-5, 1e-5))

    x, w = mx.random.uniform(shape=(3, 2, 6, 4)), mx.random.uniform(shape=(5, 3, 4))
    compare(mx.conv1d, x, w, (0, None))
    compare(mx.conv1d, mx.moveaxis(x, 0, 2), w, (2, None))
    x, w = mx.random.uniform(shape=(2, 6, 4)), mx.random.uniform(shape=(3, 5, 3, 4))
    compare(mx.conv1d, x, w, (None, 0))
    compare(mx.conv1d, x, mx.moveaxis(w, 0, 1), (None, 1))
    x = mx.random.uniform(shape=(3, 2, 6, 4))
    compare(mx.conv1d, x, w, (0, 0))
    compare(mx.conv1d, mx.moveaxis(x, 0, 1), mx.moveaxis(w, 0, 3), (1, 3))
    x, w = mx.random.uniform(shape=(3, 2, 6, 8)), mx.random.uniform(shape=(3, 4, 3, 4))
    compare(lambda a, b: mx.conv1d(a, b, groups=2), x, w, (0, 0))
