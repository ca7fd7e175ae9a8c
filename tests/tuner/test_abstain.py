"""Recipes that neither neighbours nor verification's runs speak clearly for are not used."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dace_transfer.database.records import TuningRecord
from dace_transfer.report import Attempt
from dace_transfer.search import Proposal, Trust
from dace_transfer.transformations import parse_recipe
from dace_transfer.tuner.abstain import believed
from dace_transfer.tuner.candidate import Candidate, Field
from dace_transfer.verdict import Verdict

TRUST = Trust(limit=-0.1, tolerated=0.05, encoder="e", workloads=10, families=5, newest="")
TRUSTED, DOUBTED = -0.5, 0.2


def candidate(name: str, doubt: float | None, ratio: float | None, verdict: Verdict = Verdict.FASTER) -> Candidate:
    recipe = parse_recipe(f"recipe {name}\nfuse all_maps\n")
    attempt = Attempt(name, name, "", "neighbour", "", "", 1.0, verdict, "It was faster.", ratio=ratio)
    return Candidate(Proposal(recipe, "neighbour", distance=1.0, doubt=doubt), None, attempt)


def verdicts(*candidates: Candidate) -> list[Verdict]:
    baseline = candidate("auto_optimize", None, 1.0, Verdict.SAME)
    field = Field(SimpleNamespace(), baseline, candidates)  # type: ignore[arg-type]
    return [c.attempt.verdict for c in believed(field, TRUST).candidates]


@pytest.mark.parametrize(
    ("doubt", "ratio", "verdict"),
    [
        (TRUSTED, 1.06, Verdict.FASTER),
        (DOUBTED, 1.19, Verdict.NO_NEIGHBOUR),
        (DOUBTED, 1.21, Verdict.FASTER),
        (-0.1, 1.1, Verdict.NO_NEIGHBOUR),
        (None, 1.1, Verdict.FASTER),
    ],
)
def test_what_is_doubted_has_to_be_clearly_faster(doubt: float | None, ratio: float, verdict: Verdict) -> None:
    assert verdicts(candidate("one", doubt, ratio)) == [verdict]


def test_what_is_not_faster_keeps_its_verdict() -> None:
    ended = [Verdict.SLOWER, Verdict.SAME, Verdict.WRONG, Verdict.AMBIGUOUS, Verdict.NOT_APPLICABLE]
    assert verdicts(*(candidate(v.value, DOUBTED, None, v) for v in ended)) == ended


def test_the_reason_is_a_sentence_with_its_figures() -> None:
    field = Field(SimpleNamespace(), candidate("b", None, 1.0), (candidate("tile", DOUBTED, 1.1),))  # type: ignore[arg-type]
    reason = believed(field, TRUST).candidates[0].attempt.reason
    assert all(word in reason for word in ("'tile'", "0.20", "-0.10", "1.10", "1.20"))
    assert reason.endswith(".") and "\n" not in reason


def test_what_was_raced_before_needs_nobody_to_speak_for_it() -> None:
    one = candidate("one", DOUBTED, 1.1)
    words: tuple[Any, ...] = ("because", "[]", "measure", "2", "0", "2026-01-01T00:00:00+00:00", "test")
    record = TuningRecord("w", "one", "t", "auto_optimize", "FASTER", 1.1, 1.06, 1.2, (), (), *words)
    assert verdicts(replace(one, recalled=record)) == [Verdict.FASTER]
    assert verdicts(replace(one, recalled=replace(record, low=None))) == [Verdict.NO_NEIGHBOUR]


def test_recipes_that_made_one_program_speak_for_it_together() -> None:
    first = candidate("first", DOUBTED, 1.1)
    for doubt, verdict in ((TRUSTED, Verdict.FASTER), (DOUBTED, Verdict.NO_NEIGHBOUR)):
        assert verdicts(first, replace(candidate("second", doubt, 1.1), twin="first")) == [verdict, verdict]
