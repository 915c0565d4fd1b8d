"""Random inputs of the cases, from a seed, so that every run sees the same."""


def normal(seed, *shape, scale=1.0, dtype="float32"):
    """A NumPy array of the normal distribution, times scale; complex dtypes get both parts."""
    import numpy as np

    draw = np.random.default_rng(seed).normal
    values = draw(size=shape) * scale
    return (values + 1j * draw(size=shape) * scale if dtype == "complex64" else values).astype(dtype)


def between(seed, low, high, *shape, dtype="int32"):
    """A NumPy array of numbers from low up to, and without, high."""
    import numpy as np

    generator = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.integer):
        return generator.integers(low, high, size=shape).astype(dtype)
    return generator.uniform(low, high, size=shape).astype(dtype)
