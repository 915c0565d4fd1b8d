"""Cases that mirror rows of upstream's python/tests/test_array.py about memory: shared with NumPy, copied for it, and given back."""

import pytest

ROW = ("array_core", "python/tests/test_array.py")


@pytest.mark.parity(*ROW, "TestArray.test_memoryless_copy")
def test_numpy_view(mx, check):
    import numpy as np

    small = mx.ones((3, 2))
    view = np.array(small, copy=False)
    check.that(not view.flags.owndata)
    check.that(view.flags.writeable)
    check.that(view.dtype == np.float32 and np.array_equal(view, [[1, 1]] * 3))
    view[2, 0] = 9.0
    check.equal(small, [[1, 1], [1, 1], [9, 1]])
    spread = np.array(mx.broadcast_to(mx.ones((3, 2)), (4, 3, 2)), copy=False)
    check.same(spread.shape, (4, 3, 2))
    check.same(spread.strides, (0, 8, 4))
    check.that(np.all(spread == 1))


@pytest.mark.parity(*ROW, "TestArray.test_np_array_conversion_copies_by_default")
def test_numpy_copy(mx, check):
    import numpy as np

    ours = mx.ones((4, 1))
    copy = np.array(ours)
    check.that(copy.flags.owndata)
    check.that(copy.flags.writeable)
    copy[0] = 3.0
    check.equal(ours, [[1], [1], [1], [1]])


@pytest.mark.parity(*ROW, "TestArray.test_load_from_pickled_np")
def test_unpickled_numpy_array(mx, check):
    import pickle

    import numpy as np

    for values in (np.array([[4, -4], [0, 11]], dtype=np.int32), np.array([0.5, -2.0, 31.0], dtype=np.float16)):
        revived = pickle.loads(pickle.dumps(values))
        check.that(mx.array_equal(mx.array(revived), mx.array(values)))
        check.equal(mx.array(revived), values)


@pytest.mark.parity(*ROW, "TestArray.test_multi_output_leak")
def test_dropped_outputs_give_memory_back(mx, check):
    def one_is_built_on():
        quotient, _ = mx.divmod(mx.array([9.0, 6.0, 5.0]), mx.array([2.0, 2.0, 2.0]))
        mx.eval(mx.log(quotient))

    def neither_is_read():
        zeros = mx.zeros(1 << 19)
        mx.eval(zeros)
        both = mx.divmod(zeros, zeros)
        del both

    def peak_after(function, times):
        for _ in range(times):
            function()
            mx.synchronize()
        return mx.get_peak_memory()

    for function in (one_is_built_on, neither_is_read):  # the smaller first, so that a larger peak hides nothing
        once = peak_after(function, 1)
        check.that(once > 0)
        check.same(peak_after(function, 8), once)


@pytest.mark.parity(*ROW, "TestArray.test_siblings_without_eval")
def test_unread_siblings_give_memory_back(mx, check):
    import gc
    import resource

    whole = mx.array([10, 20])

    def second_half():
        halves = [mx.reshape(half, []) for half in mx.split(whole, 2)]
        return halves[1]

    def peak_after(times):
        for _ in range(times):
            second_half()
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    mx.synchronize()
    settled = peak_after(500)
    grown = peak_after(20000) - settled
    check.that(grown < 1024, f"20000 dropped pairs of siblings took {grown} KiB")
    check.equal(second_half(), 20)
