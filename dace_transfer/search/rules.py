"""From what recipes did on donors to the order in which to try them: pure functions, the heart of every donor choice.

Each takes the benefits of m recipes on d donors, nearest first, shape `(d, m)`, 0 where auto_optimize has to stay, and
the weight of each donor, shape `(d,)`; and returns indices of recipes, the first to be tried first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import zip_longest
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

WORTHWHILE = math.log2(1.05)  # What verification's runs call faster.
REGRESSION = math.log2(0.95)  # Below it a recipe made the workload slower.
_CHOICES = 3  # Recipes a donor offers when they take turns.

Gains = NDArray[np.float64]
Rule: TypeAlias = Callable[[Gains, Gains], tuple[int, ...]]


def weights_of(distances: Gains) -> Gains:
    """What donors weigh by their distances, relative to the middle one, since encoders differ in scale."""
    middle = float(np.median(distances)) if len(distances) else 0.0
    return np.exp(-distances / middle) if middle > 0.0 else np.ones(len(distances))


def doubts_of(benefits: Gains, weights: Gains) -> Gains:
    """Share of the donors that each recipe made slower, less the share that it made faster, shape `(m,)`."""
    outcomes = (benefits < REGRESSION).astype(np.float64) - (benefits > WORTHWHILE)
    doubts: Gains = weights @ outcomes / weights.sum()
    return doubts


def by_turns(benefits: Gains, weights: Gains) -> tuple[int, ...]:
    """What the nearest donors were fastest with, every donor's best recipe before any second one.

    The rule of Performance Embeddings (Truemper et al., ICS 2023), against which `by_cover` is measured. Donors nothing
    was faster on offer nothing. The weights do not matter.
    """
    turns = zip_longest(*(_choices(donor) for donor in benefits))
    return tuple(dict.fromkeys(recipe for turn in turns for recipe in turn if recipe is not None))


def by_mean(benefits: Gains, weights: Gains) -> tuple[int, ...]:
    """All recipes by their weighted mean benefit."""
    return tuple(int(recipe) for recipe in np.argsort(-(weights @ benefits), kind="stable"))


def by_cover(benefits: Gains, weights: Gains) -> tuple[int, ...]:
    """Recipes each of which adds most to what those before it give, as a weighted mean over the donors.

    The first k are within 1 - 1/e of the best set of k there is (Nemhauser et al. 1978), for every k. Unlike means, it
    does not spend tries on recipes that do the same. When nothing is added any more, the others that are worth
    something follow by their means.
    """
    order: list[int] = []
    given = np.zeros(len(benefits))
    while len(order) < benefits.shape[1]:
        added = weights @ np.maximum(benefits - given[:, None], 0.0)
        if not added.max(initial=0.0) > 0.0:
            break
        order.append(int(added.argmax()))
        given = np.maximum(given, benefits[:, order[-1]])
    means = weights @ benefits
    return (*order, *(recipe for recipe in by_mean(benefits, weights) if means[recipe] > 0.0 and recipe not in order))


def _choices(donor: Gains) -> list[int]:
    best = np.argsort(-donor, kind="stable")[:_CHOICES]
    return [int(recipe) for recipe in best if donor[recipe] > WORTHWHILE]
