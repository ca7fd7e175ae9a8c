"""Values that become part of compiled code: compared within a process, described across processes."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from dace import symbolic
from dace.dtypes import typeclass

_EXACT = frozenset({type(None), int, bool, str, bytes})
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset, slice})
_SEQUENCES: dict[type, Callable[[Any], Any]] = {
    list: list,
    tuple: list,
    dict: lambda value: [item for pair in value.items() for item in pair],
    set: lambda value: sorted(value, key=repr),
    frozenset: lambda value: sorted(value, key=repr),
    slice: lambda value: [value.start, value.stop, value.step],
}


class Same:
    """Compares by identity, and keeps its object alive so that no other can take over the identity."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        """Wrap any object, hashable or not."""
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def freeze(value: Any, contents: bool = False) -> Hashable:
    """Return something hashable that is equal exactly when the value compiles to the same code.

    `1`, `1.0`, `True`, `0.0` and `-0.0` are all different. An array is known by its type and layout, as its elements
    are an argument of the compiled code.

    Args:
        value: Anything.
        contents: Whether the elements of arrays are compiled in, which is so for compile-time arguments.
    """
    kind = type(value)
    if kind in _EXACT:
        return kind, value
    if kind in (float, complex):
        return kind, repr(value)
    if isinstance(value, np.generic):
        return value.dtype.str, value.tobytes()
    if isinstance(value, np.ndarray):
        layout = ("array", value.dtype.str, value.shape, value.strides)
        return (*layout, value.tobytes()) if contents else layout
    if kind in _CONTAINERS:
        # Which array a list holds is decided when the program is compiled.
        return kind, tuple(_element(item, contents) for item in _SEQUENCES[kind](value))
    if isinstance(value, (symbolic.symbol, typeclass)):
        return kind.__name__, describe(value)
    return Same(value)


def _element(value: Any, contents: bool) -> Hashable:
    if isinstance(value, np.ndarray) and not contents:
        return freeze(value), Same(value)
    return freeze(value, contents)


def describe(value: Any, contents: bool = False) -> str:
    """Return a text that is the same in every process in which the value compiles to the same code.

    Functions and plain objects are only named: what they contribute is followed by `closure.dependencies`.
    """
    kind = type(value)
    if isinstance(value, (symbolic.symbol, typeclass)):
        return f"{kind.__name__} {value} {getattr(value, 'dtype', '')}"
    if isinstance(value, enum.Enum):
        return f"{_name(kind)}.{value.name}={value.value!r}"
    if kind in _CONTAINERS:
        return f"{kind.__name__}({', '.join(describe(item, contents) for item in _SEQUENCES[kind](value))})"
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return f"named {_name(value)}"
    frozen = freeze(value, contents)
    return f"object of {_name(kind)}" if isinstance(frozen, Same) else repr(frozen)


def _name(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}.{value.__qualname__}"
