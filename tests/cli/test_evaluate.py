"""`dace-transfer evaluate`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dace_transfer.cli import app
from dace_transfer.search import Trust


def test_a_table_and_its_rows(surveyed: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    words = ["evaluate", "--database", surveyed, "--donors", "features,portfolio", "--folds", "3", "--json", str(file)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    rows = json.loads(file.read_text())["rows"]
    assert [(row["donor"], row["k"]) for row in rows] == [
        (d, k) for d in ("features", "portfolio") for k in (1, 3, 5, 10)
    ]
    assert rows[0]["recovered"] == 1.0 and rows[0]["recovered_low"] == 1.0
    assert "features\t1\t100 [100, 100]" in result.stdout and "recovered:" in result.stdout


def test_how_far_neighbours_can_be_trusted(surveyed: str, tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    assert CliRunner().invoke(app, ["evaluate", "--database", surveyed, "--calibrate", str(file)]).exit_code == 0
    trust = Trust(**json.loads(file.read_text()))
    assert (trust.encoder, trust.workloads, trust.families, trust.newest[:4]) == ("symbolic-2", 10, 5, "2026")
    assert trust.limit == math.inf, "no first choice was slower"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--database", "sqlite://"], "survey some programs first"),
        (["--donors", "oracle"], "got 'oracle'"),
        (["--folds", "1"], "1 folds"),
    ],
)
def test_one_sentence_for_what_is_wrong(words: list[str], sentence: str, surveyed: str) -> None:
    result = CliRunner().invoke(app, ["evaluate", "--database", surveyed, *words])
    assert result.exit_code == 1
    assert sentence in result.stderr and result.stderr.count("\n") == 1
