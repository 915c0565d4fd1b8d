"""The psionic command, as built: its answers, and one line with status 2 for bad usage."""

import os
import struct
import subprocess

import pytest
from conftest import ROOT

PSIONIC = ROOT / "build" / "psionic"
pytestmark = pytest.mark.skipif(not PSIONIC.exists(), reason="the command is not built")


def psionic(*arguments, **extra):
    return subprocess.run([str(PSIONIC), *arguments], capture_output=True, text=True, env={**os.environ, **extra},
                          timeout=120)


def npy(path, descr, shape, data, fortran=False):
    head = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    head = head.ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)
    return str(path)


@pytest.mark.parametrize("command", ["parity", "coverage", "devices", "ops", "inspect"])
def test_every_command_has_help(command):
    done = psionic(command, "--help")
    assert done.returncode == 0 and done.stdout.startswith(f"usage: psionic {command}")


@pytest.mark.parametrize("arguments", [(), ("nope",), ("ops", "nope"), ("devices", "nope"), ("inspect",),
                                       ("parity", "--only", "nope"), ("coverage", "--only", "vmap")])
def test_bad_usage_is_one_line_and_status_2(arguments):
    done = psionic(*arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout == ""


def test_without_the_source_tree_the_harness_is_a_clear_error(tmp_path):
    done = psionic("parity", PSIONIC_SOURCE=str(tmp_path))
    assert done.returncode == 2 and "io: no harness" in done.stderr and done.stderr.count("\n") == 1
    assert psionic("parity", "--help", PSIONIC_SOURCE=str(tmp_path)).returncode == 0


def test_devices_and_ops():
    assert "cpu:0" in psionic("devices").stdout
    assert "add(a, b)" in psionic("ops", "add").stdout
    assert "matmul" in psionic("ops").stdout


def test_inspect_describes_a_file(tmp_path):
    path = npy(tmp_path / "a.npy", "<f4", "(2, 3)", struct.pack("<6f", 1, 4, 2, 5, 3, -6), fortran=True)
    words = psionic("inspect", path).stdout.split()
    assert words == [path, "dtype", "float32", "shape", "(2,", "3)", "order", "column-major", "min", "-6", "max", "5",
                     "mean", "1.5", "first", "1", "2", "3", "4", "5", "-6"]
    assert "18446744073709551615" in psionic("inspect", npy(tmp_path / "b.npy", "<u8", "(1,)", b"\xff" * 8)).stdout
    assert "no values" in psionic("inspect", npy(tmp_path / "c.npy", "<f8", "(0,)", b"")).stdout


def test_inspect_refuses_what_is_no_array(tmp_path):
    (tmp_path / "x.npy").write_text("not an array")
    for path in (tmp_path / "x.npy", tmp_path / "absent.npy", tmp_path):
        done = psionic("inspect", str(path))
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and done.stdout == ""
