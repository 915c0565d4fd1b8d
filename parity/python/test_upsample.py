"""Cases that mirror upstream's python/tests/test_upsample.py. Where that asks PyTorch, these ask the definition, one axis
after the other."""

import pytest


def stretched(x, axis, factor, mode, align_corners):
    """One axis by its definition, in float64: each place of the result is a sum of elements near its place in the axis."""
    import numpy as np

    length = x.shape[axis]
    count = int(length * factor)
    i = np.arange(count)
    if mode == "nearest":
        # ties go to the even element as they are rounded; a shrunk axis takes the element at or before
        places = np.rint((i + 0.5) * length / count - 0.5) if count > length else np.floor(i * length / count)
        return np.take(x, places.astype(int), axis)
    if align_corners:
        at = i * ((length - 1) / (count - 1))
    else:
        at = (i + 0.5 - count / 2) / factor + (length - 1) / 2
    kernel = {
        "linear": lambda d: np.maximum(0, 1 - d),
        "cubic": lambda d: np.where(d <= 1, 1.25 * d**3 - 2.25 * d**2 + 1,
                                    np.where(d < 2, -0.75 * d**3 + 3.75 * d**2 - 6 * d + 3, 0)),
    }[mode]
    if mode == "linear":
        at = np.clip(at, 0, length - 1)
    weights = np.zeros((count, length))
    for k in range(-3, length + 3):  # beyond the ends lie copies of the outermost elements
        weights[:, min(max(k, 0), length - 1)] += kernel(np.abs(at - k))
    return np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)


@pytest.mark.parity("beyond_seed", "python/tests/test_upsample.py", "TestUpsample.test_torch_upsample")
def test_upsample(mx, nn, check):
    import numpy as np

    rng = np.random.default_rng(2)
    for space, factors in (((2, 3), (1.0, 1.0)), ((2, 2), (1.5, 1.5)), ((3, 2), 2), ((4, 4), (0.5, 0.5)),
                           ((10, 10), (0.2, 0.3)), ((11, 8), (3.0, 2.0)), ((7,), (2.0,)), ((4, 3, 2), (2.0, 3.0, 1.5))):
        x = rng.standard_normal((2, *space, 3)).astype(np.float32)
        for mode in ("nearest", "linear", "cubic"):
            for align_corners in (False, True)[: 1 if mode == "nearest" else 2]:
                y = nn.Upsample(scale_factor=factors, mode=mode, align_corners=align_corners)(mx.array(x))
                wanted = x.astype(float)
                for axis in range(len(space)):
                    factor = factors[axis] if isinstance(factors, tuple) else factors
                    wanted = stretched(wanted, axis + 1, factor, mode, align_corners)
                check.same(tuple(y.shape), wanted.shape)
                check.close(y, wanted, rtol=1e-5, atol=1e-5)
    layer = nn.Upsample(2, "cubic", True)
    check.same(repr(layer), "Upsample(scale_factor=2.0, mode='cubic', align_corners=True)")
    check.same(layer.parameters(), {})
    check.raises(ValueError, nn.Upsample, 2, "sharp")
    check.raises(ValueError, layer, mx.array([[1.0]]))
    check.raises(ValueError, nn.Upsample((2.0, 2.0)), mx.array([[[1.0]]]))
