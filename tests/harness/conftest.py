"""Puts the harness on the path, and a fake case program under it that can crash, hang, lie and be thin."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "parity"))

FAKE = """
    #!{python}
    import json, os, signal, sys, time
    CASES = json.load(open(os.environ["FAKE_CASES"]))
    if sys.argv[1] == "--list":
        for id in CASES:
            entry = {{"id": id, "kind": "row", "family": "", "test": "", "source": "parity/cases/fake.c:1"}}
            print(json.dumps({{**entry, **CASES[id].get("entry", {{}})}}))
        sys.exit(0)
    case = CASES[sys.argv[2]]
    how = case.get("how", "answer")
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "hang":
        time.sleep(60)
    if how == "silent":
        sys.exit(0)
    answer = {{"id": sys.argv[2], "outcome": "pass", "checks": 1000, "failures": 0, "calls": [], "message": ""}}
    answer.update(case.get("answer", {{}}))
    if os.environ.get("PSIONIC_FAULT") in case.get("ops", ()):
        answer.update(outcome="fail", failures=1, message="spoilt")
    answer["ops"] = case.get("ops", [])
    print(json.dumps(answer))
    sys.stdout.flush()
    sys.exit(case.get("status", 1 if answer["outcome"] == "fail" else 0))
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """fake({id: how}) -> a function that runs the harness on such cases: fake.run("parity", "--only", "vmap")."""
    program = tmp_path / "cases"
    program.write_text(textwrap.dedent(FAKE).format(python=sys.executable).lstrip())
    program.chmod(0o755)
    table = tmp_path / "cases.json"
    environment = {**os.environ, "PSIONIC_PARITY_CASES": str(program), "PSIONIC_PARITY_PYTHON": "none", "FAKE_CASES": str(table),
                   "PYTHONPATH": str(ROOT / "parity"), "PSIONIC_PARITY_INNER": "1"}

    class Fake:
        report_path = tmp_path / "report.json"

        def cases(self, cases):
            table.write_text(json.dumps(cases))

        def run(self, *arguments, **extra):
            return subprocess.run([sys.executable, "-m", "harness", *arguments], env={**environment, **extra},
                                  capture_output=True, text=True, timeout=120)

        def report(self, *arguments, **extra):
            """The report of a run, and its exit status."""
            done = self.run(*arguments, "--report", str(self.report_path), **extra)
            assert done.returncode in (0, 1), done.stderr
            return json.loads(self.report_path.read_text()), done.returncode

    monkeypatch.setenv("PSIONIC_PARITY_CASES", str(program))
    monkeypatch.setenv("PSIONIC_PARITY_PYTHON", "none")
    monkeypatch.setenv("FAKE_CASES", str(table))
    made = Fake()
    made.cases({})
    return made
