"""How candidates ended, counted from the records of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

_UNTOLD = ("failed", "wrong")


def tally(records: Iterable[tuple[str, Mapping[str, Any]]]) -> Counter[str]:
    """Count the outcomes of recipes on workloads by verdict; of those that failed, by what failed ("failed: crash").

    Args:
        records: Kinds of records and their JSON values.
    """
    told = list(records)
    kinds = {(v["workload"], v["recipe"]): v["kind"] for name, v in told if name == "verification" and not v["ok"]}
    counts: Counter[str] = Counter()
    for name, values in told:
        if name == "tuning":
            verdict = str(values["verdict"]).lower()
            kind = str(kinds.get((values["workload"], values["recipe"]), "")).lower()
            counts[f"{verdict}: {kind}" if verdict == "failed" and kind not in ("", *_UNTOLD) else verdict] += 1
    return counts
