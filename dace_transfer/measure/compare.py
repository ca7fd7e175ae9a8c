"""Statistics of paired timings: which of two binaries is faster, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dace_transfer.verdict import Verdict


@dataclass(frozen=True)
class Comparison:
    """One candidate against its baseline.

    Attributes:
        verdict: FASTER, SAME, SLOWER or AMBIGUOUS.
        ratio: Median over the rounds of baseline time divided by candidate time; above 1 is faster.
        low: Lower bound of the 95 % bootstrap interval of that median.
        high: Its upper bound.
        p_value: Of the one-sided test in the direction of the ratio, corrected for the number of candidates.
        rounds: Paired rounds compared.
    """

    verdict: Verdict
    ratio: float
    low: float
    high: float
    p_value: float
    rounds: int


def compare(baseline: Sequence[Sequence[float]], candidates: Sequence[Sequence[Sequence[float]]]) -> list[Comparison]:
    """Compare candidates with a baseline from paired rounds.

    Args:
        baseline: Per round, the seconds per run of every batch of one fresh process.
        candidates: The same for each candidate, round by round beside the baseline.
    """
    raise NotImplementedError
