"""Cases that mirror upstream's test_autograd.py: how vjp, jvp and grad are called, on what, and what they leave behind."""

import gc
import operator
from typing import NamedTuple

import pytest

ROW = ("autograd", "python/tests/test_autograd.py")


def _product(x, y):
    return x * y


def _two(x, y, z):
    return x * y, y * z


@pytest.mark.parity(*ROW, "TestAutograd.test_jvp")
def test_jvp(mx, check):
    a = lambda value: mx.array(float(value))
    out, tangent = mx.jvp(lambda x: 5 * x, [a(2)], [a(3)])
    check.equal(out[0], 10)
    check.equal(tangent[0], 15)
    _, tangent = mx.jvp(_product, [a(3), a(7)], [a(2), a(10)])
    check.equal(tangent[0], 3 * 10 + 2 * 7)
    _, tangent = mx.jvp(_two, [a(2), a(3), a(5)], [a(1), a(10), a(100)])
    check.same(len(tangent), 2)
    check.equal(tangent[0], 3 + 20)
    check.equal(tangent[1], 50 + 300)


@pytest.mark.parity(*ROW, "TestAutograd.test_vjp")
def test_vjp(mx, check):
    a = lambda value: mx.array(float(value))
    out, grads = mx.vjp(lambda x: 5 * x, [a(2)], [a(3)])
    check.equal(out[0], 10)
    check.equal(grads[0], 15)
    _, grads = mx.vjp(_product, [a(3), a(7)], [a(2)])
    check.equal(grads[0], 14)
    check.equal(grads[1], 6)
    _, grads = mx.vjp(_two, [a(2), a(3), a(5)], [a(1), a(10)])
    check.same(len(grads), 3)
    for got, wanted in zip(grads, (3, 2 + 50, 30)):
        check.equal(got, wanted)


@pytest.mark.parity(*ROW, "TestAutograd.test_grad")
def test_grad(mx, check):
    cube = lambda x: x * x * x
    at = mx.array(2.0)
    value, slope = mx.value_and_grad(cube)(at)
    check.equal(value, 8)
    check.equal(slope, 12)
    fn = cube
    for wanted in (12, 12, 6, 0):
        fn = mx.grad(fn)
        check.equal(fn(at), wanted)
    check.equal(mx.grad(_product, argnums=0)(at, mx.array(7.0)), 7)
    check.equal(mx.grad(_product, argnums=1)(at, mx.array(7.0)), 2)
    # What is no array is handed through.
    value, slope = mx.value_and_grad(lambda x, word: x * len(word))(at, "four")
    check.equal(value, 8)
    check.equal(slope, 4)
    check.equal(mx.grad(lambda x, word: x)(at, None), 1)
    check.raises(ValueError, mx.grad(lambda x: 3), at)
    check.raises(ValueError, lambda: mx.grad(cube, argnums=3)(at))
    check.raises(ValueError, lambda: mx.grad(cube, argnums=-1)(at))
    check.raises(ValueError, mx.grad(cube), "two")
    check.raises(ValueError, mx.grad(lambda x: mx.sum(x, keepdims=True)), mx.ones((2, 3)))


@pytest.mark.parity(*ROW, "TestAutograd.test_grad_trees")
def test_grad_trees(mx, check):
    x, y = mx.array(3.0), mx.array(4.0)
    value, slopes = mx.value_and_grad(_product, (0, 1))(x, y)
    check.equal(value, 12)
    check.that(isinstance(slopes, tuple))
    check.equal(slopes[0], 4)
    check.equal(slopes[1], 3)
    value, slope = mx.value_and_grad(_product, 1)(x, y)
    check.equal(value, 12)
    check.equal(slope, 3)
    named = lambda p: p["left"] * p["right"]
    value, slopes = mx.value_and_grad(named)({"left": x, "right": y})
    check.equal(value, 12)
    check.equal(slopes["left"], 4)
    check.equal(slopes["right"], 3)
    check.raises(ValueError, mx.value_and_grad(named), {"left": 3.0, "right": y})
    check.raises(ValueError, mx.value_and_grad(named, (0, 1)), {"left": x, "right": y})
    deep = [{"rows": [(), mx.array(5.0), []]}]
    value, slopes = mx.value_and_grad(lambda p, scale: mx.square(p[0]["rows"][1]) * scale)(deep, y)
    check.equal(value, 100)
    check.equal(slopes[0]["rows"][1], 40)
    check.raises(TypeError, mx.value_and_grad, named, (None, 1))
    check.raises(ValueError, mx.value_and_grad, named, ())
    check.raises(ValueError, mx.grad, named, argnums=(1, 1))


