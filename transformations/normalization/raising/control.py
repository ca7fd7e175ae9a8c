"""Read control flow: chains of blocks, loops, and what is left as it is."""

from __future__ import annotations

import ast
import itertools
import logging
from typing import Any

import dace
from dace import nodes
from dace.sdfg.state import (
    BreakBlock,
    ConditionalBlock,
    ContinueBlock,
    ControlFlowBlock,
    ControlFlowRegion,
    LoopRegion,
)

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.raising.boxes import counted
from dace_transfer.transformations.normalization.raising.branches import read_branches
from dace_transfer.transformations.normalization.raising.conditions import at_most, split_points
from dace_transfer.transformations.normalization.raising.dataflow import Body, Piece, StateReader
from dace_transfer.transformations.normalization.raising.frame import Frame, is_integer
from dace_transfer.transformations.normalization.raising.nested import frame_inside
from dace_transfer.transformations.normalization.raising.opaque import opaque, opaque_chain, opaque_part
from dace_transfer.transformations.normalization.raising.values import read_values
from dace_transfer.transformations.normalization.symbols import (
    Link,
    assigned_inside,
    chain_of,
    names_of,
    unassigned,
)
from dace_transfer.transformations.normalization.terms import Range
from dace_transfer.transformations.normalization.tree import Node, Opaque, nest
from dace_transfer.transformations.normalization.tree import nodes as tree_nodes

_MOST_SPLITS = 2
_LOG = logging.getLogger(__name__)


def read_region(region: ControlFlowRegion, frame: Frame) -> Body:
    """Return what the blocks of a region compute.

    Before: `{i = 2 * k; B[i] = A[i]}`, after: `B[2 * k] = A[2 * k]`. Blocks that depend on what was read from
    containers, such as `{c = columns[k]; y[k] = x[c]}`, are left as they are, together.

    Raises:
        ValueError: The blocks are no chain, or what is left as it is depends on what surrounds it.
    """
    links = chain_of(region)
    spans = _spans(links, frame)
    body: list[Node] = []
    position = 0
    while position < len(links):
        end = spans.get(position, position)
        if end > position:
            body += _span(links[position:end], frame)
        for link in links[position : max(end, position + 1)]:
            frame = frame.with_values(_readable(link, frame))
        if end == position:
            body += read_block(links[position].block, frame)
        position = max(end, position + 1)
    return tuple(body)


def _span(links: list[Link], frame: Frame) -> Body:
    shared = {name for link in links for name in _defined(link, frame)}
    shared &= {name for link in links for name in unassigned(link.block) | _read_on(link)}
    looked_up = _looked_up(links, frame)
    ways = [(shared - looked_up, _integers)] if looked_up else []
    for scalars, known in [*ways, (shared, _readable)]:
        try:
            with frame.builder.attempt():
                return read_values(links, scalars, frame, known, read_block)
        except (ValueError, NotApplicableError) as error:
            _LOG.debug("'%s' is left as it is with what follows: %s", links[0].block.label, error)
    return (opaque_chain(links, frame),)


def _looked_up(links: list[Link], frame: Frame) -> set[str]:
    """The symbols assigned in a part of a chain that stand for elements of arrays which are never written."""
    found: set[str] = set()
    for link in links:
        known = _integers(link, frame)
        found |= {name for name, value in known.items() if elements(value)}
        frame = frame.with_values(known)
    return found


def _defined(link: Link, frame: Frame) -> set[str]:
    """What is assigned on the way to a block and in it that cannot be replaced."""
    edge = set(link.edge.assignments) if link.edge is not None else set()
    return (edge - _readable(link, frame).keys()) | assigned_inside(link.block)


def _readable(link: Link, frame: Frame) -> dict[str, Affine]:
    """The symbols assigned on the way to a block that stand for sizes and loop variables alone."""
    return {name: value for name, value in _integers(link, frame).items() if not elements(value)}


def _integers(link: Link, frame: Frame) -> dict[str, Affine]:
    """The symbols assigned on the way to a block that are affine, and assigned nowhere else."""
    found: dict[str, Affine] = {}
    assignments = link.edge.assignments if link.edge is not None else {}
    for name, value in assignments.items():
        whole = is_integer(frame.sdfg.symbols.get(name, dace.int64))
        if frame.assigned[name] != 1 or not whole or name in frame.values or names_of(value) & assignments.keys():
            continue
        try:
            found[name] = frame.affine(value)
        except ValueError:
            continue
    return found


