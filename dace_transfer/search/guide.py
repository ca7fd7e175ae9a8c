"""What is known about one workload, shared by all strategies that search for it: scores for recipes not tried yet."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dace_transfer.search.correction import corrected
from dace_transfer.search.cost_model import CostModel, Observation, Prediction, Vector, fit
from dace_transfer.search.strategy import Outcome
from dace_transfer.transformations import Recipe

_IDLE = 0.1  # What a recipe that does not apply costs, beside one that is built and run.


class Guide:
    """Scores recipes by the improvement to be expected of them over the best one known.

    What became of recipes on workloads like this one is learnt once; every score takes all of this workload's own
    outcomes into account. Telling it an outcome twice changes nothing.

    Args:
        workload: The workload's vector, shape `(d,)`; None where no encoder can describe it.
        history: What is known from before, of this workload and of others.
        seed: Of the cost model.
    """

    def __init__(self, workload: Vector | None, history: Sequence[Observation] = (), seed: int = 0):
        self._workload = np.zeros(0, np.float32) if workload is None else workload
        self._model: CostModel | None = fit(history, workload, seed) if workload is not None else None
        self._own: dict[str, Outcome] = {}

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Take in what became of recipes on this workload."""
        self._own |= {outcome.recipe.id: outcome for outcome in outcomes}

    def scores(self, recipes: Sequence[Recipe], applied: Sequence[Vector] | None = None) -> NDArray[np.float64] | None:
        """Return a score for each recipe, higher being better, or None while too little is known to tell.

        It is the improvement to be expected of a try, over what a try is expected to cost: most of those that come to
        nothing end before anything is built.

        Args:
            recipes: At least one.
            applied: An encoder's vectors of what each made of the workload, where that is known: then only outcomes
                that know it too are looked at, if there are enough of them, and recipes are told apart better.
        """
        prediction = self._prediction(recipes, applied)
        best = max((outcome.gain or 0.0 for outcome in self._own.values()), default=0.0)
        if prediction is None:
            return None
        costs = _IDLE + (1.0 - _IDLE) * prediction.works
        return prediction.works * expected_improvement(prediction, best) / costs

    def _prediction(self, recipes: Sequence[Recipe], applied: Sequence[Vector] | None) -> Prediction | None:
        own = list(self._own.values())
        after = corrected(self._believed, own, recipes, applied) if applied is not None else None
        after = after or corrected(self._believed, own, recipes)
        return after or (self._believed(recipes) if self._model is not None else None)

    def _believed(self, recipes: Sequence[Recipe]) -> Prediction:
        """What other workloads say; as good as auto_optimize, and likely to work, where they say nothing."""
        if self._model is not None:
            return self._model.predict(self._workload, recipes)
        return Prediction(np.zeros(len(recipes)), np.ones(len(recipes)), np.ones(len(recipes)))


def expected_improvement(prediction: Prediction, best: float) -> NDArray[np.float64]:
    """Return by how much each recipe is expected to exceed `best`, taking beliefs as normal (Jones et al., 1998).

    Returns:
        Shape `(n,)`, base-2 logarithms, never negative.
    """
    spread = np.maximum(prediction.spread, 1e-6)
    ahead = (prediction.gain - best) / spread
    density = np.exp(-0.5 * ahead**2) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * (1.0 + math.erf(value / math.sqrt(2.0))) for value in ahead])
    expected: NDArray[np.float64] = np.maximum(spread * (ahead * below + density), 0.0)
    return expected
