"""The step that swaps a map with the map in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace.transformation.dataflow import MapInterchange

from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import only_map_in, rewrite


@dataclass(frozen=True)
class SwapNested:
    """Swaps two maps of which one is all there is in the other; the outer one still runs as it did.

    Before:                                  After:

        map i:  # parallel                       map j:  # parallel
            map j: B[i, j] = f(A[i, j])              map i: B[i, j] = f(A[i, j])

    In DaCe: `MapInterchange`, which refuses triangular nests. In Halide and TVM: `reorder`.

    Attributes:
        target: Outer maps.
    """

    name: ClassVar[str] = "swap_nested"

    target: str = "maps"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Swap the targets with the map in them; yields the new outer maps, each followed by the inner one."""
        return for_each(targets, _swap, "swapped {count} pairs of maps")


def _swap(handle: Handle) -> list[Handle]:
    inner = only_map_in(handle)
    outer = handle.node
    rewrite(MapInterchange, handle, outer_map_entry=outer, inner_map_entry=inner)
    for field in ("schedule", "omp_num_threads", "omp_schedule", "omp_chunk_size"):
        first, second = getattr(outer.map, field), getattr(inner.map, field)
        setattr(outer.map, field, second)
        setattr(inner.map, field, first)
    outer.map.collapse = inner.map.collapse = 1
    return [Handle(handle.state, inner), handle]
