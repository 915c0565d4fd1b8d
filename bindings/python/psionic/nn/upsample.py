"""Upsample: the container of a scale and a mode; the computation is psi_upsample, one axis after the other."""
from psionic._core import _nn
from psionic.nn.module import Module


class Upsample(Module):
    """Stretches the axes between the batch and the channels by a factor, one for all or one for each: by the nearest
    elements, or by linear or cubic interpolation. With align_corners the outermost elements stay outermost."""

    def __init__(self, scale_factor, mode="nearest", align_corners=False):
        super().__init__()
        if mode not in ("nearest", "linear", "cubic"):
            raise ValueError(f"[Upsample] mode is {mode!r}; it must be nearest, linear or cubic")
        one = not isinstance(scale_factor, (list, tuple))
        self.scale_factor = float(scale_factor) if one else tuple(map(float, scale_factor))
        self.mode = mode
        self.align_corners = align_corners

    def _extra_repr(self):
        return f"scale_factor={self.scale_factor}, mode={self.mode!r}, align_corners={self.align_corners}"

    def __call__(self, x):
        axes = x.ndim - 2
        if axes < 1:
            raise ValueError(f"[Upsample] an array of {x.ndim} dimensions has no axes between batch and channels")
        factors = self.scale_factor if isinstance(self.scale_factor, tuple) else (self.scale_factor,) * axes
        if len(factors) != axes:
            raise ValueError(f"[Upsample] {len(factors)} factors for {axes} axes")
        for axis, factor in enumerate(factors, 1):
            x = _nn.upsample(x, axis, factor, self.mode, self.align_corners)
        return x
