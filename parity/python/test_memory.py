"""Cases that mirror upstream's python/tests/test_memory.py: the limits and counters of arrays' memory."""

import gc

import pytest

ROW = ("device_eval_memory", "python/tests/test_memory.py")
PAGE = 1 << 14


def _zeros(mx, count):
    """Evaluated zeros of four bytes each."""
    array = mx.zeros((count,))
    mx.eval(array)
    mx.synchronize()
    return array


@pytest.mark.parity(*ROW, "TestMemory.test_memory_info")
def test_limits_and_counters(mx, check):
    # A limit that is set answers with the last one.
    for set_limit, limits in ((mx.set_cache_limit, (0,)), (mx.set_memory_limit, (40, 9 << 30, 1 << 30))):
        first = set_limit(limits[0])
        for last, limit in zip(limits, limits[1:] + (first,)):
            check.same(set_limit(limit), last)
        check.same(set_limit(first), first)

    # With no cache, memory that is let go of is given back.
    limit = mx.set_cache_limit(0)
    gone = _zeros(mx, 9000)
    del gone
    check.same(mx.get_cache_memory(), 0)
    check.same(mx.set_cache_limit(limit), 0)

    gc.collect()  # what other cases left in cycles must not be let go of in the middle
    mx.clear_cache()
    mx.reset_peak_memory()
    check.same(mx.get_peak_memory(), 0)
    start = mx.get_active_memory()
    kept = _zeros(mx, 5000)
    active = mx.get_active_memory()
    check.that(20000 <= active - start < 20000 + PAGE + 4096, f"{active - start} bytes for 20000")
    gone = _zeros(mx, 5000)
    del gone
    mx.synchronize()
    check.same(mx.get_active_memory(), active)
    check.that(mx.get_peak_memory() >= active + 20000)
    check.that(mx.get_cache_memory() >= (20000 if mx.metal.is_available() else 0))
    mx.clear_cache()
    check.same(mx.get_cache_memory(), 0)
    check.equal(kept[-2:], [0, 0])
    mx.reset_peak_memory()
    check.same(mx.get_peak_memory(), 0)


@pytest.mark.parity(*ROW, "TestMemory.test_active_memory_count")
def test_active_memory_comes_back(mx, check):
    gc.collect()
    mx.synchronize()
    mx.clear_cache()
    start = mx.get_active_memory()
    for count in (20000, 12345, 20000, 7):
        array = mx.zeros((count,))
        mx.eval(array)
        mx.synchronize()
        check.that(mx.get_active_memory() >= start + 4 * count)
        del array
        check.same(mx.get_active_memory(), start)


@pytest.mark.parity(*ROW, "TestMemory.test_wired_memory")
def test_wired_memory(mx, check):
    before = mx.set_wired_limit(2000)
    check.that(type(before) is int and before >= 0)
    check.that(mx.set_wired_limit(0) in ((2000,) if mx.metal.is_available() else (0, 2000)))  # without a GPU nothing is wired
    check.same(mx.set_wired_limit(0), 0)
    largest = mx.device_info(mx.gpu).get("max_recommended_working_set_size")
    check.same(largest is not None, mx.metal.is_available())
    if largest is not None:
        check.raises(ValueError, mx.set_wired_limit, largest + 64)
