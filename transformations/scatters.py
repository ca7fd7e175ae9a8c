"""What the iterations of a map fold into containers at places that they may share, also inside of nested SDFGs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import dace
from dace import nodes
from dace.frontend.operations import detect_reduction_type
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.symbolic import pystr_to_symbolic


@dataclass(frozen=True)
class Scatter:
    """A container that a map only folds values into.

    Attributes:
        data: The container.
        wcr: The conflict resolution of every write.
        node: What the map's exit leads to.
    """

    data: str
    wcr: str
    node: nodes.AccessNode


@dataclass(frozen=True)
class _Write:
    """An edge on which a tasklet or a copy writes, and the symbols outside that say where."""

    edge: Edge
    names: frozenset[str]


def scatters(state: dace.SDFGState, entry: nodes.MapEntry) -> list[Scatter]:
    """Return what a map folds into containers where some index is not told by the map's parameters.

    Containers that the map reads as well, or writes in another way too, are left out.
    """
    read = {edge.data.data for edge in state.in_edges(entry)}
    leaving = [edge for edge in state.out_edges(state.exit_node(entry)) if not edge.data.is_empty()]
    written = dict.fromkeys(edge.data.data for edge in leaving if edge.data.data not in read)
    found = (_scatter(state, entry, name, [e for e in leaving if e.data.data == name]) for name in written)
    return [scatter for scatter in found if scatter is not None]


def make_nonatomic(state: dace.SDFGState, edge: Edge) -> None:
    """Let everything that is written through `edge` be written without atomics, in nested SDFGs too."""
    for inner in state.memlet_tree(edge):
        inner.data.wcr_nonatomic = True
    for write in _writes(state, edge):
        write.edge.data.wcr_nonatomic = True


def _scatter(state: dace.SDFGState, entry: nodes.MapEntry, data: str, edges: list[Edge]) -> Scatter | None:
    if any(_reads_inside(state, edge) for edge in edges) or len({edge.dst for edge in edges}) > 1:
        return None
    writes = [write for edge in edges for write in _writes(state, edge)]
    kinds = {detect_reduction_type(write.edge.data.wcr) if write.edge.data.wcr else None for write in writes}
    if len(kinds) != 1 or None in kinds:
        return None
    if all(write.names & set(entry.map.params) for write in writes):
        return None
    return Scatter(data, writes[0].edge.data.wcr, edges[0].dst)


def _nested(state: dace.SDFGState, edge: Edge) -> Iterator[tuple[nodes.NestedSDFG, str]]:
    for leaf in state.memlet_tree(edge).leaves():
        if isinstance(leaf.src, nodes.NestedSDFG):
            yield leaf.src, leaf.src_conn


def _accesses(sdfg: dace.SDFG, name: str) -> Iterator[tuple[dace.SDFGState, nodes.AccessNode]]:
    for state in sdfg.states():
        yield from ((state, node) for node in state.data_nodes() if node.data == name)


def _writes(state: dace.SDFGState, edge: Edge) -> Iterator[_Write]:
    for leaf in state.memlet_tree(edge).leaves():
        if not isinstance(leaf.src, nodes.NestedSDFG):
            yield _Write(leaf, frozenset(map(str, leaf.data.free_symbols)))
            continue
        for inner, node in _accesses(leaf.src.sdfg, leaf.src_conn):
            for write in (write for edge in inner.in_edges(node) for write in _writes(inner, edge)):
                yield _Write(write.edge, frozenset(_outside(leaf.src, write.names)))


def _outside(nested: nodes.NestedSDFG, names: frozenset[str]) -> Iterator[str]:
    """Yield the symbols around a nested SDFG that the values of symbols in it are computed from."""
    for name in names & set(nested.symbol_mapping):
        yield from map(str, pystr_to_symbolic(nested.symbol_mapping[name]).free_symbols)


def _reads_inside(state: dace.SDFGState, edge: Edge) -> bool:
    return any(_is_read(nested.sdfg, name) for nested, name in _nested(state, edge))


def _is_read(sdfg: dace.SDFG, name: str) -> bool:
    """Tell whether a nested SDFG reads a container that it writes, be it in what controls it."""
    if any(name in edge.data.free_symbols for edge in sdfg.all_interstate_edges()):
        return True
    codes = (code for region in sdfg.all_control_flow_regions() for code in region.get_meta_codeblocks())
    if any(name in code.get_free_symbols() for code in codes):
        return True
    accesses = list(_accesses(sdfg, name))
    if any(state.out_degree(node) for state, node in accesses):
        return True
    return any(_reads_inside(state, edge) for state, node in accesses for edge in state.in_edges(node))
