"""The anchors that concern the harness itself, behind the same two questions as the case program: --list, --run ID.
Under PSIONIC_PARITY_INNER there are none, so that a command which an anchor runs does not run the anchor again."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from .inventory import load
from .paths import ROOT, UsageError, cases_program
from .report import COVERAGE_FAMILIES, COVERAGE_RUNNER

LIMIT = 600.0  # seconds: such an anchor runs the cases of whole families, each of which has a limit of its own
TRACKS = "anchor::mlx_cpu_reference_coverage_report_tracks_seeded_supported_and_refused_cases"


class Checks:
    """Counts checks and keeps what failed."""

    def __init__(self) -> None:
        self.count = 0
        self.failed: List[str] = []
        self.unsupported = ""  # why there is nothing to show yet

    def that(self, held: bool, text: str) -> None:
        self.count += 1
        if not held:
            self.failed.append(text)


def _coverage(checks: Checks, families: Tuple[str, ...]) -> Dict[str, Any]:
    """Runs the coverage command as a user would, and reads the report it writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        only = [word for name in families for word in ("--only", name)]
        env = {**os.environ, "PSIONIC_PARITY_INNER": "1", "PSIONIC_PARITY_CASES": str(cases_program())}
        done = subprocess.run([str(ROOT / COVERAGE_RUNNER), *only, "--report", str(path)], env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        checks.that(done.returncode == 0, f"the command ended with status {done.returncode}")
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            checks.that(False, f"no report: {error}")
            return {"families": [], "counts": {}}


def _script(family: str) -> Callable[[Checks], None]:
    def run(checks: Checks) -> None:
        result = _coverage(checks, (family,))
        checks.that([block["family_id"] for block in result["families"]] == [family], "covers another family")
        if result["counts"].get("supported") == 0 and not checks.failed:
            checks.unsupported = f"{family} has no case yet"

    return run


def _tracks(checks: Checks) -> None:
    """Every covered case is supported, or refused with code, scope and detail; counts are those of the cases."""
    result = _coverage(checks, COVERAGE_FAMILIES)
    checks.that(tuple(block["family_id"] for block in result["families"]) == COVERAGE_FAMILIES, "lacks a family")
    rows = {row.id for row in load().rows if row.family in COVERAGE_FAMILIES}
    seen = {case["id"] for block in result["families"] for part in ("cases", "uncovered") for case in block[part]}
    checks.that(rows <= seen, f"{len(rows - seen)} rows are missing")
    for block in result["families"]:
        statuses = [case["status"] for case in block["cases"]]
        for name in ("supported", "refused", "failed"):
            checks.that(statuses.count(name) == block["counts"][name], f"{block['family_id']}: {name} is miscounted")
        for case in block["cases"]:
            refusal = case.get("refusal", {})
            whole = all(refusal.get(name) for name in ("code", "scope", "detail"))
            checks.that(case["status"] == "supported" or whole, f"{case['id']}: {case['status']}, not explained")


def _cases() -> Dict[str, Callable[[Checks], None]]:
    if os.environ.get("PSIONIC_PARITY_INNER"):
        return {}
    cases: Dict[str, Callable[[Checks], None]] = {TRACKS: _tracks}
    for anchor in load().anchors:
        words = anchor.name.split()
        if anchor.kind == "script" and len(words) == 3 and words[:2] == [COVERAGE_RUNNER, "--only"]:
            cases[anchor.id] = _script(words[2])
    return cases


def main(arguments: List[str]) -> int:
    cases = _cases()
    if arguments == ["--list"]:
        for id in cases:
            entry = {"id": id, "kind": "anchor", "source": "parity/harness/selfcase.py", "seconds": LIMIT}
            print(json.dumps(entry))
        return 0
    if len(arguments) != 2 or arguments[0] != "--run" or arguments[1] not in cases:
        print("usage: selfcase --list | --run ID", file=sys.stderr)
        return 2
    checks = Checks()
    try:
        cases[arguments[1]](checks)
    except (OSError, UsageError) as error:
        checks.that(False, str(error))
    outcome = "fail" if checks.failed or not checks.count else "unsupported" if checks.unsupported else "pass"
    print(json.dumps({"id": arguments[1], "outcome": outcome, "checks": checks.count, "failures": len(checks.failed),
                      "calls": [], "message": "\n".join(checks.failed) or checks.unsupported}))
    return 1 if outcome == "fail" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
