"""The one interface of all that chooses recipes by what they did on other workloads, and the simplest choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from dace_transfer.learning.profiles import Profiles, Rows
from dace_transfer.search.rules import Gains, Rule


@dataclass(frozen=True)
class Ranking:
    """Recipes for one workload.

    Attributes:
        recipes: Columns of the profiles in the order of preference; empty where auto_optimize is to be kept.
        distance: How far the nearest donor is, None where there is no such thing.
        doubts: For each of the recipes, from -1 to 1, how likely it is to make the workload slower rather than faster;
            empty where nothing is said about that.
        asked: For each of the recipes, the gain that verification's runs must show for it to be used; empty where they
            are not looked at.
    """

    recipes: tuple[int, ...]
    distance: float | None = None
    doubts: tuple[float, ...] = ()
    asked: tuple[float, ...] = ()


class Donor(Protocol):
    """Chooses recipes for workloads it has not seen."""

    @property
    def name(self) -> str:
        """What its rows of the table are called."""
        ...

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        """Return a ranking for each workload of `test`, knowing the outcomes of `train` and nothing else."""
        ...


@runtime_checkable
class Forecaster(Protocol):
    """Says as well how long auto_optimize takes."""

    def forecast(self, train: Rows) -> Gains:
        """Return base-2 logarithms of seconds for all n workloads, knowing those of `train`, shape `(n,)`."""
        ...


@dataclass(frozen=True)
class Random:
    """Draws an order for every workload, the same one whatever is left out."""

    name: str
    seed: int = 0

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        count = len(profiles.recipes)
        orders = (np.random.default_rng((self.seed, row)).permutation(count) for row in test)
        return [Ranking(tuple(int(recipe) for recipe in order)) for order in orders]


@dataclass(frozen=True)
class Everywhere:
    """The same order for every workload, from all known ones alike: by its rule a fixed recipe or a portfolio."""

    name: str
    rule: Rule

    def rank(self, profiles: Profiles, train: Rows, test: Rows) -> list[Ranking]:
        return [Ranking(self.rule(profiles.benefits(train), np.ones(len(train))))] * len(test)
