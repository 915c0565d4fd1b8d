"""One library's side of bench/compare, in a process of its own: `side.py LIBRARY` reads names of workloads and answers
with microseconds; `side.py LIBRARY --once NAME` runs one, once, and says its microseconds and the process's peak memory;
`side.py LIBRARY --import` imports the library alone and says the same of that."""
import importlib
import sys
import time

MODULES = {"mlx": "mlx.core", "numpy": "numpy", "torch": "torch", "jax": "jax.numpy", "nothing": "sys"}
BURST, SLOW = 0.2e6, 2e6  # microseconds: of a turn; of a first run that is not followed by another


def peak():
    """The most memory that the process has held, in MiB, since that was last reset."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def reset_peak():
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")


def timed(run):
    begun = time.perf_counter()
    run()
    return (time.perf_counter() - begun) * 1e6


def answer(run, compiles=False):
    """The median of a burst of runs, after one that is not measured; of a slow workload the first run itself."""
    first, times = timed(run), []
    if first > SLOW and not compiles:
        return first
    while sum(times) < BURST:
        times.append(timed(run))
    return sorted(times)[len(times) // 2]


def say(*values):
    print(*(f"{v:.3f}" for v in values), flush=True)


def open_library(kind):
    import numpy as np

    from libraries import LIBRARIES

    return LIBRARIES[kind](), np.random.default_rng(0)


def serve(kind):
    from libraries import Lacks
    from workloads import function_of

    lib, rng = open_library(kind)
    current, run = None, None
    print("ready", lib.version, flush=True)
    for line in sys.stdin:
        name = line.strip()
        try:
            if name != current:
                current, run = name, None  # what the one before held goes first
                lib.forget()
                run = function_of(lib, name, rng)
            if run:
                say(answer(run, "compiled" in name))
                continue
        except Lacks:
            pass
        except Exception as problem:  # one that it cannot run is a row without it
            run = None
            print(f"{kind}: {name}: {problem}", file=sys.stderr, flush=True)
        print("none", flush=True)


def once(kind, name):
    from workloads import function_of

    lib, rng = open_library(kind)
    run = function_of(lib, name, rng)
    lib.forget()  # memory kept from making the inputs
    reset_peak()
    say(timed(run), peak())


def only_import(kind):
    say(timed(lambda: importlib.import_module(MODULES[kind])), peak())


def main(kind, verb="", *names):
    if verb == "--once":
        once(kind, *names)
    elif verb == "--import":
        only_import(kind)
    else:
        serve(kind)


if __name__ == "__main__":
    main(*sys.argv[1:])
