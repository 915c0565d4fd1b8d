"""The commands: python3 -m harness parity | coverage | faults | docs ARGS. Exit status: 0, 1 for a failure found by a
case or a check, 2 for bad usage or surroundings, with one line that says what."""

import os
import sys
from pathlib import Path
from typing import List, Optional

from . import coverage, docs, faults, report
from .build import ensure_built
from .inventory import BEYOND, FAMILIES, select
from .options import Parser
from .paths import UsageError, check_writable, write_atomically
from .render import Progress, show, show_list
from .session import prepare
from .upstream import check_checkout, run_files
from .upstream import show as show_upstream


def _parser(command: str, description: str) -> Parser:
    parser = Parser(os.environ.get("PSIONIC_COMMAND", f"harness {command}"), description)
    if command in ("parity", "coverage"):
        parser.add_argument("--only", action="append", default=[], metavar="FAMILY", help="only this family; repeatable")
        parser.add_argument("--report", type=Path, metavar="PATH", help="write the report here, as JSON")
    return parser


def parity(arguments: List[str]) -> int:
    parser = _parser("parity", "Runs the parity cases and shows what each family's rows and anchors come to.")
    parser.epilog = f"Families: {', '.join(FAMILIES)}, and {BEYOND} (apart). Exit status 1 when a case fails."
    parser.add_argument("--upstream", type=Path, metavar="DIR", help="also run upstream's own tests from this checkout")
    parser.add_argument("--list", action="store_true", help="list rows, anchors and their cases; run nothing")
    options = parser.parse_args(arguments)
    select(options.only)  # refuses an unknown family before anything is built
    if options.report:
        check_writable(options.report, "the report")
    if options.upstream:
        check_checkout(options.upstream)
    ensure_built()
    session = prepare(options.only)
    if options.list:
        show_list(session.to_report())
        return 0
    session.run_cases(Progress(sys.stderr))
    result = session.to_report()
    show(result)
    lost = False
    if options.upstream:
        progress = Progress(sys.stderr)
        files = run_files(options.upstream, session.inventory, session.names, progress.tell)
        progress.clear()
        show_upstream(files)
        lost = any(file.lost or file.problem for file in files)
    if options.report:
        write_atomically(options.report, report.to_text(result))
    return 1 if lost or report.any_failed(result) else 0


def cover(arguments: List[str]) -> int:
    parser = _parser("coverage", "Shows which reference cases the CPU supports, and which it refuses and why.")
    parser.epilog = f"Families: {', '.join(report.COVERAGE_FAMILIES)}. Exit status 1 when a case fails."
    options = parser.parse_args(arguments)
    families = coverage.check_families(options.only)
    if options.report:
        check_writable(options.report, "the report")
    ensure_built()
    os.environ["PSIONIC_PARITY_INNER"] = "1"  # the anchors that run this very command are not run by it
    session = prepare(families)
    session.run_cases(Progress(sys.stderr))
    result = coverage.build(session.entries(), session.seconds)
    coverage.show(result)
    if options.report:
        write_atomically(options.report, report.to_text(result))
    return 1 if result["counts"]["failed"] else 0


COMMANDS = {"parity": parity, "coverage": cover, "faults": faults.main, "docs": docs.main}


def main(arguments: Optional[List[str]] = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    command = arguments[0] if arguments else ""
    try:
        if command not in COMMANDS:
            raise UsageError(f"the commands are {', '.join(COMMANDS)}")
        status = COMMANDS[command](arguments[1:])
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(f"{os.environ.get('PSIONIC_COMMAND', 'harness')}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
