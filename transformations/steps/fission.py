"""The step that splits a map into one for each computation in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.transformation.dataflow import MapFission

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import rectangular_map_of, rewrite


@dataclass(frozen=True)
class Fission:
    """Splits a map into one for each computation in it; what they hand on gets an axis for each loop.

    Before:                                  After:

        map i:                                   map i: t'[i] = f(A[i])
            t = f(A[i])                          map i: B[i] = g(t'[i])
            B[i] = g(t)

    In DaCe: `MapFission`. In Halide: `compute_root`; in TVM: `fission`.

    Attributes:
        target: Maps.
    """

    name: ClassVar[str] = "fission"

    target: str = "maps"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Split the targets; yields the new maps."""
        return for_each(targets, _split, "split {count} maps")


def _split(handle: Handle) -> list[Handle]:
    state, entry = handle.state, rectangular_map_of(handle)
    inside = state.scope_children()[entry]
    before = _maps(state)
    if len(inside) == 2 and isinstance(inside[0], nodes.NestedSDFG):
        if state.entry_node(entry) is not None:
            raise NotApplicableError(f"Map '{entry.map.label}' with a nested SDFG can only be split outside of maps.")
        rewrite(MapFission, handle, expression=1, map_entry=entry, nested_sdfg=inside[0])
        return []
    if sum(isinstance(node, (nodes.CodeNode, nodes.EntryNode)) for node in inside) < 2:
        raise NotApplicableError(f"Map '{entry.map.label}' holds only one computation, so there is nothing to split.")
    if not _is_plain(state, entry):
        raise NotApplicableError(
            f"Map '{entry.map.label}' orders, folds or copies inside, not only hands values on from one computation "
            f"to the next, which DaCe's MapFission takes apart wrongly."
        )
    rewrite(MapFission, handle, map_entry=entry)
    return [Handle(state, node) for node in _maps(state) if node not in before]


def _is_plain(state: dace.SDFGState, entry: nodes.MapEntry) -> bool:
    """Each container is written once, by a computation, and read by computations only."""
    inside = state.scope_children()[entry]
    containers = [node for node in inside if isinstance(node, nodes.AccessNode)]
    edges = [edge for node in inside if not isinstance(node, nodes.ExitNode) for edge in state.all_edges(node)]
    return (
        not any(edge.data.is_empty() or edge.data.wcr for edge in edges)
        and len({node.data for node in containers}) == len(containers)
        and all(state.in_degree(node) == 1 and state.out_degree(node) > 0 for node in containers)
        and all(_computes(near, entry) for node in containers for near in _neighbours(state, node))
    )


def _neighbours(state: dace.SDFGState, node: nodes.Node) -> list[nodes.Node]:
    return [*state.predecessors(node), *state.successors(node)]


def _computes(node: nodes.Node, around: nodes.MapEntry) -> bool:
    """The ends of inner maps stand for what those compute; the ends of the map itself compute nothing."""
    own_end = isinstance(node, (nodes.EntryNode, nodes.ExitNode)) and node.map is around.map
    return not own_end and not isinstance(node, nodes.AccessNode)


def _maps(state: dace.SDFGState) -> list[nodes.MapEntry]:
    return [node for node in state.nodes() if isinstance(node, nodes.MapEntry)]
