"""Writes docs/performance.md and docs/performance.svg from a run."""
import math
from pathlib import Path

import goals
import picture
from driver import PEERS

DOCS = Path(__file__).resolve().parent.parent / "docs"
STAR = "\\*"  # of a time that is of one run only
INTRODUCTION = """# Performance

`bench/compare --write` measured everything on this page, in one run, and wrote it; do not edit it. Every workload ran
on each side in turn, several times, in bursts of a fifth of a second, each side in a process of its own; medians count.
A ratio is a peer's time in ours: above 1 we are faster. Times and ratios belong to this machine and this day.

![ratios by row](performance.svg)
"""
LEGEND = """Ours: milliseconds of one run, in C where it says so, otherwise from Python. \\*: that side ran it once, since it
takes more than two seconds. Best: the fastest of NumPy, PyTorch, JAX and llama.cpp. Peak memory: of the whole process in
MiB, ours / the wheel's, both from Python, interpreter and inputs included. A row whose name begins with `first_call` ran
in processes of its own, which found nothing compiled by an earlier one. Rows with `python` in front say what a call from
Python costs.
"""


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def means(run):
    """The geometric means over the rows that count: against the best, against the wheel; and of how many."""
    counted = [name for name in run["rows"] if goals.goal_of(name).counts]
    best = [r for r in (goals.best_ratio(run, name) for name in counted) if r]
    wheel = [r for r in (goals.ratio(run["rows"][name], "mlx") for name in counted) if r]
    return [("best of the peers", goals.MEAN_BEST, geometric_mean(best), len(best)),
            ("MLX wheel", goals.MEAN_WHEEL, geometric_mean(wheel), len(wheel))]


def number(value):
    """Three figures, without an exponent."""
    if value is None:
        return "-"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def machine_lines(run):
    m = run["machine"]
    versions = ", ".join(f"{PEERS[side]} {version}" for side, version in run["versions"].items())
    lines = ["## The machine", "", f"- {m['date']}, commit {m['commit']}.",
             f"- {m['model']}, {m['cores']} cores, {m['memory']} GiB; {' '.join(m['flags'])}; caches "
             + ", ".join(f"{level} {size}" for level, size in m["caches"].items()) + ".",
             f"- Peers: {versions}."]
    if m["limits"]:
        x = m["limits"]
        lines.append(f"- What it can do, by `bench/limits.c`: {x['fma_one']:.0f} GFLOP/s of float32 multiply-adds on one "
                     f"thread, {x['fma_all']:.0f} on {m['cores']} ({x['fma_all'] / x['fma_one']:.2f} times); the sum of "
                     f"two arrays into a third moves {x['add']:.0f} GB/s, {x['add_streamed']:.0f} with stores that pass "
                     "the caches by.")
    return lines


def summary_lines(run):
    lines = ["", "## In all", "", "| geometric mean of the ratios to | rows | goal | reached | |",
             "| --- | --- | --- | --- | --- |"]
    lines += [f"| {what} | {count} | {goal} | {number(value)} | {mark(value and value >= goal)} |"
              for what, goal, value, count in means(run)]
    judged = [j for j in (goals.judge(run, name) for name in run["rows"]) if j]
    met = sum(all(met for *_, met in j) for j in judged)
    lines += ["", f"{met} of {len(judged)} rows meet all their goals."]
    if run.get("two_threads"):
        x = run["machine"]["limits"]
        least = goals.TWO_THREADS * (x["fma_all"] / x["fma_one"] if x else 2)
        lines += ["", f"| row | two threads against one (goal: {least:.2f}) | |", "| --- | --- | --- |"]
        lines += [f"| {name} | {number(value)} | {mark(value >= least)} |" for name, value in run["two_threads"].items()]
    return lines


def mark(met):
    return "met" if met else "**under**"


def table_line(run, name, sides):
    row = run["rows"][name]
    ours, memory = row["us"].get("psionic"), row.get("memory", {})
    cells = [number(goals.ratio(row, side)) + (STAR if side in row["once"] else "") for side in sides]
    judged = goals.judge(run, name)
    asked = "; ".join(what for what, *_ in judged if "memory" not in what) or "reported"
    sizes = f"{memory['psionic']:.0f} / {memory['mlx']:.0f}" if "psionic" in memory and "mlx" in memory else "-"
    verdict = mark(all(met for *_, met in judged)) if judged else ""
    time = number(ours and ours / 1e3) + (" (C)" if row["in"] == "C" else "")
    return (f"| {name} | {time} | " + " | ".join(cells)
            + f" | {number(goals.best_ratio(run, name))} | {asked} | {sizes} | {verdict} |")


def table_lines(run):
    sides = [side for side in PEERS if any(side in row["us"] for row in run["rows"].values())]
    names = ["workload", "ours, ms", *(f"/ {PEERS[side]}" for side in sides), "/ best", "goal", "peak memory", ""]
    lines = ["", "## Row by row", "", *LEGEND.splitlines(), "", "| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return lines + [table_line(run, name, sides) for name in run["rows"]]


def reason_lines(run):
    lines = ["", "## Under the goal", ""]
    for name in run["rows"]:
        short = [f"{what}: {number(reached)}" for what, reached, met in goals.judge(run, name) if not met]
        if short:
            reason = goals.reason_of(name) or "**no reason known**"
            lines.append(f"- `{name}` ({'; '.join(short)}): {reason}.")
    return lines if len(lines) > 3 else []


def import_lines(run):
    row = run["rows"].get("import")
    if not row:
        return []
    lines = ["", "## Importing", "", "| | import, ms | peak memory of the process, MiB |", "| --- | --- | --- |"]
    if row.get("bare"):
        lines.append(f"| Python alone | - | {row['bare'][1]:.0f} |")
    return lines + [f"| {PEERS.get(side, 'ours')} | {number(us / 1e3)} | {row['memory'][side]:.0f} |"
                    for side, us in row["us"].items()]


def write(run):
    lines = [*INTRODUCTION.splitlines(), ""]
    for part in (machine_lines, summary_lines, table_lines, reason_lines, import_lines):
        lines += part(run)
    (DOCS / "performance.md").write_text("\n".join(lines) + "\n")
    (DOCS / "performance.svg").write_text(picture.draw(run))
