"""Brings the case program up to date before a run, by the project's own build command."""

import os
import subprocess
import sys
from typing import Sequence

from .paths import BUILD, ROOT, UsageError, cases_program


def _step(what: str, command: Sequence[str]) -> None:
    """Runs one step; on a terminal it says which, and only a failure shows the step's own output."""
    if sys.stderr.isatty():
        print(f"{what} …", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
    except OSError as error:
        raise UsageError(f"{what}: cannot run {command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-8000:])
        raise UsageError(f"{what}: `{' '.join(command)}` failed with status {done.returncode}")


def ensure_built() -> None:
    """Leaves an up-to-date case program in the build folder, installing what building needs.
    A program named by PSIONIC_PARITY_CASES is taken as it is; another build folder must be configured already."""
    if os.environ.get("PSIONIC_PARITY_CASES"):
        if not os.access(cases_program(), os.X_OK):
            raise UsageError(f"PSIONIC_PARITY_CASES: {cases_program()} is not a program")
    elif BUILD == ROOT / "build":
        _step("building the parity cases", [str(ROOT / "scripts" / "build"), "psionic-parity-cases"])
    else:
        _step("building the parity cases", ["cmake", "--build", str(BUILD), "--target", "psionic-parity-cases"])
