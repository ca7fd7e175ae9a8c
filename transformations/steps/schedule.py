"""The step that decides who runs a map's iterations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import dace
from dace import nodes
from dace.dtypes import OMPScheduleType, ScheduleType

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each

_OMP = {
    "default": OMPScheduleType.Default,
    "static": OMPScheduleType.Static,
    "dynamic": OMPScheduleType.Dynamic,
    "guided": OMPScheduleType.Guided,
}


@dataclass(frozen=True)
class Schedule:
    """Runs maps in parallel or sequentially.

    Before: `for i in 0:N: ...`
    After: `#pragma omp parallel for schedule(dynamic, 4) num_threads(2) collapse(1)` in front of it; with the
    kind `sequential` and the role `all_maps`, the other way round.

    Sets the properties of DaCe's Map. In Halide: `parallel` and `serial`; in TVM: `parallel`.

    Attributes:
        target: Maps.
        kind: `parallel` or `sequential`, for which the other fields mean nothing.
        threads: OpenMP threads; 0 for as many as the program has.
        omp_schedule: How OpenMP deals out iterations.
        chunk: Iterations dealt out at once; 0 leaves it to OpenMP. Needs an `omp_schedule` other than `default`.
        collapse: How many of the map's loops become one.
    """

    name: ClassVar[str] = "schedule"

    target: str = "maps"
    kind: Literal["parallel", "sequential"] = "parallel"
    threads: int = 0
    omp_schedule: Literal["default", "static", "dynamic", "guided"] = "default"
    chunk: int = 0
    collapse: int = 1

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Set the schedule of the maps among `targets`; yields those maps."""
        return for_each(targets, self._set, f"made {{count}} maps {self.kind}")

    def _set(self, handle: Handle) -> list[Handle]:
        if not isinstance(handle.node, nodes.MapEntry):
            raise NotApplicableError(f"Schedules are for maps, but '{handle.node}' is none.")
        chosen: nodes.Map = handle.node.map
        if self.kind == "parallel":
            self._check(handle)
        parallel = self.kind == "parallel"
        chosen.schedule = ScheduleType.CPU_Multicore if parallel else ScheduleType.Sequential
        chosen.omp_num_threads = self.threads if parallel else 0
        chosen.omp_schedule = _OMP[self.omp_schedule] if parallel else OMPScheduleType.Default
        chosen.omp_chunk_size = self.chunk if parallel else 0
        chosen.collapse = self.collapse if parallel else 1
        return [handle]

    def _check(self, handle: Handle) -> None:
        chosen: nodes.Map = handle.node.map
        if min(self.threads, self.chunk, self.collapse - 1) < 0:
            raise NotApplicableError("'threads' and 'chunk' must not be negative and 'collapse' not below 1.")
        if self.chunk and self.omp_schedule == "default":
            raise NotApplicableError("A 'chunk' needs 'omp_schedule' to be static, dynamic or guided; set it.")
        if chosen.unroll:
            raise NotApplicableError(f"Map '{chosen.label}' is unrolled, so it cannot run in parallel.")
        if self.collapse > len(chosen.params):
            raise NotApplicableError(
                f"Map '{chosen.label}' has {len(chosen.params)} loops, so {self.collapse} cannot be collapsed."
            )
        inner = {str(s) for r in chosen.range.ranges[: self.collapse] for bound in r for s in _symbols(bound)}
        if self.collapse > 1 and inner & set(chosen.params):
            raise NotApplicableError(
                f"Loops of map '{chosen.label}' bound one another, so OpenMP cannot collapse them."
            )
        if is_parallel_around(handle.state, handle.node):
            raise NotApplicableError(f"Map '{chosen.label}' is inside a parallel map already; make that sequential.")


def _symbols(bound: object) -> set[object]:
    return getattr(bound, "free_symbols", set())


def is_parallel_around(state: dace.SDFGState, node: nodes.Node) -> bool:
    """Tell whether a node is inside a map that runs in parallel, be it outside of the SDFG it is in."""
    entry = state.entry_node(node)
    if entry is None:
        around = state.sdfg.parent_nsdfg_node
        return around is not None and is_parallel_around(state.sdfg.parent, around)
    outermost = state.entry_node(entry) is None and state.sdfg.parent_nsdfg_node is None
    schedule = entry.map.schedule if isinstance(entry, nodes.MapEntry) else ScheduleType.Default
    if schedule is ScheduleType.CPU_Multicore or (schedule is ScheduleType.Default and outermost):
        return True
    return is_parallel_around(state, entry)
