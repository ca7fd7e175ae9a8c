"""Donors that are chosen anew after every recipe that was tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dace_transfer.learning.donors import Ranking
from dace_transfer.learning.neighbours import distances
from dace_transfer.learning.profiles import Profiles, Rows
from dace_transfer.learning.vectors import Encoding
from dace_transfer.search.rules import Gains, by_mean, weights_of

_NEAR = 64  # Donors looked at; those that answer otherwise soon count for little.
_SPREAD = 0.5  # Difference of two gains (base-2 logarithms) that halves what a donor weighs.


@dataclass(frozen=True)
class Adaptive:
    """Near workloads donate, and the more, the more alike they answered to what was tried already.

    Every recipe that is tried is a probe: what it gains tells workloads apart that look alike. The next one is always
    that which is expected to exceed the best one so far by most. A recipe that does not apply tells something as well;
    one of which nothing is known counts as auto_optimize does.

    Attributes:
        name: What it is called.
        encoding: Makes the vectors; called once for each fold.
    """

    name: str
    encoding: Encoding

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        vectors = self.encoding(train)
        known = train[~np.isnan(vectors[train]).any(axis=1)]
        return [_ranking(profiles, known, distances(vectors[known], vectors[row]), row) for row in test]


def _ranking(profiles: Profiles, known: Rows, far: Gains, row: int) -> Ranking:
    near = np.argsort(far, kind="stable")[:_NEAR]
    if not len(near) or np.isnan(far[near[0]]):
        return Ranking(())
    order = _order(profiles.benefits(known[near]), weights_of(far[near]), profiles.benefits(np.array([row]))[0])
    return Ranking(order, float(far[near[0]]))


def _order(benefits: Gains, weights: Gains, answers: Gains) -> tuple[int, ...]:
    """Recipes in the order in which they are tried, for donors' benefits of shape `(d, m)` and weights of shape `(d,)`.

    Args:
        benefits: What recipes are worth on the donors.
        weights: What the donors weigh before anything is tried.
        answers: What recipes turn out to be worth, shape `(m,)`; an entry is looked at when the recipe was tried.
    """
    order: list[int] = []
    best = 0.0
    while True:
        added = weights @ np.maximum(benefits - best, 0.0)
        added[order] = 0.0
        if not added.max(initial=0.0) > 0.0:
            return (*order, *(recipe for recipe in by_mean(benefits, weights) if recipe not in order))
        tried = int(added.argmax())
        order.append(tried)
        best = max(best, float(answers[tried]))
        weights = weights / (1.0 + ((benefits[:, tried] - answers[tried]) / _SPREAD) ** 2)
