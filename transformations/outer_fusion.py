"""Giving maps one shared outer map, inside which they follow one another.

What they hand on to one another becomes private to an iteration: of a container indexed `T[i, j]` under a shared
loop over `i` only `T'[j]` is left, and what is needed afterwards is copied out.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes
from dace.dtypes import AllocationLifetime, ScheduleType
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.sdfg.propagation import propagate_memlet
from dace.sdfg.replace import replace_dict
from dace.subsets import Range

from dace_transfer.transformations.naming import fresh_names
from dace_transfer.transformations.nests import renamed
from dace_transfer.transformations.shared_axes import Group, Meeting


@dataclass(frozen=True)
class _Outer:
    """The shared map while it is being built, and the access nodes of what is private to its iterations."""

    state: dace.SDFGState
    entry: nodes.MapEntry
    exit: nodes.MapExit
    private: dict[nodes.AccessNode, nodes.AccessNode]


def share_outer_loops(group: Group) -> nodes.MapEntry:
    """Put the maps of `group` into one map over the loops they share, and return its entry.

    A map that has other loops too stays as a sequential map over those.
    """
    state = group.nests[0].state
    names = fresh_names(state.sdfg, "_s")
    params = [next(names) for _ in group.axes]
    entry, exit_ = _new_outer(group, params)
    containers = [_container(state, meeting) for meeting in group.meetings]
    private = {m.node: state.add_access(data) for m, data in zip(group.meetings, containers, strict=True)}
    outer = _Outer(state, entry, exit_, private)
    written = [_in_terms_of(group, meeting, params) for meeting in group.meetings]
    rests = [_rename(group, index, params) for index in range(len(group.nests))]
    for (inner, inner_exit), rest in rests:
        _move_in(outer, inner, inner_exit, rest)
    for meeting, subset in zip(group.meetings, written, strict=True):
        _make_private(outer, meeting, subset)
    for (inner, inner_exit), rest in rests:
        if rest:
            _propagate(state, inner, inner_exit)
    _propagate(state, entry, exit_)
    return entry


def _rename(
    group: Group, index: int, params: Sequence[str]
) -> tuple[tuple[nodes.MapEntry, nodes.MapExit], dict[str, Any]]:
    """Use the parameters of the shared map inside a map; return its ends and the ranges it keeps."""
    nest = group.nests[index]
    names = {axis[index]: name for axis, name in zip(group.axes, params, strict=True)}
    rest = [param for param in nest.ranges if param not in names]
    replace_dict(nest.state.scope_subgraph(nest.entry), names)
    return (nest.entry, nest.exit), {param: nest.ranges[param] for param in rest}


def _new_outer(group: Group, params: Sequence[str]) -> tuple[nodes.MapEntry, nodes.MapExit]:
    schedules = {nest.entry.map.schedule for nest in group.nests}
    entry, exit_ = group.nests[0].state.add_map(
        "shared",
        dict(zip(params, (Range([bounds]) for bounds in group.ranges), strict=True)),
        schedule=schedules.pop() if len(schedules) == 1 else ScheduleType.Default,
    )
    return entry, exit_


def _container(state: dace.SDFGState, meeting: Meeting) -> str:
    """The container that takes the place of a meeting's inside the shared map."""
    sdfg, name = state.sdfg, meeting.node.data
    desc = sdfg.arrays[name]
    if not meeting.shrinks:
        if desc.lifetime == AllocationLifetime.Scope:
            desc.lifetime = AllocationLifetime.State  # Or every iteration would allocate all of it.
        return str(name)
    shape = [size for axis, size in enumerate(desc.shape) if axis not in meeting.private]
    options = {"storage": desc.storage, "transient": True, "find_new_name": True}
    if not shape:
        return str(sdfg.add_scalar(f"{name}_private", desc.dtype, **options)[0])
    return str(sdfg.add_array(f"{name}_private", shape, desc.dtype, **options)[0])


def _in_terms_of(group: Group, meeting: Meeting, params: Sequence[str]) -> Range:
    """What an iteration writes, in terms of the new parameters."""
    state = group.nests[0].state
    writer = next(i for i, nest in enumerate(group.nests) if state.edges_between(nest.exit, meeting.node))
    return renamed(meeting.written, {axis[writer]: name for axis, name in zip(group.axes, params, strict=True)})


# Moving a map into the shared map ---------------------------------------------------------------------------


def _move_in(outer: _Outer, entry: nodes.MapEntry, exit_: nodes.MapExit, rest: dict[str, Any]) -> None:
    if rest:
        _keep_only(entry.map, rest)
        _enter(outer, entry)
        _leave(outer, exit_)
        return
    _dissolve_entry(outer, entry)
    _dissolve_exit(outer, exit_)
    outer.state.remove_nodes_from([entry, exit_])


def _keep_only(scope: nodes.Map, rest: dict[str, Any]) -> None:
    scope.params = list(rest)
    scope.range = Range(list(rest.values()))
    scope.schedule = ScheduleType.Sequential
    scope.collapse = 1
    scope.omp_num_threads = 0
    scope.omp_chunk_size = 0


def _enter(outer: _Outer, entry: nodes.MapEntry) -> None:
    state = outer.state
    for edge in state.in_edges(entry):
        state.remove_edge(edge)
        source, connector = _source(outer, edge)
        state.add_edge(source, connector, entry, edge.dst_conn, edge.data)
    if state.in_degree(entry) == 0:
        state.add_nedge(outer.entry, entry, dace.Memlet())


