"""How much of the best known gain each way to choose donors recovers on families it has never seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dace_transfer.learning.bootstrap import Estimate, estimate, resamples
from dace_transfer.learning.donors import Donor, Forecaster, Ranking
from dace_transfer.learning.folds import Fold, folds
from dace_transfer.learning.forecasts import forecast_estimates
from dace_transfer.learning.playing import gains_of, kept, random_search, used
from dace_transfer.learning.profiles import Profiles
from dace_transfer.search.rules import REGRESSION, Gains

KS = (1, 3, 5, 10)
REFERENCE = "portfolio"  # What every donor is compared with.
WORTH_TUNING = math.log2(1.1)  # Of workloads nothing makes this much faster, nothing can be recovered.

_Table: TypeAlias = NDArray[np.void]
_Key: TypeAlias = tuple[str, int]
_NAMES = ("recovered", "recovered_total", "regressions", "wrong", "abstained", "evaluations_saved")
_FIELDS = [(name, np.float64) for name in ("gain", "best", "regressed", "wrong", "abstained", "saved")]


@dataclass(frozen=True)
class Row:
    """One donor when k recipes may be tried; a recipe that does not apply costs nothing and does not count.

    Attributes:
        donor: Its name.
        k: Recipes tried.
        estimates: By name, what it came to:
            recovered: Mean share of the best known gain, over the workloads that are worth tuning.
            recovered_total: Their gains added up, over their best known gains added up.
            regressions: Share of all workloads that are slower than 0.95x with the first choice, or with what
                verification's runs choose where they are looked at.
            wrong: Share of all workloads whose first choice is unusable, which verification finds out.
            abstained: Share of all workloads that nothing was proposed for, or nothing was used.
            evaluations_saved: Recipes that a search in random order tries until it has gained as much, over those tried
                here; the median over the workloads that are worth tuning.
            over_portfolio: `recovered` less that of the portfolio at the same k on the same workloads.
            runtime_rank, runtime_error: How well run times are predicted, by those who do; see `forecast_estimates`.
        workloads: Workloads asked about; one is asked about once for each family it occurs in.
        worth_tuning: How many of them have a recipe that makes them at least 1.1 times as fast.
        families: Families left out.
    """

    donor: str
    k: int
    estimates: Mapping[str, Estimate]
    workloads: int
    worth_tuning: int
    families: int

    def flat(self) -> dict[str, Any]:
        """The row as JSON: each estimate under its name, its interval with "_low" and "_high"; None where undefined."""
        values: dict[str, Any] = {"donor": self.donor, "k": self.k}
        for name, found in self.estimates.items():
            ends = {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
            values |= {key: None if math.isnan(value) else value for key, value in ends.items()}
        return values | {"workloads": self.workloads, "worth_tuning": self.worth_tuning, "families": self.families}


def evaluate(profiles: Profiles, donors: Sequence[Donor], *, count: int | None = None, seed: int = 0) -> list[Row]:
    """Ask every donor about the workloads of families that it has not seen.

    Args:
        profiles: All outcomes.
        donors: Who is asked; the portfolio should be among them for others to be compared with it.
        count: Folds of families; one for each family when it is None.
        seed: Of the bootstrap.

    Raises:
        StoreError: There are fewer than two families or folds.
    """
    left_out = list(folds(profiles, count))
    asked = [entry for fold in left_out for entry in _asked(profiles, fold)]
    samples = resamples([family for family, _ in asked], seed)
    tables = {
        (donor.name, k): table
        for donor in donors
        for k, table in _tables(profiles, [row for _, row in asked], _rankings(profiles, donor, left_out)).items()
    }
    sampled = {key: np.array([_statistics(table[sample]) for sample in samples]) for key, table in tables.items()}
    forecasts = {
        donor.name: forecast_estimates(*_forecasts(profiles, donor, left_out), samples)
        for donor in donors
        if isinstance(donor, Forecaster)
    }
    return [
        Row(
            donor=name,
            k=k,
            estimates={**_estimates(tables, sampled, name, k), **forecasts.get(name, {})},
            workloads=len(asked),
            worth_tuning=int(np.sum(table["best"] >= WORTH_TUNING)),
            families=len({family for family, _ in asked}),
        )
        for (name, k), table in tables.items()
    ]


def _asked(profiles: Profiles, fold: Fold) -> Iterator[tuple[str, int]]:
    """Family and row, for every family of the fold that a workload occurs in."""
    for row in fold.test:
        for family in sorted(profiles.families[row].intersection(fold.families)):
            yield family, int(row)


def _rankings(profiles: Profiles, donor: Donor, left_out: Sequence[Fold]) -> list[Ranking]:
    """What the donor says, in the order of what is asked."""
    found: list[Ranking] = []
    for fold in left_out:
        by_row = dict(zip(fold.test.tolist(), donor.rank(profiles, fold.train, fold.test), strict=True))
        found += [by_row[row] for _, row in _asked(profiles, fold)]
    return found


def _forecasts(profiles: Profiles, donor: Forecaster, left_out: Sequence[Fold]) -> tuple[Gains, Gains]:
    """Predicted and measured run times, in the order of what is asked."""
    rows = [[row for _, row in _asked(profiles, fold)] for fold in left_out]
    said = [donor.forecast(fold.train)[asked] for fold, asked in zip(left_out, rows, strict=True)]
    return np.concatenate(said), profiles.seconds[np.concatenate(rows)]


def _tables(profiles: Profiles, rows: Sequence[int], rankings: Sequence[Ranking]) -> dict[int, _Table]:
    """By k, a line for each row that was asked about."""
    asked = list(zip(rows, rankings, strict=True))
    return {k: np.array([_line(profiles, row, ranking, k) for row, ranking in asked], _FIELDS) for k in KS}


def _line(profiles: Profiles, row: int, ranking: Ranking, k: int) -> tuple[float, ...]:
    tried = gains_of(profiles, row, ranking.recipes, k)
    if not ranking.asked:
        return _end(profiles, row, tried, len(tried), abstained=not ranking.recipes)
    left = [used(profiles, row, ranking.recipes, ranking.asked, k, half) for half in (0, 1)]
    ends = [_end(profiles, row, gains, len(tried), abstained=not len(gains)) for gains in left]
    return tuple(np.mean(ends, axis=0).tolist())


def _end(profiles: Profiles, row: int, gains: Gains, tried: int, *, abstained: bool) -> tuple[float, ...]:
    """The values of `_FIELDS` when the largest of some gains is kept, and the first of them was chosen untimed."""
    best, first = float(profiles.best[row]), gains[:1]
    gain = min(kept(gains), best)
    saved = random_search(profiles, row, gain) / max(1, tried)
    return (gain, best, bool((first < REGRESSION).any()), bool(np.isnan(first).any()), abstained, saved)


def _statistics(table: _Table) -> list[float]:
    """The values of `_NAMES`; NaN where there is nothing to take them of."""
    worth = table[table["best"] >= WORTH_TUNING]
    everywhere = [float(table[name].mean()) for name in ("regressed", "wrong", "abstained")]
    if not len(worth):
        return [math.nan, math.nan, *everywhere, math.nan]
    total = worth["gain"].sum() / worth["best"].sum()
    return [float((worth["gain"] / worth["best"]).mean()), float(total), *everywhere, float(np.median(worth["saved"]))]


def _estimates(tables: Mapping[_Key, _Table], sampled: Mapping[_Key, Gains], name: str, k: int) -> dict[str, Estimate]:
    values = _statistics(tables[name, k])
    found = {what: estimate(values[i], sampled[name, k][:, i]) for i, what in enumerate(_NAMES)}
    if (REFERENCE, k) in tables:
        ahead = values[0] - _statistics(tables[REFERENCE, k])[0]
        found["over_portfolio"] = estimate(ahead, sampled[name, k][:, 0] - sampled[REFERENCE, k][:, 0])
    return found
