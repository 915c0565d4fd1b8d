"""Makers of parameters: operands of matrix products and of linear algebra."""
import numpy as np

from make_shapes import arrays, ints
from program import BAD, bits_of_bfloat16


def matmul_b(p):
    a = p.args["a"].shape
    if not a:
        return p.array(p.second_dtype()).name
    k = a[-1] + p.chance(BAD)
    if p.chance(0.2):
        return p.leaf(p.second_dtype(), (k,)).name
    batch = [1 if p.chance(0.3) else n for n in a[:-2]][p.between(0, 1) if len(a) > 2 else 0:]
    return p.leaf(p.second_dtype(), batch + [k, p.pick([1, 2, 5, 8, 33])]).name


def inner_b(p):
    shape = p.args["a"].shape
    return p.leaf(p.second_dtype(), [p.between(1, 3) for _ in range(p.between(0, 2))] + list(shape[-1:])).name


def contracted(p):
    """b for a product over a's last axes."""
    shape = p.args["a"].shape
    count = p.between(0, min(2, len(shape)))
    p.args.update(axis=count, axes_a=list(range(len(shape) - count, len(shape))), axes_b=list(range(count)))
    return p.leaf(p.second_dtype(), list(shape[len(shape) - count:]) + [p.between(1, 3)] * p.between(0, 2)).name


def small_array(p):
    """An array whose outer product with a is not too large."""
    dtype = p.second_dtype()
    return p.array(dtype, 0, 2).name if p.args["a"].size <= 300 else p.leaf(dtype, (p.between(1, 9),)).name


def own_array(p, dtype, data):
    with np.errstate(all="ignore"):
        return p.leaf(dtype, data.shape, bits_of_bfloat16(data) if dtype == "bfloat16" else data)


def inexact(dtype):
    return dtype[0] in "fbc" and dtype != "bool"


def uniform(p, dtype, limit, shape):
    """Numbers up to so large, with imaginary parts where the dtype has such."""
    parts = p.rng.uniform(-limit, limit, shape)
    return parts + 1j * p.rng.uniform(-limit, limit, shape) if dtype == "complex64" else parts


def matrices(p):
    """Square matrices far from singular, Hermitian and positive definite; some not square, on purpose."""
    batch = [p.between(1, 3) for _ in range(p.between(0, 2))] + [0] * p.chance(BAD)
    n = p.pick([1, 2, 3, 4, 7, 16])
    if p.chance(BAD):
        return p.leaf(p.pair_dtype, batch + [n, n + 1]).name
    half = uniform(p, p.pair_dtype, 1, batch + [n, n])
    whole = half @ np.conj(np.swapaxes(half, -1, -2)) + 2 * np.eye(n)
    return own_array(p, p.pair_dtype, whole if inexact(p.pair_dtype) else np.rint(whole)).name


def means(p):
    return p.leaf("float32", [p.between(1, 3) for _ in range(p.between(0, 2))] + [p.between(1, 6)]).name


def covariances(p):
    """For means' vectors: symmetric and positive definite, one or one for each."""
    *batch, n = p.args["mean"].shape
    n += p.chance(BAD)
    half = p.rng.uniform(-1, 1, (batch if p.chance(0.3) else []) + [n, n])
    return own_array(p, "float32", half @ np.swapaxes(half, -1, -2) + np.eye(n)).name


def any_matrices(p):
    n, m = p.between(1, 6), p.between(1, 6)
    return own_array(p, p.pair_dtype, uniform(p, p.pair_dtype, 3, [2] * p.between(0, 2) + [n, m])).name


def sound_matrices(p):
    """Of full rank, and far from less."""
    n, m = p.between(1, 6), p.between(1, 6)
    return own_array(p, p.pair_dtype, uniform(p, p.pair_dtype, 1, [2] * p.between(0, 2) + [n, m]) + 9 * np.eye(n, m)).name


