"""What became of a bank of recipes on many workloads, as arrays."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.records import FAILED, WRONG, RecipeRecord, TuningRecord
from dace_transfer.database.store import Store
from dace_transfer.errors import StoreError
from dace_transfer.search.portfolio import BASELINE
from dace_transfer.search.rules import Gains

Rows = NDArray[np.intp]

_UNUSABLE = {WRONG, FAILED}


@dataclass(frozen=True, eq=False)
class Profiles:
    """Outcomes of m recipes, the bank, on n workloads.

    Attributes:
        digests: The workloads, n of them.
        families: Families of each workload's programs.
        programs: Programs each workload occurs in.
        recipes: Ids of the recipes, m of them.
        names: Their names; recipes that differ in a knob share one.
        gains: Base-2 logarithm of the time of auto_optimize over the time of the recipe, shape `(n, m)`; NaN where
            there is no time.
        applicable: Whether trying the recipe costs a build, shape `(n, m)`: not where it does not apply or where
            nothing is known. Where it is true and the gain NaN, the recipe is unusable: its result is wrong or none.
        best: Largest gain of any recipe, in the bank or not, shape `(n,)`; at least 0, which is auto_optimize.
        seconds: Least time of auto_optimize, shape `(n,)`; NaN where it was not timed.
        halves: Gains by every other sample alone, and by those in between, shape `(2, n, m)`; where there are not two
            samples of each side, `gains`.
    """

    digests: tuple[str, ...]
    families: tuple[frozenset[str], ...]
    programs: tuple[frozenset[str], ...]
    recipes: tuple[str, ...]
    names: tuple[str, ...]
    gains: Gains
    applicable: NDArray[np.bool_]
    best: Gains
    seconds: Gains
    halves: Gains

    def benefits(self, rows: Rows) -> Gains:
        """What recipes are worth on some workloads, shape `(len(rows), m)`: 0 where auto_optimize has to stay."""
        return np.nan_to_num(self.gains[rows], nan=0.0)


def profiles_of(store: Store, target_digest: str | None = None) -> Profiles:
    """Read the newest outcome of every recipe on every workload.

    A recipe is of the bank where most workloads have an outcome of it, and a workload is in where most of the bank
    has an outcome on it.

    Args:
        store: The database.
        target_digest: Only outcomes on this target; on any when it is None.

    Raises:
        StoreError: There are no such recipes or workloads.
    """
    outcomes = _newest(store, target_digest)
    counts = Counter(recipe for known in outcomes.values() for recipe in known)
    recipes = sorted(recipe for recipe, count in counts.items() if 2 * count > len(outcomes))
    digests = sorted(d for d, known in outcomes.items() if 2 * len(known.keys() & set(recipes)) > len(recipes))
    if not digests:
        raise StoreError(
            "The database holds no recipes that were tried on most of its workloads; survey some programs first, "
            "as `python -m benchmarks.seed` does."
        )
    found = [store.occurrences(digest) for digest in digests]
    records = [store.get_recipe(recipe) for recipe in recipes]
    table = [[outcomes[digest].get(recipe) for recipe in recipes] for digest in digests]
    baselines = [_baseline(row, records) for row in table]
    return Profiles(
        digests=tuple(digests),
        families=tuple(frozenset(o.family for o in entries) for entries in found),
        programs=tuple(frozenset(o.program for o in entries) for entries in found),
        recipes=tuple(recipes),
        names=tuple(record.name if record else "" for record in records),
        gains=np.array([[_gain(outcome) for outcome in row] for row in table]),
        applicable=np.array([[_costs(outcome) for outcome in row] for row in table]),
        best=np.array([_best(outcomes[digest]) for digest in digests]),
        seconds=np.array([min(samples, default=math.nan) for samples in baselines]),
        halves=np.array([[[_half(outcome, half) for outcome in row] for row in table] for half in (0, 1)]),
    )


@dataclass(frozen=True, order=True)
class _Outcome:
    created: str
    verdict: str
    ratio: float
    samples: tuple[float, ...]
    beside: tuple[float, ...]  # Samples of the baseline, taken in turn with these.


def _newest(store: Store, target: str | None) -> Mapping[str, dict[str, _Outcome]]:
    """The newest outcome by workload and recipe; a ratio of 0 says that there is none."""
    newest: dict[str, dict[str, _Outcome]] = defaultdict(dict)
    for record in store.records(TuningRecord):
        if target is None or record.target == target:
            outcome = _Outcome(
                record.created, record.verdict, record.ratio or 0.0, record.samples, record.baseline_samples
            )
            known = newest[record.workload]
            known[record.recipe] = max(outcome, known.get(record.recipe, outcome))
    return newest


def _gain(outcome: _Outcome | None) -> float:
    if outcome is None or outcome.verdict in _UNUSABLE or not outcome.ratio > 0.0:
        return math.nan
    return math.log2(outcome.ratio)


def _costs(outcome: _Outcome | None) -> bool:
    return outcome is not None and (outcome.verdict in _UNUSABLE or outcome.ratio > 0.0)


def _best(known: Mapping[str, _Outcome]) -> float:
    return max([0.0, *(gain for outcome in known.values() if not math.isnan(gain := _gain(outcome)))])


def _baseline(row: Sequence[_Outcome | None], recipes: Sequence[RecipeRecord | None]) -> tuple[float, ...]:
    pairs = zip(row, recipes, strict=True)
    return next((o.samples for o, recipe in pairs if o and recipe and recipe.name == BASELINE), ())


def _half(outcome: _Outcome | None, half: int) -> float:
    gain = _gain(outcome)
    if outcome is None or math.isnan(gain) or min(len(outcome.samples), len(outcome.beside)) < 2:
        return gain
    return math.log2(min(outcome.beside[half::2]) / min(outcome.samples[half::2]))
