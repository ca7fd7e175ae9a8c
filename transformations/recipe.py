"""What a recipe is: an ordered list of steps, alternatives and includes, named and identified by its content."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.knobs import same_value_key
from dace_transfer.transformations.steps.base import Step
from dace_transfer.transformations.values import checked, field_hints, value_to_json

SCHEMA_VERSION = 1
"""Version of the JSON form; `json_form.UPGRADERS` lifts what older versions wrote."""

RECIPE_NAME = re.compile(r"[\w.+@/-]+", re.ASCII)
_BINDING = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class Do:
    """One step of a recipe.

    Attributes:
        step: What to do; its field `target`, where it has one, is a role.
        bind: Name under which later steps may refer to what this one yields; empty for none.
        on_fail: What happens where the step does not apply: `abort` gives up the recipe (or the branch of
            alternatives it is in), `skip` goes on with the next step.

    Raises:
        RecipeError: `bind` is no identifier or `on_fail` is unknown.
    """

    step: Step
    bind: str = ""
    on_fail: Literal["abort", "skip"] = "abort"

    def __post_init__(self) -> None:
        if self.bind and not _BINDING.fullmatch(self.bind):
            raise RecipeError(f"The name after 'as' must be an identifier, but it is {self.bind!r}; rename it.")
        if self.on_fail not in ("abort", "skip"):
            raise RecipeError(f"'on_fail' must be 'abort' or 'skip', but it is {self.on_fail!r}.")


@dataclass(frozen=True)
class Alternatives:
    """Branches of which the first that applies is kept; an empty branch does nothing and always applies.

    Raises:
        RecipeError: There is no branch.
    """

    branches: tuple[tuple[Item, ...], ...]

    def __post_init__(self) -> None:
        if not self.branches:
            raise RecipeError("Alternatives need at least one branch, but there is none; add one.")


@dataclass(frozen=True)
class Include:
    """The body of another recipe, found by name in a library when the recipe is expanded."""

    recipe: str


Item = Do | Alternatives | Include


@dataclass(frozen=True)
class Recipe:
    """A metaprogram that rewrites an SDFG.

    Attributes:
        name: Letters, digits and any of `_ . + @ / -`; how other recipes include this one.
        body: What to do, in order.
        description: For people; may have several lines.

    Raises:
        RecipeError: The name has other characters.
    """

    name: str
    body: tuple[Item, ...]
    description: str = ""

    def __post_init__(self) -> None:
        if not RECIPE_NAME.fullmatch(self.name):
            raise RecipeError(
                f"A recipe's name must consist of letters, digits and any of '_.+@/-', but it is {self.name!r}."
            )

    @property
    def id(self) -> str:
        """16 hexadecimal digits naming what the recipe does: its name and description do not matter.

        Raises:
            RecipeError: The recipe includes others; only an expanded recipe has an id.
        """
        if (included := first_include(self.body)) is not None:
            raise RecipeError(
                f"Recipe {self.name!r} includes {included!r}, so it has no id of its own; expand it first."
            )
        written = json.dumps([SCHEMA_VERSION, body_to_json(self.body)], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()[:16]


def first_include(body: Sequence[Item]) -> str | None:
    """Return the name of the first recipe `body` includes, or None."""
    for item in body:
        if isinstance(item, Include):
            return item.recipe
        for branch in item.branches if isinstance(item, Alternatives) else ():
            if (included := first_include(branch)) is not None:
                return included
    return None


def step_fields(step: Step) -> dict[str, Any]:
    """Return the fields of a step that differ from their defaults, checked against their types.

    Raises:
        RecipeError: A value is not of its field's type.
    """
    fields = {}
    for field in dataclasses.fields(step):  # type: ignore[arg-type]
        try:
            value = checked(getattr(step, field.name), field_hints(type(step))[field.name])
        except RecipeError as error:
            raise RecipeError(f"Field {field.name!r} of step {step.name!r}: {error}") from error
        if same_value_key(value) != same_value_key(field.default):
            fields[field.name] = value
    return fields


def body_to_json(body: Sequence[Item]) -> list[dict[str, Any]]:
    """Return a body as JSON holds it. What is at its default is left out, so that new fields keep old ids."""
    return [_item_to_json(item) for item in body]


def _item_to_json(item: Item) -> dict[str, Any]:
    if isinstance(item, Include):
        return {"include": item.recipe}
    if isinstance(item, Alternatives):
        return {"alternatives": [body_to_json(branch) for branch in item.branches]}
    written: dict[str, Any] = {"step": item.step.name}
    if fields := step_fields(item.step):
        written["fields"] = {name: value_to_json(value) for name, value in fields.items()}
    if item.bind:
        written["as"] = item.bind
    if item.on_fail != "abort":
        written["on_fail"] = item.on_fail
    return written