@pytest.mark.parity(*ROW, "TestAutograd.test_auxiliary_values")
def test_auxiliary_values(mx, check):
    def loss(x, y):
        total = (x * y).sum()
        return total, {"again": total, "squares": mx.array(1.0) * (x * x + y), "mixed": ["word", 7, y]}

    x, y = mx.ones((3, 2)), 2 * mx.ones((3, 2))
    (value, extra), slope = mx.value_and_grad(loss)(x, y)
    check.equal(value, 12)
    check.equal(extra["again"], 12)
    check.that(mx.array_equal(slope, y))
    check.that(mx.array_equal(extra["squares"], 3 * mx.ones((3, 2))))
    check.same(extra["mixed"][:2], ["word", 7])
    check.that(mx.array_equal(extra["mixed"][2], y))
    check.raises(ValueError, mx.grad(loss), x, y)


@pytest.mark.parity(*ROW, "TestAutograd.test_grad_kwargs")
def test_grad_kwargs(mx, check):
    x, y, z = mx.array(3.0), mx.array(4.0), mx.array(5.0)
    first = mx.grad(_product_of_names)
    check.equal(first(x, y), 4)
    check.equal(first(x, right=y), 4)
    check.raises(ValueError, first, left=x, right=y)

    only_named = mx.grad(_product_of_names, argnums=[], argnames=["right"])
    check.raises(ValueError, only_named, x, y)
    for grads in (only_named(x, right=y), only_named(left=x, right=y)):
        check.that(isinstance(grads, tuple))
        check.that(grads[0] is None)
        check.that(isinstance(grads[1], dict))
        check.same(list(grads[1]), ["right"])
        check.equal(grads[1]["right"], 3)

    both = mx.grad(_product_of_names, argnums=[0], argnames=["right"])
    check.raises(ValueError, both, x, y)
    check.raises(ValueError, both, left=x, right=y)
    grads = both(x, right=y)
    check.that(isinstance(grads, tuple))
    check.equal(grads[0], 4)
    check.that(isinstance(grads[1], dict))
    check.equal(grads[1]["right"], 3)

    grads = mx.grad(lambda a, b, c: a * b * c, argnums=[0, 1], argnames=["c"])(x, y, c=z)
    check.that(isinstance(grads[0], tuple))
    check.equal(grads[0][0], 20)
    check.equal(grads[0][1], 15)
    check.equal(grads[1]["c"], 12)
    grads = mx.grad(_product_of_names, argnames="right")(x, right=y)
    check.that(grads[0] is None)
    check.equal(grads[1]["right"], 3)


def _product_of_names(left, right):
    return left * right


@pytest.mark.parity(*ROW, "TestAutograd.test_captured")
def test_captured(mx, check):
    held = mx.array(6.0)
    for fn, first in ((lambda x: x + held, 1), (lambda x: held * held, 0), (lambda x: x * x, 12)):
        check.equal(mx.grad(fn)(held), first)
        check.equal(mx.grad(mx.grad(fn))(held), 2 if first == 12 else 0)


@pytest.mark.parity(*ROW, "TestAutograd.test_stop_gradient")
def test_stop_gradient(mx, check):
    ones = mx.ones((3, 3))

    def through(w, x):
        return w @ (2 * mx.stop_gradient(5 * x))

    _, grads = mx.vjp(through, [ones, ones], [ones])
    mx.eval(grads)
    check.that(mx.allclose(grads[0], 30 * ones))
    check.that(mx.allclose(grads[1], mx.zeros((3, 3))))
    _, (grad,) = mx.vjp(lambda x: through(ones, x), [ones], [ones])
    check.that(mx.allclose(grad, mx.zeros((3, 3))))


