"""--upstream DIR: is this checkout really the tag whose tests we would run? Each file is held against its known hash."""

import hashlib
from pathlib import Path
from typing import Dict, List

from .paths import PARITY, UsageError

TAG = "v0.31.1"
NOT_YET = "unsupported: upstream's own Python tests cannot run yet: no Python binding"


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
