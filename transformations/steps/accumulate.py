"""The step that makes maps accumulate in private memory instead of in what they write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.dtypes import ScheduleType
from dace.memlet import MemletTree
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.symbolic import symbol, symstr
from dace.transformation.helpers import extract_map_dims

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.accumulator import Ranges, add_accumulators, add_copy, add_copy_map, whole
from dace_transfer.transformations.naming import fresh_names
from dace_transfer.transformations.neutral import neutral
from dace_transfer.transformations.private_reduction import in_map
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.storage import STACK_BYTES


@dataclass(frozen=True)
class Accumulate:
    """Accumulates conflicting writes of a map in a private array, which is added to the target once.

    Before: `for i: for k: C[i] += A[i, k]`, the map being that over k or the one over both.

    After:

        for i:
            acc = 0                       # the neutral element, by operation and type
            for k: acc += A[i, k]         # sequentially
            C[i] += acc

    A map outside of others is first split: parameters the target's index names stay, the others go inside. Where
    the index names none, strip-mine the map first, or use `private_copies`, which takes indices that data tell. What
    DaCe's AccumulateTransient does when it is told the neutral element, without nesting an SDFG. In Halide:
    `compute_at` of the update; in TVM: `cache_write`.

    Attributes:
        target: Maps that write with conflict resolution.
    """

    name: ClassVar[str] = "accumulate"

    target: str = "inner_maps"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Privatise what the maps among `targets` accumulate; yields the maps that accumulate now."""
        return for_each(targets, _privatise, "made {count} maps accumulate privately")


def _privatise(handle: Handle) -> list[Handle]:
    state, entry = handle.state, handle.node
    if not isinstance(entry, nodes.MapEntry):
        raise NotApplicableError(f"Only maps accumulate, but '{entry}' is none.")
    edges = [edge for edge in state.out_edges(state.exit_node(entry)) if edge.data.wcr is not None]
    if not edges:
        raise NotApplicableError(f"Map '{entry.map.label}' writes without conflict resolution.")
    for edge in edges:
        _check_edge(state, entry, edge)
    if in_map(state, entry):
        for edge in edges:
            _check_size(state, entry, edge)
    else:
        entry = _split(state, entry, edges)
    entry.map.schedule = ScheduleType.Sequential
    for edge in state.out_edges(state.exit_node(entry)):
        if edge.data.wcr is not None:
            _redirect(state, edge)
    return [Handle(state, entry)]


def _check_edge(state: dace.SDFGState, entry: nodes.MapEntry, edge: Edge) -> None:
    label, name = entry.map.label, edge.data.data
    if neutral(edge.data.wcr, state.sdfg.arrays[name].dtype) is None:
        raise NotApplicableError(f"The neutral element of what map '{label}' accumulates in '{name}' is unknown.")
    if any(inward.data.data == name for inward in state.in_edges(entry)):
        raise NotApplicableError(f"Map '{label}' also reads '{name}', which it accumulates in.")
    for leaf in state.memlet_tree(edge).leaves():
        if not isinstance(leaf.src, nodes.Tasklet) or leaf.data.data != name or leaf.data.wcr != edge.data.wcr:
            raise NotApplicableError(f"Map '{label}' accumulates in '{name}' by other than plain tasklets.")


def _split(state: dace.SDFGState, entry: nodes.MapEntry, edges: Sequence[Edge]) -> nodes.MapEntry:
    """Move the parameters no written index names into a map of their own, and return that."""
    leaves = [leaf for edge in edges for leaf in state.memlet_tree(edge).leaves()]
    named = {str(symbol) for leaf in leaves for symbol in leaf.data.subset.free_symbols}
    params = entry.map.params
    kept = [place for place, param in enumerate(params) if param in named]
    if not kept or len(kept) == len(params):
        which = "none" if not kept else "all"
        raise NotApplicableError(
            f"The index that map '{entry.map.label}' writes names {which} of its parameters; nothing can be private."
        )
    kept_names = {params[place] for place in kept}
    if any(kept_names & {str(s) for s in r.free_symbols} for r in _ranges(entry)):
        raise NotApplicableError(f"Loops of map '{entry.map.label}' bound one another; expand it first.")
    for edge in edges:
        _check_single(entry, list(state.memlet_tree(edge).leaves()))
    _, inner = extract_map_dims(state.sdfg, entry, kept)
    return inner


