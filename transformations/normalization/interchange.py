"""Swap two loops around the same statements without a change of what is executed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.terms import Range, bounds


def interchange(outer: Range, inner: Range, known: Iterable[Affine] = ()) -> tuple[Range, Range] | None:
    """Return the loop that comes to be outside and the one inside, or None where no two ranges are provably the same.

    Before: `for i in range(0, N): for j in range(i + 1, N)`,
    after: `for j in range(1, N): for i in range(0, j)`. The pairs of values are the same, their order is not.

    Args:
        outer: The loop now outside; its bounds do not mention the inner one's variable.
        inner: The loop now inside; its bounds may have the outer variable with coefficient 1 or -1.
        known: Expressions known to be 0 or more.
    """
    i, j = outer.variable, inner.variable
    if i not in inner.begin.words | inner.end.words:
        return inner, outer
    if not (_is_simple(inner.begin, i) and _is_simple(inner.end, i)):
        return None
    old = list(bounds((outer, inner)))
    around = Range(j, _extreme(inner.begin, outer, least=True), _extreme(inner.end, outer, least=False))
    for within in _ranges_of(i, old):
        new = [*bounds((around, within)), *known]
        if not any(feasible([], [*new, -bound - 1]) for bound in old):
            return around, within
    return None


def _is_simple(bound: Affine, name: str) -> bool:
    return bound.is_affine_in([name]) and abs(bound.coefficient(name)) <= 1


def _extreme(bound: Affine, loop: Range, least: bool) -> Affine:
    """The least or greatest value of a bound over the values of a loop."""
    coefficient = bound.coefficient(loop.variable)
    value = loop.begin if (coefficient > 0) == least else loop.end - 1
    return bound.substitute({loop.variable: value}) if coefficient else bound


def _ranges_of(name: str, known: Iterable[Affine]) -> Iterator[Range]:
    """Every pair of a lower and an upper bound of a variable, those of the other loop first."""
    sides: dict[int, list[Affine]] = {1: [], -1: []}
    for bound in reversed(list(known)):
        coefficient = bound.coefficient(name)
        if coefficient:
            sides[coefficient].append(variable(name) - bound * coefficient)
    for begin, last in itertools.product(sides[1], sides[-1]):
        yield Range(name, begin, last + 1)
