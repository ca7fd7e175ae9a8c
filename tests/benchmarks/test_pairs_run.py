"""Runs of computations written three ways: what is measured, what is asked of it, and what is not run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dace
import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.pairs import __main__ as command
from benchmarks.pairs import run, table
from benchmarks.pairs.row import FormRow, by_kernel, equal, fill_looks
from benchmarks.run import Say
from benchmarks.settings import Settings
from dace_transfer.target import Target

N = dace.symbol("N")
SETTINGS = Settings("pairs", "S", "transfer", budget=5.0, rounds=1, timeout=300.0)


@dace.program
def twice(x: dace.float64[N], y: dace.float64[N]) -> None:
    for i in range(N):
        y[i] = 2.0 * x[i]


@dace.program
def twice_again(x: dace.float64[N], y: dace.float64[N]) -> None:
    for position in range(N):
        y[position] = 2.0 * x[position]


@dace.program
def root(x: dace.float64[N], y: dace.float64[N]) -> None:
    y[:] = np.sqrt(x) + np.exp(x)


def row(name: str, ours: float, baseline: float = 8.0, digest: str = "same", **fields: Any) -> dict[str, Any]:
    samples = {"ours": [ours], "auto_optimize": [baseline]}
    known: dict[str, Any] = {"valid": True, "baseline_valid": {"auto_optimize": True}, "digest": digest, **fields}
    return FormRow(name, name.rpartition("-")[0], SETTINGS.identity, samples_ms=samples, **known).flat()


def kernel(name: str, *times: float, **fields: Any) -> list[dict[str, Any]]:
    return [row(f"{name}-{form}", time, **fields) for form, time in zip("ABC", times, strict=False)]


def met(rows: list[dict[str, Any]]) -> dict[str, bool]:
    return {bar.name.split(",")[0]: bar.met for bar in table.bars(rows)}


def test_forms_that_are_equal_fast_and_right_meet_all_bars() -> None:
    rows = [*kernel("one", 1.0, 1.02, 1.0), *kernel("two", 2.0, 2.04, 1.96), *kernel("three", 1.0, 1.25, 1.0)]
    assert all(met(rows).values())


def test_each_bar_can_be_missed() -> None:
    good = [*kernel("one", 1.0, 1.0, 1.0), *kernel("two", 1.0, 1.0, 1.0), *kernel("three", 1.0, 1.0, 1.0)]
    assert all(met(good).values())

    def missed(*other: dict[str, Any]) -> set[str]:
        return {name for name, good in met([*good, *other]).items() if not good}

    assert missed(*kernel("slow-b", 1.0, 1.4, 1.0)) == {"worst A:B"}
    assert missed(*kernel("fast-c", 1.0, 1.0, 0.7)) == {"worst A:C"}
    assert missed(*kernel("baseline", 1.0, 1.0, 1.0, baseline=0.001)) == {"speedup over auto_optimize"}
    wrong = kernel("wrong", 1.0, 1.0, 1.0)
    wrong[1]["valid"] = False
    assert missed(*wrong) == {"tuned forms without the right result", "worst A:B"}
    other = kernel("other", 1.0, 1.0, 1.0)
    other[2]["digest"] = "another"
    assert missed(*other) == {"equal digests A=C"}


def test_forms_without_times_meet_nothing() -> None:
    rows = [FormRow(f"one-{form}", "one", SETTINGS.identity).flat() for form in "ABC"]
    assert not any(met(rows).values())
    assert met([]) == {"speedup over auto_optimize": False, "tuned forms without the right result": True}


def test_the_table_has_a_line_per_computation_and_the_bars() -> None:
    rows = [*kernel("one", 1.0, 2.0, 1.0), *kernel("two", 3.0, 3.0, 3.0)]
    rows[1]["error"] = "It is slow."
    text = table.render(rows, "Title", "command")
    (line,) = (line for line in text.splitlines() if line.startswith("| one"))
    assert "| 2.00 | 1.00 | yes |" in line and "8.00x | 4.00x | 8.00x" in line
    assert "Tuned, A:B: median 1.5, worst 2 (one), of 2." in text
    assert "| worst A:B | at most 1.3 | 2 | **no** |" in text
    assert "- one-B: It is slow." in text


def test_names_do_not_matter_to_digests_and_distances() -> None:
    target = Target("cpu", "any", (), 2, (2**15,), "any", "")
    rows = {form: FormRow(f"x-{form}", "x", SETTINGS.identity) for form in "ABC"}
    programs = dict(zip("ABC", (twice, twice_again, root), strict=True))
    fill_looks(rows, {form: (program.to_sdfg(simplify=True), {"N": 100}) for form, program in programs.items()}, target)
    flat = by_kernel(row.flat() for row in rows.values())["x"]
    assert [equal(flat, form) for form in "BC"] == [True, False]
    assert [flat[form]["distance"] for form in "AB"] == [0.0, 0.0] and flat["C"]["distance"] > 1.0


def test_a_form_that_cannot_be_normalised_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.pairs import looks

    real = looks.normalize

    def normalize(sdfg: dace.SDFG) -> dace.SDFG:
        if "again" in sdfg.name:
            raise ValueError("It cannot be.")
        return real(sdfg)

    monkeypatch.setattr(looks, "normalize", normalize)
    target = Target("cpu", "any", (), 2, (2**15,), "any", "")
    rows = {form: FormRow(f"x-{form}", "x", SETTINGS.identity) for form in "AB"}
    programs = {"A": twice, "B": twice_again}
    fill_looks(rows, {form: (program.to_sdfg(simplify=True), {"N": 100}) for form, program in programs.items()}, target)
    assert rows["A"].digest and "ValueError: It cannot be." in rows["B"].error
    assert equal({form: row.flat() for form, row in rows.items()}, "B") is None


def test_rows_are_kept_and_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def fake(settings: Settings, name: str, forms: list[str], say: Say) -> list[dict[str, Any]]:
        ran.append(name)
        return [row(f"{name}-{form}", 1.0) for form in forms]

    monkeypatch.setattr(run, "run_kernel", fake)
    out = tmp_path / "out.json"

    def rows_of(names: list[str], forms: str, resume: bool) -> list[str]:
        rows = run.run_kernels(SETTINGS, names, list(forms), out, "title", "command", resume)
        return [row["program"] for row in rows]

    rows_of(["gemm"], "AB", False)
    assert rows_of(["gemm", "mvt"], "AB", True) == ["gemm-A", "gemm-B", "mvt-A", "mvt-B"]
    assert ran == ["gemm", "mvt"]
    assert len(json.loads(out.read_text())) == 4 and "mvt" in out.with_suffix(".md").read_text()
    rows_of(["gemm"], "ABC", True)
    rows_of(["gemm"], "ABC", False)
    assert ran == ["gemm", "mvt", "gemm", "gemm"]
    assert len(json.loads(out.read_text())) == 5


def test_all_forms_are_tuned_timed_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = Settings("pairs", "S", "transfer", database=str(tmp_path / "db"), budget=5.0, rounds=1, timeout=300.0)
    rows = run.run_kernel(settings, "mvt", ["A", "C"], lambda name, text: None)
    assert [row["program"] for row in rows] == ["mvt-A", "mvt-C"]
    for found in rows:
        assert found["error"] == ""
        assert found["valid"] is True and found["baseline_valid"] == {"auto_optimize": True}
        assert found["ours_ms"] > 0 and found["auto_optimize_ms"] > 0
        assert found["normalize_s"] > 0 and found["auto_optimize_s"] > 0
        assert found["digest"] and found["dominant"] and found["tuned_digest"]


def test_a_process_that_ends_early_is_told(tmp_path: Path) -> None:
    settings = Settings("pairs", "absent", "transfer", timeout=60.0)
    first, second = run.run_kernel(settings, "mvt", ["A", "B"], lambda name, text: None)
    assert "ended with status 1" in first["error"] and "KeyError: 'absent'" in first["error"]
    assert "see mvt-A" in second["error"]


def test_the_command_fails_when_a_bar_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [1.0, 1.0, 1.0]
    monkeypatch.setattr(run, "run_kernel", lambda settings, name, forms, say: kernel(name, *times))
    arguments = ["--preset", "S", "--kernels", "gemm"]
    assert CliRunner().invoke(command.app, arguments).exit_code == 0
    times[1] = 2.0
    assert CliRunner().invoke(command.app, arguments).exit_code == 1
    assert CliRunner().invoke(command.app, ["--kernels", "absent"]).exit_code == 1
