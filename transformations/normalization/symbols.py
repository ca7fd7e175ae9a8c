"""Which symbols blocks read and assign."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dace
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion, LoopRegion


@dataclass(frozen=True)
class Link:
    """A block in a chain, and the edge that leads to it; None for the first."""

    edge: dace.InterstateEdge | None
    block: ControlFlowBlock


def chain_of(region: ControlFlowRegion) -> list[Link]:
    """Return the blocks of a region in the order in which they are executed.

    Raises:
        ValueError: They are no chain.
    """
    links = [Link(None, region.start_block)]
    while edges := region.out_edges(links[-1].block):
        straight = len(edges) == 1 and edges[0].data.is_unconditional() and len(links) < region.number_of_nodes()
        if not straight:
            break
        links.append(Link(edges[0].data, edges[0].dst))
    if edges or len(links) != region.number_of_nodes() or region.in_edges(region.start_block):
        raise ValueError(f"Expected the blocks of '{region.label}' to follow one another.")
    return links


def inside(block: ControlFlowBlock) -> list[ControlFlowBlock]:
    """Return the blocks directly in a block."""
    if isinstance(block, ConditionalBlock):
        return [body for _, body in block.branches]
    return list(block.nodes()) if isinstance(block, ControlFlowRegion) else []


def unassigned(block: ControlFlowBlock) -> set[str]:
    """Return all names, those of containers as well, that a block may read before it assigns them itself.

    Raises:
        ValueError: Its conditions or assignments are no Python.
    """
    if isinstance(block, dace.SDFGState):
        return {str(name) for name in block.free_symbols}
    if isinstance(block, LoopRegion):
        return _unassigned_in_loop(block)
    if isinstance(block, ConditionalBlock):
        names = {name for condition, _ in block.branches if condition is not None for name in _read_by(condition.code)}
        return names | {name for _, body in block.branches for name in unassigned(body)}
    return _unassigned_in_region(block) if isinstance(block, ControlFlowRegion) else set()


def _unassigned_in_loop(loop: LoopRegion) -> set[str]:
    codes = [code.code for code in (loop.loop_condition, loop.update_statement) if code is not None]
    names = {name for code in codes for name in _read_by(code)} | _unassigned_in_region(loop)
    if loop.init_statement is None:
        return names
    return names - {loop.loop_variable} | set(_read_by(loop.init_statement.code))


def _unassigned_in_region(region: ControlFlowRegion) -> set[str]:
    try:
        links = chain_of(region)
    except ValueError:
        edges = [edge.data for edge in region.edges()]
        found = {name for edge in edges for name in (*_read_on(edge), *_read_by(edge.condition.code))}
        return found.union(*(unassigned(block) for block in region.nodes()))
    found = set()
    assigned: set[str] = set()
    for link in links:
        if link.edge is not None:
            found |= set(_read_on(link.edge)) - assigned
            assigned |= {str(name) for name in link.edge.assignments}
        found |= unassigned(link.block) - assigned
        assigned |= _surely_assigned(link.block)
    return found


def _surely_assigned(block: ControlFlowBlock) -> set[str]:
    """The symbols that were assigned when a block ends, whichever way it took."""
    if isinstance(block, LoopRegion):
        return {block.loop_variable} if block.init_statement is not None else set()
    if isinstance(block, ConditionalBlock):
        if all(condition is not None for condition, _ in block.branches):
            return set()
        return set.intersection(*(_surely_assigned(body) for _, body in block.branches))
    if not isinstance(block, ControlFlowRegion):
        return set()
    try:
        links = chain_of(block)
    except ValueError:
        return set()
    edges = (set(link.edge.assignments) for link in links if link.edge is not None)
    return set().union(*edges, *(_surely_assigned(link.block) for link in links))


def _read_on(edge: dace.InterstateEdge) -> Iterator[str]:
    return (name for value in edge.assignments.values() for name in names_of(value))


def names_of(expression: Any) -> set[str]:
    """Return the names that an expression in Python reads, those of functions left out.

    Raises:
        ValueError: It is no Python.
    """
    return set(_read_by(str(expression)))


def _read_by(code: Any) -> Iterator[str]:
    try:
        trees = [ast.parse(code)] if isinstance(code, str) else list(code)
    except SyntaxError as error:
        raise ValueError(f"Expected Python, but got '{code}'.") from error
    found = [node for tree in trees for node in ast.walk(tree)]
    skipped = {id(node.func) for node in found if isinstance(node, ast.Call)}
    skipped |= {id(target) for node in found if isinstance(node, ast.Assign) for target in node.targets}
    yield from (node.id for node in found if isinstance(node, ast.Name) and id(node) not in skipped)


def mentioned_outside(block: ControlFlowRegion, sdfg: dace.SDFG) -> set[str]:
    """Return the names that control flow and access nodes of an SDFG mention outside of one of its blocks.

    Raises:
        ValueError: Conditions or assignments are no Python.
    """
    blocks = {id(inner) for inner in block.all_control_flow_blocks()} | {id(block)}
    edges = {id(edge) for edge in block.all_interstate_edges()}
    found: set[str] = set()
    for other in (other for other in sdfg.all_control_flow_blocks() if id(other) not in blocks):
        if isinstance(other, dace.SDFGState):
            found |= {node.data for node in other.data_nodes()}
        elif isinstance(other, ControlFlowRegion):
            codes = [code.code for code in other.get_meta_codeblocks()]
            found |= {name for code in codes for name in _read_by(code)}
    for edge in (edge.data for edge in sdfg.all_interstate_edges() if id(edge) not in edges):
        found |= {*_read_on(edge), *_read_by(edge.condition.code)}
    return found


def assigned_inside(block: ControlFlowBlock) -> set[str]:
    """Return the symbols that are assigned inside of a block, loop variables included."""
    if isinstance(block, dace.SDFGState):
        return set()
    own = {block.loop_variable} if isinstance(block, LoopRegion) else set()
    edges = block.edges() if isinstance(block, ControlFlowRegion) else []
    own |= {str(name) for edge in edges for name in edge.data.assignments}
    return own.union(*(assigned_inside(inner) for inner in inside(block)))
