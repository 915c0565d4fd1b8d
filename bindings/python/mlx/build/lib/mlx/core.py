"""What MLX calls mlx.core, answered by psionic.core."""
import sys

from psionic import _core
from psionic._core import *  # noqa: F403
from psionic._core import __version__  # noqa: F401

for _name in ("random", "linalg", "fft", "fast", "metal", "cuda", "distributed"):
    sys.modules[f"{__name__}.{_name}"] = getattr(_core, _name)
