"""Read tasklets as statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import dace
from dace import nodes
from dace.dtypes import ReductionType
from dace.frontend.operations import detect_reduction_type

from dace_transfer.transformations.neutral import number_of
from dace_transfer.transformations.normalization.python_terms import term_of
from dace_transfer.transformations.normalization.raising.boxes import Box, Edge, element, memlet_box
from dace_transfer.transformations.normalization.raising.expressions import check_pure, symbol_term
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.harmless import check_harmless
from dace_transfer.transformations.normalization.raising.lookups import picked_from, without_lookups
from dace_transfer.transformations.normalization.raising.masks import kept_name, names_read, without_branches
from dace_transfer.transformations.normalization.terms import Call, Number, Read, Term, reads
from dace_transfer.transformations.normalization.tree import Statement
from dace_transfer.transformations.normalization.types import type_of

Wires = dict[tuple[nodes.Node, str], Read]
"""The temporary that carries a value from a connector of one tasklet to another tasklet."""

_RESET = re.compile(r"(\w+) = ([^;]+);")
FOLDS = {ReductionType.Sum: "+", ReductionType.Product: "*", ReductionType.Min: "min", ReductionType.Max: "max"}


def read_tasklet(state: dace.SDFGState, node: nodes.Tasklet, frame: Frame, wires: Wires) -> tuple[Statement, ...]:
    """Return the statements of one execution of a tasklet.

    Before: `x = A[i]; t = x * 2; out = t + 1; B[i] = out`, after: `B[i] = A[i] * 2 + 1`.
    Before: `x = A[0:N]; p = places[i]; out = x[p]; B[i] = out`, after: `B[i] = A[places[i]]`.

    Raises:
        ValueError: It does more than compute values from elements.
    """
    start = _start(node)
    if start is not None:
        return _written(state, node, {next(iter(node.out_connectors)): start}, frame, wires)
    hidden = [code for code in (node.code_global, node.code_init, node.code_exit) if code and code.as_string.strip()]
    if node.language != dace.Language.Python or node.side_effects or hidden:
        raise ValueError(f"Expected tasklet '{node.label}' to be Python without side effects.")
    code = without_branches(node.code.code)
    masked = {name for name in node.out_connectors if kept_name(name) in names_read(code.values())}
    sources = {edge.dst_conn: edge for edge in state.in_edges(node) if edge.dst_conn is not None}
    arrays = picked_from(code.values()) & sources.keys()
    inputs = {name: _input(state, e, frame, wires) for name, e in sources.items() if name not in arrays}
    inputs |= {kept_name(name): _held(state, node, name, frame) for name in sorted(masked)}
    boxes = {name: _box(state, sources[name], frame) for name in sorted(arrays)}
    code, inputs = without_lookups(code, boxes, inputs, frame)
    result = _written(state, node, _evaluated(node, code, inputs, frame), frame, wires)
    if masked:
        check_harmless(result, frame)
        frame.builder.folds += 1
    return result


def _start(node: nodes.Tasklet) -> Number | None:
    """The number that a tasklet in C++ writes from which a reduction starts."""
    match = _RESET.fullmatch(node.code.as_string.strip())
    plain = node.language == dace.Language.CPP and not node.in_connectors and not node.side_effects
    if not plain or match is None or set(node.out_connectors) != {match[1]}:
        return None
    number = number_of(match[2])
    return None if number is None else Number(number)


def _input(state: dace.SDFGState, edge: Edge, frame: Frame, wires: Wires) -> Term:
    _check_connector(edge.dst.in_connectors[edge.dst_conn], edge, frame)
    if isinstance(edge.src, nodes.Tasklet):
        return wires[edge.src, edge.src_conn]
    return element(frame, edge.data, state.memlet_path(edge)[0].src)


def _box(state: dace.SDFGState, edge: Edge, frame: Frame) -> Box:
    """What a connector that code picks elements from points to."""
    kind, dtype = edge.dst.in_connectors[edge.dst_conn], frame.sdfg.arrays[edge.data.data].dtype
    if kind is not None and kind.type is not None and kind != dace.pointer(dtype):
        raise ValueError(f"Expected memlet '{edge.data}' to have the type of its connector.")
    return memlet_box(frame, edge.data, state.memlet_path(edge)[0].src, True)


def _held(state: dace.SDFGState, node: nodes.Tasklet, name: str, frame: Frame) -> Read:
    """What an output that is not always written holds; only dynamic memlets leave it there."""
    edges = [edge for edge in state.out_edges(node) if edge.src_conn == name]
    if len(edges) != 1 or not edges[0].data.dynamic or edges[0].data.wcr is not None:
        raise ValueError(f"Expected '{name}' of tasklet '{node.label}' to be written always, or to keep what it holds.")
    return element(frame, edges[0].data, state.memlet_path(edges[0])[-1].dst, True)


def _check_connector(kind: dace.typeclass | None, edge: Edge, frame: Frame) -> None:
    """A connector of another type reads several elements at once, or converts."""
    if kind is None or kind.type is None or edge.data.data is None:
        return
    if kind != frame.sdfg.arrays[edge.data.data].dtype:
        raise ValueError(f"Expected memlet '{edge.data}' to have the type of its connector.")


def _evaluated(
    node: nodes.Tasklet, code: Mapping[str, ast.expr], inputs: Mapping[str, Term], frame: Frame
) -> dict[str, Term]:
    """The value of every name that the code assigns."""
    values: dict[str, Term] = {}

    def meaning(name: str) -> Term:
        if name in values and name in node.out_connectors:
            raise ValueError(f"Expected '{name}', which tasklet '{node.label}' writes, not to be read by it.")
        return values[name] if name in values else inputs[name] if name in inputs else symbol_term(name, frame)

    if code.keys() & inputs.keys():
        raise ValueError(f"Expected tasklet '{node.label}' not to assign its inputs.")
    for name, line in code.items():
        values[name] = term_of(line, meaning)
        check_pure(values[name])
    return values


def _written(
    state: dace.SDFGState, node: nodes.Tasklet, values: Mapping[str, Term], frame: Frame, wires: Wires
) -> tuple[Statement, ...]:
    result: list[Statement] = []
    writes: list[tuple[Edge, Read, Term]] = []
    for edge in state.out_edges(node):
        if edge.data.is_empty() and edge.src_conn is None:
            continue
        if edge.src_conn not in values:
            raise ValueError(f"Expected tasklet '{node.label}' to assign '{edge.src_conn}'.")
        value = values[edge.src_conn]
        if isinstance(edge.dst, nodes.Tasklet):
            result += _wired(node, edge.src_conn, value, frame, wires)
            continue
        _check_connector(node.out_connectors[edge.src_conn], edge, frame)
        writes.append((edge, element(frame, edge.data, state.memlet_path(edge)[-1].dst, True), value))
    if _overwrites([(target, value) for _, target, value in writes]):
        kept = [_kept(target, value, frame) for _, target, value in writes]
        result += kept
        writes = [(edge, target, one.target) for (edge, target, _), one in zip(writes, kept, strict=True)]
    return (*result, *(Statement(target, folded(state, edge, target, value, frame)) for edge, target, value in writes))


def _overwrites(writes: list[tuple[Read, Term]]) -> bool:
    """Whether one of several writes changes what a later one reads: a tasklet reads before it writes anything."""
    written: set[str] = set()
    for target, value in writes:
        if written & {read.data for read in reads(value)}:
            return True
        written.add(target.data)
    return False


def _kept(target: Read, value: Term, frame: Frame) -> Statement:
    return Statement(frame.builder.add_scalar("value", frame.builder.containers[target.data].dtype), value)


def _wired(node: nodes.Tasklet, connector: str, value: Term, frame: Frame, wires: Wires) -> tuple[Statement, ...]:
    if (node, connector) in wires:
        return ()
    kind = node.out_connectors[connector]
    unknown = kind is None or kind.type is None
    dtype = type_of(value, frame.builder.containers) if unknown else kind
    wires[node, connector] = frame.builder.add_scalar("value", dtype)
    return (Statement(wires[node, connector], value),)


def folded(state: dace.SDFGState, edge: Edge, target: Read, value: Term, frame: Frame) -> Term:
    """Return what a write leaves in its target: the value, or where it resolves conflicts, what is folded into it.

    Raises:
        ValueError: It resolves conflicts in a way that terms do not have.
    """
    resolved = {str(part.data.wcr) for part in state.memlet_path(edge)}
    if resolved == {"None"}:
        return value
    if edge.data.wcr is not None and _subtracts(edge.data.wcr):
        frame.builder.folds += 1
        return Call("+", (target, Call("neg", (value,))))
    function = FOLDS.get(detect_reduction_type(edge.data.wcr)) if edge.data.wcr is not None else None
    if function is None:
        raise ValueError(f"Expected memlet '{edge.data}' to sum, multiply or take an extremum.")
    frame.builder.folds += 1
    return Call(function, (target, value))


def _subtracts(wcr: Any) -> bool:
    """Whether conflicts are resolved by `lambda old, new: old - new`."""
    tree = ast.parse(wcr, mode="eval").body if isinstance(wcr, str) else wcr
    if not isinstance(tree, ast.Lambda) or not isinstance(tree.body, ast.BinOp) or len(tree.args.args) != 2:
        return False
    sides = [getattr(side, "id", "") for side in (tree.body.left, tree.body.right)]
    return isinstance(tree.body.op, ast.Sub) and sides == [argument.arg for argument in tree.args.args]
