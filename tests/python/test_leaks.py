"""Arrays, closures and errors that are made and dropped leave memory as it was.

PSIONIC_LEAK_ROUNDS sets how many of each are made; the usual number keeps the test quick.
"""
import gc
import os

import mlx.core as mx
import pytest

ROUNDS = int(os.environ.get("PSIONIC_LEAK_ROUNDS", 30000))


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def arrays():
    a = mx.array([1.0, 2.0])
    (a + a[0] * 2).tolist()


def lists():
    mx.eval([mx.array([[1, 2], [3, 4]]), {"k": (mx.zeros((2,)), 3)}])


def closures():
    w = mx.array(2.0)
    f = mx.value_and_grad(lambda x: (x * w).sum())
    f(mx.array([1.0, 3.0]))


def cycles():
    f = mx.grad(lambda x: x * me[0])
    me = [mx.array(1.0), f]
    f(mx.array(2.0))


def errors():
    for call in (lambda: mx.array([1, 2]) + mx.zeros((3, 4)), lambda: mx.array([[1], 2]), lambda: mx.sum(1, 2, 3, 4, 5),
                 lambda: mx.grad(lambda x: 1 / 0)(mx.array(1.0)), lambda: mx.fft.nothing):
        try:
            call()
        except (ValueError, TypeError, ZeroDivisionError, AttributeError):
            pass


def iterated():
    for x in mx.array([[1, 2], [3, 4]]):
        memoryview(x).tolist()
    repr(mx.array(1.5))


@pytest.mark.parametrize("make", [arrays, lists, closures, cycles, errors, iterated])
def test_memory_stays_flat(make):
    for _ in range(ROUNDS // 5):
        make()
    gc.collect()
    before, active = resident(), mx.get_active_memory()
    for _ in range(ROUNDS):
        make()
    gc.collect()
    assert resident() - before < 3 << 20
    assert mx.get_active_memory() - active < 4096
