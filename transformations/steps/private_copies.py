"""The step that gives parts of a parallel loop copies of their own of what they scatter values into."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
from dace import nodes
from dace.dtypes import AllocationLifetime, ScheduleType, StorageType
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.symbolic import int_ceil, symbol, sympy
from dace.transformation.dataflow import MapExpansion

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.accumulator import add_reset, whole
from dace_transfer.transformations.naming import fresh_names
from dace_transfer.transformations.neutral import neutral
from dace_transfer.transformations.private_reduction import Shape, expand_private, in_map
from dace_transfer.transformations.reduction import read_reduction
from dace_transfer.transformations.scatters import Scatter, make_nonatomic, scatters
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import outer_map_of, propagate_touched, rectangular_map_of, rewrite

_PARALLEL = (ScheduleType.Default, ScheduleType.CPU_Multicore)
_SERIAL = (ScheduleType.Default, ScheduleType.Sequential)


@dataclass(frozen=True)
class PrivateCopies:
    """Cuts a parallel loop that scatters into parts, each with a copy of its own of what it scatters into.

    Before: `map i in 0:N: count[bin(x[i])] += w[i]`, with one atomic addition per element

    After, with 8 copies:

        map c in 0:8:
            own[:] = 0                                      # the neutral element, by operation and type
            for i of part c: own[bin(x[i])] += w[i]         # sequentially
            copies[c, :] = own
        map k: count[k] += sum(copies[c, k] for c in 0:8)

    The number of parts does not depend on that of the threads, so that results do not either. Other than `accumulate`,
    this is for indices that name no parameter of the map: what is private is as large as all that is written, and
    there has to be one for each thread, not for each iteration of a loop around. In Halide: `rfactor` over the parts
    of a `split`; in TVM: `split` and `rfactor`. OpenMP calls it a `reduction` of an array section.

    Attributes:
        target: Parallel maps that are in no other map.
        copies: Parts of the iterations, which run in parallel.
    """

    name: ClassVar[str] = "private_copies"

    target: str = "maps"
    copies: int = 8

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Give the targets copies of what they scatter into; yields the maps over parts."""
        return for_each(targets, self._privatise, "gave parts of {count} maps copies of their own")

    def _privatise(self, handle: Handle) -> list[Handle]:
        state, entry = handle.state, rectangular_map_of(handle)
        found = self._check(state, entry)
        names = fresh_names(state.sdfg)
        part = next(names)
        inner = _cut(handle, part, self.copies)
        for scatter in found:
            _redirect(state, inner, scatter, (part, self.copies), names)
        outer = outer_map_of(state, inner)
        propagate_touched(state, [outer])
        return [Handle(state, outer)]

    def _check(self, state: dace.SDFGState, entry: nodes.MapEntry) -> list[Scatter]:
        label = entry.map.label
        if entry.map.schedule not in _PARALLEL or in_map(state, entry):
            raise NotApplicableError(f"Map '{label}' is not parallel, or in another map.")
        if self.copies < 2:
            raise NotApplicableError(f"Expected at least 2 copies, but got {self.copies}.")
        inside = state.scope_subgraph(entry, include_entry=False, include_exit=False)
        maps = [node.map for node, _ in inside.all_nodes_recursive() if isinstance(node, nodes.MapEntry)]
        if any(scope.schedule not in _SERIAL for scope in maps):
            raise NotApplicableError(f"Map '{label}' holds another parallel map.")
        found = scatters(state, entry)
        if not found:
            raise NotApplicableError(f"Map '{label}' folds nothing into places that its parameters do not tell.")
        for scatter in found:
            self._check_target(state, entry, scatter)
        return found

    def _check_target(self, state: dace.SDFGState, entry: nodes.MapEntry, scatter: Scatter) -> None:
        label, name, desc = entry.map.label, scatter.data, state.sdfg.arrays[scatter.data]
        if type(desc) is not dace.data.Array or any(offset != 0 for offset in desc.offset):
            raise NotApplicableError(f"Map '{label}' scatters into '{name}', which is no plain array.")
        if neutral(scatter.wcr, desc.dtype) is None:
            raise NotApplicableError(f"The neutral element of what map '{label}' folds into '{name}' is unknown.")
        at_most = sympy.prod([end - begin + 1 for begin, end, _ in entry.map.range.ranges])  # Steps make it fewer.
        if _is_negative(at_most - self.copies * desc.total_size):
            raise NotApplicableError(
                f"{self.copies} copies of '{name}' have more elements than map '{label}' has iterations."
            )


