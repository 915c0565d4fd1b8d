"""Cases that mirror upstream's python/tests/test_eval.py: when work is done, on which stream, and in whose memory."""

import pytest

ROW = ("device_eval_memory", "python/tests/test_eval.py")


@pytest.mark.parity(*ROW, "TestEval.test_eval")
def test_eval_of_several(mx, check):
    arrays = [mx.ones((3, size)) * size for size in (1, 2, 5)]
    mx.eval(*arrays)
    for size, array in zip((1, 2, 5), arrays):
        check.equal(array, [[size] * size] * 3, dtype=mx.float32)
    mx.eval()


@pytest.mark.parity(*ROW, "TestEval.test_eval_mixed")
def test_eval_of_a_tree(mx, check):
    total = mx.array(20) - 3 - 4
    tree = {"numbers": (total, 5, [mx.array([1, 2]) * 2]), "word": "seven", "none": None}
    mx.eval([tree, 2.5], total)
    check.same(total.item(), 13)
    check.equal(tree["numbers"][2][0], [2, 4])
    check.same((tree["numbers"][1], tree["word"], tree["none"]), (5, "seven", None))


@pytest.mark.parity(*ROW, "TestEval.test_retain_graph")
def test_eval_while_a_gradient_is_taken(mx, check):
    def function(x):
        y = x * x * 5
        mx.eval(y)
        return y * -2

    check.same(mx.grad(function)(mx.array(3.0)).item(), -60.0)
    check.same(mx.grad(mx.grad(function))(mx.array(3.0)).item(), -20.0)


@pytest.mark.parity(*ROW, "TestEval.test_async_eval")
def test_work_begun(mx, check):
    sum = mx.array(4) + mx.array(5) + mx.array(6)
    mx.async_eval(sum)
    check.same(sum.item(), 15)
    check.same((mx.array(4) * 6 - mx.array(1)).item(), 23)  # with nothing begun
    first = mx.array([3, -1, 8]) * 3
    mx.async_eval(first)
    second = first - 9
    mx.async_eval({"inner": [second, "no array"]})
    check.that(mx.array_equal(first, mx.array([9, -3, 24])))
    check.that(mx.array_equal(second, mx.array([0, -12, 15])))
    mx.async_eval(first, second)
    check.equal(first + second, [9, -15, 39])


@pytest.mark.parity(*ROW, "TestEval.test_async_eval_twice")
def test_work_begun_on_work_begun(mx, check):
    wrong = []
    for turn in range(600):
        first = mx.array(turn) + mx.array(2) + mx.array(-1)
        mx.async_eval(first)
        second = first * 2
        mx.async_eval(second)
        if (first.item(), second.item()) != (turn + 1, 2 * turn + 2):
            wrong.append(turn)
    check.same(wrong, [])
    check.same((first.item(), second.item()), (600, 1200))


@pytest.mark.parity(*ROW, "TestEval.test_async_eval_in_trace")
def test_work_begun_within_a_transform(mx, check):
    def function(x):
        y = x - 2.0
        mx.async_eval(y)
        return mx.exp(y)

    check.raises(ValueError, mx.grad(function), mx.array(0.5))
    check.raises(ValueError, mx.vmap(function), mx.ones((3, 2)))
    check.close(function(mx.array(2.0)), 1.0)  # outside of any


@pytest.mark.parity(*ROW, "TestEval.test_async_eval_into_eval")
def test_waiting_for_work_begun(mx, check):
    begun = mx.array(3) - 10
    mx.async_eval(begun)
    check.same(mx.abs(begun * 4).item(), 28)
    check.same(begun.item(), -7)


@pytest.mark.parity(*ROW, "TestEval.test_async_eval_into_eval_diff_stream")
def test_waiting_for_work_begun_on_another_stream(mx, check):
    stream = mx.new_stream(mx.cpu)
    begun = mx.array([2, 5]) - 30
    mx.async_eval(begun)
    check.equal(mx.abs(begun, stream=stream), [28, 25])
    far = mx.abs(begun, stream=stream)
    mx.async_eval(far)
    check.equal(far - 1, [27, 24])


