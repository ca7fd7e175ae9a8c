"""How well run times are predicted for families that were left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from dace_transfer.learning.bootstrap import Estimate, estimate
from dace_transfer.learning.profiles import Rows
from dace_transfer.search.rules import Gains


def forecast_estimates(predicted: Gains, measured: Gains, samples: Sequence[Rows]) -> dict[str, Estimate]:
    """Compare predicted with measured run times.

    Args:
        predicted: Base-2 logarithms of seconds, shape `(n,)`; NaN where nothing was said.
        measured: Seconds, shape `(n,)`; NaN where nothing was timed.
        samples: Indices of samples, for the intervals.

    Returns:
        "runtime_rank", Spearman's correlation, and "runtime_error", the median of `|predicted - measured| / measured`.
    """
    values = _compared(predicted, measured)
    sampled = np.array([_compared(predicted[sample], measured[sample]) for sample in samples])
    return {name: estimate(values[i], sampled[:, i]) for i, name in enumerate(("runtime_rank", "runtime_error"))}


def _compared(predicted: Gains, measured: Gains) -> tuple[float, float]:
    known = ~(np.isnan(predicted) | np.isnan(measured))
    if known.sum() < 2:
        return np.nan, np.nan
    said, true = predicted[known], measured[known]
    with np.errstate(invalid="ignore"):  # There is no correlation where all are the same.
        rank = float(np.corrcoef(rankdata(said), rankdata(true))[0, 1])
    return rank, float(np.median(np.abs(2.0**said - true) / true))
