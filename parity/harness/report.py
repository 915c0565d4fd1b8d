"""The parity report: one JSON object computed from the entries, its digest, and what a digest leaves out."""

import hashlib
import json
from typing import Any, Dict, List, Optional, Sequence

from .inventory import BACKEND_CLOSURE, BEYOND, BOUNDARIES, CATEGORIES
from .outcome import Entry, combine, counts, family_outcome

SCHEMA_VERSION = 1
SCHEMA_PATH = "docs/mlx_parity_harness_report.schema.json"
RUNNER = "scripts/release/check-psionic-mlx-parity-harness.sh"
COVERAGE_RUNNER = "scripts/release/check-psionic-mlx-cpu-reference-coverage.sh"
COVERAGE_FAMILIES = ("array_core", "ops_numeric", "device_eval_memory")
ORACLE_WINDOW = "ml-explore/mlx:v0.31.0..v0.31.1:seed_v0"

# Fields that may differ between two runs of the same tree, at any depth.
VOLATILE = frozenset(("report_digest", "generated_at", "seconds", "diagnostic"))


def canonical(value: Any) -> Any:
    """The value without what may differ from run to run."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


def digest(report: Dict[str, Any]) -> str:
    """SHA-256 of the canonical report: sorted keys, no spaces, ASCII."""
    text = json.dumps(canonical(report), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def case_object(entry: Entry) -> Dict[str, Any]:
    """One entry as the report shows it; fields without content are left out."""
    case: Dict[str, Any] = {
        "id": entry.id, "kind": entry.kind, "upstream_file": entry.upstream_file, "upstream_test": entry.upstream_test,
        "outcome": entry.outcome, "counted_under": entry.counted_under,
        "checks": entry.checks, "checks_wanted": entry.checks_wanted,
    }
    optional = {"wheel_outcome": entry.wheel, "reason": entry.reason, "source": entry.source,
                "missing_calls": entry.missing_calls, "refusal": entry.refusal, "diagnostic": entry.detail}
    case.update({key: value for key, value in optional.items() if value})
    return case


def hook_commands(family: str, entries: Sequence[Entry]) -> List[str]:
    """Commands that rerun the family, its coverage and each anchor that has a test."""
    commands = [f"{RUNNER} --only {family}"]
    if family in COVERAGE_FAMILIES:
        commands.append(f"{COVERAGE_RUNNER} --only {family}")
    for entry in entries:
        if entry.kind in ("anchor", "suite") and entry.source.startswith("parity/cases/"):
            commands.append(f"build/psionic-parity-cases --run '{entry.id}'")
    return commands


def summary_line(entries: Sequence[Entry]) -> str:
    """Counts in words, with the reasons of what is unsupported, most frequent first."""
    own = [entry for entry in entries if entry.counted_under != BACKEND_CLOSURE]
    found = counts(own)
    text = f"{found['pass']} of {found['total']} pass"
    text += "".join(f", {found[name]} {name}" for name in ("refusal", "fail") if found[name])
    reasons: Dict[str, int] = {}
    for entry in own:
        if entry.outcome == "unsupported":
            reason = "thin" if entry.reason.startswith("thin:") else entry.reason
            reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        text += f", {found['unsupported']} unsupported (" + "; ".join(f"{n} {reason}" for reason, n in ordered) + ")"
    elsewhere = len(entries) - len(own)
    return text + (f"; {elsewhere} counted under backend-closure" if elsewhere else "")


def family_object(family: str, entries: Sequence[Entry]) -> Dict[str, Any]:
    """One family of the report, or beyond_seed."""
    own = [entry for entry in entries if entry.counted_under != BACKEND_CLOSURE]
    result: Dict[str, Any] = {
        "family_id": family,
        "upstream_sources": sorted({entry.upstream_file for entry in entries if entry.kind == "row"}),
        "current_outcome": family_outcome(entries),
        "psionic_hook_commands": hook_commands(family, entries),
        "counts": counts(own),
        "summary": summary_line(entries),
        "boundary_note": BOUNDARIES[family],
        "cases": [case_object(entry) for entry in entries],
    }
    if family in CATEGORIES:
        result["acceptance_category"] = CATEGORIES[family]
    return result


def backend_closure(entries: Sequence[Entry]) -> Dict[str, Any]:
    """What wants hardware that is absent, out of all families; each row once, each anchor once."""
    once = {entry.id: entry for entry in entries if entry.counted_under == BACKEND_CLOSURE}
    found = counts(list(once.values()))
    return {
        "acceptance_category": BACKEND_CLOSURE,
        "current_outcome": combine([entry.outcome for entry in once.values()]),
        "counts": found,
        "summary": f"{found['pass']} of {found['total']} pass, {found['unsupported']} want a GPU backend and hardware",
        "cases": sorted(once),
    }


def build(selected: Sequence[str], families: Dict[str, List[Entry]], seconds: float,
          generated_at: Optional[str] = None) -> Dict[str, Any]:
    """The whole report, digest included. `families` may hold beyond_seed beside the selected ones."""
    everything = [entry for entries in families.values() for entry in entries]
    report: Dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "schema_path": SCHEMA_PATH,
        "runner": RUNNER,
        "oracle_window": ORACLE_WINDOW,
        "selected_families": list(selected),
        "families": [family_object(name, families[name]) for name in selected],
        "beyond_seed": family_object(BEYOND, families[BEYOND]) if BEYOND in families else None,
        "backend_closure": backend_closure(everything),
        "summary": overall([family_object(name, families[name]) for name in selected]),
        "seconds": round(seconds, 3),
    }
    if generated_at:
        report["generated_at"] = generated_at
    report["report_digest"] = digest(report)
    return report


def overall(families: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """Family outcomes and case counts over the selected families."""
    outcomes = {name: 0 for name in ("pass", "refusal", "unsupported", "fail")}
    totals = {name: 0 for name in ("total", "pass", "refusal", "unsupported", "fail")}
    for family in families:
        outcomes[family["current_outcome"]] += 1
        for name, number in family["counts"].items():
            totals[name] += number
    return {"family_outcomes": outcomes, "cases": totals}


def any_failed(report: Dict[str, Any]) -> bool:
    """True when a case of any family, beyond_seed included, failed."""
    families = report["families"] + ([report["beyond_seed"]] if report["beyond_seed"] else [])
    return any(case["outcome"] == "fail" for family in families for case in family["cases"])


def to_text(report: Dict[str, Any]) -> str:
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
