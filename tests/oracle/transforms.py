"""Every op's vjp, jvp and vmap, generated from the op table. Each public function is called with random arguments; its tangents
are held against central differences, its gradients against its tangents, its batches against the slices one by one,
batched gradients likewise, and, with --wheel, all of them against the real MLX wheel's.
Usage: transforms.py BUILD [--rounds N] [--seed S] [--only FUNCTION,...] [--wheel PYTHON].
Exits 0 when all agree and every rule that the table promises was among what was checked, else 1."""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

import numpy as np

import generate
from child import Child, Died
from differential import Ours
from make_shapes import ints
from program import BAD, Building, Skip
from table import NUMPY, functions, numpy_of, shape_of
from transform_differences import (
    AROUND, NOT_CHECKED, NOT_COMPLEX, NOT_DIFFERENTIATED, PHASES, SYMMETRIC, UNREACHED, WHEEL_DIFFERENCES)

HERE = pathlib.Path(__file__).parent
INEXACT = ("float32", "float64", "complex64")
COUNT = 3  # the length of a mapped axis


class Calm(Building):
    """Arguments that are right, small, of one dtype, and away from where a function has no derivative."""

    def chance(self, p):
        return p > BAD and super().chance(p)

    def second_dtype(self):
        return self.pair_dtype

    def dtype(self):
        return self.pair_dtype

    def shape(self, least=0, most=3):
        return tuple(self.between(2, 3) for _ in range(self.between(least, most)))

    def array(self, dtype, least=0, most=3):
        return self.leaf(dtype, self.shape(least, most))

    def values(self, dtype, count):
        low, high = AROUND.get(self.function.name, (0.3, 2.0))
        out = self.rng.uniform(low, high, count)
        if self.function.name not in AROUND:
            out *= self.rng.choice([-1, 1], count)
        if dtype in INEXACT:
            return out * np.exp(0.7j * self.rng.uniform(-1, 1, count)) if dtype == "complex64" else out
        return self.rng.integers(0, 2, count)

    def noise(self, shape, dtype):
        out = self.rng.uniform(0.5, 1.5, shape) * self.rng.choice([-1, 1], shape)
        return out * np.exp(1j * self.rng.uniform(-1, 1, shape)) if dtype == "complex64" else out

    def leaf(self, dtype, shape, data=None):
        if data is None:
            data = self.values(dtype, int(np.prod(shape, dtype=np.int64))).reshape([int(n) for n in shape])
        return super().leaf(dtype, np.shape(data) if shape is None else shape, data)


def bound(value):
    return lambda p: p.leaf(p.pair_dtype, (), np.array(value)).name


OWN_MAKERS = {"low": bound(0.2), "high": bound(3.1), "random_truncated_normal.lower": bound(-1.2),
              "random_truncated_normal.upper": bound(1.4),
              "random_normal.loc?": bound(0.4), "random_normal.scale?": bound(1.3), "random_bernoulli.p?": bound(0.4)}


def places(count):
    return lambda p: p.leaf("uint32", (2,), p.rng.integers(0, count, 2)).name


def full_rank(shapes, symmetric=False):
    """Matrices whose singular values, and eigenvalues, lie apart."""
    def make(p):
        shape = p.pick(shapes)
        data = p.noise(shape, p.pair_dtype) / 2 + np.eye(*shape[-2:]) * np.arange(3, 3 + 3 * shape[-1], 3)
        if symmetric:
            below = np.tril(data, -1)
            data = below + np.conj(np.swapaxes(below, -1, -2)) + np.real(data) * np.eye(shape[-1])
        return p.leaf(p.pair_dtype, shape, data).name
    return make


def hermitian(a):
    return (a + np.conj(np.swapaxes(a, -1, -2))) / 2


