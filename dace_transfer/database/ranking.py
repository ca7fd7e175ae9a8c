"""Decides, from the outcomes recorded for one workload, what it donates and what is replayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from dace_transfer.database.records import AMBIGUOUS, FASTER, SAME, Donation, TuningRecord

_DONATED = {FASTER: 0, AMBIGUOUS: 1, SAME: 2}


def donations(records: Iterable[TuningRecord], wrong: Collection[str], k: int) -> list[Donation]:
    """Return the k best recipes, each once, on the target it did best on.

    Args:
        records: All outcomes of one workload.
        wrong: Recipes that must not be offered.
        k: At most this many are returned.
    """
    ranked = sorted((_rank(record), record) for record in medians(records) if record.recipe not in wrong)
    chosen: dict[str, Donation] = {}
    for _, record in ranked:
        if record.verdict in _DONATED and record.ratio is not None:
            donation = Donation(record.recipe, record.ratio, record.verdict, record.target)
            chosen.setdefault(record.recipe, donation)
    return list(chosen.values())[:k]


def best(records: Iterable[TuningRecord], wrong: Collection[str]) -> TuningRecord | None:
    """Return the outcome to replay: the fastest FASTER one, else the newest, which says that the baseline stays."""
    outcomes = list(records)
    faster = [r for r in medians(outcomes) if r.verdict == FASTER and r.recipe not in wrong]
    if faster:
        return min(faster, key=_rank)
    return max((r for r in outcomes if r.verdict != FASTER), key=lambda r: r.created, default=None)


def medians(records: Iterable[TuningRecord]) -> list[TuningRecord]:
    """Return, for each recipe and target, the timed record of median ratio; the lower of two middle ones."""
    pairs: dict[tuple[str, str], list[TuningRecord]] = defaultdict(list)
    for record in records:
        if record.ratio is not None:
            pairs[record.recipe, record.target].append(record)
    return [sorted(timed, key=lambda r: r.ratio or 0.0)[(len(timed) - 1) // 2] for timed in pairs.values()]


def _rank(record: TuningRecord) -> tuple[int, float, str, str]:
    return (_DONATED.get(record.verdict, len(_DONATED)), -(record.ratio or 0.0), record.recipe, record.target)
