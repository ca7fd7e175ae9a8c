"""The forms of a record: JSON for files and hashes, rows for tables. Both round-trip exactly."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from dace_transfer.database.records import (
    EmbeddingRecord,
    RecipeRecord,
    Record,
    TargetRecord,
    TuningRecord,
    VerificationRecord,
    WorkloadRecord,
)
from dace_transfer.errors import StoreError

R = TypeVar("R", bound=Record)

# In an order in which nothing refers to what comes later.
KINDS: dict[str, type[Any]] = {
    "workload": WorkloadRecord,
    "recipe": RecipeRecord,
    "target": TargetRecord,
    "embedding": EmbeddingRecord,
    "tuning": TuningRecord,
    "verification": VerificationRecord,
}
NAMES = {record: name for name, record in KINDS.items()}

# What does not belong to the content of a record: who found it, and where.
_CIRCUMSTANCES: dict[type[Any], frozenset[str]] = {
    WorkloadRecord: frozenset({"program", "family"}),
    VerificationRecord: frozenset({"local"}),
}


def to_json(record: Record) -> dict[str, Any]:
    """Return a record as JSON values, NumPy numbers and arrays made plain.

    Raises:
        StoreError: A field is not of its type, or a number is not finite.
    """
    return {name: _convert(record, name, f.plain, getattr(record, name)) for name, f in _forms(type(record))}


def from_json(kind: type[R], values: Mapping[str, Any]) -> R:
    """Return the record that `to_json` made the values from.

    Raises:
        StoreError: A field is missing, unknown or malformed.
    """
    forms = dict(_forms(kind))
    if values.keys() != forms.keys():
        odd = ", ".join(repr(name) for name in sorted(values.keys() ^ forms.keys()))
        raise StoreError(
            f"The fields of a record of kind '{NAMES[kind]}' are {', '.join(forms)}; missing or unknown here: {odd}."
        )
    return kind(**{name: _convert(kind, name, form.read, values[name]) for name, form in forms.items()})


def to_row(record: Record) -> dict[str, Any]:
    """Return a record as values for the columns of the same names."""
    values = to_json(record)
    return {name: form.to_column(values[name]) for name, form in _forms(type(record))}


def from_row(kind: type[R], row: Mapping[str, Any]) -> R:
    """Return the record that `to_row` made the row from; other columns of the row are ignored."""
    values = {name: _convert(kind, name, form.from_column, row[name]) for name, form in _forms(kind)}
    return from_json(kind, values)


def canonical(value: Any) -> str:
    """Return the one JSON text of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_hash(record: Record) -> str:
    """Return 32 hexadecimal digits that name the content of a record."""
    left_out = _CIRCUMSTANCES.get(type(record), frozenset())
    content = {name: value for name, value in to_json(record).items() if name not in left_out}
    return hashlib.sha256(canonical([NAMES[type(record)], content]).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class _Form:
    """How the values of one annotation are written: `plain` to JSON, `read` from it, and to and from a column."""

    expected: str
    plain: Callable[[Any], Any]
    read: Callable[[Any], Any]
    to_column: Callable[[Any], Any] = lambda value: value
    from_column: Callable[[Any], Any] = lambda value: value


def _forms(kind: type[Any]) -> list[tuple[str, _Form]]:
    return [(field.name, _FORMS[str(field.type)]) for field in dataclasses.fields(kind)]


def _convert(record: Record | type[Any], name: str, function: Callable[[Any], Any], value: Any) -> Any:
    kind = record if isinstance(record, type) else type(record)
    try:
        return function(value)
    except (TypeError, ValueError) as error:
        expected = dict(_forms(kind))[name].expected
        got = repr(value)
        got = got if len(got) <= 60 else got[:57] + "..."
        raise StoreError(f"The field '{name}' of this {NAMES[kind]} record should be {expected}, got {got}.") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # a lone surrogate could be neither hashed nor written
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError
    return bool(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError
    if not math.isfinite(value):
        raise ValueError
    return float(value)


def _number_or_none(value: Any) -> float | None:
    return None if value is None else _number(value)


def _magnitude(value: Any) -> float | str | None:
    """JSON has no infinity, and a database makes NaN a missing value."""
    if value is None or value == "inf":
        return value  # type: ignore[no-any-return]
    return _number(value) if math.isfinite(value) else "inf"


def _magnitude_read(value: Any) -> float | None:
    return math.inf if value == "inf" else _number_or_none(value)


def _numbers(value: Any) -> list[float]:
    if isinstance(value, (str, bytes, Mapping)):
        raise TypeError
    return [_number(item) for item in value]


def _sizes(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise TypeError
    return {_text(name): _whole(value[name]) for name in sorted(value)}


def _encode_vector(value: Any) -> str:
    vector = np.asarray(value, dtype="<f4")
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise ValueError
    return base64.b64encode(vector.tobytes()).decode()


def _decode_vector(value: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    data = base64.b64decode(_text(value), validate=True)
    vector = np.frombuffer(data, dtype="<f4").astype(np.float32)
    _encode_vector(vector)
    return vector


_FORMS = {
    "str": _Form("text", _text, _text),
    "bool": _Form("true or false", _truth, _truth, from_column=bool),
    "int": _Form("a whole number", _whole, _whole),
    "float | None": _Form("a finite number or nothing", _number_or_none, _number_or_none),
    "Magnitude | None": _Form("a number or nothing", _magnitude, _magnitude_read, _magnitude_read, _magnitude),
    "tuple[float, ...]": _Form(
        "a list of finite numbers", _numbers, lambda value: tuple(_numbers(value)), canonical, json.loads
    ),
    "Mapping[str, int]": _Form("whole numbers by name", _sizes, _sizes, canonical, json.loads),
    "Vector": _Form(
        "a vector of finite float32 numbers (base64 in a file)",
        _encode_vector,
        _decode_vector,
        base64.b64decode,
        lambda data: base64.b64encode(data).decode(),
    ),
}
