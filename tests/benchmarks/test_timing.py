"""The order in which sides are timed, and what happens to one that fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks import timing
from dace_transfer.errors import RunError


def side(log: list[str], name: str, seconds: float = 0.001) -> Callable[[], float]:
    def run() -> float:
        log.append(name)
        return seconds

    return run


def test_sides_take_turns_and_the_first_place() -> None:
    log: list[str] = []
    samples, failures = timing.interleave({"a": side(log, "a"), "b": side(log, "b", 0.002)}, 3)
    assert log == ["a", "b", "b", "a", "a", "b"]
    assert samples == {"a": pytest.approx([1.0] * 3), "b": pytest.approx([2.0] * 3)}
    assert not failures


def test_a_side_that_fails_does_not_stop_the_others() -> None:
    log: list[str] = []

    def broken() -> float:
        log.append("broken")
        raise RunError("crash: it ended.")

    samples, failures = timing.interleave({"a": side(log, "a"), "broken": broken}, 4)
    assert len(samples["a"]) == 4 and log.count("broken") == 1
    assert failures == {"broken": "crash: it ended."}


def test_a_slow_side_gets_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_PATIENCE", 0.0)
    samples, _ = timing.interleave({"a": side([], "a")}, 10)
    assert len(samples["a"]) == 3
