"""Field values as text: `32`, `32,32`, `true`, `static`, `"two words"`, `?tile{16|32|64}=32`.

How a text reads depends on the type of the field it is for, so `order=i,j` is a string where a string is wanted
and a tuple where a tuple is. A tuple is written with commas; `?t{16|32}` is a knob for a whole field and
`?t{16|32},` a tuple of one entry that is a knob; parentheses hold a tuple inside a tuple, and `()` is empty.
"""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Iterator
from typing import Any, Literal

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.knobs import Knob
from dace_transfer.transformations.values import arms, describe, element_hint, is_tuple

_PLAIN_STRING = re.compile(r"[A-Za-z_][\w.\[\]()@:+*/,-]*", re.ASCII)
_PLAIN_ENTRY = re.compile(r"[A-Za-z_][\w.\[\]@:+*/-]*", re.ASCII)
_WORDS = ("true", "false", "none", "as", "inf", "nan")
_KNOB = re.compile(r"\?(?P<name>\w+)\{(?P<options>.*)\}(?:=(?P<default>.+))?", re.ASCII | re.DOTALL)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def write_value(value: Any, hint: Any) -> str:
    """Return the text of a value of a field of type `hint`."""
    return _write(value, hint, _PLAIN_STRING)


def read_value(text: str, hint: Any) -> Any:
    """Return the value that `text` writes for a field of type `hint`.

    Raises:
        RecipeError: The text is no value of that type.
    """
    if text.startswith("?"):
        return _read_knob(text, hint)
    tuples = [arm for arm in arms(hint) if is_tuple(arm)]
    entries = list(_split(text, ",")) if tuples else [text]
    is_group = text.startswith("(") and text.endswith(")") and len(entries) == 1
    if tuples and is_group:
        return _read_tuple(list(_split(text[1:-1], ",")), tuples[0])
    if tuples and (len(entries) > 1 or len(tuples) == len(arms(hint))):
        return _read_tuple(entries, tuples[0])
    return _read_scalar(text, hint)


# Writing ----------------------------------------------------------------------------------------------------


def _write(value: Any, hint: Any, plain: re.Pattern[str]) -> str:
    if isinstance(value, Knob):
        return _write_knob(value, hint)
    if isinstance(value, tuple):
        return _write_tuple(value, hint)
    if isinstance(value, str):
        is_plain = plain.fullmatch(value) and value.lower() not in _WORDS
        return value if is_plain else json.dumps(value)
    return json.dumps(value) if value is not None else "none"


def _write_tuple(value: tuple[Any, ...], hint: Any) -> str:
    arm = next(arm for arm in arms(hint) if is_tuple(arm))
    hints = [element_hint(arm, index, len(value)) for index in range(len(value))]
    entries = [_write_entry(part, part_hint) for part, part_hint in zip(value, hints, strict=True)]
    if not entries:
        return "()"
    needs_comma = len(entries) == 1 and (isinstance(value[0], (Knob, tuple)) or not all(map(is_tuple, arms(hint))))
    return ",".join(entries) + ("," if needs_comma else "")


def _write_entry(value: Any, hint: Any) -> str:
    text = _write(value, hint, _PLAIN_ENTRY)
    return f"({text})" if isinstance(value, tuple) and value else text


def _write_knob(knob: Knob, hint: Any) -> str:
    options = "|".join(_write(option, hint, _PLAIN_ENTRY) for option in knob.options)
    default = "=" + _write_default(knob.default, hint) if knob.default != knob.options[0] else ""
    return f"?{knob.name}{{{options}}}{default}"


def _write_default(value: Any, hint: Any) -> str:
    """A tuple goes in parentheses, lest its commas end the entry or the field that the knob stands for."""
    text = _write(value, hint, _PLAIN_ENTRY)
    return f"({text})" if isinstance(value, tuple) and value else text


# Reading ----------------------------------------------------------------------------------------------------


def _read_knob(text: str, hint: Any) -> Knob | tuple[Any, ...]:
    tuples = [arm for arm in arms(hint) if is_tuple(arm)]
    entries = list(_split(text, ","))
    if tuples and len(entries) > 1:
        return _read_tuple(entries, tuples[0])
    match = _KNOB.fullmatch(text)
    if match is None:
        raise RecipeError(f"Expected a knob like '?name{{1|2|3}}', but got {text!r}.")
    options = tuple(read_value(option, hint) for option in _split(match["options"], "|"))
    default = None if match["default"] is None else read_value(match["default"], hint)
    return Knob(match["name"], options, default)


def _read_tuple(entries: list[str], arm: Any) -> tuple[Any, ...]:
    if entries[-1] == "":  # A comma at the end, or nothing between parentheses.
        entries = entries[:-1]
    hints = [element_hint(arm, index, len(entries)) for index in range(len(entries))]
    return tuple(read_value(entry, hint) for entry, hint in zip(entries, hints, strict=True))


def _read_scalar(text: str, hint: Any) -> Any:
    options = arms(hint)
    if text.startswith('"'):
        return _read_quoted(text)
    for arm in options:
        if typing.get_origin(arm) is Literal and text in map(str, typing.get_args(arm)):
            return next(choice for choice in typing.get_args(arm) if str(choice) == text)
    if bool in options and text in ("true", "false"):
        return text == "true"
    if type(None) in options and text == "none":
        return None
    if int in options and _INTEGER.fullmatch(text):
        return int(text)
    if float in options and _NUMBER.fullmatch(text):
        return float(text)
    if str in options and text:
        return text
    raise RecipeError(f"Expected {describe(hint)}, but got {text!r}.")


def _read_quoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise RecipeError(f"Expected a string in double quotes, but got {text}.") from error


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield the parts of `text` between separators that are in no quotes, parentheses or braces."""
    start, depth = 0, 0
    for position, letter in unquoted(text):
        depth += (letter in "({") - (letter in ")}")
        if letter == separator and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def unquoted(text: str) -> Iterator[tuple[int, str]]:
    """Yield the letters of `text` outside double quotes with their positions, and the quotes themselves.

    Raises:
        RecipeError: A quote is never closed.
    """
    quoted = escaped = False
    for position, letter in enumerate(text):
        if not quoted or (letter == '"' and not escaped):
            yield position, letter
        if letter == '"' and not escaped:
            quoted = not quoted
        escaped = quoted and letter == "\\" and not escaped
    if quoted:
        raise RecipeError(f"A double quote is not closed in {text!r}; close it.")
