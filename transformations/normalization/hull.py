"""What loops whose bounds depend on one another range over together, and what is in bounds there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import dace

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.dependence import accesses
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.terms import Range, Read, Term, bounds
from dace_transfer.transformations.normalization.tree import Statement, subscripts


def hull(loop: Range, others: Sequence[Range]) -> Range | None:
    """Return all values that a loop takes for any iteration of `others`, or None if they are not known.

    `j in range(i + 1, M)` for `i in range(0, M - 1)` is `j in range(1, M)`.

    Args:
        loop: The loop.
        others: Loops around it; a later one may depend on earlier ones.
    """
    begin, end = _lowest(loop.begin, others), _lowest(-loop.end, others)
    return None if begin is None or end is None else Range(loop.variable, begin, -end)


def always(value: Affine, ranges: Iterable[Range], facts: Iterable[Affine]) -> bool:
    """Tell whether a value is at least 0 in every iteration of loops, as far as `facts` (at least 0) tell."""
    if value.is_constant:
        return value.constant >= 0
    return not feasible([], [-value - 1, *facts, *bounds(ranges)])


def in_bounds(
    term: Term, ranges: tuple[Range, ...], containers: Mapping[str, dace.data.Data], facts: Sequence[Affine]
) -> bool:
    """Tell whether a term reads no element outside of a container in any iteration of loops, as far as is known."""
    alone = Statement(Read("", ()), term)
    if any(map(elements, subscripts(alone))):
        return False
    for access in accesses(alone, ranges):
        sizes = containers[access.data].shape if access.index else ()
        for entry, size in zip(access.index or (), sizes, strict=True):
            if not always(entry, access.ranges, facts) or not always(affine(size) - entry - 1, access.ranges, facts):
                return False
    return True


def _lowest(value: Affine, loops: Sequence[Range]) -> Affine | None:
    for loop in reversed(loops):
        if loop.variable not in value.words:
            continue
        if not value.is_affine_in([loop.variable]):
            return None
        is_rising = value.coefficient(loop.variable) > 0
        value = value.substitute({loop.variable: loop.begin if is_rising else loop.end - 1})
    return value
