"""The strategy that breeds recipes: variations of the best so far, of which the most promising are proposed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dace_transfer.search.catalogue import CATALOGUE, Catalogue, with_knobs
from dace_transfer.search.guide import Guide
from dace_transfer.search.proposal import Proposal
from dace_transfer.search.strategy import Outcome
from dace_transfer.search.variation import crossover, is_sensible, varied
from dace_transfer.transformations import Recipe, fill_defaults

_SURVIVORS = 16  # The fittest, from which parents are drawn.
_ENTRANTS = 3  # Of a tournament.
_CROSSED = 0.3  # Share of offspring with two parents.
_EXPLORED = 0.25  # Share of proposals drawn from the pool whatever their score: models are wrong with confidence.
_POOL = 128  # Offspring bred for a round of proposals.
_ATTEMPTS = 20  # At each place of the pool, until it is given up that there are more recipes.
_GAIN = 0.03  # Base-2 logarithm; less than two per cent is no improvement.


class Evolution:
    """Evolutionary search over recipes, guided by a cost model.

    The fittest recipes so far win tournaments for who is varied and crossed. A pool of offspring is bred, none seen
    before, and those proposed that the guide expects most of, what is unknown counting in their favour, with some
    drawn at random; any of them while the guide knows too little. One seed and the same answers give the same
    proposals.

    Args:
        parents: Recipes to start from, as good as auto_optimize until told otherwise, and never proposed themselves.
        guide: What ranks offspring, and learns.
        catalogue: What recipes may consist of; the knobs of `parents` are added.
        seed: Of everything drawn.
        patience: Outcomes without an improvement after which there are no more proposals.
    """

    def __init__(
        self,
        parents: Sequence[Recipe],
        guide: Guide,
        catalogue: Catalogue = CATALOGUE,
        seed: int = 0,
        patience: int = 64,
    ):
        filled = [fill_defaults(parent) for parent in parents]
        self._guide, self._patience = guide, patience
        self._catalogue = with_knobs(catalogue, parents)
        self._rng = random.Random(seed)
        self._fitness = {recipe.id: (recipe, 0.0) for recipe in filled}
        self._seen = set(self._fitness)
        self._best, self._idle = 0.0, 0

    def ask(self, count: int) -> list[Proposal]:
        if self._idle >= self._patience:
            return []
        chosen = self._choose(self._pool(max(_POOL, 4 * count)), count)
        self._seen.update(recipe.id for recipe in chosen)
        return [Proposal(recipe, "mutation") for recipe in chosen]

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        self._guide.learn(outcomes)
        for outcome in outcomes:
            self._seen.add(outcome.recipe.id)
            self._fitness.pop(outcome.recipe.id, None)
            gain = outcome.gain
            if gain is not None:
                self._fitness[outcome.recipe.id] = (outcome.recipe, gain)
            better = gain is not None and gain > self._best + _GAIN
            self._best, self._idle = (gain or 0.0, 0) if better else (self._best, self._idle + 1)

    def _choose(self, pool: list[Recipe], count: int) -> list[Recipe]:
        """The offspring with the best scores and a few others; the first ones, bred by chance, without scores."""
        scores = self._guide.scores(pool) if pool else None
        if scores is None:
            return pool[:count]
        ranked = [pool[index] for index in (-scores).argsort(kind="stable")]
        best = count - round(_EXPLORED * count)
        return ranked[:best] + self._rng.sample(ranked[best:], min(count, len(ranked)) - min(best, len(ranked)))

    def _pool(self, size: int) -> list[Recipe]:
        pool: dict[str, Recipe] = {}
        survivors = sorted(self._fitness.values(), key=lambda entry: -entry[1])[:_SURVIVORS]
        for child in self._offspring(survivors, _ATTEMPTS * size):
            if child.id not in self._seen and is_sensible(child):
                pool.setdefault(child.id, replace(child, name=f"{child.name}@{child.id[:6]}"))
            if len(pool) == size:
                break
        return list(pool.values())

    def _offspring(self, survivors: Sequence[tuple[Recipe, float]], attempts: int) -> Iterator[Recipe]:
        for _ in range(attempts):
            parent = self._winner(survivors)
            body = parent.body
            if self._rng.random() < _CROSSED:
                body = crossover(body, self._winner(survivors).body, self._rng)
            name = parent.name.partition("@")[0]
            yield Recipe(name, varied(body, self._catalogue, self._rng))

    def _winner(self, survivors: Sequence[tuple[Recipe, float]]) -> Recipe:
        """The fittest of a few drawn at random; the empty recipe where none is left."""
        entrants = [self._rng.choice(survivors) for _ in range(_ENTRANTS)] if survivors else []
        return max(entrants, key=lambda entry: entry[1], default=(Recipe("empty", ()), 0.0))[0]
