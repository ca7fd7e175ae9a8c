"""Generated code for a reduction that accumulates in registers and writes every result once.

All forms are plain maps in the state of the reduction, so that they fuse with what is around:

    rows     map o: acc = identity; for i: acc += in[o, i];  out[o] = acc
    columns  map o: acc[0:C] = identity; for i: for c: acc[c] += in[i, o*C + c];  out[o*C : o*C + C] = acc
    blocks   map b: acc = neutral; for i of block b: acc += in[i];  partial[b] = acc;   then fold partial

With lanes, `acc` of rows and blocks is an array whose elements take turns and are folded at the end: unlike one
chain of additions, a compiler that must keep the order of floating-point operations can vectorise that.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes
from dace.dtypes import ScheduleType, StorageType
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.propagation import propagate_memlet
from dace.symbolic import int_ceil, int_floor, pystr_to_symbolic, symbol, sympy, symstr

from dace_transfer.transformations.naming import fresh_names
from dace_transfer.transformations.neutral import reset_tasklet
from dace_transfer.transformations.reduction import Reduction, read_reduction

End = tuple[nodes.Node, str | None]
"""A node and the connector of it that an edge begins or ends at."""

Ranges = Mapping[str, tuple[Any, Any]]
"""Half-open ranges by parameter, outermost loop first."""


@dataclass(frozen=True)
class Shape:
    """How a reduction is to be computed.

    Attributes:
        lanes: Independent accumulators along the last folded axis.
        columns: Neighbouring results along the last kept axis that are accumulated together.
        blocks: Parts in which a reduction to one element outside of any map runs in parallel.
    """

    lanes: int = 1
    columns: int = 1
    blocks: int = 1


@dataclass(frozen=True)
class _Site:
    """Where an accumulator lives: the node and connector values come from, and the scope's entry."""

    reduction: Reduction
    source: nodes.Node
    connector: str | None
    scope: nodes.MapEntry | None
    names: Iterator[str]

    @property
    def state(self) -> dace.SDFGState:
        return self.reduction.state


def expand_private(reduction: Reduction, shape: Shape) -> list[nodes.MapEntry]:
    """Replace a reduction by maps of `shape`, and return the outermost of them."""
    state = reduction.state
    before = set(state.nodes())
    if reduction.kept:
        form = _by_columns if shape.columns > 1 else _by_rows
    else:
        form = _by_blocks if shape.blocks > 1 and not in_map(state, reduction.node) else _at_once
    form(reduction, shape)
    state.remove_node(reduction.node)
    added = {node for node in state.nodes() if node not in before and isinstance(node, nodes.MapEntry)}
    return [node for node in state.nodes() if node in added and state.entry_node(node) not in added]


def in_map(state: dace.SDFGState, node: nodes.Node) -> bool:
    """Tell whether a node is inside a map, be it outside of the SDFG it is in."""
    if state.entry_node(node) is not None:
        return True
    around = state.sdfg.parent_nsdfg_node
    return around is not None and in_map(state.sdfg.parent, around)


# Forms ------------------------------------------------------------------------------------------------------


def _by_rows(reduction: Reduction, shape: Shape) -> None:
    names = fresh_names(reduction.state.sdfg)
    params = {axis: next(names) for axis, _ in reduction.kept}
    site, exit_ = _outer_map(reduction, {p: (0, reduction.size(axis)) for axis, p in params.items()}, names)
    total = _fold(site, params, _whole(reduction), shape.lanes, _start(reduction))
    _leave(reduction, total, None, exit_, _result(reduction, params))


def _at_once(reduction: Reduction, shape: Shape) -> None:
    read, write, state = reduction.read, reduction.write, reduction.state
    scope, names = state.entry_node(reduction.node), fresh_names(state.sdfg)
    site = _Site(reduction, read.src, read.src_conn, scope, names)
    total = _fold(site, {}, _whole(reduction), shape.lanes, _start(reduction))
    state.add_edge(total, None, write.dst, write.dst_conn, _result(reduction, {}))


def _by_blocks(reduction: Reduction, shape: Shape) -> None:
    """Parts of the longest axis go to an array of partial results, which are then folded in their order."""
    state, node, whole = reduction.state, reduction.node, _whole(reduction)
    names = fresh_names(state.sdfg)
    block, axis = next(names), _longest(reduction)
    length, share = reduction.size(axis), int_ceil(reduction.size(axis), shape.blocks)
    start = symbol(block) * share
    partial, _ = state.sdfg.add_transient("partial", (shape.blocks,), reduction.dtype, find_new_name=True)
    site, exit_ = _outer_map(reduction, {block: (0, shape.blocks)}, names)
    part = {**whole, axis: (sympy.Min(length, start), sympy.Min(length, start + share))}
    total = _fold(site, {}, part, shape.lanes, str(reduction.neutral))
    parts, last = state.add_access(partial), Reduce("reduce_parts", node.wcr, None, node.identity)
    state.add_node(last)
    _connect_out(state, (total, None), exit_, (parts, None), dace.Memlet(f"{partial}[{block}]"))
    state.add_edge(parts, None, last, None, _everything(state, partial))
    state.add_edge(last, None, reduction.write.dst, reduction.write.dst_conn, reduction.write.data)
    _at_once(read_reduction(state, last), Shape())
    state.remove_node(last)


