"""Compiled Python functions: what a trace is found by, what is shown of it, and that nothing is kept."""
import gc
import weakref

import mlx.core as mx
import pytest


def test_keys_tell_kinds_of_constants_apart():
    seen = []

    @mx.compile
    def fun(x, c):
        seen.append(c)
        return x

    x = mx.array(1.0)
    for c in (1, True, 1.0, "1", 2**70, -(2**70), [1], (1,), {"a": 1}, {"b": 1}, None, [], [[], 1], [[1]]):
        fun(x, c)
        fun(x, c)
    assert len(seen) == 14


def test_keys_of_dictionaries_are_told_apart_by_value():
    fun = mx.compile(lambda d: [x * float(key) for key, x in d.items()])
    x = mx.array(2.0)
    assert hash(-1) == hash(-2)
    assert [fun({key: x})[0].item() for key in (-1, -2, 0.5)] == [-2, -4, 1]


def test_gradients_go_through_what_a_compiled_function_captures():
    x, w = mx.array([2.0, 3.0]), mx.array([5.0, 7.0])
    assert mx.grad(lambda w: mx.compile(lambda a: (a * w).sum())(x))(w).tolist() == [2, 3]


def test_captured_arrays_are_put_back_when_the_function_raises():
    state, written = [mx.array(1.0)], {"b": mx.array(2.0)}

    def fun(x):
        state[0] = state[0] + x
        written["b"] = x * 2
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        mx.compile(fun, inputs=state, outputs=[state, written])(mx.array(3.0))
    assert state[0].item() == 1 and written["b"].item() == 2


def test_info():
    fun = mx.compile(lambda x: mx.abs(x + 1))
    mx.set_compile_debug(True)
    fun(mx.array([1.0]))
    mx.set_compile_debug(False)
    fun(mx.array([2.0]))
    mx.grad(lambda x: fun(x).sum())(mx.array([2.0]))
    info = mx.compile_info(fun)
    assert (info["cold"], info["warm"], info["inlined"], info["size"], info["limit"]) == (1, 1, 1, 1, 128)
    assert "= Abs" in info["traces"][0]["recorded"]
    assert "CompiledBroadcastAddAbs" in info["traces"][0]["graph"]
    with pytest.raises(TypeError):
        mx.compile_info(abs)
    with pytest.raises(ValueError):
        mx.set_compile_cache_limit(0)


def test_exceptions_leave_captured_state_as_it_was():
    state = {"a": mx.array(1.0), "b": [mx.array(2.0)]}
    kept = state["a"], state["b"][0]

    @lambda fun: mx.compile(fun, inputs=state, outputs=state)
    def fun(x):
        state["b"][0] * x
        raise KeyError("inside")

    for _ in range(2):
        with pytest.raises(KeyError, match="inside"):
            fun(mx.array(3.0))
        assert state["a"] is kept[0] and state["b"][0] is kept[1]


def test_cycles_through_results_are_collected():
    class Box:
        pass

    def cycle():
        box = Box()
        box.fun = mx.compile(lambda x: (x, box))
        box.fun(mx.array(1.0))
        return weakref.ref(box)

    gc.collect()
    box = cycle()
    gc.collect()
    assert box() is None


def test_arguments_are_checked():
    for bad in (3, None, mx.array(1)):
        with pytest.raises(TypeError):
            mx.compile(bad)
    with pytest.raises(ValueError):
        mx.export_to_dot(3, mx.array(1.0))
    with pytest.raises(TypeError):
        mx.export_to_dot()


def test_dot_files(tmp_path):
    path = tmp_path / "graph.dot"
    mx.export_to_dot(str(path), y=mx.array(1.0) + 2)
    assert 'label ="Add"' in path.read_text() and '"y"' in path.read_text()


def test_gradients_do_not_follow_other_repeated_axes():
    fun = mx.compile(mx.grad(lambda x, y: (x * y).sum()), shapeless=True)
    x, y = mx.ones((2, 3)), mx.ones((1, 3))
    assert fun(x, y).shape == (2, 3)
    assert fun(mx.ones((5, 3)), y).shape == (5, 3)
    with pytest.raises(ValueError, match="length 1"):
        fun(y, x)


def test_parts_of_changed_axes_are_refused():
    fun = mx.compile(lambda x: x[1:], shapeless=True)
    assert fun(mx.array([1, 2, 3])).tolist() == [2, 3]
    with pytest.raises(ValueError, match="shapeless"):
        fun(mx.array([1, 2, 3, 4]))
    whole = mx.compile(lambda x: x[:, :1], shapeless=True)
    whole(mx.ones((2, 3)))
    assert whole(mx.ones((4, 3))).shape == (4, 1)
