"""One run from selection to entries, shared by every command that renders results."""

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from . import report, run
from .inventory import BEYOND, Inventory, load, select
from .outcome import Entry, judge_family, stray_cases
from .paths import UsageError
from .render import Progress


@dataclass
class Session:
    """The selected families, the cases that exist for them, and their results once run."""

    inventory: Inventory
    selected: List[str]
    beyond: bool
    cases: Dict[str, run.Case]
    results: Dict[str, run.Result]
    seconds: float = 0.0

    @property
    def names(self) -> List[str]:
        return self.selected + ([BEYOND] if self.beyond else [])

    def wanted(self) -> List[run.Case]:
        """The cases that the selected families' rows and anchors name, each once, in their order."""
        ids = [anchor.id for anchor in self.inventory.anchors if anchor.family in self.names]
        ids += [row.id for row in self.inventory.rows if row.family in self.names]
        return [self.cases[id] for id in dict.fromkeys(ids) if id in self.cases]

    def run_cases(self, progress: Progress, extra: Optional[Mapping[str, str]] = None) -> None:
        start = time.monotonic()
        try:
            self.results = run.run_all(self.wanted(), progress.tell, extra)
        finally:
            progress.clear()
        self.seconds = time.monotonic() - start

    def entries(self, results: Optional[Mapping[str, run.Result]] = None) -> Dict[str, List[Entry]]:
        """Per family, what its rows and anchors count as."""
        return {name: judge_family(self.inventory, name, self.cases, self.results if results is None else results)
                for name in self.names}

    def proofs(self, seen: Callable[[run.Result], List[str]]) -> Dict[str, str]:
        """For each name that a passing case has seen: the case that saw the fewest."""
        best: Dict[str, Tuple[int, str]] = {}
        for id, result in self.results.items():
            names = seen(result)
            if result.outcome == "pass":
                for name in names:
                    best[name] = min(best.get(name, (len(names), id)), (len(names), id))
        return {name: id for name, (_, id) in best.items()}

    def to_report(self, results: Optional[Mapping[str, run.Result]] = None) -> Dict[str, Any]:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return report.build(self.selected, self.entries(results), self.seconds, now)


def prepare(only: Sequence[str]) -> Session:
    """Selects families and finds their cases; a case that names no row is an error here, not a silent gap."""
    selected, beyond = select(only)
    inventory = load()
    cases = run.discover()
    stray = stray_cases(inventory, cases)
    if stray:
        raise UsageError(f'{stray[0][1]}: the case "{stray[0][0]}" names no row of inventory.tsv and no anchor')
    return Session(inventory, selected, beyond, cases, {})
