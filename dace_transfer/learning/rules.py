"""From what recipes did on donors to the order in which to try them: pure functions, the heart of every donor choice.

Each takes the benefits of m recipes on d donors, nearest first, shape `(d, m)`, 0 where auto_optimize has to stay, and
the weight of each donor, shape `(d,)`; and returns indices of recipes, the first to be tried first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from dace_transfer.learning.profiles import Gains
from dace_transfer.search.neighbours import CHOICES, round_robin

WORTHWHILE = math.log2(1.05)  # What verification's runs call faster.

Rule: TypeAlias = Callable[[Gains, Gains], tuple[int, ...]]


def by_turns(benefits: Gains, weights: Gains) -> tuple[int, ...]:
    """What the nearest donors were fastest with, every donor's best recipe before any second one: the tuner's rule.

    Donors nothing was faster on offer nothing. The weights do not matter.
    """
    return tuple(recipe for _, recipe in round_robin([_choices(donor) for donor in benefits]))


def by_mean(benefits: Gains, weights: Gains) -> tuple[int, ...]:
    """All recipes by their weighted mean benefit."""
    return tuple(int(recipe) for recipe in np.argsort(-(weights @ benefits), kind="stable"))


def by_cover(benefits: Gains, weights: Gains) -> tuple[int, ...]:
    """All recipes, each the one that adds most to what those before it give, as a weighted mean over the donors.

    The first k are within 1 - 1/e of the best set of k there is (Nemhauser et al. 1978), for every k.
    """
    order: list[int] = []
    left = list(by_mean(benefits, weights))
    given = np.zeros(len(benefits))
    while left:
        added = weights @ np.maximum(benefits[:, left] - given[:, None], 0.0)
        if not added.max(initial=0.0) > 0.0:
            break
        order.append(left.pop(int(added.argmax())))
        given = np.maximum(given, benefits[:, order[-1]])
    return (*order, *left)


def _choices(donor: Gains) -> list[int]:
    best = np.argsort(-donor, kind="stable")[:CHOICES]
    return [int(recipe) for recipe in best if donor[recipe] > WORTHWHILE]
