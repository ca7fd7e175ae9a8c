"""Nest one control-flow block in place, and split a state into a chain of smaller states."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator

import dace
from dace import data, nodes, symbolic
from dace.sdfg.graph import MultiConnectorEdge
from dace.sdfg.state import ControlFlowBlock, ControlFlowRegion, LoopRegion
from dace.sdfg.utils import get_view_edge

from dace_transfer.errors import WorkloadError


def states_of(block: ControlFlowBlock) -> Iterator[dace.SDFGState]:
    """Every state of a block, the block itself included when it is one."""
    if isinstance(block, dace.SDFGState):
        yield block
    else:
        yield from (inner for inner in block.all_control_flow_blocks() if isinstance(inner, dace.SDFGState))


def nest_block(block: ControlFlowBlock, label: str) -> nodes.NestedSDFG:
    """Replace a block by a state that holds it as a NestedSDFG node.

    Before: `region { ...; block; ... }`, after: `region { ...; state { label[block] }; ... }`.

    Containers only the block touches move into the nested SDFG; all others become its arguments, whole.

    Raises:
        WorkloadError: The block assigns symbols the rest of the program reads. Nothing was changed.
    """
    region, sdfg = block.parent_graph, block.sdfg
    _refuse_escaping_symbols(block, sdfg)
    reads, writes = _accesses(block)
    used = reads | writes
    private = {name for name in used if _is_private(name, block, sdfg)}
    symbols = block.used_symbols(all_symbols=True) | _descriptor_symbols(used, sdfg)

    inner = dace.SDFG(label)
    inner.constants_prop = copy.deepcopy(sdfg.constants_prop)
    for name in sorted(used):
        descriptor = copy.deepcopy(sdfg.arrays[name])
        descriptor.transient = name in private
        if name not in private:
            descriptor.lifetime = dace.dtypes.AllocationLifetime.Scope
        inner.add_datadesc(name, descriptor)
    free = sorted(
        str(name) for name in symbols if str(name) not in sdfg.arrays and str(name) not in sdfg.constants_prop
    )
    for name in free:
        if name in sdfg.symbols and name not in inner.symbols:
            inner.add_symbol(name, sdfg.symbols[name])

    state = region.add_state(f"{label}_state", is_start_block=block is region.start_block)
    for edge in region.in_edges(block):
        region.add_edge(edge.src, state, edge.data)
    for edge in region.out_edges(block):
        region.add_edge(state, edge.dst, edge.data)
    region.remove_node(block)
    inner.add_node(block, is_start_block=True)
    _adopt(block, inner)
    for name in private - _named_anywhere(sdfg):
        sdfg.remove_data(name, validate=False)

    shared = used - private
    known = inner.free_symbols
    node = state.add_nested_sdfg(
        inner,
        sorted(shared & reads),
        sorted(shared & writes),
        {name: name for name in free if name in {str(symbol) for symbol in known}},
        name=label,
    )
    node.label = label
    for name in sorted(shared & reads):
        state.add_edge(state.add_read(name), None, node, name, _whole(name, sdfg))
    for name in sorted(shared & writes):
        state.add_edge(node, name, state.add_write(name), None, _whole(name, sdfg))
    return node


def split_state(state: dace.SDFGState, parts: Collection[Collection[nodes.Node]]) -> list[dace.SDFGState]:
    """Replace a state by a chain of states, one for each part, in the order given.

    Parts are unions of whole top-level scopes and code nodes, in an order that respects the dataflow. Access
    nodes between parts are repeated on both sides, so that containers carry the data from state to state.
    """
    region = state.parent_graph
    chain: list[dace.SDFGState] = []
    for index, part in enumerate(parts):
        piece = region.add_state(f"{state.label}_{index}", is_start_block=index == 0 and state is region.start_block)
        _copy_part(state, set(part), piece)
        if chain:
            region.add_edge(chain[-1], piece, dace.InterstateEdge())
        chain.append(piece)
    for edge in region.in_edges(state):
        region.add_edge(edge.src, chain[0], edge.data)
    for edge in region.out_edges(state):
        region.add_edge(chain[-1], edge.dst, edge.data)
    region.remove_node(state)
    return chain


def _copy_part(state: dace.SDFGState, part: set[nodes.Node], piece: dace.SDFGState) -> None:
    placed = {node: node for node in part} | {
        node: nodes.AccessNode(node.data)
        for edge in _edges_of(state, part)
        for node in (edge.src, edge.dst)
        if node not in part
    }
    piece.add_nodes_from(placed.values())
    for edge in _edges_of(state, part):
        piece.add_edge(placed[edge.src], edge.src_conn, placed[edge.dst], edge.dst_conn, copy.deepcopy(edge.data))


def _edges_of(state: dace.SDFGState, part: set[nodes.Node]) -> list[MultiConnectorEdge[dace.Memlet]]:
    """The edges of a part: its own, those to containers around it, and those that tie views to what they view."""
    edges: list[MultiConnectorEdge[dace.Memlet]] = []
    for edge in state.edges():
        outside = [node for node in (edge.src, edge.dst) if node not in part]
        if len(outside) == 2 or not all(isinstance(node, nodes.AccessNode) for node in outside):
            continue  # Elsewhere, or an ordering edge between parts: the chain of states keeps the order.
        edges.append(edge)
        for node in outside:
            edges += _view_chain(state, node)
    return list({id(edge): edge for edge in edges}.values())


def _view_chain(state: dace.SDFGState, node: nodes.AccessNode) -> list[MultiConnectorEdge[dace.Memlet]]:
    chain: list[MultiConnectorEdge[dace.Memlet]] = []
    while isinstance(state.sdfg.arrays[node.data], data.View) and (edge := get_view_edge(state, node)) is not None:
        chain.append(edge)
        node = edge.src if edge.dst is node else edge.dst
    return chain


def _whole(name: str, sdfg: dace.SDFG) -> dace.Memlet:
    return dace.Memlet.from_array(name, sdfg.arrays[name])


def _adopt(block: ControlFlowBlock, sdfg: dace.SDFG) -> None:
    """Point a moved block, and the nested SDFGs directly inside it, at its new SDFG."""
    blocks = [block]
    if isinstance(block, ControlFlowRegion) or not isinstance(block, dace.SDFGState):
        blocks += [inner for inner in block.all_control_flow_blocks()]
        blocks += [inner for inner in block.all_control_flow_regions()]
    for inner in blocks:
        inner.sdfg = sdfg
    for state in states_of(block):
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                node.sdfg.parent_sdfg = sdfg


def _accesses(block: ControlFlowBlock) -> tuple[set[str], set[str]]:
    reads, writes = set(), set()
    for state in states_of(block):
        for node in state.data_nodes():
            if state.out_degree(node):
                reads.add(node.root_data)
            if state.in_degree(node):
                writes.add(node.root_data)
    names = {str(name) for name in block.used_symbols(all_symbols=True)}
    return reads | (names & block.sdfg.arrays.keys()), writes


def _descriptor_symbols(names: Collection[str], sdfg: dace.SDFG) -> set[str]:
    return {str(symbol) for name in names for symbol in sdfg.arrays[name].free_symbols}


def _is_private(name: str, block: ControlFlowBlock, sdfg: dace.SDFG) -> bool:
    """Whether no value of a transient enters or leaves the block."""
    descriptor = sdfg.arrays[name]
    if isinstance(descriptor, (data.View, data.Reference)):
        return True
    if not descriptor.transient:
        return False
    inside = set(states_of(block))
    if any(node.root_data == name for s in sdfg.states() if s not in inside for node in s.data_nodes()):
        return False
    if _named_outside(name, block, sdfg):
        return False
    return not _in_loop(block) or _written_before_read(name, block, descriptor)


def _named_outside(name: str, block: ControlFlowBlock, sdfg: dace.SDFG) -> bool:
    inside = {id(edge) for edge in block.all_interstate_edges()} if not isinstance(block, dace.SDFGState) else set()
    return any(name in e.data.free_symbols for e in sdfg.all_interstate_edges() if id(e) not in inside)


def _named_anywhere(sdfg: dace.SDFG) -> set[str]:
    names = {node.root_data for state in sdfg.states() for node in state.data_nodes()}
    return names | {str(name) for edge in sdfg.all_interstate_edges() for name in edge.data.free_symbols}


def _in_loop(block: ControlFlowBlock) -> bool:
    region = block.parent_graph
    while not isinstance(region, dace.SDFG):
        if isinstance(region, LoopRegion):
            return True
        region = region.parent_graph
    return False


def _written_before_read(name: str, block: ControlFlowBlock, descriptor: data.Data) -> bool:
    """Whether each state that reads a container first writes all of it; conservative, so often False."""
    for state in states_of(block):
        for node in state.data_nodes():
            if node.root_data != name or not state.out_degree(node):
                continue
            volumes = [e.data.subset for e in state.in_edges(node) if not e.data.is_empty() and e.data.wcr is None]
            whole = dace.subsets.Range.from_array(descriptor)
            if not any(subset is not None and subset.covers(whole) for subset in volumes):
                return False
    return True


def _refuse_escaping_symbols(block: ControlFlowBlock, sdfg: dace.SDFG) -> None:
    if isinstance(block, dace.SDFGState):
        return
    inside = list(block.all_interstate_edges())
    assigned = {name for edge in inside for name in edge.data.assignments}
    inner = {id(b) for b in block.all_control_flow_blocks()} | {id(block)}
    read: set[str] = set()
    for edge in sdfg.all_interstate_edges():
        if not any(edge is own for own in inside):
            read |= {str(symbol) for symbol in edge.data.free_symbols}
    for other in sdfg.all_control_flow_blocks():
        if id(other) not in inner and not _holds(other, block):
            read |= {str(symbol) for symbol in other.free_symbols}
    if assigned & read:
        names = ", ".join(sorted(assigned & read))
        raise WorkloadError(f"Block '{block.label}' assigns {names}, which the rest of the program reads.")


def _holds(outer: ControlFlowBlock, inner: ControlFlowBlock) -> bool:
    region = inner.parent_graph
    while region is not None and not isinstance(region, dace.SDFG):
        if region is outer:
            return True
        region = region.parent_graph
    return False


def value_of(expression: object, sizes: dict[str, int]) -> int | None:
    """The integer an expression has at the given sizes, or None when it depends on something else."""
    try:
        return int(symbolic.evaluate(symbolic.pystr_to_symbolic(str(expression)), sizes))
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
