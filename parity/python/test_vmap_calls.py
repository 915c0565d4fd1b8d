"""Cases that mirror upstream's test_vmap.py: how vmap is called, and functions of every kind under it. What is wanted is
the function applied slice by slice."""

import gc
from typing import NamedTuple

import pytest

ROW = ("vmap", "python/tests/test_vmap.py")


def _slices(mx, fn, count, *cut):
    """fn of the i-th slices, one after the other, stacked."""
    return mx.stack([fn(*(c(i) for c in cut)) for i in range(count)])


@pytest.mark.parity(*ROW, "TestVmap.test_basics")
def test_basics(mx, check):
    pair = mx.array([2, 3])
    check.raises(ValueError, mx.vmap(mx.exp), mx.array(2.0))
    check.raises(ValueError, mx.vmap(mx.exp), "two")
    for wrong in ("two", 3):
        check.raises(ValueError, lambda: mx.vmap(mx.exp, in_axes=wrong)(pair))
        check.raises(ValueError, lambda: mx.vmap(mx.exp, out_axes=wrong)(pair))


@pytest.mark.parity(*ROW, "TestVmap.test_unary")
def test_unary(mx, check):
    names = ("abs cos erf erfinv exp log log1p log2 log10 logical_not negative reciprocal rsqrt sigmoid sign sin sqrt "
             "square degrees radians").split()
    line, grid = mx.arange(4), mx.arange(6).reshape(3, 2)
    for fn in (getattr(mx, name) for name in names):
        check.that(mx.array_equal(mx.vmap(fn)(line), fn(line), equal_nan=True))
        check.that(mx.array_equal(mx.vmap(fn)(grid), fn(grid), equal_nan=True))
        check.that(mx.array_equal(mx.vmap(fn, in_axes=1, out_axes=1)(grid), fn(grid), equal_nan=True))


@pytest.mark.parity(*ROW, "TestVmap.test_binary")
def test_binary(mx, check):
    names = ("add divide equal greater greater_equal less less_equal logaddexp maximum minimum multiply power subtract "
             "logical_or logical_and").split()
    u = lambda *shape: mx.random.uniform(shape=shape)
    for fn in (getattr(mx, name) for name in names):
        x, y = u(4), u(4)
        check.that(mx.array_equal(mx.vmap(fn)(x, y), fn(x, y)))
        x, y, z = u(3, 2), u(3, 2), u(2, 3)
        check.that(mx.array_equal(mx.vmap(fn)(x, y), fn(x, y)))
        check.that(mx.array_equal(mx.vmap(fn, in_axes=(0, 0), out_axes=0)(x, y), fn(x, y)))
        check.that(mx.array_equal(mx.vmap(fn, in_axes=(0, 1), out_axes=0)(x, z), fn(x, z.T)))
        check.that(mx.array_equal(mx.vmap(fn, in_axes=(0, 1), out_axes=1)(x, z), fn(x, z.T).T))


@pytest.mark.parity(*ROW, "TestVmap.test_tree")
def test_tree(mx, check):
    fn = lambda t: t["x"] * t["pair"][0] - t["pair"][1]
    u = lambda *shape: mx.random.uniform(shape=shape)
    tree = {"x": u(3, 2), "pair": (u(3, 2), u(3, 2))}
    check.that(mx.array_equal(mx.vmap(fn)(tree), fn(tree)))
    check.raises(ValueError, mx.vmap(fn, in_axes={"x": 0, "pair": ((0, 0), 0)}), tree)
    for axes in ({"x": 0, "pair": 0}, {"x": 0, "pair": (0, 0)}):
        check.that(mx.array_equal(mx.vmap(fn, in_axes=axes, out_axes=0)(tree), fn(tree)))
    mixed = {"x": u(3, 2), "pair": (u(2, 3), u(2, 3))}
    out = mx.vmap(fn, in_axes={"x": 0, "pair": (1, 1)})(mixed)
    check.that(mx.array_equal(out, mixed["x"] * mixed["pair"][0].T - mixed["pair"][1].T))

    both = lambda x, y: {"sum": x + y, "difference": x - y}
    x, y = u(3, 2), u(3, 2)
    out = mx.vmap(both, in_axes=0, out_axes=0)(x, y)
    check.that(mx.array_equal(out["sum"], x + y))
    check.that(mx.array_equal(out["difference"], x - y))
    check.raises(ValueError, mx.vmap(both, out_axes=(0, 1)), x, y)
    check.raises(ValueError, mx.vmap(both, out_axes={"sum": 0, "product": 1}), x, y)
    out = mx.vmap(both, out_axes={"sum": 1, "difference": 0})(x, y)
    check.that(mx.array_equal(out["sum"], (x + y).T))
    check.that(mx.array_equal(out["difference"], x - y))


