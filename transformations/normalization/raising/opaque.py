"""Leave control-flow blocks as they are."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence

import dace
from dace import nodes
from dace.sdfg.state import (
    BreakBlock,
    ContinueBlock,
    ControlFlowBlock,
    ControlFlowRegion,
    LoopRegion,
    ReturnBlock,
)
from dace.sdfg.utils import get_view_edge

from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.views import defines_view, is_view
from dace_transfer.transformations.normalization.symbols import Link, assigned_inside, inside, unassigned
from dace_transfer.transformations.normalization.tree import Opaque
from dace_transfer.workload.blocks import split_state, states_of


def opaque(block: ControlFlowBlock, frame: Frame) -> Opaque:
    """Return a block that is left as it is.

    Raises:
        ValueError: It can only be left as it is together with what is around it.
    """
    _check_leaves(block)
    arrays = frame.sdfg.arrays
    mentioned = unassigned(block)
    names = mentioned - arrays.keys() - frame.sdfg.constants_prop.keys()
    lost = (names & frame.assigned.keys()) - frame.values.keys()
    lost |= assigned_inside(block) & frame.saved.keys()
    if lost or frame.nested:
        raise ValueError(f"Expected block '{block.label}' not to depend on {sorted(lost)}, assigned elsewhere.")
    values = {name: frame.values[name] for name in sorted(names & frame.values.keys())}
    if any(elements(value) for value in values.values()):
        raise ValueError(f"Expected block '{block.label}' not to use what is read from containers outside of it.")
    if values.keys() & _parameters(block):
        raise ValueError(f"Expected block '{block.label}' not to use names of the loops around it for its own.")
    reads, writes = _accesses(block)
    reads |= mentioned & arrays.keys()
    for name in sorted(reads | writes):
        if {str(symbol) for symbol in arrays[name].free_symbols} & values.keys():
            raise ValueError(f"Expected the shape of '{name}' not to depend on the loops around it.")
        frame.builder.keep(name, arrays[name])
    return Opaque(block, frozenset(reads), frozenset(writes), frozenset(names), values)


def opaque_part(state: dace.SDFGState, part: Iterable[nodes.Node], frame: Frame) -> Opaque:
    """Return a part of a state, whole top-level scopes and code nodes, that is left as it is.

    Raises:
        ValueError: The part is tied to other parts by more than containers.
    """
    inside = set(part)
    for edge in state.edges():
        ends = [node for node in (edge.src, edge.dst) if node not in inside]
        if len(ends) == 1 and not isinstance(ends[0], nodes.AccessNode) and not edge.data.is_empty():
            raise ValueError(f"Expected '{edge.src}' and '{edge.dst}' to be connected by a container.")
    scratch = _scratch(frame.sdfg)
    copied = copy.deepcopy(state)
    scratch.add_node(copied, is_start_block=True)
    same = dict(zip(state.nodes(), copied.nodes(), strict=True))
    (piece,) = split_state(copied, [[same[node] for node in inside]])
    return opaque(piece, frame)


def opaque_chain(links: Sequence[Link], frame: Frame) -> Opaque:
    """Return several blocks of a chain, with the assignments that lead to them, that are left as they are.

    Raises:
        ValueError: They can only be left as they are together with what is around them.
    """
    if len(links) == 1 and (links[0].edge is None or not links[0].edge.assignments):
        return opaque(links[0].block, frame)
    region = ControlFlowRegion(links[0].block.label + "_chain", _scratch(frame.sdfg))
    region.sdfg.add_node(region, is_start_block=True)
    last: ControlFlowBlock = region.add_state(links[0].block.label + "_start", is_start_block=True)
    for link in links:
        block = copy.deepcopy(link.block)
        region.add_node(block, ensure_unique_name=True)
        region.add_edge(last, block, copy.deepcopy(link.edge) if link.edge else dace.InterstateEdge())
        last = block
    region.reset_cfg_list()
    return opaque(region, frame)


def _scratch(sdfg: dace.SDFG) -> dace.SDFG:
    """An SDFG with the containers and symbols of another, to hold pieces of it."""
    result = dace.SDFG(sdfg.name)
    result.constants_prop = copy.deepcopy(sdfg.constants_prop)
    for name, descriptor in sdfg.arrays.items():
        result.add_datadesc(name, copy.deepcopy(descriptor))
    for name, kind in sdfg.symbols.items():
        if name not in result.symbols:
            result.add_symbol(name, kind)
    return result


def _check_leaves(block: ControlFlowBlock, in_loop: bool = False) -> None:
    """A block is left by its end, not by a jump to somewhere else."""
    jumps = isinstance(block, ReturnBlock) or (isinstance(block, (BreakBlock, ContinueBlock)) and not in_loop)
    if jumps:
        raise ValueError(f"Expected no jump out of its surroundings, but got '{block.label}'.")
    for inner in inside(block):
        _check_leaves(inner, in_loop or isinstance(block, LoopRegion))


def _parameters(block: ControlFlowBlock) -> set[str]:
    """The parameters of all maps of a block, and what it assigns."""
    found = assigned_inside(block)
    for state in states_of(block):
        for node in state.nodes():
            if isinstance(node, nodes.MapEntry):
                found |= {*map(str, node.map.params), *(n for n in node.in_connectors if not n.startswith("IN_"))}
    return found


def _accesses(block: ControlFlowBlock) -> tuple[set[str], set[str]]:
    """The containers that a block may read and may write, views and what they view both."""
    reads: set[str] = set()
    writes: set[str] = set()
    for state in states_of(block):
        for node in state.data_nodes():
            names = set(_behind(state, node))
            used = [e for e in state.all_edges(node) if not defines_view(state, e) and not e.data.is_empty()]
            written = [edge for edge in used if edge.dst is node]
            if is_view(state, node) or len(written) < len(used) or any(e.data.wcr is not None for e in written):
                reads |= names
            if written:
                writes |= names
    return reads, writes


def _behind(state: dace.SDFGState, node: nodes.AccessNode) -> Iterator[str]:
    """The container of a node, and if it is a view, all that it views."""
    seen: set[nodes.Node] = set()
    while isinstance(node, nodes.AccessNode) and node not in seen:
        yield node.root_data
        seen.add(node)
        edge = get_view_edge(state, node) if is_view(state, node) else None
        if edge is None:
            return
        path = state.memlet_path(edge)
        node = path[0].src if path[-1].dst is node else path[-1].dst