OWN_MAKERS |= {
    "gather_mm.a": lambda p: p.leaf(p.pair_dtype, (2, 3, 2)).name, "gather_mm.b": lambda p: p.leaf(p.pair_dtype, (3, 2, 4)).name,
    "gather_mm.lhs_indices?": places(2), "gather_mm.rhs_indices?": places(3), "sorted_indices": lambda p: "false",
    "block_masked_mm.a": lambda p: p.leaf(p.pair_dtype, (2, 3)).name, "block_masked_mm.b": lambda p: p.leaf(p.pair_dtype, (3, 2)).name,
    "block_size": lambda p: p.pick(["32", "64"]), "mask_out?": lambda p: "none",  # the wheel's gradient of that one is wrong
    **{f"mask_{side}?": lambda p: p.leaf(p.pair_dtype, (1, 1)).name for side in ("lhs", "rhs")},
    "hadamard_transform.a": lambda p: p.leaf(p.pair_dtype, (2, 4)).name, "hadamard_transform.scale": generate.number(0.5, np.nan),
    "view.dtype": lambda p: {"float64": "int64", "float32": "uint32", "int32": "float32"}.get(p.pair_dtype, p.pair_dtype),
    **{f"{name}.axes?": lambda p: p.pick(["(-1)", "(0)", "none"]) for name in ("softmax", "logsumexp")},
    "softmax.a": lambda p: p.leaf(p.pair_dtype, (2, 3)).name, "logsumexp.a": lambda p: p.leaf(p.pair_dtype, (2, 3)).name,
    **{f"{name}.axes?": lambda p: p.pick(["(-1)", "(0)", "none"]) for name in ("var", "std")},
    "var.a": lambda p: p.leaf(p.pair_dtype, (2, 3)).name, "std.a": lambda p: p.leaf(p.pair_dtype, (2, 3)).name, "ddof": lambda p: p.pick("01"),
    **{f"fast_{name}.x": lambda p: p.leaf(p.pair_dtype, (2, 3)).name for name in ("rms_norm", "layer_norm")},
    "weight?": lambda p: p.leaf(p.pair_dtype, (3,)).name if p.chance(0.8) else "none",
    "bias?": lambda p: p.leaf(p.pair_dtype, (3,)).name if p.chance(0.8) else "none", "eps": generate.number(1e-3),
    **{f"fast_{name}.x": lambda p: p.leaf(p.pair_dtype, (2, 1, 3, 4)).name for name in ("rope", "rope_dynamic")},
    "dims": lambda p: p.pick("24"), "traditional": lambda p: p.pick(["true", "false"]), "base": generate.number(100),
    "fast_rope.scale": generate.number(1, 0.5), "fast_rope_dynamic.scale": generate.number(1, 0.5),
    "fast_rope.offset": generate.between(0, 3), "fast_rope_dynamic.offset": lambda p: p.leaf("int32", (), np.array(2)).name,
    "freqs?": lambda p: "none",
    "queries": lambda p: p.leaf(p.pair_dtype, (1, 2, 3, 4)).name, "keys": lambda p: p.leaf(p.pair_dtype, (1, 1, 3, 4)).name,
    "fast_scaled_dot_product_attention.values": lambda p: p.leaf(p.pair_dtype, (1, 1, 3, 2)).name,
    "fast_scaled_dot_product_attention.scale": generate.number(0.5), "mask_mode": lambda p: p.pick(["causal", "array"]),
    "mask_arr?": lambda p: p.leaf(p.pair_dtype, (3, 3)).name if p.args["mask_mode"] == "array" else "none",
    "sinks?": lambda p: p.leaf(p.pair_dtype, (2,)).name if p.chance(0.5) else "none",
    "compute_uv": lambda p: p.pick(["true", "false"]),
    **{f"{name}.a": full_rank(((2, 2), (2, 3, 3)), True) for name in SYMMETRIC},
    **{f"linalg_{name}.a": full_rank(((2, 2), (2, 3, 3))) for name in "eig eigvals svd".split()},
    **{f"linalg_{name}.a": full_rank(((2, 2), (3, 2), (2, 3, 4))) for name in "qr lu lu_factor".split()},
}


def names_in(word):
    return [v for v in word.strip("{}").split(",") if v] if word[:1] in "v{" else []


def in_order_of(like, values):
    """The values of each row in the order of the nearest ones of `like`."""
    nearest = np.argmin(np.abs(like[..., :, None] - values[..., None, :]), -1)
    return np.take_along_axis(values, nearest, -1)


