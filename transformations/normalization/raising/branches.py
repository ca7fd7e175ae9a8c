"""Read conditional blocks as statements that leave elements as they are where a condition does not hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dace
import numpy as np
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.python_terms import term_of
from dace_transfer.transformations.normalization.raising.frame import Frame, dimensions, is_integer
from dace_transfer.transformations.normalization.raising.harmless import check_harmless, check_harmless_term
from dace_transfer.transformations.normalization.raising.opaque import Link, assigned_inside, names_of
from dace_transfer.transformations.normalization.raising.tasklets import check_pure
from dace_transfer.transformations.normalization.terms import Call, Index, Range, Read, Term, reads, walk
from dace_transfer.transformations.normalization.tree import Loop, Node, Opaque, Statement, nodes, statements
from dace_transfer.transformations.normalization.types import type_of

Body = tuple[Node, ...]


def read_branches(
    block: ConditionalBlock, frame: Frame, read_region: Callable[[ControlFlowRegion, Frame], Body]
) -> Body:
    """Return what a conditional block computes.

    Before: `if A[i] > 0: B[i] = 1`; after: `B[i] = select(A[i] > 0, 1, B[i])`. Everything is computed whether the
    condition holds or not, so that must do no harm. Writes become writes of all iterations of the loops around, which
    therefore have to be shown to be independent anew.

    Raises:
        ValueError: It has parts that cannot be read, or that may only be executed where the condition holds.
    """
    conditions: list[Term] = []
    bodies: list[Body] = []
    private: list[set[str]] = []
    for code, region in block.branches:
        conditions += [_condition(code.code, frame)] if code is not None else []
        known = set(frame.builder.containers)
        bodies.append(read_region(region, frame))
        check_harmless(bodies[-1], frame)
        private.append(_private(bodies[-1], region, known, frame))
    _check_conditions(conditions, frame)
    frame.builder.folds += 1
    joined = _joined(conditions, bodies, private, frame)
    return joined if joined is not None else _in_turn(conditions, bodies, private, frame)


def read_values(
    links: Sequence[Link],
    frame: Frame,
    readable: Callable[[Link, Frame], Mapping[str, Affine]],
    read_block: Callable[[ControlFlowBlock, Frame], Body],
) -> Body:
    """Return what the blocks of a chain compute, with the values of containers that are assigned between them.

    Before: `a = A[i]; if a > 0: ...`; after: `value = A[i]; ... select(value > 0, ...)`.

    Raises:
        ValueError: A value is used for anything else than to compute with it.
    """
    body: list[Node] = []
    for link in links:
        known = readable(link, frame)
        saved = _saved(link, known, frame)
        body += saved.values()
        frame = frame.with_values(known)
        both = {**frame.saved, **{name: statement.target for name, statement in saved.items()}}
        changed = assigned_inside(link.block) | known.keys()
        frame = replace(frame, saved={name: value for name, value in both.items() if name not in changed})
        body += read_block(link.block, frame)
    return tuple(body)


def _saved(link: Link, known: Mapping[str, Affine], frame: Frame) -> dict[str, Statement]:
    assignments = link.edge.assignments if link.edge is not None else {}
    result: dict[str, Statement] = {}
    for name, text in assignments.items():
        if name in known:
            continue
        if names_of(text) & assignments.keys():
            raise ValueError(f"Expected '{name}' not to depend on what is assigned at the same time.")
        value = _expression(ast.parse(str(text), mode="eval").body, frame)
        kind = _type_of_symbol(name, value, frame)
        result[name] = Statement(frame.builder.add_scalar("value", kind), value)
    return result


def _type_of_symbol(name: str, value: Term, frame: Frame) -> dace.typeclass:
    own, kind = frame.sdfg.symbols.get(name), type_of(value, frame.builder.containers)
    if own is None or own == kind or kind in (dace.bool_, dace.bool):
        return kind
    if not np.can_cast(kind.type, own.type, "safe") and not (is_integer(kind) and is_integer(own)):
        raise ValueError(f"Expected symbol '{name}' to hold '{value}' as it is.")
    return own


def _condition(code: Any, frame: Frame) -> Term:
    if not isinstance(code, list) or len(code) != 1 or not isinstance(code[0], ast.Expr):
        raise ValueError(f"Expected a condition in Python, but got '{code}'.")
    return _expression(code[0].value, frame)


def _expression(node: ast.expr, frame: Frame) -> Term:
    """As `term_of`, with subscripts, which are taken out and put back by name."""
    elements: dict[str, Term] = {}

    class Out(ast.NodeTransformer):
        def visit_Subscript(self, inner: ast.Subscript) -> ast.Name:  # noqa: N802
            name = f"__element{len(elements)}"
            elements[name] = _element(inner, frame)
            return ast.Name(name, ast.Load())

    def meaning(name: str) -> Term:
        return elements[name] if name in elements else _named(name, frame)

    plain = Out().visit(ast.parse(ast.unparse(node), mode="eval").body)
    value = term_of(plain, meaning)
    check_pure(value)
    return value


def _element(node: ast.Subscript, frame: Frame) -> Read:
    index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    name = node.value.id if isinstance(node.value, ast.Name) else ""
    descriptor = frame.sdfg.arrays.get(name)
    if descriptor is None or len(index) != max(dimensions(descriptor), 1):
        raise ValueError(f"Expected an element of a container, but got '{ast.unparse(node)}'.")
    entries = tuple(frame.affine(ast.unparse(part)) for part in index)
    if dimensions(descriptor) == 0 and entries != (constant(0),):
        raise ValueError(f"Expected scalar '{name}' to have one element, but got '{ast.unparse(node)}'.")
    return frame.at(name, entries if dimensions(descriptor) else ())


def _named(name: str, frame: Frame) -> Term:
    if name in frame.saved:
        return frame.saved[name]
    if name in frame.sizes or name in frame.values:
        return Index(frame.affine(name))
    descriptor = frame.sdfg.arrays.get(name)
    if descriptor is None or dimensions(descriptor):
        raise ValueError(f"Expected a scalar, a size or a loop variable, but got '{name}'.")
    return frame.at(name, ())


def _check_conditions(conditions: Sequence[Term], frame: Frame) -> None:
    """The first is always computed, but what is behind an `and` in it is not."""
    for place, condition in enumerate(conditions):
        partly = any(isinstance(term, Call) and term.function in ("and", "or", "select") for term in walk(condition))
        if place or partly:
            check_harmless_term(condition, frame)


def _joined(
    conditions: Sequence[Term], bodies: Sequence[Body], private: Sequence[set[str]], frame: Frame
) -> Body | None:
    """All branches as one statement: before `if c: X[i] = v; else: X[i] = w`, after `X[i] = select(c, v, w)`."""
    finals = [body[-1] if body else None for body in bodies]
    last = finals[0]
    if not isinstance(last, Statement) or any(one is None or not _is_alike(one, last) for one in finals):
        return None
    before = [node for body in bodies for node in body[:-1]]
    if any(not _is_within(body[:-1], names) for body, names in zip(bodies, private, strict=True)):
        return None
    values = [one.value for one in finals if isinstance(one, Statement)]
    value = values.pop() if len(values) > len(conditions) else last.target
    for condition, other in reversed(list(zip(conditions, values, strict=True))):
        value = _select(condition, other, value, last.target, frame)
    return (*before, Statement(last.target, value))


def _is_alike(node: Node | None, other: Statement) -> bool:
    return isinstance(node, Statement) and node.target == other.target


def _is_within(body: Iterable[Node], names: Collection[str]) -> bool:
    return all(statement.target.data in names for _, statement in statements(body))


def _in_turn(conditions: Sequence[Term], bodies: Sequence[Body], private: Sequence[set[str]], frame: Frame) -> Body:
    """The branches one after another, each under its condition and the negation of those before it."""
    written = {statement.target.data for body in bodies for _, statement in statements(body)}
    result: list[Node] = []
    kept: list[Term] = []
    for condition in conditions:
        if any(read.data in written for read in reads(condition)):
            result.append(Statement(frame.builder.add_scalar("condition", dace.bool_), condition))
            condition = result[-1].target
        kept.append(condition)
    for place, (body, names) in enumerate(zip(bodies, private, strict=True)):
        earlier = [Call("not", (condition,)) for condition in kept[:place]]
        parts = [*earlier, *kept[place : place + 1]]
        condition = parts[0] if len(parts) == 1 else Call("and", tuple(parts))
        result += _guarded(body, condition, names, frame)
    return tuple(result)


def _guarded(body: Body, condition: Term, private: Collection[str], frame: Frame) -> Body:
    result: list[Node] = []
    for node in body:
        if isinstance(node, Loop):
            node = replace(node, body=_guarded(node.body, condition, private, frame))
        elif isinstance(node, Statement) and node.target.data not in private:
            node = replace(node, value=_select(condition, node.value, node.target, node.target, frame))
        result.append(node)
    return tuple(result)


def _select(condition: Term, value: Term, other: Term, target: Read, frame: Frame) -> Term:
    """Return one of two values, in the type of the target where together they would get one that is too narrow."""
    if isinstance(condition, Call) and condition.function == "not":
        return _select(condition.arguments[0], other, value, target, frame)
    if isinstance(value, Call) and value.function == "select" and value.arguments[2] == other:
        inner = value.arguments[0]
        return _select(Call("and", (condition, inner)), value.arguments[1], other, target, frame)
    kind = frame.builder.containers[target.data].dtype
    whole = Call("select", (condition, value, other))
    if kind in (dace.bool_, dace.bool) or type_of(whole, frame.builder.containers) == kind:
        return whole
    return Call("select", (condition, _as(value, kind, frame), _as(other, kind, frame)))


def _as(value: Term, kind: dace.typeclass, frame: Frame) -> Term:
    same = type_of(value, frame.builder.containers) == kind
    return value if same else Call(f"dace.{kind.type.__name__}", (value,))


def _private(body: Body, region: ControlFlowRegion, known: Collection[str], frame: Frame) -> set[str]:
    """The transients that only this branch uses, and writes each time before it reads them."""
    own = frame.builder.containers.keys() - known - frame.sdfg.arrays.keys()
    written = {statement.target.data for _, statement in statements(body)}
    places = {name: place.data if place is not None else name for name, place in frame.places.items()}
    local = {name for name, desc in frame.sdfg.arrays.items() if desc.transient and places.get(name, name) in written}
    own |= {places.get(name, name) for name in local - _used_outside(region, frame.sdfg)} if local else set()
    return {name for name in own & written if _starts_anew(body, name, frame.builder.containers[name])}


def _used_outside(region: ControlFlowRegion, sdfg: dace.SDFG) -> set[str]:
    """The names that an SDFG mentions outside of one of its regions."""
    inside = {id(block) for block in region.all_control_flow_blocks()} | {id(region)}
    edges = {id(edge) for edge in region.all_interstate_edges()}
    found: set[str] = set()
    for block in (block for block in sdfg.all_control_flow_blocks() if id(block) not in inside):
        if isinstance(block, dace.SDFGState):
            found |= {node.data for node in block.data_nodes()}
        elif isinstance(block, ControlFlowRegion):
            found |= {str(name) for code in block.get_meta_codeblocks() for name in code.get_free_symbols()}
    for edge in (edge for edge in sdfg.all_interstate_edges() if id(edge) not in edges):
        found |= {str(name) for name in edge.data.read_symbols()}
    return found


def _starts_anew(body: Iterable[Node], name: str, descriptor: dace.data.Data) -> bool:
    """Whether all that is read of a container was written before by the same execution of a body."""
    using = [node for node in body if _touched([node], name)]
    first = using[0]
    if isinstance(first, Statement):
        elements = _touched(using, name)
        return first.target.data == name and not _touched_by(first.value, name) and len(elements) == 1
    if isinstance(first, Loop) and len(using) == 1 and _starts_anew(first.body, name, descriptor):
        return True
    return _fills(first, name, descriptor)


def _touched(body: Iterable[Node], name: str) -> set[Read]:
    """The elements of a container that a body mentions."""
    found: set[Read] = set()
    for _, statement in statements(body):
        found |= _touched_by(statement.target, name) | _touched_by(statement.value, name)
    return found


def _touched_by(term: Term, name: str) -> set[Read]:
    return {read for read in reads(term) if read.data == name}


def _fills(node: Node, name: str, descriptor: dace.data.Data) -> bool:
    """Whether a nest writes all elements of a container, each before it mentions it."""
    loops: list[Range] = []
    body: Body = (node,)
    while isinstance(body[0], Loop) and len(body) == 1:
        loops.append(body[0].range)
        body = body[0].body
    if len(_touched(body, name)) != 1 or not _starts_anew(body, name, descriptor):
        return False
    (read,) = _touched(body, name)
    full = [_full(loops, size) for size in map(affine, descriptor.shape)]
    places = [names & {str(entry)} for names, entry in zip(full, read.index, strict=True)]
    return all(places) and len(set().union(*places)) == len(places)


def _full(loops: Iterable[Range], size: Affine) -> set[str]:
    zero = constant(0)
    return {str(variable(loop.variable)) for loop in loops if loop.begin == zero and loop.end == size}


def is_whole(body: Iterable[Node]) -> bool:
    """Whether nothing of a body was left as it is."""
    return not any(isinstance(node, Opaque) for node in nodes(body))
