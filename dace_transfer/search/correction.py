"""What a workload's own outcomes say about recipes, as a correction of what was believed before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dace_transfer.search.cost_model import Prediction, Vector
from dace_transfer.search.recipe_features import recipe_features
from dace_transfer.search.strategy import Outcome
from dace_transfer.transformations import Recipe

FEWEST = 12
"""Timed outcomes on a workload without which nothing is corrected."""

_LEAST = 0.02  # Probability that something works after all.

Believed = Callable[[Sequence[Recipe]], Prediction]


def corrected(
    believed: Believed, outcomes: Sequence[Outcome], recipes: Sequence[Recipe], applied: Sequence[Vector] | None = None
) -> Prediction | None:
    """Predict what recipes are worth, or return None where too few outcomes are known.

    What differs from what was believed is explained as a sum over features of recipes, by Bayesian linear
    regression (MacKay, 1992): after a dozen outcomes it says more than trees do, and it is least certain about
    steps, values and orders that were never tried, which is what makes a search try them.

    Args:
        believed: What was expected of recipes before.
        outcomes: Of this workload.
        recipes: At least one.
        applied: Vectors of what they made of the workload, shape `(d,)` each; then only outcomes that know it count.
    """
    told = [outcome for outcome in outcomes if outcome.tells and (applied is None or outcome.applied is not None)]
    timed = np.array([outcome.gain is not None for outcome in told], dtype=bool)
    if timed.sum() < FEWEST:
        return None
    tried = [outcome.recipe for outcome in told]
    rows = _rows([*tried, *recipes])
    if applied is not None:
        rows = np.hstack([rows, np.stack([o.applied for o in told if o.applied is not None] + list(applied))])
    known, asked = rows[: len(told)], rows[len(told) :]
    before, after = believed(tried), believed(recipes)
    gains = np.array([outcome.gain or 0.0 for outcome in told])
    gain, spread = _regressed(known[timed], (gains - before.gain)[timed], asked)
    works, _ = _regressed(known, timed - before.works, asked)
    return Prediction(after.gain + gain, spread, np.clip(after.works + works, _LEAST, 1.0))


def _rows(recipes: Sequence[Recipe]) -> NDArray[np.float64]:
    # scikit-learn takes a second to import, which those who search nothing need not pay.
    from sklearn.feature_extraction import DictVectorizer

    rows: NDArray[np.float64] = DictVectorizer(sparse=False).fit_transform([recipe_features(r) for r in recipes])
    return rows


def _regressed(
    rows: NDArray[np.float64], values: NDArray[np.float64], asked: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values for the rows asked about, and the standard deviation of the belief about them, noise left out."""
    from sklearn.linear_model import BayesianRidge
    from threadpoolctl import threadpool_limits

    # Threads would wait busily for a while after the last product, next to what is measured then.
    with threadpool_limits(1, user_api="blas"):
        model = BayesianRidge().fit(rows, values)
        mean, spread = model.predict(asked, return_std=True)
    return mean, np.sqrt(np.maximum(spread**2 - 1.0 / model.alpha_, 0.0))
