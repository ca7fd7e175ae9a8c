"""The rows of an evaluation for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dace_transfer.learning.bootstrap import Estimate
from dace_transfer.learning.evaluation import Row

ABOUT = """\
Shares are in percent with 95 % intervals over families.
recovered: mean share of the best known gain (base-2 logarithm of the speed over auto_optimize) with k recipes tried
total: the same, with gains added up
over portfolio: recovered, less that of the portfolio with as many recipes
slower: first choices that take more than 1/0.95 of the time, none of them timed
features+runs, transfer: each half of verification's runs chooses among the k, and the other says what that is worth
wrong: first choices that verification refuses
saved: recipes that a search in random order tries for as much, over those tried here; the median
"""


def shown(row: Row) -> dict[str, str]:
    """The cells of a row by the heads of their columns; "-" where there is nothing to say."""
    found = row.estimates
    return {
        "donor": row.donor,
        "k": str(row.k),
        "recovered": _share(found["recovered"]),
        "total": _share(found["recovered_total"]),
        "over portfolio": _share(found["over_portfolio"]) if "over_portfolio" in found else "-",
        "slower": _share(found["regressions"]),
        "wrong": _share(found["wrong"]),
        "abstained": _share(found["abstained"]),
        "saved": _times(found["evaluations_saved"]),
    }


def forecasts(rows: Sequence[Row]) -> list[str]:
    """A line for each donor that predicts run times."""
    told = {row.donor: row.estimates for row in rows if "runtime_rank" in row.estimates}
    return [
        f"{donor} predicts how long auto_optimize takes with a median error of {_share(found['runtime_error'])} % "
        f"and a rank correlation of {_text(found['runtime_rank'], lambda value: f'{value:.2f}')}."
        for donor, found in told.items()
    ]


def _share(found: Estimate) -> str:
    return _text(found, lambda value: f"{round(100 * value)}")


def _times(found: Estimate) -> str:
    return _text(found, lambda value: f"{value:.1f}")


def _text(found: Estimate, written: Callable[[float], str]) -> str:
    if math.isnan(found.value):
        return "-"
    return f"{written(found.value)} [{written(found.low)}, {written(found.high)}]"
