"""From roles to nodes: the nodes of an SDFG in an order that names do not change, and which of them a role means."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.analysis.cfg import blockorder_reverse_postorder
from dace.sdfg.state import AbstractControlFlowRegion, ConditionalBlock, LoopRegion

from dace_transfer.transformations.roles import Role, Selector
from dace_transfer.transformations.steps.base import Handle


@dataclass(frozen=True)
class _Found:
    handle: Handle
    scopes: tuple[Any, ...]  # The map entries around it, outermost first, across nested SDFGs.


def resolve(role: Role, sdfg: dace.SDFG, bound: Mapping[str, Sequence[Handle]]) -> list[Handle]:
    """Return the nodes of `sdfg` that `role` means, in order; none where nothing matches.

    Args:
        role: What to look for.
        sdfg: The outermost SDFG.
        bound: What earlier steps yielded, by name; nodes that have left `sdfg` since are passed over.
    """
    return [found.handle for found in _resolve(role, list(_walk(sdfg, ())), bound)]


def live(handles: Sequence[Handle], sdfg: dace.SDFG) -> tuple[Handle, ...]:
    """Return those of `handles` whose nodes are still in `sdfg`."""
    return tuple(found.handle for found in _still_there(handles, list(_walk(sdfg, ()))))


def _resolve(role: Role, everything: list[_Found], bound: Mapping[str, Sequence[Handle]]) -> list[_Found]:
    if role.inner is not None:
        start = [found.handle for found in _resolve(role.inner, everything, bound)]
        near = [node for handle in start for node in _WALKS[role.base](handle)]
        matched = [found for found in everything if any(found.handle.node is node for node in near)]
    elif role.handle:
        matched = _still_there(bound.get(role.base, ()), everything)
    else:
        matched = _of_base(role, everything)
    for selector in role.selectors:
        matched = _select(selector, matched)
    return matched


def _of_base(role: Role, everything: list[_Found]) -> list[_Found]:
    if role.base == "sdfg":
        return []
    matched = [found for found in everything if _KINDS[role.base](found.handle)]
    if role.base == "inner_maps":
        around = {id(scope) for found in matched for scope in found.scopes}
        return [found for found in matched if id(found.handle.node) not in around]
    if role.base == "maps" and all(selector.depth is None for selector in role.selectors):
        return [found for found in matched if not found.scopes]
    return matched


def _still_there(handles: Sequence[Handle], everything: list[_Found]) -> list[_Found]:
    """Handles keep the order of the step that yielded them, but a node may have moved to another state."""
    present = {id(found.handle.node): found for found in everything}
    return [present[id(handle.node)] for handle in handles if id(handle.node) in present]


def _select(selector: Selector, matched: list[_Found]) -> list[_Found]:
    if selector.index is not None:
        inside = -len(matched) <= selector.index < len(matched)
        return [matched[selector.index]] if inside else []
    if selector.depth is not None:
        return [found for found in matched if len(found.scopes) == selector.depth]
    return [found for found in matched if type(found.handle.node).__name__ == selector.kind]


def _is_library(handle: Handle) -> bool:
    return isinstance(handle.node, nodes.LibraryNode) and not isinstance(handle.node, Reduce)


def _is_transient_access(handle: Handle) -> bool:
    return isinstance(handle.node, nodes.AccessNode) and bool(handle.node.desc(handle.state.sdfg).transient)


def _is_map(handle: Handle) -> bool:
    return isinstance(handle.node, nodes.MapEntry)


_KINDS: dict[str, Callable[[Handle], bool]] = {
    "maps": _is_map,
    "inner_maps": _is_map,
    "all_maps": _is_map,
    "reductions": lambda handle: isinstance(handle.node, Reduce),
    "libraries": _is_library,
    "accesses": _is_transient_access,
    "nested": lambda handle: isinstance(handle.node, nodes.NestedSDFG),
    "loops": lambda handle: isinstance(handle.node, LoopRegion),
}


# Neighbours in the dataflow ---------------------------------------------------------------------------------


def _producers(handle: Handle) -> list[Any]:
    state, node = handle.state, handle.node
    if not isinstance(state, dace.SDFGState):
        return []
    sources = [edge.src for edge in state.in_edges(node)]
    through = [s for source in sources for s in _past_access(source, state.predecessors)]
    return [state.entry_node(n) if isinstance(n, nodes.ExitNode) else n for n in through if not _opens(n)]


def _consumers(handle: Handle) -> list[Any]:
    state, node = handle.state, handle.node
    if not isinstance(state, dace.SDFGState):
        return []
    end = state.exit_node(node) if isinstance(node, nodes.EntryNode) else node
    sinks = [edge.dst for edge in state.out_edges(end)]
    through = [s for sink in sinks for s in _past_access(sink, state.successors)]
    return [n for n in through if not isinstance(n, nodes.ExitNode)]


_WALKS: dict[str, Callable[[Handle], list[Any]]] = {"producers": _producers, "consumers": _consumers}


def _past_access(node: Any, onward: Callable[[Any], list[Any]]) -> list[Any]:
    if not isinstance(node, nodes.AccessNode):
        return [node]
    return [far for near in onward(node) for far in _past_access(near, onward)]


def _opens(node: Any) -> bool:
    return isinstance(node, nodes.EntryNode)


# Order ------------------------------------------------------------------------------------------------------


def _walk(graph: Any, scopes: tuple[Any, ...]) -> Iterator[_Found]:
    """Yield everything inside `graph`, in the order it would execute, nested SDFGs after their node."""
    if isinstance(graph, dace.SDFGState):
        yield from _walk_state(graph, scopes)
    elif isinstance(graph, ConditionalBlock):
        for _, branch in graph.branches:
            yield from _walk(branch, scopes)
    elif isinstance(graph, AbstractControlFlowRegion) and graph.number_of_nodes():
        for block in blockorder_reverse_postorder(graph):
            yield _Found(Handle(graph, block), scopes)
            yield from _walk(block, scopes)


def _walk_state(state: dace.SDFGState, scopes: tuple[Any, ...]) -> Iterator[_Found]:
    parents = state.scope_dict()
    for node in _topological(state):
        around = (*scopes, *_maps_around(node, parents))
        yield _Found(Handle(state, node), around)
        if isinstance(node, nodes.NestedSDFG):
            yield from _walk(node.sdfg, around)


def _maps_around(node: Any, parents: Mapping[Any, Any]) -> tuple[Any, ...]:
    parent = parents[node]
    if parent is None:
        return ()
    own = (parent,) if isinstance(parent, nodes.MapEntry) else ()
    return (*_maps_around(parent, parents), *own)


def _topological(state: dace.SDFGState) -> Iterator[Any]:
    """Yield nodes after all they depend on; of several that are ready, first by shape, then as inserted."""
    position = {node: index for index, node in enumerate(state.nodes())}
    missing = {node: state.in_degree(node) for node in state.nodes()}
    ready = [(_shape(state, node), position[node], node) for node in state.nodes() if not missing[node]]
    heapq.heapify(ready)
    while ready:
        _, _, node = heapq.heappop(ready)
        yield node
        for edge in state.out_edges(node):
            missing[edge.dst] -= 1
            if not missing[edge.dst]:
                heapq.heappush(ready, (_shape(state, edge.dst), position[edge.dst], edge.dst))


def _shape(state: dace.SDFGState, node: Any) -> tuple[Any, ...]:
    dimensions = len(node.map.params) if isinstance(node, nodes.MapEntry) else 0
    return (type(node).__name__, dimensions, state.in_degree(node), state.out_degree(node))
