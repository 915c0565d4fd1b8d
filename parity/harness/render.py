"""What a person sees: progress on a terminal, the family table, and the failures. A pipe gets plain lines only."""

import shutil
import sys
from typing import Any, Dict, List, Sequence, TextIO

_HEADS = ("family", "outcome", "cases", "pass", "refusal", "unsupported", "fail")


class Progress:
    """One line on a terminal that is rewritten; silent elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.active = stream.isatty()

    def tell(self, done: int, count: int, name: str) -> None:
        if self.active:
            width = max(20, shutil.get_terminal_size().columns - 1)
            self.stream.write("\r\x1b[K" + f"[{done}/{count}] {name}"[:width])
            self.stream.flush()

    def clear(self) -> None:
        if self.active:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def table_rows(report: Dict[str, Any]) -> List[Sequence[str]]:
    """The family table's cells, beyond_seed and backend-closure last."""
    blocks = [(family["family_id"], family) for family in report["families"]]
    if report["beyond_seed"]:
        blocks.append(("beyond_seed (apart)", report["beyond_seed"]))
    if report["backend_closure"]["counts"]["total"]:
        blocks.append(("backend-closure (apart)", report["backend_closure"]))
    names = ("total", "pass", "refusal", "unsupported", "fail")
    return [(label, block["current_outcome"], *(str(block["counts"][name]) for name in names))
            for label, block in blocks]


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 2) -> str:
    """Columns padded to fit; the first `left` of them flush left, numbers flush right."""
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) if i < left else cell.rjust(width)
                         for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()

    return "\n".join([line(heads), line(["-" * width for width in widths]), *(line(row) for row in rows)])


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same as a Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def show(report: Dict[str, Any], out: TextIO = sys.stdout) -> None:
    """The table, then each failure with its place and values, then the digest."""
    print(text_table(_HEADS, table_rows(report)), file=out)
    families = report["families"] + ([report["beyond_seed"]] if report["beyond_seed"] else [])
    failed = [(family["family_id"], case) for family in families for case in family["cases"]
              if case["outcome"] == "fail"]
    for family, case in failed:
        print(f"\nfail: {family}: {case['id']}" + (f" ({case['source']})" if case.get("source") else ""), file=out)
        for line in case.get("reason", "").splitlines():
            print(f"  {line}", file=out)
        diagnostic = case.get("diagnostic", "").splitlines()
        for line in [line for line in diagnostic if line not in case.get("reason", "")][-12:]:
            print(f"  | {line}", file=out)
    cases = report["summary"]["cases"]
    print(f"\n{cases['pass']} of {cases['total']} cases pass, {cases['fail']} fail;"
          f" {report['seconds']:.1f} s; digest {report['report_digest'][:16]}", file=out)


def show_list(report: Dict[str, Any], out: TextIO = sys.stdout) -> None:
    """One line per row and anchor: what there is to run, and why the rest cannot be."""
    families = report["families"] + ([report["beyond_seed"]] if report["beyond_seed"] else [])
    for family in families:
        for case in family["cases"]:
            state = case.get("source") or case.get("reason", "")
            print(f"{family['family_id']}\t{case['kind']}\t{case['id']}\t{state}", file=out)
