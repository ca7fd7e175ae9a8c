"""Donors near in the space of an encoder, and keeping auto_optimize where none is near enough."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dace_transfer.database.records import Vector
from dace_transfer.learning.donors import Ranking
from dace_transfer.learning.folds import folds
from dace_transfer.learning.playing import REGRESSION, gains_of
from dace_transfer.learning.profiles import Gains, Profiles, Rows
from dace_transfer.learning.rules import WORTHWHILE, Rule
from dace_transfer.learning.vectors import Encoding
from dace_transfer.search.neighbours import DONORS


@dataclass(frozen=True)
class Neighbours:
    """The nearest workloads donate.

    Attributes:
        name: What it is called.
        encoding: Makes the vectors; called once for each fold.
        rule: Orders recipes by what they did on the nearest workloads, which weigh less the farther they are.
        faster_only: Whether workloads that nothing was faster on are passed over, as the tuner does.
        count: Workloads looked at.
    """

    name: str
    encoding: Encoding
    rule: Rule
    faster_only: bool = False
    count: int = DONORS

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        return self.rank_by(self.encoding(train), profiles, train, test)

    def rank_by(self, vectors: Vector, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        """Rank with vectors that are there, shape `(n, d)`."""
        known = train[~np.isnan(vectors[train]).any(axis=1)]
        if self.faster_only:
            known = known[profiles.benefits(known).max(axis=1, initial=0.0) > WORTHWHILE]
        benefits = profiles.benefits(known)
        return [self._ranking(benefits, _distances(vectors[known], vectors[row])) for row in test]

    def _ranking(self, benefits: Gains, distances: Gains) -> Ranking:
        near = np.argsort(distances, kind="stable")[: self.count]
        if not len(near) or np.isnan(distances[near[0]]):
            return Ranking(())
        return Ranking(self.rule(benefits[near], _weights(distances[near])), float(distances[near[0]]))


@dataclass(frozen=True)
class Abstaining:
    """Neighbours, but auto_optimize is kept where the nearest one is too far.

    The limit is the distance within which, when families are left out of the known workloads, first choices made at
    most a tolerated share of all of them slower. Vectors are those of the whole fold, so an encoder that is trained
    has seen the workloads the limit is fitted on, though not those it is used for.

    Attributes:
        donor: Who ranks.
        tolerated: Share of workloads that may get slower.
    """

    donor: Neighbours
    tolerated: float = 0.05

    @property
    def name(self) -> str:
        return f"{self.donor.name}+abstention"

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        vectors = self.donor.encoding(train)
        limit = self.limit(vectors, profiles, train)
        rankings = self.donor.rank_by(vectors, profiles, train, test)
        return [r if r.distance is not None and r.distance < limit else replace(r, recipes=()) for r in rankings]

    def limit(self, vectors: Vector, profiles: Profiles, train: Rows) -> float:
        """The distance below which recipes are used, for vectors of shape `(n, d)`; infinite where all of them may be.

        It is where the first choices that made something slower become too many, nearest first.
        """
        seen = list(self._seen(vectors, profiles, train))
        slower = sorted(r.distance for row, r in seen if r.distance is not None and _slowed(profiles, row, r))
        allowed = int(self.tolerated * len(seen))
        return slower[allowed] if len(slower) > allowed else math.inf

    def _seen(self, vectors: Vector, profiles: Profiles, train: Rows) -> Iterator[tuple[int, Ranking]]:
        """What the donor would have said about the known workloads."""
        for fold in folds(profiles, rows=train):
            yield from zip(fold.test, self.donor.rank_by(vectors, profiles, fold.train, fold.test), strict=True)


def _slowed(profiles: Profiles, row: int, ranking: Ranking) -> bool:
    return bool((gains_of(profiles, row, ranking.recipes, 1) < REGRESSION).any())


def _distances(vectors: Vector, vector: Vector) -> Gains:
    difference = np.asarray(vectors - vector, dtype=np.float64)
    distances: Gains = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return distances


def _weights(distances: Gains) -> Gains:
    """Relative to the middle distance, since encoders differ in scale."""
    middle = float(np.median(distances))
    return np.exp(-distances / middle) if middle > 0.0 else np.ones(len(distances))
