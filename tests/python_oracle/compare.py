"""The Python differential test: random array programs in our Python and in the real wheel's, compared step by step.
Usage: compare.py OURS [--programs N] [--seed S] [--show PROGRAM]; OURS is the command of our Python, this the wheel's.
Every step runs in both; each side is a process of its own, started again if it dies. Exits 0 when all agree, else 1."""
import argparse
import collections
import pathlib
import sys
import time
import warnings

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent / "oracle"))

import numpy as np  # noqa: E402

import tolerances  # noqa: E402
from child import Child, Died  # noqa: E402
from differences import DIFFERENCES as OF_VALUES  # noqa: E402
from known import DIFFERENCES  # noqa: E402
from programs import Generator, value_of  # noqa: E402

STEPS = 14


class Side(Child):
    def ready(self):
        """Empties it of names, of which it may die; answers with what it runs."""
        if self.process:
            try:
                return self.ask({"reset": True})["file"]
            except Died:
                pass
        self.start()
        return self.ask({"reset": True})["file"]

    def answer(self):
        try:
            return self.get()
        except Died as e:
            return {"k": "died", "v": str(e)}


def short(answer):
    if answer["k"] == "array":
        v = value_of(answer)
        values = tolerances.wide(v.data, v.dtype).tolist()
        return f"{v.dtype}{list(v.shape)} {str(values)[:160]}"
    if answer["k"] == "error":
        return f"{answer['c']}: {answer['m'][:120]}"
    if "of" in answer:
        return answer["k"] + " of " + "; ".join(map(short, answer["of"]))[:300]
    return " ".join(str(v) for v in answer.values())[:200]


class Comparison:
    def __init__(self):
        self.listed, self.unsupported = collections.Counter(), collections.Counter()

    def arrays(self, step, ours, theirs):
        """"same", "near" or "different", of two descriptions of arrays."""
        if ours["d"] != theirs["d"] or ours["s"] != theirs["s"]:
            return "different"
        if ours["v"] == theirs["v"]:
            return "same"
        a, b = value_of(ours).data, value_of(theirs).data
        dtype = ours["d"]
        bad = tolerances.exact(a, b, dtype)
        if step.inputs or step.op not in tolerances.TABLE:
            try:
                bad = np.broadcast_to(tolerances.rule(step.op).bad(a, b, dtype, step), a.shape)
            except (KeyError, ValueError):  # the op was met in another form than the rule knows: exact then
                bad = tolerances.exact(a, b, dtype)
        for d in OF_VALUES:
            if bad.any() and d.covers(step.op) and d.elements and step.inputs:
                try:
                    explained = bad & d.elements(step, a, b, dtype)
                except (KeyError, ValueError, AttributeError, TypeError):
                    continue
                self.listed[d.name, d.reason] += bool(explained.any())
                bad = bad & ~explained
        return "different" if bad.any() else "near"

    def outcome(self, step, ours, theirs):
        if ours["k"] == theirs["k"] == "error":
            return "same" if ours["c"] == theirs["c"] else "different"
        if ours["k"] != theirs["k"]:
            return "different"
        if ours["k"] == "array":
            return self.arrays(step, ours, theirs)
        if "of" in ours and "of" in theirs and len(ours["of"]) == len(theirs["of"]):
            parts = [self.outcome(step, a, b) for a, b in zip(ours["of"], theirs["of"])]
            return "different" if "different" in parts else "near" if "near" in parts else "same"
        return "same" if ours == theirs else "different"

    def judge(self, step, ours, theirs):
        outcome = self.outcome(step, ours, theirs)
        if outcome == "different":
            for d in DIFFERENCES:
                if d.same and d.same(step, ours, theirs):
                    self.listed[d.name, d.reason] += 1
                    return "listed"
            if self.of_steps(step, ours, theirs):
                return "listed"
            if ours["k"] == "error" and ours["m"].startswith("unsupported_op"):
                self.unsupported[step.kind] += 1
                return "unsupported"
        return outcome

    def of_steps(self, step, ours, theirs):
        """tests/oracle's entries on whole steps, which see a class of exception, or a dtype and elements."""
        a, b = ([x["c"]] if x["k"] == "error" else [(x["d"], value_of(x).data)] if x["k"] == "array" else [x["k"]]
                for x in (ours, theirs))
        for d in OF_VALUES:
            try:
                if d.steps and d.covers(step.op) and step.inputs and d.steps(step, a, b):
                    self.listed[d.name, d.reason] += 1
                    return True
            except (KeyError, ValueError, AttributeError, TypeError):
                pass
        return False

    def avoid(self, step):
        for d in DIFFERENCES:
            if d.avoid and d.avoid(step):
                self.listed[d.name, d.reason] += 1
                return True
        for d in OF_VALUES:
            try:
                if step.inputs and d.avoid and d.covers(step.op) and d.avoid(step):
                    self.listed[d.name, d.reason] += 1
                    return True
            except (KeyError, ValueError, AttributeError, TypeError):
                pass
        return False


