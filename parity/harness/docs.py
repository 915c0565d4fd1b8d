"""The generated tables of docs/: written between a pair of markers; `--check` says which are not current.
Their numbers come from a run of the harness; the op reference comes from opgen."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

from .build import ensure_built
from .options import Parser
from .paths import BUILD, DOCS, ROOT, UsageError, write_atomically
from .render import Progress, markdown_table, table_rows
from .report import any_failed
from .session import prepare

Report = Dict[str, Any]


def _families(report: Report) -> str:
    heads = ("family", "category", "outcome", "cases", "pass", "refusal", "unsupported", "fail")
    category = {family["family_id"]: family["acceptance_category"] for family in report["families"]}
    return markdown_table(heads, [(row[0], category.get(row[0], ""), *row[1:]) for row in table_rows(report)])


def _scope(report: Report) -> str:
    heads = ("family", "today", "boundary")
    blocks = report["families"] + [report["beyond_seed"]]
    return markdown_table(heads, [(b["family_id"], b["summary"], b["boundary_note"]) for b in blocks])


def _roadmap(report: Report) -> str:
    """What each upstream file still lacks."""
    rows = []
    for block in report["families"] + [report["beyond_seed"]]:
        files: Dict[str, List[str]] = {}
        for case in block["cases"]:
            if case["kind"] == "row":
                files.setdefault(case["upstream_file"], []).append(case["outcome"])
        for name, outcomes in sorted(files.items()):
            rows.append((block["family_id"], name, str(len(outcomes)), str(outcomes.count("pass")),
                         str(len(outcomes) - outcomes.count("pass"))))
    return markdown_table(("family", "upstream file", "rows", "pass", "to come"), rows)


def _anchors(report: Report) -> str:
    seen: Dict[str, List[str]] = {}
    for block in report["families"]:
        for case in block["cases"]:
            if case["kind"] != "row" and case["counted_under"] != "backend-closure":
                name = case["upstream_test"] if case["kind"] != "suite" else case["upstream_file"] + " (whole suite)"
                seen.setdefault(name, [case["outcome"]]).append(block["family_id"])
    rows = [(f"`{name}`", ", ".join(rest[1:]), rest[0]) for name, rest in seen.items()]
    return markdown_table(("anchor", "families", "outcome"), rows)


def _ops(report: Report) -> str:
    """What `psionic ops` says, and for each op the smallest case that proved it."""
    try:
        told = subprocess.run([BUILD / "psionic", "ops"], capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"psionic ops does not answer: {error}") from None
    heads, *lines = told.split("\n\n")[0].splitlines()
    count = len(heads.split()) - 1  # but for the sentence at the end
    rows = [line.split()[:count] for line in lines]
    return markdown_table((*heads.split()[:count], "proved by"),
                          [(f"`{row[0]}`", *row[1:], report["op proofs"].get(row[0], "no case")) for row in rows])


def _functions(report: Report) -> str:
    """Every function of mlx.core that computes, and every other one of ours, with the smallest case that called it."""
    rows = json.loads((BUILD / "generated" / "ops.json").read_text(encoding="utf-8"))
    functions = [row["name"] for row in rows if row["signature"] is not None]
    table, named, proofs = [], set(), report["call proofs"]
    api = (ROOT / "bindings/python/api.def").read_text(encoding="utf-8")
    for module, name, op in re.findall(r"^(?:PY|HAND)\((core|random|linalg|fft|fast), (\w+)(?:, (\w+))?,", api, re.M):
        prefix = "" if module == "core" else module
        op = op or "_".join(filter(None, (prefix, name)))
        python = ".".join(filter(None, ("mx", prefix, name)))
        if op in functions:
            named.add(op)
            table.append((f"`{python}`", f"`psi_{op}`", "yes", proofs.get(python) or proofs.get(op, "no case")))
    table += [("", f"`psi_{op}`", "yes", proofs.get(op, "no case")) for op in functions if op not in named]
    return markdown_table(("mlx.core", "C", "cpu", "called by"), table)


TABLES: Dict[str, Dict[str, Callable[[Report], str]]] = {
    "MLX_PARITY_HARNESS.md": {"families": _families, "anchors": _anchors},
    "MLX_COMPATIBILITY_SCOPE.md": {"scope": _scope},
    "ROADMAP_MLX.md": {"roadmap": _roadmap},
    "capabilities.md": {"capabilities": _ops, "functions": _functions},
}


def fill(text: str, name: str, table: str, path: Path) -> str:
    """The text with the table put between its markers, which must both be there once."""
    begin, end = f"<!-- table: {name} -->", f"<!-- end: {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise UsageError(f"{path}: wants the markers {begin} and {end}, once each and in order")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    return pattern.sub(lambda match: f"{begin}\n{table}\n{end}", text)


def main(arguments: List[str]) -> int:
    parser = Parser("docs", __doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; status 1 when a table is not current")
    options = parser.parse_args(arguments)
    ensure_built()
    session = prepare(())
    session.run_cases(Progress(sys.stderr))
    report = session.to_report()
    if any_failed(report):
        raise UsageError("a parity case fails: the documents are written from a run in which none does")
    report["op proofs"] = session.proofs(lambda result: result.ops or [])
    report["call proofs"] = session.proofs(lambda result: result.calls)
    stale = []
    for name, tables in TABLES.items():
        path = DOCS / name
        try:
            old = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        new = old
        for table, render in tables.items():
            new = fill(new, table, render(report), path)
        if new != old:
            stale.append(name)
            if not options.check:
                write_atomically(path, new)
    for name in stale:
        print(f"docs/{name}: {'not current; run scripts/docs' if options.check else 'written'}")
    return 1 if stale and options.check else 0
