"""Donors near in the space of an encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dace_transfer.database.records import Vector
from dace_transfer.learning.donors import Ranking
from dace_transfer.learning.profiles import Profiles, Rows
from dace_transfer.learning.vectors import Encoding
from dace_transfer.search.neighbours import NEIGHBOURS
from dace_transfer.search.rules import WORTHWHILE, Gains, Rule, doubts_of, weights_of


@dataclass(frozen=True)
class Neighbours:
    """The nearest workloads donate.

    Attributes:
        name: What it is called.
        encoding: Makes the vectors; called once for each fold.
        rule: Orders recipes by what they did on the nearest workloads, which weigh less the farther they are.
        count: How many are near.
        faster_only: Whether workloads that nothing was faster on are passed over, as the tuner does.
    """

    name: str
    encoding: Encoding
    rule: Rule
    count: int = NEIGHBOURS
    faster_only: bool = False

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        return self.rank_by(self.encoding(train), profiles, train, test)

    def rank_by(self, vectors: Vector, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        """Rank with vectors that are there, shape `(n, d)`."""
        known = train[~np.isnan(vectors[train]).any(axis=1)]
        if self.faster_only:
            known = known[profiles.benefits(known).max(axis=1, initial=0.0) > WORTHWHILE]
        benefits = profiles.benefits(known)
        return [self._ranking(benefits, distances(vectors[known], vectors[row])) for row in test]

    def _ranking(self, benefits: Gains, distances: Gains) -> Ranking:
        order = np.argsort(distances, kind="stable")
        if not len(order) or np.isnan(distances[order[0]]):
            return Ranking(())
        near = order[: self.count]
        weights = weights_of(distances[near])
        recipes = self.rule(benefits[near], weights)
        doubts = doubts_of(benefits[near], weights)
        return Ranking(recipes, float(distances[near[0]]), tuple(float(doubts[recipe]) for recipe in recipes))


def distances(vectors: Vector, vector: Vector) -> Gains:
    """Return the distance of each of n vectors, shape `(n, d)`, from another one, shape `(d,)`."""
    difference = np.asarray(vectors - vector, dtype=np.float64)
    far: Gains = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return far
