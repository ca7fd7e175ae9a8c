"""Which maps may share their outer loops: the maps of a softmax over (rows, columns) share that over rows.

Loops are shared if what one map writes and another touches is told apart by them: in every container that they
meet in, each shared loop has an axis that all accesses index by the same injective expression of its parameter.
One iteration of the shared loops then only touches what is its own, and needs nothing of other iterations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dace
import networkx as nx
from dace import nodes
from dace.symbolic import sympy

from dace_transfer.transformations.nests import Access, Nest, image, index_of, names_in, renamed, same


@dataclass(frozen=True)
class Meeting:
    """An access node through which maps of a group hand data on to one another.

    Attributes:
        node: The access node.
        private: The axes of its container that shared loops index, so that one iteration needs one index of each.
        written: What one iteration of the shared loops writes.
        shrinks: Whether an iteration can have a container of its own without the private axes: nested SDFGs and
            library nodes describe what they touch for themselves, so they need the whole container.
        kept: Whether the container is needed outside of the maps as well.
    """

    node: nodes.AccessNode
    private: frozenset[int]
    written: Any
    shrinks: bool
    kept: bool


@dataclass(frozen=True)
class Group:
    """Maps that may share outer loops.

    Attributes:
        nests: The maps, in an order in which they may execute.
        axes: For each shared loop, the parameter of each map that it takes the place of.
        meetings: What is handed on between the maps.
    """

    nests: tuple[Nest, ...]
    axes: tuple[tuple[str, ...], ...]
    meetings: tuple[Meeting, ...]

    @property
    def ranges(self) -> list[tuple[Any, Any, Any]]:
        """The range of each shared loop."""
        return [self.nests[0].ranges[axis[0]] for axis in self.axes]


def group_nests(nests: Sequence[Nest]) -> list[Group]:
    """Return groups of at least two of `nests` that may share loops, greedily from the first map on.

    Args:
        nests: Maps of one scope, in an order in which they may execute.
    """
    groups: list[Group] = []
    for nest in nests:
        near = [group for group in groups if any(_common(nest, other) for other in group.nests)]
        group, replaced = _joined(nest, near, nests)
        groups = [other for other in groups if not any(other is old for old in replaced)] + [group]
    return [group for group in groups if len(group.nests) > 1]


def _joined(nest: Nest, near: list[Group], order: Sequence[Nest]) -> tuple[Group, list[Group]]:
    """Join a map to all the groups it meets at once, or else to the last of them that it can join."""
    for choice in [near, *([group] for group in reversed(near))] if near else []:
        members = [other for group in choice for other in group.nests]
        group = plan((*(other for other in order if any(other is member for member in members)), nest))
        if group is not None:
            return group, choice
    return Group((nest,), tuple((param,) for param in nest.ranges), ()), []


def _common(first: Nest, second: Nest) -> list[str]:
    """Containers that both access and one of them writes."""
    both = {a.data for a in first.accesses} & {a.data for a in second.accesses}
    return sorted(both & {a.data for a in (*first.accesses, *second.accesses) if a.writes})


def plan(nests: tuple[Nest, ...]) -> Group | None:
    """Return how `nests` can share loops, or None if they cannot."""
    axes = _align(nests)
    if not axes or not _is_convex(nests) or _folds_across(nests, axes):
        return None
    meetings: list[Meeting] = []
    for data in sorted({a.data for nest in nests for a in nest.accesses if a.writes}):
        touching = [index for index, nest in enumerate(nests) if nest.of(data)]
        if len(touching) < 2:
            continue
        private = private_axes(nests, touching, axes, data)
        if private is None:
            return None
        between = _between(nests, touching, data)
        if between is None:
            return None
        for node in between:
            written = _written(nests, touching, axes, node, private)
            shrinks, kept = _can_shrink(nests[0].state, node), _is_kept(nests, node)
            if written is None or (kept and not shrinks):
                return None
            meetings.append(Meeting(node, private, written, shrinks, kept))
    return Group(nests, axes, tuple(meetings))


# Alignment --------------------------------------------------------------------------------------------------


def _align(nests: tuple[Nest, ...]) -> tuple[tuple[str, ...], ...]:
    """Follow equal indices from the map with the fewest loops to all others, dropping loops that one lacks."""
    seed = min(range(len(nests)), key=lambda index: len(nests[index].ranges))
    found: dict[int, list[str | None]] = {seed: list(_free_params(nests[seed]))}
    while len(found) < len(nests):
        step = _best_match(nests, found)
        if step is None:
            return ()
        index, params = step
        found[index] = params
    columns = zip(*(found[index] for index in range(len(nests))), strict=True)
    return tuple(tuple(map(str, column)) for column in columns if None not in column)


def _free_params(nest: Nest) -> list[str]:
    """Parameters whose range depends on no other parameter: only those can become outer loops."""
    params = set(nest.ranges)
    return [p for p, bounds in nest.ranges.items() if not any(names_in(bound) & params for bound in bounds)]


def _best_match(nests: tuple[Nest, ...], found: dict[int, list[str | None]]) -> tuple[int, list[str | None]] | None:
    best: tuple[int, list[str | None]] | None = None
    most = 0
    for index, nest in enumerate(nests):
        if index in found:
            continue
        for known, params in found.items():
            for data in _common(nest, nests[known]):
                matched = _match(nests[known], params, nest, data)
                count = sum(param is not None for param in matched)
                if count > most:
                    best, most = (index, matched), count
    return best


def _match(known: Nest, params: list[str | None], nest: Nest, data: str) -> list[str | None]:
    ours, theirs = known.of(data)[0].subset, nest.of(data)[0].subset
    free = _free_params(nest)
    result: list[str | None] = []
    for param in params:
        axes = [axis for axis in range(len(ours)) if str(index_of(ours, axis)) == param]
        options = [str(index_of(theirs, axis)) for axis in axes]
        usable = [p for p in options if p in free and p not in result]
        equal = [p for p in usable if _equal(nest.ranges[p], known.ranges[str(param)])]
        result.append(equal[0] if equal else None)
    return result


def _equal(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return all(same(a, b) for a, b in zip(first, second, strict=True))


# Soundness --------------------------------------------------------------------------------------------------


def private_axes(
    nests: tuple[Nest, ...],
    touching: list[int],
    axes: tuple[tuple[str, ...], ...],
    data: str,
    moving: str = "",
) -> frozenset[int] | None:
    """Return the axes of `data` by which iterations of the shared loops are told apart; None if they are not.

    Args:
        nests: The maps.
        touching: Those of them that access `data`, by index.
        axes: For each shared loop, the parameter of each map.
        data: A container.
        moving: A symbol that may change between accesses, so that it cannot be part of a telling index.
    """
    marks = [f"__axis{number}" for number in range(len(axes))]
    subsets = []
    for index in touching:
        names = {param: f"__map{index}_{param}" for param in (*nests[index].ranges, moving)}
        names |= {axis[index]: mark for axis, mark in zip(axes, marks, strict=True)}
        subsets += [renamed(access.subset, names) for access in nests[index].of(data)]
    chosen: set[int] = set()
    for mark in marks:
        telling = [axis for axis in range(len(subsets[0])) if _tells_apart(subsets, axis, mark)]
        if not telling:
            return None
        chosen.update(telling)
    return frozenset(chosen)


def _tells_apart(subsets: list[Any], axis: int, mark: str) -> bool:
    indices = [index_of(subset, axis) for subset in subsets]
    first = indices[0]
    if first is None or any(index is None or not same(index, first) for index in indices):
        return False
    names = names_in(first)
    if mark not in names or any(name.startswith(("__map", "__axis")) for name in names - {mark}):
        return False
    moving = next(symbol for symbol in first.free_symbols if symbol.name == mark)
    slope = sympy.diff(first, moving)
    return bool(slope.is_number and slope != 0)


def _folds_across(nests: tuple[Nest, ...], axes: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether shared loops would fold values into one place, which has no order in a parallel map."""
    return any(
        private_axes((nest,), [0], tuple((axis[index],) for axis in axes), access.data) is None
        for index, nest in enumerate(nests)
        for access in nest.accesses
        if access.writes and not access.exact
    )


