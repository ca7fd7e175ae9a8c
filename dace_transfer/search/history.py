"""What the database knows that may help to search for one workload."""

from __future__ import annotations

from collections.abc import Collection

from dace_transfer.database.records import Vector
from dace_transfer.database.store import Store
from dace_transfer.errors import RecipeError
from dace_transfer.search.cost_model import Observation
from dace_transfer.search.strategy import Outcome
from dace_transfer.transformations import Recipe, parse_recipe
from dace_transfer.verdict import Verdict

_WORKLOADS = 64  # Neighbours looked at.
_MOST = 1000  # Observations; more of them, from farther away, only take time.


def observations(
    store: Store,
    encoder: str,
    vector: Vector,
    *,
    exclude_families: Collection[str] = (),
    exclude_digests: Collection[str] = (),
) -> list[Observation]:
    """Return what became of recipes on the nearest workloads, nearest first, at most 1000 observations.

    Args:
        store: The database.
        encoder: Id of the encoder that made `vector`.
        vector: The workload searched for, shape `(d,)`.
        exclude_families: Program families to leave out.
        exclude_digests: Workloads to leave out.
    """
    near = store.neighbours(encoder, "", vector, _WORKLOADS, exclude_families, exclude_digests)
    known = outcomes(store, [neighbour.digest for neighbour in near])
    found: list[Observation] = []
    for neighbour in near:
        embedding = store.get_embedding(neighbour.digest, encoder)
        if embedding is not None:
            found += [Observation(embedding.vector, outcome) for outcome in known[neighbour.digest]]
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def outcomes(store: Store, digests: Collection[str]) -> dict[str, list[Outcome]]:
    """Return what became of recipes on workloads, but for recipes that this version knows no more."""
    found = store.donations(digests)
    ids = {donation.recipe for donations in found.values() for donation in donations}
    recipes = {recipe: _recipe(store, recipe) for recipe in ids}
    return {
        digest: [
            Outcome(recipe, Verdict[donation.verdict], donation.ratio)
            for donation in donations
            if (recipe := recipes[donation.recipe]) is not None
        ]
        for digest, donations in found.items()
    }


def _recipe(store: Store, recipe: str) -> Recipe | None:
    """A recorded recipe, or None where this version knows its steps no more."""
    record = store.get_recipe(recipe)
    try:
        return parse_recipe(record.text) if record is not None else None
    except RecipeError:
        return None
