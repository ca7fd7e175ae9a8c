"""The one interface of everything that proposes recipes for a workload: ask for proposals, tell what became of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import Recipe
from dace_transfer.verdict import Verdict

_SLOWEST, _FASTEST = -3.0, 5.0  # Base-2 logarithms; how slow a slow recipe is teaches nothing.


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a recipe on a workload.

    Attributes:
        recipe: All knobs filled.
        verdict: Its end.
        ratio: Time of auto_optimize over time of the recipe, None where it was not timed.
        applied: An encoder's vector of the workload the recipe made, shape `(d,)`, None where there is none.
    """

    recipe: Recipe
    verdict: Verdict
    ratio: float | None = None
    applied: NDArray[np.float32] | None = None

    @property
    def gain(self) -> float | None:
        """Base-2 logarithm of the ratio within sensible bounds, None where there is no ratio."""
        if self.ratio is None or not self.ratio > 0.0:
            return None
        return min(max(math.log2(self.ratio), _SLOWEST), _FASTEST)

    @property
    def tells(self) -> bool:
        """Whether anything can be learnt from it: a time, or that there is none to be had."""
        return self.gain is not None or self.wasted

    @property
    def wasted(self) -> bool:
        """Whether trying it yielded no time: not applicable, failed, wrong, or the same program as another's."""
        return self.gain is None and self.verdict is not Verdict.AMBIGUOUS


class Strategy(Protocol):
    """Proposes recipes for one workload. Strategies build and time nothing; who asks does, and tells."""

    def ask(self, count: int) -> list[Proposal]:
        """Return at most `count` proposals, none of which was returned or told before; empty when there is no more."""
        ...

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take in what became of recipes, whoever proposed them."""
        ...