@pytest.mark.parity(*ROW, "TestEval.test_async_eval_with_multiple_streams")
def test_much_work_on_two_streams(mx, check):
    here = mx.default_device()
    stream = mx.new_stream(here)
    total, one, apart = mx.array([0.0]), mx.array([1.0]), mx.array([5.0])
    for _ in range(30):
        for _ in range(15):
            total = total + one
        mx.async_eval(total)
        mx.eval(apart + one)
        apart = mx.abs(apart + one, stream=stream)
    check.equal(total, [450])
    check.equal(apart, [35])


@pytest.mark.parity(*ROW, "TestEval.test_eval_slow_fast_multi_stream")
def test_slow_and_fast_work_meet(mx, check):
    for first_slow in (True, False):
        slow, fast = mx.ones((9000,)), mx.abs(mx.array(-3.5))
        for _ in range(25):
            slow = slow + mx.array(2.0)
        pair = (slow, fast) if first_slow else (fast, slow)
        total = mx.add(*pair, stream=mx.cpu)
        check.that(mx.allclose(total, mx.full((9000,), 54.5)))
        check.same(total.shape, (9000,))


@pytest.mark.parity(*ROW, "TestEval.test_multi_output_eval_during_transform")
def test_one_of_two_results_evaluated(mx, check):
    x = mx.random.uniform(1, 2, (1500,), key=mx.random.key(81))
    cotangent = mx.ones((1500,))
    mx.eval(x, cotangent)

    def function(x):
        quotient, _ = mx.divmod(x, x)
        mx.eval(quotient)
        return quotient

    # A result that nobody takes does not keep memory: after the first two turns no turn needs more.
    peaks = []
    mx.reset_peak_memory()
    for _ in range(5):
        outputs = mx.vjp(function, (x,), (cotangent,))
        mx.eval(outputs)
        peaks.append(mx.get_peak_memory())
    check.same(len(set(peaks[1:])), 1)
    check.equal(outputs[0][0], [1.0] * 1500)


def _peaks(mx, function, *shape):
    """The most memory held before and after the function of zeros is evaluated, of which nothing else is held."""
    mx.reset_peak_memory()  # which may be another case's
    x = mx.zeros(shape)
    mx.eval(x)
    before = mx.get_peak_memory()
    result = function(x)
    del x
    mx.eval(result)
    return before, mx.get_peak_memory()


@pytest.mark.parity(*ROW, "TestEval.test_donation_for_noops")
def test_memory_goes_through_views(mx, check):
    def around(x):
        for _ in range(6):
            x = mx.stop_gradient(mx.reshape(mx.abs(x), (-1,)).T.T)
            x = mx.abs(x)
        return x

    def shortened(x):
        for _ in range(6):
            x = mx.abs(mx.abs(x)[:-1])
        return x

    for function, shape in ((around, (1500, 2000)), (shortened, (4000000,))):
        before, after = _peaks(mx, function, *shape)
        check.same(after, before)
        check.that(before >= 4 * shape[0])


@pytest.mark.parity(*ROW, "TestEval.test_multistream_deadlock")
def test_streams_that_wait_for_each_other(mx, check):
    device = mx.gpu if mx.is_available(mx.gpu) else mx.cpu
    first, second = mx.default_stream(device), mx.new_stream(device)
    x = mx.abs(mx.array(-6.0), stream=first)
    for _ in range(700):
        x = mx.abs(x, stream=second)
    mx.eval(x)
    check.same(x.item(), 6.0)

    # Nor with hardly any memory allowed, when a stream waits for memory that another holds.
    first, second = mx.default_stream(device), mx.new_stream(device)
    limit = mx.set_memory_limit(2000)
    x = mx.ones((400, 300), stream=second) * -2
    for turn in range(60):
        x = mx.abs(x, stream=first if turn % 20 else second)
    y = mx.abs(mx.abs(x, stream=second), stream=second)
    mx.eval(y)
    mx.set_memory_limit(limit)
    check.that((y == 2).all())
