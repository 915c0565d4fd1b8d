"""The differential test: random programs on our library and on the real MLX wheel, compared step by step.
Usage: differential.py BUILD [--programs N] [--seed S] [--only OP,...] [--replay FILE]; run by the Python that has the wheel.
Exits 0 when every step agrees (or its difference is listed) and every op and dtype ran, else 1."""
import argparse
import collections
import json
import os
import pathlib
import select
import subprocess
import sys
import time

from differences import DIFFERENCES, NOT_COMPARABLE, comparable
from generate import Generator
from table import DTYPES, functions

HERE = pathlib.Path(__file__).parent
PATIENCE = 15  # seconds for one line or one step
WHEEL = "0.31.1"
EVERY_PAIR = 2000  # from so many programs on, every op must have run with every dtype


class Died(Exception):
    pass


class Child:
    """A process answering line for line; started again after it died."""

    def __init__(self, command, log):
        self.command, self.log, self.process = command, log, None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.rest = b""

    def send(self, text):
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            self.end()

    def receive(self):
        parts = [self.rest]
        while b"\n" not in parts[-1]:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                self.process.kill()
                self.end("did not answer for %d s" % PATIENCE)
            chunk = os.read(self.process.stdout.fileno(), 1 << 20)
            if not chunk:
                self.end()
            parts.append(chunk)
        line, _, self.rest = b"".join(parts).partition(b"\n")
        return line.decode()

    def end(self, why=None):
        code = self.process.wait()
        self.process = None
        raise Died(why or f"died (exit status {code})")


class Ours:
    """Our runner; see run_program.c for its lines."""

    def __init__(self, path, log):
        self.child = Child([path], log)

    def begin(self):
        if not self.child.process:
            self.child.start()
        self.errors = {}

    def ask(self, line):
        self.child.send(line)
        answer = self.child.receive().split(" ", 3)
        if answer[0] == "error":
            self.errors[line.split()[0]] = answer[1:]
            return answer
        return " ".join(answer).split()

    def finish(self):
        """What the program's steps gave, and whether it gives the same evaluated as one graph."""
        self.child.send("end")
        values, fused, self.stopped = {}, "fused same", None
        while (line := self.child.receive()) != "end":
            word, rest = line.split(" ", 1)
            if word == "value":
                name, *value = rest.split()
                values[name] = value
            elif word == "failed":
                name, *error = rest.split(" ", 3)
                self.errors[name] = error
                self.stopped = name
            else:
                fused = line
        return values, fused


class Tally:
    def __init__(self):
        self.ran = collections.Counter()  # (op, dtype): equal, or a listed difference
        self.refused = collections.Counter()  # (op, dtype): both raised the same
        self.differences = collections.Counter()
        self.failures = []
        self.deaths = []  # of the wheel's process: programs that cannot be compared, counted apart and few

    def step(self, op, dtype, outcome, text):
        if outcome == "refused":
            self.refused[op, dtype] += 1
        elif outcome != "fail":
            self.ran[op, dtype] += 1
            self.differences[text] += outcome == "difference"

    def holes(self, table, pairs):
        """What never ran, in words."""
        ops = {op for op, _ in self.ran}
        dtypes = {dtype for _, dtype in self.ran}
        seen = set(self.ran) | set(self.refused) | {(f[0], f[1]) for f in self.failures}
        out = [f"{name} never ran" for name in table if name not in ops]
        out += [f"no op ran with {dtype}" for dtype in DTYPES if dtype not in dtypes]
        if pairs:
            out += [f"{name} never met {dtype}" for name, f in table.items() if name in ops and
                    f.subject() for dtype in DTYPES if (name, dtype) not in seen]
        return out


def print_table(tally, table):
    names = ["bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f16", "f32", "f64", "bf16", "c64"]
    print(f"{'times equal (r: refused by both)':34}" + "".join(f"{n:>6}" for n in names) + "  none")
    for name in table:
        cells = []
        for dtype in DTYPES + ["none"]:
            count, refused = tally.ran[name, dtype], tally.refused[name, dtype]
            cells.append(str(count) if count else f"r{refused}" if refused else ".")
        print(f"{name:34}" + "".join(f"{c:>6}" for c in cells))
    print(f"{'all':34}" + "".join(f"{sum(n for (_, d), n in tally.ran.items() if d == t):>6}" for t in DTYPES + ["none"]))


def recorded(path):
    """The programs of a file, as lists of lines."""
    program = []
    for line in pathlib.Path(path).read_text().splitlines():
        if line == "end":
            yield program
            program = []
        elif line and not line.startswith("#"):
            program.append(line)


