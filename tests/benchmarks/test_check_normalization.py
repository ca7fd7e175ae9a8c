"""Checking random programs: every one gets a row, and none is checked twice."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.check_normalization import FAILURES, check, read, summary


def test_programs_are_checked_once_and_are_right(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    rows = check(range(6), out, jobs=1, batch=3)
    with out.open("a") as file:
        file.write('{"seed": 6, "outco')
    rows = check(range(10), out, jobs=2, batch=2)
    assert [row["seed"] for row in rows] == list(range(10))
    assert not [row for row in rows if row["outcome"] in FAILURES], summary(rows, 0.0)
    assert sum(row["outcome"] == "ok" for row in rows) >= 8
    assert len(out.read_text().splitlines()) == 10
    text = out.read_text()
    assert check(range(10), out, jobs=1) == rows
    assert out.read_text() == text


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text('{"seed": 1}\n{"seed"')
    assert read(out) == [{"seed": 1}]
    assert out.read_text() == '{"seed": 1}\n'


def test_the_summary_counts_outcomes_and_names_failures() -> None:
    row = {"seed": 3, "outcome": "wrong", "stage": "run", "error": "'a' is off.", "normalize_s": 0.5}
    text = summary([row, json.loads('{"seed": 4, "outcome": "ok"}')], 2.0)
    assert "| wrong | 1 | 50.00% |" in text
    assert "3: wrong (run)" in text
