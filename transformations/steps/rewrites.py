"""Applying one of DaCe's transformations to nodes of a program, without a trace of it in the SDFG."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dace
from dace import nodes
from dace.dtypes import OMPScheduleType, ScheduleType
from dace.sdfg import dynamic_map_inputs
from dace.sdfg.propagation import propagate_memlets_map_scope, propagate_memlets_state

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nests import names_in
from dace_transfer.transformations.steps.base import Handle


def rewrite(
    transformation: Any,
    handle: Handle,
    options: dict[str, Any] | None = None,
    *,
    expression: int = 0,
    permissive: bool = False,
    **pattern: Any,
) -> Any:
    """Apply a DaCe transformation to the nodes of its pattern, and return what it returns.

    Raises:
        NotApplicableError: The transformation itself says that it cannot be applied.
    """
    graph = handle.state
    choice = {"options": options, "expr_index": expression, "permissive": permissive}
    if not transformation.can_be_applied_to(graph.sdfg, **choice, **pattern):
        raise NotApplicableError(f"DaCe's {transformation.__name__} cannot be applied to '{handle.node}'.")
    # DaCe would go through all states and nested SDFGs, which takes most of the time of a fusion of many maps.
    is_local = isinstance(graph, dace.SDFGState)
    result = transformation.apply_to(graph.sdfg, **choice, verify=False, save=False, annotate=not is_local, **pattern)
    if is_local and not transformation().annotates_memlets():
        propagate_touched(graph, (handle.node, *pattern.values()))
    return result


def propagate_touched(state: dace.SDFGState, touched: Iterable[nodes.Node]) -> None:
    """Let the memlets around the outermost maps of some nodes say what is touched inside.

    Nodes that are gone tell nothing; where no map is left, all maps of the state are gone through.
    """
    present = [node for node in touched if node in state.nodes()]
    outermost = {entry for node in present if (entry := _outermost(state, node)) is not None}
    for entry in sorted(outermost, key=state.node_id):
        propagate_memlets_map_scope(state.sdfg, state, entry)
    if not outermost:
        propagate_memlets_state(state.sdfg, state)


def _outermost(state: dace.SDFGState, node: nodes.Node) -> nodes.MapEntry | None:
    """The outermost map that a node is in, or opens or closes."""
    entry = node if isinstance(node, nodes.MapEntry) else state.entry_node(node)
    while entry is not None and (around := state.entry_node(entry)) is not None:
        entry = around
    return entry


def map_of(handle: Handle) -> nodes.MapEntry:
    """Return the map entry that a handle names.

    Raises:
        NotApplicableError: It names something else.
    """
    if not isinstance(handle.node, nodes.MapEntry):
        raise NotApplicableError(f"Expected a map, but '{handle.node}' is a {type(handle.node).__name__}.")
    return handle.node


def rectangular_map_of(handle: Handle) -> nodes.MapEntry:
    """Return the map entry that a handle names, if its loops can be cut and reordered at will.

    Raises:
        NotApplicableError: It names something else, a range depends on another parameter of the map or on data,
            or a step is not known to be positive.
    """
    entry = map_of(handle)
    if any(True for _ in dynamic_map_inputs(handle.state, entry)):
        raise NotApplicableError(f"The ranges of map '{entry.map.label}' depend on data; its loops stay as they are.")
    params = set(entry.map.params)
    for begin, end, step in entry.map.range.ranges:
        if params & (names_in(begin) | names_in(end) | names_in(step)):
            raise NotApplicableError(
                f"Map '{entry.map.label}' is not rectangular: a range depends on another of its parameters; "
                f"expand it first."
            )
        if (step > 0) != True:  # noqa: E712 - a symbolic relation has no truth value of its own.
            raise NotApplicableError(f"Map '{entry.map.label}' has the step '{step}', which must be positive.")
    return entry


def is_ordered_by_hand(state: dace.SDFGState, entry: nodes.MapEntry) -> bool:
    """Tell whether empty memlets order a map after or before other nodes: DaCe's map fusions lose those.

    An accumulator that is reset before a map accumulates in it is ordered like that.
    """
    before = [edge for edge in state.in_edges(entry) if not isinstance(edge.src, nodes.EntryNode)]
    after = [edge for edge in state.out_edges(state.exit_node(entry)) if not isinstance(edge.dst, nodes.ExitNode)]
    return any(edge.data.is_empty() for edge in (*before, *after))


def move_schedule(source: nodes.Map, sink: nodes.Map) -> None:
    """Make `sink` run as `source` does, and `source` sequentially."""
    sink.schedule, source.schedule = source.schedule, ScheduleType.Sequential
    sink.omp_num_threads, source.omp_num_threads = source.omp_num_threads, 0
    sink.omp_schedule, source.omp_schedule = source.omp_schedule, OMPScheduleType.Default
    sink.omp_chunk_size, source.omp_chunk_size = source.omp_chunk_size, 0
    sink.collapse, source.collapse = min(source.collapse, len(sink.params)), 1


def outer_map_of(state: dace.SDFGState, entry: nodes.MapEntry) -> nodes.MapEntry:
    """Return the map that is directly around `entry`."""
    around = state.entry_node(entry)
    assert isinstance(around, nodes.MapEntry)
    return around


def only_map_in(handle: Handle) -> nodes.MapEntry:
    """Return the map that is all there is in a map.

    Raises:
        NotApplicableError: There is something else in it.
    """
    entry = map_of(handle)
    inner = {edge.dst for edge in handle.state.out_edges(entry)}
    first = next(iter(inner), None)
    if len(inner) != 1 or not isinstance(first, nodes.MapEntry):
        raise NotApplicableError(f"Map '{entry.map.label}' holds more than one other map, or none.")
    return first
