"""The step that cuts the loops of a map into tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
from dace.transformation.dataflow import MapTiling

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nests import same
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import move_schedule, outer_map_of, rectangular_map_of, rewrite


@dataclass(frozen=True)
class Tile:
    """Cuts the loops of a map into tiles; the last tile of a loop may be smaller.

    Before: `map i in 0:N, j in 0:M: f(i, j)`

    After, with sizes (32, 64):

        map tile_i in 0:N:32, tile_j in 0:M:64:                     # runs as the map did
            map i in tile_i:min(N, tile_i + 32), j in tile_j:...:   # sequential
                f(i, j)

    In DaCe: `MapTiling`, never with `divides_evenly`, which trusts sizes that it does not check. In Halide and
    TVM: `tile`.

    Attributes:
        target: Maps.
        sizes: Tile sizes from the outermost loop on. The last one stands for all loops that follow, and those
            that a map has no loop for are left out, so that one recipe fits maps of any number of loops. 0 leaves
            a loop whole.
    """

    name: ClassVar[str] = "tile"

    target: str = "maps"
    sizes: tuple[int, ...] = (32,)

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Tile the targets; yields, for each, the map over its tiles and the map inside a tile."""
        return for_each(targets, self._tile, "tiled {count} maps")

    def _tile(self, handle: Handle) -> list[Handle]:
        if not self.sizes or min(self.sizes) < 0:
            raise NotApplicableError(f"Expected tile sizes, none of them negative, but got {self.sizes}.")
        entry = rectangular_map_of(handle)
        extents = entry.map.range.size()
        sizes = self._sizes_for(extents)
        if all(same(size, extent) for size, extent in zip(sizes, extents, strict=True)):
            raise NotApplicableError(f"The tiles {self.sizes} are as large as map '{entry.map.label}' itself.")
        if all(size == 1 for size in sizes):
            raise NotApplicableError(f"Tiles of one iteration would leave no map inside '{entry.map.label}'.")
        if any(size == 1 and bounds[2] != 1 for size, bounds in zip(sizes, entry.map.range.ranges, strict=True)):
            # MapTiling leaves a loop over `step` indices in such a tile, which runs out of the arrays.
            raise NotApplicableError(
                f"Tiles of one iteration need loops of step 1, but '{entry.map.label}' has others."
            )
        rewrite(MapTiling, handle, {"tile_sizes": tuple(sizes), "tile_trivial": False}, map_entry=entry)
        outer = outer_map_of(handle.state, entry)
        move_schedule(entry.map, outer.map)
        return [Handle(handle.state, outer), handle]

    def _sizes_for(self, extents: Sequence[Any]) -> list[Any]:
        given = [*self.sizes, *[self.sizes[-1]] * len(extents)]
        return [size or extent for size, extent in zip(given, extents, strict=False)]
