"""What MLX calls mlx.nn, answered by psionic.nn."""
from psionic.nn import *  # noqa: F403
