"""The step that fuses maps of which one writes what the other reads, iteration by iteration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
from dace import nodes
from dace.transformation.dataflow import MapFusionVertical

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.rewrites import is_ordered_by_hand, rewrite


@dataclass(frozen=True)
class Fuse:
    """Fuses maps that pass values on from iteration to iteration, until none are left that do.

    Before:                                  After:

        map i: t[i] = f(A[i])                    map i:
        map i: B[i] = g(t[i])                        t' = f(A[i])
                                                     B[i] = g(t')

    In DaCe: `MapFusionVertical`. In Halide: `compute_at` or `inline`; in TVM: `compute_inline`.

    Attributes:
        target: Maps; only those among them are fused with one another.
    """

    name: ClassVar[str] = "fuse"

    target: str = "all_maps"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Fuse the targets with one another; yields the targets that are left.

        Raises:
            NotApplicableError: No two of them fuse.
        """
        maps = [handle for handle in targets if isinstance(handle.node, nodes.MapEntry)]
        count = 0
        while any(_fuses(*pair) for pair in _pairs(maps)):
            maps = [handle for handle in maps if handle.node in handle.state.nodes()]
            count += 1
        if count == 0:
            raise NotApplicableError(f"None of {len(maps)} maps reads what another one writes in the same iteration.")
        return Done(count, f"fused {count} pairs of maps", tuple(maps))


def _pairs(maps: Sequence[Handle]) -> Iterator[tuple[Handle, nodes.AccessNode, Handle]]:
    """A map, what it writes, and a map that reads that."""
    by_node = {handle.node: handle for handle in maps}
    for handle in maps:
        for middle in handle.state.successors(handle.state.exit_node(handle.node)):
            readers: list[Any] = handle.state.successors(middle) if isinstance(middle, nodes.AccessNode) else []
            for reader in dict.fromkeys(readers):
                if reader in by_node:
                    yield handle, middle, by_node[reader]


def _fuses(first: Handle, middle: nodes.AccessNode, second: Handle) -> bool:
    if is_ordered_by_hand(first.state, first.node) or is_ordered_by_hand(second.state, second.node):
        return False
    pattern = {
        "first_map_exit": first.state.exit_node(first.node),
        "array": middle,
        "second_map_entry": second.node,
    }
    try:
        rewrite(MapFusionVertical, first, **pattern)
    except NotApplicableError:
        return False
    return True
