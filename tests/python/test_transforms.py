"""Gradients and vmap of Python functions, their trees, and that nothing is kept."""
import mlx.core as mx
import pytest


def test_grad_of_trees():
    def loss(x, w, scale=1):
        return (x * w["a"] * w["b"][0]).sum() * scale

    x = mx.array([1.0, 2.0])
    w = {"a": mx.array([3.0, 4.0]), "b": [mx.array(2.0)]}
    value, (gx, gw) = mx.value_and_grad(loss, argnums=(0, 1))(x, w, scale=2)
    assert value.item() == 44
    assert gx.tolist() == [12, 16]
    assert gw["a"].tolist() == [4, 8] and gw["b"][0].item() == 22
    assert w["a"].tolist() == [3, 4]


def test_grad_by_name():
    none, named = mx.grad(lambda x, y: (x * y).sum(), argnames="y")(mx.array([2.0]), y=mx.array([5.0]))
    assert none is None and named["y"].tolist() == [2]


def test_second_derivative():
    assert mx.grad(mx.grad(lambda x: x * x * x))(mx.array(2.0)).item() == 12


def test_vjp_and_jvp():
    f = lambda x, y: x * y
    x, y = mx.array([2.0]), mx.array([3.0])
    outs, vjps = mx.vjp(f, [x, y], [mx.array([1.0])])
    assert outs[0].tolist() == [6] and [v.tolist() for v in vjps] == [[3], [2]]
    outs, jvps = mx.jvp(f, [x, y], [mx.array([1.0]), mx.array([1.0])])
    assert jvps[0].tolist() == [5]


def test_vmap_axes():
    a = mx.array([[1, 2], [3, 4]])
    assert mx.vmap(lambda x: x.sum())(a).tolist() == [3, 7]
    assert mx.vmap(lambda x: x.sum(), in_axes=1)(a).tolist() == [4, 6]
    assert mx.vmap(lambda x, y: x + y, in_axes=(0, None), out_axes=1)(a, mx.array([1, 1])).tolist() == [[2, 4], [3, 5]]


def test_exceptions_pass_and_arguments_are_restored():
    w = {"a": mx.array(1.0)}
    before = w["a"]

    def bad(w):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        mx.grad(bad)(w)
    assert w["a"] is before
    assert (mx.array(1) + 1).item() == 2


@pytest.mark.parametrize("call", [
    lambda: mx.grad(lambda x: x, argnums=-1),
    lambda: mx.grad(lambda x: x, argnums=(0, 0)),
    lambda: mx.grad(lambda x: x, argnums=1)(mx.array(1.0)),
    lambda: mx.grad(lambda x: x)(mx.array([1.0, 2.0])),
    lambda: mx.grad(lambda x: 3)(mx.array(1.0)),
    lambda: mx.vmap(lambda x: x, in_axes=2)(mx.zeros((2, 2))),
])
def test_refusals(call):
    with pytest.raises(ValueError):
        call()


def test_functions_may_change_the_containers_they_get():
    w = {name: mx.array(value) for name, value in zip("abc", (2.0, 3.0, 5.0))}
    b, c = w["b"], w["c"]
    grads = mx.grad(lambda w: w.pop("a") * w["b"] * w["c"])(w)
    assert {name: g.item() for name, g in grads.items()} == {"a": 15, "b": 10, "c": 6}
    assert list(w) == ["b", "c"] and w["b"] is b and w["c"] is c
    pair = [mx.array([1.0, 2.0]), mx.array([3.0, 4.0])]
    assert mx.vmap(lambda pair: pair.pop() * pair[0])(pair).tolist() == [3, 8]
    assert [x.tolist() for x in pair] == [[1, 2], [3, 4]]


def test_vmap_without_an_out_axis():
    a, pair = mx.array([[1, 2], [3, 4]]), mx.array([5, 6])
    out = mx.vmap(lambda x: (x, pair), out_axes=(1, None))(a)
    assert [x.tolist() for x in out] == [[[1, 3], [2, 4]], [5, 6]]
    with pytest.raises(ValueError, match="is given no axis"):
        mx.vmap(lambda x: x, out_axes=None)(a)
    for axes in ({"in_axes": 2**70}, {"out_axes": -2**70}):
        with pytest.raises(ValueError, match="Invalid .*vectorization axis -?1180591620717411303424"):
            mx.vmap(lambda x: x, **axes)(a)
