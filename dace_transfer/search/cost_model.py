"""The cost model: what recipes are worth on a workload, learnt from what became of recipes on workloads like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dace_transfer.search.recipe_features import recipe_features
from dace_transfer.search.strategy import Outcome
from dace_transfer.transformations import Recipe

Vector = NDArray[np.float32]

FEWEST = 30
"""Timed outcomes without which there is no model: fewer tell workloads and recipes apart by chance."""

_TREES = 40


@dataclass(frozen=True, eq=False)
class Observation:
    """What became of a recipe on a workload.

    Attributes:
        workload: An encoder's vector, shape `(d,)`.
        outcome: What became of the recipe.
    """

    workload: Vector
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Prediction:
    """What to expect of `n` recipes; all arrays have shape `(n,)`.

    Attributes:
        gain: Base-2 logarithm of the ratio over auto_optimize, where it can be timed.
        spread: Standard deviation of what is believed about it.
        works: Probability that it can be timed at all.
    """

    gain: NDArray[np.float64]
    spread: NDArray[np.float64]
    works: NDArray[np.float64]


@dataclass(frozen=True)
class CostModel:
    """Two forests of extremely randomised trees (Geurts et al., 2006), one for gains and one for what works.

    Their spread says where they know little, as in sequential model-based configuration (Hutter et al., 2011).

    Attributes:
        columns: scikit-learn's vectorizer, from names of recipe features to columns.
        gain: The forest for gains.
        works: The forest for 1 (timed) and 0 (wasted).
    """

    columns: Any
    gain: Any
    works: Any

    def predict(self, workload: Vector, recipes: Sequence[Recipe]) -> Prediction:
        """Predict what recipes, at least one, are worth on a workload with a vector of shape `(d,)`."""
        known = self.columns.transform([recipe_features(recipe) for recipe in recipes])
        rows = np.hstack([np.tile(workload, (len(recipes), 1)), known]).astype(np.float32)
        answers = np.stack([tree.predict(rows) for tree in self.gain.estimators_])
        return Prediction(answers.mean(axis=0), answers.std(axis=0), self.works.predict(rows))


def fit(observations: Sequence[Observation], workload: Vector, seed: int = 0) -> CostModel | None:
    """Fit a model that is best near one workload, or return None where too little is known.

    An observation counts the less the farther its workload is from `workload`.

    Args:
        observations: All workload vectors have the length of `workload`.
        workload: Shape `(d,)`.
        seed: Of the forests.
    """
    told = [o for o in observations if o.outcome.tells]
    timed = np.array([o.outcome.gain is not None for o in told], dtype=bool)
    if timed.sum() < FEWEST:
        return None
    # scikit-learn takes a second to import, which those who search nothing need not pay.
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.feature_extraction import DictVectorizer

    columns = DictVectorizer(dtype=np.float32, sparse=False)
    recipes = columns.fit_transform([recipe_features(o.outcome.recipe) for o in told])
    rows = np.hstack([np.stack([o.workload for o in told]), recipes])
    weights = np.array([1.0 / (1.0 + float(np.linalg.norm(o.workload - workload))) for o in told])
    gains = np.array([o.outcome.gain for o in told if o.outcome.gain is not None])
    settings = {"n_estimators": _TREES, "max_features": 0.5, "random_state": seed}
    gain = ExtraTreesRegressor(**settings).fit(rows[timed], gains, sample_weight=weights[timed])
    works = ExtraTreesRegressor(**settings, min_samples_leaf=3).fit(rows, timed.astype(float), sample_weight=weights)
    return CostModel(columns, gain, works)
