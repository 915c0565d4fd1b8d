"""The CPU reference coverage: a second rendering of the same results, over three families.
Each case that exists is supported, or refused with code, scope and detail, or failed; the rest is listed as uncovered."""

import sys
from typing import Any, Dict, List, Sequence, TextIO

from .outcome import Entry
from .paths import UsageError
from .render import text_table
from .report import COVERAGE_FAMILIES, COVERAGE_RUNNER, ORACLE_WINDOW, digest

SCHEMA_PATH = "docs/mlx_cpu_reference_coverage_report.schema.json"


def check_families(only: Sequence[str]) -> List[str]:
    """The chosen ones of the three families."""
    for name in only:
        if name not in COVERAGE_FAMILIES:
            raise UsageError(f'unknown family "{name}"; the covered families are {", ".join(COVERAGE_FAMILIES)}')
    return [name for name in COVERAGE_FAMILIES if name in only or not only]


def _case(entry: Entry) -> Dict[str, Any]:
    status = "failed" if entry.outcome == "fail" else "refused" if entry.refusal else "supported"
    case: Dict[str, Any] = {"id": entry.id, "kind": entry.kind, "status": status, "checks": entry.checks}
    if status == "refused":
        case["refusal"] = entry.refusal
    if status == "failed":
        case["reason"] = entry.reason
    return case


def family_object(family: str, entries: Sequence[Entry]) -> Dict[str, Any]:
    covered, uncovered = [], []
    for entry in entries:
        if entry.kind == "script":
            continue  # it is this very rendering
        if entry.outcome in ("pass", "refusal", "fail") or entry.refusal:
            covered.append(_case(entry))
        else:
            uncovered.append({"id": entry.id, "kind": entry.kind, "reason": entry.reason})
    counts = {name: sum(case["status"] == name for case in covered) for name in ("supported", "refused", "failed")}
    return {"family_id": family, "counts": {**counts, "uncovered": len(uncovered)}, "cases": covered,
            "uncovered": uncovered}


def build(families: Dict[str, List[Entry]], seconds: float) -> Dict[str, Any]:
    blocks = [family_object(name, entries) for name, entries in families.items()]
    totals = {name: sum(block["counts"][name] for block in blocks)
              for name in ("supported", "refused", "failed", "uncovered")}
    result: Dict[str, Any] = {
        "schema_version": 1, "schema_path": SCHEMA_PATH, "runner": COVERAGE_RUNNER, "oracle_window": ORACLE_WINDOW,
        "backend": "cpu", "selected_families": list(families), "families": blocks, "counts": totals,
        "seconds": round(seconds, 3),
    }
    result["report_digest"] = digest(result)
    return result


def show(report: Dict[str, Any], out: TextIO = sys.stdout) -> None:
    """The counts per family, then every refusal and failure."""
    heads = ("family", "supported", "refused", "failed", "uncovered")
    rows = [(block["family_id"], *(str(block["counts"][name]) for name in heads[1:])) for block in report["families"]]
    print(text_table(heads, rows, left=1), file=out)
    for block in report["families"]:
        for case in block["cases"]:
            if case["status"] == "refused":
                refusal = case["refusal"]
                print(f"refused: {case['id']}: {refusal['code']}: {refusal['scope']}: {refusal['detail']}", file=out)
            elif case["status"] == "failed":
                print(f"failed: {case['id']}: {case['reason']}", file=out)
    print(f"digest {report['report_digest'][:16]}", file=out)
