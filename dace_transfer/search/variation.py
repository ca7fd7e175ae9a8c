"""How a recipe becomes another one: a value changed, a step added, dropped or moved, or two recipes joined."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dace_transfer.errors import RecipeError
from dace_transfer.search.catalogue import Catalogue, draw
from dace_transfer.transformations import Do, Item, Recipe, check
from dace_transfer.transformations.steps.schedule import Schedule

Body = tuple[Item, ...]

LONGEST = 16
"""Steps of a recipe; the longest of the library has ten."""


def retune(body: Body, catalogue: Catalogue, rng: random.Random) -> Body:
    """Give one field of one step another of its values."""
    places = [
        (index, field, others)
        for index, item in enumerate(body)
        if isinstance(item, Do)
        for field, options in catalogue.get(item.step.name, {}).items()
        if (others := tuple(option for option in options if option != getattr(item.step, field)))
    ]
    if not places:
        return body
    index, field, others = rng.choice(places)
    return (*body[:index], _changed(body[index], field, rng.choice(others)), *body[index + 1 :])


def insert(body: Body, catalogue: Catalogue, rng: random.Random) -> Body:
    """Add a step anywhere."""
    index = rng.randint(0, len(body))
    return (*body[:index], draw(catalogue, rng), *body[index:])


def delete(body: Body, catalogue: Catalogue, rng: random.Random) -> Body:
    """Drop a step."""
    index = rng.randrange(len(body)) if body else 0
    return (*body[:index], *body[index + 1 :])


def swap(body: Body, catalogue: Catalogue, rng: random.Random) -> Body:
    """Let a step and the next one change places."""
    index = rng.randrange(len(body) - 1) if len(body) > 1 else 0
    return (*body[:index], *reversed(body[index : index + 2]), *body[index + 2 :])


def schedule_one(body: Body, catalogue: Catalogue, rng: random.Random) -> Body:
    """Decide at the end how a single map runs, in place of what was decided for it at the end before."""
    fields = catalogue.get("schedule", {})
    single = tuple(target for target in fields.get("target", ()) if "[" in target)
    if not single:
        return body
    last = draw({"schedule": {**fields, "target": single}}, rng)
    same = bool(body) and isinstance(body[-1], Do) and _schedules(body[-1]) == _schedules(last)
    return (*(body[:-1] if same else body), last)


def crossover(first: Body, second: Body, rng: random.Random) -> Body:
    """Return the beginning of one body with the end of another."""
    return (*first[: rng.randint(0, len(first))], *second[rng.randint(0, len(second)) :])


Variation = Callable[[Body, Catalogue, random.Random], Body]

VARIATIONS: dict[Variation, int] = {retune: 4, insert: 3, delete: 2, swap: 1, schedule_one: 1}
"""What may happen to a recipe, and how often."""


def varied(body: Body, catalogue: Catalogue, rng: random.Random) -> Body:
    """Return a body changed in one way or, less and less often, in several."""
    while True:
        body = rng.choices(list(VARIATIONS), list(VARIATIONS.values()))[0](body, catalogue, rng)
        if rng.random() < 0.6:
            return body


def is_sensible(recipe: Recipe) -> bool:
    """Tell whether a recipe is valid, not too long, and does nothing twice in a row."""
    body = recipe.body
    if len(body) > LONGEST or any(one == next_ for one, next_ in itertools.pairwise(body)):
        return False
    try:
        check(recipe)
    except RecipeError:
        return False
    return True


def _changed(item: Any, field: str, value: Any) -> Do:
    changed: Do = replace(item, step=replace(item.step, **{field: value}))
    return changed


def _schedules(item: Do) -> str:
    """The role whose schedule a step sets, "" where it sets none."""
    return item.step.target if isinstance(item.step, Schedule) else ""
