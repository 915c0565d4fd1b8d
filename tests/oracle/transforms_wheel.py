"""The wheel's half of transforms.py: a child process that gets calls with what our transforms answered, one JSON object a line,
applies mlx.core's vjp, jvp and vmap to its own counterpart, and answers with what differs and what it refused."""
import sys

import mlx.core as mx
import numpy as np

from child import questions
from table import functions, numpy_of, shape_of
from upstream import CALLS, Step, counterpart, to_mlx, to_numpy


CALLS["hadamard_transform"] = lambda a, scale: mx.hadamard_transform(a, None if np.isnan(scale) else scale)


def arrays_of(case, names):
    return [to_mlx(numpy_of(d, shape_of(s), h), d) for d, s, h in (case["leaves"][n] for n in names)]


def function_of(case, table, names):
    """The call as a function of the arrays of these names."""
    ours = {n: (d, numpy_of(d, shape_of(s), h)) for n, (d, s, h) in case["leaves"].items()}
    held = {n: to_mlx(values, d) for n, (d, values) in ours.items()}

    def call(*given):
        step = Step(case["line"], table, ours, held | dict(zip(names, given)))
        out = counterpart(step.op)(*step.args.values())
        return list(out) if isinstance(out, (list, tuple)) else [out]
    return call


def apply(kind, case, table):
    asked = case[kind]
    fn, given = function_of(case, table, asked["of"]), arrays_of(case, asked["given"])
    if kind == "vmap":
        axes = tuple(None if a < 0 else a for a in asked["axes"])
        out = mx.vmap(lambda *xs: tuple(fn(*xs)), in_axes=axes)(*given)
    else:
        primals = arrays_of(case, asked["of"])
        if kind == "vjp":
            given = [g.astype(o.dtype) for g, o in zip(given, fn(*primals))]
        out = (mx.vjp if kind == "vjp" else mx.jvp)(fn, primals, given)[1]
    mx.eval(out)
    return [to_numpy(a) for a in out]


def difference(got, wanted):
    for i, ((dtype, a), (d, s, h)) in enumerate(zip(got, wanted, strict=True)):
        b = numpy_of(d, shape_of(s), h)
        if a.shape != b.shape:
            return f"result {i} has shape {list(a.shape)}, ours {list(b.shape)}"
        if dtype != d:
            return f"result {i} has dtype {dtype}, ours {d}"
        a, b = (x.astype(np.complex128 if d == "complex64" else np.float64) for x in (a, b))
        scale = 1 + np.max(np.abs(b), initial=0, where=np.isfinite(b))
        off = ~((np.abs(a - b) <= 2e-4 * scale) | (a == b) | (np.isnan(a) & np.isnan(b)))
        if off.any():
            at = tuple(np.argwhere(off)[0])
            return f"result {i} is {a[at]:.7g} at {[int(n) for n in at]}, ours {b[at]:.7g}"
    return None


def main():
    mx.set_default_device(mx.cpu)
    table = functions(sys.argv[1])
    for case, answer in questions():
        answers = {}
        for kind in ("vjp", "jvp", "vmap"):
            if case.get(kind):
                try:
                    answers[kind] = ["differs" if (text := difference(apply(kind, case, table), case[kind]["wanted"]))
                                     else "equal", text or ""]
                except Exception as e:  # whatever it raises is an outcome
                    answers[kind] = ["refuses", f"{type(e).__name__}: {str(e)[:100]}"]
        answer(answers)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
