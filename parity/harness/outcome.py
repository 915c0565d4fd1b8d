"""From results to outcomes: what a row or an anchor counts as, and what a family does. The rules stand here and nowhere else."""

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from .inventory import BACKEND_CLOSURE, Anchor, Inventory, Row
from .run import Case, Result

NO_CASE = "no case yet"
NO_GPU = "no GPU backend and no hardware"


@dataclass
class Entry:
    """One row or anchor of one family, with how it counts."""

    family: str
    kind: str  # row, anchor, script or suite
    id: str
    upstream_file: str
    upstream_test: str
    wheel: str
    outcome: str
    reason: str = ""
    source: str = ""
    counted_under: str = ""  # the family itself, or backend-closure
    checks: int = 0
    checks_wanted: int = 0
    missing_calls: List[str] = field(default_factory=list)
    refusal: Optional[Dict[str, str]] = None
    detail: str = ""


def judge_row(inventory: Inventory, row: Row, case: Optional[Case], result: Optional[Result]) -> Entry:
    """A row's outcome. A mirror that does too little is `unsupported (thin)`; one that refuses what the real wheel
    does is unsupported; one that fails, fails however thin."""
    wanted = (row.assertions + 1) // 2
    under = BACKEND_CLOSURE if row.wheel == "needs_gpu" else row.family
    entry = Entry(row.family, "row", row.id, row.file, row.test, row.wheel, "unsupported", counted_under=under,
                  checks_wanted=wanted)
    if case is None:
        entry.reason = NO_GPU if row.wheel == "needs_gpu" else NO_CASE
        return entry
    _take(entry, case, result)
    if result is None or result.outcome in ("fail", "unsupported"):
        return entry
    entry.missing_calls = inventory.missing_calls(row, result.calls)
    if entry.missing_calls or result.checks < wanted:
        entry.outcome, entry.reason = "unsupported", "thin: " + _thinness(entry, wanted)
    elif result.outcome == "refusal" and row.wheel == "pass":
        entry.outcome, entry.reason = "unsupported", "refused, where the real wheel passes"
    return entry


def _take(entry: Entry, case: Case, result: Optional[Result]) -> None:
    """Fills in what the case is and how its run ended; a listing has cases that were not run."""
    entry.source, entry.reason = case.source, "not run"
    if result is not None:
        entry.outcome, entry.reason, entry.checks = result.outcome, result.message, result.checks
        entry.refusal, entry.detail = result.refusal, result.detail


def _thinness(entry: Entry, wanted: int) -> str:
    parts = []
    if entry.missing_calls:
        parts.append("calls no " + ", ".join(entry.missing_calls))
    if entry.checks < wanted:
        parts.append(f"{entry.checks} checks of at least {wanted}")
    return "; ".join(parts)


def judge_anchor(anchor: Anchor, case: Optional[Case], result: Optional[Result]) -> Entry:
    """An anchor's outcome; meeting the typed refusal is what `…_when_hardware_available` passes by."""
    entry = Entry(anchor.family, anchor.kind, anchor.id, anchor.package, anchor.name, "", "unsupported", NO_CASE,
                  counted_under=anchor.family)
    if case is None:
        return entry
    _take(entry, case, result)
    if anchor.wants_hardware and result is not None and result.outcome == "refusal":
        entry.outcome, entry.reason = "pass", "met the typed refusal; the half that wants hardware is under backend-closure"
    return entry


def judge_family(inventory: Inventory, family: str, cases: Mapping[str, Case],
                 results: Mapping[str, Result]) -> List[Entry]:
    """All entries of a family, anchors first, and after each anchor that wants hardware the half we cannot run."""
    entries = []
    for anchor in inventory.anchors:
        if anchor.family == family:
            entries.append(judge_anchor(anchor, cases.get(anchor.id), results.get(anchor.id)))
            if anchor.wants_hardware:
                entries.append(Entry(family, "anchor", anchor.id + " (hardware half)", anchor.package, anchor.name, "",
                                     "unsupported", NO_GPU, counted_under=BACKEND_CLOSURE))
    for row in inventory.rows:
        if row.family == family:
            entries.append(judge_row(inventory, row, cases.get(row.id), results.get(row.id)))
    return entries


def combine(outcomes: Sequence[str]) -> str:
    """One outcome for many: any fail, then any unsupported, then refusal when nothing passes, then pass."""
    if "fail" in outcomes:
        return "fail"
    if "unsupported" in outcomes or not outcomes:
        return "unsupported"
    return "pass" if "pass" in outcomes else "refusal"


def family_outcome(entries: Sequence[Entry]) -> str:
    """Rows that want absent hardware count elsewhere, unless one failed: a failure is never out of sight."""
    return combine([e.outcome for e in entries if e.counted_under != BACKEND_CLOSURE or e.outcome == "fail"])


def counts(entries: Sequence[Entry]) -> Dict[str, int]:
    found = {"pass": 0, "refusal": 0, "unsupported": 0, "fail": 0}
    for entry in entries:
        found[entry.outcome] += 1
    return {"total": len(entries), **found}


def stray_cases(inventory: Inventory, cases: Mapping[str, Case]) -> List[Tuple[str, str]]:
    """Cases that name no row and no anchor: a misspelt name must not pass for a missing case."""
    known = {row.id for row in inventory.rows} | {anchor.id for anchor in inventory.anchors}
    return [(case.id, case.source) for case in cases.values() if case.id not in known]
