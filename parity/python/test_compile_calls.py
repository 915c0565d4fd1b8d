"""Cases that mirror upstream's python/tests/test_compile.py: arguments, constants, captured state, and what comes back."""

import functools
import gc
import inspect
import typing

import pytest


def mirrors(name):
    return pytest.mark.parity("compile", "python/tests/test_compile.py", f"TestCompile.{name}")


@mirrors("test_compile_kwargs")
def test_named_arguments(mx, check):
    fast = mx.compile(lambda a, b, c: a - b * c)
    check.same(fast(mx.array(20), c=mx.array(3), b=mx.array(2)).item(), 14)


@mirrors("test_compile_with_none")
def test_none_is_a_constant(mx, check):
    fast = mx.compile(lambda x, y: mx.abs(x) if y is None else mx.abs(x * y))
    check.same(fast(mx.array(-3.0), None).item(), 3.0)
    check.same(fast(mx.array(-3.0), mx.array(2.0)).item(), 6.0)


@mirrors("test_compile_with_constant")
def test_constants(mx, check):
    one = mx.array(1)
    scaled = mx.compile(lambda x, by: x * by)
    for by in (2.0, 3.0, 2.0):
        check.same(scaled(mx.array(1.5), by).item(), 1.5 * by)
        check.same(scaled(mx.array(1.5), by=by).item(), 1.5 * by)

    pair = mx.compile(lambda x, y=(4, 1): x + y[0] - y[1])
    for args, wanted in (((), 4), (((4, 4),), 1), (((0, 4),), -3)):
        check.same(pair(one, *args).item(), wanted)

    branch = mx.compile(lambda x, up: x + 5 if up else x - 5)
    check.same(branch(one, True).item(), 6)
    check.same(branch(one, False).item(), -4)

    named = mx.compile(lambda x, how: x * 10 if how == "ten" else x)
    check.same(named(one, "ten").item(), 10)
    check.same(named(one, "as it is").item(), 1)

    nested = mx.compile(lambda x, y: x + (7 if y[0][1] == "a" else 8))
    check.same(nested(one, [[0, "a"]]).item(), 8)
    check.same(nested(one, [[0, "b"]]).item(), 9)

    @mx.compile
    def steps(x, adds, factors):
        for add in adds:
            for factor in factors:
                x = x * factor + add
        return x

    check.same(steps(one, [1, 2], [3]).item(), 14)
    check.same(steps(one, [1], [2, 3]).item(), 10)

    calls = []

    @mx.compile
    def counted(x, y):
        calls.append(1)
        return x + y

    check.same(counted(one, 4).item(), 5)
    check.same(counted(4, one).item(), 5)
    check.same(len(calls), 2)  # which of the two is the array matters

    amount = 1.0

    @mx.compile
    def labelled(x, label):
        return x + amount

    check.equal(labelled(mx.array(0.0), "first"), 1.0)
    amount = 2.0
    check.equal(labelled(mx.array(0.0), "".join(["fi", "rst"])), 1.0)  # the same value: no new trace
    check.equal(labelled(mx.array(0.0), "second"), 2.0)


@mirrors("test_unsupported_input_types")
def test_other_arguments_are_refused(mx, check):
    fast = mx.compile(lambda x, y: x)
    check.raises(ValueError, fast, mx.array(1.0), object())
    check.raises(ValueError, fast, mx.array(1.0), y={1, 2})


@mirrors("test_compile_with_closure")
def test_closures_are_constants(mx, check):
    x = mx.array(5)
    fast = mx.compile(lambda y: x - y)
    for _ in range(2):
        check.same(fast(mx.array(2)).item(), 3)
    x = mx.array([7, 8])
    check.same(fast(mx.array(2)).item(), 3)

    tree = {"a": mx.array(1), "b": [mx.array(3)]}
    fast = mx.compile(lambda y: tree["a"] * y + tree["b"][0])
    check.same(fast(mx.array(2)).item(), 5)
    tree["a"] = mx.array([6, 6])
    check.same(fast(mx.array(2)).item(), 5)
    tree["b"][0] = mx.array([-1])
    check.same(fast(mx.array(2)).item(), 5)

    late = mx.array(2) * mx.array(4)  # not computed yet
    fast = mx.compile(lambda y: late + y)
    for _ in range(2):
        check.same(fast(mx.array(1)).item(), 9)


@mirrors("test_compile_without_captured_inputs")
def test_an_input_may_not_be_captured(mx, check):
    x = mx.array([4, 5]) * 2
    check.raises(ValueError, mx.compile(lambda a: a - x * 3), x)

    kept = []

    def grows(a):
        kept.append(mx.array([1.0, 1.0]) if not kept else kept[-1] * a)
        return kept[-1]

    a = mx.array([2.0, 3.0]) - mx.array([1.0, 1.0])
    grows(a), grows(a)
    check.raises(ValueError, mx.compile(grows), a)


