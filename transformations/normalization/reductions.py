"""Loops that do nothing but fold values into one element become reductions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import dace
import numpy as np

from dace_transfer.transformations.normalization.elements import is_nested, plain_words
from dace_transfer.transformations.normalization.reduction_forms import NEUTRAL
from dace_transfer.transformations.normalization.terms import (
    Call,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    reads,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement, rebuild_body
from dace_transfer.transformations.normalization.types import type_of

_FOLDS = ("+", "*", "min", "max")
_EXTREMES = {"<": "min", "<=": "min", ">": "max", ">=": "max"}


def reduce_loops(computation: Computation) -> Computation:
    """Turn loops around a single fold into reductions, innermost first.

    Before: `for i: for k: y[i] = y[i] + A[i, k] * x[k]`,
    after: `for i: y[i] = y[i] + sum(A[i, k] * x[k] for k)`.
    Before: `for k: s = select(x[k] > 0, s + x[k], s)`, after: `s = s + sum(select(x[k] > 0, x[k], 0) for k)`.
    """

    def change(node: Node) -> tuple[Node]:
        if not isinstance(node, Loop) or len(node.body) > 1 or not isinstance(node.body[0], Statement):
            return (node,)
        return (as_reduction(node.body[0], (node.range,), computation.containers) or node,)

    return replace(computation, body=rebuild_body(computation.body, change))


def as_reduction(
    statement: Statement, ranges: tuple[Range, ...], containers: Mapping[str, dace.data.Data] | None = None
) -> Statement | None:
    """Return what loops around a statement compute as one statement, or None if they are not a plain fold.

    Before: `for k: s = s + a[k] - b[k]`, after: `s = s + sum(a[k] - b[k] for k)`.

    Args:
        statement: A statement that folds values into its target.
        ranges: All loops around it that are to be folded, outermost first.
        containers: Descriptors by name. With them, values are folded in the type of the target where theirs is
            narrower, and folds that round in every step (reals into an integer) are refused; without them, all
            are taken to have one type. Loops bounded by scalars among them, or by `A[B[i]]`, stay loops.
    """
    target = statement.target
    if not ranges or any(loop.variable in index.words for loop in ranges for index in target.index):
        return None
    bounds = [bound for loop in ranges for bound in (loop.begin, loop.end)]
    if any(is_nested(bound) or plain_words(bound) & (containers or {}).keys() for bound in bounds):
        return None
    for function in _FOLDS:
        value = _folded_value(statement, function)
        if value is None:
            continue
        fold = _merged(function, ranges, value)
        typed = fold if containers is None else _in_type_of(target, fold, containers)
        return None if typed is None else Statement(target, Call(function, (target, typed)))
    return None


def _folded_value(statement: Statement, function: str) -> Term | None:
    """What a statement folds into its target by a function, or None if it does anything else."""
    if isinstance(statement.value, Call) and statement.value.function == "select":
        value = _folded_where(statement.target, statement.value.arguments, function)
        if value is not None:
            return value
    operands = list(_operands(statement.value, function))
    rest = [operand for operand in operands if operand != statement.target]
    if not rest or len(rest) != len(operands) - 1:
        return None
    if any(read.data == statement.target.data for operand in rest for read in reads(operand)):
        return None
    return rest[0] if len(rest) == 1 else Call(function, tuple(rest))


def _folded_where(target: Read, selection: tuple[Term, ...], function: str) -> Term | None:
    """The same of a statement that leaves its target as it is where a condition does not hold, or where it does."""
    condition, *values = selection
    if function not in NEUTRAL or target not in values or target.data in {read.data for read in reads(condition)}:
        return None
    kept = values.index(target)
    folded = _folded_value(Statement(target, values[1 - kept]), function)
    if folded is None:
        return None
    neutral = Number(NEUTRAL[function])
    return Call("select", (condition, *((neutral, folded) if kept == 0 else (folded, neutral))))


def _operands(term: Term, function: str) -> Iterator[Term]:
    """The operands of nested calls of a function, from left to right."""
    term = _as_extreme(term)
    if not isinstance(term, Call) or term.function != function:
        yield term
        return
    for argument in term.arguments:
        yield from _operands(argument, function)


def _as_extreme(term: Term) -> Term:
    """`select(a > b, a, b)` as `max(a, b)`, and so on."""
    if not isinstance(term, Call) or term.function != "select":
        return term
    condition, *values = term.arguments
    if not isinstance(condition, Call) or condition.function not in _EXTREMES:
        return term
    function = _EXTREMES[condition.function]
    if list(condition.arguments) == values:
        return Call(function, condition.arguments)
    other = "min" if function == "max" else "max"
    return Call(other, condition.arguments) if list(condition.arguments) == values[::-1] else term


def _merged(function: str, ranges: tuple[Range, ...], value: Term) -> Reduce:
    if isinstance(value, Reduce) and value.function == function:
        return Reduce(function, (*ranges, *value.ranges), value.body)
    return Reduce(function, ranges, value)


def _in_type_of(target: Read, fold: Reduce, containers: Mapping[str, dace.data.Data]) -> Reduce | None:
    """A fold in at least the type of its target; None if storing each partial result would lose more than rounding."""
    wanted, actual = containers[target.data].dtype, type_of(fold.body, containers)
    if wanted == actual:
        return fold
    own, other = np.dtype(wanted.type), np.dtype(actual.type)
    if own.kind == "b" or not np.can_cast(other, own, "same_kind"):
        return None
    if np.result_type(own, other) != own:
        return fold
    return replace(fold, body=Call(f"dace.{wanted.to_string()}", (fold.body,)))
