"""Trials: whose timing goes on."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from dace_transfer.measure.trial import _interleave, _still_timed


class Sleeper:
    """A program that takes as long as it is told."""

    def __init__(self, seconds: float):
        self.seconds, self.runs = seconds, 0

    def run(self) -> None:
        self.runs += 1
        time.sleep(self.seconds)


def test_the_hopeless_are_timed_once_and_the_baseline_always() -> None:
    programs: dict[str, Any] = {
        "baseline": Sleeper(0.1),
        "fast": Sleeper(0.01),
        "near": Sleeper(0.015),
        "slow": Sleeper(0.08),
    }
    arena: Any = SimpleNamespace(written=list, reset=lambda names: None)
    samples = _interleave(arena, programs, 0.3, lambda event: None, {})
    assert {who: len(taken) > 1 for who, taken in samples.items()} == {
        "baseline": True,
        "fast": True,
        "near": True,
        "slow": False,
    }
    assert programs["slow"].runs == 1
    assert set(_still_timed(programs, samples)) == {"baseline", "fast", "near"}


def test_who_took_ten_times_as_long_at_first_is_not_run_again() -> None:
    programs: dict[str, Any] = {"baseline": Sleeper(0.0), "fast": Sleeper(0.0), "endless": Sleeper(0.0)}
    arena: Any = SimpleNamespace(written=list, reset=lambda names: None)
    first = {"baseline": 5.0, "fast": 0.1, "endless": 9.0}
    samples = _interleave(arena, programs, 0.3, lambda event: None, first)
    assert (samples["baseline"], samples["endless"]) == ([5.0], [9.0])
    assert programs["baseline"].runs == programs["endless"].runs == 0
    assert set(_still_timed(programs, samples)) == {"fast"}