@pytest.mark.parity(*ROW, "TestAutograd.test_update_state")
def test_update_state(mx, check):
    state = {"sum": mx.zeros((3,))}

    def step(scale, x):
        moved = scale * x
        state["sum"] = state["sum"] + moved
        return moved.sum()

    slope = mx.grad(step)(mx.array([2.0]), mx.ones((3,)))
    mx.eval(state["sum"])
    check.that(mx.allclose(state["sum"], 2 * mx.ones((3,))))
    check.equal(slope, [3])


@pytest.mark.parity(*ROW, "TestAutograd.test_vjp_types")
def test_vjp_types(mx, check):
    for dtype in (mx.float16, mx.bfloat16, mx.float32):
        one = mx.array(3.0, dtype)
        check.same(mx.grad(lambda x: x)(one).dtype, dtype)
        check.same(mx.grad(lambda x: x.sum())(one).dtype, dtype)
        check.same(mx.grad(lambda x, y: (x * y).sum())(one, one).dtype, dtype)


@pytest.mark.parity(*ROW, "TestAutograd.test_eval_in_grad")
def test_eval_in_grad(mx, check):
    x, g = mx.array([2.0]), mx.array([1.0, 10.0])

    def looks(x):
        y = x + mx.array([1.0, 3.0])
        (y > 4).tolist()
        return y * y

    def computes(x):
        y = x + mx.array([1.0, 3.0])
        mx.eval(y)
        return y * y

    check.equal(mx.vjp(looks, (x,), (g,))[1][0], [106])
    check.equal(mx.vjp(computes, (x,), (g,))[1][0], [106])


@pytest.mark.parity(*ROW, "TestAutograd.test_power_grad")
def test_power_grad(mx, check):
    # (x - y)^x where x is y: the derivative of 0^x with regard to its exponent is 0, to its base 1.
    check.equal(mx.grad(lambda x, y: (x - y) ** x)(mx.array(1.0), mx.array(1.0)), 1)
    check.equal(mx.grad(lambda x: x**3)(mx.array(0.0)), 0)


@pytest.mark.parity(*ROW, "TestAutograd.test_custom_function")
def test_custom_function(mx, check):
    half = mx.custom_function(lambda x: mx.exp(x) / 2)
    one, two = mx.array(1.0), mx.array(2.0)
    check.that(mx.allclose(mx.grad(half)(one), mx.exp(one) / 2))
    (out,), (tangent,) = mx.jvp(half, [one], [two])
    check.that(mx.allclose(out, mx.exp(one) / 2))
    check.that(mx.allclose(tangent, mx.exp(one)))
    check.that(mx.allclose(mx.vmap(half)(mx.ones(5)), mx.exp(mx.ones(5)) / 2))

    # One rule changes one transform.
    half.vjp(lambda x, g, out: 17 * mx.ones_like(x) * g)
    check.equal(mx.grad(half)(one), 17)
    check.that(mx.allclose(mx.jvp(half, [one], [two])[1][0], mx.exp(one)))
    check.that(mx.allclose(mx.vmap(half)(mx.ones(5)), mx.exp(mx.ones(5)) / 2))

    half.jvp(lambda x, t: 19 * t)
    half.vmap(lambda x, axis: (mx.zeros_like(x) + 23, axis))
    check.equal(mx.grad(half)(one), 17)
    (out,), (tangent,) = mx.jvp(half, [one], [two])
    check.equal(tangent, 38)
    check.that(mx.allclose(out, mx.exp(one) / 2))
    check.equal(mx.vmap(half)(mx.ones(5)), [23] * 5)

    @mx.custom_function
    def area(sides):
        return {"area": 3 * sides["a"] * sides["b"]}

    sides = {"a": mx.ones(2), "b": 2 * mx.ones(2)}
    total = lambda s: area(s)["area"].sum()
    grads = mx.grad(total)(sides)
    check.equal(grads["a"], [6, 6])
    check.equal(grads["b"], [3, 3])

    @area.vjp
    def area_vjp(sides, cotangents, outputs):
        return {"a": outputs["area"], "b": mx.zeros(2) - cotangents["area"]}

    grads = mx.grad(total)(sides)
    check.equal(grads["a"], [6, 6])
    check.equal(grads["b"], [-1, -1])

    named = lambda a, b: area({"a": a, "b": b})["area"]
    at, along = [[mx.random.normal(shape=(3,)) for _ in range(2)] for _ in range(2)]
    out, tangent = mx.jvp(named, at, along)
    area.jvp(lambda s, t: {"area": 3 * (s["a"] * t["b"] + s["b"] * t["a"]) - 4})
    again, moved = mx.jvp(named, at, along)
    check.that(mx.allclose(out[0], again[0]))
    check.that(mx.allclose(tangent[0] - 4, moved[0], atol=1e-5))


