"""What must be shown: the rows of parity/inventory.tsv, the anchors of parity/anchors.tsv, and the ten families."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, List, Sequence, Tuple

from .paths import PARITY, UsageError

BEYOND = "beyond_seed"
BACKEND_CLOSURE = "backend-closure"

# Family, acceptance category, and what it does not claim.
_FAMILIES: Sequence[Tuple[str, str, str]] = (
    ("array_core", "array-runtime-surface",
     "Arrays, dtypes, host interop and indexing."),
    ("ops_numeric", "array-runtime-surface",
     "Values, shapes and dtypes of the numeric ops on the CPU."),
    ("device_eval_memory", "array-runtime-surface",
     "Devices, streams, evaluation and memory counters on the CPU; rows that want a GPU count under backend-closure."),
    ("autograd", "transform-compile", "Reverse and forward differentiation of the ops in the table."),
    ("vmap", "transform-compile", "Batching of the ops in the table."),
    ("compile", "transform-compile", "Tracing, graph simplification and caching of compiled functions."),
    ("custom_vjp", "transform-compile", "Functions with gradient rules of their own."),
    ("nn_optimizers_quantized", "nn-optimizer", "Layers, losses, initialisers, optimizers and quantised layers."),
    ("export_import", "export-serialization-tooling", "Array files and exported functions."),
    ("distributed", "distributed-semantics", "Groups, collectives, launch plans and sharded layers."),
)
FAMILIES: Tuple[str, ...] = tuple(name for name, _, _ in _FAMILIES)
CATEGORIES: Dict[str, str] = {name: category for name, category, _ in _FAMILIES}
BOUNDARIES: Dict[str, str] = {name: note for name, _, note in _FAMILIES}
BOUNDARIES[BEYOND] = "Upstream tests outside the ten families, mirrored and reported apart."


@dataclass(frozen=True)
class Row:
    """One test of upstream's."""

    family: str
    file: str
    test: str
    wheel: str  # its outcome on the real CPU wheel: pass, skip, needs_gpu
    assertions: int
    calls: FrozenSet[str]

    @property
    def id(self) -> str:
        return f"{self.file}::{self.test}"


@dataclass(frozen=True)
class Anchor:
    """One named test, script or suite that a family must answer for."""

    family: str
    package: str
    name: str

    @property
    def kind(self) -> str:
        if self.package == "script":
            return "script"
        return "suite" if self.name.startswith("(") else "anchor"

    @property
    def id(self) -> str:
        return f"anchor::{self.package}" if self.kind == "suite" else f"anchor::{self.name}"

    @property
    def wants_hardware(self) -> bool:
        return self.name.endswith("_when_hardware_available")


@dataclass(frozen=True)
class Inventory:
    rows: Tuple[Row, ...]
    anchors: Tuple[Anchor, ...]
    names: Dict[str, FrozenSet[str]]  # upstream's name of a function -> ours that stand for it; * is no function of ours

    def missing_calls(self, row: Row, made: Sequence[str]) -> List[str]:
        """The functions of a row's `calls` that a case did not call by any of our names."""
        have = {*made, "*"}
        return sorted(name for name in row.calls if not self.names.get(name, frozenset((name,))) & have)


def _read(path: Path, columns: int) -> List[List[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    for number, row in enumerate(rows, 2):
        if len(row) != columns:
            raise UsageError(f"{path}:{number}: {len(row)} columns, wanted {columns}")
    return rows


def load(directory: Path = PARITY) -> Inventory:
    """Reads the three tables; a row that appears twice is an error, for outcomes are kept by id."""
    rows = tuple(
        Row(family, file, test, wheel, int(assertions), frozenset(call for call in calls.split(",") if call))
        for family, file, test, wheel, assertions, calls in _read(directory / "inventory.tsv", 6)
    )
    ids = [row.id for row in rows]
    if len(set(ids)) != len(ids):
        twice = sorted({id for id in ids if ids.count(id) > 1})
        raise UsageError(f"inventory.tsv lists twice: {', '.join(twice[:3])}")
    anchors = tuple(Anchor(*fields) for fields in _read(directory / "anchors.tsv", 3))
    names = {upstream: frozenset(ours.split("|")) for upstream, ours in _read(directory / "names.tsv", 2)}
    return Inventory(rows, anchors, names)


def select(only: Sequence[str]) -> Tuple[List[str], bool]:
    """The chosen families in their fixed order, and whether beyond_seed is among them; no choice is all."""
    unknown = [name for name in only if name not in FAMILIES and name != BEYOND]
    if unknown:
        raise UsageError(f'unknown family "{unknown[0]}"; the families are {", ".join(FAMILIES)}, and {BEYOND}')
    if not only:
        return list(FAMILIES), True
    return [name for name in FAMILIES if name in only], BEYOND in only
