"""Dimensions with an element for every iteration of a loop, whatever the iterations of the loops around it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dace_transfer.transformations.normalization.affine import Affine, affine, variable
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.hull import hull
from dace_transfer.transformations.normalization.terms import Range

_FUNCTIONS = frozenset({"int_floor", "int_ceil", "Min", "Max"})
_MOST_SPARE = 4  # Elements that a dimension may have more than its loop has iterations, so that it never has none.


@dataclass(frozen=True)
class Dimension:
    """A dimension of a container: where an iteration's element is, and how many there are."""

    index: Affine
    size: Affine


def dimension_of(
    loop: Range, around: Sequence[Range], facts: Iterable[Affine], sizes: Collection[str]
) -> Dimension | None:
    """Return a dimension for a loop, or None where its size is not known or may be less than one.

    `for j in range(i + 1, N)` in `for i in range(0, N)` gets N elements, of which `j` is number `j`.

    Args:
        loop: The loop.
        around: The loops around it, outermost first.
        facts: What is at least 0.
        sizes: The symbols that a size may mention.
    """
    whole = hull(loop, around)
    if whole is None or not (whole.begin.words | whole.end.words) - _FUNCTIONS <= set(sizes):
        return None
    begin, end = whole.begin, whole.end
    known = [*facts, *_quotients(begin), *_quotients(end)]
    for spare in range(_MOST_SPARE + 1):
        size = end - begin + spare
        if not feasible([], [*known, -size]):
            front = min(spare, max(begin.constant, 0)) if begin.is_constant else 0
            return Dimension(variable(loop.variable) - begin + front, size)
    return None


def _quotients(value: Affine) -> Iterator[Affine]:
    """What is at least 0 because of the meaning of quotients that are mentioned: `2 * int_floor(N, 2) <= N`."""
    for name, _ in value.terms:
        tree = ast.parse(name, mode="eval").body if "int_" in name else None
        if not isinstance(tree, ast.Call) or ast.unparse(tree.func) not in ("int_floor", "int_ceil"):
            continue
        dividend, divisor = (affine(ast.unparse(argument)) for argument in tree.args)
        if not divisor.is_constant or divisor.constant < 1:
            continue
        rest = dividend - variable(name) * divisor.constant
        least = 0 if ast.unparse(tree.func) == "int_floor" else 1 - divisor.constant
        yield rest - least
        yield -rest + least + divisor.constant - 1
