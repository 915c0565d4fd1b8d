"""The differential test: random programs on our library and on the real MLX wheel, compared step by step.
Usage: differential.py BUILD [--programs N] [--seed S] [--only OP,...] [--replay FILE]; run by the Python that has the wheel.
Exits 0 when every step agrees (or its difference is listed) and every op and dtype ran, else 1."""
import argparse
import collections
import math
import pathlib
import sys
import time

from child import Child, Died
from differences import DIFFERENCES, NOT_COMPARABLE, comparable
from generate import Generator
from table import DTYPES, functions

HERE = pathlib.Path(__file__).parent
WHEEL = "0.31.1"
EVERY_PAIR = 20000  # from so many programs on, every op must have run with every dtype and every option


# Options that must all be met, by function and parameter or by parameter, and what need not vary, with the reason.
WIDTHS, GROUPS = "2 3 4 5 6 8 none", "16 32 64 128 none"
OPTIONS = {
    "pad.mode": "constant edge", "convolve.mode": "full same valid", "indexing": "xy ij", "UPLO": "L U",
    "upsample.mode": "nearest linear cubic", "linalg_norm_matrix.ord": "f fro nuc", "mask_mode": "array causal",
    "linalg_norm.ord": " ".join(float(n).hex() for n in (0, 1, 2, -1, 3, -2, math.inf, -math.inf)),
    "mode": "affine mxfp4 mxfp8 nvfp4", "bits": WIDTHS, "group_size": GROUPS,
    "qqmm.mode": "mxfp8 nvfp4", "qqmm.bits": "4 8 none", "qqmm.group_size": "16 32 none",
    "block_size": "32 64", "groups": "1 2 3", "width": "1 2 4",
}
NEVER_VARIED = {
    "key": "without a key the numbers depend on all drawn before",
    "qqmm.scales": "the wheel's process dies of a matrix that is not packed",
}


class Ours:
    """Our runner; see run_program.c for its lines."""

    def __init__(self, path, log):
        self.child, self.midway = Child([path], log), False

    def begin(self):
        """A new program; a process that a program was left to halfway is not asked any more."""
        if self.child.process and self.midway:
            self.child.stop()
        if not self.child.process:
            self.child.start()
        self.errors, self.midway = {}, True

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
        self.midway = False
        return values, fused


class Tally:
    def __init__(self):
        self.ran = collections.Counter()  # (op, dtype): equal, or a listed difference
        self.refused = collections.Counter()  # (op, dtype): both raised the same
        self.words = collections.defaultdict(set)  # (op, parameter): what it was in steps that ran
        self.differences = collections.Counter()
        self.failures = []
        self.raised = collections.Counter()  # op: the wheel raised when it was evaluated
        self.deaths = []  # of the wheel's process: programs that cannot be compared, counted apart and few

    def step(self, op, dtype, outcome, text):
        if outcome == "refused":
            self.refused[op, dtype] += 1
        elif outcome != "fail":
            self.ran[op, dtype] += 1
            self.differences[text] += outcome == "difference"

    def options(self, line, function):
        """What the parameters of a step that ran were: given or not, or, unless arrays, which."""
        for (name, kind), word in zip(function.parameters, line.split()[3:]):
            self.words[function.name, name].add(word if word == "none" or not kind.startswith("array") else "given")

    def unvaried(self, table):
        """Parameters that were always the same, and options that never were."""
        for name, f in table.items():
            for parameter, kind in f.parameters:
                met = self.words[name, parameter]
                if NEVER_VARIED.get(f"{name}.{parameter}") or NEVER_VARIED.get(parameter):
                    continue
                if len(met) < 2 and (kind.endswith("?") or not kind.startswith("array")):
                    yield f"{name}: {parameter} was always {', '.join(met) or 'left out'}"
                for word in OPTIONS.get(f"{name}.{parameter}", OPTIONS.get(parameter, "")).split():
                    if word not in met:
                        yield f"{name}: {parameter} was never {word}"

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
            out += self.unvaried(table)
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
    hello = upstream.ask({"hello": True})
    if hello["version"] != WHEEL:
        raise SystemExit(f"differential: the wheel is mlx {hello['version']}, not {WHEEL}")
    if hello["missing"]:
        raise SystemExit(f"differential: the wheel has no counterpart of {', '.join(hello['missing'])}: give one in "
                         "tests/oracle/upstream.py, or list it in tests/oracle/differences.py")


def ask_upstream(upstream, table, question):
    """The outcomes of a program's steps, and which of them the wheel raised in. A process that an evaluation raised in is asked no more; a death that a program does
    not bring about again is none of the program's."""
    died = False
    while True:
        at = ["start", "none", ""]
        try:
            if not upstream.process:
                start_upstream(upstream, table)
            answer = upstream.ask(question)
            while "at" in answer:
                at = answer["at"]
                answer = upstream.get()
            if "steps" in answer:
                return answer["steps"], question["raised"]
            question = {**question, "raised": answer["raised"]}
            upstream.stop()
        except Died as e:
            if died:
                raise Died(f"{e} at {at[2]}") from e
            died = True


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
    question = {"lines": lines, "values": values, "errors": ours.errors, "stopped": ours.stopped, "raised": {}}
    try:
        steps, raised = ask_upstream(upstream, table, question)
    except Died as e:
        tally.deaths.append(f"program {number}: the wheel {e}")
        return lines, failures
    calls = [line for line in lines if line.split()[2] != "leaf"]
    for line, (op, dtype, outcome, text) in zip(calls, steps):
        tally.raised[op] += line.split()[0] in raised
        tally.step(op, dtype, outcome, text)
        if outcome in ("equal", "difference") and op in table:
            tally.options(line, table[op])
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
    raised = ", ".join(f"{op} {n}" for op, n in tally.raised.most_common() if n)
    print(f"{sum(tally.raised.values())} evaluations raised in the wheel, each the last of a process: {raised}")
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
