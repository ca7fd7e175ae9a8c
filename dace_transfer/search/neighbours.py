"""Proposals donated by the nearest tuned workloads of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.records import Neighbour
from dace_transfer.database.store import Store
from dace_transfer.search.history import outcomes
from dace_transfer.search.proposal import Proposal
from dace_transfer.search.rules import WORTHWHILE, by_cover, doubts_of, weights_of
from dace_transfer.search.strategy import Outcome
from dace_transfer.verdict import Verdict

NEIGHBOURS = 32  # Looked at; several often donate one recipe.


def neighbour_proposals(
    store: Store,
    encoder: str,
    digest: str,
    vector: NDArray[np.float32],
    *,
    exclude_families: Collection[str] = (),
    exclude_digests: Collection[str] = (),
) -> list[Proposal]:
    """Return the distinct recipes that what happened on the nearest workloads speaks for, the best first.

    What this very workload was fastest with comes first. Of the others, the recipe comes first that was worth most on
    the neighbours, which weigh less the farther they are; then what adds most to that. See `rules.by_cover`.

    Args:
        store: The database.
        encoder: Id of the encoder that made `vector`.
        digest: The workload that gets the recipes; it may donate to itself.
        vector: Shape `(d,)`.
        exclude_families: Program families that may not donate.
        exclude_digests: Workloads that may not donate.
    """
    near = store.neighbours(encoder, "", vector, NEIGHBOURS, exclude_families, exclude_digests)
    found = outcomes(store, [neighbour.digest for neighbour in near])
    known = [{outcome.recipe.id: outcome for outcome in found[neighbour.digest]} for neighbour in near]
    recipes = sorted({recipe for outcomes_ in known for recipe in outcomes_})
    if not recipes:
        return []
    benefits = np.array([[_benefit(outcomes_.get(recipe)) for recipe in recipes] for outcomes_ in known])
    weights = weights_of(np.array([neighbour.distance for neighbour in near]))
    doubts = dict(zip(recipes, doubts_of(benefits, weights).tolist(), strict=True))
    donors = {recipe: place for place, n in enumerate(near) if n.digest == digest for recipe in _best(known[place])}
    for column in by_cover(benefits, weights):
        donors.setdefault(recipes[column], int((weights * benefits[:, column]).argmax()))
    return [
        _proposal(store, digest, known[place][recipe], near[place], doubts[recipe]) for recipe, place in donors.items()
    ]


Known = Mapping[str, Outcome]
"""What became of recipes on one workload, by their ids."""


def _best(known: Known) -> list[str]:
    faster = [outcome for outcome in known.values() if outcome.verdict is Verdict.FASTER]
    return [outcome.recipe.id for outcome in sorted(faster, key=lambda outcome: -(outcome.gain or 0.0))]


def _benefit(outcome: Outcome | None) -> float:
    """What a recipe was worth: nothing where it is not known, was unusable, or was hardly faster."""
    gain = outcome.gain if outcome is not None and outcome.verdict in _TIMED else None
    return gain if gain is not None and not 0.0 < gain <= WORTHWHILE else 0.0


_TIMED = (Verdict.FASTER, Verdict.SAME, Verdict.SLOWER, Verdict.AMBIGUOUS)


def _proposal(store: Store, digest: str, outcome: Outcome, neighbour: Neighbour, doubt: float) -> Proposal:
    programs = store.occurrences(neighbour.digest)
    program = programs[0].program if programs else ""
    origin = "exact" if neighbour.digest == digest else "neighbour"
    return Proposal(outcome.recipe, origin, neighbour.digest, program, neighbour.distance, doubt)