def _spans(links: list[Link], frame: Frame) -> dict[int, int]:
    """Where the parts of a chain begin and end that share symbols which cannot be replaced by what they stand for."""
    defined: list[set[str]] = []
    for link in links:
        defined.append(_defined(link, frame))
        frame = frame.with_values(_readable(link, frame))
    if not any(defined):
        return {}
    used = [unassigned(link.block) | _read_on(link) for link in links]
    spans: list[tuple[int, int]] = []
    for place, names in enumerate(defined):
        users = [user for user, read in enumerate(used) if read & names]
        if users or names & frame.saved.keys():
            spans.append((min([place, *users]), max([place, *users]) + 1))
    return _merged(spans)


def _read_on(link: Link) -> set[str]:
    values = link.edge.assignments.values() if link.edge is not None else ()
    return {name for value in values for name in names_of(value)}


def _merged(spans: list[tuple[int, int]]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for start, end in sorted(spans):
        last = max(merged, default=None)
        if last is not None and start < merged[last]:
            merged[last] = max(end, merged[last])
        else:
            merged[start] = end
    return merged


def read_block(block: ControlFlowBlock, frame: Frame) -> Body:
    """Return what a block computes; the block itself where that cannot be read.

    Raises:
        ValueError: It cannot be left as it is either: it is in a nested SDFG, or depends on what is around it.
    """
    try:
        with frame.builder.attempt():
            return _read(block, frame)
    except (ValueError, NotApplicableError) as error:
        if frame.nested:
            raise
        _LOG.debug("'%s' is left as it is: %s", block.label, error)
        return (opaque(block, frame),)


def _read(block: ControlFlowBlock, frame: Frame) -> Body:
    if isinstance(block, dace.SDFGState):
        return _state(block, frame)
    if isinstance(block, LoopRegion):
        return _loop(block, frame)
    if isinstance(block, ConditionalBlock):
        return read_branches(block, frame, read_region)
    if type(block) is ControlFlowRegion:
        return read_region(block, frame)
    raise ValueError(f"Expected states, loops and conditions, but got a {type(block).__name__}.")


def _state(state: dace.SDFGState, frame: Frame) -> Body:
    pieces = StateReader(state, _nested).pieces(frame)
    bad = [piece for piece in pieces if piece.body is None]
    if bad and (frame.nested or not all(piece.nodes for piece in bad)):
        raise ValueError(bad[0].why)
    body: list[Node] = []
    for unreadable, group in itertools.groupby(pieces, lambda piece: piece.body is None):
        run = list(group)
        body += [_left(state, run, frame)] if unreadable else [node for piece in run for node in piece.body or ()]
    return tuple(body)


def _left(state: dace.SDFGState, pieces: list[Piece], frame: Frame) -> Opaque:
    _LOG.debug("A part of '%s' is left as it is: %s", state.label, pieces[0].why)
    return opaque_part(state, [node for piece in pieces for node in piece.nodes], frame)


def _nested(state: dace.SDFGState, node: nodes.NestedSDFG, frame: Frame) -> Body:
    return read_region(node.sdfg, frame_inside(state, node, frame))


def _loop(loop: LoopRegion, frame: Frame) -> Body:
    """Before: `i = N - 1; while i >= 0: ...; i = i - 2`, after: `for k in range(0, (N + 1) / 2): ... N - 1 - 2 * k`."""
    name = loop.loop_variable
    if not name or loop.inverted or name in set().union(*(assigned_inside(block) for block in loop.nodes())):
        raise ValueError(f"Expected loop '{loop.label}' to count with a variable of its own.")
    if name in frame.saved or name in {assigned for edge in loop.edges() for assigned in edge.data.assignments}:
        raise ValueError(f"Expected loop '{loop.label}' not to change its variable.")
    if any(isinstance(block, (BreakBlock, ContinueBlock)) for block in loop.nodes()):
        raise ValueError(f"Expected loop '{loop.label}' to be left only by its condition.")
    itself = frame.with_values({name: variable(name)})
    begin = frame.affine(_assigned(loop.init_statement, name))
    step = itself.affine(_assigned(loop.update_statement, name)) - variable(name)
    if not step.is_constant or step.constant == 0:
        raise ValueError(f"Expected loop '{loop.label}' to have a constant step.")
    end = _end(loop, itself, step.constant)
    counter, value = counted(frame.builder.names.fresh(name), begin, end, step.constant)
    return _pieces(loop, counter, value, frame, _MOST_SPLITS)


def _pieces(loop: LoopRegion, counter: Range, value: Affine, frame: Frame, most: int) -> Body:
    """Before: `for j in range(0, N): if j < i: ...`, after: `for j in range(0, i): ...`.

    What is in a loop beside conditions would be there twice, so that such a loop is only split where that gets rid of
    what is left as it is.
    """
    inner = frame.inside(counter, {loop.loop_variable: value})
    points = split_points(loop, counter, inner) if most else []
    if not points or not _is_conditional(loop):
        whole = nest([counter], read_region(loop, inner), False)
        if not points or not _has_opaque(whole):
            return whole
    for point in points:
        body = _split(loop, counter, value, point, frame, most - 1)
        if body is not None and (_is_conditional(loop) or not _has_opaque(body)):
            return body
    return nest([counter], read_region(loop, inner), False)


def _is_conditional(region: ControlFlowRegion) -> bool:
    """Whether there is nothing but a condition in a region, or loops with nothing else in them."""
    blocks = [block for block in region.nodes() if not (isinstance(block, dace.SDFGState) and block.is_empty())]
    if len(blocks) != 1 or isinstance(blocks[0], ConditionalBlock):
        return len(blocks) == 1
    return isinstance(blocks[0], LoopRegion) and _is_conditional(blocks[0])


def _has_opaque(body: Body) -> bool:
    return any(isinstance(node, Opaque) for node in tree_nodes(body))


def _split(loop: LoopRegion, counter: Range, value: Affine, point: Affine, frame: Frame, most: int) -> Body | None:
    """A loop as two, where that is right: each may be empty, but must not go beyond the bounds of the whole."""
    after, before = at_most(counter.begin, point, frame), at_most(point, counter.end, frame)
    if not ((after or before) if _is_conditional(loop) else (after and before)):
        return None
    result: list[Node] = []
    for begin, end, inside in ((counter.begin, point, before), (point, counter.end, after)):
        part = Range(frame.builder.names.fresh(loop.loop_variable), begin, end)
        renamed = value.substitute({counter.variable: variable(part.variable)})
        body = _pieces(loop, part, renamed, frame, most)
        if body and not inside:
            return None
        result += body
    return tuple(result)


def _assigned(code: Any, name: str) -> str:
    """The right-hand side of a statement that assigns one name and does nothing else."""
    lines = code.code if code is not None else []
    if len(lines) != 1 or not isinstance(lines[0], ast.Assign):
        raise ValueError(f"Expected one assignment to '{name}', but got '{code}'.")
    targets = [target.id for target in lines[0].targets if isinstance(target, ast.Name)]
    if targets != [name] or len(lines[0].targets) != 1:
        raise ValueError(f"Expected one assignment to '{name}', but got '{code}'.")
    return ast.unparse(lines[0].value)


def _end(loop: LoopRegion, itself: Frame, step: int) -> Affine:
    """The first value, in the direction of the step, for which the loop's condition does not hold."""
    code = loop.loop_condition.code
    test = code[0].value if isinstance(code, list) and len(code) == 1 and isinstance(code[0], ast.Expr) else None
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or type(test.ops[0]) not in _SIGNS:
        raise ValueError(f"Expected loop '{loop.label}' to compare its variable with a bound.")
    sign, strict = _SIGNS[type(test.ops[0])]
    difference = itself.bound(ast.unparse(test.left)) - itself.bound(ast.unparse(test.comparators[0]))
    factor = difference.coefficient(loop.loop_variable) * sign  # The condition is `difference * sign < 0`.
    bound = variable(loop.loop_variable) - difference * (factor * sign)
    if abs(factor) != 1 or loop.loop_variable in bound.words or (factor > 0) != (step > 0):
        raise ValueError(f"Expected loop '{loop.label}' to count towards its bound.")
    return bound if strict else bound + factor


_SIGNS = {ast.Lt: (1, True), ast.LtE: (1, False), ast.Gt: (-1, True), ast.GtE: (-1, False)}
