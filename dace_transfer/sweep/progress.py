"""Where a sweep stands, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dace_transfer.sweep.counting import Counts


def sentence(counts: Counts) -> str:
    """One line: how much is done, how fast, and how long it will take; more tasks may follow from those there are."""
    if not counts.total:
        return "no tasks yet"
    parts = [f"{counts.finished} of {counts.total} tasks"]
    if counts.leased:
        parts.append(f"{counts.leased} with workers")
    if counts.rate and counts.left:
        parts.append(f"{60 * counts.rate:.3g} a minute, about {duration(counts.left)} left")
    failures = sum(counts.failures.values())
    return ", ".join([*parts, *([f"{failures} failed"] if failures else [])])


def table(counts: Counts) -> list[Mapping[str, Any]]:
    """Rows of all that is counted."""
    groups = {"tasks": counts.states, "tasks failed": counts.failures, "candidates": counts.outcomes}
    return [
        {"what": what, "which": which, "count": number}
        for what, numbers in groups.items()
        for which, number in sorted(numbers.items())
    ]


def flat(counts: Counts) -> dict[str, Any]:
    """The JSON form."""
    return {
        "total": counts.total,
        "finished": counts.finished,
        "leased": counts.leased,
        "states": counts.states,
        "failures": counts.failures,
        "outcomes": counts.outcomes,
        "per_minute": 60 * counts.rate,
        "seconds_left": counts.left if math.isfinite(counts.left) else None,
    }


def duration(seconds: float) -> str:
    """Seconds in the largest unit that fits."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
