"""Cases that mirror upstream's test_autograd.py: derivatives of single ops, held against numbers worked out by hand."""

import pytest

ROW = ("autograd", "python/tests/test_autograd.py")


@pytest.mark.parity(*ROW, "TestAutograd.test_scatter_vjp")
def test_scatter_vjp(mx, check):
    def overwrites(x, places):
        x[places] = 5.0
        return (x * x).sum()

    slope = mx.grad(overwrites)(mx.array([1.0, 2.0, 4.0]), mx.array([2]))
    check.that(mx.array_equal(slope, mx.array([2.0, 4.0, 0.0])))
    check.same(slope.dtype, mx.float32)
    held = mx.array([1.0, 2.0, 4.0])

    def written(x, places):
        held[places] = x
        return (held * held).sum()

    slope = mx.grad(written)(mx.array([3.0]), mx.array([0]))
    check.that(mx.array_equal(slope, mx.array([6.0])))
    check.same(slope.dtype, mx.float32)


def _extreme(mx, check, name, loses):
    """Of array and update, the one that stays has the cotangent; both have it when they are equal."""
    fn = lambda x, update: getattr(x.at[0], name)(update)
    g = mx.array([7.0, 8.0])
    _, grads = mx.vjp(fn, [mx.array([3.0, 1.0]), mx.array([[loses]])], [g])
    mx.eval(grads)
    check.that(mx.allclose(grads[0], mx.array([7.0, 8.0])))
    check.that(mx.allclose(grads[1], mx.array([[0.0]])))
    _, grads = mx.vjp(fn, [mx.array([3.0, 1.0]), mx.array([[6.0 - loses]])], [g])
    check.that(mx.allclose(grads[0], mx.array([0.0, 8.0])))
    check.that(mx.allclose(grads[1], mx.array([[7.0]])))
    _, grads = mx.vjp(fn, [mx.array([[3.0], [1.0]]), mx.array([[[3.0]]])], [mx.array([[7.0], [8.0]])])
    check.that(mx.allclose(grads[0], mx.array([[7.0], [8.0]])))
    check.that(mx.allclose(grads[1], mx.array([[[7.0]]])))


@pytest.mark.parity(*ROW, "TestAutograd.test_scatter_max_vjp")
def test_scatter_max_vjp(mx, check):
    _extreme(mx, check, "maximum", 2.0)


@pytest.mark.parity(*ROW, "TestAutograd.test_scatter_min_vjp")
def test_scatter_min_vjp(mx, check):
    _extreme(mx, check, "minimum", 4.0)


@pytest.mark.parity(*ROW, "TestAutograd.test_split_against_slice")
def test_split_against_slice(mx, check):
    def by_split(x):
        first, _, last = x.split(3, 0)
        return (first * last * last).sum()

    def by_slice(x):
        third = x.shape[0] // 3
        return (x[:third] * x[-third:] * x[-third:]).sum()

    x = mx.random.uniform(shape=(60, 20))
    mx.eval(x)
    check.that(mx.allclose(mx.grad(by_split)(x), mx.grad(by_slice)(x)))


@pytest.mark.parity(*ROW, "TestAutograd.test_cumprod_grad")
def test_cumprod_grad(mx, check):
    def by_hand(x, inclusive, reverse):
        """Of the sum of running products: for each element, the sum of the products that hold it, without it."""
        x = x[::-1] if reverse else x
        out = []
        for i in range(len(x)):
            total = 0.0
            for stop in range(i + 1, len(x) + inclusive):
                product = 1.0
                for k in range(stop):
                    product *= x[k] if k != i else 1.0
                total += product
            out.append(total)
        return out[::-1] if reverse else out

    for values in ([2.0, 3.0, 1.0, 2.0], [2.0, 0.0, 3.0, 5.0], [2.0, 0.0, 3.0, 0.0]):
        for inclusive in (True, False):
            for reverse in (False, True):
                total = lambda x: mx.cumprod(x, inclusive=inclusive, reverse=reverse).sum()
                got = mx.grad(total)(mx.array(values))
                check.that(mx.allclose(got, mx.array(by_hand(values, inclusive, reverse))))


@pytest.mark.parity(*ROW, "TestAutograd.test_topk_grad")
def test_topk_grad(mx, check):
    x = mx.array([[4, 1, 3, 2], [0, 9, 8, 7]], mx.float32)
    (out,), (slope,) = mx.vjp(lambda a: mx.topk(a, 3), (x,), (mx.ones((2, 3)),))
    check.that(mx.array_equal(slope, mx.array([[1, 0, 1, 1], [0, 1, 1, 1]], mx.float32)))


@pytest.mark.parity(*ROW, "TestAutograd.test_complex_vjps")
def test_complex_vjps(mx, check):
    z = mx.array([2.0 - 1j, 0.5j, 3.0 + 0j])
    check.that(mx.allclose(mx.grad(lambda a: (5.0 * mx.real(a)).sum())(z), 5 * mx.ones_like(z)))
    check.that(mx.allclose(mx.grad(lambda a: (5.0 * mx.imag(a)).sum())(z), 5j * mx.ones_like(z)))