def _leave(outer: _Outer, exit_: nodes.MapExit) -> None:
    state = outer.state
    for edge in state.out_edges(exit_):
        state.remove_edge(edge)
        sink, connector = _sink(outer, edge)
        state.add_edge(exit_, edge.src_conn, sink, connector, edge.data)


def _dissolve_entry(outer: _Outer, entry: nodes.MapEntry) -> None:
    state = outer.state
    for edge in state.in_edges(entry):
        source, connector = _source(outer, edge)
        for inner in state.out_edges(entry):
            if edge.dst_conn and inner.src_conn == "OUT_" + edge.dst_conn[3:]:
                state.add_edge(source, connector, inner.dst, inner.dst_conn, inner.data)
    for inner in state.out_edges(entry):
        if inner.data.is_empty():
            state.add_nedge(outer.entry, inner.dst, dace.Memlet())


def _dissolve_exit(outer: _Outer, exit_: nodes.MapExit) -> None:
    state = outer.state
    for edge in state.out_edges(exit_):
        sink, connector = _sink(outer, edge)
        for inner in state.in_edges(exit_):
            if edge.src_conn and inner.dst_conn == "IN_" + edge.src_conn[4:]:
                state.add_edge(inner.src, inner.src_conn, sink, connector, inner.data)
    for inner in state.in_edges(exit_):
        if inner.data.is_empty():
            state.add_nedge(inner.src, outer.exit, dace.Memlet())


def _source(outer: _Outer, edge: Edge) -> tuple[nodes.Node, str | None]:
    """Where a map that has moved in gets from what it got through `edge`."""
    if edge.src in outer.private:
        return outer.private[edge.src], None
    if edge.data.is_empty():
        outer.state.add_nedge(edge.src, outer.entry, dace.Memlet())
        return outer.entry, None
    for known in outer.state.in_edges(outer.entry):
        if known.src is edge.src and known.src_conn == edge.src_conn and known.data.data == edge.data.data:
            return outer.entry, "OUT_" + known.dst_conn[3:]
    connector = _new_connector(outer.entry, edge.data.data)
    outer.state.add_edge(edge.src, edge.src_conn, outer.entry, "IN_" + connector, copy.deepcopy(edge.data))
    return outer.entry, "OUT_" + connector


def _sink(outer: _Outer, edge: Edge) -> tuple[nodes.Node, str | None]:
    """Where a map that has moved in puts what it put through `edge`."""
    if edge.dst in outer.private:
        return outer.private[edge.dst], None
    if edge.data.is_empty():
        outer.state.add_nedge(outer.exit, edge.dst, dace.Memlet())
        return outer.exit, None
    connector = _new_connector(outer.exit, edge.data.data)
    outer.state.add_edge(outer.exit, "OUT_" + connector, edge.dst, edge.dst_conn, copy.deepcopy(edge.data))
    return outer.exit, "IN_" + connector


# What the maps hand on --------------------------------------------------------------------------------------


def _make_private(outer: _Outer, meeting: Meeting, written: Range) -> None:
    state, node, inside = outer.state, meeting.node, outer.private[meeting.node]
    if not meeting.shrinks:
        state.remove_node(node)
        return
    memlets = {id(e.data): e.data for edge in state.all_edges(inside) for e in state.memlet_tree(edge)}
    for memlet in memlets.values():
        _narrow(memlet, node.data, inside.data, meeting.private)
    if not meeting.kept:
        state.remove_node(node)
        state.sdfg.remove_data(node.data, validate=False)
        return
    connector = _new_connector(outer.exit, node.data)
    copied = dace.Memlet(data=node.data, subset=written, other_subset=_narrowed(written, meeting.private))
    edge = state.add_edge(inside, None, outer.exit, "IN_" + connector, copied)
    whole = dace.Memlet.from_array(node.data, node.desc(state.sdfg))
    state.add_edge(outer.exit, "OUT_" + connector, node, None, whole)
    copied.try_initialize(state.sdfg, state, edge)


def _new_connector(scope: nodes.MapEntry | nodes.MapExit, data: str) -> str:
    connector = scope.next_connector(data)
    scope.add_in_connector("IN_" + connector)
    scope.add_out_connector("OUT_" + connector)
    return str(connector)


def _narrow(memlet: dace.Memlet, data: str, private: str, axes: frozenset[int]) -> None:
    if memlet.data == data:
        memlet.data, memlet.subset = private, _narrowed(memlet.subset, axes)
    elif memlet.other_subset is not None:
        memlet.other_subset = _narrowed(memlet.other_subset, axes)


def _narrowed(subset: Range, axes: frozenset[int]) -> Range:
    return Range([bounds for axis, bounds in enumerate(subset.ranges) if axis not in axes] or [(0, 0, 1)])


def _propagate(state: dace.SDFGState, entry: nodes.MapEntry, exit_: nodes.MapExit) -> None:
    """Let the memlets outside of a map say what those inside touch together."""
    for edge in state.in_edges(entry):
        for inner in state.out_edges(entry):
            if edge.dst_conn and inner.src_conn == "OUT_" + edge.dst_conn[3:]:
                edge.data = propagate_memlet(state, inner.data, entry, True, connector=inner.src_conn[4:])
    for edge in state.out_edges(exit_):
        for inner in state.in_edges(exit_):
            if edge.src_conn and inner.dst_conn == "IN_" + edge.src_conn[4:]:
                edge.data = propagate_memlet(state, inner.data, exit_, True, connector=inner.dst_conn[3:])
