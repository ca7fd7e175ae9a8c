"""Keeping auto_optimize where neighbours cannot be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from dace_transfer.database.records import Vector
from dace_transfer.learning.donors import Ranking
from dace_transfer.learning.folds import folds
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.learning.playing import gains_of, used
from dace_transfer.learning.profiles import Profiles, Rows
from dace_transfer.search.rules import REGRESSION, Gains
from dace_transfer.search.trust import VERIFIED, asked_of

Risk: TypeAlias = Callable[[Profiles, int, Ranking], float]
"""How little the first recipe of a ranking that applies can be trusted on a workload, given by its row."""

_LIMITS = np.linspace(1.0, 0.0, 21)  # Which of the doubts are tried as a limit on them, as quantiles.


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
        seen = _foreseen(self.donor, vectors, profiles, train)
        slowed = [(row, r) for row, r in seen if _slowed(gains_of(profiles, row, r.recipes, 1))]
        slower = sorted(self.risk(profiles, row, ranking) for row, ranking in slowed)
        allowed = int(self.tolerated * len(seen))
        return slower[allowed] if len(slower) > allowed else math.inf


@dataclass(frozen=True)
class Checked:
    """Lets verification's runs choose among the first recipes, as the tuner's mode `transfer` does.

    Of recipes with as much doubt as a limit, or more, these runs must speak clearly. The limit is the highest one with
    which at most a tolerated share of the known workloads get slower, their families left out in turn.

    Attributes:
        name: What it is called.
        donor: Who ranks.
        tolerated: Share of workloads that may get slower.
    """

    name: str
    donor: Neighbours
    tolerated: float = 0.05

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        vectors = self.donor.encoding(train)
        limit = self.limit(vectors, profiles, train)
        return [replace(r, asked=_asked(r, limit)) for r in self.donor.rank_by(vectors, profiles, train, test)]

    def limit(self, vectors: Vector, profiles: Profiles, train: Rows) -> float:
        """The doubt from which on runs must be clear, for vectors of shape `(n, d)`; infinite where they need not."""
        seen = _foreseen(self.donor, vectors, profiles, train)
        doubts = [doubt for _, ranking in seen for doubt in ranking.doubts]
        limits = [math.inf, *(np.quantile(doubts, _LIMITS).tolist() if doubts else [])]
        return next((limit for limit in limits if _share_slowed(profiles, seen, limit) <= self.tolerated), -math.inf)


def _foreseen(donor: Neighbours, vectors: Vector, profiles: Profiles, train: Rows) -> list[tuple[int, Ranking]]:
    """What a donor would have said about the known workloads, without their families."""
    return [
        entry
        for fold in folds(profiles, rows=train)
        for entry in zip(fold.test, donor.rank_by(vectors, profiles, fold.train, fold.test), strict=True)
    ]


def _asked(ranking: Ranking, limit: float) -> tuple[float, ...]:
    return tuple(asked_of(doubt, limit) for doubt in ranking.doubts)


def _share_slowed(profiles: Profiles, seen: Sequence[tuple[int, Ranking]], limit: float) -> float:
    """Share of workloads that get slower by what either half of verification's runs chooses."""
    gains = (used(profiles, row, r.recipes, _asked(r, limit), VERIFIED, half) for row, r in seen for half in (0, 1))
    return float(np.mean([_slowed(gain) for gain in gains]))


def _slowed(gains: Gains) -> bool:
    return bool((gains < REGRESSION).any())