def square_matrices(p):
    """Of no symmetry."""
    n = p.between(1, 6)
    return own_array(p, p.pair_dtype, uniform(p, p.pair_dtype, 3, [2] * p.between(0, 2) + [n, n + p.chance(BAD)])).name


def hermitian(p):
    """Or not, where the triangle that is read decides."""
    return square_matrices(p) if p.chance(0.2) else matrices(p)


def right_sides(p):
    a = p.args["a"].shape
    dtype = p.pair_dtype if p.chance(0.8) else p.second_dtype()
    shape = list(a[:-1]) + [p.between(1, 4)] if len(a) > 2 or p.chance(0.6) else [a[-1]]
    return own_array(p, dtype, uniform(p, dtype, 3, shape)).name


def norm_axes(count):
    """Up to so many axes of a, or none."""
    def make(p):
        ndim = len(p.args["a"].shape)
        if p.chance(0.2):
            return "none"
        chosen = p.rng.permutation(ndim)[: p.between(1, count)]
        return ints(int(i) - ndim * p.chance(0.3) for i in chosen)
    return make


def matrix_axes(p):
    ndim = len(p.args["a"].shape)
    return "none" if ndim == 2 and p.chance(0.5) else ints(p.rng.permutation(ndim)[: 2 if not p.chance(BAD) else 1])


def triples(p):
    """Vectors of two or three coordinates along an axis."""
    shape = [p.between(1, 4) for _ in range(p.between(1, 3))]
    p.args["axis"] = p.axis(len(shape))
    at = p.args["axis"] % len(shape)
    p.args["lengths"] = [p.pick([2, 3, 3]) + 2 * p.chance(BAD) for _ in range(2)]
    p.args["other"] = shape[:at] + [p.args["lengths"][1]] + shape[at + 1:]
    return p.leaf(p.pair_dtype, shape[:at] + [p.args["lengths"][0]] + shape[at + 1:]).name


def other_triples(p):
    return p.leaf(p.second_dtype(), p.args["other"]).name


def signal(p):
    """What a Fourier transform takes, and the lengths and axes it is asked for."""
    shape = [p.between(1, 40 if i == 0 else 6) for i in range(p.between(2, 3))][:: p.pick([1, -1])]
    count = 2 if p.chance(0.5) else p.between(1, len(shape))
    axes = [int(i) - len(shape) * p.chance(0.3) for i in p.rng.permutation(len(shape))[:count]]
    p.args["s"] = ints(p.between(0 if p.chance(BAD) else 1, 20) for _ in axes) if p.chance(0.5) else "none"
    p.args["axes"] = ints(axes) if p.chance(0.7) or p.args["s"] != "none" else "none"
    return own_array(p, p.pair_dtype, p.rng.uniform(-3, 3, shape)).name


def stack_of_matrices(p):
    """a of gather_mm, and the rest of its arguments: stacks of whole matrices, and which of them are multiplied."""
    m, k, n = (p.between(1, 5) for _ in range(3))
    stacks = [[p.between(1, 3) for _ in range(p.between(1, 2))] for _ in range(2)]
    shape = [p.between(1, 4) for _ in range(p.between(0, 2))]
    p.args["sorted"] = p.chance(0.3)
    p.args["rhs"] = small_whole(p, p.pair_dtype if p.chance(0.7) else p.second_dtype(), stacks[1] + [k + p.chance(BAD), n]).name
    if p.chance(0.3):
        shape = stacks[0]  # which the other operand's places go with where a's are not given
    for side, stack in zip(("lhs_indices", "rhs_indices"), stacks):
        places = p.rng.integers(0, int(np.prod(stack)), shape)
        if p.args["sorted"]:
            places = np.sort(places, axis=None).reshape(shape)
        p.args[side] = p.leaf(p.pick(["uint32", "int32", "uint8"]), shape, places).name
    if shape == stacks[0] and p.chance(0.5):
        p.args["lhs_indices"] = None
    if shape == stacks[1] and p.chance(0.5):
        p.args["rhs_indices"] = None
    return small_whole(p, p.pair_dtype, stacks[0] + [m, k]).name


