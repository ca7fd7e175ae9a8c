"""Proposals donated by the nearest tuned workloads of the database."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.store import Store
from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import parse_recipe

_DONORS = 8  # Neighbours looked at; several of them often donate one recipe.


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
    near = store.neighbours(encoder, "", vector, _DONORS, exclude_families, exclude_digests, donors_only=True)
    offers = [
        (rank, index, neighbour, donation)
        for index, neighbour in enumerate(near)
        for rank, donation in enumerate(d for d in store.recipes_for(neighbour.digest, k=3) if d.verdict == "FASTER")
    ]
    proposals: dict[str, Proposal] = {}
    for _, _, neighbour, donation in sorted(offers, key=lambda offer: offer[:2]):
        record = store.get_recipe(donation.recipe)
        if record is None or donation.recipe in proposals or len(proposals) == k:
            continue
        programs = store.occurrences(neighbour.digest)
        program = programs[0].program if programs else ""
        recipe = parse_recipe(record.text)
        origin = "exact" if neighbour.digest == digest else "neighbour"
        proposals[donation.recipe] = Proposal(recipe, origin, neighbour.digest, program, neighbour.distance)
    return list(proposals.values())
