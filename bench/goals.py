"""What every row is to reach, and why one that does not reach it does not.

Level is 0.9: runs of one and the same program differ by as much. The best is the fastest of NumPy, PyTorch, JAX and
llama.cpp; the wheel is not among them."""
import re
from typing import NamedTuple

LEVEL = 0.9
MEAN_BEST, MEAN_WHEEL = 1.2, 12  # of the geometric means over the rows that count
TWO_THREADS = 0.85  # of what the machine's two threads give


class Goal(NamedTuple):
    best: float = 0.7  # at least so many times as fast as the best
    wheel: float = 0  # and as the wheel; 0: no matter
    eager: bool = False  # the best is that of the eager row, whatever they compile to
    llama: float = 0  # bytes of our weights in one of llama.cpp's: the best is llama.cpp, at equal bytes
    plain: float = 0  # so many times as fast as the same product of float32; above 1 where the processor has the dtype
    counts: bool = True  # in the means


REPORTED = Goal(best=0, counts=False)
GOALS = [  # the first pattern that fits
    (r"^(add|exp|gelu)_1e7|^softmax", Goal(2, wheel=8)),
    (r"^r?fft", Goal(1.3)),
    (r"^sort|^conv|^attention|^matmul_(1024|2048|512x4096x11008)$|^compiled_gelu", Goal(LEVEL)),
    (r"^compiled_chain", Goal(1)),
    (r"^(mlp|block)_", Goal(LEVEL, wheel=20, eager=True)),
    (r"^first_call", Goal(best=0, wheel=100, counts=False)),
    (r"^matmul_2048_b?f16", Goal(plain=0.8)),
    (r"^packed_1x4096x11008_bf16$", Goal(1 / 1.2, llama=1)),
    (r"^packed_1x4096x11008$", Goal(1 / 1.2, llama=5 / 4.5)),
    (r"^packed_512", Goal(LEVEL, llama=1)),
    (r"^(svd|eigh?)_|^python_", REPORTED),
    (r"", Goal()),
]
NATIVE = {"bf16": ("avx512_bf16", "amx_bf16"), "f16": ("avx512_fp16",)}  # what the processor says of itself
REASONS = [  # shown for a row only when it is under its goal; the first pattern that fits
    (r"^first_call", "the step alone takes as long as the goal leaves; the rest is memory touched for the first time"),
    (r"^argmax_rows", "its loop is bound by what it computes, not by memory: the sum of the same rows takes a fifth of the time"),
    (r"^inv_", "a MiB apart, as far as runs of one program are"),
    (r"^matmul_", "MKL's inner loop is a few per cent ahead; other block sizes gained nothing"),
    (r"^r?fft", "MKL's kernel still takes fewer cycles a line, and memory sets the rest: a pass that only adds a number takes half as long"),
    (r"^(mlp|block)_", "four fifths of a step are products, at nine tenths of what their inner loop reaches from the first cache; "
     "runs of one program differ by more than is missing"),
    (r"^eigh_", "OpenBLAS keeps buffers of its own, and divides and conquers on one thread"),
    (r"^packed_", "llama.cpp rounds the activations to eight bits; ours hold float32 in three planes of eight bits, as exact as it is, "
     "and bfloat16 in two, so there is two or three times as much to multiply; many rows are a product of floats where the "
     "processor has no tiles of bytes"),
]


def goal_of(name):
    return next(goal for pattern, goal in GOALS if re.search(pattern, name))


def reason_of(name):
    return next((reason for pattern, reason in REASONS if re.search(pattern, name)), None)


def best_of(row):
    """The least time of those that count as peers, or None."""
    return min((us for side, us in row["us"].items() if side not in ("psionic", "mlx")), default=None)


def ratio(row, side):
    us = row["us"]
    return us[side] / us["psionic"] if side in us and "psionic" in us else None


def best_ratio(run, name, goal=None):
    """How many times as fast as the best we are: the fastest peer in this row, or what a goal names instead."""
    row = run["rows"][name]
    ours, best = row["us"].get("psionic"), best_of(row)
    if goal and goal.eager:
        eager = run["rows"].get(re.sub("compiled$", "eager", name))
        best = eager and best_of(eager)
    if goal and goal.llama and "llama" in row["us"]:
        best = row["us"]["llama"] * goal.llama
    return best / ours if best and ours else None


def plain_goal(name, goal, flags):
    native = any(flag in flags for flag in NATIVE[name.rsplit("_", 1)[1]])
    return 1 if native else goal.plain


def judge(run, name):
    """(what is asked, what was reached, whether it is met) for each demand on a row that this run can judge."""
    goal, row, found = goal_of(name), run["rows"][name], []

    def demand(what, least, reached):
        if least and reached is not None:
            found.append((f"{what} ≥ {least:.3g}", reached, reached >= least))

    against = "best eager" if goal.eager else "llama.cpp" if goal.llama and "llama" in row["us"] else "best"
    demand(against, goal.best, best_ratio(run, name, goal))
    demand("wheel", goal.wheel, ratio(row, "mlx"))
    memory = row.get("memory", {})
    if "psionic" in memory and "mlx" in memory:
        demand("memory, wheel's / ours", 1, round(memory["mlx"]) / round(memory["psionic"]))
    plain = run["rows"].get("matmul_2048", {"us": {}})["us"].get("psionic")
    if goal.plain and plain and "psionic" in row["us"]:
        demand("own float32", plain_goal(name, goal, run["machine"]["flags"]), plain / row["us"]["psionic"])
    return found
