"""Measurements wait for a quiet machine, but not for ever."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks import quiet
from benchmarks.quiet import Quiet, busy


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet.time, "sleep", lambda seconds: None)


def test_it_waits_while_others_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    loads, heard = [1.7, 0.9, 0.05], []
    monkeypatch.setattr(quiet, "busy", lambda: loads.pop(0))
    Quiet(60.0).wait(heard.append)
    assert not loads and heard == ["waiting: other processes keep 1.7 processors busy"]


def test_its_patience_is_for_all_times(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(quiet, "busy", lambda: 3.0)
    some = Quiet(60.0)
    some.wait(heard.append)
    assert heard[-1] == "waits no longer: times will be those of a busy machine"
    some.wait(heard.append)
    assert len(heard) == 2


def test_a_process_that_computes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            assert max(busy() for _ in range(3)) > 0.3
        finally:
            process.kill()
