"""The step that copies what an inner map uses to a buffer next to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import dace
from dace import data, nodes
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.transformation.dataflow import InLocalStorage, OutLocalStorage

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each


@dataclass(frozen=True)
class LocalStorage:
    """Puts what an inner map reads or writes of one array in a buffer of its own.

    Before: `for t: for i in tile t: B[i] = A[i] + A[i + 1]`
    After, with the direction `in`: `for t: buffer = A[tile t and one more]; for i in tile t: ... buffer[...] ...`

    DaCe's InLocalStorage and OutLocalStorage. In Halide: `compute_at` or `in`; in TVM: `cache_read`, `cache_write`.

    Attributes:
        target: Maps directly inside another map.
        direction: `in` for what is read, `out` for what is written.
        position: Which array, counted from 0 in the order the map's connectors list them.
    """

    name: ClassVar[str] = "local_storage"

    target: str = "inner_maps"
    direction: Literal["in", "out"] = "in"
    position: int = 0

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Buffer an array for each map among `targets` it fits; yields the access nodes of the buffers."""
        return for_each(targets, self._buffer, "added {count} local buffers")

    def _buffer(self, handle: Handle) -> list[Handle]:
        state, entry = handle.state, handle.node
        if not isinstance(entry, nodes.MapEntry) or not isinstance(state.entry_node(entry), nodes.MapEntry):
            raise NotApplicableError(f"Buffers go between two maps, but '{entry}' is no map inside another.")
        inward = self.direction == "in"
        outer = state.entry_node(entry)
        ends = (outer, entry) if inward else (state.exit_node(entry), state.exit_node(outer))
        edge = _at(state, ends, self.position)
        _check(state, entry, edge, inward)
        step = InLocalStorage if inward else OutLocalStorage
        before = set(state.nodes())
        options = {"array": edge.data.data}
        step.apply_to(state.sdfg, options=options, verify=False, save=False, node_a=ends[0], node_b=ends[1])
        return [Handle(state, node) for node in state.nodes() if node not in before]


def _at(state: dace.SDFGState, ends: tuple[nodes.Node, nodes.Node], position: int) -> Edge:
    edges = [edge for edge in state.edges_between(*ends) if not edge.data.is_empty()]
    order = list(ends[1].in_connectors)
    edges.sort(key=lambda edge: order.index(edge.dst_conn) if edge.dst_conn in order else len(order))
    first = {edge.data.data: edge for edge in reversed(edges)}
    arrays = list(dict.fromkeys(edge.data.data for edge in edges))
    if not 0 <= position < len(arrays):
        raise NotApplicableError(f"There is no array at position {position}: the map has {len(arrays)} of them.")
    return first[arrays[position]]


def _check(state: dace.SDFGState, entry: nodes.MapEntry, edge: Edge, inward: bool) -> None:
    name, label = edge.data.data, entry.map.label
    exit_ = state.exit_node(entry)
    if not isinstance(state.sdfg.arrays[name], data.Array) or edge.data.wcr is not None:
        raise NotApplicableError(f"'{name}' of map '{label}' is no array or is accumulated; use 'accumulate' for that.")
    other_side = state.out_edges(exit_) if inward else state.in_edges(entry)
    if any(other.data.data == name for other in other_side):
        raise NotApplicableError(f"Map '{label}' both reads and writes '{name}', which one buffer cannot follow.")
    if sum(other.data.data == name for other in (state.in_edges(entry) if inward else state.out_edges(exit_))) > 1:
        raise NotApplicableError(f"Several edges of map '{label}' carry '{name}'; a buffer can follow only one.")
    if not inward and not _writes_all(state, edge):
        raise NotApplicableError(
            f"Map '{label}' may not write all of {edge.data.subset} of '{name}', as a buffer would."
        )


def _writes_all(state: dace.SDFGState, edge: Edge) -> bool:
    """Whether every element of the buffer is written: its volume is its size, and nothing is conditional."""
    memlet = edge.data
    leaves = state.memlet_tree(edge).leaves()
    if memlet.dynamic or any(leaf.data.dynamic or leaf.data.wcr is not None for leaf in leaves):
        return False
    box = 1
    for size in memlet.subset.bounding_box_size():
        box = box * size
    return len(leaves) == 1 and bool(dace.symbolic.simplify(memlet.volume - box) == 0)
