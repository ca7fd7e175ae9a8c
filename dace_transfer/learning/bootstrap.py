"""Intervals by resampling whole families, since workloads of one family say nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dace_transfer.learning.profiles import Rows
from dace_transfer.search.rules import Gains

_COVERAGE = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def resamples(clusters: Sequence[str], seed: int, count: int = 1000) -> list[Rows]:
    """Return indices of samples in which whole clusters were drawn with replacement.

    Args:
        clusters: The cluster of each of n values.
        seed: Of the draws.
        count: Number of samples.
    """
    labels = np.array(clusters)
    members = [np.flatnonzero(labels == name) for name in sorted(set(clusters))]
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(members), size=(count, len(members)))
    return [np.concatenate([members[index] for index in draw]) for draw in draws]


def estimate(value: float, sampled: Gains) -> Estimate:
    """Return a value with the interval of what it was in the samples, shape `(count,)`; NaN counts as not sampled."""
    known = sampled[~np.isnan(sampled)]
    low, high = np.percentile(known, _COVERAGE) if known.size else (np.nan, np.nan)
    return Estimate(value, float(low), float(high))
