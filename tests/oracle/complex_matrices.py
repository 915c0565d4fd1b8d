"""Linear algebra of complex matrices, which the wheel refuses, by NumPy in twice the precision."""
import numpy as np


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


def half(a, upper):
    return np.triu(a) if upper else np.tril(a)


def cholesky(a, upper):
    lower = np.linalg.cholesky(a)
    return adjoint(lower) if upper else lower


def cholesky_inv(a, upper):
    factor = half(a, upper)
    return np.linalg.inv(adjoint(factor) @ factor if upper else factor @ adjoint(factor))


def solve(a, b):
    column = b.ndim == 1
    x = np.linalg.solve(a, b[:, None] if column else b)
    return x[..., 0] if column else x


CALLS = {
    "linalg_cholesky": cholesky, "linalg_cholesky_inv": cholesky_inv, "linalg_inv": np.linalg.inv, "linalg_pinv": np.linalg.pinv,
    "linalg_tri_inv": lambda a, upper: np.linalg.inv(half(a, upper)), "linalg_solve": solve,
    "linalg_solve_triangular": lambda a, b, upper: solve(half(a, upper), b),
}


def answer(step):
    """What the step's function is to give."""
    arrays = [step.inputs[name].astype(np.complex128) for name in "ab" if name in step.inputs]
    more = {"upper": step.args["upper"]} if "upper" in step.args else {}
    return CALLS[step.op](*arrays, **more).astype(np.complex64)
