"""Keep auto_optimize where nothing is raced, and neither neighbours nor verification speak clearly for a recipe."""

from __future__ import annotations

import math
from dataclasses import replace

from dace_transfer.search import Trust
from dace_transfer.tuner.candidate import Candidate, Field
from dace_transfer.verdict import Verdict


def believed(field: Field, trust: Trust) -> Field:
    """Return a field in which recipes that are not fast enough to be used untimed end in NO_NEIGHBOUR.

    Verification's runs say of each how much faster it is than auto_optimize, roughly. Where neighbours can be trusted
    that is enough; where they got slower with the recipe too often, it has to be clearly faster. Recipes that made the
    same program speak for it together, and what was raced before needs nobody to speak for it.

    Args:
        field: What was verified.
        trust: How much is asked.
    """
    judged = [c if c.twin else _judged(c, _doubt(field, c), trust) for c in field.candidates]
    return replace(field, candidates=tuple(judged)).with_twins()


def _doubt(field: Field, candidate: Candidate) -> float | None:
    """The least doubt about any recipe that made the candidate's program."""
    recipe = candidate.attempt.recipe_id
    same = [candidate.proposal, *(c.proposal for c in field.candidates if c.twin == recipe)]
    return min((proposal.doubt for proposal in same if proposal.doubt is not None), default=None)


def _judged(candidate: Candidate, doubt: float | None, trust: Trust) -> Candidate:
    ratio = candidate.attempt.ratio
    if candidate.attempt.verdict is not Verdict.FASTER or candidate.raced or doubt is None or ratio is None:
        return candidate
    asked = trust.asks(doubt)
    if math.log2(ratio) > asked:
        return candidate
    reason = (
        f"Neighbours cannot be trusted with '{candidate.attempt.recipe}' (doubt {doubt:.2f}, they can be below "
        f"{trust.limit:.2f}), and verification's runs were {ratio:.2f} times as fast as auto_optimize's, not over "
        f"{2.0**asked:.2f} times."
    )
    return candidate.ended(Verdict.NO_NEIGHBOUR, reason)
