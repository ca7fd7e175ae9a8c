"""Running suites: one row per program whatever happens, and no program run twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.settings import Row, Settings
from dace_transfer.errors import DaceTransferError


def settings(checkout: Path, tmp_path: Path, timeout: float = 300.0) -> Settings:
    database = str(tmp_path / "database.sqlite")
    return Settings(str(checkout), "S", "transfer", database=database, budget=5.0, rounds=1, timeout=timeout)


def silent(name: str, text: str) -> None:
    pass


def test_a_program_is_tuned_checked_and_timed_on_all_sides(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = (checkout / "npbench/benchmarks/group/right/right_numpy.py").read_text()
    (checkout / "npbench/benchmarks/group/right/right_numba_n.py").write_text(text)
    row = run.run_program(replace(settings(checkout, tmp_path), peers=("numba",)), "right", silent)
    assert row.error == ""
    assert row.valid is True
    assert row.baseline_valid == {"auto_optimize": True, "simplify": True, "numba": True}
    assert set(row.samples_ms) == {"numpy", "numba", "simplify", "auto_optimize", "ours"}
    assert all(samples[0] > 0 for samples in row.samples_ms.values())
    assert row.first_call_s is not None and row.first_call_s > 0
    assert row.context["threads"] >= 1


def test_a_wrong_program_is_told_apart_from_a_right_one(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    row = run.run_program(settings(checkout, tmp_path), "wrong", silent)
    assert row.valid is False
    assert "'result' differs from NumPy" in row.error
    assert row.baseline_valid == {"auto_optimize": False, "simplify": False}


def test_a_crash_and_a_hang_are_rows_too(checkout: Path, tmp_path: Path) -> None:
    crashed = run.run_program(settings(checkout, tmp_path), "crashing", silent)
    assert "ended with status 3" in crashed.error
    hung = run.run_program(settings(checkout, tmp_path, timeout=3.0), "hanging", silent)
    assert "took more than 3 s and was ended" in hung.error
    assert hung.flat()["ours_ms"] is None


def test_rows_are_kept_as_they_come_and_not_run_again(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def fake(settings: Settings, name: str, say: run.Say) -> Row:
        ran.append(name)
        if ran == ["right", "wrong"]:
            raise KeyboardInterrupt
        return Row(name, "", settings.identity, stage="done")

    monkeypatch.setattr(run, "run_program", fake)
    chosen, out = settings(checkout, tmp_path), tmp_path / "out.json"
    with pytest.raises(KeyboardInterrupt):
        run.run_suite(chosen, ["right", "wrong"], out, "title", "command")
    assert [row["program"] for row in json.loads(out.read_text())] == ["right"]
    rows = run.run_suite(chosen, ["right", "wrong"], out, "title", "command")
    assert ran == ["right", "wrong", "wrong"]
    assert [row["program"] for row in rows] == ["right", "wrong"]
    assert "[2/2] wrong" in capsys.readouterr().out
    other = Settings(str(checkout), "S", "measure")
    run.run_suite(other, ["right"], out, "title", "command")
    assert [(row["program"], row["mode"]) for row in json.loads(out.read_text())] == [
        ("right", "transfer"),
        ("wrong", "transfer"),
        ("right", "measure"),
    ]


def test_an_unknown_program_is_told(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(DaceTransferError, match="no program 'absent'"):
        run.run_suite(settings(checkout, tmp_path), ["absent"], None, "title", "command")
