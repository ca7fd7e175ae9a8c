"""Recipes as JSON: what databases hold and what is exported. Older versions are upgraded when read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.check import check
from dace_transfer.transformations.construct import StepTable, construct, step_class
from dace_transfer.transformations.recipe import (
    SCHEMA_VERSION,
    Alternatives,
    Do,
    Include,
    Item,
    Recipe,
    body_to_json,
)
from dace_transfer.transformations.steps import STEPS
from dace_transfer.transformations.values import value_from_json

UPGRADERS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By version, what lifts a recipe of that version to the next one. Version 1 is the first, so there are none."""


def to_json(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as JSON holds it; `from_json` reads it back to an equal one.

    Raises:
        RecipeError: A field of a step holds a value of another type.
    """
    return {
        "schema": SCHEMA_VERSION,
        "name": recipe.name,
        "description": recipe.description,
        "body": body_to_json(recipe.body),
    }


def from_json(
    written: Mapping[str, Any],
    steps: StepTable = STEPS,
    upgraders: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = UPGRADERS,
) -> Recipe:
    """Return the recipe that `written` holds.

    Args:
        written: What `to_json` returned, now or in an older version.
        steps: The steps it may name.
        upgraders: What lifts older versions.

    Raises:
        RecipeError: The version is unknown, or the content is malformed.
    """
    current = _upgraded(_object(written, "a recipe"), upgraders)
    _only(current, {"schema", "name", "description", "body"}, "A recipe")
    description = _text(current.get("description", ""), "a description")
    recipe = Recipe(_text(current.get("name"), "a recipe's name"), _body(current.get("body"), steps), description)
    check(recipe)
    return recipe


def _upgraded(
    written: dict[str, Any], upgraders: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]
) -> dict[str, Any]:
    version = written.get("schema")
    while type(version) is not int or version != SCHEMA_VERSION:
        if type(version) is not int or version not in upgraders:
            raise RecipeError(
                f"Expected a recipe of schema version {SCHEMA_VERSION} or one that can be upgraded to it, "
                f"but got version {version!r}; a newer one needs a newer dace_transfer."
            )
        written = {**upgraders[version](written), "schema": version + 1}
        version += 1
    return written


def _body(written: Any, steps: StepTable) -> tuple[Item, ...]:
    if not isinstance(written, list):
        raise RecipeError(f"Expected a list of steps, but got {written!r}.")
    return tuple(_item(_object(item, "a step"), steps) for item in written)


def _item(written: dict[str, Any], steps: StepTable) -> Item:
    if "include" in written:
        _only(written, {"include"}, "An include")
        return Include(_text(written["include"], "the name of an included recipe"))
    if "alternatives" in written:
        _only(written, {"alternatives"}, "Alternatives")
        if not isinstance(written["alternatives"], list):
            raise RecipeError(f"Expected a list of alternatives, but got {written['alternatives']!r}.")
        return Alternatives(tuple(_body(branch, steps) for branch in written["alternatives"]))
    _only(written, {"step", "fields", "as", "on_fail"}, "A step")
    cls = step_class(_text(written.get("step"), "a step's name"), steps)
    fields = _object(written.get("fields", {}), f"the fields of step {cls.name!r}")
    step = construct(cls, {name: value_from_json(value) for name, value in fields.items()})
    bind = _text(written.get("as", ""), "the name after 'as'")
    return Do(step, bind, written.get("on_fail", "abort"))


def _object(written: Any, what: str) -> dict[str, Any]:
    if not isinstance(written, Mapping) or not all(isinstance(key, str) for key in written):
        raise RecipeError(f"Expected {what} to be an object, but got {written!r}.")
    return dict(written)


def _text(written: Any, what: str) -> str:
    if not isinstance(written, str):
        raise RecipeError(f"Expected {what} to be a string, but got {written!r}.")
    return written


def _only(written: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := set(written) - known:
        raise RecipeError(
            f"{what} has {', '.join(sorted(known))}, but got {', '.join(sorted(unknown))}; remove what is unknown."
        )
