"""The forms of reductions that have names: contractions and plain folds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import dace
import numpy as np

from dace_transfer.transformations.normalization.arithmetic import factors
from dace_transfer.transformations.normalization.terms import Call, Range, Read, Reduce, names_in, reads

NEUTRAL = {"+": 0, "*": 1}
"""What changes no sum or product, of any type."""


def is_contraction(term: Reduce, loops: Collection[str], containers: Mapping[str, dace.data.Data]) -> bool:
    """Tell whether a reduction is a matrix product, a matrix-vector product or a dot product over loops.

    It is the sum of products of exactly two elements that both depend on the variable of the sum, and on none of the
    loops both: `sum(A[i, k] * B[k, j] for k)`. Matrices may have several dimensions for their rows or columns:
    `sum(A[h, i, k] * B[k, j] for k)`.

    Args:
        term: The reduction.
        loops: The variables of the loops around it.
        containers: Descriptor by name.
    """
    parts = factors(term.body)
    if term.function != "+" or len(term.ranges) != 1 or len(parts) != 2 or not isinstance(term.body, Call):
        return False
    (summed,) = term.ranges
    sides = [_variables(part, {summed.variable, *loops}) for part in parts if isinstance(part, Read)]
    if len(sides) != 2 or any(side is None or side.count(summed.variable) != 1 for side in sides):
        return False
    left, right = (set(side or ()) - {summed.variable} for side in sides)
    if left & right or not is_rectangular(term.ranges, loops):
        return False
    types = {containers[read.data].dtype for read in reads(term)}
    return len(types) == 1 and issubclass(types.pop().type, np.inexact)


def is_plain_fold(term: Reduce, loops: Collection[str]) -> bool:
    """Tell whether a reduction folds elements as they are, at different variables: `max(A[i, k] for k)`."""
    own = {*loops, *(loop.variable for loop in term.ranges)}
    return isinstance(term.body, Read) and _variables(term.body, own) is not None


def is_rectangular(ranges: Sequence[Range], variables: Collection[str]) -> bool:
    """Tell whether the bounds of loops are free of variables."""
    return all((loop.begin.words | loop.end.words).isdisjoint(variables) for loop in ranges)


def is_element(target: Read, loops: Collection[str]) -> bool:
    """Tell whether each of the loops indexes a dimension of its own."""
    found = _variables(target, loops)
    return found is not None and set(found) == set(loops)


def mentioned(term: Reduce, ranges: Sequence[Range]) -> list[Range]:
    """Return the loops that a reduction depends on."""
    names = names_in(term)
    return [loop for loop in ranges if loop.variable in names]


def _variables(read: Read, own: Collection[str]) -> list[str] | None:
    """The variables of the dimensions that are indexed by one plus something fixed; None if one is otherwise."""
    found: list[str] = []
    for entry in read.index:
        names = list(entry.words.intersection(own))
        if len(names) > 1 or any(entry.coefficient(name) != 1 or not entry.is_affine_in(names) for name in names):
            return None
        found += names
    return found if len(set(found)) == len(found) else None
