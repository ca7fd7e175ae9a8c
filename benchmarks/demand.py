"""The least that a program has to move and to compute, counted in its normal form."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from dace import symbolic

from dace_transfer.errors import DaceTransferError
from dace_transfer.transformations.normalization.affine import Affine, constant
from dace_transfer.transformations.normalization.dependence import Access, accesses
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.terms import Call, Number, Range, Reduce, Term, children
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    nodes,
    subscripts,
)

_FUNCTIONS = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh"}
_FUNCTIONS |= {"arcsin", "arccos", "arctan", "arctan2", "asin", "acos", "atan", "atan2", "erf", "erfc"}

Moved = dict[str, tuple[float, float]]
"""By container, how many elements are read and written."""

_Register: TypeAlias = tuple[str, tuple[Any, ...], Any]


@dataclass(frozen=True)
class Operations:
    """Counts of operations that different units of a processor work on.

    Attributes:
        plain: Additions, multiplications, comparisons and whatever is in neither of the others.
        divisions: Divisions and square roots.
        functions: Transcendental functions.
    """

    plain: float = 0.0
    divisions: float = 0.0
    functions: float = 0.0

    def __add__(self, other: Operations) -> Operations:
        return Operations(self.plain + other.plain, self.divisions + other.divisions, self.functions + other.functions)

    def times(self, factor: float) -> Operations:
        """As many as in a loop."""
        return Operations(factor * self.plain, factor * self.divisions, factor * self.functions)


@dataclass(frozen=True)
class Demand:
    """The least a program has to do, whatever it is turned into.

    Attributes:
        bytes: Read and written of its arguments. Loops that run over the same elements again, as those over time
            steps do, count each time; what a program keeps for itself may stay in registers.
        fresh: How many of them are written to arguments that are read nowhere, at most half of them.
        loaded: Bytes of its arguments that vector code loads and stores in one instruction each, wherever the data
            lies. What a parallel loop or a sum does not move may stay in registers, and so may neighbours, but for
            those along the last dimension that such loops run over, which are other lanes of a vector.
        operations: Arithmetic, comparisons and calls of functions, as its author wrote them.
        footprint: Bytes of the arguments that are touched.
        is_single: Whether it computes in single precision.
    """

    bytes: float
    fresh: float
    loaded: float
    operations: Operations
    footprint: float
    is_single: bool


def demand_of(computation: Computation, sizes: Mapping[str, int]) -> Demand:
    """What a computation has to do at the given sizes.

    Raises:
        DaceTransferError: A part of it cannot be read, or it depends on the contents of arguments.
    """
    if any(isinstance(node, Opaque) for node in nodes(computation.body)):
        raise DaceTransferError("A part of the program cannot be read as loops around statements.")
    if any(elements(value) for node in nodes(computation.body) for value in subscripts(node)):
        raise DaceTransferError("What the program reads or how often depends on the contents of its arguments.")
    counter = _Counter(computation, {name: float(value) for name, value in sizes.items()})
    moved = counter.moved(computation.body, (), {})
    loaded = counter.loaded(computation.body, frozenset(), {})
    arguments = {n: one for n, one in computation.containers.items() if n in moved and not one.transient}
    widths = {name: np.dtype(one.dtype.type).itemsize for name, one in arguments.items()}
    kinds = {np.dtype(one.dtype.type) for one in arguments.values()}
    total = sum(sum(moved[name]) * width for name, width in widths.items())
    return Demand(
        bytes=total,
        fresh=min(total / 2, sum(moved[name][1] * width for name, width in widths.items() if not moved[name][0])),
        loaded=sum(sum(loaded.get(name, ())) * width for name, width in widths.items()),
        operations=counter.operations(computation.body, {}),
        footprint=sum(counter.size(name) * width for name, width in widths.items()),
        is_single=not kinds & {np.dtype(np.float64), np.dtype(np.complex128)},
    )


class _Counter:
    def __init__(self, computation: Computation, sizes: Mapping[str, float]):
        self._containers = computation.containers
        self._sizes = sizes

    def operations(self, body: Sequence[Node], means: Mapping[str, float]) -> Operations:
        """How much is computed; bounds that depend on outer loops are taken at the middle of these."""
        total = Operations()
        for node in body:
            if isinstance(node, Loop):
                trips, inside = self._entered([node.range], means)
                total += self.operations(node.body, inside).times(trips)
            elif isinstance(node, Statement):
                total += self._computed(node.value, means)
        return total

    def moved(self, body: Sequence[Node], loops: tuple[Range, ...], means: Mapping[str, float]) -> Moved:
        """What is moved at least in one run of a body, of all iterations of the loops given.

        Args:
            body: Nodes.
            loops: Loops around them that are run through.
            means: The middle of all loops around them, also of those that stand still.
        """
        return _most(self._of_node(node, loops, means) for node in body)

    def loaded(self, body: Sequence[Node], jammed: frozenset[str], means: Mapping[str, float]) -> Moved:
        """What is loaded and stored at least in one run of a body.

        Args:
            body: Nodes.
            jammed: Variables of parallel loops around them, several iterations of which may share registers.
            means: The middle of all loops around them.
        """
        return _most(self._loaded_by(node, jammed, means) for node in body)

    def size(self, name: str) -> float:
        """How many elements a container has."""
        return math.prod(self._number(size) for size in self._containers[name].shape)

    def _of_node(self, node: Node, loops: tuple[Range, ...], means: Mapping[str, float]) -> Moved:
        if isinstance(node, Statement):
            return self._of_statement(node, loops, means)
        assert isinstance(node, Loop)
        trips, inside = self._entered([node.range], means)
        swept = self.moved(node.body, (*loops, node.range), inside)
        if node.parallel:
            return swept
        again = self.moved(node.body, loops, inside)
        moving = {a.data for a in accesses(node) if any(node.range.variable in i.words for i in a.index or ())}
        return {name: swept[name] if name in moving else _times(again, trips)[name] for name in swept}

    def _of_statement(self, statement: Statement, loops: tuple[Range, ...], means: Mapping[str, float]) -> Moved:
        result: Moved = {}
        for access in accesses(statement):
            count = self._footprint(access, loops, means)
            reads, writes = result.get(access.data, (0.0, 0.0))
            result[access.data] = (reads, count) if access.writes else (max(reads, count), writes)
        return result

    def _loaded_by(self, node: Node, jammed: frozenset[str], means: Mapping[str, float]) -> Moved:
        if isinstance(node, Loop):
            trips, inside = self._entered([node.range], means)
            own = {node.range.variable} if node.parallel else set()
            return _times(self.loaded(node.body, jammed | own, inside), trips)
        loads: dict[_Register, float] = {}
        stores: dict[_Register, float] = {}
        for access in accesses(node):
            shared = jammed | {loop.variable for loop in access.ranges}
            if {word for entry in access.index or () for word in entry.words} >= shared:
                trips = self._entered(access.ranges, means)[0]
                (stores if access.writes else loads)[_register(access, shared)] = trips
        # What a sequential loop has just written along the last dimension is still in its register.
        kept = {one: trips for one, trips in loads.items() if one not in stores or isinstance(one[-1], Affine)}
        names = {name for name, *_ in (*kept, *stores)}
        return {name: (_of(name, kept), _of(name, stores)) for name in names}

    def _footprint(self, access: Access, loops: tuple[Range, ...], means: Mapping[str, float]) -> float:
        """How many elements are touched in all iterations, as far as they make a box."""
        _, inside = self._entered(access.ranges, means)
        trips = {loop.variable: self._entered([loop], inside)[0] for loop in (*loops, *access.ranges)}
        if not all(trips.values()):
            return 0.0
        extents = (
            1 + sum(abs(entry.coefficient(name)) * (count - 1) for name, count in trips.items())
            for entry in access.index or ()
        )
        shape = self._containers[access.data].shape
        return math.prod(min(extent, self._number(size)) for extent, size in zip(extents, shape, strict=False))

    def _entered(self, loops: Sequence[Range], means: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        """How often loops iterate together, and the middle of each."""
        total, inside = 1.0, dict(means)
        for loop in loops:
            begin, end = (self._number(bound, inside) for bound in (loop.begin, loop.end))
            inside[loop.variable] = (begin + max(begin, end - 1)) / 2
            total *= max(0.0, end - begin)
        return total, inside

    def _computed(self, term: Term, means: Mapping[str, float]) -> Operations:
        if isinstance(term, Reduce):
            trips, inside = self._entered(term.ranges, means)
            return (Operations(plain=1) + self._computed(term.body, inside)).times(trips)
        own = _operations_of(term) if isinstance(term, Call) else Operations()
        return sum((self._computed(child, means) for child in children(term)), own)

    def _number(self, value: Any, means: Mapping[str, float] = {}) -> float:
        if isinstance(value, Affine) and elements(value):
            raise DaceTransferError(f"How large {value} is, is not known before the program runs.")
        if isinstance(value, Affine):
            return value.constant + sum(factor * self._atom(name, means) for name, factor in value.terms)
        return self._atom(str(value), means)

    def _atom(self, name: str, means: Mapping[str, float]) -> float:
        known = {**self._sizes, **means}
        if name in known:
            return known[name]
        expression = symbolic.pystr_to_symbolic(name)
        if unknown := {str(symbol) for symbol in expression.free_symbols} - known.keys():
            raise DaceTransferError(f"How large {', '.join(sorted(unknown))} is, is not known before the program runs.")
        return float(expression.subs({symbol: known[str(symbol)] for symbol in expression.free_symbols}))


def _most(parts: Iterable[Moved]) -> Moved:
    """What one of several parts moves most, since they may share what they touch."""
    result: Moved = {}
    for part in parts:
        for name, (reads, writes) in part.items():
            known = result.get(name, (0.0, 0.0))
            result[name] = (max(known[0], reads), max(known[1], writes))
    return result


def _times(moved: Moved, trips: float) -> Moved:
    return {name: (trips * reads, trips * writes) for name, (reads, writes) in moved.items()}


def _register(access: Access, shared: Collection[str]) -> _Register:
    """Equal for accesses that one register may serve, of neighbouring iterations; `shared` loops fill vectors."""
    *outer, last = access.index or (constant(0),)
    lanes = last if last.words & set(shared) else last.terms
    return access.data, tuple(entry.terms for entry in outer), lanes


def _of(name: str, registers: Mapping[_Register, float]) -> float:
    return sum(trips for (data, *_), trips in registers.items() if data == name)


def _operations_of(call: Call) -> Operations:
    name = call.function.rpartition(".")[2]
    if name in ("/", "sqrt"):
        return Operations(divisions=1)
    if name in _FUNCTIONS or (name == "**" and not _is_whole(call.arguments[1])):
        return Operations(functions=1)
    return Operations(plain=max(1, len(call.arguments) - 1))


def _is_whole(exponent: Term) -> bool:
    if isinstance(exponent, Call) and exponent.function.startswith("dace."):
        return _is_whole(exponent.arguments[0])
    return isinstance(exponent, Number) and float(exponent.value.real).is_integer()
