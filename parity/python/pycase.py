"""pycase: parity cases written in Python. A case is a pytest function with a mark that names the row it mirrors:

    @pytest.mark.parity("array_core", "python/tests/test_array.py", "TestArray.test_add_numpy")
    def test_add_numpy(mx, check):
        check.equal(mx.array([1, 2]) + 1, [2, 3])

`mx` is mlx.core, and `nn` mlx.nn, behind a recorder: every name taken from it counts as called. `check` counts checks, and tells what failed.
`pytest parity/python` runs them as tests; the harness runs this file: `--list`, and `--run ID` for one in this process.
"""

import inspect
import json
import os
import sys
import traceback
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Recorder:
    """A module whose names are noted when they are taken."""

    def __init__(self, module, prefix, calls):
        self._module, self._prefix, self._calls = module, prefix, calls

    def __getattr__(self, name):
        value = getattr(self._module, name)
        self._calls.add(f"{self._prefix}.{name}")
        return Recorder(value, f"{self._prefix}.{name}", self._calls) if isinstance(value, types.ModuleType) else value


class Check:
    """Counts what is checked. A failed check does not end the case."""

    def __init__(self):
        self.count, self.failures = 0, []

    def _note(self, held, text):
        self.count += 1
        if not held:
            frame = next(f for f in inspect.stack() if f.filename != __file__)
            self.failures.append(f"{Path(frame.filename).name}:{frame.lineno}: {text}")

    def that(self, held, text="is not so"):
        """Anything that is true or false; an array must have one element."""
        self._note(bool(held), text)

    def same(self, got, wanted):
        """Plain Python values: equal, of one type."""
        self._note(type(got) is type(wanted) and got == wanted, f"{got!r} is not {wanted!r}")

    def equal(self, got, wanted, dtype=None, shape=None):
        """An array's elements are these (an array, a NumPy array, nested lists or a number); NaN equals NaN."""
        got_list, wanted_list = _plain(got), _plain(wanted)
        held = _alike(got_list, wanted_list, 0, 0)
        if dtype is not None:
            held = held and got.dtype == dtype
        if shape is not None:
            held = held and tuple(got.shape) == tuple(shape)
        self._note(held, f"{got_list} ({getattr(got, 'dtype', '')}) is not {wanted_list}")

    def close(self, got, wanted, rtol=1e-5, atol=1e-6):
        got_list, wanted_list = _plain(got), _plain(wanted)
        self._note(_alike(got_list, wanted_list, rtol, atol), f"{got_list} is not close to {wanted_list}")

    def raises(self, kinds, function, *args, **kwargs):
        """The call raises one of these exceptions, and no other."""
        try:
            function(*args, **kwargs)
        except kinds:
            self._note(True, "")
        except Exception as error:
            self._note(False, f"raised {type(error).__name__}: {error}")
        else:
            self._note(False, "raised nothing")


def _plain(value):
    return value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, tuple) else value


def _alike(a, b, rtol, atol):
    stack = [(a, b)]
    while stack:
        x, y = stack.pop()
        if isinstance(x, list) or isinstance(y, list):
            if not (isinstance(x, (list, tuple)) and isinstance(y, (list, tuple)) and len(x) == len(y)):
                return False
            stack.extend(zip(x, y))
        elif x != x or y != y:
            if not (x != x and y != y):
                return False
        elif x != y and not (abs(x) != float("inf") and abs(y) != float("inf") and abs(x - y) <= atol + rtol * abs(y)):
            return False
    return True


def _spare_pytest():
    """The files of cases take nothing but the mark from pytest, whose own start takes longer than most cases."""

    def parity(*row):
        def mark(function):
            function.pytestmark = [types.SimpleNamespace(name="parity", args=row)]
            return function

        return mark

    sys.modules["pytest"] = types.ModuleType("pytest")
    sys.modules["pytest"].mark = types.SimpleNamespace(parity=parity)


def cases():
    """All cases by id: the function and its row."""
    _spare_pytest()
    sys.path.insert(0, str(HERE))
    found = {}
    for path in sorted(HERE.glob("test_*.py")):
        module = __import__(path.stem)
        for function in vars(module).values():
            for mark in getattr(function, "pytestmark", []):
                if mark.name == "parity":
                    family, file, test = mark.args
                    id = f"{file}::{test}"
                    if id in found:
                        sys.exit(f"two cases are {id}")
                    found[id] = (function, family, test, f"parity/python/{path.name}:{function.__code__.co_firstlineno}")
    return found


def _foreign_library():
    """The path of a libmlx in this process, which must not be there."""
    with open("/proc/self/maps") as maps:
        return next((line.split()[-1] for line in maps if "libmlx.so" in line), "")


def run(id, function):
    import mlx.core

    """The case's outcome. The default key is seeded, so that every run sees the same inputs."""
    calls, check = set(), Check()
    message, outcome = "", "pass"
    arguments = {"mx": Recorder(mlx.core, "mx", calls), "check": check}
    if "nn" in inspect.signature(function).parameters:
        import mlx.nn

        arguments["nn"] = Recorder(mlx.nn, "nn", calls)
    mlx.core.random.seed(0)
    try:
        function(**{name: arguments[name] for name in inspect.signature(function).parameters})
    except NotImplementedError as error:
        outcome, message = "unsupported", str(error)
    except Exception as error:
        traceback.print_exc()
        check.failures.append(f"{type(error).__name__}: {error}")
    if _foreign_library():
        check.failures.append(f"{_foreign_library()} is in the process")
    if check.failures:
        outcome, message = "fail", check.failures[0]
        print("\n".join(check.failures), file=sys.stderr)
    return {"id": id, "outcome": outcome, "message": message, "checks": check.count, "failures": len(check.failures),
            "calls": sorted(calls)}


def main():
    found = cases()
    if sys.argv[1:] == ["--list"]:
        for id, (_, family, test, source) in found.items():
            print(json.dumps({"id": id, "kind": "row", "family": family, "test": test, "source": source}))
    elif len(sys.argv) == 3 and sys.argv[1] == "--run" and sys.argv[2] in found:
        answer = run(sys.argv[2], found[sys.argv[2]][0])
        sys.stdout.flush()
        print(json.dumps(answer), flush=True)
        os._exit(1 if answer["outcome"] == "fail" else 0)
    else:
        sys.exit("usage: pycase.py --list | --run ID")


if __name__ == "__main__":
    main()
