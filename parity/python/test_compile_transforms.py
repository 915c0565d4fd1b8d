"""Cases that mirror upstream's python/tests/test_compile.py: compile of transforms, transforms of compiled functions, and one
trace for many shapes."""

import pytest


def mirrors(name):
    return pytest.mark.parity("compile", "python/tests/test_compile.py", f"TestCompile.{name}")


@mirrors("test_compile_grad")
def test_of_gradients(mx, check):
    x = mx.array([0.25, -2.0, 1.0])
    slope = mx.grad(lambda x: (mx.exp(x) * x).sum())
    fast = mx.compile(slope)
    for _ in range(2):
        check.that(mx.allclose(fast(x), slope(x)))
    check.that(mx.allclose(mx.compile(slope)(x), mx.exp(x) * (1 + x)))

    both = mx.value_and_grad(lambda x: (mx.sin(x).sum(), mx.exp(x)))
    (value, other), gradient = mx.compile(both)(x)
    check.that(mx.allclose(value, mx.sin(x).sum()))
    check.that(mx.allclose(other, mx.exp(x)))
    check.that(mx.allclose(gradient, both(x)[1]))


@mirrors("test_compile_two_input_grad")
def test_of_a_gradient_of_two(mx, check):
    def loss(w, x):
        y = w - x
        return (mx.exp(y) * y).sum()

    w, x = mx.array([0.5, -1.0, 2.0]), mx.array([1.0, 0.25, -0.5])
    slope = mx.grad(loss)
    check.that(mx.allclose(mx.compile(slope)(w, x), slope(w, x)))


@mirrors("test_compile_vjp")
def test_of_products(mx, check):
    def fun(w):
        return (w * 2) @ (w + w) - (w + w) @ w

    def step(w):
        out, grads = mx.vjp(fun, (w,), (mx.array([[1.0, 2.0], [0.0, -1.0]]),))
        return out[0], grads[0]

    w = mx.array([[0.5, 1.0], [-1.0, 2.0]]) + mx.zeros((2, 2))
    mx.eval(w)
    for got, wanted in zip(mx.compile(step)(w), step(w)):
        check.that(mx.allclose(got, wanted))

    def loss(a, b, x):
        return ((x @ a - (x @ b) * (x @ b)) * x).sum()

    def descend(a, b, x):
        value, gradient = mx.value_and_grad(loss)(a, b, x)
        return value, a - 0.1 * gradient

    at = tuple(mx.array([[i + 0.5, -1.0], [0.25, i]]) for i in range(3))
    for got, wanted in zip(mx.compile(descend)(*at), descend(*at)):
        check.that(mx.allclose(got, wanted))


@mirrors("test_vjp_vjp_compiled")
def test_products_of_compiled(mx, check):
    def one(x):
        return mx.exp(-x) * 2

    def two(x, y):
        return mx.abs(mx.exp(x - y) - 3 * y)

    x, y = mx.array([[0.5, -1.0], [2.0, 0.0]]), mx.array([[1.0, 0.25], [-0.5, 2.0]])
    ones = mx.ones_like(x)
    for transform in (mx.vjp, mx.jvp):
        for fun, at, along in ((one, (x,), (y,)), (two, (x, y), (ones,) if transform is mx.vjp else (ones, y))):
            wanted, got = transform(fun, at, along), transform(mx.compile(fun), at, along)
            for a, b in zip(wanted[0] + wanted[1], got[0] + got[1]):
                check.that(mx.allclose(a, b))
    check.that(mx.allclose(mx.vjp(mx.compile(one), (x,), (y,))[1][0], -2 * y * mx.exp(-x)))


@mirrors("test_vmap_compiled")
def test_batches_of_compiled(mx, check):
    def one(x):
        return 1 - mx.exp(x)

    def two(x, y):
        return mx.abs(mx.exp(x * y) - y)

    x, y = mx.array([[0.5, -1.0], [2.0, 0.0]]), mx.array([[1.0, 0.25], [-0.5, 2.0]])
    check.that(mx.allclose(mx.vmap(mx.compile(one))(x), mx.vmap(one)(x)))
    for axes, second in (((0, 0), y), ((0, 1), y), ((1, None), y[0])):
        got = mx.vmap(mx.compile(two), in_axes=axes)(x, second)
        check.that(mx.allclose(got, mx.vmap(two, in_axes=axes)(x, second)))

    def captures(x):
        x = mx.abs(x)
        return mx.compile(lambda unused: 2 * x)(x)

    check.that(mx.allclose(mx.vmap(captures)(x), 2 * mx.abs(x)))


@mirrors("test_transform_over_eval_compiled")
def test_evaluated_on_the_way(mx, check):
    inner = mx.compile(lambda x: mx.exp(-mx.abs(x)))

    def outer(x):
        y = inner(x)
        mx.eval(y)
        return (y * y).sum()

    x = mx.array([1.5, -0.5, 2.0])
    check.that(mx.allclose(mx.grad(outer)(x), mx.grad(lambda x: mx.exp(-2 * mx.abs(x)).sum())(x)))


# ---- one trace for many shapes ----


@mirrors("test_shapeless_compile")
def test_one_trace(mx, check):
    amount = 10

    def fun(x):
        return x * amount

    fast = mx.compile(fun, shapeless=True)
    check.that(mx.array_equal(fast(mx.array([1, 2])), mx.array([10, 20])))
    amount = 3  # seen only where the function is traced again
    check.that(mx.array_equal(fast(mx.array([4, 5, 6])), mx.array([40, 50, 60])))
    check.that(mx.array_equal(fast(mx.array([0.5, 1.0])), mx.array([1.5, 3.0])))
    check.that(mx.array_equal(fast(mx.array([[7]])), mx.array([[21]])))


