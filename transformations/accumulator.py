"""Building blocks of code that accumulates privately: reset an array, copy in a loop, write back."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dace
from dace import nodes
from dace.dtypes import ScheduleType, StorageType
from dace.sdfg.propagation import propagate_memlet
from dace.symbolic import symstr

from dace_transfer.transformations.neutral import reset_tasklet

End = tuple[nodes.Node, str | None]
"""A node and the connector of it that an edge begins or ends at."""

Ranges = Mapping[str, tuple[Any, Any]]
"""Half-open ranges by parameter, outermost loop first."""


def add_accumulators(
    state: dace.SDFGState,
    scope: nodes.MapEntry | None,
    shape: Sequence[Any],
    dtype: Any,
    start: str,
    names: Iterator[str],
) -> nodes.AccessNode:
    """Add a private array whose elements start at the C++ expression `start`; return its node.

    Args:
        state: Where to add it.
        scope: The entry of the map to add it in, or None for outside of maps.
        shape: Its constant shape.
        dtype: Its type.
        start: What every element starts at.
        names: Unused names for map parameters.
    """
    name, _ = state.sdfg.add_transient("accumulator", shape, dtype, StorageType.Register, find_new_name=True)
    return add_reset(state, scope, name, start, names)


def add_reset(
    state: dace.SDFGState, scope: nodes.MapEntry | None, name: str, start: str, names: Iterator[str]
) -> nodes.AccessNode:
    """Add code that sets every element of a container to the C++ expression `start`; return the container's node.

    `scope` and `names` are as for `add_accumulators`.
    """
    shape = state.sdfg.arrays[name].shape
    node, reset = state.add_access(name), reset_tasklet(state, start)
    if all(size == 1 for size in shape):
        _hang(state, scope, reset)
        state.add_edge(reset, "__result", node, None, whole(state, name))
        return node
    ranges = {next(names): (0, size) for size in shape}
    entry, exit_ = add_map(state, "reset_values", ranges, ScheduleType.Sequential)
    _hang(state, scope, entry)
    state.add_nedge(entry, reset, dace.Memlet())
    leave(state, (reset, "__result"), exit_, dace.Memlet(data=name, subset=", ".join(ranges)))
    state.add_edge(exit_, "OUT_values", node, None, whole(state, name))
    return node


def _hang(state: dace.SDFGState, scope: nodes.MapEntry | None, node: nodes.Node) -> None:
    if scope is not None:
        state.add_nedge(scope, node, dace.Memlet())


def add_copy_map(
    state: dace.SDFGState,
    label: str,
    ranges: Ranges,
    source: End,
    value: dace.Memlet,
    target: dace.Memlet,
    around: dace.Memlet | None = None,
) -> nodes.MapExit:
    """Add a sequential map that copies `value` to `target`; what leaves `OUT_values` of its exit is left open.

    `around` is what it reads altogether; without it, the state must be well-formed, for DaCe to find out.
    """
    entry, exit_ = add_map(state, label, ranges, ScheduleType.Sequential)
    tasklet = add_copy(state)
    enter(state, source, entry, around or propagate_memlet(state, value, entry, False))
    state.add_edge(entry, "OUT_values", tasklet, "__value", value)
    leave(state, (tasklet, "__result"), exit_, target)
    return exit_


def add_copy(state: dace.SDFGState) -> nodes.Tasklet:
    """Add a tasklet that copies `__value` to `__result`."""
    return state.add_tasklet("copy", {"__value": None}, {"__result": None}, "__result = __value")


def add_map(
    state: dace.SDFGState, label: str, ranges: Ranges, schedule: ScheduleType = ScheduleType.Default
) -> tuple[nodes.MapEntry, nodes.MapExit]:
    """Add a map with nothing in it."""
    texts = {param: f"{symstr(begin)}:{symstr(end)}" for param, (begin, end) in ranges.items()}
    entry, exit_ = state.add_map(label, texts, schedule=schedule)
    return entry, exit_


def enter(state: dace.SDFGState, source: End, entry: nodes.MapEntry, memlet: dace.Memlet) -> None:
    """Lead `memlet` into a map, where it goes on from `OUT_values`."""
    entry.add_in_connector("IN_values")
    entry.add_out_connector("OUT_values")
    state.add_edge(*source, entry, "IN_values", copy.deepcopy(memlet))


def leave(state: dace.SDFGState, source: End, exit_: nodes.MapExit, memlet: dace.Memlet) -> None:
    """Lead `memlet` to the exit of a map, from where it is to go on from `OUT_values`."""
    exit_.add_in_connector("IN_values")
    exit_.add_out_connector("OUT_values")
    state.add_edge(*source, exit_, "IN_values", memlet)


def whole(state: dace.SDFGState, name: str, wcr: str | None = None) -> dace.Memlet:
    """Return a memlet of all of a container."""
    memlet = dace.Memlet.from_array(name, state.sdfg.arrays[name])
    memlet.wcr = wcr
    return memlet
