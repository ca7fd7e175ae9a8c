"""The step that reorders the loops of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace.transformation.dataflow import MapDimShuffle

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import rectangular_map_of, rewrite


@dataclass(frozen=True)
class Interchange:
    """Reorders the loops of a map.

    Before: `map i, j, k: C[i, j] += A[i, k] * B[k, j]`

    After, with order (0, 2, 1): `map i, k, j: C[i, j] += A[i, k] * B[k, j]`

    In DaCe: `MapDimShuffle`. In Halide and TVM: `reorder`.

    Attributes:
        target: Maps.
        order: Which loop, counted from 0, comes first, second, ...; empty for the reverse of what is there.
    """

    name: ClassVar[str] = "interchange"

    target: str = "maps"
    order: tuple[int, ...] = ()

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Reorder the targets that have as many loops as `order`; yields them."""
        return for_each(targets, self._reorder, "reordered the loops of {count} maps")

    def _reorder(self, handle: Handle) -> list[Handle]:
        entry = rectangular_map_of(handle)
        params = list(entry.map.params)
        order = self.order or tuple(reversed(range(len(params))))
        if sorted(order) != list(range(len(params))):
            raise NotApplicableError(
                f"Map '{entry.map.label}' has {len(params)} loops, which the order {order} is no permutation of."
            )
        if list(order) == sorted(order):
            raise NotApplicableError(f"The loops of map '{entry.map.label}' are in the order {order} already.")
        rewrite(MapDimShuffle, handle, {"parameters": [params[place] for place in order]}, map_entry=entry)
        return [handle]