@pytest.mark.parity(*ROW, "TestAutograd.test_leaks")
def test_leaks(mx, check):
    def cycle(transform):
        """A transformed function and an array that hold each other."""
        ring = {"x": mx.array([1] * 500)}
        ring["f"] = transform(lambda x: ring["x"])

    for transform in (mx.grad, mx.value_and_grad, mx.custom_function, mx.checkpoint):
        mx.synchronize()
        gc.collect()
        before = mx.get_active_memory()
        for _ in range(4):
            cycle(transform)
            gc.collect()
        check.same(mx.get_active_memory(), before)


@pytest.mark.parity(*ROW, "TestAutograd.test_grad_with_copies")
def test_grad_with_copies(mx, check):
    one = mx.array(4.0)
    grads = mx.grad(lambda list_: list_[1] * list_[2] + 3 * list_[0])([one, one, one])
    check.equal(grads[0], 3)
    check.equal(grads[1], 4)
    check.equal(grads[2], 4)


@pytest.mark.parity(*ROW, "TestAutograd.test_grad_ids_pre_post")
def test_grad_ids_pre_post(mx, check):
    kept = [mx.array(3.0)]
    before = id(kept[0])
    mx.grad(operator.itemgetter(0))(kept)
    check.same(id(kept[0]), before)

    def replaces(values):
        values[2] = values[0] * values[1]
        return values[2]

    values = [mx.array(2.0), mx.array(3.0), mx.array(4.0)]
    first, second, third = values
    mx.grad(replaces)(values)
    check.that(values[0] is first)
    check.that(values[1] is second)
    check.that(values[2] is not third)


@pytest.mark.parity(*ROW, "TestAutograd.test_grad_with_inplace_update")
def test_grad_with_inplace_update(mx, check):
    def loss(model):
        model["b"] = mx.array(9.0)
        return model["a"]

    model = {"a": mx.array(1.0), "b": mx.array(2.0)}
    mx.grad(loss)(model)
    check.equal(model["b"], 9)


@pytest.mark.parity(*ROW, "TestAutograd.test_autograd_types")
def test_autograd_types(mx, check):
    class Pair(tuple):
        pass

    class Point(NamedTuple):
        x: mx.array
        y: mx.array

    def loss(p):
        return (p[0] * p[0] * p[1]).sum()

    x, y = mx.array([1.0, 2.0]), 3 * mx.ones(2)
    for make in (lambda *v: tuple(v), lambda *v: Pair(v), lambda *v: Point(*v)):
        at = make(x, y)
        slope = mx.grad(loss)(at)
        check.same(type(slope), type(at))
        check.that(mx.array_equal(slope[0], mx.array([6.0, 12.0])))
        check.that(mx.array_equal(slope[1], mx.array([1.0, 4.0])))
    check.that(mx.array_equal(mx.grad(loss)(Point(x, y)).x, mx.array([6.0, 12.0])))