def _between(nests: tuple[Nest, ...], touching: list[int], data: str) -> list[nodes.AccessNode] | None:
    """The node between a writer and its readers; none if `data` is only updated in place; None if neither is plain."""
    accesses = [(index, access) for index in touching for access in nests[index].of(data)]
    written = {access.node for _, access in accesses if access.writes}
    if len(written) > 1:
        return None
    if not any(access.node in written for _, access in accesses if not access.writes):
        return [] if _is_ordered(nests, accesses) else None
    writer = next(nests[index] for index, access in accesses if access.writes)
    earlier = [nests[index] for index, access in accesses if access.node not in written]
    graph = writer.state.nx
    return list(written) if all(n is writer or nx.has_path(graph, n.exit, writer.entry) for n in earlier) else None


def _is_ordered(nests: tuple[Nest, ...], accesses: list[tuple[int, Access]]) -> bool:
    """Inside the shared loops only paths between the maps keep their order."""
    graph = nests[0].state.nx
    return all(
        nx.has_path(graph, nests[i].exit, nests[j].entry) or nx.has_path(graph, nests[j].exit, nests[i].entry)
        for i, a in accesses
        for j, b in accesses
        if i != j and (a.writes or b.writes)
    )


def _written(
    nests: tuple[Nest, ...],
    touching: list[int],
    axes: tuple[tuple[str, ...], ...],
    node: nodes.AccessNode,
    private: frozenset[int],
) -> Any | None:
    """What one iteration writes to `node`, if one map of the group writes all that the others read."""
    graph = nests[0].state
    desc = graph.sdfg.arrays[node.data]
    sources = {edge.src for edge in graph.in_edges(node)}
    writers = [index for index in touching if any(a.writes for a in nests[index].of(node.data))]
    if len(writers) != 1 or sources != {nests[writers[0]].exit} or graph.in_degree(node) != 1:
        return None
    results = [access for access in nests[writers[0]].of(node.data) if access.writes]
    if len(results) != 1 or not results[0].exact:
        return None
    written = image(results[0].subset, _rest(nests[writers[0]], writers[0], axes), desc)
    for index in touching:
        for access in nests[index].of(node.data):
            read = image(access.subset, _rest(nests[index], index, axes), desc)
            if access.node is node and not access.writes and not _covers(written, read, private, desc.shape):
                return None
    return written


