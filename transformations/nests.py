"""What a map reads and writes in one iteration, as far as fusing it with others has to know."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes
from dace.sdfg import dynamic_map_inputs
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.sdfg.propagation import propagate_subset
from dace.subsets import Range, Subset
from dace.symbolic import pystr_to_symbolic, simplify_ext, sympy, symstr


@dataclass(frozen=True)
class Access:
    """One edge between a map's entry or exit and the inside of its scope.

    Attributes:
        node: The access node outside of the map that it leads to, across the scopes around.
        data: The container.
        subset: What one iteration touches, in terms of the map's parameters.
        writes: Whether it writes.
        exact: Whether every iteration touches all of `subset`, and writes are not folded into what was there.
    """

    node: nodes.AccessNode
    data: str
    subset: Range
    writes: bool
    exact: bool


@dataclass(frozen=True)
class Nest:
    """A map with what it accesses."""

    state: dace.SDFGState
    entry: nodes.MapEntry
    accesses: tuple[Access, ...]

    @property
    def exit(self) -> nodes.MapExit:
        """The exit of the map."""
        return self.state.exit_node(self.entry)

    @property
    def ranges(self) -> dict[str, tuple[Any, Any, Any]]:
        """First index, last index and step by parameter."""
        return dict(zip(self.entry.map.params, self.entry.map.range.ranges, strict=True))

    def of(self, data: str) -> list[Access]:
        """Return its accesses to one container."""
        return [access for access in self.accesses if access.data == data]


def read_nest(state: dace.SDFGState, entry: nodes.MapEntry) -> Nest | None:
    """Return what a map accesses, or None if that cannot be told: streams, views, data-dependent ranges."""
    if any(True for _ in dynamic_map_inputs(state, entry)):
        return None
    accesses = [*_reads(state, entry), *_writes(state, entry)]
    if any(access is None for access in accesses):
        return None
    return Nest(state, entry, tuple(access for access in accesses if access is not None))


def _reads(state: dace.SDFGState, entry: nodes.MapEntry) -> Iterator[Access | None]:
    for edge in state.out_edges(entry):
        if not edge.data.is_empty():
            yield _access(state, edge, state.memlet_path(edge)[0].src, writes=False)


def _writes(state: dace.SDFGState, entry: nodes.MapEntry) -> Iterator[Access | None]:
    for edge in state.in_edges(state.exit_node(entry)):
        if not edge.data.is_empty():
            yield _access(state, edge, state.memlet_path(edge)[-1].dst, writes=True)


def _access(state: dace.SDFGState, edge: Edge, node: Any, writes: bool) -> Access | None:
    if not isinstance(node, nodes.AccessNode):
        return None
    desc = state.sdfg.arrays[node.data]
    if not isinstance(desc, (dace.data.Array, dace.data.Scalar)) or isinstance(desc, dace.data.View):
        return None
    subset = edge.data.subset if edge.data.data == node.data else edge.data.other_subset
    if not isinstance(subset, Range) or any(size != 1 for size in subset.tile_sizes):
        return None
    return Access(node, node.data, subset, writes, edge.data.wcr is None and not edge.data.dynamic)


# Arithmetic on subsets --------------------------------------------------------------------------------------


def same(first: Any, second: Any) -> bool:
    """Tell whether two expressions are equal for sure, whatever the assumptions of their symbols."""
    if str(first) == str(second):
        return True
    difference = pystr_to_symbolic(symstr(first)) - pystr_to_symbolic(symstr(second))
    return bool(simplify_ext(sympy.simplify(difference)) == 0)


def renamed(subset: Range, names: Mapping[str, str]) -> Range:
    """Return `subset` with symbols replaced by name."""
    result = copy.deepcopy(subset)
    free = {symbol for bounds in subset.ranges for bound in bounds for symbol in _symbols(bound)}
    result.replace({symbol: pystr_to_symbolic(names[symbol.name]) for symbol in free if symbol.name in names})
    return result


def index_of(subset: Range, axis: int) -> Any | None:
    """Return the only index that `subset` has along `axis`, or None if it has several."""
    begin, end, _ = subset.ranges[axis]
    return begin if same(begin, end) else None


def names_in(expression: Any) -> set[str]:
    """Return the names of the symbols of an expression."""
    return {symbol.name for symbol in _symbols(expression)}


def image(subset: Range, ranges: Mapping[str, tuple[Any, Any, Any]], desc: dace.data.Data) -> Subset:
    """Return what all values of some map parameters together touch of a container."""
    if not ranges:
        return copy.deepcopy(subset)
    memlet = dace.Memlet(data="__unnamed", subset=copy.deepcopy(subset))
    return propagate_subset([memlet], desc, list(ranges), Range(list(ranges.values()))).subset


def _symbols(expression: Any) -> set[Any]:
    return set(getattr(expression, "free_symbols", set()))
