"""Isolation, exit statuses, the report and its digest, on a fake case program."""

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT

from harness import run
from harness.report import digest

ROW = "tests/custom_vjp_tests.cpp::test simple custom vjp"
OTHER = "tests/custom_vjp_tests.cpp::test checkpointing"
CALLS = ["add", "array_from", "array_equal", "checkpoint", "cos", "custom_vjp", "divide", "exp", "grad", "identity",
         "multiply", "ones", "subtract", "sum", "vjp", "value_and_grad", "eval", "square", "zeros", "sin", "shape"]


def entry(report, family, id):
    block = next(block for block in report["families"] if block["family_id"] == family)
    return next(case for case in block["cases"] if case["id"] == id)


def test_a_crash_is_that_cases_failure_only(fake):
    fake.cases({ROW: {"how": "crash"}, OTHER: {"answer": {"calls": CALLS}}})
    report, status = fake.report("parity", "--only", "custom_vjp")
    assert status == 1
    assert entry(report, "custom_vjp", ROW)["reason"] == "the case was killed by SIGSEGV"
    assert entry(report, "custom_vjp", OTHER)["outcome"] != "fail"
    assert report["families"][0]["current_outcome"] == "fail"


def test_a_hang_ends_at_the_limit(fake):
    fake.cases({ROW: {"how": "hang"}})
    case = run.Case(ROW, "x", (os.environ["PSIONIC_PARITY_CASES"], "--run", ROW))
    start = time.monotonic()
    result = run.run_case(case, limit=0.5)
    assert result.outcome == "fail" and "did not end within 0.5 s" in result.message
    assert time.monotonic() - start < 5


def test_a_case_may_have_a_limit_of_its_own(fake):
    fake.cases({ROW: {"how": "hang", "entry": {"seconds": 0.5}}, OTHER: {"answer": {"calls": CALLS}}})
    report, _ = fake.report("parity", "--only", "custom_vjp")
    assert entry(report, "custom_vjp", ROW)["reason"] == "the case did not end within 0.5 s"
    assert entry(report, "custom_vjp", OTHER)["outcome"] == "pass"


@pytest.mark.parametrize("how, message", [
    ({"how": "silent"}, "the case gave no answer"),
    ({"answer": {"checks": 0}}, "the case ran no check"),
    ({"answer": {"id": "another"}}, "the case gave no answer"),
    ({"answer": {"outcome": "splendid"}}, "the case gave no answer"),
    ({"status": 23}, "the case's process ended with status 23"),
    ({"status": 1}, "the case's process ended with status 1"),
])
def test_an_answer_must_agree_with_how_the_process_ended(fake, how, message):
    fake.cases({ROW: how})
    report, status = fake.report("parity", "--only", "custom_vjp")
    assert (status, entry(report, "custom_vjp", ROW)["reason"]) == (1, message)


def test_the_report_validates_and_its_digest_is_stable(fake):
    fake.cases({ROW: {"answer": {"calls": CALLS}}})
    schema = json.loads((ROOT / "docs/mlx_parity_harness_report.schema.json").read_text())
    first, status = fake.report("parity")
    assert status == 0
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(first, schema, cls=jsonschema.Draft202012Validator)
    second, _ = fake.report("parity")
    assert first["report_digest"] == second["report_digest"] == digest(first)
    assert [family["family_id"] for family in first["families"]] == first["selected_families"]
    assert len(first["families"]) == 10 and first["beyond_seed"]["family_id"] == "beyond_seed"
    fake.cases({ROW: {"how": "crash"}})
    third, _ = fake.report("parity")
    jsonschema.validate(third, schema, cls=jsonschema.Draft202012Validator)
    assert third["report_digest"] != first["report_digest"]


def test_beyond_seed_is_reported_apart(fake):
    report, status = fake.report("parity", "--only", "beyond_seed")
    assert (status, report["families"], report["selected_families"]) == (0, [], [])
    assert report["beyond_seed"]["counts"]["total"] == 143


