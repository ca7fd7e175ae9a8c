"""Which values may be computed elsewhere than where they are, and what they are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dace
import numpy as np

from dace_transfer.transformations.normalization.affine import Affine, constant
from dace_transfer.transformations.normalization.siblings import Place
from dace_transfer.transformations.normalization.terms import (
    Call,
    Index,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    children,
    walk,
)
from dace_transfer.transformations.normalization.types import type_of

_DEEPEST = 80  # Terms inside of each other in a value that is moved; passes are recursive.
_REPEATABLE = 2  # Operations of a value that is read several times in one statement and yet moved there.
_LITTLE = 6  # Terms of arithmetic that is computed anywhere.
_TESTED = 12  # Terms of a condition that is computed anywhere.
_TESTS = frozenset({"<", "<=", ">", ">=", "==", "!=", "and", "or", "not"})
_ARITHMETIC = frozenset({"+", "*", "/", "neg", "sqrt"})


def stored(value: Term, dtype: dace.typeclass, containers: Mapping[str, dace.data.Data]) -> Term | None:
    """Return what reading a value back from a container of a type gives; None if storing it may round it."""
    if isinstance(value, Number):
        return _literal(value, np.dtype(dtype.type))
    if isinstance(value, Call) and value.function == "neg" and isinstance(value.arguments[0], Number):
        inner = stored(value.arguments[0], dtype, containers)
        return inner and Call("neg", (inner,))
    if isinstance(value, Index):
        return value if np.dtype(dtype.type).kind == "i" else None
    return value if type_of(value, containers) == dtype else None


def _literal(number: Number, dtype: np.dtype[Any]) -> Number | None:
    value = number.value
    if dtype.kind == "f" and isinstance(value, int):
        return Number(float(value))
    if dtype.kind in "iu" and type(value) is int:
        return number if np.iinfo(dtype).min <= value <= np.iinfo(dtype).max else None
    return number if type(value) is {"f": float, "b": bool, "c": complex}.get(dtype.kind) else None


def is_trivial(value: Term) -> bool:
    """Tell whether a value may be computed anywhere and often: an element, a literal, a little arithmetic of scalars.

    Such arithmetic leaves loops in the compiler's hands, and nobody can tell by it who wrote it in front of a loop.
    So may comparisons of elements, which cost no more than reading a mask that was stored.
    """
    if isinstance(value, Call) and value.function == "neg":
        value = value.arguments[0]
    if isinstance(value, (Number, Index, Read)):
        return True
    parts = list(walk(value))
    if isinstance(value, Call) and value.function in _TESTS:
        return len(parts) <= _TESTED and all(map(_is_of_tests, parts))
    return len(parts) <= _LITTLE and all(map(_is_of_scalars, parts))


def _is_of_tests(part: Term) -> bool:
    return part.function in _TESTS if isinstance(part, Call) else not isinstance(part, Reduce)


def _is_of_scalars(part: Term) -> bool:
    if isinstance(part, Call):
        return part.function in _ARITHMETIC
    if isinstance(part, Read):
        return all(index == constant(0) for index in part.index)
    return isinstance(part, Number)


def repeats_nothing(
    value: Term, places: Sequence[Place], solved: Mapping[str, Affine], is_repeated: bool = False
) -> bool:
    """Tell whether a value is computed at places as often as by its nest, or it does not matter.

    Args:
        value: The value.
        places: Where one statement reads it.
        solved: The iteration of the nest that they read, in terms of the loops around them.
        is_repeated: Whether work that one iteration repeats does not matter.
    """
    if is_trivial(value):
        return True
    if _depth(value) > _DEEPEST:
        return False
    has_reduction = any(isinstance(term, Reduce) for term in walk(value))
    calls = sum(isinstance(term, Call) for term in walk(value))
    if len(places) > 1 and not is_repeated and (has_reduction or calls > _REPEATABLE):
        return False
    if has_reduction and (is_repeated or any(place.folds for place in places)):
        return False
    return all(_is_one_to_one(place.ranges, solved) for place in places)


def _is_one_to_one(ranges: Iterable[Range], values: Mapping[str, Affine]) -> bool:
    """Whether no two iterations of the ranges need the same iteration of a producer."""
    names = {loop.variable for loop in ranges}
    used = [name for value in values.values() for name in value.words & names]
    return sorted(used) == sorted(names) and all(value.is_affine_in(names) for value in values.values())


def _depth(term: Term) -> int:
    return 1 + max(map(_depth, children(term)), default=0)
