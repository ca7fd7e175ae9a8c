"""What a workload gets out of recipes that are tried in an order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice

import numpy as np

from dace_transfer.learning.profiles import Profiles
from dace_transfer.search.rules import Gains


def gains_of(profiles: Profiles, row: int, recipes: Sequence[int], most: int) -> Gains:
    """Gains of the first recipes that apply, at most `most`; NaN where one is unusable.

    That a recipe does not apply is found without building anything, so it costs nothing and the next one is taken.
    """
    tried = islice((recipe for recipe in recipes if profiles.applicable[row, recipe]), most)
    return profiles.gains[row, list(tried)]


def used(profiles: Profiles, row: int, recipes: Sequence[int], asked: Sequence[float], most: int, half: int) -> Gains:
    """What is used when nothing but verification is run: the gain of one recipe, or of none, shape `(1,)` or `(0,)`.

    Of the first recipes that apply, at most `most`, it is the one that took least time in one half of verification's
    runs (0 or 1), if it gained there more than what is asked of it. What it gains is taken from the other half, since
    the fastest of several is so by luck in part.
    """
    margins = dict(zip(recipes, asked, strict=True))
    tried = list(islice((recipe for recipe in recipes if profiles.applicable[row, recipe]), most))
    seen, gains = profiles.halves[[half, 1 - half], row]
    faster = [recipe for recipe in tried if seen[recipe] > margins[recipe]]
    chosen: Gains = gains[sorted(faster, key=lambda recipe: -float(seen[recipe]))[:1]]
    return chosen


def kept(gains: Gains) -> float:
    """What remains after timing: the largest gain, or 0, auto_optimize."""
    return max(0.0, float(np.nan_to_num(gains, nan=0.0).max(initial=0.0)))


def random_search(profiles: Profiles, row: int, gain: float) -> float:
    """Recipes that a search in random order tries, on average, until one gains as much but 2 % of the time.

    Of m that apply, usable or not, g do: (m + 1) / (g + 1). A gain of 0 needs none.
    """
    if gain <= 0.0:
        return 0.0
    mine = profiles.gains[row, profiles.applicable[row]]
    return float((len(mine) + 1) / (np.sum(mine >= gain + math.log2(0.98)) + 1))