@pytest.mark.parametrize("arguments, words", [
    (("parity", "--only", "nope"), 'unknown family "nope"'),
    (("parity", "--report", "/no/such/folder/r.json"), "cannot write the report"),
    (("parity", "--report", "/"), "it is a directory"),
    (("parity", "--frobnicate"), "unrecognized arguments"),
    (("parity", "--upstream", "/no/such/folder"), "no such directory"),
    (("coverage", "--only", "vmap"), 'unknown family "vmap"'),
    (("coverage", "--report", "/no/such/folder/r.json"), "cannot write the report"),
    (("nope",), "the commands are"),
])
def test_bad_usage_is_one_line_and_status_2(fake, arguments, words):
    done = fake.run(*arguments)
    assert done.returncode == 2 and words in done.stderr and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_a_case_that_names_no_row_is_refused(fake):
    fake.cases({"tests/a.cpp::misspelt": {}})
    done = fake.run("parity")
    assert done.returncode == 2 and "names no row" in done.stderr


def test_a_checkout_that_is_not_the_tag_is_refused(fake, tmp_path):
    (tmp_path / "python" / "tests").mkdir(parents=True)
    done = fake.run("parity", "--upstream", str(tmp_path))
    assert done.returncode == 2 and "not ml-explore/mlx at v0.31.1" in done.stderr


def test_an_older_report_survives_bad_usage(fake):
    fake.report_path.write_text("old")
    assert fake.run("parity", "--only", "nope", "--report", str(fake.report_path)).returncode == 2
    assert fake.report_path.read_text() == "old"


def test_the_report_may_go_to_a_pipe(fake):
    done = fake.run("parity", "--only", "custom_vjp", "--report", "/dev/stdout")
    assert done.returncode == 0 and '"report_digest"' in done.stdout


def test_a_pipe_gets_no_control_characters(fake):
    fake.cases({ROW: {}})
    done = fake.run("parity", "--only", "custom_vjp")
    assert "custom_vjp" in done.stdout
    assert not any(ord(c) < 32 and c != "\n" for c in done.stdout + done.stderr)


def test_a_terminal_sees_progress(fake):
    fake.cases({ROW: {}})
    control, terminal = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "parity"), "PSIONIC_PARITY_INNER": "1"}
    subprocess.run([sys.executable, "-m", "harness", "parity", "--only", "custom_vjp"], stderr=terminal,
                   stdout=subprocess.DEVNULL, env=environment, timeout=60)
    os.close(terminal)
    assert b"[1/1]" in os.read(control, 10000)
    os.close(control)


def test_list_runs_nothing(fake):
    fake.cases({ROW: {"how": "crash"}})
    done = fake.run("parity", "--only", "custom_vjp", "--list")
    assert done.returncode == 0 and ROW in done.stdout and "parity/cases/fake.c:1" in done.stdout


def test_coverage_says_supported_and_refused(fake):
    metal = "anchor::public_lazy_array_metal_eval_refuses_ops_outside_bounded_surface_when_hardware_available"
    refusal = {"code": "unsupported_backend_capability", "scope": "metal", "detail": "no such device"}
    tree = "anchor::public_lazy_array_tree_utilities_preserve_structure_and_refuse_bad_unflatten"
    fake.cases({metal: {"answer": {"outcome": "refusal", "refusal": refusal}}, tree: {}})
    report, status = fake.report("coverage", "--only", "array_core")
    schema = json.loads((ROOT / "docs/mlx_cpu_reference_coverage_report.schema.json").read_text())
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    statuses = {case["id"]: case["status"] for case in report["families"][0]["cases"]}
    assert (status, statuses) == (0, {metal: "refused", tree: "supported"})
    fake.cases({tree: {"how": "crash"}})
    report, status = fake.report("coverage")
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    assert (status, report["counts"]["failed"]) == (1, 1)


def test_files_stay_small():
    for path in Path(ROOT / "parity" / "harness").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 400, path
