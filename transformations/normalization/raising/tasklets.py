"""Read tasklets as statements."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

import dace
from dace import nodes
from dace.dtypes import ReductionType
from dace.frontend.operations import detect_reduction_type

from dace_transfer.transformations.normalization.python_terms import term_of
from dace_transfer.transformations.normalization.raising.boxes import Edge, element
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.terms import Call, Index, Number, Read, Term, reads, walk
from dace_transfer.transformations.normalization.tree import Statement
from dace_transfer.transformations.normalization.types import type_of

Wires = dict[tuple[nodes.Node, str], Read]
"""The temporary that carries a value from a connector of one tasklet to another tasklet."""

FOLDS = {ReductionType.Sum: "+", ReductionType.Product: "*", ReductionType.Min: "min", ReductionType.Max: "max"}

_NUMBERS = {"inf": math.inf, "nan": math.nan}
_SIZED = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 bool bool_"
_PURE = frozenset(
    "abs fabs min max fmin fmax pow sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 "
    "sinh cosh tanh asinh acosh atanh floor ceil round trunc sign conj real imag hypot copysign heaviside reciprocal "
    "isnan isinf isfinite signbit erf erfc int_floor int_ceil py_floor PyMod CMod np_float_pow sign_numpy_2 ipow "
    f"deg2rad rad2deg gcd lcm ldexp nextafter int float complex {_SIZED}".split()
)
_MODULES = frozenset({"", "math", "dace", "dace.math", "np", "numpy"})


def read_tasklet(state: dace.SDFGState, node: nodes.Tasklet, frame: Frame, wires: Wires) -> tuple[Statement, ...]:
    """Return the statements of one execution of a tasklet.

    Before: `x = A[i]; t = x * 2; out = t + 1; B[i] = out`, after: `B[i] = A[i] * 2 + 1`.

    Raises:
        ValueError: It does more than compute values from elements.
    """
    hidden = [code for code in (node.code_global, node.code_init, node.code_exit) if code and code.as_string.strip()]
    if node.language != dace.Language.Python or node.side_effects or hidden:
        raise ValueError(f"Expected tasklet '{node.label}' to be Python without side effects.")
    inputs = {e.dst_conn: _input(state, e, frame, wires) for e in state.in_edges(node) if e.dst_conn is not None}
    values = _evaluated(node, inputs, frame)
    return _written(state, node, values, frame, wires)


def _input(state: dace.SDFGState, edge: Edge, frame: Frame, wires: Wires) -> Term:
    _check_connector(edge.dst.in_connectors[edge.dst_conn], edge, frame)
    if isinstance(edge.src, nodes.Tasklet):
        return wires[edge.src, edge.src_conn]
    return element(frame, edge.data, state.memlet_path(edge)[0].src)


def _check_connector(kind: dace.typeclass | None, edge: Edge, frame: Frame) -> None:
    """A connector of another type reads several elements at once, or converts."""
    if kind is None or kind.type is None or edge.data.data is None:
        return
    if kind != frame.sdfg.arrays[edge.data.data].dtype:
        raise ValueError(f"Expected memlet '{edge.data}' to have the type of its connector.")


def _evaluated(node: nodes.Tasklet, inputs: Mapping[str, Term], frame: Frame) -> dict[str, Term]:
    """The value of every name that the code assigns."""
    values: dict[str, Term] = {}

    def meaning(name: str) -> Term:
        if name in values and name in node.out_connectors:
            raise ValueError(f"Expected '{name}', which tasklet '{node.label}' writes, not to be read by it.")
        return values[name] if name in values else inputs[name] if name in inputs else _named(name, frame)

    for line in node.code.code:
        plain = isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)
        if not plain or line.targets[0].id in values or line.targets[0].id in inputs:
            raise ValueError(f"Expected tasklet '{node.label}' to assign each of its names once.")
        value = term_of(line.value, meaning)
        _check_pure(value)
        values[line.targets[0].id] = value
    return values


def _named(name: str, frame: Frame) -> Term:
    if name in frame.sizes or name in frame.values:
        return Index(frame.affine(name))
    if name in _NUMBERS and name not in frame.sdfg.symbols:
        return Number(_NUMBERS[name])
    raise ValueError(f"Expected a connector, a size or a loop variable, but got '{name}'.")


def _check_pure(value: Term) -> None:
    for term in walk(value):
        if not isinstance(term, Call) or not (term.function[0].isalpha() or term.function[0] == "_"):
            continue
        module, _, name = term.function.rpartition(".")
        if term.function in ("neg", "not", "and", "or", "select"):
            continue
        if name not in _PURE or module not in _MODULES or (name in ("min", "max") and len(term.arguments) < 2):
            raise ValueError(f"Expected a function of numbers without side effects, but got '{term.function}'.")


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
        writes.append((edge, element(frame, edge.data, state.memlet_path(edge)[-1].dst), value))
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
    function = FOLDS.get(detect_reduction_type(edge.data.wcr)) if edge.data.wcr is not None else None
    if function is None:
        raise ValueError(f"Expected memlet '{edge.data}' to sum, multiply or take an extremum.")
    frame.builder.folds += 1
    return Call(function, (target, value))