def _is_negative(size: Any) -> bool:
    """Tell whether a size is negative whatever its symbols, all of which are at least 1, are."""
    size = sympy.sympify(size)
    positive = {one: sympy.Symbol(one.name, integer=True, positive=True) for one in size.free_symbols}
    return bool(sympy.expand(size.xreplace(positive)).is_negative)


def _cut(handle: Handle, part: str, count: int) -> nodes.MapEntry:
    """Cut the first loop of a map into parts, with a map over these around it; return the map inside."""
    entry, state = handle.node, handle.state
    entry.map.params = [part, *entry.map.params]
    entry.map.range = dace.subsets.Range([(0, count - 1, 1), *entry.map.range.ranges])
    rewrite(MapExpansion, handle, {"expansion_limit": 1}, map_entry=entry)
    (inner,) = {edge.dst for edge in state.out_edges(entry)}
    begin, end, step = inner.map.range.ranges[0]
    share = step * int_ceil((end - begin + 1), step * count)
    first = begin + symbol(part) * share
    inner.map.range.ranges[0] = (first, sympy.Min(end, first + share - 1), step)
    return inner


def _redirect(
    state: dace.SDFGState, inner: nodes.MapEntry, scatter: Scatter, part: tuple[str, int], names: Iterator[str]
) -> None:
    """Let the map inside fold into an array of its part, which goes to the copies, and these to the target."""
    outer, desc = outer_map_of(state, inner), state.sdfg.arrays[scatter.data]
    exit_ = state.exit_node(outer)
    own, copies = _add_arrays(state.sdfg, scatter.data, part[1])
    before = add_reset(state, outer, own, str(neutral(scatter.wcr, desc.dtype)), names)
    state.add_nedge(before, inner, dace.Memlet())
    after, gathered, target = state.add_access(own), state.add_access(copies), scatter.node
    for edge in state.out_edges(state.exit_node(inner)):
        if edge.data.data == scatter.data:
            make_nonatomic(state, edge)
            _end_at(state, edge, after)
    one = whole(state, copies)
    one.subset.ranges[0] = (symbol(part[0]), symbol(part[0]), 1)
    state.add_memlet_path(after, exit_, gathered, memlet=one)
    fold = Reduce("fold_copies", scatter.wcr, [0], None)
    state.add_node(fold)
    state.add_edge(gathered, None, fold, None, whole(state, copies))
    state.add_edge(fold, None, target, None, whole(state, scatter.data))
    expand_private(read_reduction(state, fold), Shape())


def _end_at(state: dace.SDFGState, edge: Edge, node: nodes.AccessNode) -> None:
    """Let an edge from one exit to the next end at `node` instead, under whose name all that is below it writes."""
    tree, data = state.memlet_tree(edge), edge.data.data
    for below in tree.traverse_children(include_self=True):
        if below.edge.data.data == data:  # Edges of copies may be named after what they read.
            below.edge.data.data = node.data
    state.remove_edge(tree.parent.edge)
    state.remove_edge(edge)
    edge.dst.remove_in_connector(edge.dst_conn)
    edge.dst.remove_out_connector(tree.parent.edge.src_conn)
    state.add_edge(edge.src, edge.src_conn, node, None, edge.data)


def _add_arrays(sdfg: dace.SDFG, data: str, count: int) -> tuple[str, str]:
    """Add an array for one part, laid out as the target since nested SDFGs expect that, and one of all parts."""
    desc = copy.deepcopy(sdfg.arrays[data])
    desc.transient, desc.storage, desc.lifetime = True, StorageType.Default, AllocationLifetime.Scope
    own = sdfg.add_datadesc(f"own_{data}", desc, find_new_name=True)
    copies, _ = sdfg.add_transient(f"copies_{data}", (count, *desc.shape), desc.dtype, find_new_name=True)
    return own, copies
