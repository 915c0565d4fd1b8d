"""Cases that mirror upstream's python/tests/test_compile.py, and its one of graphs: that a compiled function computes what the
function does, over dtypes, layouts and many arrays, and what its graph looks like."""

import io

import pytest

FILE = "python/tests/test_compile.py"


def mirrors(name, file=FILE, group="TestCompile"):
    return pytest.mark.parity("compile", file, f"{group}.{name}")


def drawn(mx, *arrays, **named):
    out = io.StringIO()
    mx.export_to_dot(out, *arrays, **named)
    return out.getvalue()


@mirrors("test_simple_compile")
def test_simple(mx, check):
    def times(x, y):
        return x * y

    fast = mx.compile(times)
    for _ in range(2):
        check.equal(fast(mx.array(1.5), mx.array(4.0)), 6.0)
    row = mx.array([2.0, -1.0, 0.5])
    check.equal(fast(row, mx.array(3.0)), [6.0, -3.0, 1.5])
    check.that(mx.array_equal(fast(row, row), mx.array([4.0, 1.0, 0.25])))
    whole = mx.array([3, -2], mx.int32)
    check.equal(fast(whole, whole), [9, 4], dtype=mx.int32)
    check.that(mx.array_equal(mx.compile(times)(whole, mx.array(2)), mx.array([6, -4])))


@mirrors("test_compile_inputs_with_primitives")
def test_inputs_that_wait(mx, check):
    def build():
        x, y = mx.array([1, 0, 2]), mx.array([3, 1, 1])
        for _ in range(4):
            x, y = x * 2 + y, y - 1
        return x, y

    def fun(x, y):
        return x - 3 * y

    fast = mx.compile(fun)
    for _ in range(2):
        check.that(mx.array_equal(fast(*build()), fun(*build())))


@mirrors("test_function_creates_array")
def test_makes_an_array(mx, check):
    fast = mx.compile(lambda x: mx.array([10, 20]) - x)
    check.equal(fast(mx.array(3)), [7, 17])
    check.equal(fast(mx.array(-1)), [11, 21])


@mirrors("test_compile_inf")
def test_infinite_or_not(mx, check):
    fast = mx.compile(lambda x: mx.isinf(1 / x))
    check.equal(fast(mx.array([0.0, 2.0])), [True, False])


@mirrors("test_inf_constant")
def test_infinity_as_a_constant(mx, check):
    def fun(x):
        return mx.where(mx.isinf(x), -1, x)

    x = mx.array([float("inf"), 2, float("-inf")], dtype=mx.bfloat16)
    check.that(mx.array_equal(mx.compile(fun)(x), fun(x)))


@mirrors("test_double_constant")
def test_numbers_of_full_width(mx, check):
    def fun(x):
        return (x - 1 / 3) * 0.1

    with mx.stream(mx.cpu):
        x = mx.array(2.0, dtype=mx.float64)
        check.same(mx.compile(fun)(x).item(), fun(x).item())


@mirrors("test_dtypes")
def test_small_dtypes(mx, check):
    def fun(x):
        return x * 1 + 0

    for dtype in (mx.bool_, mx.int8, mx.uint8, mx.int16, mx.uint16):
        x = mx.array([3, 0, 1, 2]).astype(dtype)
        mx.eval(x)
        check.that(mx.array_equal(mx.compile(fun)(x), fun(x)))


@mirrors("test_max_into_equal")
def test_largest_in_place(mx, check):
    x = mx.random.uniform(shape=(2, 3, 4))
    mx.eval(x)

    def fun():
        return x == mx.max(x, axis=(1, 2), keepdims=True)

    got = mx.compile(fun)()
    check.that(mx.array_equal(got, fun()))
    check.same(got.sum().item(), 2)


@mirrors("test_compile_create_list")
def test_makes_a_list(mx, check):
    made = mx.compile(lambda: [mx.zeros((3,)) - 0.5, mx.zeros((3,)) - 0.5])()
    mx.eval(made)
    check.same(type(made), list)
    check.equal(made[1], [-0.5, -0.5, -0.5])


