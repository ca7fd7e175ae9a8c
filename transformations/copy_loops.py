"""Loops around one copy that writes other elements in every iteration: maps.

    for k in range(N): B[:, k] = A[:]     ->     map i in 0:M, k in 0:N: B[i, k] = A[i]

DaCe copies with a parallel region of its own in every iteration, and does not make maps of loops that write to views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes, symbolic
from dace.sdfg.state import LoopRegion
from dace.sdfg.utils import get_view_edge
from dace.subsets import Range
from dace.transformation.passes.analysis import loop_analysis

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.naming import fresh_names
from dace_transfer.transformations.normalization.symbols import mentioned_outside


@dataclass(frozen=True)
class _Copy:
    """The copy in a loop.

    Attributes:
        edge: From one access node to another one.
        read: What is read.
        written: What is written.
        place: The dimension of what is written that the loop's variable counts.
    """

    edge: Any
    read: Range
    written: Range
    place: int


def map_copies(loop: LoopRegion) -> nodes.MapEntry:
    """Put a map in the place of a loop around one copy.

    Raises:
        NotApplicableError: It is no such loop.
    """
    sdfg, name = loop.sdfg, loop.loop_variable
    bounds = (loop_analysis.get_init_assignment(loop), loop_analysis.get_loop_end(loop))
    if any(b is None for b in bounds) or loop_analysis.get_loop_stride(loop) != 1 or len(loop.nodes()) != 1:
        raise NotApplicableError(f"Loop '{loop.label}' does not count one state up.")
    if name in mentioned_outside(loop, sdfg):
        raise NotApplicableError(f"The variable of loop '{loop.label}' is used outside of it.")
    state = loop.nodes()[0]
    if not isinstance(state, dace.SDFGState):
        raise NotApplicableError(f"Loop '{loop.label}' holds more than one state.")
    entry = _mapped(state, _copy_in(state, name), name, bounds)
    _put_in_place(loop, state)
    return entry


def _copy_in(state: dace.SDFGState, name: str) -> _Copy:
    moving = [edge for edge in state.edges() if not any(_is_view_edge(state, edge, n) for n in (edge.src, edge.dst))]
    if len(moving) != 1 or not all(isinstance(node, nodes.AccessNode) for node in state.nodes()):
        raise NotApplicableError(f"State '{state.label}' does not copy one thing.")
    edge = moving[0]
    read, written = edge.data.get_src_subset(edge, state), edge.data.get_dst_subset(edge, state)
    ends = {_container(state, node) for node in (edge.src, edge.dst)}
    if edge.data.wcr is not None or len(ends) != 2 or not all(isinstance(s, Range) for s in (read, written)):
        raise NotApplicableError(f"State '{state.label}' does not copy from one container to another.")
    if any(step != 1 for _, _, step in (*read, *written)) or _long(read) != _long(written):
        raise NotApplicableError(f"State '{state.label}' does not copy parts of one shape.")
    places = [p for p, (begin, end, _) in enumerate(written) if begin == end and str(begin) == name]
    others = {str(s) for p, bound in enumerate(written) if p not in places for e in bound for s in _symbols(e)}
    if len(places) != 1 or name in others:
        raise NotApplicableError(f"State '{state.label}' does not write one place of a dimension in every iteration.")
    return _Copy(edge, read, written, places[0])


def _symbols(expression: Any) -> set[Any]:
    return set(getattr(expression, "free_symbols", ()))


def _long(subset: Range) -> list[Any]:
    """The lengths that are not one."""
    return [size for size in subset.size() if size != 1]


def _is_view_edge(state: dace.SDFGState, edge: Any, node: Any) -> bool:
    is_view = isinstance(node, nodes.AccessNode) and isinstance(state.sdfg.arrays[node.data], dace.data.View)
    return is_view and get_view_edge(state, node) is edge


def _container(state: dace.SDFGState, node: nodes.AccessNode) -> str:
    """What an access node is of, behind views."""
    while isinstance(state.sdfg.arrays[node.data], dace.data.View):
        edge = get_view_edge(state, node)
        far = None if edge is None else edge.src if edge.dst is node else edge.dst
        if not isinstance(far, nodes.AccessNode):
            raise NotApplicableError(f"View '{node.data}' is of no container.")
        node = far
    return str(node.data)


def _mapped(state: dace.SDFGState, copy: _Copy, name: str, bounds: tuple[Any, Any]) -> nodes.MapEntry:
    fresh = fresh_names(state.sdfg, "_c")
    written, ranges, offsets = [], {}, []
    for place, (begin, end, _) in enumerate(copy.written):
        if place == copy.place:
            ranges[name] = Range([(*map(symbolic.pystr_to_symbolic, map(str, bounds)), 1)])
            written.append(symbolic.pystr_to_symbolic(name))
        elif begin == end:
            written.append(begin)
        else:
            param = next(fresh)
            ranges[param] = Range([(0, end - begin, 1)])
            offsets.append(symbolic.pystr_to_symbolic(param))
            written.append(begin + offsets[-1])
    left = iter(offsets)
    read = [begin if begin == end else begin + next(left) for begin, end, _ in copy.read]
    edge = copy.edge
    state.remove_edge(edge)
    _, entry, _ = state.add_mapped_tasklet(
        "copy",
        ranges,
        {"_in": dace.Memlet(data=edge.src.data, subset=Range([(place, place, 1) for place in read]))},
        "_out = _in",
        {"_out": dace.Memlet(data=edge.dst.data, subset=Range([(place, place, 1) for place in written]))},
        input_nodes={edge.src.data: edge.src},
        output_nodes={edge.dst.data: edge.dst},
        external_edges=True,
    )
    return entry


def _put_in_place(loop: LoopRegion, state: dace.SDFGState) -> None:
    """Let a state take the place of the loop it is in."""
    around = loop.parent_graph
    first = around.start_block is loop
    loop.remove_node(state)
    around.add_node(state, is_start_block=first, ensure_unique_name=True)
    for edge in around.in_edges(loop):
        around.add_edge(edge.src, state, edge.data)
    for edge in around.out_edges(loop):
        around.add_edge(state, edge.dst, edge.data)
    around.remove_node(loop)
