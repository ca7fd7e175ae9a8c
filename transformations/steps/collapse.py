"""The step that makes one map of maps that are nested perfectly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.transformation.dataflow import MapCollapse

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import only_map_in, rewrite


@dataclass(frozen=True)
class Collapse:
    """Makes one map of a map and the map that is all there is in it, and so on inwards.

    Before: `map i: map j: f(i, j)`

    After: `map i, j: f(i, j)`, which runs as the outer map did

    In DaCe: `MapCollapse`, which refuses triangular nests. In Halide and TVM: `fuse`.

    Attributes:
        target: Outer maps.
        limit: How many inner maps each may take in; 0 for all.
    """

    name: ClassVar[str] = "collapse"

    target: str = "maps"
    limit: int = 0

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Collapse the targets; yields the maps that are left."""
        return for_each(targets, self._collapse, "collapsed {count} nests of maps")

    def _collapse(self, handle: Handle) -> list[Handle]:
        entry, count = _merged(handle), 1
        while count != self.limit:
            try:
                entry = _merged(entry)
            except NotApplicableError:
                break
            count += 1
        return [entry]


def _merged(handle: Handle) -> Handle:
    inner = only_map_in(handle)
    result = rewrite(MapCollapse, handle, permissive=True, outer_map_entry=handle.node, inner_map_entry=inner)
    entry = next(node for node in result if isinstance(node, nodes.MapEntry))
    return Handle(handle.state, entry)
