"""Races under made-up noise: nothing that is no faster wins, and what is faster is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dace_transfer.building.binary import Binary
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.race import Race, race
from dace_transfer.measure.running import Timing
from dace_transfer.target import Target
from dace_transfer.verdict import Verdict


@dataclass(frozen=True)
class Noise:
    """How the time of a process comes about.

    Attributes:
        spread: Standard deviation of the logarithm of a process's time.
        slow: Share of the processes that are slow.
        factor: How many times slower those are.
        drift: Standard deviation of the step that the whole machine's speed takes, on a logarithmic scale,
            from one process to the next; it forgets a tenth of where it is each time.
        only: The one binary whose processes are slow; empty for all.
    """

    spread: float
    slow: float = 0.0
    factor: float = 1.0
    drift: float = 0.0
    only: str = ""


QUIET = Noise(0.01)
MILD = Noise(0.02)
BUSY = Noise(0.04, slow=0.1, factor=1.5)
# One binary took 29, 29 and 68 ms in three processes.
OUTLIERS = Noise(0.01, slow=1 / 3, factor=2.3)
HALF = Noise(0.02, slow=0.5, factor=2.3)
HEAVY = Noise(0.1, slow=0.2, factor=4.0)
DRIFTING = Noise(0.01, drift=0.05)
ALL = {
    "quiet": QUIET,
    "mild": MILD,
    "busy": BUSY,
    "outliers": OUTLIERS,
    "half": HALF,
    "heavy": HEAVY,
    "drifting": DRIFTING,
}


class Clock:
    """Answers with noisy times, and counts what is asked."""

    def __init__(self, seconds: Mapping[str, float], noise: Noise, seed: int) -> None:
        self.seconds, self.noise, self.asked = seconds, noise, 0
        self.generator = np.random.default_rng(seed)
        self.level = 0.0

    def __call__(self, binary: Binary, calls: int | None, batches: int, timeout: float) -> Timing:
        noise, draw = self.noise, self.generator
        self.asked += 1
        self.level = 0.9 * self.level + noise.drift * draw.standard_normal()
        slow = noise.factor if draw.random() < noise.slow and noise.only in ("", binary.name) else 1.0
        process = self.seconds[binary.name] * slow * np.exp(noise.spread * draw.standard_normal() + self.level)
        samples = process * np.exp(0.003 * np.abs(draw.standard_normal(batches)))
        return Timing(tuple(map(float, samples)), calls or 10)


Run = Callable[..., tuple[Race, Clock]]


@pytest.fixture
def run(target: Target) -> Run:
    def start(noise: Noise, seed: int, *candidates: float) -> tuple[Race, Clock]:
        clock = Clock({"base": 1.0} | {f"c{i}": seconds for i, seconds in enumerate(candidates)}, noise, seed)
        base, *others = (Binary(Path("none"), name, (), ()) for name in clock.seconds)
        return race(base, others, Inputs({}), target, timer=clock), clock

    return start


@pytest.mark.parametrize("noise", ALL.values(), ids=ALL)
def test_nothing_wins_against_itself(run: Run, noise: Noise) -> None:
    verdicts = [run(noise, seed, 1.0)[0].runners[0].verdict for seed in range(100)]
    assert verdicts.count(Verdict.FASTER) <= 1
    assert verdicts.count(Verdict.SLOWER) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("noise", ALL.values(), ids=ALL)
def test_false_wins_stay_below_one_percent(run: Run, noise: Noise) -> None:
    alone = [run(noise, seed, 1.0)[0].best for seed in range(1000)]
    among = [run(noise, seed, 1.0, 1.0, 1.0)[0].best for seed in range(1000)]
    assert sum(best is not None for best in alone) < 10
    assert sum(best is not None for best in among) < 10


@pytest.mark.parametrize(
    ("noise", "seconds", "share", "processes"),
    [
        (QUIET, 1 / 1.05, 0.95, 20),
        (QUIET, 1 / 1.2, 0.99, 14),
        (MILD, 1 / 1.05, 0.9, 40),
        (MILD, 1 / 1.2, 0.99, 14),
        (BUSY, 1 / 1.2, 0.9, 40),
        (DRIFTING, 1 / 1.2, 0.9, 40),
        (OUTLIERS, 1 / 1.3, 0.9, 50),
        (OUTLIERS, 1 / 3, 0.9, 30),
    ],
)
def test_what_is_faster_is_found(run: Run, noise: Noise, seconds: float, share: float, processes: int) -> None:
    outcomes = [run(noise, seed, seconds) for seed in range(50)]
    assert np.mean([outcome.best == 0 for outcome, _ in outcomes]) >= share
    assert np.mean([clock.asked for _, clock in outcomes]) <= processes


@pytest.mark.parametrize(("noise", "seconds"), [(QUIET, 1 / 1.05), (MILD, 1 / 1.2), (OUTLIERS, 1 / 2)])
def test_the_faster_one_of_many_is_found(run: Run, noise: Noise, seconds: float) -> None:
    winners = [run(noise, seed, 1.0, 1.0, seconds, 1.0)[0].best for seed in range(50)]
    assert winners.count(2) >= 45
    assert not {0, 1, 3} & set(winners)


def test_one_that_is_often_slow_does_not_win(run: Run) -> None:
    """Its quick processes take less time than the baseline's, but on average it takes more."""
    often_slow = Noise(0.01, slow=0.4, factor=2.3, only="c0")
    winners = [run(often_slow, seed, 1 / 1.1)[0].best for seed in range(50)]
    assert winners.count(0) <= 5
