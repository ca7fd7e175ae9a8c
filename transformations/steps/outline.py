"""The step that makes functions of what parallel maps hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import data, nodes
from dace.dtypes import ScheduleType
from dace.sdfg.state import StateSubgraphView
from dace.transformation.dataflow import MapExpansion
from dace.transformation.helpers import nest_state_subgraph

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nested_names import settle_names
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import map_of, rewrite

_PARALLEL = (ScheduleType.Default, ScheduleType.CPU_Multicore)


@dataclass(frozen=True)
class Outline:
    """Makes a function of what is inside of the first loop of parallel maps, so that its arrays are known to be apart.

    Before: `map i, j: y[i, j] = f(x[i, j])`

    After: `map i: body(x, y, i)`, where `body` is a nested program with `map j: y[i, j] = f(x[i, j])`

    Compilers make functions of parallel regions, which get pointers that are not `__restrict__`: what is written might
    be what is read, so that an inner loop over results that accumulate is not vectorised. DaCe's functions of nested
    programs say that their arguments are apart, also where they are inlined. No other step sees what is inside then.

    In DaCe: `MapExpansion`, then `nest_state_subgraph`. Halide and TVM mark their buffers so themselves.

    Attributes:
        target: Parallel maps that are in no other map.
    """

    name: ClassVar[str] = "outline"

    target: str = "maps"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Outline what the targets hold; yields the maps."""
        return for_each(targets, _outline, "made functions of what is inside of {count} maps")


def _outline(handle: Handle) -> list[Handle]:
    entry, state = map_of(handle), handle.state
    if entry.map.schedule not in _PARALLEL or state.entry_node(entry) is not None:
        raise NotApplicableError(f"Map '{entry.map.label}' is not parallel, or in another map.")
    if entry.map.collapse > 1:
        raise NotApplicableError(f"The first {entry.map.collapse} loops of map '{entry.map.label}' are run as one.")
    inside = _inside(state, entry).nodes()
    if len(inside) == 1 and isinstance(inside[0], nodes.NestedSDFG) and entry.map.get_param_num() == 1:
        raise NotApplicableError(f"What is in map '{entry.map.label}' is a nested program already.")
    _check_apart(state, entry)
    if entry.map.get_param_num() > 1:
        rewrite(MapExpansion, handle, {"expansion_limit": 1}, map_entry=entry)
    nested = nest_state_subgraph(state.sdfg, state, _inside(state, entry), f"{entry.map.label}_body")
    settle_names(nested, state)
    return [handle]


def _inside(state: dace.SDFGState, entry: nodes.MapEntry) -> StateSubgraphView:
    return state.scope_subgraph(entry, include_entry=False, include_exit=False)


def _check_apart(state: dace.SDFGState, entry: nodes.MapEntry) -> None:
    """Refuse a map in which what is written may be reached in another way too."""
    label, arrays = entry.map.label, state.sdfg.arrays
    writes = [edge.data for edge in state.in_edges(state.exit_node(entry)) if not edge.data.is_empty()]
    if any(memlet.wcr is not None for memlet in writes):
        raise NotApplicableError(f"Map '{label}' writes with conflict resolution.")
    written = {memlet.data for memlet in writes}
    touched = written | {edge.data.data for edge in state.out_edges(entry) if not edge.data.is_empty()}
    if any(type(arrays[name]) not in (data.Array, data.Scalar) for name in touched):
        raise NotApplicableError(f"Map '{label}' reads or writes what is neither an array nor a scalar.")
    if any(isinstance(arrays[name], data.Scalar) for name in written):
        raise NotApplicableError(f"Map '{label}' writes a scalar.")
    views = [node for node in state.data_nodes() if isinstance(arrays[node.data], data.View)]
    edges = [edge for view in views for edge in state.all_edges(view)]
    viewed = {node.data for edge in edges for node in (edge.src, edge.dst) if isinstance(node, nodes.AccessNode)}
    if written & viewed:
        raise NotApplicableError(f"Map '{label}' writes what there is a view of.")