def needed(steps):
    """The last step and those before it that it rests on, as source."""
    out, names = [], set()
    for i, step in enumerate(reversed(steps)):
        if not i or names & set(step.sets):
            names |= set(step.uses)
            out.append(step.code if i or not step.code else f"{step.code}; {step.show}")
            if i == 0 and not step.code:
                out[-1] = step.show
    return out[::-1]


def adopt(sides, step, answer):
    """After results that agree within the tolerance, both sides go on from the wheel's, so that nothing adds up."""
    if answer["k"] == "tuple":
        answer = answer["of"][0]
    if answer["k"] == "array":
        for name in step.sets:
            for side in sides:
                side.put({"adopt": [name, answer["d"], answer["s"], answer["v"]]})
                side.answer()


def one_program(generator, sides, comparison, counts, show):
    """Runs a program; the first difference ends it and is returned as (kind, lines, ours, theirs). Its death ends it, too."""
    done = []
    for side in sides:
        side.ready()
    for _ in range(STEPS):
        step = generator.step()
        if comparison.avoid(step):
            continue
        done.append(step)
        for side in sides:
            side.put({"code": step.code, "show": step.show})
        answers = [side.answer() for side in sides]
        if show:
            print(step.code, "|", step.show, "|", *map(short, answers))
        outcome = comparison.judge(step, *answers)
        counts[outcome if answers[1]["k"] != "error" or outcome != "same" else "refused"] += 1
        if outcome == "different":
            return step.kind, needed(done), *answers
        if "died" in (a["k"] for a in answers) or outcome in ("listed", "unsupported"):
            return None
        generator.saw(step, answers[1])
        if outcome == "near":
            adopt(sides, step, answers[1])
    return None


def with_second_try(number, options, sides, comparison, counts):
    """A death that a program does not bring about again, in processes of its own, is none of the program's."""
    for attempt in range(2):
        trial, seen = Comparison(), collections.Counter()
        found = one_program(Generator(f"{options.seed}/{number}"), sides, trial, seen, options.show is not None)
        if all(side.process for side in sides):
            break
        for side in sides:
            if side.process:
                side.stop()
    counts.update(seen)
    comparison.listed.update(trial.listed)
    comparison.unsupported.update(trial.unsupported)
    return found


def report(failures, comparison, counts, options, started):
    groups = collections.defaultdict(list)
    for number, (kind, lines, ours, theirs) in failures:
        groups[kind, ours.get("c", ours["k"]), theirs.get("c", theirs["k"])].append((len(lines), number, lines, ours, theirs))
    for (name, reason), count in sorted(comparison.listed.items()):
        print(f"known difference, {count} times: {name}: {reason}")
    for kind, count in sorted(comparison.unsupported.items()):
        print(f"unsupported, {count} times: {kind}: ours is not built yet")
    for (kind, _, _), found in sorted(groups.items(), key=lambda g: -len(g[1])):
        _, number, lines, ours, theirs = min(found, key=lambda f: f[:2])
        print(f"FAIL {kind}, {len(found)} times; program {number}:")
        print("".join(f"    {line}\n" for line in lines), end="")
        print(f"  ours:  {short(ours)}\n  wheel: {short(theirs)}")
    steps = counts["same"] + counts["near"] + counts["refused"]
    print(f"{options.programs} programs, seed {options.seed}: {steps} steps agree ({counts['near']} within the tolerance, "
          f"{counts['refused']} refused alike), {counts['listed']} listed differences, {counts['unsupported']} unsupported, "
          f"{len(failures)} programs differ, "
          f"{time.time() - started:.0f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours", help="the command of our Python")
    parser.add_argument("--programs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, help="one program of the run, step by step")
    options = parser.parse_args()
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")
    started, counts, comparison, failures = time.time(), collections.Counter(), Comparison(), []
    folder = HERE.parent.parent / "build" / "differential-python"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "stderr.txt", "wb") as log:
        ours = Side([options.ours, str(HERE / "runner.py")], log)
        wheel = Side([sys.executable, str(HERE / "runner.py")], log)
        if "site-packages" in ours.ready() or "site-packages" not in wheel.ready():
            raise SystemExit("differential-python: the two Pythons are not ours and the wheel's")
        for number in [options.show] if options.show is not None else range(options.programs):
            found = with_second_try(number, options, (ours, wheel), comparison, counts)
            if found:
                failures.append((number, found))
    report(failures, comparison, counts, options, started)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
