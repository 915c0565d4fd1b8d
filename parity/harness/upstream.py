"""--upstream DIR: upstream's own Python tests, unmodified, on our mlx. The checkout's files are held against the tag's hashes; each
test file runs in a child process with a time limit; each test is compared with its outcome on the real wheel."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

from .inventory import Inventory
from .paths import PARITY, ROOT, UsageError

TAG = "v0.31.1"
TIME_LIMIT = 600.0


def known_hashes(path: Path = PARITY / "upstream_hashes.tsv") -> Dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return {name: value for name, value in (line.split("\t") for line in lines)}


def check_checkout(directory: Path) -> int:
    """How many files were checked and are the tag's; anything else is a usage error that names the first difference."""
    if not directory.is_dir():
        raise UsageError(f"--upstream {directory}: no such directory")
    problems: List[str] = []
    hashes = known_hashes()
    for name, wanted in hashes.items():
        try:
            got = hashlib.sha256((directory / name).read_bytes()).hexdigest()
        except OSError as error:
            problems.append(f"{name}: {error.strerror}")
            continue
        if got != wanted:
            problems.append(f"{name} differs")
    present = {str(path.relative_to(directory)) for path in (directory / "python" / "tests").glob("*.py")}
    problems += [f"{name} is not in the tag" for name in sorted(present - hashes.keys())]
    if problems:
        raise UsageError(f"--upstream {directory}: not ml-explore/mlx at {TAG}: {problems[0]}"
                         + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""))
    return len(hashes)


@dataclass
class FileResult:
    """How the tests of one of upstream's files ended here, by name, beside the real wheel's outcomes."""

    name: str
    ours: Dict[str, Tuple[str, str]] = field(default_factory=dict)
    wheel: Dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def lost(self) -> List[str]:
        """Tests that pass on the real wheel and do not pass here."""
        return [test for test, outcome in self.wheel.items()
                if outcome == "pass" and (self.problem or self.ours.get(test, ("missing", ""))[0] != "pass")]


def python_command() -> List[str]:
    """The Python that has our mlx installed."""
    return [str(ROOT / "scripts" / "python")]


def _run_file(directory: Path, result: FileResult) -> None:
    tests = directory / "python" / "tests"
    read, write = os.pipe()
    command = [*python_command(), str(Path(__file__).with_name("upstream_child.py")), Path(result.name).name]
    script = 'exec "$@" 3>&{}'.format(write)
    child = subprocess.Popen(["bash", "-c", script, "bash", *command], cwd=tests, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=(write,), start_new_session=True)
    os.close(write)
    with open(read, encoding="utf-8") as answers:
        try:
            _, stderr = child.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            _, stderr = child.communicate()
            result.problem = f"did not end within {TIME_LIMIT:g} s"
        lines = [json.loads(line) for line in answers if line.endswith("\n")]
    for line in lines:
        if "test" in line:
            result.ours[line["test"]] = (line["outcome"], line["text"])
        elif line["foreign"]:
            result.problem = f"{line['foreign'][0]} is in the process"
    if not result.problem and not any(line.get("done") for line in lines):
        last = stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        result.problem = f"ended with status {child.returncode}: {last[0]}"


def run_files(directory: Path, inventory: Inventory, families: Sequence[str],
              tell: Callable[[int, int, str], None]) -> List[FileResult]:
    """Runs every Python file of the families' rows, one after another."""
    rows = [row for row in inventory.rows if row.family in families and row.file.endswith(".py")]
    results = {row.file: FileResult(row.file) for row in rows}
    for row in rows:
        results[row.file].wheel[row.test] = row.wheel
    for done, result in enumerate(results.values()):
        tell(done, len(results), result.name)
        _run_file(directory, result)
    return list(results.values())


def show(results: Sequence[FileResult]) -> None:
    """A line a file, and under it the tests that were lost, each with its last line."""
    for r in results:
        wanted = sum(outcome == "pass" for outcome in r.wheel.values())
        print(f"upstream {r.name}: {wanted - len(r.lost)} of {wanted} tests that pass on the real wheel pass"
              + (f"; {r.problem}" if r.problem else ""))
        for test in r.lost:
            outcome, text = r.ours.get(test, ("missing", ""))
            print(f"    {test}: {outcome} {(text.strip().splitlines() or [''])[-1][:160]}")
