"""Racing: many candidates, few measurements, one baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dace_transfer.building.binary import Binary
from dace_transfer.measure.compare import Comparison
from dace_transfer.measure.inputs import Inputs
from dace_transfer.target import Target
from dace_transfer.verdict import Verdict


@dataclass(frozen=True)
class Runner:
    """How one candidate fared in a race.

    Attributes:
        verdict: FASTER, SAME, SLOWER, AMBIGUOUS, or FAILED.
        reason: One sentence: the failure, or at which stage it was dropped.
        comparison: The statistics, for finalists.
        rounds: Seconds per run: every sample of every round.
    """

    verdict: Verdict
    reason: str
    comparison: Comparison | None
    rounds: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Race:
    """A race, with every sample that was taken.

    Attributes:
        baseline: Seconds per run of the baseline: every sample of every round.
        runners: One per candidate, in the order given.
        best: Index of the fastest candidate that is FASTER than the baseline, or None.
    """

    baseline: tuple[tuple[float, ...], ...]
    runners: tuple[Runner, ...]
    best: int | None


def race(
    baseline: Binary,
    candidates: Sequence[Binary],
    inputs: Inputs,
    target: Target,
    *,
    rounds: int = 10,
    budget: float = 60.0,
) -> Race:
    """Find the fastest candidate, and whether it beats the baseline."""
    raise NotImplementedError


def time_interleaved(
    binaries: Sequence[Binary], inputs: Inputs, target: Target, *, rounds: int = 10
) -> list[list[float]]:
    """Time binaries round robin, each round in a fresh process.

    Returns:
        Per binary, the median seconds per run of each round; empty for one that does not run.
    """
    raise NotImplementedError
