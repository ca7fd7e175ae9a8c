"""Which of the candidates that were tried is used."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace

from dace_transfer.database.ranking import best
from dace_transfer.database.records import TuningRecord
from dace_transfer.report import Attempt
from dace_transfer.search import Proposal
from dace_transfer.transformations import parse_recipe
from dace_transfer.tuner.candidate import Candidate, Field
from dace_transfer.tuner.trial import winner
from dace_transfer.verdict import Verdict

RATIOS = {"slow": 1.5, "twin": 2.0, "another": 2.0}


def candidate(name: str) -> Candidate:
    recipe = parse_recipe(f"recipe {name}\nfuse all_maps\n")
    attempt = Attempt(name, name, "", "portfolio", "", "", None, Verdict.FASTER, "It was faster.", ratio=RATIOS[name])
    return Candidate(Proposal(recipe, "portfolio"), None, attempt)


def record(name: str) -> TuningRecord:
    words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", "test")
    return TuningRecord("w", name, "t", "auto_optimize", "FASTER", RATIOS[name], None, None, (), (), *words)


def test_of_equally_fast_recipes_the_one_is_used_that_would_be_replayed() -> None:
    for order in permutations(RATIOS):
        field = Field(SimpleNamespace(), candidate("slow"), tuple(map(candidate, order)))  # type: ignore[arg-type]
        chosen, replayed = winner(field), best(map(record, order), ())
        assert chosen and replayed and chosen.attempt.recipe_id == replayed.recipe == "another"