@mirrors("test_compile_broadcast_only")
def test_only_a_broadcast(mx, check):
    def fun(x):
        x = mx.broadcast_to(x, (3,))
        return x * x

    got = mx.compile(fun)(mx.array(-3.0))
    check.that("array" in repr(got))
    check.that(mx.array_equal(got, mx.array([9.0, 9.0, 9.0])))


@mirrors("test_compile_with_long_name")
def test_many_ops(mx, check):
    def fun(x, y):
        for _ in range(12):
            x, y = x + 2.0, y * 1.0
        return x - y

    check.same(mx.compile(fun)(mx.array(1.0), mx.array(5.0)).item(), 20.0)


@mirrors("test_compile_multi_output")
def test_inner_results_are_wanted(mx, check):
    def fun(x):
        powers = [x]
        for _ in range(4):
            powers.append(powers[-1] * x)
        return powers, mx.sum(powers[-1])

    x = mx.ones((2,), dtype=mx.int32) * 3
    powers, total = mx.compile(fun)(x)
    check.same(total.item(), 2 * 3**5)
    for n, power in enumerate(powers):
        check.equal(power, [3 ** (n + 1)] * 2)


@mirrors("test_compile_dynamic_dims")
def test_many_axes(mx, check):
    x, y = mx.random.uniform(shape=(2,) * 9).T, mx.random.uniform(shape=(2,) * 9)
    mx.eval(x, y)

    def fun(x, y):
        return mx.abs(x - y)

    check.that(mx.allclose(mx.compile(fun)(x, y), fun(x, y)))


@mirrors("test_compile_many_inputs")
def test_many_inputs(mx, check):
    grids = [mx.ones((2, 3, 2)) * i for i in range(18)]
    grids[3] = mx.ones((2, 3, 2)).T.reshape(2, 3, 2) * 3

    @mx.compile
    def halves(*parts):
        left, right = parts[0], parts[9]
        for a, b in zip(parts[1:9], parts[10:]):
            left, right = left + a, right + b
        return right - left

    check.that(mx.allclose(halves(*grids), mx.full((2, 3, 2), 81)))

    @mx.compile
    def tree(parts):
        while len(parts) > 1:
            parts = [a + b for a, b in zip(parts[::2], parts[1::2])]
        return parts[0]

    check.that(mx.allclose(tree([mx.array([1.0, -2.0])] * 64), mx.array([64.0, -128.0])))

    def product(parts):
        a, b, c, d = (parts[i] + parts[i + 4] for i in range(4))
        return a * b - c * d

    ramps = [mx.arange(5000).astype(mx.float16) / 5000 for _ in range(8)]
    check.that(mx.allclose(mx.compile(product)(ramps), product(ramps)))


@mirrors("test_compile_many_outputs")
def test_many_outputs(mx, check):
    @mx.compile
    def fun(x):
        level, first = [x] * 32, None
        while len(level) > 1:
            level = [a + b for a, b in zip(level[::2], level[1::2])]
            first = first or level
        return first, level[0]

    first, last = fun(mx.array([0.5, 3.0]))
    check.that(mx.allclose(last, mx.array([16.0, 96.0])))
    check.same(len(first), 16)
    check.equal(first[7], [1.0, 6.0])


@mirrors("test_compile_large_graph_with_broadcasts")
def test_many_broadcasts(mx, check):
    slopes = [mx.array(0.5 * i, dtype=mx.float32) for i in range(24)]
    shift, x = mx.array(0.25), mx.random.normal((3, 2))

    def fun(x):
        y = 0
        for a in slopes:
            y = y + a * x - shift * a
        return y

    wanted = fun(x)
    mx.eval(wanted)
    fast = mx.compile(fun)
    for _ in range(2):
        got = fast(x)
        mx.eval(got)
        check.that(mx.allclose(got, wanted, 1e-4, 1e-4))


