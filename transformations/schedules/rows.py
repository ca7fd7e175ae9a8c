"""What is done with rows of arrays: sums along several of them at once, and sums of several of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dace import data
from dace.symbolic import pystr_to_symbolic

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
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
    substitute,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Statement,
    nest,
    substitute_node,
    with_own_variables,
)
from dace_transfer.transformations.normalization.types import type_of


class Scratch:
    """New names, and transients for them.

    Attributes:
        names: What makes the names.
        containers: What there was and what was added.
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
class Along:
    """A nest whose iterations of one parallel loop have a row each.

    Attributes:
        row: The variable that numbers rows.
        node: What is done with one row.
    """

    row: str
    node: Node

    def together(self, first: Affine, count: int, scratch: Scratch) -> list[Node]:
        """Return what is done with some rows: sums along them in one loop."""
        one = self.node
        if isinstance(one, Statement) and isinstance(one.value, Reduce) and self._has_equal_rows(one.value):
            return self._sums(one.target, one.value, [{self.row: first + place} for place in range(count)], scratch)
        place = scratch.names.fresh(self.row)
        inner = scratch.own(substitute_node(one, {self.row: first + variable(place)}))
        return [Loop(Range(place, constant(0), constant(count)), (inner,), True)]

    def rest(self, rows: Range, scratch: Scratch) -> Node:
        """Return what is done with rows that are too few for a group."""
        return scratch.own(Loop(rows, (self.node,), True))

    def _has_equal_rows(self, value: Reduce) -> bool:
        bounds = bounds_of(value.ranges)
        return value.function in NEUTRAL and is_rectangular(value.ranges, {self.row}) and not any(map(elements, bounds))

    def _sums(self, target: Read, value: Reduce, rows: Sequence[Mapping[str, Affine]], scratch: Scratch) -> list[Node]:
        sums = [scratch.scalar(value) for _ in rows]
        start = Number(NEUTRAL[value.function])
        terms = [
            Call(value.function, (sum_, substitute(value.body, row))) for sum_, row in zip(sums, rows, strict=True)
        ]
        added = tuple(Statement(sum_, term) for sum_, term in zip(sums, terms, strict=True))
        (loop,) = nest(value.ranges, added, False)
        targets = [Read(target.data, tuple(index.substitute(row) for index in target.index)) for row in rows]
        results = [Statement(place, sum_) for place, sum_ in zip(targets, sums, strict=True)]
        return [*(Statement(sum_, start) for sum_ in sums), scratch.own(loop), *results]


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
        return self.for_all(self.target, Call(self.function, (self.target, self.term)))

    def for_all(self, target: Read, value: Term) -> Node:
        """Store a value for every column."""
        (node,) = nest(self.columns, (Statement(target, value),), True)
        return node

    def rest(self, rows: Range, scratch: Scratch) -> Node:
        """Return what adds rows that are too few for a group to the results."""
        added = Call(self.function, (self.target, Reduce(self.function, (rows,), self.term)))
        return scratch.own(self.for_all(self.target, added))


Member = Along | Across


@dataclass(frozen=True)
class _Parted:
    """Sums over rows of which parts of the rows have their own.

    Attributes:
        whole: The sums.
        part: What a part of the rows adds up in.
        parts: All parts.
    """

    whole: Across
    part: Read
    parts: Range

    def start(self, scratch: Scratch) -> Node:
        """Return what a part begins with."""
        return scratch.own(self.whole.for_all(self.part, Number(NEUTRAL[self.whole.function])))

    def together(self, first: Affine, count: int, scratch: Scratch) -> list[Node]:
        """Return what adds some rows at once."""
        terms = (substitute(self.whole.term, {self.whole.row: first + place}) for place in range(count))
        return [scratch.own(self.whole.for_all(self.part, Call(self.whole.function, (self.part, *terms))))]

    def result(self, scratch: Scratch) -> Node:
        """Return what adds up the parts."""
        return scratch.own(self.whole.for_all(self.whole.target, Reduce(self.whole.function, (self.parts,), self.part)))


def in_groups(members: Sequence[Member], rows: Range, parts: int, count: int, scratch: Scratch) -> Iterator[Node]:
    """Yield what members do with all rows, in groups of some rows that are divided into parts.

    Args:
        members: In order; rows are independent of one another but for what they add up.
        rows: All rows.
        parts: What can run in parallel.
        count: Rows of a group.
        scratch: Names and containers.
    """
    part = Range(scratch.names.fresh("p"), constant(0), constant(parts))
    parted = [_in_parts(member, part, scratch) if isinstance(member, Across) else member for member in members]
    sums = [member for member in parted if isinstance(member, _Parted)]
    groups = affine(f"int_floor({rows.end - rows.begin}, {count})")
    group = Range(scratch.names.fresh("g"), *(_border(groups, part, place) for place in (0, 1)))
    first = rows.begin + variable(group.variable) * count
    body = [node for member in parted for node in member.together(first, count, scratch)]
    yield Loop(part, (*(one.start(scratch) for one in sums), Loop(group, tuple(body))), True)
    yield from (one.result(scratch) for one in sums)
    if count > 1:
        left = Range(rows.variable, rows.begin + groups * count, rows.end)
        yield from (member.rest(left, scratch) for member in members)


def _in_parts(member: Across, parts: Range, scratch: Scratch) -> _Parted:
    shape = [parts.end, *(loop.end - loop.begin for loop in member.columns)]
    name = scratch.array(Reduce(member.function, (parts,), member.term), shape)
    index = (variable(parts.variable), *(variable(loop.variable) - loop.begin for loop in member.columns))
    return _Parted(member, Read(name, index), parts)


def _border(groups: Affine, parts: Range, place: int) -> Affine:
    """Where a part begins, or the next one."""
    return affine(f"int_floor(({groups})*({variable(parts.variable) + place}), {parts.end})")
