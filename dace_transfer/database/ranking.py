"""Decides, from the outcomes recorded for one workload, what it donates and what is replayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar

from dace_transfer.database.records import AMBIGUOUS, FASTER, SAME, WRONG, Donation, TuningRecord

_RANKS = {FASTER: 0, AMBIGUOUS: 1, SAME: 2}


class Outcome(NamedTuple):
    """As much of a `TuningRecord` as decides what it donates."""

    recipe: str
    target: str
    verdict: str
    ratio: float | None
    created: str


Timed = TypeVar("Timed", Outcome, TuningRecord)


def donations(outcomes: Iterable[Outcome], wrong: Collection[str]) -> list[Donation]:
    """Return what became of each recipe on one workload, what is worth most first.

    Args:
        outcomes: All there are of the workload.
        wrong: Recipes that ever gave a wrong result.
    """
    known = list(outcomes)
    untimed = sorted((o for o in known if o.ratio is None), key=lambda o: o.created, reverse=True)
    chosen: dict[str, Donation] = {}
    for outcome in (*sorted(medians(known), key=_rank), *untimed):
        verdict, ratio = (WRONG, None) if outcome.recipe in wrong else (outcome.verdict, outcome.ratio)
        chosen.setdefault(outcome.recipe, Donation(outcome.recipe, verdict, ratio, outcome.target))
    return list(chosen.values())


def best(records: Iterable[TuningRecord], wrong: Collection[str]) -> TuningRecord | None:
    """Return the outcome to replay: the fastest FASTER one, else the newest, which says that the baseline stays."""
    outcomes = list(records)
    faster = [r for r in medians(outcomes) if r.verdict == FASTER and r.recipe not in wrong]
    if faster:
        return min(faster, key=_rank)
    return max((r for r in outcomes if r.verdict != FASTER), key=lambda r: r.created, default=None)


def medians(records: Iterable[Timed]) -> list[Timed]:
    """Return, for each recipe and target, the timed record of median ratio; the lower of two middle ones."""
    pairs: dict[tuple[str, str], list[Timed]] = defaultdict(list)
    for record in records:
        if record.ratio is not None:
            pairs[record.recipe, record.target].append(record)
    return [sorted(timed, key=lambda r: r.ratio or 0.0)[(len(timed) - 1) // 2] for timed in pairs.values()]


def _rank(record: Outcome | TuningRecord) -> tuple[int, float, str, str]:
    return (_RANKS.get(record.verdict, len(_RANKS)), -(record.ratio or 0.0), record.recipe, record.target)
