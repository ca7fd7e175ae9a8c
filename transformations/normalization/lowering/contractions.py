"""Lower sums over products of two elements to calls of BLAS."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import dace
from dace.libraries.blas import Dot, Gemm, Gemv

from dace_transfer.transformations.normalization.affine import constant
from dace_transfer.transformations.normalization.lowering.calls import Part, add_call
from dace_transfer.transformations.normalization.lowering.extents import (
    at_least,
    dtypes,
    extent,
    operand,
    rectangle,
)
from dace_transfer.transformations.normalization.lowering.flow import Flow
from dace_transfer.transformations.normalization.lowering.merging import Group, Loops
from dace_transfer.transformations.normalization.lowering.nests import add_nest
from dace_transfer.transformations.normalization.terms import Call, Number, Range, Read, Reduce
from dace_transfer.transformations.normalization.tree import Statement

_REAL = (dace.float32, dace.float64)
_TYPES = (*_REAL, dace.complex64, dace.complex128)
_NOT_C = re.compile(r"\*\*|/|M(ax|in)\(")


@dataclass(frozen=True)
class _Product:
    """`target = sum(left * right)` over one loop under parallel ones, all of which the target has.

    Attributes:
        target: What is written.
        operands: What is multiplied. Each parallel loop is in one of them.
        kept: The variables of the parallel loops in each operand, in the order of the target's dimensions.
        folded: The loop that is summed over.
        loops: All loops, and the containers.
    """

    target: Read
    operands: tuple[Read, Read]
    kept: tuple[list[str], list[str]]
    folded: Range
    loops: Loops


@dataclass(frozen=True)
class _Call:
    """A product of matrices, of a matrix and a vector, or of two vectors.

    Attributes:
        target: What is written.
        left: The operand with the target's first dimension, if the target has one.
        right: The other operand.
        merged: The loops that are no longer there.
    """

    target: Part
    left: Part
    right: Part
    merged: frozenset[str]


def add_contraction(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> bool:
    """Add a statement under parallel loops as one BLAS call; False, and nothing is added, if it is none.

    Before: `parallel for i, j: C[i, j] = sum(A[i, k] * B[k, j] for k)`, after: `Gemm(A, B) -> C`; one parallel loop
    makes it `Gemv`, none `Dot`. Of more loops, those that go on in memory where others end count as one with them, and
    what is left becomes a map around calls.
    Before: `parallel for r, i, j: C[r, i, j] = sum(A[r, i, k] * B[k, j] for k)`, after: `Gemm(A, B) -> C` with views of
    `A` and `C` as matrices with a row for each `r` and `i`, or `map r { Gemm(A[r, :, :], B) -> C[r, :, :] }`.
    """
    found = _product(flow, loops, statement)
    call = _best(found, flow) if found is not None else None
    if found is None or call is None:
        return False
    around = tuple(loop for loop in loops if loop.variable not in call.merged)
    is_maybe_empty = not at_least(extent(found.folded), 1, flow.around, flow.context.sizes)
    if len(call.target.operand.variables) == 1 and is_maybe_empty:
        # BLAS leaves the result as it is where there is nothing to add up.
        add_nest(flow, loops, Statement(statement.target, Number(0)))
    _add(flow, call, found.folded.variable, around)
    return True


def _add(flow: Flow, call: _Call, folded: str, around: tuple[Range, ...]) -> None:
    rank = len(call.target.operand.variables)
    is_turned = call.left.operand.variables[0] == folded
    if rank == 2:
        label, transposed = flow.context.label("gemm"), call.right.operand.variables[1] == folded
        node, names = Gemm(label, transA=is_turned, transB=transposed), ("_a", "_b", "_c")
    elif rank == 1:
        node, names = Gemv(flow.context.label("gemv"), transA=is_turned), ("_A", "_x", "_y")
    else:
        node, names = Dot(flow.context.label("dot")), ("_x", "_y", "_result")
    add_call(flow, node, {names[0]: call.left, names[1]: call.right}, (names[2], call.target), around)


# What is multiplied -----------------------------------------------------------------------------------------


def _product(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> _Product | None:
    value, target = statement.value, statement.target
    factors = _factors(value)
    if factors is None or not isinstance(value, Reduce):
        return None
    arrays = {read.data: flow.context.descriptor(read.data) for read in (target, *factors)}
    types = dtypes(arrays, arrays)
    if target.data in {read.data for read in factors} or len(types) > 1:
        return None
    ranges = rectangle((*loops, *value.ranges))
    if not types <= set(_TYPES if loops else _REAL) or ranges is None:
        return None
    parts = [operand(read, ranges, arrays) for read in (target, *factors)]
    if None in parts or any(extent(loop) == constant(1) for loop in ranges.values()):
        return None
    written, *read = (part.variables for part in parts if part is not None)
    kept = [[name for name in written if name in names] for names in read]
    summed = value.ranges[0]
    if set(written) != {loop.variable for loop in loops} or sorted(written) != sorted(kept[0] + kept[1]):
        return None
    if any(set(names) != {*own, summed.variable} for names, own in zip(read, kept, strict=True)):
        return None
    outside = {loop.variable for loop in flow.around}
    steady = {name for name, loop in ranges.items() if outside.isdisjoint(loop.begin.words | loop.end.words)}
    return _Product(target, factors, (kept[0], kept[1]), summed, Loops(ranges, arrays, steady))


def _factors(value: object) -> tuple[Read, Read] | None:
    if not isinstance(value, Reduce) or value.function != "+" or len(value.ranges) != 1:
        return None
    if not isinstance(value.body, Call) or value.body.function != "*" or len(value.body.arguments) != 2:
        return None
    first, second = value.body.arguments
    return (first, second) if isinstance(first, Read) and isinstance(second, Read) else None


# How it becomes a call --------------------------------------------------------------------------------------


def _best(found: _Product, flow: Flow) -> _Call | None:
    calls = (_call(found, matrix) for matrix in _matrices(found))
    return next((call for call in calls if _suits_blas(found, call, flow)), None)


def _matrices(found: _Product) -> list[tuple[Group, Group]]:
    """The loops that can be one dimension of the result for each operand, those with most iterations first."""
    written = [entry.words for entry in found.target.index]

    def size(matrix: tuple[Group, Group]) -> tuple[int, int, int]:
        names = [name for group in matrix for name in group]
        lengths = [extent(found.loops.ranges[name]) for name in names]
        known = math.prod(length.constant for length in lengths) if all(n.is_constant for n in lengths) else 0
        return known, len(names), sum(place for place, words in enumerate(written) if not words.isdisjoint(names))

    first, second = (
        dict.fromkeys([*found.loops.groups(kept, (found.target, read)), *((name,) for name in kept)]) or [()]
        for read, kept in zip(found.operands, found.kept, strict=True)
    )
    pairs = [(one, other) for one in first for other in second]
    return sorted((pair for pair in pairs if _is_dense(found, pair)), key=size, reverse=True)


def _is_dense(found: _Product, matrix: tuple[Group, Group]) -> bool:
    """Whether neighbours along one dimension of each matrix are neighbours in memory."""
    folded, last = found.folded.variable, [group[-1] for group in matrix if group]
    axes = [(read, [group[-1], folded]) for read, group in zip(found.operands, matrix, strict=True) if group]
    axes += [(found.target, last)] if len(last) == 2 else []
    return all(any(found.loops.stride(read, name) == constant(1) for name in names) for read, names in axes)


def _call(found: _Product, matrix: tuple[Group, Group]) -> _Call:
    merged = [found.loops.merged(group) for group in matrix if group]
    ranges = {loop.variable: loop for loop in (*merged, found.folded)}
    parts = []
    for read in (found.target, *found.operands):
        shape = found.loops.reshaped(read, matrix)
        accessed = operand(shape.read, ranges, {read.data: shape.array})
        assert accessed is not None
        parts.append(Part(accessed, shape.array, shape.viewed))
    target, left, right = parts
    if target.operand.variables and target.operand.variables[0] not in left.operand.variables:
        left, right = right, left
    return _Call(target, left, right, frozenset(name for group in matrix for name in group))


def _suits_blas(found: _Product, call: _Call, flow: Flow) -> bool:
    rank = len(call.target.operand.variables)
    if rank and not at_least(extent(found.folded), 0, flow.around, flow.context.sizes):
        return False  # A negative number of elements is an error to BLAS.
    if rank == 2:
        return True
    return all(
        _prints_in_c(part) for part in ((call.target, call.left, call.right) if rank else (call.left, call.right))
    )


def _prints_in_c(part: Part) -> bool:
    """Whether strides and sizes are the same text in Python and C, which DaCe's `Gemv` and `Dot` rely on."""
    access = part.operand
    strides = [str(part.array.strides[axis]) for axis in access.axes]
    return not any(_NOT_C.search(text) for text in (*strides, *(str(high - low) for low, high in access.box)))
