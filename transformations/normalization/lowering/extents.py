"""How an element's indices follow loops, and what is known about how long loops are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import dace
from dace import data

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.lowering.boxes import Box
from dace_transfer.transformations.normalization.terms import Range, Read


@dataclass(frozen=True)
class Operand:
    """An access whose indices are either a loop variable plus an offset, or the same in all iterations.

    Attributes:
        data: The container.
        variables: The loop variables, in the order of the dimensions that they index.
        axes: These dimensions.
        box: What is accessed in all iterations.
    """

    data: str
    variables: tuple[str, ...]
    axes: tuple[int, ...]
    box: Box


def operand(read: Read, ranges: Mapping[str, Range], containers: Mapping[str, data.Data]) -> Operand | None:
    """Return what loops access, or None where an index is of another form or two follow the same loop.

    The bounds of the loops must be free of the loops' own variables.
    """
    if type(containers[read.data]) not in (data.Array, data.Scalar):
        return None
    variables, axes, box = [], [], []
    for axis, index in enumerate(read.index):
        if elements(index):
            return None
        mentioned = sorted(index.words & ranges.keys())
        if not mentioned:
            box.append((index, index))
            continue
        name = mentioned[0]
        if len(mentioned) > 1 or name in variables or not index.is_affine_in([name]) or index.coefficient(name) != 1:
            return None
        loop = ranges[name]
        variables.append(name)
        axes.append(axis)
        box.append((index.substitute({name: loop.begin}), index.substitute({name: loop.end - 1})))
    return Operand(read.data, tuple(variables), tuple(axes), tuple(box))


def rectangle(loops: Iterable[Range]) -> dict[str, Range] | None:
    """Return loops by variable, or None where the bounds of one depend on another, or are read from containers."""
    ranges = {loop.variable: loop for loop in loops}
    bounds = [bound for loop in ranges.values() for bound in (loop.begin, loop.end)]
    return None if any(bound.words & ranges.keys() or elements(bound) for bound in bounds) else ranges


def extent(loop: Range) -> Affine:
    """Return the number of iterations of a loop that is not empty."""
    return loop.end - loop.begin


def at_least(value: Affine, least: int, around: Sequence[Range], sizes: Collection[Affine]) -> bool:
    """Tell whether an expression is known to be `least` or more.

    Args:
        value: The expression.
        least: The bound.
        around: The loops that are being executed, outermost first.
        sizes: What is known to be 1 or more.
    """
    if least <= 1 and value in sizes:
        return True
    for loop in reversed(around):
        name = loop.variable
        if not value.is_affine_in([name]):
            return False
        value = value.substitute({name: loop.begin if value.coefficient(name) > 0 else loop.end - 1})
    if any(variable(name) not in sizes or factor < 0 for name, factor in value.terms):
        return value - (least - 1) in sizes
    return value.constant + sum(factor for _, factor in value.terms) >= least


def dtypes(names: Iterable[str], containers: Mapping[str, data.Data]) -> set[dace.typeclass]:
    """Return the types of containers."""
    return {containers[name].dtype for name in names}