def _by_columns(reduction: Reduction, shape: Shape) -> None:
    state, names, width = reduction.state, fresh_names(reduction.state.sdfg), shape.columns
    params, last = {axis: next(names) for axis, _ in reduction.kept}, reduction.kept[-1][0]
    tile, lane = params[last], next(names)
    outer = {param: (0, reduction.size(axis)) for axis, param in params.items()}
    site, exit_ = _outer_map(reduction, {**outer, tile: (0, int_ceil(reduction.size(last), width))}, names)
    lanes = {lane: (0, sympy.Min(width, reduction.size(last) - width * symbol(tile)))}
    params[last] = symstr(width * symbol(tile) + symbol(lane))
    folded = {next(names): bounds for bounds in _whole(reduction).values()}
    index = {**params, **dict(zip(reduction.folded, folded, strict=True))}
    totals = _accumulators(site, width, _start(reduction))
    source = (site.source, site.connector)
    totals = _accumulate(site, source, _value(reduction, index), {**folded, **lanes}, totals, lane)
    part, result = dace.Memlet(f"{totals.data}[{lane}]"), _result(reduction, params)
    write = _copy_map(state, "write_columns", lanes, (totals, None), part, result)
    _leave(reduction, write, "OUT_values", exit_, propagate_memlet(state, result, state.entry_node(write), False))


# Parts of forms ---------------------------------------------------------------------------------------------


def _fold(
    site: _Site, params: Mapping[int, str], ranges: Mapping[int, tuple[Any, Any]], lanes: int, start: str
) -> nodes.AccessNode:
    """Fold what `ranges` select into a new scalar that starts at `start`; return the node of the result."""
    loops = {next(site.names): bounds for bounds in ranges.values()}
    index = {**params, **dict(zip(ranges, loops, strict=True))}
    total, source = _accumulators(site, 0, start), (site.source, site.connector)
    (inner, (begin, end)), axis = list(loops.items())[-1], list(ranges)[-1]
    turns = int_floor(end - begin, lanes)
    if lanes == 1 or turns == 0:
        return _accumulate(site, source, _value(site.reduction, index), loops, total, "0")
    lane = next(site.names)
    several = _accumulators(site, lanes, str(site.reduction.neutral))
    place = {**index, axis: symstr(begin + lanes * symbol(inner) + symbol(lane))}
    by_turns = {**loops, inner: (0, turns), lane: (0, lanes)}
    several = _accumulate(site, source, _value(site.reduction, place), by_turns, several, lane)
    if (end - begin) % lanes != 0:
        rest = {**loops, inner: (begin + lanes * turns, end)}
        several = _accumulate(site, source, _value(site.reduction, index), rest, several, "0")
    each = dace.Memlet(f"{several.data}[{lane}]")
    return _accumulate(site, (several, None), each, {lane: (0, lanes)}, total, "0")


def _accumulate(
    site: _Site, source: End, value: dace.Memlet, ranges: Ranges, before: nodes.AccessNode, place: str
) -> nodes.AccessNode:
    """Fold `value` into element `place` of the accumulators, one after the other; return their new node."""
    state, name, wcr = site.state, before.data, site.reduction.node.wcr
    target = dace.Memlet(data=name, subset=place, wcr=wcr)
    exit_ = _copy_map(state, "reduce_values", ranges, source, value, target)
    after, everything = state.add_access(name), _everything(state, name)
    everything.wcr = wcr
    state.add_edge(exit_, "OUT_values", after, None, everything)
    state.add_nedge(before, state.entry_node(exit_), dace.Memlet())
    return after


def _accumulators(site: _Site, count: int, start: str) -> nodes.AccessNode:
    """Add a private scalar (`count` 0) or array whose elements start at `start`; return its node."""
    state, dtype = site.state, site.reduction.dtype
    shape = (count,) if count else (1,)
    name, _ = state.sdfg.add_transient("accumulator", shape, dtype, StorageType.Register, find_new_name=True)
    node, reset = state.add_access(name), reset_tasklet(state, start)
    if not count:
        _hang(site, reset)
        state.add_edge(reset, "__result", node, None, dace.Memlet(f"{name}[0]"))
        return node
    lane = next(site.names)
    entry, exit_ = _sequential_map(state, "reset_values", {lane: (0, count)})
    _hang(site, entry)
    state.add_nedge(entry, reset, dace.Memlet())
    _connect_out(state, (reset, "__result"), exit_, (node, None), dace.Memlet(f"{name}[{lane}]"))
    return node