@pytest.mark.parity(*ROW, "TestVmap.test_mismatch_input_sizes")
def test_mismatch_input_sizes(mx, check):
    add = lambda x, y: x + y
    check.raises(ValueError, mx.vmap(add), mx.ones((6, 1)), mx.ones((2, 1, 3)))
    check.raises(ValueError, mx.vmap(add, in_axes=(0, 1)), mx.ones((6, 1)), mx.ones((6, 2)))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_const_func")
def test_vmap_const_func(mx, check):
    x, y = mx.random.uniform(shape=(2, 5, 3)), mx.random.uniform(shape=(3, 5))
    seven = lambda a, b: mx.array(7)
    for axes, length in (((0, None), 2), ((None, 0), 3), ((1, 1), 5)):
        check.that(mx.array_equal(mx.vmap(seven, in_axes=axes)(x, y), mx.full((length,), 7)))
    check.raises(ValueError, mx.vmap(seven, in_axes=(None, None)), x, y)
    check.raises(ValueError, mx.vmap(seven, in_axes=(0, 0)), x, y)


@pytest.mark.parity(*ROW, "TestVmap.test_leaks")
def test_leaks(mx, check):
    def cycle():
        ring = {"x": mx.array([1] * 500)}
        ring["f"] = mx.vmap(lambda a: ring["x"])

    gc.collect()
    mx.synchronize()
    check.that(not mx.metal.is_available())
    before = mx.get_active_memory()
    for _ in range(4):
        cycle()
        gc.collect()
    check.same(mx.get_active_memory(), before)


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_types")
def test_vmap_types(mx, check):
    class Pair(tuple):
        pass

    class Point(NamedTuple):
        x: mx.array
        y: mx.array

    x, y = mx.array([1, 2, 3]), mx.array([10, 20, 30])
    for make in (lambda a, b: (a, b), lambda a, b: Pair([a, b]), Point):
        out = mx.vmap(lambda p: make(p[0] + p[1], p[1] * 2))(make(x, y))
        check.same(type(out), type(make(x, y)))
        check.that(mx.array_equal(out[0], mx.array([11, 22, 33])))
        check.that(mx.array_equal(out[1], mx.array([20, 40, 60])))


# ---- functions ----

@pytest.mark.parity(*ROW, "TestVmap.test_vmap_reduce")
def test_vmap_reduce(mx, check):
    grid, box = mx.ones((4, 3), mx.int32), mx.ones((4, 3, 2), mx.int32)
    check.that(mx.array_equal(mx.vmap(lambda a: a.sum())(grid), mx.full((4,), 3)))
    check.that(mx.array_equal(mx.vmap(lambda a: a.sum(keepdims=True))(grid), mx.full((4, 1), 3)))
    check.that(mx.array_equal(mx.vmap(lambda a: a.sum(axis=-1))(grid), mx.full((4,), 3)))
    for axis, wanted in ((0, 6), (1, 8), (2, 12)):
        out = mx.vmap(lambda a: a.sum(axis=(0, 1)), in_axes=(axis,))(box)
        check.that(mx.array_equal(out, mx.full((box.shape[axis],), wanted)))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_argreduce")
def test_vmap_argreduce(mx, check):
    rows = mx.array([[5, 1, 9], [2, 8, 0]])
    check.that(mx.array_equal(mx.vmap(lambda a: mx.argmin(a))(rows), mx.array([1, 2])))
    check.that(mx.array_equal(mx.vmap(lambda a: mx.argmax(a))(rows), mx.array([2, 1])))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_mean")
def test_vmap_mean(mx, check):
    grid, box = mx.arange(6).reshape(2, 3), mx.arange(24).reshape(2, 3, 4)
    check.that(mx.allclose(mx.vmap(mx.mean)(grid), mx.array([1.0, 4.0])))
    check.that(mx.allclose(mx.vmap(mx.vmap(mx.mean))(box), mx.mean(box, axis=-1)))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_matmul")
