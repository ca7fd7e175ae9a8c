"""Statistics of paired timings: which of two binaries is faster, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dace_transfer.verdict import Verdict

SIGNIFICANCE = 0.01
MARGIN = 1.02
FAR = 1.3
_NARROW = 1.06
_FEWEST_RANKS = 7
_CONFIDENCE = 0.95
_RESAMPLES = 4000
_SEED = 20240229


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

    A round is the median of its batches. The ratios of the rounds are tested against 1 by a one-sided Wilcoxon
    signed-rank test on their logarithms, corrected by Holm's method over the candidates. FASTER needs p < 0.01
    and a lower bound above 1.02; SLOWER is the mirror image. Otherwise it is SAME if the interval excludes gains
    and losses of more than 6 %, and AMBIGUOUS if it does not.

    Fewer than seven rounds cannot reach p < 0.01 by ranks alone. If every one of them is further from 1 than a
    factor of 1.3, on the same side, a one-sided t-test on the logarithms takes the place of the ranks: the
    evidence is then in the distances. This is what lets a race stop early.

    Args:
        baseline: Per round, the seconds per run of every batch of one fresh process.
        candidates: The same for each candidate, round by round beside the baseline. A candidate with fewer
            rounds is compared with the baseline's first ones.

    Returns:
        One comparison per candidate, in the order given.
    """
    ratios = [_round_ratios(baseline, rounds) for rounds in candidates]
    corrected = holm([_p_value(values) for values in ratios])
    return [_conclude(values, p) for values, p in zip(ratios, corrected, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def _round_ratios(baseline: Sequence[Sequence[float]], rounds: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    pairs = zip(baseline, rounds, strict=False)
    return np.array([float(np.median(ours)) / float(np.median(theirs)) for ours, theirs in pairs])


def far(ratios: Sequence[float] | NDArray[np.float64]) -> bool:
    """Whether all ratios are on the same side of 1 and further from it than a factor of 1.3."""
    return min(ratios, default=1.0) > FAR or max(ratios, default=1.0) < 1 / FAR


def _p_value(ratios: NDArray[np.float64]) -> float:
    logs = np.log(ratios)
    if not np.any(logs):
        return 1.0
    alternative = "greater" if np.median(logs) > 0 else "less"
    if 2 <= len(logs) < _FEWEST_RANKS and far(ratios):
        if np.ptp(logs) < 1e-12:
            return 0.0
        return float(stats.ttest_1samp(logs, 0.0, alternative=alternative).pvalue)
    return float(stats.wilcoxon(logs, alternative=alternative, method="auto").pvalue)


def _conclude(ratios: NDArray[np.float64], p_value: float) -> Comparison:
    if not ratios.size:
        return Comparison(Verdict.AMBIGUOUS, 1.0, 0.0, float("inf"), 1.0, 0)
    ratio = float(np.median(ratios))
    low, high = _interval(ratios)
    return Comparison(_verdict(low, high, p_value), ratio, low, high, p_value, len(ratios))


def _verdict(low: float, high: float, p_value: float) -> Verdict:
    if p_value < SIGNIFICANCE and low > MARGIN:
        return Verdict.FASTER
    if p_value < SIGNIFICANCE and high < 1 / MARGIN:
        return Verdict.SLOWER
    return Verdict.SAME if high <= _NARROW and low >= 1 / _NARROW else Verdict.AMBIGUOUS


def _interval(ratios: NDArray[np.float64]) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    picks = generator.integers(0, len(ratios), (_RESAMPLES, len(ratios)))
    medians = np.median(ratios[picks], axis=1)
    tail = 50 * (1 - _CONFIDENCE)
    low, high = np.percentile(medians, [tail, 100 - tail])
    return float(low), float(high)
