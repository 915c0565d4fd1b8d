"""Arrays used from several Python threads at once, and streams."""
import os
import subprocess
import sys
import threading

import mlx.core as mx
import pytest


def test_threads_share_arrays():
    a = mx.arange(1000)
    results = []

    def work(k):
        total = 0
        for i in range(50):
            x = a * k + i
            mx.eval(x)
            total += x.sum().item()
        results.append((k, total))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(results) == [(k, 50 * k * 499500 + 1000 * 1225) for k in range(4)]


def test_streams():
    s = mx.new_stream(mx.cpu)
    before = mx.default_stream(mx.cpu)
    with mx.stream(s):
        assert mx.default_stream(mx.cpu) == s
        x = mx.ones((4,)) + 1
    assert mx.default_stream(mx.cpu) == before
    y = mx.add(x, 1, stream=s)
    mx.async_eval(y)
    mx.synchronize(s)
    assert y.tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize("call", [lambda: mx.stream(None), lambda: mx.add(1, 2, stream=mx.gpu), lambda: mx.new_stream(mx.gpu),
                                  lambda: mx.set_default_device(mx.gpu)])
def test_missing_devices(call):
    with pytest.raises((ValueError, RuntimeError)):
        call()


def test_devices():
    assert repr(mx.default_device()) == "Device(cpu, 0)" and mx.Device(mx.cpu) == mx.cpu
    assert mx.is_available(mx.cpu) and not mx.metal.is_available()
    assert mx.set_cache_limit(mx.set_cache_limit(1 << 30)) == 1 << 30
    assert mx.set_wired_limit(mx.set_wired_limit(1 << 20)) == 1 << 20


def test_async_evaluation_inside_a_transformation_is_refused():
    def f(x):
        mx.async_eval(x + 1)
        return x

    with pytest.raises(ValueError):
        mx.grad(f)(mx.array(1.0))


@pytest.mark.parametrize("name, value, message", [
    ("PSIONIC_THREADS", "several", 'PSIONIC_THREADS is "several"; it must be a number from 1 to 1024; using '),
    ("PSIONIC_FAULT", "no_op", "PSIONIC_FAULT: no_op is not an op"),
])
def test_a_bad_environment_is_one_error(name, value, message):
    code = """
import mlx.core as mx
for _ in range(2):
    try:
        print((mx.ones((3,)) + 1).tolist())
    except ValueError as e:
        print(e)
"""
    out = subprocess.run([sys.executable, "-c", code], env={**os.environ, name: value}, capture_output=True, text=True)
    first, second = out.stdout.splitlines()
    assert first.startswith(message) and second == "[2.0, 2.0, 2.0]" and not out.stderr