def _can_shrink(state: dace.SDFGState, node: nodes.AccessNode) -> bool:
    leaves = [leaf for edge in state.all_edges(node) for leaf in state.memlet_tree(edge)]
    ends = {end for leaf in leaves for end in (leaf.src, leaf.dst)}
    return not any(isinstance(end, (nodes.NestedSDFG, nodes.LibraryNode)) for end in ends)


def _is_kept(nests: tuple[Nest, ...], node: nodes.AccessNode) -> bool:
    state = nests[0].state
    entries = {nest.entry for nest in nests}
    if not node.desc(state.sdfg).transient or any(far not in entries for far in state.successors(node)):
        return True
    others = (other for block in state.sdfg.states() for other in block.data_nodes())
    return any(other is not node and other.data == node.data for other in others) or any(
        node.data in edge.data.free_symbols for edge in state.sdfg.all_interstate_edges()
    )


def _covers(written: Any, read: Any, private: frozenset[int], shape: Sequence[Any]) -> bool:
    """Private axes have the same index on both sides, in terms of different parameters."""
    return all(_covers_axis(written, read, axis, shape[axis]) for axis in range(len(shape)) if axis not in private)


def _covers_axis(written: Any, read: Any, axis: int, size: Any) -> bool:
    ours, theirs = written.ranges[axis], read.ranges[axis]
    if _equal(ours, theirs) or _equal(ours, (0, size - 1, 1)):
        return True
    return bool(type(written)([ours]).covers_precise(type(read)([theirs])))


def _rest(nest: Nest, index: int, axes: tuple[tuple[str, ...], ...]) -> dict[str, tuple[Any, Any, Any]]:
    shared = {axis[index] for axis in axes}
    return {param: bounds for param, bounds in nest.ranges.items() if param not in shared}


def _is_convex(nests: tuple[Nest, ...]) -> bool:
    """Tell whether no path leaves the maps and comes back other than straight through an access node."""
    state = nests[0].state
    inside = {node for nest in nests for node in state.scope_subgraph(nest.entry).nodes()}
    exits, entries = {nest.exit for nest in nests}, {nest.entry for nest in nests}
    inside |= {
        node
        for node in state.data_nodes()
        if exits & set(state.predecessors(node)) and entries & set(state.successors(node))
    }
    outside: set[Any] = {n for node in inside for n in state.successors(node)} - inside
    reached = outside | {far for node in outside for far in nx.descendants(state.nx, node)}
    return not reached & inside