def _hang(site: _Site, node: nodes.Node) -> None:
    if site.scope is not None:
        site.state.add_nedge(site.scope, node, dace.Memlet())


# Graph ------------------------------------------------------------------------------------------------------


def _outer_map(reduction: Reduction, ranges: Ranges, names: Iterator[str]) -> tuple[_Site, nodes.MapExit]:
    state, read = reduction.state, reduction.read
    entry, exit_ = state.add_map("reduce", _texts(ranges))
    _connect_in(state, (read.src, read.src_conn), entry, read.data)
    return _Site(reduction, entry, "OUT_values", entry, names), exit_


def _copy_map(
    state: dace.SDFGState, label: str, ranges: Ranges, source: End, value: dace.Memlet, target: dace.Memlet
) -> nodes.MapExit:
    """Add a sequential map that copies `value` to `target`; what leaves its exit is left open."""
    entry, exit_ = _sequential_map(state, label, ranges)
    tasklet = state.add_tasklet("copy", {"__value": None}, {"__result": None}, "__result = __value")
    _connect_in(state, source, entry, propagate_memlet(state, value, entry, False))
    state.add_edge(entry, "OUT_values", tasklet, "__value", value)
    state.add_edge(tasklet, "__result", exit_, "IN_values", target)
    exit_.add_in_connector("IN_values")
    exit_.add_out_connector("OUT_values")
    return exit_


def _sequential_map(state: dace.SDFGState, label: str, ranges: Ranges) -> tuple[nodes.MapEntry, nodes.MapExit]:
    entry, exit_ = state.add_map(label, _texts(ranges), schedule=ScheduleType.Sequential)
    return entry, exit_


def _texts(ranges: Ranges) -> dict[str, str]:
    return {param: f"{symstr(begin)}:{symstr(end)}" for param, (begin, end) in ranges.items()}


def _connect_in(state: dace.SDFGState, source: End, entry: nodes.MapEntry, memlet: dace.Memlet) -> None:
    entry.add_in_connector("IN_values")
    entry.add_out_connector("OUT_values")
    state.add_edge(*source, entry, "IN_values", copy.deepcopy(memlet))


def _connect_out(state: dace.SDFGState, inner: End, exit_: nodes.MapExit, outer: End, memlet: dace.Memlet) -> None:
    exit_.add_in_connector("IN_values")
    exit_.add_out_connector("OUT_values")
    state.add_edge(*inner, exit_, "IN_values", memlet)
    state.add_edge(exit_, "OUT_values", *outer, propagate_memlet(state, memlet, state.entry_node(exit_), False))


def _leave(
    reduction: Reduction, node: nodes.Node, connector: str | None, exit_: nodes.MapExit, memlet: dace.Memlet
) -> None:
    exit_.add_in_connector("IN_values")
    exit_.add_out_connector("OUT_values")
    write = reduction.write
    reduction.state.add_edge(node, connector, exit_, "IN_values", memlet)
    outside = copy.deepcopy(write.data)
    outside.wcr = memlet.wcr
    reduction.state.add_edge(exit_, "OUT_values", write.dst, write.dst_conn, outside)


# Memlets ----------------------------------------------------------------------------------------------------


def _everything(state: dace.SDFGState, name: str) -> dace.Memlet:
    return dace.Memlet.from_array(name, state.sdfg.arrays[name])


def _value(reduction: Reduction, index: Mapping[int, str]) -> dace.Memlet:
    return _element(reduction.read.data, index)


def _result(reduction: Reduction, params: Mapping[int, str]) -> dace.Memlet:
    memlet = _element(reduction.write.data, {place: params[axis] for axis, place in reduction.kept})
    # Without an identity the node adds to what the output already holds.
    memlet.wcr = reduction.node.wcr if reduction.node.identity is None else None
    return memlet


def _element(memlet: dace.Memlet, index: Mapping[int, str]) -> dace.Memlet:
    """Return the element of `memlet` at `index`, which counts from its begin; axes left out are of length one."""
    places = [
        symstr(begin + step * pystr_to_symbolic(index[axis])) if axis in index else symstr(begin)
        for axis, (begin, _, step) in enumerate(memlet.subset)
    ]
    return dace.Memlet(data=memlet.data, subset=", ".join(places))


# Numbers ----------------------------------------------------------------------------------------------------


def _whole(reduction: Reduction) -> dict[int, tuple[Any, Any]]:
    return {axis: (0, reduction.size(axis)) for axis in reduction.folded}


def _start(reduction: Reduction) -> str:
    identity = reduction.node.identity
    return str(reduction.neutral) if identity is None else symstr(pystr_to_symbolic(identity), cpp_mode=True)


def _longest(reduction: Reduction) -> int:
    """The first axis of unknown length, else the longest."""
    lengths = {axis: reduction.size(axis) for axis in reduction.folded}
    unknown = [axis for axis, length in lengths.items() if not sympy.sympify(length).is_number]
    return unknown[0] if unknown else max(lengths, key=lambda axis: int(lengths[axis]))
