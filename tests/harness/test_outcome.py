"""The outcome rules, one by one."""


import pytest

from harness.inventory import Anchor, Inventory, Row, load, select
from harness.outcome import Entry, combine, family_outcome, judge_anchor, judge_family, judge_row, stray_cases
from harness.paths import UsageError
from harness.run import Case, Result

ROW = Row("array_core", "tests/a.cpp", "test a", "pass", 5, frozenset(("array", "add")))
NAMES = {"array": frozenset(("array_from", "scalar")), "at": frozenset("*")}
INVENTORY = Inventory((ROW,), (), NAMES)
CASE = Case(ROW.id, "parity/cases/a.c:1", ("true",))


def judge(outcome="pass", checks=3, calls=("scalar", "add"), row=ROW, **more):
    return judge_row(INVENTORY, row, CASE, Result(outcome, checks=checks, calls=list(calls), **more))


def test_a_full_mirror_passes():
    entry = judge()
    assert (entry.outcome, entry.reason, entry.checks_wanted) == ("pass", "", 3)


def test_half_of_an_odd_number_is_rounded_up():
    assert judge(checks=2).outcome == "unsupported"
    assert judge(checks=2).reason == "thin: 2 checks of at least 3"


def test_a_mirror_that_calls_less_is_thin():
    entry = judge(calls=("scalar",))
    assert (entry.outcome, entry.reason, entry.missing_calls) == ("unsupported", "thin: calls no add", ["add"])


def test_what_is_no_function_of_ours_need_not_be_called():
    row = Row("array_core", "tests/a.cpp", "test a", "pass", 1, frozenset(("at",)))
    assert judge(row=row, calls=()).outcome == "pass"


def test_a_thin_case_that_fails_fails():
    assert judge("fail", checks=1, calls=()).outcome == "fail"


def test_a_refusal_does_not_count_where_the_wheel_passes():
    refusal = {"code": "unsupported_op", "scope": "x", "detail": "y"}
    assert judge("refusal", refusal=refusal).outcome == "unsupported"
    row = Row("array_core", "tests/a.cpp", "test a", "skip", 5, ROW.calls)
    assert judge("refusal", refusal=refusal, row=row).outcome == "refusal"


def test_a_row_without_a_case_says_why():
    assert judge_row(INVENTORY, ROW, None, None).reason == "no case yet"
    python = Row("array_core", "python/tests/a.py", "T.t", "pass", 1, frozenset())
    assert judge_row(INVENTORY, python, None, None).reason == "no case yet"


def test_an_anchor_that_wants_hardware_passes_by_the_refusal_and_leaves_its_other_half():
    anchor = Anchor("array_core", "p", "x_when_hardware_available")
    case = Case(anchor.id, "parity/cases/a.c:9", ("true",))
    inventory = Inventory((), (anchor,), {})
    met = {anchor.id: Result("refusal", checks=1, refusal={"code": "c", "scope": "s", "detail": "d"})}
    first, half = judge_family(inventory, "array_core", {anchor.id: case}, met)
    assert (first.outcome, half.outcome, half.counted_under) == ("pass", "unsupported", "backend-closure")
    assert family_outcome([first, half]) == "pass"
    plain = Anchor("array_core", "p", "x")
    assert judge_anchor(plain, case, met[anchor.id]).outcome == "refusal"


@pytest.mark.parametrize("outcomes, family", [
    (("pass", "pass"), "pass"), (("pass", "refusal"), "pass"), (("refusal", "refusal"), "refusal"),
    (("pass", "unsupported"), "unsupported"), (("refusal", "unsupported"), "unsupported"),
    (("unsupported", "fail"), "fail"), ((), "unsupported")])
def test_a_family_is_as_its_worst(outcomes, family):
    assert combine(outcomes) == family


def test_absent_hardware_does_not_hold_a_family_back_but_a_failure_does():
    def entry(outcome, under):
        return Entry("vmap", "row", "i", "f", "t", "needs_gpu", outcome, counted_under=under)

    own = entry("pass", "vmap")
    assert family_outcome([own, entry("unsupported", "backend-closure")]) == "pass"
    assert family_outcome([own, entry("fail", "backend-closure")]) == "fail"


def test_the_inventory_reads_whole():
    inventory = load()
    assert len(inventory.rows) == 938
    assert len(inventory.anchors) == 76
    assert len({anchor.name for anchor in inventory.anchors if anchor.kind == "anchor"}) == 63


def test_a_case_without_a_row_is_noticed():
    assert stray_cases(INVENTORY, {CASE.id: CASE, "x::y": Case("x::y", "here", ())}) == [("x::y", "here")]


def test_families_come_in_their_order_and_unknown_ones_are_refused():
    assert select(["vmap", "array_core"]) == (["array_core", "vmap"], False)
    assert select(["beyond_seed"]) == ([], True)
    assert len(select([])[0]) == 10
    with pytest.raises(UsageError, match='unknown family "nope"'):
        select(["nope"])