@pytest.mark.parity(*ROW, "TestAutograd.test_flatten_unflatten_vjps")
def test_flatten_unflatten_vjps(mx, check):
    check.same(mx.grad(lambda a: mx.unflatten(a, 1, (3, -1)).sum())(mx.zeros((2, 6))).shape, (2, 6))
    check.same(mx.grad(lambda a: mx.flatten(a, 1, 2).sum())(mx.zeros((2, 3, 4))).shape, (2, 3, 4))


@pytest.mark.parity(*ROW, "TestAutograd.test_concatenate_vjps")
def test_concatenate_vjps(mx, check):
    x, y = mx.array([1, 2], mx.float32), mx.array([3, 4, 5], mx.float16)
    _, grads = mx.vjp(lambda a, b: mx.concatenate([a, b]), (x, y), (3 * mx.ones((5,)),))
    check.that(mx.allclose(grads[0], mx.array([3.0, 3.0])))
    check.that(mx.allclose(grads[1], 3 * mx.ones(3)))
    check.same(grads[0].dtype, mx.float32)
    check.same(grads[1].dtype, mx.float16)


@pytest.mark.parity(*ROW, "TestAutograd.test_matmul_jvps")
def test_matmul_jvps(mx, check):
    a, b, c, ta, tb, tc = (mx.random.uniform(shape=(3, 3)) for _ in range(6))
    push = lambda fn, at, along: mx.jvp(fn, at, along)[1][0]
    check.that(mx.allclose(push(lambda x: x @ b, (a,), (ta,)), ta @ b))
    check.that(mx.allclose(push(lambda x: a @ x, (b,), (tb,)), a @ tb))
    check.that(mx.allclose(push(lambda x, y: x @ y, (a, b), (ta, tb)), a @ tb + ta @ b))
    every = {"a": (a, ta), "b": (b, tb), "c": (c, tc)}
    for names in ("abc", "ac", "bc", "c"):
        def fused(*values):
            of = {"a": a, "b": b, "c": c} | dict(zip(names, values))
            return mx.addmm(of["c"], of["a"], of["b"])

        def plain(*values):
            of = {"a": a, "b": b, "c": c} | dict(zip(names, values))
            return of["a"] @ of["b"] + of["c"]

        at, along = zip(*(every[n] for n in names))
        check.that(mx.allclose(push(fused, at, along), push(plain, at, along)))


@pytest.mark.parity(*ROW, "TestAutograd.test_put_along_axis_grads")
def test_put_along_axis_grads(mx, check):
    places = [[1, 3]]
    put = lambda x, values: mx.put_along_axis(x, mx.array(places), values, axis=1)
    x, values = mx.zeros((1, 4)), mx.ones((1, 2))
    _, grads = mx.vjp(put, (x, values), (mx.array([[1.0, 2.0, 3.0, 4.0]]),))
    check.that(mx.allclose(grads[0], mx.array([[1.0, 0.0, 3.0, 0.0]])))
    check.that(mx.allclose(grads[1], mx.array([[2.0, 4.0]])))
    _, (tangent,) = mx.jvp(put, (x, values), (mx.full((1, 4), 5.0), mx.full((1, 2), 6.0)))
    check.that(mx.allclose(tangent, mx.array([[5.0, 6.0, 5.0, 6.0]])))
    _, (tangent,) = mx.jvp(lambda a: put(a, values), (x,), (mx.full((1, 4), 5.0),))
    check.that(mx.allclose(tangent, mx.array([[5.0, 0.0, 5.0, 0.0]])))


@pytest.mark.parity(*ROW, "TestAutograd.test_slice_grads")
def test_slice_grads(mx, check):
    g, t = mx.random.uniform(shape=(6,)), mx.random.uniform(shape=(6,))
    mx.eval(g, t)
    backwards = lambda a: a[6:-7:-1]
    check.that(mx.allclose(mx.vjp(backwards, (mx.ones((6,)),), (g,))[1][0], mx.array(g.tolist()[::-1])))
    check.that(mx.allclose(mx.jvp(backwards, (mx.zeros((6,)),), (t,))[1][0], mx.array(t.tolist()[::-1])))

    def every_third(a, b):
        a[5:-7:-3] = b
        return a

    _, (by_a, by_b) = mx.vjp(every_third, (mx.ones((6,)), mx.zeros((2,))), (g,))
    flat = g.tolist()
    check.that(mx.allclose(by_a, mx.array([flat[0], flat[1], 0, flat[3], flat[4], 0])))
    check.that(mx.allclose(by_b, mx.array([flat[5], flat[2]])))
    _, (moved,) = mx.jvp(every_third, (mx.ones((6,)), mx.zeros((2,))), (t, mx.array([10.0, 20.0])))
    flat = t.tolist()
    check.that(mx.allclose(moved, mx.array([flat[0], flat[1], 20, flat[3], flat[4], 10])))


@pytest.mark.parity(*ROW, "TestAutograd.test_reduce_jvp")
def test_reduce_jvp(mx, check):
    x = mx.arange(1.0, 5.0)
    t = mx.array([1.0, 10.0, 100.0, 1000.0])
    for fn, wanted in ((mx.sum, 1111), (mx.prod, 24 + 120 + 800 + 6000), (mx.min, 1), (mx.max, 1000)):
        check.equal(mx.jvp(fn, (x,), (t,))[1][0], wanted)
