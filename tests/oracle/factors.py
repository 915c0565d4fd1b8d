"""Linear algebra whose results are determined up to signs, phases or order, or that the wheel refuses for complex matrices: results
are judged by what they are for, in twice the precision of theirs."""
import numpy as np

from table import wide

UNITS = 64  # of the last place of the largest element, for each row


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


def half(a, upper):
    return np.triu(a) if upper else np.tril(a)


def unit(a):
    """How far columns are from orthonormal ones."""
    return adjoint(a) @ a - np.eye(a.shape[-1])


def qr(step, a, q, r):
    return [q @ r - a, unit(q), np.tril(r, -1)]


def lu(step, a, rows, lower, upper):
    placed = np.take_along_axis(lower @ upper, rows.real.astype(np.int64)[..., None], -2)
    return [placed - a, np.triu(lower, 1), np.tril(upper, -1)]


def lu_factor(step, a, both, pivots):
    k = pivots.shape[-1]
    lower, upper = np.tril(both, -1)[..., :k] + np.eye(a.shape[-2], k), np.triu(both)[..., :k, :]
    flat, swaps = a.copy().reshape(-1, *a.shape[-2:]), pivots.real.astype(np.int64).reshape(-1, k)
    for matrix, order in zip(flat, swaps):
        for i, other in enumerate(order):
            matrix[[i, other]] = matrix[[other, i]]
    return [lower @ upper - flat.reshape(a.shape)]


def svd(step, a, *parts):
    values = [parts[len(parts) // 2] - np.linalg.svd(a, compute_uv=False)]
    if len(parts) == 1:
        return values
    u, s, vt = parts
    k = s.shape[-1]
    return values + [(u[..., :k] * s[..., None, :]) @ vt[..., :k, :] - a, unit(u), unit(vt)]


def eigh(step, a, values, vectors):
    strict = np.triu(a, 1) if step.args["UPLO"] == "U" else np.tril(a, -1)  # of what is not Hermitian, one triangle counts
    a = strict + adjoint(strict) + np.real(a * np.eye(a.shape[-1]))
    return [a @ vectors - vectors * values[..., None, :], unit(vectors), np.diff(values.real).clip(max=0)]


def eig(step, a, values, vectors):
    return [a @ vectors - vectors * values[..., None, :], np.linalg.norm(vectors, axis=-2) - 1]


def eigvals(step, a, values):
    """How far the operand less each value is from a singular matrix; and their sum."""
    less = a[..., None, :, :] - values[..., None, None] * np.eye(a.shape[-1])
    return [np.linalg.svd(less, compute_uv=False)[..., -1:], values.sum(-1) - np.trace(a, axis1=-2, axis2=-1)]


def cholesky(step, a, factor):
    upper = step.args["upper"]
    return [(adjoint(factor) @ factor if upper else factor @ adjoint(factor)) - a, factor - half(factor, upper)]


def cholesky_inv(step, a, x):
    factor = half(a, step.args["upper"])
    whole = adjoint(factor) @ factor if step.args["upper"] else factor @ adjoint(factor)
    return [x - np.linalg.inv(whole)]


def solved(step, a, x):
    b = wide(step.inputs["b"], step.dtypes["b"])
    return [(a @ x[..., None])[..., 0] - b if b.ndim == 1 else a @ x - b]


FREE = {"linalg_qr": qr, "linalg_lu": lu, "linalg_lu_factor": lu_factor, "linalg_svd": svd, "linalg_eigh": eigh, "linalg_eig": eig,
        "linalg_eigvals": eigvals}
REFUSED = {
    "linalg_qr": qr, "linalg_lu": lu, "linalg_lu_factor": lu_factor, "linalg_cholesky": cholesky, "linalg_cholesky_inv": cholesky_inv,
    "linalg_inv": lambda step, a, x: [x - np.linalg.inv(a)], "linalg_pinv": lambda step, a, x: [x - np.linalg.pinv(a)],
    "linalg_tri_inv": lambda step, a, x: [x - np.linalg.inv(half(a, step.args["upper"]))],
    "linalg_solve": solved,
    "linalg_solve_triangular": lambda step, a, x: solved(step, half(a, step.args["upper"]), x),
}


def wrong(step, results):
    """What is wrong with a step's results, in words, or None."""
    a = step.inputs["a"].astype(np.complex128)
    residuals = {**REFUSED, **FREE}[step.op](step, a, *(values.astype(np.complex128) for _, values in results))
    narrow = any(dtype in ("float32", "complex64") for dtype, _ in results)
    largest = max([1, np.abs(a).max(initial=0)] + [np.abs(values).max(initial=0) for _, values in results])
    limit = UNITS * max(a.shape[-2:]) * largest * (2.0**-23 if narrow else 2.0**-52)
    for i, residual in enumerate(residuals):
        if not np.abs(residual).max(initial=0) <= limit:
            return f"residual {i} is {np.abs(residual).max():g}, of {limit:g} at most"
    return None
