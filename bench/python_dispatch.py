"""What a call from Python costs, ours beside NumPy's and, with --peer PYTHON, beside the MLX of another interpreter.

Rounds of all contestants are interleaved, each in a process of its own; medians are printed.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time

CHAIN = 1000


def best(run, inner, repeats=7):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / inner)
    return min(times) * 1e9


def measure_numpy(np):
    a = np.ones((16,), np.float32)

    def chain():
        x = a
        for _ in range(CHAIN):
            x = x + a

    return {"numpy add": best(chain, CHAIN)}


def measure_mlx(mx, name):
    a = mx.ones((16,))
    mx.eval(a)

    def build():
        x = a
        for _ in range(CHAIN):
            x = x + a

    def chain():
        x = a
        for _ in range(CHAIN):
            x = x + a
        mx.eval(x)

    def single():
        for _ in range(CHAIN):
            mx.eval(a + a)

    def scalar():
        for _ in range(CHAIN):
            a + 1.5

    return {
        f"{name} add, built only": best(build, CHAIN),
        f"{name} add in a chain": best(chain, CHAIN),
        f"{name} add and eval": best(single, CHAIN),
        f"{name} array + 1.5, built only": best(scalar, CHAIN),
    }


def worker(which):
    start = time.perf_counter()
    if which == "numpy":
        import numpy as np

        return measure_numpy(np)
    import mlx.core as mx

    imported = (time.perf_counter() - start) * 1e9
    return {f"{which} import": imported, **measure_mlx(mx, which)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="a Python with the real MLX")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(worker(options.worker)))
        return
    contestants = [("numpy", sys.executable, None), ("ours", sys.executable, None)]
    if options.peer:
        contestants.append(("mlx", options.peer, {}))
    seen = {}
    for _ in range(options.rounds):
        for name, python, environment in contestants:
            out = subprocess.run([python, __file__, "--worker", name], env=environment, stdout=subprocess.PIPE, check=True)
            for key, value in json.loads(out.stdout).items():
                seen.setdefault(key, []).append(value)
    numpy = statistics.median(seen["numpy add"])
    for key, values in seen.items():
        value = statistics.median(values)
        ratio = "" if key.endswith("import") else f"{value / numpy:8.2f} x NumPy's add"
        print(f"{key:32} {value:12.0f} ns {ratio}")


main()
