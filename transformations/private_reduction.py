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
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.propagation import propagate_memlet
from dace.symbolic import int_ceil, int_floor, pystr_to_symbolic, symbol, sympy, symstr

from dace_transfer.transformations.accumulator import (
    End,
    Ranges,
    add_accumulators,
    add_copy,
    add_copy_map,
    add_map,
    enter,
    leave,
    whole,
)
from dace_transfer.transformations.naming import fresh_names
from dace_transfer.transformations.reduction import Reduction, read_reduction


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
    _finish(reduction, (total, None), (exit_, None), _result(reduction, params))


def _at_once(reduction: Reduction, shape: Shape) -> None:
    read, state = reduction.read, reduction.state
    scope, names = state.entry_node(reduction.node), fresh_names(state.sdfg)
    site = _Site(reduction, read.src, read.src_conn, scope, names)
    total = _fold(site, {}, _whole(reduction), shape.lanes, _start(reduction))
    _finish(reduction, (total, None), _outside(reduction), _result(reduction, {}))


def _by_blocks(reduction: Reduction, shape: Shape) -> None:
    """Parts of the longest axis go to an array of partial results, which are then folded in their order."""
    state, node = reduction.state, reduction.node
    names = fresh_names(state.sdfg)
    block, axis = next(names), _longest(reduction)
    length, share = reduction.size(axis), int_ceil(reduction.size(axis), shape.blocks)
    start = symbol(block) * share
    partial, _ = state.sdfg.add_transient("partial", (shape.blocks,), reduction.dtype, find_new_name=True)
    site, exit_ = _outer_map(reduction, {block: (0, shape.blocks)}, names)
    part = {**_whole(reduction), axis: (sympy.Min(length, start), sympy.Min(length, start + share))}
    total = _fold(site, {}, part, shape.lanes, str(reduction.neutral))
    parts, last = state.add_access(partial), Reduce("reduce_parts", node.wcr, None, node.identity)
    state.add_node(last)
    leave(state, (total, None), exit_, dace.Memlet(f"{partial}[{block}]"))
    state.add_edge(exit_, "OUT_values", parts, None, whole(state, partial))
    state.add_edge(parts, None, last, None, whole(state, partial))
    state.add_edge(last, None, *_outside(reduction), reduction.write.data)
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
    write = add_copy_map(state, "write_columns", lanes, (totals, None), part, result)
    outer = propagate_memlet(state, result, state.entry_node(write), False)
    _finish(reduction, (write, "OUT_values"), (exit_, None), outer)


# Parts of forms ---------------------------------------------------------------------------------------------


def _fold(
    site: _Site, params: Mapping[int, str], ranges: Mapping[int, tuple[Any, Any]], lanes: int, start: str
) -> nodes.AccessNode:
    """Fold what `ranges` select into a new scalar that starts at `start`; return the node of the result."""
    loops = {next(site.names): bounds for bounds in ranges.values()}
    index = {**params, **dict(zip(ranges, loops, strict=True))}
    total, source = _accumulators(site, 1, start), (site.source, site.connector)
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
    exit_ = add_copy_map(state, "reduce_values", ranges, source, value, target)
    after = state.add_access(name)
    state.add_edge(exit_, "OUT_values", after, None, whole(state, name, wcr))
    state.add_nedge(before, state.entry_node(exit_), dace.Memlet())
    return after


# Graph ------------------------------------------------------------------------------------------------------


def _outer_map(reduction: Reduction, ranges: Ranges, names: Iterator[str]) -> tuple[_Site, nodes.MapExit]:
    state, read = reduction.state, reduction.read
    entry, exit_ = add_map(state, "reduce", ranges)
    enter(state, (read.src, read.src_conn), entry, read.data)
    return _Site(reduction, entry, "OUT_values", entry, names), exit_


def _accumulators(site: _Site, count: int, start: str) -> nodes.AccessNode:
    return add_accumulators(site.state, site.scope, (count,), site.reduction.dtype, start, site.names)


def _finish(reduction: Reduction, source: End, target: End, memlet: dace.Memlet) -> None:
    """Lead a result out; one that is added to what is there needs a tasklet, since copies only overwrite."""
    state = reduction.state
    if memlet.wcr is not None and isinstance(source[0], nodes.AccessNode):
        copied = add_copy(state)
        state.add_edge(*source, copied, "__value", whole(state, source[0].data))
        source = (copied, "__result")
    if isinstance(target[0], nodes.MapExit) and target[1] is None:
        leave(state, source, target[0], memlet)
        outside = copy.deepcopy(reduction.write.data)
        outside.wcr = memlet.wcr
        source, target, memlet = (target[0], "OUT_values"), _outside(reduction), outside
    state.add_edge(*source, *target, memlet)


def _outside(reduction: Reduction) -> End:
    return reduction.write.dst, reduction.write.dst_conn


# Memlets ----------------------------------------------------------------------------------------------------


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
