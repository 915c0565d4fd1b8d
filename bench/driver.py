"""Runs the workloads: starts a process for every side, asks them in turn, workload by workload and turn by turn.

A run is a plain dictionary (what --json writes): "rows" holds for each workload the microseconds of each side, which
sides ran it only once, and the peak memory of our side and the wheel's; the rest says of what machine and when."""
import os
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from side import SLOW
from workloads import FRESH, ROWS

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "build" / "bench" / "worker"
SIDE = Path(__file__).with_name("side.py")
OURS = [str(ROOT / "scripts" / "python")]
PEERS = {"mlx": "MLX wheel", "numpy": "NumPy", "torch": "PyTorch", "jax": "JAX", "llama": "llama.cpp"}
PATIENCE = 180  # seconds that a side may take for one answer
SCALED = ["matmul_1024", "matmul_2048", "conv2d_32x56x56x64", "attention_512", "gelu_1e7"]  # on one thread and on two
REST = 0.05  # seconds: threads of the side before that still spin, waiting for work, go to sleep


class Side:
    """A process that answers names of workloads with microseconds; one that dies or hangs is started again."""

    def __init__(self, name, command, **environment):
        self.name, self.command, self.version, self.process = name, command, "", None
        self.environment = {**os.environ, **environment}

    def start(self):
        try:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, env=self.environment)
        except OSError:
            return False
        ready, _, self.version = self.line().partition(" ")
        return ready == "ready"

    def line(self):
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.stop()
            return ""
        return self.process.stdout.readline().decode().strip()

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def run(self, workload):
        if not self.process and not self.start():
            self.stop()
            return None
        try:
            self.process.stdin.write(f"{workload}\n".encode())
            self.process.stdin.flush()
            answer = self.line()
            return float(answer) if answer != "none" and float(answer) >= 0 else None
        except (BrokenPipeError, ValueError):
            self.stop()
            return None


class Progress:
    """Says on a terminal what is being done; nothing elsewhere."""

    def __init__(self):
        self.shown = sys.stderr.isatty()

    def say(self, text=""):
        if self.shown:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def pythons(options):
    """Our Python and the peers' that were given."""
    given = {kind: getattr(options, kind) for kind in PEERS if kind != "llama"}
    return {"psionic": OURS, **{kind: [python] for kind, python in given.items() if python}}


def library_of(kind):
    return "mlx" if kind == "psionic" else kind


def start_sides(options):
    """Ours in C; ours in Python, for what that lacks; the peers that can be started."""
    if not WORKER.exists():
        sys.exit(f"compare: {WORKER.relative_to(ROOT)} is not built: run scripts/build first")
    sides = [Side("psionic", [str(WORKER)])]
    sides += [Side(kind, [*python, str(SIDE), library_of(kind)]) for kind, python in pythons(options).items()]
    if options.ggml:
        command = [*OURS, str(SIDE.with_name("llama.py")), options.ggml]
        sides.append(Side("llama", command, KMP_BLOCKTIME="20"))  # milliseconds for which LLVM's OpenMP spins
    started = []
    for side in sides:
        if side.start():
            started.append(side)
        else:
            side.stop()
            print(f"compare: {side.command[0]} has no {side.name}: left out", file=sys.stderr)
    return started


def measure(sides, workload, turns):
    """Medians of the turns by side, and which sides had one only, since it was slow. Of two sides of one name the
    first that has the workload runs it."""
    seen = {}

    def ask(side):
        time.sleep(REST)
        value = side.run(workload)
        if value is None:
            seen.pop(side.name, None)
        else:
            seen.setdefault(side.name, (side, []))[1].append(value)

    for side in sides:
        if side.name not in seen:
            ask(side)
    for _ in range(turns - 1):
        for side, times in list(seen.values()):
            if times[-1] < SLOW:
                ask(side)
    return {"us": {name: statistics.median(times) for name, (_, times) in seen.items()},
            "once": [name for name, (_, times) in seen.items() if len(times) < turns],
            "in": "C" if "psionic" in seen and seen["psionic"][0].command == [str(WORKER)] else "Python"}


def fresh(python, *arguments):
    """What a process of its own answers: microseconds and MiB, or None. It finds nothing compiled by an earlier one."""
    folder = tempfile.mkdtemp(prefix="psionic-bench-")
    environment = {**os.environ, "TMPDIR": folder, "TORCHINDUCTOR_CACHE_DIR": folder}
    try:
        out = subprocess.run([*python, str(SIDE), *arguments], capture_output=True, env=environment, timeout=PATIENCE,
                             text=True)
        words = out.stdout.split()
        return [float(w) for w in words] if len(words) == 2 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_fresh(options, turns, *arguments):
    """Every side in processes of their own, in turn: medians of time and memory."""
    found = {}
    for _ in range(turns):
        for kind, python in pythons(options).items():
            if any(seen[0] > SLOW for seen in found.get(kind, [])):
                continue
            answer = fresh(python, library_of(kind), *arguments)
            if answer:
                found.setdefault(kind, []).append(answer)
    medians = {kind: [statistics.median(v) for v in zip(*seen)] for kind, seen in found.items()}
    return {"us": {kind: v[0] for kind, v in medians.items()}, "in": "Python",
            "memory": {kind: v[1] for kind, v in medians.items()},
            "once": [kind for kind, seen in found.items() if len(seen) < turns]}


def memory(options, workload):
    """Peak of the whole process in MiB, inputs and interpreter included: ours and the wheel's."""
    answers = {kind: fresh(python, library_of(kind), "--once", workload)
               for kind, python in pythons(options).items() if kind in ("psionic", "mlx")}
    return {kind: answer[1] for kind, answer in answers.items() if answer}


def two_threads(turns):
    """How many times faster our compute-bound rows are on two threads than on one."""
    sides = [Side(count, [str(WORKER)], PSIONIC_THREADS=count) for count in ("1", "2")]
    ratios = {}
    for workload in SCALED:
        times = measure(sides, workload, turns)["us"]
        if len(times) == 2:
            ratios[workload] = times["1"] / times["2"]
    for side in sides:
        side.stop()
    return ratios


def everything(options, show):
    """The rows that --only picks; `show` is called with each as it is done."""
    sides, progress, rows = start_sides(options), Progress(), {}
    versions = {side.name: side.version for side in sides if side.name != "psionic"}
    todo = [name for name in ("import", *FRESH, *ROWS) if re.search(options.only, name)]
    for number, name in enumerate(todo):
        progress.say(f"[{number + 1}/{len(todo)}] {name}")
        if name == "import":
            row = measure_fresh(options, min(options.turns, 3), "--import")
            row["bare"] = fresh(OURS, "nothing", "--import")
        elif name in FRESH:
            row = measure_fresh(options, min(options.turns, 3), "--once", FRESH[name])
        else:
            row = measure(sides, name, options.turns)
            if options.memory:
                row["memory"] = memory(options, name)
        rows[name] = row
        progress.say()
        show(name, row)
    for side in sides:
        side.stop()
    return {"versions": versions, "rows": rows}
