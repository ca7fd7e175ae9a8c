"""Proposals donated by the nearest tuned workloads of the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice, zip_longest
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.records import FASTER, Neighbour
from dace_transfer.database.store import Store
from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import parse_recipe

DONORS = 8  # Neighbours looked at; several of them often donate one recipe.
CHOICES = 3  # Recipes a neighbour offers.

T = TypeVar("T")


def round_robin(offers: Sequence[Sequence[T]]) -> Iterator[tuple[int, T]]:
    """Yield what donors offer, each thing once, with the index of its donor: all first choices, then all second ones.

    Args:
        offers: What each donor offers, best first; nearest donor first.
    """
    seen: set[T] = set()
    for turn in zip_longest(*([(donor, thing) for thing in offer] for donor, offer in enumerate(offers))):
        for donor, thing in (entry for entry in turn if entry is not None):
            if thing not in seen:
                seen.add(thing)
                yield donor, thing


def neighbour_proposals(
    store: Store,
    encoder: str,
    digest: str,
    vector: NDArray[np.float32],
    k: int,
    *,
    exclude_families: Collection[str] = (),
    exclude_digests: Collection[str] = (),
) -> list[Proposal]:
    """Return the at most `k` distinct recipes the nearest workloads were fastest with, nearest donor first.

    Every donor first offers its best recipe; second and third choices follow only when the best ones of all
    donors are fewer than `k`.

    Args:
        store: The database.
        encoder: Id of the encoder that made `vector`.
        digest: The workload that gets the recipes; it may donate to itself.
        vector: Shape `(d,)`.
        k: Number of recipes.
        exclude_families: Program families that may not donate.
        exclude_digests: Workloads that may not donate.
    """
    near = store.neighbours(encoder, "", vector, DONORS, exclude_families, exclude_digests, donors_only=True)
    offers = [
        [donation.recipe for donation in store.recipes_for(neighbour.digest, k=CHOICES) if donation.verdict == FASTER]
        for neighbour in near
    ]
    proposals = (_proposal(store, digest, near[donor], recipe) for donor, recipe in round_robin(offers))
    return list(islice((proposal for proposal in proposals if proposal is not None), k))


def _proposal(store: Store, digest: str, neighbour: Neighbour, recipe: str) -> Proposal | None:
    record = store.get_recipe(recipe)
    if record is None:
        return None
    programs = store.occurrences(neighbour.digest)
    program = programs[0].program if programs else ""
    origin = "exact" if neighbour.digest == digest else "neighbour"
    return Proposal(parse_recipe(record.text), origin, neighbour.digest, program, neighbour.distance)
