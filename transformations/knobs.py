"""A knob: a named choice that stands where a step's field value would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dace_transfer.errors import RecipeError

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class Knob:
    """A value left open: one of `options`, chosen later by `fill`.

    A knob may stand for a whole field or for one entry of a tuple field. Knobs with one name in a recipe are
    the same knob and take the same value. The default is a hint for who chooses; it fills nothing by itself.

    Attributes:
        name: An identifier.
        options: The values to choose from, at least one, no two equal.
        default: One of `options`; the first where it is given as None.

    Raises:
        RecipeError: The name is no identifier, there are no options, two are equal, or the default is none of them.
    """

    name: str
    options: tuple[Any, ...]
    default: Any = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise RecipeError(f"A knob's name must be an identifier, but it is {self.name!r}; rename it.")
        if not self.options:
            raise RecipeError(f"Knob {self.name!r} has no options; give it at least one.")
        if len({same_value_key(option) for option in self.options}) < len(self.options):
            raise RecipeError(f"Knob {self.name!r} lists an option twice in {self.options!r}; drop one.")
        if self.default is None:
            object.__setattr__(self, "default", self.options[0])
        if not self.accepts(self.default):
            raise RecipeError(
                f"The default of knob {self.name!r} must be one of {self.options!r}, but it is {self.default!r}."
            )

    def accepts(self, value: Any) -> bool:
        """Tell whether `value` is one of the options, of the same type (True is not 1)."""
        return same_value_key(value) in {same_value_key(option) for option in self.options}


def same_value_key(value: Any) -> tuple[Any, ...]:
    """Return a key equal for values equal in type and content, since Python holds True == 1 == 1.0."""
    if isinstance(value, tuple):
        return ("tuple", *(same_value_key(part) for part in value))
    return (type(value).__name__, value)
