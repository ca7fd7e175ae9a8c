"""Statistics of interleaved timings: which of two binaries is faster, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dace_transfer.verdict import Verdict

SIGNIFICANCE = 0.01
MARGIN = 1.02
NARROW = 1.06
PAIRED_FROM = 10
_FEWEST_RANKS = 5
# Beyond what slow processes were seen to do: one binary took 29, 29 and 68 ms on an idle machine.
_BEYOND_NOISE = 2.5
_CONFIDENCE = 0.95
_RESAMPLES = 2000
_SEED = 20240229

Logs = NDArray[np.float64]
Rounds = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Comparison:
    """One candidate against its baseline.

    Attributes:
        verdict: FASTER, SAME, SLOWER or AMBIGUOUS.
        ratio: Baseline time over candidate time, of the quicker half of the processes of each; above 1 is faster.
        low: Lower bound of the 95 % bootstrap interval of that ratio.
        high: Its upper bound.
        p_value: Of the one-sided test in the direction of the ratio; corrected for the number of candidates where
            the ratio is above 1.
        rounds: Rounds compared.
    """

    verdict: Verdict
    ratio: float
    low: float
    high: float
    p_value: float
    rounds: int


def compare(baseline: Rounds, candidates: Sequence[Rounds], level: float = SIGNIFICANCE) -> list[Comparison]:
    """Compare candidates with a baseline from interleaved rounds.

    A round is the median of the batches of one fresh process. Noise adds time, and whole processes are slow now and
    then, so that a binary is judged by the quicker half of its processes: by the geometric mean of their times, and
    by where they stand among all processes of both sides (an exact rank test; before ten rounds it must show that
    more than 2 % are gained). From ten rounds on, a Wilcoxon signed-rank test of the rounds' ratios joins in, which
    sees through a machine whose speed drifts, with half the level for either. Holm's method corrects over the
    candidates.

    FASTER needs p <= `level`, an interval of the ratio above 1.02, and rounds that took less time on average, slow
    processes included. SLOWER is the mirror image, not corrected, since it costs nothing to lose a loser. Otherwise
    it is SAME if the interval excludes gains and losses of more than 6 %, and AMBIGUOUS if it does not.

    Fewer than five rounds decide nothing by ranks. If then every process of one side is 2.5 times quicker than every
    one of the other, a one-sided t-test on the logarithms takes the place of the ranks.

    Args:
        baseline: Per round, the seconds per run of every batch of one fresh process.
        candidates: The same for each candidate, round by round beside the baseline. A candidate with fewer
            rounds is compared with the baseline's first ones.
        level: Largest probability of calling anything FASTER that is not.

    Returns:
        One comparison per candidate, in the order given.
    """
    pairs = [_paired_logs(baseline, rounds) for rounds in candidates]
    gains = holm([_p_value(ours, theirs) for ours, theirs in pairs])
    return [_conclude(ours, theirs, gain, level) for (ours, theirs), gain in zip(pairs, gains, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def _paired_logs(baseline: Rounds, rounds: Rounds) -> tuple[Logs, Logs]:
    """Logarithms of the rounds' times: of the baseline, and of the candidate."""
    count = min(len(baseline), len(rounds))
    ours, theirs = (np.log([float(np.median(samples)) for samples in side[:count]]) for side in (baseline, rounds))
    return ours, theirs


def _p_value(slow: Logs, quick: Logs) -> float:
    """Of a one-sided test that what is called quick is quicker."""
    if len(quick) < _FEWEST_RANKS:
        return _p_of_distance(slow, quick)
    if len(quick) < PAIRED_FROM:
        return _p_of_ranks(slow - np.log(MARGIN), quick)
    ranks = _p_of_ranks(slow, quick)
    if not np.any(slow - quick):
        return ranks
    paired = float(stats.wilcoxon(slow - quick, alternative="greater", method="auto").pvalue)
    return min(1.0, 2 * min(ranks, paired))


def _p_of_distance(slow: Logs, quick: Logs) -> float:
    if len(quick) < 2 or slow.min() - quick.max() < np.log(_BEYOND_NOISE):
        return 1.0
    if np.ptp(slow - quick) < 1e-12:
        return 0.0
    return float(stats.ttest_1samp(slow - quick, 0.0, alternative="greater").pvalue)


def _p_of_ranks(slow: Logs, quick: Logs) -> float:
    """Exact test whether one side holds the front ranks of all processes.

    The quicker half of all 2n processes score n, n - 1, ..., 1, the others nothing, so that it does not matter how
    slow the slow ones are (Gastwirth's percentile-modified rank test, 1965). Under the hypothesis that sides are
    mere names, every choice of n processes is equally likely; all of them are counted by the sum of their scores.
    """
    count = len(quick)
    ranks = stats.rankdata(np.concatenate([quick, slow]))
    scores = np.maximum(0, np.rint(2 * (count + 1 - ranks))).astype(int)
    width = int(scores.sum()) + 1
    choices = np.zeros((count + 1, width))
    choices[0, 0] = 1
    for score in scores:
        choices[1:, score:] += choices[:-1, : width - score]
    reached = scores[:count].sum()
    return float(choices[count, reached:].sum() / choices[count].sum())


def _conclude(ours: Logs, theirs: Logs, gain: float, level: float) -> Comparison:
    if not ours.size:
        return Comparison(Verdict.AMBIGUOUS, 1.0, 0.0, float("inf"), 1.0, 0)
    ratio = float(np.exp(_quick_half(ours) - _quick_half(theirs)))
    low, high = _interval(ours, theirs)
    p_value = gain if ratio > 1 else _p_value(theirs, ours)
    average = float(np.mean(ours - theirs))
    return Comparison(_verdict(low, high, average, p_value <= level), ratio, low, high, p_value, len(ours))


def _verdict(low: float, high: float, average: float, sure: bool) -> Verdict:
    if sure and low > MARGIN and average > 0:
        return Verdict.FASTER
    if sure and high < 1 / MARGIN and average < 0:
        return Verdict.SLOWER
    return Verdict.SAME if high <= NARROW and low >= 1 / NARROW else Verdict.AMBIGUOUS


def _quick_half(logs: Logs) -> Logs:
    """Mean of the smaller half along the last axis."""
    half = (logs.shape[-1] + 1) // 2
    return np.asarray(np.sort(logs, axis=-1)[..., :half].mean(axis=-1))


def _interval(ours: Logs, theirs: Logs) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    picks = generator.integers(0, len(ours), (_RESAMPLES, len(ours)))
    ratios = np.exp(_quick_half(ours[picks]) - _quick_half(theirs[picks]))
    tail = 50 * (1 - _CONFIDENCE)
    low, high = np.percentile(ratios, [tail, 100 - tail])
    return float(low), float(high)
