"""Runs cases, each in a process of its own with a time limit, so that a crash or a hang is that case's failure only.

A provider is a program that answers `--list` with one JSON object per case and `--run ID` with one JSON object."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .paths import PARITY, ROOT, UsageError, cases_program

TIME_LIMIT = 60.0
WORKERS = 2
OUTCOMES = ("pass", "refusal", "unsupported", "fail")


@dataclass(frozen=True)
class Case:
    """A case that exists, and the command that runs it."""

    id: str
    source: str
    command: Tuple[str, ...]
    environment: Tuple[Tuple[str, str], ...] = ()
    limit: float = TIME_LIMIT  # more, for a case that runs all the others


@dataclass
class Result:
    """How one run of a case ended. `detail` may differ from run to run; nothing else does."""

    outcome: str
    message: str = ""
    checks: int = 0
    failures: int = 0
    calls: List[str] = field(default_factory=list)
    ops: Optional[List[str]] = None  # evaluated ops, where the library tells
    refusal: Optional[Dict[str, str]] = None
    detail: str = ""
    seconds: float = 0.0


def providers() -> List[Tuple[List[str], Dict[str, str]]]:
    """The case program in C, the anchors that concern the harness itself, and the cases in Python."""
    own = [sys.executable, "-m", "harness.selfcase"]
    found: List[Tuple[List[str], Dict[str, str]]] = [([str(cases_program())], {}), (own, {"PYTHONPATH": str(PARITY)})]
    if os.environ.get("PSIONIC_PARITY_PYTHON") != "none":  # the harness's own tests have no Python binding to show
        found.append(([str(ROOT / "scripts" / "python"), str(PARITY / "python" / "pycase.py")], {}))
    return found


def discover() -> Dict[str, Case]:
    """All cases by id, those of the C program before ours; an id that two cases claim is an error."""
    cases: Dict[str, Case] = {}
    for command, environment in providers():
        env = {**os.environ, **environment}
        try:
            done = subprocess.run([*command, "--list"], capture_output=True, text=True, env=env, timeout=TIME_LIMIT)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"cannot list the cases of {command[0]}: {error}") from None
        if done.returncode != 0:
            raise UsageError(f"cannot list the cases of {command[0]}: status {done.returncode}: {done.stderr[-300:]}")
        for line in done.stdout.splitlines():
            entry = json.loads(line)
            if entry["id"] in cases:
                raise UsageError(f'two cases are "{entry["id"]}": {cases[entry["id"]].source} and {entry["source"]}')
            run = (*command, "--run", entry["id"])
            limit = entry.get("seconds", TIME_LIMIT)
            cases[entry["id"]] = Case(entry["id"], entry["source"], run, tuple(environment.items()), limit)
    return cases


def _ended_badly(status: int) -> str:
    if status < 0:
        try:
            return f"the case was killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"the case was killed by signal {-status}"
    return f"the case's process ended with status {status}"


def _read_answer(case: Case, status: int, stdout: str) -> Result:
    """Believes an answer only when the process then ended as that answer demands."""
    try:
        answer = json.loads(stdout.splitlines()[-1])
        result = Result(answer["outcome"], answer["message"], answer["checks"], answer["failures"], answer["calls"],
                        answer.get("ops"), answer.get("refusal"))
        if answer["id"] != case.id or result.outcome not in OUTCOMES:
            raise ValueError
    except (IndexError, KeyError, TypeError, ValueError):
        return Result("fail", _ended_badly(status) if status else "the case gave no answer")
    if status not in (0, 1) or (status == 1) != (result.outcome == "fail"):
        result.outcome, result.message = "fail", _ended_badly(status)
    elif result.outcome == "pass" and result.checks == 0:
        result.outcome, result.message = "fail", "the case ran no check"
    return result


def run_case(case: Case, extra: Optional[Mapping[str, str]] = None, limit: Optional[float] = None) -> Result:
    """Runs one case in a process group of its own, and leaves no process behind; within the case's own limit, or this one."""
    limit = case.limit if limit is None else limit
    env = {**os.environ, **dict(case.environment), **(extra or {})}
    try:
        child = subprocess.Popen(case.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, errors="replace", env=env, start_new_session=True)
    except OSError as error:
        return Result("fail", f"the case cannot be started: {error.strerror}")
    try:
        stdout, stderr = child.communicate(timeout=limit)
        result = _read_answer(case, child.returncode, stdout)
    except subprocess.TimeoutExpired:
        result, stderr = Result("fail", f"the case did not end within {limit:g} s"), ""
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.communicate()
    if result.outcome == "fail":
        result.detail = stderr[-4000:]
    return result


def run_all(cases: Sequence[Case], tell: Callable[[int, int, str], None] = lambda done, count, id: None,
            extra: Optional[Mapping[str, str]] = None, limit: Optional[float] = None) -> Dict[str, Result]:
    """Runs the cases two at a time; `tell` hears of each one that ended."""
    results: Dict[str, Result] = {}
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for case, result in zip(cases, pool.map(lambda one: run_case(one, extra, limit), cases)):
            results[case.id] = result
            tell(len(results), len(cases), case.id)
    return results
