"""Functions with rules of their own, checkpoints, Jacobians, and depends."""
import gc
import weakref

import mlx.core as mx
import pytest


def test_rules_replace_what_the_function_would_give():
    @mx.custom_function
    def f(x, y):
        return {"sum": x + y, "product": x * y}

    seen = []

    @f.vjp
    def f_vjp(primals, cotangents, outputs):
        seen.append((sorted(cotangents), sorted(outputs), len(primals)))
        return primals[0] * 10, primals[1] * cotangents["sum"]

    @f.jvp
    def f_jvp(primals, tangents):
        assert tangents[1] is None
        return {"sum": tangents[0], "product": tangents[0] * 5}

    @f.vmap
    def f_vmap(inputs, axes):
        assert axes == (0, None)
        return {"sum": inputs[0] * 2, "product": inputs[0] * 3}, {"sum": 0, "product": axes[0]}

    x, y = mx.array([1.0, 2.0]), mx.array([3.0, 4.0])
    assert f_vjp is f and f(x, y)["product"].tolist() == [3, 8]
    loss = lambda a, b: f(a, b)["sum"].sum()
    gx, gy = mx.grad(loss, argnums=(0, 1))(x, y)
    assert gx.tolist() == [10, 20] and gy.tolist() == [3, 4]
    assert seen == [(["product", "sum"], ["product", "sum"], 2)]
    _, jvps = mx.jvp(lambda a: f(a, y), [x], [mx.array([1.0, -1.0])])
    assert [j.tolist() for j in jvps] == [[1, -1], [5, -5]]
    out = mx.vmap(lambda a: f(a, mx.array(1.0)))(x)
    assert out["sum"].tolist() == [2, 4] and out["product"].tolist() == [3, 6]


def test_keywords_reach_the_vjp_and_no_other_rule():
    f = mx.custom_function(lambda x, scale=1, y=None: x * scale * y)
    f.vjp(lambda x, g, out, scale, y: g * 100 * scale)
    x, y = mx.array(2.0), mx.array(3.0)
    assert mx.grad(lambda a: f(a, scale=2, y=y))(x).item() == 200
    f.jvp(lambda x, t: t)
    with pytest.raises(ValueError, match="positional"):
        mx.jvp(lambda a: f(a, scale=2, y=y), [x], [x])


def test_bad_rules_raise():
    f = mx.custom_function(lambda x: x * 2)
    x = mx.array([1.0, 2.0])
    f.vmap(lambda x, axis: x)
    with pytest.raises(ValueError, match="2 items"):
        mx.vmap(f)(x)
    f.vjp(lambda x, g, out: [g, g])
    with pytest.raises(ValueError, match="2 arrays for 1 input"):
        mx.grad(lambda a: f(a).sum())(x)

    @f.jvp
    def broken(x, t):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        mx.jvp(f, [x], [x])
    with pytest.raises(TypeError):
        mx.custom_function(3)
    with pytest.raises(TypeError):
        f.vjp(3)
    assert f(x).tolist() == [2, 4]


def test_checkpoint_recomputes():
    calls = []

    @mx.checkpoint
    def block(params, x, flag=True):
        calls.append(flag)
        return mx.tanh(x * params["w"]), 7

    def loss(params, x):
        y, seven = block(params, x, flag=False)
        assert seven == 7
        return block(params, y, flag=False)[0].sum()

    plain = lambda p, x: mx.tanh(mx.tanh(x * p["w"]) * p["w"]).sum()
    params, x = {"w": mx.array([0.5, 2.0])}, mx.array([1.0, -1.0])
    value, grads = mx.value_and_grad(loss)(params, x)
    wanted, right = mx.value_and_grad(plain)(params, x)
    assert mx.allclose(value, wanted) and mx.allclose(grads["w"], right["w"])
    assert calls == [False] * 4


def test_nothing_is_kept():
    class Thing:
        pass

    thing = Thing()
    watch = weakref.ref(thing)

    def make():
        f = mx.custom_function(lambda x, thing=thing: x * 2)
        f.vjp(lambda x, g, out: g)
        f.me = f
        return f(mx.array(1.0)), mx.checkpoint(lambda x, thing=thing: x)(mx.array(2.0))

    made = make()
    del thing
    gc.collect()
    assert watch() is not None  # the graph may still be differentiated
    mx.eval(made)
    gc.collect()
    assert watch() is None
    mx.async_eval(mx.checkpoint(lambda x: x + 1)(mx.array(2.0)))
    mx.synchronize()


@pytest.mark.parametrize("jacobian", [mx.jacfwd, mx.jacrev])
def test_jacobians_of_trees(jacobian):
    def f(p, s):
        return {"a": p["x"] * s, "b": (p["x"].sum() * p["y"], 3)}

    p = {"x": mx.array([1.0, 2.0]), "y": mx.array(5.0)}
    out = jacobian(f, argnums=(0, 1))(p, mx.array(10.0))
    assert out["a"][0]["x"].tolist() == [[10, 0], [0, 10]]
    assert out["a"][0]["y"].tolist() == [0, 0] and out["a"][1].tolist() == [1, 2]
    assert out["b"][0][0]["x"].tolist() == [5, 5] and out["b"][0][0]["y"].item() == 3
    assert out["b"][1] == 3
    with pytest.raises(ValueError, match=r"\[jac(fwd|rev)\]"):
        jacobian(f, argnums=2)(p, p)


def test_hessian():
    h = mx.hessian(lambda x: (x * x * x).sum())(mx.array([1.0, 2.0]))
    assert h.tolist() == [[6, 0], [0, 12]]
    mixed = mx.hessian(lambda x, y: x * x * y, argnums=(0, 1))(mx.array(2.0), mx.array(3.0))
    assert [[v.item() for v in row] for row in mixed] == [[6, 4], [4, 0]]
    assert mx.vmap(mx.hessian(lambda x: x * x * x))(mx.array([1.0, 2.0])).tolist() == [6, 12]
    assert mx.grad(lambda x: mx.jacrev(lambda y: y * y)(x).sum())(mx.array([1.0, 2.0])).tolist() == [2, 2]


def test_depends():
    a = mx.array([1.0, 2.0])
    assert mx.depends(a, a + 1).tolist() == [1, 2]
    x, y = mx.depends([a, a * 2], a + 1)
    assert y.tolist() == [2, 4]
    assert mx.depends([], [a]) == []
    assert mx.grad(lambda v: mx.depends(v * v, mx.exp(v)).sum())(a).tolist() == [2, 4]
    with pytest.raises((TypeError, ValueError)):
        mx.depends(a, 3)