def start_upstream(upstream, table):
    upstream.start()
    hello = json.loads(upstream.receive())
    if hello["version"] != WHEEL:
        raise SystemExit(f"differential: the wheel is mlx {hello['version']}, not {WHEEL}")
    if hello["missing"]:
        raise SystemExit(f"differential: the wheel has no counterpart of {', '.join(hello['missing'])}: give one in "
                         "tests/oracle/upstream.py, or list it in tests/oracle/differences.py")


def one_program(number, source, ours, upstream, table, tally, programs_file):
    """Runs a program on both sides; returns its lines and its failures as (op, dtype, text)."""
    lines = []

    def ask(line):
        lines.append(line)
        programs_file.write(line + "\n")
        programs_file.flush()
        return ours.ask(line)

    programs_file.write(f"# program {number}\n")
    try:
        ours.begin()
        source(ask)
        programs_file.write("end\n")
        values, fused = ours.finish()
    except Died as e:
        return lines, [("crash", "none", f"our runner {e}")]
    failures = []
    if fused != "fused same":
        failures.append(("fusion", "none", f"{fused}: as one graph the last value is not what it is step by step"))
    question = json.dumps({"lines": lines, "values": values, "errors": ours.errors, "stopped": ours.stopped})
    for attempt in range(2):  # a death that a program does not bring about again is none of the program's
        if not upstream.process:
            start_upstream(upstream, table)
        try:
            upstream.send(question)
            answer = {"at": ["start", "none", ""]}
            while "steps" not in answer:
                at = answer["at"]
                answer = json.loads(upstream.receive())
            break
        except Died as e:
            if attempt:
                tally.deaths.append(f"program {number}: the wheel {e} at {at[2]}")
                return lines, failures
    for op, dtype, outcome, text in answer["steps"]:
        tally.step(op, dtype, outcome, text)
        if outcome == "fail":
            failures.append((op, dtype, text))
    return lines, failures


def report(tally, table, programs, seed, started, holes):
    print_table(tally, table)
    for d in DIFFERENCES:
        if tally.differences[d.name]:
            print(f"known difference, {tally.differences[d.name]} times: {d.name}: {d.reason}")
    for name, reason in sorted(NOT_COMPARABLE.items()):
        print(f"not comparable: {name}: {reason}")
    groups = collections.defaultdict(list)
    for failure in tally.failures:
        groups[failure[:2]].append(failure)
    for (op, dtype), found in sorted(groups.items()):
        print(f"FAIL {op} {dtype}, {len(found)} times; program {found[0][3]}: {found[0][2]}")
    for death in tally.deaths:
        print(f"not comparable: {death}")
    for hole in holes:
        print(f"FAIL {hole}")
    print(f"{programs} programs, seed {seed}, {sum(tally.ran.values())} steps equal "
          f"({sum(tally.differences.values())} by a listed difference), {sum(tally.refused.values())} refused alike, "
          f"{len(tally.failures)} failed, {len(holes)} gaps, {len(tally.deaths)} not comparable since the wheel died, "
          f"{time.time() - started:.0f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", help="a file of programs, as a run leaves in BUILD/differential/programs.txt")
    parser.add_argument("--only", help="functions to run, comma-separated")
    options = parser.parse_args()
    table = functions(options.build / "generated/ops.json")
    table = {name: f for name, f in table.items() if comparable(name)}
    if options.only:
        table = {name: f for name, f in table.items() if name in options.only.split(",")}
    folder = options.build / "differential"
    folder.mkdir(exist_ok=True)
    started, tally = time.time(), Tally()
    with open(folder / "stderr.txt", "wb") as log, open(folder / "programs.txt", "w") as programs_file:
        ours = Ours(options.build / "tests/oracle/run_program", log)
        upstream = Child([sys.executable, HERE / "upstream.py", options.build / "generated/ops.json",
                          ",".join(table)], log)
        if options.replay:
            sources = [lambda ask, p=p: [ask(line) for line in p] for p in recorded(options.replay)]
        else:
            generator = Generator(table, options.seed)
            sources = [generator.program] * options.programs
        for number, source in enumerate(sources):
            lines, failures = one_program(number, source, ours, upstream, table, tally, programs_file)
            tally.failures += [(*f, number) for f in failures]
    holes = [] if options.replay else tally.holes(table, options.programs >= EVERY_PAIR)
    if len(tally.deaths) > max(2, len(sources) // 200):
        holes.append(f"the wheel died in {len(tally.deaths)} programs: too many for the rest to tell")
    report(tally, table, len(sources), options.seed, started, holes)
    return 1 if tally.failures or holes else 0


if __name__ == "__main__":
    sys.exit(main())