class Check:
    """One call of one function, and what its transforms answer."""

    def __init__(self, ours, generator, name, dtype, rng):
        self.ours, self.rng, self.name, self.dtype = ours, rng, name, dtype
        self.errors, self.passed, self.failures = [], collections.defaultdict(set), []
        ours.begin()
        self.p = Calm(rng, self.ask)
        generator.step(self.p, name, dtype)
        self.at = len(self.p.lines) - 1
        self.outputs = [v for v in self.p.every if v.name.startswith(f"v{self.at}.")]
        words = self.p.lines[-1].split()[3:]
        used = list(dict.fromkeys(n for word in words for n in names_in(word)))
        self.arrays = [v for n in used for v in self.p.every if v.name == n]
        leaves = {line.split()[0] + ".0" for line in self.p.lines if line.split()[2] == "leaf"}
        self.moving = [v for v in self.arrays if v.dtype == dtype and v.name in leaves]
        if dtype == "complex64" and name in NOT_COMPLEX:
            raise Skip
        self.line = self.p.lines[-1]
        self.differentiable = name not in NOT_DIFFERENTIATED and not (dtype == "complex64" and name in PHASES)
        if name in ("scatter", "put_along_axis") and self.raw(self.arrays[1]).size > 1:
            raise Skip  # updates may meet, and each is then given the gradient, as upstream's are

    def ask(self, line):
        answer = self.ours.ask(line)
        if answer[0] == "error":
            self.errors.append(answer)
        elif answer[-1].startswith("ops:"):
            self.passed[line.split()[2]].update(answer[-1][4:].split(","))
        return answer

    def read(self):
        values, _ = self.ours.finish()
        self.raw_values = values
        self.values = {name: numpy_of(dtype, shape_of(shape), hexes) for name, (dtype, shape, hexes) in values.items()}

    def transform(self, kind, arrays, given, more=""):
        """The line's name, or None where it is refused."""
        name = f"v{len(self.p.lines)}"
        text = lambda vs: "{" + ",".join(v.name for v in vs) + "}"
        made = self.p.line(f"{kind} v{self.at} {text(arrays)} {text(given)} {more}".strip())
        return name if made else None

    def results(self, name, count):
        return [self.values.get(f"{name}.{i}") for i in range(count)]

    # ---- derivatives ----

    def leaf(self, like, data):
        self.data[(made := self.p.leaf(like.dtype, data.shape, data)).name] = data.astype(NUMPY[like.dtype])
        return made

    def derivatives(self):
        raw = {v.name: self.raw(v) for v in self.moving}
        directions = [self.p.noise(v.shape, v.dtype) for v in self.moving]
        if self.name in SYMMETRIC:
            directions = [hermitian(d) for d in directions]
        self.tangents = [self.leaf(v, d) for v, d in zip(self.moving, directions)]
        self.cotangents = [self.leaf(v, self.p.noise(v.shape, v.dtype)) for v in self.outputs]
        sides = [[self.leaf(v, raw[v.name] + sign * self.step * d) for v, d in zip(self.moving, directions)]
                 for sign in (1, -1)]
        self.shifted = [self.transform("at", self.moving, side) for side in sides]
        self.jvp = self.transform("jvp", self.moving, self.tangents)
        self.vjp = self.transform("vjp", self.moving, self.cotangents)

    def raw(self, v):
        words = self.p.lines[int(v.name[1:].split(".")[0])].split()
        return numpy_of(words[3], shape_of(words[4]), words[5])

    @staticmethod
    def dot(a, b):
        return float(np.sum(np.real(np.conj(np.asarray(a, np.complex128)) * b)))

    def judge_derivatives(self):
        loose = 1e-6 if self.step < 1e-3 else 6e-3
        count = len(self.outputs)
        inexact = [v.dtype in INEXACT for v in self.outputs]
        pushed = [0.0 * self.data[c.name] for c in self.cotangents]
        if self.jvp and self.differentiable:
            pushed = self.results(self.jvp, count)
            steady = self.dtype != "float32" or self.name not in NOT_COMPLEX  # wide steps would meet jumps
            high, low = (self.results(s, count) for s in self.shifted)
            if self.name == "linalg_eigvals":  # whose order is LAPACK's choice
                high, low = ([in_order_of(self.values[v.name], x) for v, x in zip(self.outputs, side)] for side in (high, low))
            for i in range(count if steady else 0):
                wide = np.complex128 if self.outputs[i].dtype == "complex64" else np.float64
                wanted = (high[i].astype(wide) - low[i].astype(wide)) / (2 * self.step)
                wanted = np.where(high[i] == low[i], 0, wanted)  # also of infinities
                if self.dtype == "bool":
                    wanted = np.zeros(high[i].shape)  # nothing moves continuously with a truth value
                self.compare(f"jvp of result {i} and the difference quotient", pushed[i], wanted, loose)
        if self.jvp and self.vjp:
            pulled = self.results(self.vjp, len(self.moving))
            for v, g in zip(self.moving, pulled):
                if g.shape != v.shape or g.dtype != NUMPY[v.dtype]:
                    self.failures.append(f"the gradient of {v.dtype}{list(v.shape)} is {g.dtype}{list(g.shape)}")
                    return
            forward = sum(self.dot(self.data[c.name], t) for c, t, fit in zip(self.cotangents, pushed, inexact) if fit)
            back = sum(self.dot(g, self.data[t.name]) for g, t in zip(pulled, self.tangents))
            if not self.differentiable or not np.isfinite([forward, back]).all():
                return
            scale = 1 + sum(float(np.sum(np.abs(t))) for t in pushed) + sum(float(np.sum(np.abs(g))) for g in pulled)
            if not abs(forward - back) <= (1e-9 if self.step < 1e-3 else 2e-5) * scale:
                self.failures.append(f"vjp gives {back:.9g} where jvp gives {forward:.9g}")

    def compare(self, what, got, wanted, loose):
        if got.shape != wanted.shape:
            self.failures.append(f"{what}: shape {got.shape}, not {wanted.shape}")
            return
        wide = np.complex128 if got.dtype == np.complex64 else np.float64
        got, wanted = got.astype(wide), wanted.astype(wide)
        with np.errstate(all="ignore"):
            scale = 1 + (np.max(np.abs(wanted[np.isfinite(wanted)])) if np.isfinite(wanted).any() else 0)
            good = (np.abs(got - wanted) <= loose * scale) | (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        if not good.all():
            i = tuple(np.argwhere(~good)[0])
            self.failures.append(f"{what}: {got[i]:.9g}, not {wanted[i]:.9g}, at {[int(n) for n in i]}")

    # ---- batches ----

    def batch(self, v):
        """Values for every place of the mapped axis: other floats, and the same integers in another order."""
        raw = self.raw(v) if f"v{v.name[1:].split('.')[0]}" in self.leaves else None
        if raw is None:
            return None
        if v.dtype in INEXACT and self.name not in NOT_DIFFERENTIATED:
            return [raw] + [raw * (1 + 0.03 * self.rng.uniform(-1, 1, raw.shape)) for _ in range(COUNT - 1)]
        return [raw] * COUNT if raw.size % 2 or v.dtype in INEXACT else [np.flip(raw)] + [raw] * (COUNT - 1)

    def batches(self):
        self.leaves = {line.split()[0] for line in self.p.lines if line.split()[2] == "leaf"}
        self.mapped, self.mapped_vjp = None, None
        data = {v.name: self.batch(v) for v in self.arrays}
        given = [v for v in self.arrays if data[v.name] is not None]
        chosen = [v for v in given if self.rng.random() < 0.7] or given[:1]
        if not chosen:
            return
        axes = [self.between_axes(v) if v in chosen else -1 for v in self.arrays]
        stacked = [self.p.leaf(v.dtype, None, np.stack(data[v.name], a)) if a >= 0 else v
                   for v, a in zip(self.arrays, axes)]
        slices = [[self.p.leaf(v.dtype, None, data[v.name][i]) if a >= 0 else v for v, a in zip(self.arrays, axes)]
                  for i in range(COUNT)]
        self.mapped = self.transform("vmap", self.arrays, stacked, ints(axes))
        self.mapped_at = stacked, axes
        self.slices = [self.transform("at", self.arrays, s) for s in slices]
        if self.vjp and self.moving:
            ones = [self.p.leaf(v.dtype, None, np.ones((COUNT,) + tuple(v.shape))) for v in self.outputs]
            one = [self.p.leaf(v.dtype, None, np.ones(v.shape)) for v in self.outputs]
            self.mapped_vjp = self.transform("vmap_vjp", self.arrays, stacked + ones, ints(axes + [0] * len(ones)))
            self.slice_vjps = [self.transform("vmap_vjp", self.arrays, s + [ones[0]] + one[1:],
                                              ints([-1] * len(s) + [0] + [-1] * (len(one) - 1))) for s in slices]

    def between_axes(self, v):
        return int(self.rng.integers(0, len(v.shape) + 1))

    def judge_batches(self):
        if not self.mapped or not all(self.slices):
            return
        loose = 1e-10 if self.step < 1e-3 else 1e-4
        for i in range(len(self.outputs)):
            wanted = [self.results(s, len(self.outputs))[i] for s in self.slices]
            got = self.results(self.mapped, len(self.outputs))[i]
            if any(w is None for w in wanted):  # a place that is out of range, say
                self.failures += [] if got is None or got.size == 0 else [f"vmap gives result {i} where a slice fails"]
                return
            self.compare(f"vmap of result {i} and its slices", got, np.stack(wanted), loose)
        if self.mapped_vjp and all(self.slice_vjps):
            count = len(self.arrays)
            for i, v in enumerate(self.arrays):
                got = self.results(self.mapped_vjp, count)[i]
                wanted = np.stack([self.results(s, count)[i][0] for s in self.slice_vjps])
                if v.dtype in INEXACT:
                    self.compare(f"vmap of the gradient of {v.name} and its slices", got, wanted, loose)

    def for_wheel(self):
        """What the wheel needs to answer the same, or None."""
        sent = {name: words for name, words in self.sent()}
        case = {"line": self.line, "leaves": sent}
        names = lambda vs: [v.name for v in vs]
        wanted = lambda line, count: [self.raw_values[f"{line}.{i}"] for i in range(count)]
        if self.vjp:
            case["vjp"] = {"of": names(self.moving), "given": names(self.cotangents), "wanted": wanted(self.vjp, len(self.moving))}
        if self.jvp:
            case["jvp"] = {"of": names(self.moving), "given": names(self.tangents), "wanted": wanted(self.jvp, len(self.outputs))}
        if self.mapped and f"{self.mapped}.0" in self.raw_values:  # its values, that is, are no error
            stacked, axes = self.mapped_at
            case["vmap"] = {"of": names(self.arrays), "given": names(stacked), "axes": axes,
                            "wanted": wanted(self.mapped, len(self.outputs))}
        return case if all(n in sent for n in names(self.arrays)) else None

    def sent(self):
        for line in self.p.lines:
            words = line.split()
            if words[2] == "leaf":
                yield words[0] + ".0", words[3:6]

    def run(self):
        if not self.outputs or not self.arrays:
            raise Skip
        self.vjp = self.jvp = None
        self.data, self.step = {}, 1e-5
        if any(v.dtype in ("float32", "complex64", "float16", "bfloat16") for v in self.outputs + self.arrays):
            self.step = 4e-3
        if self.moving:
            self.derivatives()
        self.batches()
        self.read()
        if self.moving and self.dtype not in ("int32", "uint32"):  # whose derivatives are formal ones, as upstream's
            self.judge_derivatives()
        self.judge_batches()
        return self


# ---- all of them ----

def promised(path):
    """(op, rule) for every rule that the table says YES to."""
    for row in json.loads(path.read_text()):
        if row["kind"] != "function":
            for rule in ("vjp", "jvp", "vmap"):
                if row.get(rule, "YES") in ("YES", ""):
                    yield row["name"], rule


class Run:
    def __init__(self, build, table, seed, log, wheel):
        self.generator = generate.Generator(table, seed)
        self.ours = Ours(build / "tests/oracle/run_program", log)
        self.passed, self.failures = collections.defaultdict(set), []
        self.checked, self.refused = collections.Counter(), collections.Counter()
        self.wheel = wheel and Child([wheel, HERE / "transforms_wheel.py", build / "generated/ops.json"], log)
        self.beside, self.refusals = collections.Counter(), {}

    def one(self, name, dtype, rng):
        """True when a check of the function was made."""
        try:
            check = Check(self.ours, self.generator, name, dtype, rng)
            check.run()
        except Skip:
            self.end_program()
            return False
        except Died as e:
            self.failures.append((name, f"our runner {e}"))
            return True
        for error in check.errors:
            if not error[2].startswith("unsupported_"):
                self.failures.append((name, f"{' '.join(error)}   ({check.line})"))
            self.refused[name, error[2], error[3] if len(error) > 3 else ""] += 1
        self.failures += [(name, f"{dtype}: {text}   ({check.line})") for text in check.failures]
        self.checked[name] += 1
        for kind, ops in check.passed.items():
            self.passed[kind] |= ops
        self.passed["vmap"] |= check.passed["vmap_vjp"]
        if self.wheel and dtype in INEXACT and (case := check.for_wheel()):
            self.ask_wheel(name, dtype, case)
        return True

    def ask_wheel(self, name, dtype, case):
        """The wheel's process may die of a call, which is then none that can be compared."""
        try:
            if not self.wheel.process:
                self.wheel.start()
            answers = self.wheel.ask(case)
        except Died as e:
            answers = {"call": ["refuses", f"its process {e}"]}
        for kind, (outcome, text) in answers.items():
            known = [k for k in WHEEL_DIFFERENCES if name in k[0].split() and kind in k[1].split()
                     and (len(k) < 3 or dtype in k[2].split()) and (len(k) < 4 or k[3] in case["line"].split())]
            outcome = "known" if outcome == "differs" and known else outcome
            self.beside[kind, outcome] += 1
            if outcome == "differs":
                self.failures.append((name, f"{dtype}: {kind}: the wheel's {text}   ({case['line']})"))
            elif outcome == "refuses":
                self.refusals[kind, name] = text

    def end_program(self):
        if self.ours.child.process:
            try:
                self.ours.finish()
            except Died:
                pass

    def every(self, table, rounds, seed):
        for number, name in enumerate(table):
            rng = np.random.default_rng([seed, number])
            for dtype in ("float64", "complex64", "int32", "bool", "float32", "uint32"):
                made = 0
                for _ in range(8 * rounds if made < rounds else 0):
                    made += self.one(name, dtype, rng)
                    if made >= (rounds if dtype == "float64" else (rounds + 1) // 2):
                        break


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--wheel", help="a Python that has the MLX wheel, which is then asked the same")
    options = parser.parse_args()
    np.seterr(all="ignore")
    generate.MAKERS.update(OWN_MAKERS)
    table = {n: f for n, f in functions(options.build / "generated/ops.json").items() if n not in NOT_CHECKED
             and any(kind.startswith("array") for _, kind in f.parameters)}
    if options.only:
        table = {n: f for n, f in table.items() if n in options.only.split(",")}
    with open(options.build / "transforms-stderr.txt", "wb") as log:
        run = Run(options.build, table, options.seed, log, options.wheel)
        run.every(table, options.rounds, options.seed)
    gaps = [f"{name} was never checked" for name in table if not run.checked[name]]
    if not options.only:
        gaps += [f"the {rule} rule of {op} was never checked" for op, rule in promised(options.build / "generated/ops.json")
                 if op not in run.passed[rule] and op not in UNREACHED]
    for name, text in run.failures:
        print(f"FAIL {name}: {text}")
    for gap in gaps:
        print(f"FAIL {gap}")
    reasons = collections.Counter()
    for (_, code, text), n in run.refused.items():
        reasons[f"{code} {text}"] += n
    for reason, n in sorted(reasons.items()):
        print(f"refused {n} times: {reason}")
    for kind in ("vjp", "jvp", "vmap") if options.wheel else ():
        names = sorted(n for k, n in run.refusals if k == kind)
        print(f"the wheel's {kind}: {run.beside[kind, 'equal']} equal, {run.beside[kind, 'known']} known to differ, "
              f"{run.beside[kind, 'refuses']} refused ({', '.join(names)})")
    print(f"{sum(run.checked.values())} calls of {len(run.checked)} functions, {len(run.failures)} failed, {len(gaps)} gaps")
    return 1 if run.failures or gaps else 0


if __name__ == "__main__":
    sys.exit(main())
