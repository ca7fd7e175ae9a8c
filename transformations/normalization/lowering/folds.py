"""Lower reductions of one container along axes to DaCe's `Reduce`."""

from __future__ import annotations

import math
from typing import Any

import dace
from dace.libraries.standard.nodes import Reduce as ReduceNode

from dace_transfer.transformations.normalization.lowering.boxes import memlet
from dace_transfer.transformations.normalization.lowering.extents import Operand, dtypes, operand, rectangle
from dace_transfer.transformations.normalization.lowering.flow import Flow
from dace_transfer.transformations.normalization.lowering.nests import WCR
from dace_transfer.transformations.normalization.terms import Range, Read, Reduce
from dace_transfer.transformations.normalization.tree import Statement

_START: dict[str, Any] = {"+": 0, "*": 1, "and": True, "or": False}


def add_fold(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> bool:
    """Add a statement under parallel loops as one `Reduce`; False, and nothing is added, if it is none.

    Before: `parallel for i: y[i] = max(A[i, k] for k in range(0, K))`, after: `Reduce(max, A, axes=[1]) -> y`.
    """
    value, target = statement.value, statement.target
    if not isinstance(value, Reduce) or not isinstance(value.body, Read):
        return False
    parts = _operands(flow, loops, value, value.body, target)
    start = _start(value.function, flow.context.computation.containers[target.data].dtype)
    if parts is None or start is None:
        return False
    source, result = parts
    folded = {loop.variable for loop in value.ranges}
    axes = [axis for axis, name in zip(source.axes, source.variables, strict=True) if name in folded]
    node = ReduceNode(flow.context.label("reduce"), WCR[value.function], axes, start)
    flow.begin({source.data}, {result.data})
    flow.state.add_node(node)
    flow.state.add_nedge(flow.source(source.data), node, memlet(source.data, source.box))
    flow.state.add_nedge(node, flow.sink(result.data), memlet(result.data, result.box))
    return True


def _operands(
    flow: Flow, loops: tuple[Range, ...], value: Reduce, body: Read, target: Read
) -> tuple[Operand, Operand] | None:
    """What is read and written, if each is a box whose kept axes are in the same order."""
    containers = flow.context.computation.containers
    ranges = rectangle((*loops, *value.ranges))
    if ranges is None or body.data == target.data or len(dtypes((body.data, target.data), containers)) > 1:
        return None
    source, result = operand(body, ranges, containers), operand(target, ranges, containers)
    if source is None or result is None or set(source.variables) != set(ranges):
        return None
    kept = {loop.variable for loop in loops}
    if result.variables != tuple(name for name in source.variables if name in kept):
        return None
    return source, result


def _start(function: str, dtype: dace.typeclass) -> Any:
    """The neutral element as DaCe's `Reduce` takes it; None if there is none that it can print."""
    if function in ("and", "or"):
        return _START[function] if dtype in (dace.bool_, dace.bool) else None
    if function in _START:
        return _START[function]
    if dtype in (dace.float32, dace.float64):
        return math.inf if function == "min" else -math.inf
    if dtype not in dace.dtypes.INTEGER_TYPES:
        return None
    return dace.dtypes.max_value(dtype) if function == "min" else dace.dtypes.min_value(dtype)
