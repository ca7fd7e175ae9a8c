"""The step that cuts one loop of a map in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace.transformation.dataflow import StripMining

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nests import same
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import move_schedule, outer_map_of, rectangular_map_of, rewrite


@dataclass(frozen=True)
class StripMine:
    """Cuts one loop of a map into a loop over strips, outside of the map, and one within a strip.

    Before: `map i in 0:N, j in 0:M: f(i, j)`

    After, with dim 1 and size 64:

        map tile_j in 0:M:64:                                   # runs as the map did
            map i in 0:N, j in tile_j:min(M, tile_j + 64):      # sequential
                f(i, j)

    In DaCe: `StripMining`, never with `divides_evenly`. In Halide and TVM: `split`.

    Attributes:
        target: Maps.
        dim: The loop, counted from 0, or from the last one backwards if negative.
        size: Iterations in a strip, at least 1.
    """

    name: ClassVar[str] = "strip_mine"

    target: str = "maps"
    dim: int = -1
    size: int = 64

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Cut a loop of the targets; yields, for each, the map over strips and the map inside one."""
        return for_each(targets, self._cut, "cut a loop of {count} maps")

    def _cut(self, handle: Handle) -> list[Handle]:
        entry = rectangular_map_of(handle)
        count = len(entry.map.params)
        if not -count <= self.dim < count or self.size < 1:
            raise NotApplicableError(
                f"Map '{entry.map.label}' has {count} loops; expected one of them and a size of at least 1, but "
                f"got dim {self.dim} and size {self.size}."
            )
        dim = self.dim % count
        if same(entry.map.range.size()[dim], self.size):
            raise NotApplicableError(f"Loop {dim} of map '{entry.map.label}' is no longer than one strip.")
        rewrite(StripMining, handle, {"dim_idx": dim, "tile_size": self.size}, map_entry=entry)
        outer = outer_map_of(handle.state, entry)
        outer.map.schedule, entry.map.schedule = entry.map.schedule, outer.map.schedule
        move_schedule(entry.map, outer.map)
        return [Handle(handle.state, outer), handle]