@mirrors("test_compile_capture")
def test_captured_state(mx, check):
    state = {"w": mx.array(3)}
    fast = functools.partial(mx.compile, inputs=state)(lambda x: x * state["w"])
    check.same(fast(mx.array(2)).item(), 6)
    check.same(state["w"].item(), 3)
    state["w"] = mx.array(-1)
    check.same(fast(mx.array(2)).item(), -2)

    for state, place in (([mx.array(4)], lambda s: s), (([mx.array(4)], "fixed"), lambda s: s[0])):
        fast = mx.compile(lambda x: x - place(state)[0], inputs=state)
        check.same(fast(mx.array(1)).item(), -3)
        place(state)[0] = mx.array(10)
        check.same(fast(mx.array(1)).item(), -9)

    written = {}

    @functools.partial(mx.compile, outputs=written)
    def writes(x):
        written["seen"] = x * 2
        return mx.abs(x)

    writes(mx.array(-4))
    check.same(written["seen"].item(), -8)

    both = {}

    @functools.partial(mx.compile, inputs=both, outputs=both)
    def counts(x):
        before = both.get("n", mx.array(0))
        both["n"] = before + x
        return x - before

    for n in (1, 2, 3):
        got = counts(mx.array(1))
        check.same((both["n"].item(), got.item()), (n, 2 - n))


@mirrors("test_compile_rng")
def test_random_state(mx, check):
    draw = mx.compile(lambda: mx.random.uniform(shape=(6, 6)), inputs=mx.random.state, outputs=mx.random.state)
    first, second = draw(), draw()
    check.that(not mx.allclose(first, second, 1e-3, 1e-3))


@mirrors("test_compile_changing_outputs")
def test_other_structures(mx, check):
    @mx.compile
    def fun(x, y):
        if y is None:
            return -x
        if not isinstance(x, mx.array):
            return None
        if y.dtype == mx.bool_:
            return {"same": x, "masked": [x * y]}
        return [x - y] if y.dtype == mx.float32 else x

    for _ in range(2):
        listed = fun(mx.array(5.0), mx.array(2.0))
        check.same(type(listed), list)
        check.same(listed[0].item(), 3.0)
        named = fun(mx.array(5.0), mx.array(False))
        check.same(sorted(named), ["masked", "same"])
        check.same((named["same"].item(), named["masked"][0].item()), (5.0, 0.0))
        check.same(fun(mx.array(5.0), None).item(), -5.0)
        check.same(fun(1, mx.array(2.0)), None)


@mirrors("test_compile_changing_outputs_with_state")
def test_other_structures_and_state(mx, check):
    state = [mx.array(1.0)]

    @functools.partial(mx.compile, inputs=state, outputs=state)
    def fun(y):
        old = state[0]
        if y.dtype == mx.int32:
            state[0] *= 3
            return old
        assert y.dtype == mx.float32
        state[0] = y - 1
        return [old, y]

    for _ in range(4):
        fun(mx.array(6.0))
        fun(mx.array(0))
    check.same(state[0].item(), 15.0)


@mirrors("test_compile_types")
def test_kinds_of_tuples(mx, check):
    class Pair(typing.NamedTuple):
        low: mx.array
        high: mx.array

    class Row(tuple):
        pass

    arrays = mx.array([1, 2]), mx.array([5, 7])
    functions = {
        tuple: lambda t: (t[0] - 1, t[1] * 2),
        Pair: lambda p: Pair(p.low - 1, p.high * 2),
        Row: lambda r: Row([r[0] - 1, r[1] * 2]),
    }
    for kind, fun in functions.items():
        given = Pair(*arrays) if kind is Pair else kind(arrays)
        got = mx.compile(fun)(given)
        check.same(type(got), kind)
        check.that(mx.array_equal(got[0], mx.array([0, 1])))
        check.that(mx.array_equal(got[1], mx.array([10, 14])))


@mirrors("test_wrap_compiled")
def test_may_be_wrapped(mx, check):
    @mx.compile
    def inner():
        """Inside."""

    @functools.wraps(inner)
    def outer():
        pass

    check.same(outer.__doc__, "Inside.")


@mirrors("test_compiled_preserves_attributes")
def test_looks_like_the_function(mx, check):
    def named(x: mx.array, scale: float = 2.0):
        """Documentation."""

    fast = mx.compile(named)
    check.same(fast.__name__, "named")
    check.same(fast.__qualname__, named.__qualname__)
    check.same(fast.__doc__, "Documentation.")
    check.that(inspect.signature(fast) == inspect.signature(named))
    check.that(isinstance(mx.array(1), inspect.signature(fast).parameters["x"].annotation))


@mirrors("test_leaks")
def test_cycles_are_collected(mx, check):
    mx.metal.is_available()

    def cycle():
        held = {"x": mx.array([1.0] * 5000)}
        held["fun"] = mx.compile(lambda y: held["x"] + y)
        held["fun"](mx.array(1.0))

    cycle()
    gc.collect()
    before = mx.get_active_memory()
    for _ in range(5):
        cycle()
        gc.collect()
    check.same(mx.get_active_memory(), before)
