"""Lower sums over products of two elements to calls of BLAS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import dace
from dace import data, nodes
from dace.libraries.blas import Dot, Gemm, Gemv

from dace_transfer.transformations.normalization.affine import constant
from dace_transfer.transformations.normalization.lowering.boxes import memlet
from dace_transfer.transformations.normalization.lowering.extents import (
    Operand,
    at_least,
    dtypes,
    extent,
    is_contiguous,
    operand,
    rectangle,
)
from dace_transfer.transformations.normalization.lowering.flow import Flow
from dace_transfer.transformations.normalization.lowering.nests import add_nest
from dace_transfer.transformations.normalization.terms import Call, Number, Range, Read, Reduce
from dace_transfer.transformations.normalization.tree import Statement

_REAL = (dace.float32, dace.float64)
_TYPES = (*_REAL, dace.complex64, dace.complex128)
_NOT_C = re.compile(r"\*\*|/|M(ax|in)\(")


@dataclass(frozen=True)
class _Contraction:
    """`target = sum(left * right)` over the loop `folded`.

    Attributes:
        target: What is written.
        left: The operand with the loop of the target's first axis, if the target has one.
        right: The other operand.
        folded: The loop that is summed over.
    """

    target: Operand
    left: Operand
    right: Operand
    folded: Range


def add_contraction(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> bool:
    """Add a statement under parallel loops as one BLAS call; False, and nothing is added, if it is none.

    Before: `parallel for i, j: C[i, j] = sum(A[i, k] * B[k, j] for k)`, after: `Gemm(A, B) -> C`; one parallel loop
    makes it `Gemv`, none `Dot`.
    """
    found = _contraction(flow, loops, statement)
    if found is None:
        return False
    if len(loops) == 2:
        node = Gemm(
            flow.context.label("gemm"),
            transA=found.left.variables[0] == found.folded.variable,
            transB=found.right.variables[1] == found.folded.variable,
        )
        _connect(flow, node, found, ("_a", "_b", "_c"))
    elif len(loops) == 1:
        if not at_least(extent(found.folded), 1, flow.around, flow.context.sizes):
            # BLAS leaves the result as it is where there is nothing to add up.
            add_nest(flow, loops, Statement(statement.target, Number(0)))
        transposed = found.left.variables[0] == found.folded.variable
        _connect(flow, Gemv(flow.context.label("gemv"), transA=transposed), found, ("_A", "_x", "_y"))
    else:
        _connect(flow, Dot(flow.context.label("dot")), found, ("_x", "_y", "_result"))
    return True


def _connect(flow: Flow, node: nodes.LibraryNode, found: _Contraction, connectors: tuple[str, str, str]) -> None:
    left, right, result = connectors
    inputs = {left: found.left, right: found.right}
    flow.begin({found.left.data, found.right.data}, {found.target.data})
    flow.state.add_node(node)
    for connector, part in inputs.items():
        flow.state.add_edge(flow.source(part.data), None, node, connector, memlet(part.data, part.box))
    written = memlet(found.target.data, found.target.box)
    flow.state.add_edge(node, result, flow.sink(found.target.data), None, written)


def _contraction(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> _Contraction | None:
    value, containers = statement.value, flow.context.computation.containers
    if not isinstance(value, Reduce) or value.function != "+" or len(value.ranges) != 1 or len(loops) > 2:
        return None
    if not isinstance(value.body, Call) or value.body.function != "*" or len(value.body.arguments) != 2:
        return None
    first, second = value.body.arguments
    if not isinstance(first, Read) or not isinstance(second, Read):
        return None
    names = (statement.target.data, first.data, second.data)
    types = dtypes(names, containers)
    if names[0] in names[1:] or len(types) > 1 or not types <= set(_TYPES if loops else _REAL):
        return None
    ranges = rectangle((*loops, *value.ranges))
    if ranges is None or any(extent(loop) == constant(1) for loop in ranges.values()):
        return None
    parts = [operand(read, ranges, containers) for read in (statement.target, first, second)]
    if None in parts:
        return None
    target, left, right = (part for part in parts if part is not None)
    if target.variables and target.variables[0] not in left.variables:
        left, right = right, left
    found = _Contraction(target, left, right, value.ranges[0])
    is_right = _has_form(found, [loop.variable for loop in loops]) and _suits_blas(found, flow, bool(loops), containers)
    return found if is_right else None


def _has_form(found: _Contraction, loops: list[str]) -> bool:
    """Whether the target has all parallel loops, and every one is in one operand, the first in the left one."""
    kept, summed = found.target.variables, found.folded.variable
    if set(kept) != set(loops):
        return False
    return set(found.left.variables) == {*kept[:1], summed} and set(found.right.variables) == {*kept[1:], summed}


def _suits_blas(found: _Contraction, flow: Flow, is_matrix: bool, containers: Mapping[str, data.Data]) -> bool:
    if not is_matrix:
        return _prints_in_c(found.left, containers) and _prints_in_c(found.right, containers)
    if not at_least(extent(found.folded), 0, flow.around, flow.context.sizes):
        return False  # A negative number of elements is an error to BLAS.
    parts = (found.target, found.left, found.right)
    if len(found.target.variables) == 2:
        return all(is_contiguous(part, containers) for part in parts)
    return is_contiguous(found.left, containers) and all(_prints_in_c(part, containers) for part in parts)


def _prints_in_c(access: Operand, containers: Mapping[str, data.Data]) -> bool:
    """Whether strides and sizes are the same text in Python and C, which DaCe's `Gemv` and `Dot` rely on."""
    strides = [str(containers[access.data].strides[axis]) for axis in access.axes]
    return not any(_NOT_C.search(text) for text in (*strides, *(str(high - low) for low, high in access.box)))
