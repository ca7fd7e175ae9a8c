"""Peers: which there are, how one process runs one of their versions, and which version is compared."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import peer_run, peers, screening
from benchmarks.case import Case, Tolerance
from benchmarks.settings import Row, Settings
from benchmarks.suites import NPBench
from dace_transfer.errors import DaceTransferError
from dace_transfer.target import Target

ROOT = Path(__file__).parents[2]
TARGET = Target("cpu", "some CPU", (), 1, (), "gcc", "")

RIGHT = """
def kernel(scale, values, result):
    result[:] = scale * values
    return values.sum()
"""
SLOW = "import time\n" + RIGHT.replace("    result", "    time.sleep(0.2)\n    result")
WRONG = RIGHT.replace("scale *", "2.5 *")
BROKEN = RIGHT.replace("values.sum()", "values.absent()")
JAX = """
import jax

@jax.jit
def kernel(scale, values, result):
    return result.at[:].set(scale * values), values.sum()
"""


COMPILED = """
import numba

@numba.njit
def kernel(scale, values, result):
    result[:] = scale * values
    return values.sum()
"""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def screen(checkout: Path, folder: Path, **versions: str) -> screening.Screen:
    """The benchmark "right" with other versions beside it."""
    for name, text in versions.items():
        (checkout / "npbench" / "benchmarks" / "group" / "right" / f"right_{name}.py").write_text(text)
    chosen = tuple(name for name, peer in peers.PEERS.items() if set(peer.versions) & set(versions))
    case = NPBench(checkout).load("right", "S")
    assert set(case.peers) == set(versions)
    settings = Settings(str(checkout), "S", "transfer", peers=chosen)
    return screening.Screen(settings, case, TARGET, case.expected(), folder)


def row_of(work: screening.Screen) -> Row:
    return Row("right", "", work.settings.identity)


def test_the_fastest_right_version_is_compared(checkout: Path, tmp_path: Path) -> None:
    work = screen(checkout, tmp_path, numba_np=SLOW, numba_npr=WRONG, numba_n=RIGHT)
    row = row_of(work)
    rounds = screening.peer_rounds(work, row)
    assert row.peer_versions == {"numba": "numba_n"} and row.baseline_valid == {"numba": True}
    assert "'result' differs from NumPy" in row.screened["numba_npr"]["problem"]
    assert 0 < row.screened["numba_n"]["ms"] < row.screened["numba_np"]["ms"]
    assert rounds["numba"]() > 0


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="Numba is not installed")
def test_numba_compiles_once_for_all_processes(checkout: Path, tmp_path: Path) -> None:
    work = screen(checkout, tmp_path, numba_n=COMPILED)
    rounds = screening.peer_rounds(work, row_of(work))
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "numba").rglob("*.nb?")}
    assert kept and rounds["numba"]() > 0
    assert kept == {file: file.stat().st_mtime_ns for file in (tmp_path / "numba").rglob("*.nb?")}


def test_a_peer_with_nothing_right_is_recorded_and_not_timed(checkout: Path, tmp_path: Path) -> None:
    work = screen(checkout, tmp_path, numba_np=WRONG, numba_n=BROKEN)
    row = row_of(work)
    assert screening.peer_rounds(work, row) == {}
    assert row.peer_versions == {} and row.baseline_valid == {"numba": False}
    assert "numba_n failed: AttributeError" in row.screened["numba_n"]["problem"]


def test_a_peer_that_never_runs_is_neither_right_nor_wrong(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = screen(checkout, tmp_path, numba_n="import os; os._exit(3)")
    row = row_of(work)
    assert screening.peer_rounds(work, row) == {} and row.baseline_valid == {}
    assert "ended with status 3" in row.screened["numba_n"]["problem"]
    monkeypatch.setattr(screening, "_LONGEST", 1.0)
    work = screen(checkout, tmp_path, numba_n="import time; time.sleep(600)")
    assert screening.peer_rounds(work, row) == {} and row.baseline_valid == {}
    assert "timeout" in row.screened["numba_n"]["problem"]


def test_jax_may_return_what_others_write_in_any_order(checkout: Path, tmp_path: Path) -> None:
    pytest.importorskip("jax")
    work = screen(checkout, tmp_path, jax=JAX)
    row = row_of(work)
    assert "jax" in screening.peer_rounds(work, row), row.screened
    wrong = screen(checkout, tmp_path, jax=JAX.replace("scale *", "2.5 *"))
    assert screening.peer_rounds(wrong, row) == {}
    assert row.baseline_valid == {"jax": False} and "differs from NumPy" in row.screened["jax"]["problem"]


def doubled(values: np.ndarray, result: np.ndarray) -> None:
    result[:] = 2 * values


def test_numba_compiles_a_reference_outside_of_the_samples() -> None:
    pytest.importorskip("numba")
    versions = {"numba_n": lambda: peers.compiled(doubled, parallel=False)}
    given = {"values": np.arange(5.0), "result": np.zeros(5)}
    case = Case("doubled", (), lambda: None, given, doubled, list(given), ["result"], Tolerance(), versions)
    sampled, results = peer_run.measure(case, "numba_n")
    assert np.array_equal(results["result"], 2 * given["values"])
    assert not given["result"].any()
    assert max(sampled.samples_s) < sampled.first_call_s


def test_every_call_gets_fresh_arguments() -> None:
    seen: list[float] = []

    def add_one(values: np.ndarray) -> np.ndarray:
        seen.append(float(values[0]))
        values += 1
        return values

    case = Case("add", (), lambda: None, {"values": np.zeros(3)}, add_one, ["values"], (), Tolerance())
    sampled, results = peer_run.measure(case, "numpy")
    assert set(seen) == {0.0} and len(seen) == 1 + len(sampled.samples_s) >= 6
    assert np.array_equal(results["__return"], np.ones(3))
    with pytest.raises(DaceTransferError, match="no version 'numba_n'; it has none"):
        peer_run.measure(replace(case, peers={}), "numba_n")


def test_the_reference_runs_from_the_command_line(checkout: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.peer_run", str(checkout), "right", "S", "numpy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["first_call_s"] > 0 and len(answer["samples_s"]) >= 5


def test_peers_are_chosen_by_name_and_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "numba" else None)
    assert peers.choose_peers("") == ()
    assert peers.choose_peers("numba,") == ("numba",)
    with pytest.raises(DaceTransferError, match="no peer 'julia'; choose of numba, jax"):
        peers.choose_peers("julia,numba")
    with pytest.raises(DaceTransferError, match=r"'jax' is needed.*\[bench\]"):
        peers.choose_peers("jax,numba")


def test_processes_of_peers_do_without_dace() -> None:
    code = "import sys, benchmarks.peer_run; sys.exit('dace' in sys.modules or 'jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
