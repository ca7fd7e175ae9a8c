"""Put loops into the order in which memory is laid out, as far as their bounds allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import dace
from dace import symbolic

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.interchange import interchange
from dace_transfer.transformations.normalization.terms import Range, Read, bounds

_LARGE = 1009  # A value for every size, to compare strides with.


def arrange(loops: Sequence[Range], wanted: Sequence[str], known: Iterable[Affine]) -> tuple[Range, ...]:
    """Return loops as near to an order as interchanging neighbours can bring them.

    Before: `for j in range(0, M): for i in range(0, N)` with `["i", "j"]`; after: `for i ...: for j ...`.

    Args:
        loops: Loops, each with nothing in it but the next one; any order of their iterations must do.
        wanted: Their variables, the one to be outermost first.
        known: Expressions that are 0 or more.
    """
    known = tuple(known)
    result = _arranged_once(tuple(loops), wanted, known)
    return result if result == tuple(loops) else arrange(result, wanted, known)


def _arranged_once(loops: tuple[Range, ...], wanted: Sequence[str], known: tuple[Affine, ...]) -> tuple[Range, ...]:
    for place in range(len(loops)):
        inside = {loop.variable for loop in loops[place:]}
        for name in wanted:
            moved = _outward(loops, name, place, known) if name in inside else None
            if moved is not None:
                loops = moved
                break
        known = (*known, *bounds([loops[place]]))
    return loops


def _outward(loops: tuple[Range, ...], name: str, place: int, known: tuple[Affine, ...]) -> tuple[Range, ...] | None:
    """The loops with one moved outward to a place, or None if it cannot get there."""
    now = next(position for position, loop in enumerate(loops) if loop.variable == name)
    for position in range(now, place, -1):
        around = list(bounds(loops[place : position - 1]))
        swapped = interchange(loops[position - 1], loops[position], (*known, *around))
        if swapped is None:
            return None
        loops = (*loops[: position - 1], *swapped, *loops[position + 1 :])
    return loops


def by_strides(names: Iterable[str], references: Sequence[Read], containers: Mapping[str, dace.data.Data]) -> list[str]:
    """Return loop variables in the order of the dimensions they index, the one with the largest stride first.

    Args:
        names: The variables.
        references: Elements; a later one decides where earlier ones do not. Variables that no one mentions come last.
        containers: Descriptor by name.
    """
    places = [_places(reference, containers) for reference in references]
    return sorted(names, key=lambda name: [_place(name, entries) for entries in places])


def _places(reference: Read, containers: Mapping[str, dace.data.Data]) -> list[Affine]:
    """The subscripts of an element, those of dimensions with larger strides first."""
    if len(reference.index) < 2:
        return list(reference.index)
    order = _dimensions(tuple(map(str, containers[reference.data].strides)))
    return [reference.index[dimension] for dimension in order]


@lru_cache(maxsize=1000)
def _dimensions(strides: tuple[str, ...]) -> list[int]:
    values = [_number(stride) for stride in strides]
    if not all(value.is_number for value in values):
        return list(range(len(strides)))
    return sorted(range(len(strides)), key=lambda dimension: -float(values[dimension]))


def _number(text: str) -> Any:
    expression: Any = symbolic.pystr_to_symbolic(text)
    return expression.subs(dict.fromkeys(expression.free_symbols, _LARGE))


def _place(name: str, entries: Sequence[Affine]) -> tuple[int, int]:
    for place, entry in enumerate(entries):
        if name in entry.words:
            return place, -abs(entry.coefficient(name))
    return len(entries), 0
