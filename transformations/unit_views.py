"""Views that only add or drop axes of length one, as NumPy's `keepdims` makes them: uses of the container itself.

    s = Reduce(axis=1)(A)                        s = Reduce(axis=1)(A)
    v = View(s) of shape (N, 1)         ->
    map i, j: B[i, j] = A[i, j] - v[i, 0]        map i, j: B[i, j] = A[i, j] - s[i]

A view between two maps hides from every fusion that they meet in one container.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.sdfg.utils import get_view_edge
from dace.subsets import Range


@dataclass(frozen=True)
class _View:
    """A view, the access node of what it views, and pairs of their axes that are not of length one."""

    node: nodes.AccessNode
    viewed: nodes.AccessNode
    rank: int
    axes: tuple[tuple[int, int], ...]
    uses: tuple[Edge, ...]


def drop_unit_views(state: dace.SDFGState) -> int:
    """Replace the views of `state` that only add or drop axes of length one; return how many those were."""
    count = 0
    for node in state.data_nodes():
        view = _unit_view(state, node)
        if view is not None:
            _replace(state, view)
            count += 1
    return count


def _unit_view(state: dace.SDFGState, node: nodes.AccessNode) -> _View | None:
    sdfg = state.sdfg
    if not isinstance(sdfg.arrays[node.data], dace.data.ArrayView):
        return None
    edge = get_view_edge(state, node)
    if edge is None or state.degree(node) < 2:
        return None
    viewed = edge.src if edge.dst is node else edge.dst
    if not isinstance(viewed, nodes.AccessNode) or type(sdfg.arrays[viewed.data]) is not dace.data.Array:
        return None
    uses = [use for use in state.all_edges(node) if use is not edge]
    reads_view = edge.dst is node
    if any((use.src is node) != reads_view or not _is_plain_use(use, node) for use in uses):
        return None
    axes = _matching_axes(sdfg.arrays[node.data], sdfg.arrays[viewed.data])
    if axes is None or edge.data.num_elements() != sdfg.arrays[viewed.data].total_size:
        return None
    return _View(node, viewed, len(sdfg.arrays[viewed.data].shape), axes, tuple(uses))


def _is_plain_use(use: Edge, node: nodes.AccessNode) -> bool:
    far = use.dst if use.src is node else use.src
    return not isinstance(far, nodes.AccessNode) and not use.data.is_empty()


def _matching_axes(view: Any, viewed: Any) -> tuple[tuple[int, int], ...] | None:
    """Only a view of a whole container, laid out as it is, can be replaced without knowing more."""
    if view.dtype != viewed.dtype:
        return None
    ours = [axis for axis, size in enumerate(view.shape) if size != 1]
    theirs = [axis for axis, size in enumerate(viewed.shape) if size != 1]
    same = len(ours) == len(theirs) and all(
        view.shape[a] == viewed.shape[b] and view.strides[a] == viewed.strides[b]
        for a, b in zip(ours, theirs, strict=True)
    )
    return tuple(zip(ours, theirs, strict=True)) if same else None


def _replace(state: dace.SDFGState, view: _View) -> None:
    memlets = {id(e.data): e.data for use in view.uses for e in state.memlet_tree(use)}
    for memlet in memlets.values():
        _rename(memlet, view)
    for use in view.uses:
        if use.src is view.node:
            state.add_edge(view.viewed, None, use.dst, use.dst_conn, use.data)
        else:
            state.add_edge(use.src, use.src_conn, view.viewed, None, use.data)
    state.remove_node(view.node)
    if not any(node.data == view.node.data for other in state.sdfg.states() for node in other.data_nodes()):
        state.sdfg.remove_data(view.node.data, validate=False)


def _rename(memlet: dace.Memlet, view: _View) -> None:
    if memlet.data == view.node.data:
        memlet.data, memlet.subset = view.viewed.data, _lifted(memlet.subset, view)
    elif memlet.other_subset is not None:
        memlet.other_subset = _lifted(memlet.other_subset, view)


def _lifted(subset: Range, view: _View) -> Range:
    ranges = [(0, 0, 1)] * view.rank
    for ours, theirs in view.axes:
        ranges[theirs] = subset[ours]
    return Range(ranges)
