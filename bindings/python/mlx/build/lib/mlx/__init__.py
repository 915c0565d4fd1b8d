"""The names of MLX, answered by Psionic."""
