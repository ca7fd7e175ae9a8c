"""Recipes as text that people read and write.

    recipe tiled-product
    #: Tiles the outermost map, then vectorises inside.
    tile maps[0] sizes=?size{16|32|64},32 as tiles   # a comment
    alternatives {
      vectorize inner_maps width=8
    } or {
      schedule it kind=sequential on_fail=skip
    }
    include clean-up

A line is a step: its name, the role it is for, its other fields as `field=value`, then optionally `as NAME` and
`on_fail=skip`. How values are written is told in `text_values`. Indentation means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.check import check
from dace_transfer.transformations.construct import StepTable, construct, field_hint, step_class
from dace_transfer.transformations.recipe import Alternatives, Do, Include, Item, Recipe, step_fields
from dace_transfer.transformations.steps import STEPS
from dace_transfer.transformations.text_values import read_value, unquoted, write_value
from dace_transfer.transformations.values import field_hints

KEYWORDS = ("recipe", "include", "alternatives", "as")
"""Words at the start of a line, or before a name, that no step can be called."""

_ASSIGNMENT = re.compile(r"(?P<field>[A-Za-z_]\w*)=(?P<value>.*)", re.ASCII | re.DOTALL)
_OPEN, _OR, _CLOSE = ["alternatives", "{"], ["}", "or", "{"], ["}"]


# Writing ----------------------------------------------------------------------------------------------------


def format_recipe(recipe: Recipe) -> str:
    """Return the text of a recipe; `parse_recipe` reads it back to an equal one.

    Raises:
        RecipeError: A field of a step holds a value of another type.
    """
    described = [f"#: {line}" if line else "#:" for line in _lines(recipe.description)]
    return "\n".join([f"recipe {recipe.name}", *described, *_format_body(recipe.body, "")]) + "\n"


def format_step(do: Do) -> str:
    """Return the line of one step.

    Raises:
        RecipeError: A field of the step holds a value of another type.
    """
    hints = field_hints(type(do.step))
    fields = step_fields(do.step)
    target: Any = fields.pop("target", getattr(do.step, "target", None))
    words = [do.step.name] if target is None else [do.step.name, write_value(target, hints["target"])]
    words += [f"{name}={write_value(value, hints[name])}" for name, value in fields.items()]
    words += ["as", do.bind] if do.bind else []
    return " ".join([*words, f"on_fail={do.on_fail}"] if do.on_fail != "abort" else words)


def _format_body(body: Sequence[Item], indent: str) -> list[str]:
    return [line for item in body for line in _format_item(item, indent)]


def _format_item(item: Item, indent: str) -> list[str]:
    if isinstance(item, Do):
        return [indent + format_step(item)]
    if isinstance(item, Include):
        return [f"{indent}include {item.recipe}"]
    first, *others = (_format_body(branch, indent + "  ") for branch in item.branches)
    rest = (line for branch in others for line in [f"{indent}}} or {{", *branch])
    return [f"{indent}alternatives {{", *first, *rest, f"{indent}}}"]


def _lines(description: str) -> list[str]:
    return description.split("\n") if description else []


# Reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    number: int
    words: list[str]


def parse_recipe(text: str, steps: StepTable = STEPS) -> Recipe:
    """Return the recipe that `text` writes.

    Args:
        text: See the module.
        steps: The steps it may name.

    Raises:
        RecipeError: The text is no recipe; the message names the line.
    """
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if _at(number, line).words), len(lines))
    header = _at(start, lines[start]).words if start < len(lines) else []
    if len(header) != 2 or header[0] != "recipe":
        raise RecipeError("A recipe's first line must be 'recipe NAME'; add it.")
    described = _description(lines[start + 1 :])
    body = [_at(number, line) for number, line in enumerate(lines) if number > start + len(described)]
    body = [line for line in body if line.words]
    items, rest = _parse_body(body, steps)
    if rest:
        raise _error(rest[0], RecipeError("There is nothing here to close; remove the brace."))
    recipe = Recipe(header[1], items, "\n".join(described))
    check(recipe)
    return recipe


def _description(lines: list[str]) -> list[str]:
    described = []
    for line in lines:
        if not line.startswith("#:"):
            break
        described.append(line[2:].removeprefix(" "))
    return described


def _at(index: int, line: str) -> _Line:
    try:
        return _Line(index + 1, _words(line))
    except RecipeError as error:
        raise _error(_Line(index + 1, line.split()), error) from error


def _words(line: str) -> list[str]:
    """Return the words of a line: what white space outside quotes separates, up to a comment."""
    words, start, end = [], None, len(line)
    for position, letter in unquoted(line):
        if letter == "#":
            end = position
            break
        if not letter.isspace():
            start = position if start is None else start
        elif start is not None:
            words.append(line[start:position])
            start = None
    return [*words, line[start:end]] if start is not None else words


def _parse_body(lines: list[_Line], steps: StepTable) -> tuple[tuple[Item, ...], list[_Line]]:
    """Return the items up to a line that closes them, and the lines from there on."""
    items: list[Item] = []
    while lines and lines[0].words[0] != "}":
        if lines[0].words == _OPEN:
            alternatives, lines = _parse_alternatives(lines, steps)
            items.append(alternatives)
            continue
        try:
            items.append(_parse_item(lines[0].words, steps))
        except RecipeError as error:
            raise _error(lines[0], error) from error
        lines = lines[1:]
    return tuple(items), lines


def _parse_alternatives(lines: list[_Line], steps: StepTable) -> tuple[Alternatives, list[_Line]]:
    opening, branches = lines[0], []
    while True:
        branch, rest = _parse_body(lines[1:], steps)
        branches.append(branch)
        if not rest:
            raise _error(opening, RecipeError("Expected '}' or '} or {' after it, but the text ends."))
        if rest[0].words == _CLOSE:
            return Alternatives(tuple(branches)), rest[1:]
        if rest[0].words != _OR:
            raise _error(rest[0], RecipeError("Expected '}' or '} or {'; put what follows on its own line."))
        lines = rest


def _parse_item(words: list[str], steps: StepTable) -> Item:
    if words[0] == "include":
        if len(words) != 2:
            raise RecipeError("Expected 'include NAME' with one name.")
        return Include(words[1])
    if words[0] in KEYWORDS:
        raise RecipeError(f"Expected a step, 'include NAME' or 'alternatives {{', but got {words[0]!r}.")
    return _parse_step(words, steps)


def _parse_step(words: list[str], steps: StepTable) -> Do:
    cls = step_class(words[0], steps)
    written, options = _sorted_words(words[1:], cls.name)
    hints = {name: field_hint(cls, name) for name in written}
    fields = {}
    for name, text in written.items():
        try:
            fields[name] = read_value(text, hints[name])
        except RecipeError as error:
            raise RecipeError(f"Field {name!r} of step {cls.name!r}: {error}") from error
    return Do(construct(cls, fields), options.get("as", ""), options.get("on_fail", "abort"))  # type: ignore[arg-type]


def _sorted_words(words: list[str], step: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the fields that words set, with `target` for a leading value, and what `as` and `on_fail` say."""
    fields: dict[str, str] = {}
    options: dict[str, str] = {}
    queue = list(words)
    while queue:
        word = queue.pop(0)
        match = _ASSIGNMENT.fullmatch(word)
        if word == "as" and queue:
            _set_once(options, "as", queue.pop(0), step)
        elif match is not None:
            into = options if match["field"] == "on_fail" else fields
            _set_once(into, match["field"], match["value"], step)
        elif not fields and not options and word != "as":
            fields["target"] = word
        else:
            raise RecipeError(f"Expected 'field=value', 'as NAME' or 'on_fail=skip', but got {word!r}.")
    return fields, options


def _set_once(into: dict[str, str], name: str, value: str, step: str) -> None:
    if name in into:
        raise RecipeError(f"Step {step!r} sets {name!r} twice; drop one.")
    into[name] = value


def _error(line: _Line, error: RecipeError) -> RecipeError:
    return RecipeError(f"Line {line.number} ({' '.join(line.words)!r}): {error}")
