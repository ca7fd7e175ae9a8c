"""The step that fuses maps over the same range that do not depend on one another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.transformation.dataflow import MapFusionHorizontal

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.rewrites import is_ordered_by_hand, rewrite


@dataclass(frozen=True)
class FuseHorizontal:
    """Fuses maps over the same range that do not depend on one another, until none are left.

    Before:                                  After:

        map i: B[i] = f(A[i])                    map i:
        map i: C[i] = g(A[i])                        B[i] = f(A[i])
                                                     C[i] = g(A[i])

    In DaCe: `MapFusionHorizontal`. In Halide: `compute_with`.

    Attributes:
        target: Maps; only those among them are fused with one another.
        common_input: Only fuse maps that read the same container.
    """

    name: ClassVar[str] = "fuse_horizontal"

    target: str = "all_maps"
    common_input: bool = True

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Fuse the targets with one another; yields the targets that are left.

        Raises:
            NotApplicableError: No two of them fuse.
        """
        maps = [handle for handle in targets if isinstance(handle.node, nodes.MapEntry)]
        count = 0
        while any(self._fuses(first, second) for first, second in itertools.combinations(maps, 2)):
            maps = [handle for handle in maps if handle.node in handle.state.nodes()]
            count += 1
        if count == 0:
            raise NotApplicableError(f"No two of {len(maps)} maps have the same range and are independent.")
        return Done(count, f"fused {count} pairs of maps", tuple(maps))

    def _fuses(self, first: Handle, second: Handle) -> bool:
        if first.state is not second.state:
            return False
        if is_ordered_by_hand(first.state, first.node) or is_ordered_by_hand(second.state, second.node):
            return False
        try:
            rewrite(
                MapFusionHorizontal,
                first,
                {"only_if_common_ancestor": self.common_input},
                first_parallel_map_entry=first.node,
                second_parallel_map_entry=second.node,
            )
        except NotApplicableError:
            return False
        return True
