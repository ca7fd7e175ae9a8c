"""The step that gives maps which work on the same rows one loop over those rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.sdfg.utils import dfs_topological_sort

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nests import read_nest
from dace_transfer.transformations.outer_fusion import share_outer_loops
from dace_transfer.transformations.shared_axes import Group, group_nests
from dace_transfer.transformations.steps.base import Done, Handle


@dataclass(frozen=True)
class SubgraphFuse:
    """Shares outer loops between maps that hand data on to one another, whatever else they loop over.

    Before: every map has an outer loop of its own

        map i: m[i] = max(A[i, :])
        map i, j: e[i, j] = exp(A[i, j] - m[i])
        map i: s[i] = sum(e[i, :])
        map i, j: B[i, j] = e[i, j] / s[i]

    After:

        map i:                              # parallel
            m' = max(A[i, :])
            map j: e'[j] = exp(A[i, j] - m')
            s' = sum(e'[:])
            map j: B[i, j] = e'[j] / s'

    In DaCe: `MultiExpansion`, then `SubgraphFusion`; the rewrite here is our own. In Halide and TVM: `compute_at`.

    Attributes:
        target: Maps; those of one scope that fit together are fused, the others are left alone.
        min_axes: How many loops must be shared for a group to be fused.
    """

    name: ClassVar[str] = "subgraph_fuse"

    target: str = "maps"
    min_axes: int = 1

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Fuse groups of `targets`; yields the shared outer maps.

        Raises:
            NotApplicableError: No two targets can share a loop.
        """
        groups = [group for state, maps in _scopes(targets) for group in _groups(state, maps, self.min_axes)]
        if not groups:
            raise NotApplicableError(
                "No two of the maps hand data on to one another along a loop they share; expand reductions into "
                "maps and drop views first."
            )
        entries = [Handle(group.nests[0].state, share_outer_loops(group)) for group in groups]
        count = sum(len(group.nests) for group in groups)
        return Done(len(groups), f"fused {count} maps into {len(groups)}", tuple(entries))


def _scopes(targets: Sequence[Handle]) -> list[tuple[dace.SDFGState, list[nodes.MapEntry]]]:
    """Targets by the scope they are in, in an order in which they may execute."""
    scopes: dict[tuple[int, int], tuple[dace.SDFGState, list[nodes.MapEntry]]] = {}
    for handle in targets:
        if isinstance(handle.node, nodes.MapEntry):
            around = handle.state.entry_node(handle.node)
            scopes.setdefault((id(handle.state), id(around)), (handle.state, []))[1].append(handle.node)
    return [(state, [n for n in dfs_topological_sort(state) if n in maps]) for state, maps in scopes.values()]


def _groups(state: dace.SDFGState, maps: Sequence[nodes.MapEntry], min_axes: int) -> list[Group]:
    nests = [nest for nest in (read_nest(state, entry) for entry in maps) if nest is not None]
    return [group for group in group_nests(nests) if len(group.axes) >= min_axes]