def blocks(p):
    """a of block_masked_mm, with b and the masks of its blocks; some too large or too few."""
    block, batch = p.pick([32, 64]), [p.between(1, 2)] * p.between(0, 2)
    m, k, n = (p.pick([1, 5, 32, 33, 70]) for _ in range(3))
    p.args["block_size"] = block if not p.chance(BAD) else 16
    p.args["rhs"] = small_whole(p, p.pair_dtype if p.chance(0.8) else p.second_dtype(), batch + [k, n])
    for name, shape in dict(mask_out=(m, n), mask_lhs=(m, k), mask_rhs=(k, n)).items():
        counts = batch + [-(-length // block) + p.chance(BAD) for length in shape]
        dtype = "bool" if p.chance(0.5) else p.pick(["float32", p.pair_dtype])
        p.args[name] = None if p.chance(0.3) else small_whole(p, dtype, counts)
    return small_whole(p, p.pair_dtype, batch + [m, k]).name


def segmented(p):
    """a of segmented_mm, with b and the segments of the axis they share."""
    m, k, n = (p.between(1, 6) for _ in range(3))
    p.args["rhs"] = small_whole(p, p.pair_dtype, [k + p.chance(BAD), n]).name
    shape = [p.between(1, 3) for _ in range(p.between(0, 2))] + [2 + p.chance(BAD)]
    p.args["segments"] = p.leaf("uint32", shape, np.sort(p.rng.integers(0, k + 1, shape), axis=-1)).name
    return small_whole(p, p.pair_dtype, [m, k]).name


def hadamard_row(p):
    """Rows whose transform, scaled by a power of two, is exact."""
    n = p.pick([1, 2, 4, 12, 16, 20, 24, 28, 3 if p.chance(BAD) else 8])
    p.args["scale"] = float(p.pick([1, 0.5, 2] + [np.nan] * (n in (1, 4, 16)))).hex()
    return small_whole(p, p.pair_dtype, [p.between(1, 3)] * p.between(0, 2) + [n]).name


EINSUMS = ["ij,jk->ik", "ij->ji", "ii->i", "i,i->", "bij,bjk->bik", "ij,j->i", "i,j->ij", "ijk->k", "ij,ij->", "ij,jk,kl->il",
           "ij,jk", "ii", "ij,jk,kl,lm->im", "a,b,c->", "abc,cd,de->abe", "ij,ij,ij->ij"]


def small_whole(p, dtype, shape):
    """Of -1, 0 and 1, so that sums of products are exact in every dtype."""
    low = 0 if dtype == "bool" or dtype.startswith("u") else -1
    data = p.rng.integers(low, 2, shape).astype(np.float64)
    return own_array(p, dtype, data + 1j * p.rng.integers(low, 2, shape) if dtype == "complex64" else data)


def subscripts(p):
    text = p.pick(EINSUMS)
    lengths = {letter: p.between(1, 5) for letter in text}
    p.args["operands"] = [small_whole(p, p.pair_dtype, [lengths[i] for i in part])
                          for part in text.split("->")[0].split(",")]
    return text


def operands(p):
    return arrays(p.args["operands"])


def addend(p):
    """c of c + a @ b; a and b are made after it."""
    p.args["lengths"] = n, k, m = [p.between(1, 5) for _ in range(3)]
    return small_whole(p, p.pair_dtype, p.pick([[n, m], [m], [1, m], []])).name


def factor(first):
    def make(p):
        n, k, m = p.args["lengths"]
        batch = [p.args.setdefault("batch", p.between(1, 3))] * p.chance(0.3)
        return small_whole(p, p.pair_dtype, batch + [n, k] if first else batch + [k, m]).name
    return make
