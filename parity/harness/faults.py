"""The fault walk: is every op watched? With PSIONIC_FAULT=op the library spoils that op's results; then a case must fail,
the exit status must be 1, and the digest must differ from the clean one.

For each op only the cases that evaluated it are run, one by one until one fails; the others cannot see the fault, so
their clean results stand in the report whose status and digest are judged. The first op of a walk is also judged
through the real command, all cases and all."""

import json
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional

from . import report, run
from .build import ensure_built
from .inventory import BEYOND, FAMILIES
from .options import Parser
from .paths import BUILD, ROOT, UsageError
from .render import Progress
from .session import Session, prepare

VARIABLE = "PSIONIC_FAULT"
WALKED = (*FAMILIES, BEYOND)  # some ops are watched by nothing but the rows apart


def evaluated_ops() -> List[str]:
    """The ops of the capability matrix that evaluation can meet: every row with a CPU kernel."""
    path = BUILD / "generated" / "ops.json"
    try:
        rows: List[Dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the capability matrix {path}: {error}") from None
    return sorted({row["name"] for row in rows if row["kind"] != "function"})


def watchers(op: str, session: Session) -> List[run.Case]:
    """The cases that can see a fault in an op, those that evaluated the fewest ops first: they are about it."""
    sized = []
    for case in session.wanted():
        result = session.results[case.id]
        if case.source.startswith("parity/cases/") and result.outcome in ("pass", "refusal"):
            seen = result.ops if result.ops is not None else result.calls
            if op in seen:
                sized.append((len(seen), case.id, case))
    return [case for _, _, case in sorted(sized)]


def walk_op(op: str, session: Session, clean: Dict[str, Any]) -> Optional[str]:
    """None when the fault is found as it must be, else what is wrong."""
    cases = watchers(op, session)
    if not cases:
        return "no case evaluates it"
    for case in cases:
        result = run.run_case(case, {VARIABLE: op})
        if result.outcome == "fail":
            spoilt = session.to_report({**session.results, case.id: result})
            if not report.any_failed(spoilt):
                return f"{case.id} fails, and the exit status would be 0"
            if spoilt["report_digest"] == clean["report_digest"]:
                return f"{case.id} fails, and the digest is the clean one"
            return None
    return f"none of the {len(cases)} cases that evaluate it fails"


def walk_command(op: str, clean: Dict[str, Any]) -> Optional[str]:
    """The same through the harness's own command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        only = [word for name in WALKED for word in ("--only", name)]
        done = subprocess.run([str(ROOT / report.RUNNER), *only, "--report", str(path)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, VARIABLE: op})
        if done.returncode != 1:
            return f"the command ended with status {done.returncode}, wanted 1 {done.stderr[-300:]}"
        if json.loads(path.read_text(encoding="utf-8"))["report_digest"] == clean["report_digest"]:
            return "the command's digest is the clean one"
    return None


def choose(ops: List[str], sample: Optional[int], seed: int, named: List[str]) -> List[str]:
    for op in named:
        if op not in ops:
            raise UsageError(f'unknown op "{op}"; `psionic ops` lists them')
    if named:
        return named
    if sample is None or sample >= len(ops):
        return ops
    return sorted(random.Random(seed).sample(ops, sample))


def main(arguments: List[str]) -> int:
    parser = Parser("check-fault-switch", __doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="walk every op (the default)")
    parser.add_argument("--sample", type=int, metavar="N", help="walk N ops drawn by the seed")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--op", action="append", default=[], metavar="NAME", help="walk this op; repeatable")
    options = parser.parse_args(arguments)
    if options.sample is not None and options.sample < 1:
        raise UsageError(f"--sample {options.sample}: wanted at least 1")
    if os.environ.get(VARIABLE):
        raise UsageError(f"{VARIABLE} is set already")
    ensure_built()
    ops = choose(evaluated_ops(), options.sample, options.seed, options.op)
    session = prepare(WALKED)
    progress = Progress(sys.stderr)
    session.run_cases(progress)
    clean = session.to_report()
    if report.any_failed(clean):
        print("a case fails without any fault; see check-psionic-mlx-parity-harness.sh", file=sys.stderr)
        return 1
    os.environ["PSIONIC_PARITY_INNER"] = "1"
    wrong: Dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=run.WORKERS) as pool:
        for done, (op, answer) in enumerate(zip(ops, pool.map(lambda op: walk_op(op, session, clean), ops)), 1):
            progress.tell(done, len(ops), op)
            if answer:
                wrong[op] = answer
    del os.environ["PSIONIC_PARITY_INNER"]
    progress.clear()
    found = [op for op in ops if op not in wrong]
    if found:
        answer = walk_command(found[0], clean)
        if answer:
            wrong[found[0]] = answer
    for op, answer in wrong.items():
        print(f"{op}: {answer}")
    print(f"{len(ops) - len(wrong)} of {len(ops)} ops: a fault makes a case fail, the status 1 and the digest another")
    return 1 if wrong else 0
