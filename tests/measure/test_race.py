"""Races of made-up binaries on a made-up clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from dace_transfer.building.binary import Binary
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.race import LOOKS, Race, race
from dace_transfer.measure.running import RunFailure, Timing
from dace_transfer.target import Target
from dace_transfer.verdict import Verdict

NOTHING: Mapping[str, list[float]] = {}


class Clock:
    """Answers with made-up times and some noise, and counts what is asked; a script makes first processes slow."""

    def __init__(
        self,
        seconds: Mapping[str, float | RunFailure],
        noise: float = 0.01,
        script: Mapping[str, list[float]] = NOTHING,
    ) -> None:
        self.seconds = seconds
        self.script = {name: list(factors) for name, factors in script.items()}
        self.noise = noise
        self.asked: Counter[str] = Counter()
        self.calls: set[int | None] = set()
        self.generator = np.random.default_rng(0)

    def __call__(self, binary: Binary, calls: int | None, batches: int, timeout: float) -> Timing | RunFailure:
        self.asked[binary.name] += 1
        self.calls.add(calls)
        seconds = self.seconds[binary.name]
        if isinstance(seconds, RunFailure):
            return seconds
        factors = self.script.get(binary.name)
        process = seconds * (factors.pop(0) if factors else 1.0)
        samples = process * np.exp(self.noise * self.generator.standard_normal(batches))
        return Timing(tuple(float(sample) for sample in samples), calls or 10)


@pytest.fixture
def run(target: Target) -> Callable[..., Race]:
    def start(clock: Clock, **options: float) -> Race:
        base, *others = (Binary(Path("none"), name, (), ()) for name in clock.seconds)
        return race(base, others, Inputs({}), target, timer=clock, **options)

    return start


def test_the_fastest_wins(run: Callable[..., Race]) -> None:
    outcome = run(Clock({"base": 1.0, "worse": 1.2, "good": 0.7, "best": 0.6, "even": 1.0}))
    assert outcome.best == 2
    assert outcome.runners[2].verdict is Verdict.FASTER
    assert outcome.runners[2].comparison is not None


def test_nothing_wins_against_itself(run: Callable[..., Race]) -> None:
    clock = Clock({"base": 1.0, "same": 1.0, "too": 1.0})
    outcome = run(clock)
    assert outcome.best is None
    assert {runner.verdict for runner in outcome.runners} == {Verdict.SAME}
    assert clock.asked["base"] == clock.asked["same"] == 6


def test_what_is_far_slower_is_dropped(run: Callable[..., Race]) -> None:
    clock = Clock({"base": 1.0, "slow": 3.0, "slowest": 9.0, "even": 1.0})
    outcome = run(clock)
    assert (clock.asked["slow"], clock.asked["slowest"]) == (4, 2)
    assert outcome.runners[0].verdict is outcome.runners[1].verdict is Verdict.SLOWER
    assert "times slower" in outcome.runners[0].reason
    assert outcome.runners[0].comparison is None


@pytest.mark.parametrize("script", [{"fast": [2.3, 2.3]}, {"base": [2.3]}, {"fast": [9.0]}])
def test_slow_processes_at_the_start_decide_nothing(run: Callable[..., Race], script: dict[str, list[float]]) -> None:
    outcome = run(Clock({"base": 1.0, "even": 1.0, "fast": 0.8}, script=script))
    assert outcome.best == 1
    assert outcome.runners[0].verdict is not Verdict.FASTER


def test_what_may_win_gets_more_rounds(run: Callable[..., Race]) -> None:
    clock = Clock({"base": 0.001, "even": 0.001, "near": 0.00093}, noise=0.04)
    outcome = run(clock)
    assert outcome.best == 1
    assert clock.asked["near"] > 8
    assert clock.asked["near"] > clock.asked["even"]
    assert clock.asked["base"] == clock.asked["near"]


def test_a_failure_in_the_final_is_an_outcome(run: Callable[..., Race]) -> None:
    clock = Clock({"base": 1.0, "dying": 0.5, "fast": 0.6})
    fine = Clock.__call__

    class Dying(Clock):
        def __call__(self, binary: Binary, calls: int | None, batches: int, timeout: float) -> Timing | RunFailure:
            if binary.name == "dying" and self.asked["dying"] == 3:
                return RunFailure("crash", "It died.")
            return fine(self, binary, calls, batches, timeout)

    outcome = run(Dying(clock.seconds))
    assert outcome.runners[0].verdict is Verdict.FAILED
    assert outcome.best == 1


def test_a_clear_race_stops_early(run: Callable[..., Race]) -> None:
    clock = Clock({"base": 1.0, "fast": 0.3})
    assert run(clock).best == 0
    assert clock.asked["fast"] == 6


def test_halving_leaves_five_finalists(run: Callable[..., Race]) -> None:
    times = {"base": 1.0} | {f"c{index}": 0.9 + 0.01 * index for index in range(10)}
    clock = Clock(times, noise=0.001)
    outcome = run(clock)
    finalists = [index for index, runner in enumerate(outcome.runners) if runner.comparison is not None]
    assert finalists == [0, 1, 2, 3, 4]
    assert outcome.best == 0
    assert "not among the fastest" in outcome.runners[9].reason


def test_a_failing_candidate_is_an_outcome(run: Callable[..., Race]) -> None:
    outcome = run(Clock({"base": 1.0, "dead": RunFailure("crash", "It died."), "fast": 0.5}))
    assert outcome.runners[0].verdict is Verdict.FAILED
    assert outcome.runners[0].reason == "crash: It died."
    assert outcome.best == 1


def test_a_failing_baseline_fails_all(run: Callable[..., Race]) -> None:
    outcome = run(Clock({"base": RunFailure("timeout", "It hung."), "fast": 0.5}))
    assert outcome.best is None
    assert outcome.runners[0].verdict is Verdict.FAILED
    assert "baseline" in outcome.runners[0].reason


def test_without_time_nothing_is_claimed(run: Callable[..., Race]) -> None:
    outcome = run(Clock({"base": 1.0, "fast": 0.1}), budget=0.0)
    assert outcome.best is None
    assert outcome.runners[0].verdict is Verdict.AMBIGUOUS


def test_all_samples_are_kept_and_both_sides_use_the_same_calls(run: Callable[..., Race]) -> None:
    clock = Clock({"base": 0.001, "fast": 0.0009})
    outcome = run(clock)
    assert len(outcome.baseline) == clock.asked["base"]
    assert len(outcome.runners[0].rounds) == clock.asked["fast"]
    assert [len(samples) for samples in outcome.baseline] == [1, 5, 5, 5, 5, 5]
    assert clock.calls == {None, 10}


def test_slow_programs_get_fewer_batches_instead_of_fewer_processes(run: Callable[..., Race]) -> None:
    outcome = run(Clock({"base": 3.0, "fast": 2.0}))
    assert {len(samples) for samples in (*outcome.baseline, *outcome.runners[0].rounds)} == {1}


def test_looks_share_one_percent() -> None:
    assert sum(LOOKS.values()) == pytest.approx(0.01)
    assert sorted(LOOKS) == list(LOOKS)