@mirrors("test_multiple_compile_same_capture")
def test_one_capture_of_two_functions(mx, check):
    def run(compile):
        scale = mx.ones((5,)) * 2.0
        grid = (mx.ones((4,))[:, None] + 1.0) * scale
        shared = grid * mx.ones_like(scale)
        first, second = compile(lambda x: x @ grid), compile(lambda x: x @ shared.T)
        return second(first(mx.ones((4,))))

    got = run(mx.compile)
    mx.eval(got)
    check.that(mx.allclose(got, run(lambda fun: fun)))


@mirrors("test_outputs_changing")
def test_fewer_outputs(mx, check):
    def parts(x):
        x = mx.abs(mx.negative(x))
        return x, mx.abs(x)

    both, last = mx.compile(parts), mx.compile(lambda x: parts(x)[1])
    a, b = both(mx.array(-7.0))
    mx.eval(a, b)
    check.same(b.item(), 7.0)
    check.same(last(mx.array(-7.0)).item(), 7.0)


@mirrors("test_compile_output_with_siblings")
def test_one_of_several_outputs(mx, check):
    quotient = mx.compile(lambda x, y: mx.divmod(mx.abs(x), mx.abs(y))[0])
    check.same(quotient(mx.array(-7.0), mx.array(2.0)).item(), 3.0)

    def loss(params, x):
        table, weight = params
        return mx.fast.layer_norm(table[x], weight, None, 1e-5).sum()

    table, weight, x = mx.zeros((6, 8)), mx.zeros((8,)), mx.zeros((3, 8), dtype=mx.int32)
    value, grads = mx.compile(lambda t, w, x: mx.value_and_grad(loss)((t, w), x))(table, weight, x)
    mx.eval(value, grads)
    check.same(value.item(), 0.0)


@mirrors("test_compile_donates_input_buffer")
def test_takes_over_memory(mx, check):
    import numpy as np

    mx.set_default_device(mx.cpu)
    fast = mx.compile(lambda x: mx.sin(x) * 2)
    x = mx.arange(64, dtype=mx.float32)
    mx.eval(x)
    before = np.asarray(x, copy=False).__array_interface__["data"][0]
    y = fast(x)
    del x
    mx.eval(y)
    check.same(np.asarray(y, copy=False).__array_interface__["data"][0], before)


@mirrors("test_shared_broadcast")
def test_shares_a_broadcast(mx, check):
    def fun(x, y, z):
        wide = mx.broadcast_to(y, z.shape)
        return x - wide * z, wide.sum()

    x, y, z = mx.random.normal((4, 5)), mx.array(0.5), mx.random.normal((4, 5))
    mx.eval(x, y, z)
    got, wanted = mx.compile(fun)(x, y, z), fun(x, y, z)
    check.that("CompiledBroadcastMultiplySubtract" in drawn(mx, x=x, y=y, z=z, first=got[0], second=got[1]))
    check.that(mx.allclose(got[0], wanted[0]))
    check.that(mx.allclose(got[1], wanted[1]))


@mirrors("test_enable_disable")
def test_on_and_off(mx, check):
    fast = mx.compile(lambda x: (x * 3) - (x * 3))
    x = mx.array(2.0)

    def boxes():
        return drawn(mx, fast(x)).count("label")

    compiled = boxes()
    mx.disable_compile()
    plain = boxes()
    mx.enable_compile()
    check.that(compiled < plain)
    check.same(boxes(), compiled)


@mirrors("test_to_dot", "python/tests/test_graph.py", "TestGraph")
def test_graphs_as_text(mx, check):
    x, y = mx.array(3.0), mx.array([1.0, 2.0])
    check.that(drawn(mx, x).startswith("digraph"))
    check.that("Subtract" in drawn(mx, x - y))
    both = drawn(mx, *mx.divmod(x, y), number=x)
    check.that(both.count("DivMod") == 1 and '"number"' in both)
