"""Arrays, closures and errors that are made and dropped leave memory as it was: Python's blocks, malloc's bytes, the
process's pages and the library's own count.

PSIONIC_LEAK_ROUNDS sets how many of each are made: a million for the long check; the usual number keeps the test quick.
"""
import ctypes
import gc
import os
import pickle
import sys
import weakref

import mlx.core as mx
import pytest

ROUNDS = int(os.environ.get("PSIONIC_LEAK_ROUNDS", 100000))


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Heap(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]


def allocated():
    """Bytes that malloc has given out, where the C library tells."""
    try:
        count = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return 0
    count.restype = Heap
    return count().uordblks


def arrays():
    a = mx.array([1.0, 2.0])
    (a + a[0] * 2).tolist()


def lists():
    mx.eval([mx.array([[1, 2], [3, 4]]), {"k": (mx.zeros((2,)), 3)}])


def closures():
    w = mx.array(2.0)
    f = mx.value_and_grad(lambda x: (x * w).sum())
    f(mx.array([1.0, 3.0]))


def fresh_vmap():
    k = mx.array(2.0)
    mx.eval(mx.vmap(lambda x: x * k)(mx.array([1.0, 3.0])))


def cycles():
    f = mx.grad(lambda x: x * me[0])
    me = [mx.array(1.0), f]
    f(mx.array(2.0))


def errors():
    for call in (lambda: mx.array([1, 2]) + mx.zeros((3, 4)), lambda: mx.array([[1], 2]), lambda: mx.sum(1, 2, 3, 4, 5),
                 lambda: mx.grad(lambda x: 1 / 0)(mx.array(1.0)), lambda: mx.fft.nothing, lambda: mx.array([1, 2])["x"],
                 lambda: mx.reshape(mx.array([1, 2]), ["x"]), lambda: mx.zeros((2,), 3)):
        try:
            call()
        except (ValueError, TypeError, ZeroDivisionError, AttributeError):
            pass


def iterated():
    for x in mx.array([[1, 2], [3, 4]]):
        memoryview(x).tolist()
    repr(mx.array(1.5))


def updated():
    a = mx.array([[1, 2], [3, 4]])
    a[mx.array([0, 1]), 0] = 5
    a += a.at[0].add(1)
    pickle.loads(pickle.dumps(a))


@pytest.mark.parametrize("make", [arrays, lists, closures, fresh_vmap, cycles, errors, iterated, updated])
def test_memory_stays_flat(make):
    for _ in range(ROUNDS // 5):
        make()
    gc.collect()
    before, active, heap = resident(), mx.get_active_memory(), allocated()
    objects, blocks = len(gc.get_objects()), sys.getallocatedblocks()
    for _ in range(ROUNDS):
        make()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 500
    assert len(gc.get_objects()) - objects < 50
    assert allocated() - heap < 256 << 10
    assert resident() - before < 3 << 20
    assert mx.get_active_memory() - active < 4096


@pytest.mark.parametrize("transform", [mx.grad, mx.value_and_grad, mx.vmap])
def test_cycles_through_closures_are_collected(transform):
    class Held:
        pass

    held = Held()
    f = transform(lambda x: x * me[0])
    me = [mx.array(1.0), f, held]
    f(mx.array([2.0]) if transform is mx.vmap else mx.array(2.0))
    gone = weakref.ref(held)
    del f, me, held
    gc.collect()
    assert gone() is None