def test_vmap_matmul(mx, check):
    u = lambda *shape: mx.random.uniform(shape=shape)
    a, b, c = u(2, 3, 4), u(4, 5), u(5)
    check.that(mx.allclose(mx.vmap(mx.matmul, in_axes=(0, None))(a, b), a @ b))
    check.that(mx.allclose(mx.vmap(mx.addmm, in_axes=(None, 0, None))(c, a, b), mx.addmm(c, a, b)))
    turned = mx.moveaxis(a, 1, 0)
    out = mx.vmap(mx.matmul, in_axes=(1, None), out_axes=(1,))(a, b)
    check.that(mx.allclose(out, mx.moveaxis(turned @ b, 0, 1)))
    check.that(mx.allclose(mx.vmap(mx.addmm, in_axes=(None, 1, None))(c, a, b), mx.addmm(c, turned, b)))
    b, c = u(4, 2, 5), u(3, 5, 2)
    rights = mx.moveaxis(b, 1, 0)
    check.that(mx.allclose(mx.vmap(mx.matmul, in_axes=(0, 1))(a, b), a @ rights))
    out = mx.vmap(mx.addmm, in_axes=(2, 0, 1))(c, a, b)
    check.that(mx.allclose(out, mx.addmm(mx.moveaxis(c, 2, 0), a, rights)))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_svd")
def test_vmap_svd(mx, check):
    a = mx.random.uniform(shape=(3, 4, 2))
    factors = lambda m: mx.linalg.svd(m, compute_uv=True, stream=mx.cpu)
    values = lambda m: mx.linalg.svd(m, compute_uv=False, stream=mx.cpu)
    for axis in (0, 1):
        count, rows = a.shape[axis], a.shape[1 - axis]
        u, s, vt = mx.vmap(factors, in_axes=(axis,))(a)
        only = mx.vmap(values, in_axes=(axis,))(a)
        check.same(u.shape, (count, rows, rows))
        check.same(s.shape, (count, 2))
        check.same(vt.shape, (count, 2, 2))
        check.same(only.shape, (count, 2))
        for i in range(count):
            matrix = a[i] if axis == 0 else a[:, i]
            check.that(mx.allclose(u[i][:, :2] @ mx.diag(s[i]) @ vt[i], matrix, rtol=1e-5, atol=1e-6))
            check.that(mx.allclose(mx.linalg.norm(only[i]), mx.linalg.norm(matrix, ord="fro"), rtol=1e-5, atol=1e-6))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_inverse")
def test_vmap_inverse(mx, check):
    mx.random.seed(5)
    inverse = lambda m: mx.linalg.inv(m, stream=mx.cpu)
    a = mx.random.uniform(shape=(2, 3, 3)) + mx.eye(3)
    for matrix, other in zip(a, mx.vmap(inverse)(a)):
        check.that(mx.allclose(matrix @ other, mx.eye(3), rtol=1e-4, atol=1e-5))
    b = mx.moveaxis(a, 0, 1)
    check.raises(ValueError, lambda: mx.eval(inverse(b)))
    for i, other in enumerate(mx.vmap(inverse, in_axes=(1,))(b)):
        check.that(mx.allclose(b[:, i] @ other, mx.eye(3), rtol=1e-4, atol=1e-5))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_concatenate")
def test_vmap_concatenate(mx, check):
    x = mx.random.uniform(shape=(3, 2, 3))
    join = lambda a, b: mx.concatenate([a, b], axis=0)
    out = mx.vmap(join, in_axes=(0, 2))(x, mx.random.uniform(shape=(4, 3, 3)) * 0 + 1)
    check.that(mx.array_equal(out, _slices(mx, lambda a: join(a, mx.ones((4, 3))), 3, lambda i: x[i])))
    out = mx.vmap(lambda a: mx.concatenate([mx.ones((2, 2)), a], 1))(x)
    check.that(mx.array_equal(out, mx.concatenate([mx.ones((3, 2, 2)), x], axis=2)))


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_split_vmap")
def test_vmap_split_vmap(mx, check):
    def exchange(a):
        left, right = mx.split(a, 2, 0)
        return mx.concatenate([right, left], 0)

    x = mx.ones((4, 3, 2)) * mx.concatenate([mx.ones((1, 3, 1)) * i for i in range(4)])
    check.same(exchange(x).shape, (4, 3, 2))
    out = mx.vmap(exchange, in_axes=1)(x)
    check.same(out.shape, (3, 4, 2))
    check.equal(out[2, :, 1], [2, 3, 0, 1])


@pytest.mark.parity(*ROW, "TestVmap.test_vmap_flatten")
def test_vmap_flatten(mx, check):
    x = mx.zeros((2, 3, 5))
    for axis, wanted in ((0, (2, 15)), (1, (3, 10)), (2, (5, 6))):
        check.same(mx.vmap(lambda a: mx.flatten(a, 0, 1), in_axes=(axis,))(x).shape, wanted)
