"""What the database knows that may help to search for one workload."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dace_transfer.database.records import Vector
from dace_transfer.database.store import Store
from dace_transfer.errors import RecipeError
from dace_transfer.search.cost_model import Observation
from dace_transfer.search.strategy import Outcome
from dace_transfer.transformations import Recipe, parse_recipe
from dace_transfer.verdict import Verdict

_WORKLOADS = 64  # Neighbours looked at.
RecipeCache = dict[str, Recipe | None]
"""Recipes by id, None for those whose steps this version knows no more."""

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
    recipes: RecipeCache = {}
    found: list[Observation] = []
    for neighbour in store.neighbours(encoder, "", vector, _WORKLOADS, exclude_families, exclude_digests):
        embedding = store.get_embedding(neighbour.digest, encoder)
        if embedding is not None:
            found += [Observation(embedding.vector, o) for o in outcomes(store, neighbour.digest, recipes)]
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def outcomes(store: Store, digest: str, recipes: RecipeCache) -> Iterator[Outcome]:
    """Yield the newest outcome of each recipe on a workload; `recipes` keeps what was read for the next call."""
    newest = {record.recipe: record for record in store.tunings(digest)}
    for record in newest.values():
        if record.recipe not in recipes:
            recipes[record.recipe] = _recipe(store, record.recipe)
        recipe = recipes[record.recipe]
        if recipe is not None:
            yield Outcome(recipe, Verdict[record.verdict], record.ratio)


def _recipe(store: Store, recipe: str) -> Recipe | None:
    """A recorded recipe, or None where this version knows its steps no more."""
    record = store.get_recipe(recipe)
    try:
        return parse_recipe(record.text) if record is not None else None
    except RecipeError:
        return None
