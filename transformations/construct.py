"""From a step's name and field values to the step; the only door through which written recipes reach code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.roles import closest
from dace_transfer.transformations.steps import STEPS
from dace_transfer.transformations.steps.base import Step
from dace_transfer.transformations.values import checked, describe, field_hints

StepTable = Mapping[str, type[Step]]


def step_class(name: str, steps: StepTable = STEPS) -> type[Step]:
    """Return the step named `name`.

    Raises:
        RecipeError: There is none; the message lists the choices.
    """
    if name not in steps:
        raise RecipeError(
            f"There is no step {name!r}{closest(name, tuple(steps))}; steps are {', '.join(sorted(steps))}."
        )
    return steps[name]


def field_hint(cls: type[Step], field: str) -> Any:
    """Return the type of a field of a step class.

    Raises:
        RecipeError: The step has no such field; the message lists the choices.
    """
    hints = field_hints(cls)
    if field not in hints:
        raise RecipeError(
            f"Step {cls.name!r} has no field {field!r}{closest(field, tuple(hints))}; "
            f"its fields are {', '.join(hints) or 'none'}."
        )
    return hints[field]


def construct(cls: type[Step], fields: Mapping[str, Any]) -> Step:
    """Return a step with the given fields, each checked against its type; the others at their defaults.

    Raises:
        RecipeError: A field is unknown or missing, or its value is of another type or refused by the step.
    """
    values = {}
    for name, value in fields.items():
        hint = field_hint(cls, name)
        try:
            values[name] = checked(value, hint)
        except RecipeError as error:
            raise RecipeError(f"Field {name!r} of step {cls.name!r}: {error}") from error
    missing = [name for name in required_fields(cls) if name not in values]
    if missing:
        wants = ", ".join(f"{name!r} ({describe(field_hints(cls)[name])})" for name in missing)
        raise RecipeError(f"Step {cls.name!r} needs {wants}; give a value.")
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"Step {cls.name!r} refuses its fields: {error}") from error


def required_fields(cls: type[Step]) -> list[str]:
    """Return the names of the fields that have no default."""
    missing = dataclasses.MISSING
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    return [f.name for f in fields if f.default is missing and f.default_factory is missing]