@mirrors("test_shapeless_compile_with_broadcasts")
def test_broadcasts_follow(mx, check):
    def fun(x, y):
        return x - y

    fast = mx.compile(fun, shapeless=True)
    grid = mx.ones((3, 2))
    for other in (mx.array([2, 5]), mx.array([[4]]), mx.array([[1, 2]]), mx.array([[1], [2], [3]])):
        check.that(mx.array_equal(fast(grid, other), fun(grid, other)))
        check.that(mx.array_equal(fast(other, grid), fun(other, grid)))


@mirrors("test_shapeless_compile_with_reduction")
def test_reductions_follow(mx, check):
    amount = 2

    fast = mx.compile(lambda x, y: x * y.sum(0, keepdims=True) + amount, shapeless=True)
    for n in (2, 4):
        x = mx.ones((n, n), mx.int32)
        check.that(mx.array_equal(fast(x, x), mx.full(shape=(n, n), vals=n + 2)))
        amount = 50  # not traced again

    for keep in (True, False):

        def fun(x):
            return x - x.sum(-1, keepdims=keep)

        fast = mx.compile(fun, shapeless=True)
        if keep:
            mx.eval(fast(mx.array([[3, 1], [2, 2], [0, 5]])))
        row = mx.array([[4, -1]])
        check.that(mx.array_equal(fast(row), fun(row)))


@mirrors("test_shapeless_mean")
def test_means_follow(mx, check):
    def fun(x):
        return mx.mean(x, keepdims=True)

    check.that(mx.allclose(mx.compile(fun)(mx.ones((4, 3))), mx.array(1.0)))
    fast = mx.compile(fun, shapeless=True)
    for n in (2, 5, 9):
        x = mx.array([float(i * i) for i in range(n)]) * mx.ones(n)
        check.that(mx.allclose(fast(x), fun(x)))


@mirrors("test_shapeless_compile_unflatten")
def test_unflatten_follows(mx, check):
    fast = mx.compile(lambda x: mx.unflatten(x, -1, (3, -1)), shapeless=True)
    check.same(fast(mx.zeros((2, 12))).shape, (2, 3, 4))


@mirrors("test_shapeless_compile_gather")
def test_last_row(mx, check):
    fast = mx.compile(lambda x: x[:, -1], shapeless=True)
    check.same(fast(mx.zeros((2, 1, 8))).shape, (2, 8))


@mirrors("test_shapeless_compile_full_like")
def test_filled_arrays_follow(mx, check):
    zeros, ones = mx.compile(mx.zeros_like, shapeless=True), mx.compile(mx.ones_like, shapeless=True)
    for shape in ((1, 2, 8), (3, 1, 5)):
        x = mx.zeros(shape)
        check.same(zeros(x).shape, shape)
        check.equal(ones(x).sum(), float(shape[0] * shape[1] * shape[2]))


@mirrors("test_shapeless_compile_matmul")
def test_inner_products(mx, check):
    x, y = mx.array([2.0, 1.0, -1.0]), mx.array([0.5, 4.0, 3.0])
    check.that(mx.allclose(mx.compile(lambda x, y: x @ y, shapeless=True)(x, y), x @ y))


@mirrors("test_shapeless_compile_slice_update")
def test_updates_follow(mx, check):
    def fun(x):
        x[1] = mx.array([-5.0])
        return x

    fast = mx.compile(fun, shapeless=True)
    for n in (3, 6):
        x = mx.array([float(i) for i in range(n)])
        check.that(mx.allclose(fast(x), fun(x)))


@mirrors("test_shapeless_compile_with_reshape")
def test_open_lengths_follow(mx, check):
    fast = mx.compile(lambda x: x.reshape(x.shape[0] * x.shape[1], -1), shapeless=True)
    check.same(fast(mx.zeros((3, 2, 5))).shape, (6, 5))
    check.same(fast(mx.zeros((3, 2, 7))).shape, (6, 7))
    check.raises(ValueError, fast, mx.zeros((5, 1, 7)))


@mirrors("test_compile_shapeless_with_broadcast")
def test_broadcasts_of_all_kinds(mx, check):
    target = mx.ones((3, 2))
    fast = mx.compile(lambda x: mx.broadcast_to(x, target.shape), shapeless=True)
    check.same(fast(mx.array(1.0)).shape, (3, 2))
    check.raises(ValueError, fast, mx.array(1.0).reshape(1, 1, 1))

    for made in mx.compile(lambda x, y: mx.broadcast_arrays(x, y), shapeless=True)(mx.array(2.0), target):
        check.same(made.shape, (3, 2))

    left, right = mx.zeros((3, 1, 2, 4)), mx.zeros((2, 4, 5))
    check.same(mx.compile(lambda x, y: x @ y, shapeless=True)(left, right).shape, (3, 2, 2, 5))

    total = mx.compile(mx.grad(lambda parts: sum(parts).sum()), shapeless=True)
    for pair in ((mx.array(1.0), target), (target, mx.array(1.0))):
        for gradient, part in zip(total(pair), pair):
            check.same(gradient.shape, part.shape)

    product = mx.compile(mx.grad(lambda parts: (parts[0] @ parts[1]).sum()), shapeless=True)
    for shapes in (((3, 1, 2, 4), (2, 4, 5)), ((2, 1, 2, 4), (3, 4, 5))):
        gradients = product(tuple(mx.zeros(shape) for shape in shapes))
        check.same(tuple(g.shape for g in gradients), shapes)
