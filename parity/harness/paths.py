"""Where things are in the source tree, and the one kind of error that ends a command with exit status 2."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARITY = ROOT / "parity"
DOCS = ROOT / "docs"
# A sanitizer build elsewhere can be put under the harness; the ordinary one is build/.
BUILD = Path(os.environ.get("PSIONIC_BUILD_DIR") or ROOT / "build").resolve()


def cases_program() -> Path:
    """The program that holds the cases written in C; tests put another one under the harness."""
    return Path(os.environ.get("PSIONIC_PARITY_CASES") or BUILD / "psionic-parity-cases").resolve()


class UsageError(Exception):
    """A wrong argument or surrounding; its text is the one line that the user sees."""


def check_writable(path: Path, what: str) -> None:
    """Refuses a path that could not be written, before any work is done for it, leaving no trace."""
    if path.is_dir():
        raise UsageError(f"cannot write {what} {path}: it is a directory")
    parent = path.parent
    if not parent.is_dir():
        raise UsageError(f"cannot write {what} {path}: no directory {parent}")
    existed = path.exists()
    try:
        with open(path, "ab"):
            pass
    except OSError as error:
        raise UsageError(f"cannot write {what} {path}: {error.strerror}") from None
    if not existed:
        path.unlink()


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file's contents, or leaves the old ones."""
    if path.exists() and not path.is_file():  # a pipe or a device, such as /dev/stdout
        path.write_text(text, encoding="utf-8")
        return
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
