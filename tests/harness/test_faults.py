"""The fault walk's judgement, on a fake case program."""

from harness import faults
from harness.session import prepare
from harness.render import Progress

ROW = "tests/custom_vjp_tests.cpp::test simple custom vjp"
OTHER = "tests/custom_vjp_tests.cpp::test checkpointing"


class Quiet:
    @staticmethod
    def isatty():
        return False


def session(fake, monkeypatch, cases):
    monkeypatch.setenv("PSIONIC_PARITY_INNER", "1")
    fake.cases(cases)
    made = prepare(["autograd", "custom_vjp"])
    made.run_cases(Progress(Quiet()))
    return made


def test_a_watched_op_is_found(fake, monkeypatch):
    refusal = {"outcome": "refusal", "refusal": {"code": "c", "scope": "s", "detail": "d"}}
    made = session(fake, monkeypatch, {ROW: {"ops": ["add", "sin"], "answer": refusal}, OTHER: {"ops": ["add"]}})
    clean = made.to_report()
    assert [case.id for case in faults.watchers("add", made)] == [OTHER, ROW]
    assert faults.walk_op("add", made, clean) is None
    assert faults.walk_op("sin", made, clean) is None


def test_an_op_that_nobody_watches_is_said(fake, monkeypatch):
    made = session(fake, monkeypatch, {ROW: {"ops": ["add"]}})
    assert faults.walk_op("cos", made, made.to_report()) == "no case evaluates it"
    monkeypatch.setattr(faults, "VARIABLE", "PSIONIC_NOTHING")
    assert "none of the 1 cases" in faults.walk_op("add", made, made.to_report())
