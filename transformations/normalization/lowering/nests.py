"""Lower statements under parallel loops to maps; what they reduce is accumulated in registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import dace
from dace import nodes
from dace.dtypes import ScheduleType, StorageType
from dace.sdfg.graph import MultiConnectorEdge

from dace_transfer.transformations.neutral import neutral, reset_tasklet
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.lowering.boxes import (
    Box,
    dimensions,
    element,
    joined,
    memlet,
    swept,
)
from dace_transfer.transformations.normalization.lowering.flow import Flow
from dace_transfer.transformations.normalization.lowering.inputs import Inputs
from dace_transfer.transformations.normalization.python_terms import python_of
from dace_transfer.transformations.normalization.terms import Range, Read, Reduce, Term, bounds_of, reads
from dace_transfer.transformations.normalization.tree import Statement, subscripts
from dace_transfer.transformations.normalization.types import type_of

WCR = {
    "+": "lambda a, b: a + b",
    "*": "lambda a, b: a * b",
    "min": "lambda a, b: min(a, b)",
    "max": "lambda a, b: max(a, b)",
    "and": "lambda a, b: a and b",
    "or": "lambda a, b: a or b",
}
"""How DaCe writes the functions of reductions."""

_EXTREMA_OF_BOOL = {"min": "true", "max": "false"}


@dataclass(frozen=True)
class _Level:
    """A map that code is put into."""

    entry: nodes.MapEntry
    exit: nodes.MapExit
    ranges: tuple[Range, ...]
    inputs: dict[str, tuple[MultiConnectorEdge[dace.Memlet], Box]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """A place in the last state of a flow: outside of maps, or in maps, outermost first."""

    flow: Flow
    levels: tuple[_Level, ...] = ()

    @property
    def state(self) -> dace.SDFGState:
        """The state."""
        return self.flow.state

    def enter(self, label: str, ranges: tuple[Range, ...], schedule: ScheduleType = ScheduleType.Default) -> Scope:
        """Add a map, and return the place in it; what its range is read from goes to connectors."""
        apart = [self.flow.context.apart(loop) for loop in ranges]
        parts = dace.subsets.Range(dimensions(loop for loop, _ in apart))
        map_ = nodes.Map(label, [loop.variable for loop in ranges], parts, schedule=schedule)
        level = _Level(nodes.MapEntry(map_), nodes.MapExit(map_), ranges)
        self.state.add_nodes_from([level.entry, level.exit])
        for connector, read in (pair for _, found in apart for pair in found.items()):
            level.entry.add_in_connector(connector)
            self.feed(read.data, [element(read)], level.entry, [connector])
        return replace(self, levels=(*self.levels, level))

    def hang(self, node: nodes.Node) -> None:
        """Keep a node that reads nothing in the innermost map."""
        if self.levels:
            self.state.add_nedge(self.levels[-1].entry, node, dace.Memlet())

    def feed(self, name: str, boxes: Sequence[Box], consumer: nodes.Node, connectors: Sequence[str]) -> None:
        """Lead parts of one container from its newest node through all maps to connectors."""
        end: tuple[nodes.Node, str | None] = (self.flow.source(name), None)
        for depth in range(len(self.levels)):
            self._lead(end, depth, name, boxes)
            end = (self.levels[depth].entry, f"OUT_{name}")
        for box, connector in zip(boxes, connectors, strict=True):
            self.state.add_edge(*end, consumer, connector, memlet(name, box, volume=1))

    def _lead(self, end: tuple[nodes.Node, str | None], depth: int, name: str, parts: Sequence[Box]) -> None:
        level = self.levels[depth]
        shape = self.flow.sdfg.arrays[name].shape if parts[0] else ()
        inside = [loop for inner in self.levels[depth:] for loop in inner.ranges]
        boxes = [swept(part, inside, shape) for part in parts]
        if name not in level.inputs:
            level.entry.add_in_connector(f"IN_{name}")
            level.entry.add_out_connector(f"OUT_{name}")
            box = reduce(lambda one, other: joined(one, other, shape), boxes)
            edge = self.state.add_edge(*end, level.entry, f"IN_{name}", memlet(name, box))
        else:
            edge, old = level.inputs[name]
            box = reduce(lambda one, other: joined(one, other, shape), boxes, old)
            edge.data = memlet(name, box)
        level.inputs[name] = (edge, box)

    def write(self, source: nodes.Node, target: Read, sink: nodes.AccessNode, wcr: str | None = None) -> None:
        """Lead `__out` of a tasklet out of the innermost map, or directly, to a node."""
        inner = memlet(target.data, element(target), wcr, volume=1)
        if not self.levels:
            self.state.add_edge(source, "__out", sink, None, inner)
            return
        level, shape = self.levels[-1], self.flow.sdfg.arrays[target.data].shape if target.index else ()
        level.exit.add_in_connector(f"IN_{target.data}")
        level.exit.add_out_connector(f"OUT_{target.data}")
        outer = memlet(target.data, swept(element(target), level.ranges, shape), wcr)
        self.state.add_edge(source, "__out", level.exit, f"IN_{target.data}", inner)
        self.state.add_edge(level.exit, f"OUT_{target.data}", sink, None, outer)


def add_nest(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> None:
    """Add a statement under parallel loops.

    Before: `parallel for i: y[i] = x[i] * sum(A[i, k] for k)`, after:
    `map i { acc = 0; sequential map k { acc += A[i, k] }; y[i] = x[i] * acc }`.
    """
    looked_up = flow.context.looked_up((*subscripts(statement), *bounds_of(loops)))
    flow.begin({read.data for read in reads(statement.value)} | looked_up, {statement.target.data})
    label = flow.context.label(statement.target.data)
    scope = Scope(flow)
    if loops:
        scope = scope.enter(f"map_{label}", loops)
    tasklet = _add_tasklet(scope, label, statement.value)
    scope.write(tasklet, statement.target, flow.sink(statement.target.data))


def _add_tasklet(scope: Scope, label: str, value: Term) -> nodes.Tasklet:
    """Add a tasklet that computes a term; equal reads, and equal reductions, share a connector."""
    inputs = Inputs(scope.flow.context.computation.containers)
    code = python_of(inputs.named(value))
    tasklet = nodes.Tasklet(label, inputs.connectors, {"__out": None}, f"__out = {code}")
    scope.state.add_node(tasklet)
    for data, parts in inputs.parts.items():
        scope.feed(data, list(parts), tasklet, list(parts.values()))
    for reduction, connector in inputs.reductions.items():
        total = _accumulated(scope, reduction)
        scope.state.add_edge(total, None, tasklet, connector, memlet(total.data, ()))
    if not inputs.connectors:
        scope.hang(tasklet)
    return tasklet


def _accumulated(scope: Scope, reduction: Reduce) -> nodes.AccessNode:
    """Add the code of a reduction, and return the node of its result."""
    reduction = _one_map_at_a_time(reduction)
    flow, state = scope.flow, scope.state
    dtype = type_of(reduction, flow.context.computation.containers)
    name, _ = flow.sdfg.add_scalar("accumulator", dtype, StorageType.Register, transient=True, find_new_name=True)
    start, total = nodes.AccessNode(name), nodes.AccessNode(name)
    state.add_nodes_from([start, total])
    reset = reset_tasklet(state, start_of(reduction.function, dtype))
    scope.hang(reset)
    state.add_edge(reset, "__result", start, None, memlet(name, ()))
    inner = scope.enter(flow.context.label(f"fold_{name}"), reduction.ranges, ScheduleType.Sequential)
    state.add_nedge(start, inner.levels[-1].entry, dace.Memlet())
    tasklet = _add_tasklet(inner, flow.context.label(name), reduction.body)
    inner.write(tasklet, Read(name, ()), total, WCR[reduction.function])
    return total


def _one_map_at_a_time(reduction: Reduce) -> Reduce:
    """A reduction whose outer loops are one map: what a map's range is read from is read before it begins.

    Before: `sum(v[l] for k in range(0, K) for l in range(0, r[k]))`,
    after: `sum(sum(v[l] for l in range(0, r[k])) for k in range(0, K))`.
    """
    for place, loop in enumerate(reduction.ranges[1:], 1):
        if elements(loop.begin) or elements(loop.end):
            inner = replace(reduction, ranges=reduction.ranges[place:])
            return replace(reduction, ranges=reduction.ranges[:place], body=inner)
    return reduction


def start_of(function: str, dtype: Any) -> str:
    """Return the neutral element of a reduction as a C++ expression.

    Raises:
        ValueError: The type has none.
    """
    if dtype in (dace.bool_, dace.bool) and function in _EXTREMA_OF_BOOL:
        return _EXTREMA_OF_BOOL[function]
    start = neutral(WCR[function], dtype)
    if start is None:
        raise ValueError(f"Expected a type with a neutral element of '{function}', but got '{dtype}'.")
    return start
