"""What MLX calls mlx.utils, answered by psionic.utils."""
from psionic.utils import *  # noqa: F403
