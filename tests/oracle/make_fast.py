"""Makers of parameters: operands of the fused layers. Numbers are small, so that what half types lose is small too."""
from make_matrices import own_array
from program import BAD


def small(p, dtype, shape, low=-1.0, high=1.0):
    return own_array(p, dtype, p.rng.uniform(low, high, [int(n) for n in shape])).name


def lead(p, least, most):
    return [p.between(1, 3) for _ in range(p.between(least, most))]


def rows(p):
    return small(p, p.pair_dtype, lead(p, 0, 2) + [p.pick([1, 2, 3, 8, 33, 100])])


def parameter(p):
    """A weight or a bias for rows, or none."""
    x = p.args["x"].shape
    return "none" if p.chance(0.3) else small(p, p.second_dtype(), [x[-1] + p.chance(BAD)], 0, 3)


def features(p):
    """Batch, perhaps further axes, positions, features; some too few, on purpose."""
    return small(p, p.pair_dtype, lead(p, 1 if p.chance(BAD) else 2, 3) + [p.pick([2, 4, 6, 9])])


def turned(p):
    return str(p.pick([0, 3, 12])) if p.chance(2 * BAD) else str(p.pick([2, 4][: 1 + (p.args["x"].shape[-1] > 3)]))


def base(p):
    """None, where frequencies will be given; sometimes both or neither."""
    p.args["given"] = p.chance(0.4)
    return "none" if p.args["given"] != p.chance(BAD) else p.pick([10.0, 10000.0]).hex()


def frequencies(p):
    return "none" if not p.args["given"] else small(p, "float32", [int(p.args["dims"]) // 2 + p.chance(BAD)], 1, 4)


def offsets(p):
    dtype = p.pick(["int32", "int32", "uint32", "int64", "uint8"]) if not p.chance(BAD) else "float32"
    batch = p.args["x"].shape[0] + p.chance(BAD)
    return small(p, dtype, p.pick([[], [1], [batch]]), 0, 4)


def queries(p):
    """Batch, heads, length and features; sizes of keys and values are drawn with them."""
    heads, each = p.between(1, 3), p.between(1, 3)
    p.args["sizes"] = sizes = [p.between(1, 2), heads, p.pick([1, 2, 5, 17, 40]), p.pick([1, 4, 8])]
    if p.chance(BAD):
        sizes[p.between(0, 3)] += 1
    return small(p, p.pair_dtype, [p.between(1, 2), heads * each, p.pick([1, 2, 9, 33]), sizes[3]])


def keys(p):
    batch = p.args["queries"].shape[0] + p.chance(BAD)
    return small(p, p.second_dtype(), [batch, *p.args["sizes"][1:]])


def values(p):
    k = list(p.args["keys"].shape)
    k[3] = p.pick([1, 3, 8])
    if p.chance(BAD):
        k[p.between(0, 1)] += 1
    return small(p, p.second_dtype(), k)


def mask_mode(p):
    return p.pick(["array", "array", "array", "causal"]) if not p.chance(BAD) else "diagonal"


def mask(p):
    q, k = p.args["queries"].shape, p.args["keys"].shape
    if p.args["mask_mode"] != "array" or p.chance(0.3):
        return "none"
    shape = [n if p.chance(0.7) else 1 for n in (q[0], q[1], q[2], k[2] + p.chance(BAD))][p.between(0, 4):]
    return small(p, p.pick(["bool", p.pair_dtype, p.second_dtype()]), shape, 0, 2)


def sinks(p):
    return "none" if p.chance(0.6) else small(p, p.second_dtype(), [p.args["queries"].shape[1] + p.chance(BAD)])


MAKERS = {
    "fast_rms_norm.x": rows, "fast_layer_norm.x": rows, "weight?": parameter, "bias?": parameter,
    "eps": lambda p: p.pick([0.1, 1.0]).hex(), "traditional": lambda p: p.pick(["true", "false"]),
    "dims": turned, "base": base, "freqs?": frequencies, "fast_rope.offset": lambda p: str(p.between(0, 3)),
    "fast_rope_dynamic.offset": offsets, "fast_rope.x": features, "fast_rope_dynamic.x": features,
    **{f"{name}.scale": lambda p: p.pick([0.5, 1.0]).hex() for name in
       ("fast_rope", "fast_rope_dynamic", "fast_scaled_dot_product_attention")},
    "queries": queries, "keys": keys, "fast_scaled_dot_product_attention.values": values, "mask_mode": mask_mode,
    "mask_arr?": mask, "sinks?": sinks,
}
