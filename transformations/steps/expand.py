"""The step that makes nested maps of the loops of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace.transformation.dataflow import MapExpansion

from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import map_of, rewrite


@dataclass(frozen=True)
class Expand:
    """Makes a map of each of the outer loops of a map.

    Before: `map i, j, k: f(i, j, k)`

    After, with limit 1: `map i: map j, k: f(i, j, k)`, of which the outer one runs as the map did, the others
    sequentially

    In DaCe: `MapExpansion`. Loops are apart from the start in Halide and TVM.

    Attributes:
        target: Maps.
        limit: How many loops get a map of their own; 0 for all.
    """

    name: ClassVar[str] = "expand"

    target: str = "maps"
    limit: int = 0

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Expand the targets that have several loops; yields, for each, its maps from the outermost on."""
        return for_each(targets, self._expand, "expanded {count} maps")

    def _expand(self, handle: Handle) -> list[Handle]:
        entries = rewrite(MapExpansion, handle, {"expansion_limit": self.limit or None}, map_entry=map_of(handle))
        return [Handle(handle.state, entry) for entry in entries]
