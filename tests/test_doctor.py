"""The doctor finds what is there, and says how to get what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dace_transfer import doctor, toolchain


def checks() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine()}


def test_everything_required_is_found_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DACE_TRANSFER_DATABASE", str(tmp_path / "new" / "database.sqlite"))
    found = checks()
    assert [name for name, check in found.items() if check.required and not check.ok] == []
    assert found["BLAS"].ok
    assert all(bool(check.advice) != check.ok for check in found.values())
    assert not (tmp_path / "new").exists()


def test_a_missing_compiler_is_said_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    compiler = checks()["C++ compiler with OpenMP"]
    assert not compiler.ok
    assert compiler.required
    assert "apt-get install g++" in compiler.advice


def test_a_missing_blas_costs_speed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "blas_folder", lambda: None)
    blas = checks()["BLAS"]
    assert (blas.ok, blas.required) == (False, False)
    assert "scipy-openblas32" in blas.advice


def test_passwords_in_the_place_of_the_database_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DACE_TRANSFER_DATABASE", "postgresql+psycopg://user:secret@host/tuning")
    database = checks()["Database"]
    assert "secret" not in database.found
    assert "user:***@host/tuning" in database.found


def test_more_threads_than_cpus_are_advised_against(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    threads = checks()["OpenMP threads"]
    assert not threads.ok
    assert "OMP_NUM_THREADS=" in threads.advice
