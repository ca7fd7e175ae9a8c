"""Loops around the one statement that a library node is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.raising.boxes import ONE, ZERO
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.terms import Call, Number, Range, Reduce, Term, reads
from dace_transfer.transformations.normalization.tree import Node, Statement, nest

Body = tuple[Node, ...]


def loops_around(loops: Iterable[Range], statement: Statement) -> Body:
    """Return loops around a statement that may read the element it overwrites, but no other of that container.

    Raises:
        ValueError: It does.
    """
    if any(read.data == statement.target.data and read != statement.target for read in reads(statement.value)):
        raise ValueError(f"Expected '{statement.target.data}' not to be read where it is overwritten.")
    return nest(_long(loops), (statement,), True)


def fresh_loop(frame: Frame, length: Affine) -> Range:
    """Return a loop over a dimension of a given length."""
    return Range(frame.builder.names.fresh("i"), ZERO, length)


def index_of(loop: Range) -> Affine:
    """Return the index that runs through a loop; none is needed for a single iteration."""
    return ZERO if loop.end == ONE else variable(loop.variable)


def _long(loops: Iterable[Range]) -> list[Range]:
    return [loop for loop in loops if loop.end != ONE]


def reduced(function: str, loops: Iterable[Range], body: Term) -> Term:
    """Return what a term folds to over loops."""
    folded = tuple(_long(loops))
    return Reduce(function, folded, body) if folded else body


def scaled(factor: Any, value: Term) -> Term:
    """Return a term times a property of a library node."""
    number = number_in(factor)
    return value if number == 1 else Call("*", (Number(number), value))


def number_in(value: Any) -> int | float | complex:
    """Return a property that is a number.

    Raises:
        ValueError: It is no number.
    """
    if isinstance(value, str):
        value = float(value) if not value.lstrip("-").isdigit() else int(value)
    value = getattr(value, "expr", value)
    if hasattr(value, "item"):
        value = value.item()
    if getattr(value, "is_Integer", False):
        return int(value)
    if getattr(value, "is_Float", False):
        return float(value)
    if isinstance(value, (int, float, complex)):
        return value
    raise ValueError(f"Expected a number, but got '{value}'.")
