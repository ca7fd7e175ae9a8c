"""The step that moves loops into the map they repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.sdfg.state import LoopRegion
from dace.transformation import interstate

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nests import read_nest
from dace_transfer.transformations.shared_axes import private_axes
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import rewrite


@dataclass(frozen=True)
class MoveLoopIntoMap:
    """Moves a loop around a map into that map, for loop upon loop, so that threads start once.

    Before:                                  After:

        for t in range(T):                       map i:
            map i: A[t + 1, i] = f(A[t, i])          for t in range(T): A[t + 1, i] = f(A[t, i])

    In DaCe: `MoveLoopIntoMap`, which does not notice that another iteration of the map wrote what one reads, as
    in `A[t + 1, i] = f(A[t, i - 1])`; such loops are refused here. In Halide and TVM: `reorder`.

    Attributes:
        target: Loops.
    """

    name: ClassVar[str] = "move_loop_into_map"

    target: str = "loops"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Move the targets, the innermost first; yields the maps they are in now."""
        done = for_each(tuple(reversed(targets)), _move, "moved {count} loops into a map")
        sdfg.reset_cfg_list()
        there = {node for node, _ in sdfg.all_nodes_recursive()}
        kept = {handle.node: handle for handle in done.yields if handle.node in there}
        return Done(done.count, done.detail, tuple(kept.values()))


def _move(handle: Handle) -> list[Handle]:
    loop = handle.node
    if not isinstance(loop, LoopRegion):
        raise NotApplicableError(f"Expected a loop, but '{loop}' is a {type(loop).__name__}.")
    blocks = loop.nodes()
    if len(blocks) != 1 or not isinstance(blocks[0], dace.SDFGState):
        raise NotApplicableError(f"Loop '{loop.label}' holds more than one state.")
    state = blocks[0]
    maps = [node for node in state.nodes() if isinstance(node, nodes.MapEntry) and state.entry_node(node) is None]
    if len(maps) != 1:
        raise NotApplicableError(f"Loop '{loop.label}' holds {len(maps)} maps; expected one.")
    _refuse_exchange(state, maps[0], loop)
    rewrite(interstate.MoveLoopIntoMap, handle, loop=loop)
    return [Handle(state, maps[0])]


def _refuse_exchange(state: dace.SDFGState, entry: nodes.MapEntry, loop: LoopRegion) -> None:
    nest = read_nest(state, entry)
    if nest is None:
        raise NotApplicableError(
            f"What map '{entry.map.label}' accesses cannot be told: a view, stream or dynamic range."
        )
    axes = tuple((param,) for param in nest.ranges)
    for data in sorted({access.data for access in nest.accesses if access.writes}):
        if private_axes((nest,), [0], axes, data, loop.loop_variable) is None:
            raise NotApplicableError(
                f"Iterations of map '{entry.map.label}' are not told apart by one index of '{data}', so they may "
                f"exchange data between the iterations of loop '{loop.label}'."
            )
