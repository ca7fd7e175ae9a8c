"""Keeping auto_optimize where neighbours cannot be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from dace_transfer.database.records import Vector
from dace_transfer.learning.donors import Ranking
from dace_transfer.learning.folds import folds
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.learning.playing import gains_of
from dace_transfer.learning.profiles import Profiles, Rows
from dace_transfer.search.rules import REGRESSION
from dace_transfer.search.trust import asked_of

Risk: TypeAlias = Callable[[Profiles, int, Ranking], float]
"""How little the first recipe of a ranking that applies can be trusted on a workload, given by its row."""


def distance(profiles: Profiles, row: int, ranking: Ranking) -> float:
    """How far the nearest donor is."""
    return math.inf if ranking.distance is None else ranking.distance


def doubt(profiles: Profiles, row: int, ranking: Ranking) -> float:
    """How many of the near workloads the recipe made slower rather than faster."""
    rated = zip(ranking.recipes, ranking.doubts, strict=True)
    return next((doubt for recipe, doubt in rated if profiles.applicable[row, recipe]), math.inf)


@dataclass(frozen=True)
class Abstaining:
    """Proposes nothing where the risk is too high.

    The limit is fitted on the known workloads, leaving out their families in turn: below it, first choices make at
    most a tolerated share of all workloads slower. Vectors are those of the whole fold, so an encoder that is trained
    has seen the workloads the limit is fitted on, though never those it is used for.

    Attributes:
        name: What it is called.
        donor: Who ranks.
        risk: What is limited.
        tolerated: Share of workloads that may get slower.
    """

    name: str
    donor: Neighbours
    risk: Risk
    tolerated: float = 0.05

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        vectors = self.donor.encoding(train)
        limit = self.limit(vectors, profiles, train)
        rankings = zip(test, self.donor.rank_by(vectors, profiles, train, test), strict=True)
        return [r if self.risk(profiles, row, r) < limit else replace(r, recipes=(), doubts=()) for row, r in rankings]

    def limit(self, vectors: Vector, profiles: Profiles, train: Rows) -> float:
        """The risk below which recipes are used, for vectors of shape `(n, d)`; infinite where all of them may be."""
        seen = list(self._seen(vectors, profiles, train))
        slower = sorted(self.risk(profiles, row, ranking) for row, ranking in seen if _slowed(profiles, row, ranking))
        allowed = int(self.tolerated * len(seen))
        return slower[allowed] if len(slower) > allowed else math.inf

    def _seen(self, vectors: Vector, profiles: Profiles, train: Rows) -> Iterator[tuple[int, Ranking]]:
        """What the donor would have said about the known workloads."""
        for fold in folds(profiles, rows=train):
            yield from zip(fold.test, self.donor.rank_by(vectors, profiles, fold.train, fold.test), strict=True)


@dataclass(frozen=True)
class Checked:
    """Lets verification's runs choose among the first recipes, as the tuner's mode `transfer` does.

    Attributes:
        name: What it is called.
        abstaining: Who ranks, and how far that is trusted; it is not abstained where verification's runs are clear.
    """

    name: str
    abstaining: Abstaining

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        donor = self.abstaining.donor
        vectors = donor.encoding(train)
        limit = self.abstaining.limit(vectors, profiles, train)
        rankings = donor.rank_by(vectors, profiles, train, test)
        return [replace(r, asked=tuple(asked_of(doubt, limit) for doubt in r.doubts)) for r in rankings]


def _slowed(profiles: Profiles, row: int, ranking: Ranking) -> bool:
    return bool((gains_of(profiles, row, ranking.recipes, 1) < REGRESSION).any())
