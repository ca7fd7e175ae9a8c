"""What is done with rows of arrays: sums along several of them in one loop, and sums of several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dace import data
from dace.symbolic import pystr_to_symbolic

from dace_transfer.transformations.normalization.affine import Affine, constant, variable
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.reduction_forms import NEUTRAL, is_rectangular
from dace_transfer.transformations.normalization.terms import (
    Call,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    bounds_of,
    rebuild,
    substitute,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Statement,
    nest,
    rebuild_body,
    substitute_node,
    with_own_variables,
)
from dace_transfer.transformations.normalization.types import type_of


class Scratch:
    """New names, and transients for them.

    Attributes:
        names: What makes the names.
        containers: What there was, what was added and what was changed.
    """

    def __init__(self, computation: Computation):
        self.names = Names(computation)
        self.containers = dict(computation.containers)

    def scalar(self, term: Term) -> Read:
        """Add a place for the value of a term."""
        name = self.names.fresh("total")
        self.containers[name] = data.Scalar(type_of(term, self.containers), transient=True)
        return Read(name, ())

    def array(self, term: Term, shape: Sequence[Affine]) -> str:
        """Add an array for values of a term."""
        name = self.names.fresh("part")
        sizes = [pystr_to_symbolic(str(size)) for size in shape]
        self.containers[name] = data.Array(type_of(term, self.containers), sizes, transient=True)
        return name

    def own(self, node: Node) -> Node:
        """Return a copy of a node with variables of its own."""
        return with_own_variables(node, self.names)


@dataclass(frozen=True)
class Rows:
    """Some rows that are looked at together.

    Attributes:
        first: The first of them.
        count: How many there are.
        row: The variable that numbers all rows.
        slot: The variable that numbers those looked at together.
    """

    first: Affine
    count: int
    row: str
    slot: str

    def at(self, place: Affine | int) -> dict[str, Affine]:
        """Return the values of the variables for one of the rows."""
        return {self.row: self.first + place, self.slot: constant(place) if isinstance(place, int) else place}

    def each(self) -> list[dict[str, Affine]]:
        """Return the values of the variables for each row."""
        return [self.at(place) for place in range(self.count)]


@dataclass(frozen=True)
class Along:
    """A nest whose iterations of one parallel loop have a row each.

    Attributes:
        row: The variable that numbers rows.
        node: What is done with one row.
    """

    row: str
    node: Node

    def with_reads(self, change: Callable[[Read], Read]) -> Along:
        """Return it with other elements."""

        def changed(node: Node) -> list[Node]:
            if isinstance(node, Statement):
                return [Statement(change(node.target), _with_reads(node.value, change))]
            return [node]

        (node,) = rebuild_body([self.node], changed)
        return replace(self, node=node)

    def together(self, rows: Rows, scratch: Scratch) -> list[Node]:
        """Return what is done with some rows: sums along them in one loop."""
        one = self.node
        if isinstance(one, Statement) and isinstance(one.value, Reduce) and self._has_equal_rows(one.value):
            return _sums(one.target, one.value, rows.each(), scratch)
        if rows.count == 1:
            return [scratch.own(substitute_node(one, rows.at(0)))]
        place = scratch.names.fresh(rows.slot)
        inner = scratch.own(substitute_node(one, rows.at(variable(place))))
        return [Loop(Range(place, constant(0), constant(rows.count)), (inner,), True)]

    def _has_equal_rows(self, value: Reduce) -> bool:
        ends = bounds_of(value.ranges)
        return value.function in NEUTRAL and is_rectangular(value.ranges, {self.row}) and not any(map(elements, ends))


def _sums(target: Read, value: Reduce, rows: Sequence[Mapping[str, Affine]], scratch: Scratch) -> list[Node]:
    sums = [scratch.scalar(value) for _ in rows]
    terms = [Call(value.function, (sum_, substitute(value.body, row))) for sum_, row in zip(sums, rows, strict=True)]
    (loop,) = nest(value.ranges, tuple(map(Statement, sums, terms)), False)
    targets = [Read(target.data, tuple(index.substitute(row) for index in target.index)) for row in rows]
    starts = [Statement(sum_, Number(NEUTRAL[value.function])) for sum_ in sums]
    return [*starts, scratch.own(loop), *map(Statement, targets, sums)]


@dataclass(frozen=True)
class Across:
    """Sums or products over rows, with a result for every column.

    Attributes:
        row: The variable that numbers rows.
        columns: Parallel loops over the results.
        target: The results.
        function: "+" or "*".
        term: What a row adds.
    """

    row: str
    columns: tuple[Range, ...]
    target: Read
    function: str
    term: Term

    @property
    def node(self) -> Node:
        """What is done with one row."""
        return self.for_all(Call(self.function, (self.target, self.term)))

    def with_reads(self, change: Callable[[Read], Read]) -> Across:
        """Return it with other elements in the place of those that rows have."""
        return replace(self, term=_with_reads(self.term, change))

    def for_all(self, value: Term) -> Node:
        """Store a value for every column."""
        (node,) = nest(self.columns, (Statement(self.target, value),), True)
        return node

    def start(self, scratch: Scratch) -> Node:
        """Return what it begins with."""
        return scratch.own(self.for_all(Number(NEUTRAL[self.function])))

    def together(self, rows: Rows, scratch: Scratch) -> list[Node]:
        """Return what adds some rows at once."""
        terms = (substitute(self.term, row) for row in rows.each())
        return [scratch.own(self.for_all(Call(self.function, (self.target, *terms))))]


Member = Along | Across


def _with_reads(term: Term, change: Callable[[Read], Read]) -> Term:
    return rebuild(term, lambda inner: change(inner) if isinstance(inner, Read) else inner)
