"""The values of step fields: which types a field accepts, and what its values are in JSON."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.knobs import Knob
from dace_transfer.transformations.steps.base import Step

_SCALARS = (str, int, bool, float, types.NoneType)


@functools.cache
def field_hints(step_class: type[Step]) -> Mapping[str, Any]:
    """Return the type each field of a step class accepts, by field name and in the order of declaration."""
    hints = typing.get_type_hints(step_class)
    return {field.name: hints[field.name] for field in dataclasses.fields(step_class)}  # type: ignore[arg-type]


def arms(hint: Any) -> tuple[Any, ...]:
    """Return the alternatives of a (union) type, without `Knob`, which any field accepts."""
    parts = typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,)
    return tuple(part for part in parts if part is not Knob)


def is_tuple(hint: Any) -> bool:
    """Tell whether a type is a tuple type."""
    return hint is tuple or typing.get_origin(hint) is tuple


def element_hint(hint: Any, index: int, length: int) -> Any:
    """Return the type of entry `index` of a tuple of `length` entries of tuple type `hint`.

    Raises:
        RecipeError: The tuple type has another number of entries.
    """
    args = typing.get_args(hint)
    if not args:
        return str | int | float | bool
    if len(args) == 2 and args[1] is ...:
        return args[0]
    if len(args) != length:
        raise RecipeError(f"Expected {len(args)} entries, but got {length}; give one for each.")
    return args[index]


def checked(value: Any, hint: Any) -> Any:
    """Return `value` as type `hint` wants it: lists become tuples, and integers floats where only those fit.

    Raises:
        RecipeError: The value is of another type; the message is to be prefixed by the field it is for.
    """
    if isinstance(value, Knob):
        return _checked_knob(value, hint)
    options = arms(hint)
    if isinstance(value, (list, tuple)):
        return _checked_tuple(value, hint)
    if any(value in typing.get_args(arm) for arm in options if typing.get_origin(arm) is Literal):
        return value
    if type(value) is float and not math.isfinite(value):
        raise RecipeError(f"Expected a finite number, but got {value!r}.")
    if type(value) in options and type(value) in _SCALARS:
        return value
    if type(value) is int and float in options:
        return float(value)
    raise RecipeError(f"Expected {describe(hint)}, but got {value!r}.")


def _checked_knob(knob: Knob, hint: Any) -> Knob:
    if any(isinstance(option, Knob) for option in knob.options):
        raise RecipeError(f"Knob {knob.name!r} has a knob among its options; list plain values.")
    options = tuple(checked(option, hint) for option in knob.options)
    return Knob(knob.name, options, checked(knob.default, hint))


def _checked_tuple(value: list[Any] | tuple[Any, ...], hint: Any) -> tuple[Any, ...]:
    errors = []
    for arm in filter(is_tuple, arms(hint)):
        try:
            return tuple(checked(v, element_hint(arm, i, len(value))) for i, v in enumerate(value))
        except RecipeError as error:
            errors.append(error)
    if errors:
        raise errors[-1]
    raise RecipeError(f"Expected {describe(hint)}, but got {tuple(value)!r}.")


def describe(hint: Any) -> str:
    """Return what a type accepts, in words."""
    return " or ".join(_describe_arm(arm) for arm in arms(hint))


def _describe_arm(arm: Any) -> str:
    if typing.get_origin(arm) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in typing.get_args(arm))
    if is_tuple(arm):
        inner = [describe(part) for part in typing.get_args(arm) if part is not ...]
        return f"a tuple of {', '.join(inner)}" if inner else "a tuple"
    names = {str: "a string", int: "an integer", bool: "true or false", float: "a number"}
    return names.get(arm, "none")


def value_to_json(value: Any) -> Any:
    """Return a field value as JSON holds it: tuples as lists, knobs as objects."""
    if isinstance(value, tuple):
        return [value_to_json(part) for part in value]
    if not isinstance(value, Knob):
        return value
    written = {"knob": value.name, "options": [value_to_json(option) for option in value.options]}
    return {**written, "default": value_to_json(value.default)} if value.default != value.options[0] else written


def value_from_json(written: Any) -> Any:
    """Return what `value_to_json` wrote, yet unchecked: lists become tuples, objects knobs.

    Raises:
        RecipeError: An object is not a knob's.
    """
    if isinstance(written, list):
        return tuple(value_from_json(part) for part in written)
    if not isinstance(written, dict):
        return written
    if not {"knob", "options"} <= set(written) <= {"knob", "options", "default"}:
        raise RecipeError(f"Expected a knob with 'knob' and 'options', but got the keys {sorted(written)}.")
    if not isinstance(written["knob"], str) or not isinstance(written["options"], list):
        raise RecipeError("Expected a knob's name to be a string and its options a list; correct them.")
    return Knob(
        written["knob"],
        tuple(value_from_json(option) for option in written["options"]),
        value_from_json(written.get("default")),
    )
