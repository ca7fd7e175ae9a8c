"""The step that unrolls maps and loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
from dace import nodes
from dace.dtypes import ScheduleType
from dace.sdfg.state import LoopRegion
from dace.transformation.dataflow import MapUnroll
from dace.transformation.interstate import LoopUnroll
from dace.transformation.passes.analysis import loop_analysis

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import map_of, rewrite


@dataclass(frozen=True)
class Unroll:
    """Writes out maps and loops that have few iterations, all known.

    Before: `map i in 0:3: B[i] = f(A[i])`

    After: `B[0] = f(A[0]); B[1] = f(A[1]); B[2] = f(A[2])`

    In DaCe: `MapUnroll` for maps in no other map and `LoopUnroll` for loops. Inside a map only the property
    `unroll` is set, which tells the compiler of the generated code. In Halide and TVM: `unroll`.

    Attributes:
        target: Maps or loops.
        limit: How many iterations are written out at most.
    """

    name: ClassVar[str] = "unroll"

    target: str = "inner_maps"
    limit: int = 16

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Unroll the targets; yields the maps that are still there: those in other maps."""
        return for_each(targets, self._unroll, "unrolled {count} maps or loops")

    def _unroll(self, handle: Handle) -> list[Handle]:
        if isinstance(handle.node, LoopRegion):
            return self._unroll_loop(handle)
        state, entry = handle.state, map_of(handle)
        self._check(entry.map.range.num_elements(), entry.map.label)
        if state.entry_node(entry) is not None or state.sdfg.parent_nsdfg_node is not None:
            entry.map.schedule = ScheduleType.Sequential
            entry.map.unroll = True
            return [handle]
        if not _is_alone(state, entry):
            raise NotApplicableError(f"Map '{entry.map.label}' is connected to others, which would be copied as well.")
        rewrite(MapUnroll, handle, map_entry=entry)
        return []

    def _unroll_loop(self, handle: Handle) -> list[Handle]:
        loop = handle.node
        bounds = [
            loop_analysis.get_init_assignment(loop),
            loop_analysis.get_loop_end(loop),
            loop_analysis.get_loop_stride(loop),
        ]
        if any(bound is None or not str(bound).lstrip("-").isdigit() for bound in bounds):
            raise NotApplicableError(f"The iterations of loop '{loop.label}' are not known before it runs.")
        if loop.has_break or loop.has_continue or loop.has_return:
            raise NotApplicableError(f"Loop '{loop.label}' can be left early, so it cannot be written out.")
        begin, end, stride = (int(bound) for bound in bounds)
        self._check(len(range(begin, end + (1 if stride > 0 else -1), stride)), loop.label)
        rewrite(LoopUnroll, handle, loop=loop)
        return []

    def _check(self, count: Any, label: str) -> None:
        if not str(count).isdigit():
            raise NotApplicableError(f"'{label}' has {count} iterations, which is no number before the program runs.")
        if not 1 <= int(count) <= self.limit:
            raise NotApplicableError(f"'{label}' has {count} iterations; expected 1 to {self.limit}.")


def _is_alone(state: dace.SDFGState, entry: nodes.MapEntry) -> bool:
    """MapUnroll copies all that is connected to a map, so a neighbour would run once per iteration."""
    inside = set(state.scope_subgraph(entry).nodes())
    around = {*state.predecessors(entry), *state.successors(state.exit_node(entry))}
    edges = [edge for node in around for edge in state.all_edges(node)]
    return all(edge.src in inside or edge.dst in inside for edge in edges)
