"""`dace-transfer sweep`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dace_transfer.cli import app
from dace_transfer.sweep import run as running
from dace_transfer.sweep.engine import InProcess
from dace_transfer.sweep.spec import Spec
from dace_transfer.sweep.task import MEASURED, Answer, Order, failed

SPEC = """
name = "three programs"
programs = ["p.py:good", "p.py:better", "p.py:bad"]
sizes = [{N = 10}]
donors = "none"
"""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    def work(order: Order) -> Answer:
        bad = order.arguments["program"]["source"].endswith("bad")
        return failed("timeout", "It took too long.") if bad else Answer(MEASURED)

    def engine_of(spec: Spec) -> InProcess:
        return InProcess({"measure-cpu": 1}, work)

    monkeypatch.setattr(running, "engine_of", engine_of)
    (tmp_path / "sweep.toml").write_text(SPEC)
    return [str(tmp_path / "sweep.toml"), "--database", str(tmp_path / "test.db")]


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["sweep", *words])


def test_a_sweep_is_run_and_its_status_told(words: list[str]) -> None:
    missing = call("status", *words)
    assert missing.exit_code == 1 and "was not begun" in missing.stderr
    done = call(*words)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("3 of 3 tasks") and "1 failed" in done.stdout
    assert "tasks" in done.stderr, "it told how far it was"
    status = call("status", *words)
    assert "three programs: 3 of 3 tasks" in status.stdout and "tasks failed: timeout 1" in status.stdout
    (row,) = json.loads(call("status", "--json", *words[1:]).stdout)
    assert (row["name"], row["states"], row["failures"]) == (
        "three programs",
        {"failed": 1, "measured": 2},
        {"timeout": 1},
    )


def test_mistakes_are_one_sentence(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(SPEC + 'mode = "quick"\n')
    result = call(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("dace-transfer: The specification") and "Traceback" not in result.stderr
