"""What is told of a sweep."""

from __future__ import annotations

import json
import math

from dace_transfer.sweep.counting import Counts
from dace_transfer.sweep.progress import duration, flat, sentence, table
from dace_transfer.sweep.tally import tally

SOME = Counts({"queued": 300, "measured": 90, "failed": 10}, 4, {"timeout": 7, "crash": 3}, {"faster": 5}, 50, 100.0)


def test_how_far_how_fast_and_when_it_ends() -> None:
    assert sentence(SOME) == "100 of 400 tasks, 4 with workers, 30 a minute, about 10 min left, 10 failed"
    assert {(row["what"], row["which"]): row["count"] for row in table(SOME)}["tasks failed", "timeout"] == 7
    assert flat(SOME)["seconds_left"] == 600.0


def test_a_sweep_that_stands_still_has_no_end() -> None:
    still = Counts({"queued": 3}, 0, {}, {}, 0, 1.0)
    assert still.left == math.inf and sentence(still) == "0 of 3 tasks"
    assert json.loads(json.dumps(flat(still)))["seconds_left"] is None
    assert sentence(Counts({}, 0, {}, {}, 0, 1.0)) == "no tasks yet"


def test_durations_have_one_unit() -> None:
    assert [duration(s) for s in (3, 119, 121, 7300, 200000)] == ["3 s", "119 s", "2 min", "2 h", "2 days"]


def test_candidates_are_counted_by_how_they_ended() -> None:
    def tuning(recipe: str, verdict: str) -> tuple[str, dict[str, object]]:
        return "tuning", {"workload": "w", "recipe": recipe, "verdict": verdict}

    def verification(recipe: str, kind: str) -> tuple[str, dict[str, object]]:
        return "verification", {"workload": "w", "recipe": recipe, "kind": kind, "ok": not kind}

    records = [
        tuning("a", "FASTER"),
        verification("a", ""),
        tuning("b", "FAILED"),
        verification("b", "crash"),
        tuning("c", "FAILED"),
        tuning("d", "WRONG"),
        verification("d", "WRONG"),
        ("recipe", {}),
    ]
    assert tally(records) == {"faster": 1, "failed: crash": 1, "failed": 1, "wrong": 1}
