"""How much a program computes, roughly: rounding errors grow with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import dace
from dace import symbolic
from dace.sdfg import nodes
from dace.sdfg.state import ConditionalBlock, ControlFlowRegion, LoopRegion
from dace.transformation.passes.analysis import loop_analysis

Values = Mapping[str, float]


@dataclass(frozen=True)
class _Scope:
    """Where in a program something is.

    Attributes:
        values: Values of the symbols, once with all loops around at their beginning and once at their end.
        times: How often the scope is executed, at most.
    """

    values: tuple[Values, Values]
    times: float = 1.0

    def number(self, expression: object) -> float:
        """The larger value of an expression; 1 where it depends on more than the sizes and the loops around."""
        return max([1.0, *_known(_value(expression, values) for values in self.values)])

    def inside(self, variable: str, begin: object, end: object, step: object) -> _Scope:
        """The scope of a loop around which this one is; `end` is its last value."""
        first, last = self.values
        ends = {**first, variable: _value(begin, first)}, {**last, variable: _value(end, last)}
        lengths = ((_value(end, at) - _value(begin, at)) / (_value(step, at) or 1.0) for at in self.values)
        trips = math.floor(max(_known(lengths), default=0.0)) + 1
        return _Scope(ends, self.times * max(trips, 1.0))


def largest_work(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> float:
    """Executions of the tasklet that is executed most, at least 1, at the given sizes.

    Loops count like maps, triangular ones as the rectangle around them. A library node counts for as many as a matrix
    product or a reduction of its operands takes.
    """
    values = {name: float(value) for name, value in sizes.items()}
    return max(_of_region(sdfg, _Scope((values, values))), default=1.0)


def number(expression: object, sizes: Mapping[str, int]) -> float:
    """Value of an expression of sizes, at least 1; 1 where it depends on more than the sizes."""
    values = {name: float(value) for name, value in sizes.items()}
    return _Scope((values, values)).number(expression)


def _of_region(region: ControlFlowRegion, scope: _Scope) -> Iterator[float]:
    for block in region.nodes():
        if isinstance(block, dace.SDFGState):
            for node in block.scope_children()[None]:
                yield from _of_node(block, node, scope)
        elif isinstance(block, ConditionalBlock):
            for _, branch in block.branches:
                yield from _of_region(branch, scope)
        elif isinstance(block, ControlFlowRegion):
            yield from _of_region(block, _inside(block, scope) if isinstance(block, LoopRegion) else scope)


def _inside(loop: LoopRegion, scope: _Scope) -> _Scope:
    begin, end = loop_analysis.get_init_assignment(loop), loop_analysis.get_loop_end(loop)
    if begin is None or end is None:
        return scope
    return scope.inside(loop.loop_variable, begin, end, loop_analysis.get_loop_stride(loop) or 1)


def _of_node(state: dace.SDFGState, node: nodes.Node, scope: _Scope) -> Iterator[float]:
    if isinstance(node, nodes.MapEntry):
        for variable, (begin, end, step) in zip(node.map.params, node.map.range.ndrange(), strict=True):
            scope = scope.inside(variable, begin, end, step)
        for inner in state.scope_children()[node]:
            yield from _of_node(state, inner, scope)
    elif isinstance(node, nodes.NestedSDFG):
        first, last = ({str(k): _value(v, at) for k, v in node.symbol_mapping.items()} for at in scope.values)
        yield from _of_region(node.sdfg, replace(scope, values=(first, last)))
    elif isinstance(node, nodes.LibraryNode):
        yield scope.times * _of_library(state, node, scope)
    elif isinstance(node, nodes.Tasklet):
        yield scope.times


def _of_library(state: dace.SDFGState, node: nodes.LibraryNode, scope: _Scope) -> float:
    """Before: a product of M x K and K x N into M x N, after: M * N * K, the root of the product of the volumes."""
    volumes = [
        [scope.number(edge.data.num_elements()) for edge in edges if not edge.data.is_empty()]
        for edges in (state.in_edges(node), state.out_edges(node))
    ]
    operands, results = sorted(volumes[0], reverse=True), volumes[1]
    if len(operands) < 2:
        return max([*operands, *results], default=1.0)
    return math.sqrt(math.prod(operands[:2]) * max(results, default=1.0))


def _known(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _value(expression: object, values: Values) -> float:
    try:
        known = {symbolic.symbol(name): value for name, value in values.items()}
        return float(symbolic.evaluate(symbolic.pystr_to_symbolic(str(expression)), known))
    except (TypeError, ValueError, KeyError, SyntaxError):
        return math.nan