def _ranges(entry: nodes.MapEntry) -> list[dace.subsets.Range]:
    return [dace.subsets.Range([bounds]) for bounds in entry.map.range.ranges]


def _check_single(entry: nodes.MapEntry, leaves: Sequence[Edge]) -> None:
    """Check that one element stays once the named parameters are fixed, before anything is changed."""
    first = leaves[0].data.subset
    if len(leaves) > 1 or first.num_elements() != 1:
        raise NotApplicableError(f"Map '{entry.map.label}' accumulates more than one element at a time; expand it.")


def _check_size(state: dace.SDFGState, entry: nodes.MapEntry, edge: Edge) -> None:
    shape = edge.data.subset.bounding_box_size()
    if any(getattr(size, "free_symbols", None) for size in shape):
        raise NotApplicableError(
            f"Map '{entry.map.label}' accumulates in {edge.data.subset} of '{edge.data.data}', whose size is unknown."
        )
    count = 1
    for size in shape:
        count *= int(size)
    if count * state.sdfg.arrays[edge.data.data].dtype.bytes > STACK_BYTES:
        raise NotApplicableError(f"Map '{entry.map.label}' accumulates in {count} elements, too many for the stack.")


def _redirect(state: dace.SDFGState, edge: Edge) -> None:
    entry, memlet = state.entry_node(edge.src), edge.data
    names, dtype = fresh_names(state.sdfg), state.sdfg.arrays[memlet.data].dtype
    origin = [begin for begin, _, _ in memlet.subset.ndrange()]
    shape = [int(size) for size in memlet.subset.bounding_box_size()]
    start = str(neutral(memlet.wcr, dtype))
    before = add_accumulators(state, state.entry_node(entry), shape, dtype, start, names)
    for inner in _inside(state.memlet_tree(edge)):
        inner.data.subset.offset(dace.subsets.Range([(o, o, 1) for o in origin]), True)
        inner.data.data = before.data
    state.remove_edge(edge)
    after = state.add_access(before.data)
    state.add_edge(edge.src, edge.src_conn, after, None, whole(state, before.data, memlet.wcr))
    state.add_nedge(before, entry, dace.Memlet())
    _write_back(state, after, edge, {next(names): (0, size) for size in shape})


def _inside(tree: MemletTree) -> list[Edge]:
    return [edge for child in tree.children for edge in (child.edge, *_inside(child))]


def _write_back(state: dace.SDFGState, after: nodes.AccessNode, edge: Edge, ranges: Ranges) -> None:
    """Add what was accumulated to the target, element by element: a copy would overwrite it."""
    memlet = edge.data
    if memlet.subset.num_elements() == 1:
        copied = add_copy(state)
        state.add_edge(after, None, copied, "__value", whole(state, after.data))
        state.add_edge(copied, "__result", edge.dst, edge.dst_conn, memlet)
        return
    origin = [begin for begin, _, _ in memlet.subset.ndrange()]
    index = ", ".join(symstr(begin + symbol(param)) for begin, param in zip(origin, ranges, strict=True))
    value = dace.Memlet(data=after.data, subset=", ".join(ranges))
    target = dace.Memlet(data=memlet.data, subset=index, wcr=memlet.wcr)
    around = whole(state, after.data)
    exit_ = add_copy_map(state, "write_back", ranges, (after, None), value, target, around)
    state.add_edge(exit_, "OUT_values", edge.dst, edge.dst_conn, memlet)
