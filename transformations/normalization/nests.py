"""One way of counting and nesting the loops around every statement and inside of every reduction."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

import dace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.indices import claims, recount, tighten
from dace_transfer.transformations.normalization.looks import look_of_loops, look_of_statement, look_of_term
from dace_transfer.transformations.normalization.loop_order import arrange, by_strides
from dace_transfer.transformations.normalization.terms import (
    Call,
    Range,
    Read,
    Reduce,
    Term,
    bounds,
    reads,
    substitute,
    walk,
)
from dace_transfer.transformations.normalization.tree import (
    Loop,
    Node,
    Statement,
    statements,
    substitute_node,
    variables,
)

_ROUNDS = 10  # A nest that has not settled by then stays as it is.


@dataclass(frozen=True)
class _Nest:
    ranges: tuple[Range, ...]
    statement: Statement

    def look(self) -> str:
        marks, loops = look_of_loops(self.ranges, {}, "v")
        return f"{loops}{look_of_statement(self.statement, marks)}"


@dataclass(frozen=True)
class Nests:
    """Settles nests.

    Attributes:
        containers: Descriptor by name.
        variables: Every loop variable there is.
        known: Expressions that are 0 or more.
    """

    containers: Mapping[str, dace.data.Data]
    variables: frozenset[str]
    known: tuple[Affine, ...]

    def settled(self, node: Node) -> Node:
        """Return a node in which every nest is counted and ordered by what it writes, every reduction by its reads."""
        if isinstance(node, Statement):
            return replace(node, value=self._term(node.value))
        if not isinstance(node, Loop):
            return node
        loops, body = _chain(node)
        if len(body) == 1 and isinstance(body[0], Statement):
            return self._statement(loops, body[0])
        ranges, values = recount(tighten([loop.range for loop in loops], self.known), [], self.variables, [])
        inside = self._within(ranges)
        return _nested(loops, ranges, [inside.settled(substitute_node(inner, values)) for inner in body])

    def _statement(self, loops: Sequence[Loop], statement: Statement) -> Node:
        parallel = [loop.parallel for loop in loops]

        def step(nest: _Nest) -> _Nest:
            ranges, values = self._round(nest.ranges, parallel, [nest.statement.target], set())
            changed = substitute_node(nest.statement, values)
            assert isinstance(changed, Statement)
            return _Nest(ranges, changed)

        nest = _settled(_Nest(tuple(loop.range for loop in loops), statement), step, _Nest.look)
        value = self._within(nest.ranges)._term(nest.statement.value)
        return _nested(loops, nest.ranges, [replace(nest.statement, value=value)])

    def _term(self, term: Term) -> Term:
        if isinstance(term, Call):
            return Call(term.function, tuple(self._term(argument) for argument in term.arguments))
        return self._reduction(term) if isinstance(term, Reduce) else term

    def _reduction(self, term: Reduce) -> Reduce:
        inner = {r.variable for part in walk(term.body) if isinstance(part, Reduce) for r in part.ranges}

        def step(term: Reduce) -> Reduce:
            parallel = [True] * len(term.ranges)
            ranges, values = self._round(term.ranges, parallel, self._by_importance(term.body), inner)
            return replace(term, ranges=ranges, body=substitute(term.body, values))

        term = _settled(term, step, lambda term: look_of_term(term, {}))
        return replace(term, body=self._within(term.ranges)._term(term.body))

    def _by_importance(self, body: Term) -> list[Read]:
        """The reads of a reduction in an order in which neither operands nor shifts of a loop play a part."""

        def key(read: Read) -> tuple[int, bool, str, list[int]]:
            desc = self.containers[read.data]
            return -len(read.index), desc.transient, str(desc.dtype), [entry.constant for entry in read.index]

        return sorted(reads(body), key=key)

    def _round(
        self, ranges: tuple[Range, ...], parallel: Sequence[bool], references: list[Read], inner: Set[str]
    ) -> tuple[tuple[Range, ...], dict[str, Affine]]:
        """Loops as `references` want them, and what is to be substituted in their body."""
        names = [loop.variable for loop in ranges]
        reversible = {name for name, free in zip(names, parallel, strict=True) if free}
        entries = _entries(references, inner)
        ranges = tighten(ranges, self.known)
        subscripts = claims(entries, names, reversible)
        if any(not entry.words.isdisjoint(_after(name, names)) for name, entry in subscripts.items()):
            ranges = self._arranged(ranges, parallel, [*subscripts, *(n for n in names if n not in subscripts)])
        ranges, values = recount(ranges, entries, self.variables, reversible)
        renewed = [Read(r.data, tuple(entry.substitute(values) for entry in r.index)) for r in references]
        return self._arranged(ranges, parallel, by_strides(names, renewed, self.containers)), values

    def _arranged(
        self, ranges: tuple[Range, ...], parallel: Sequence[bool], wanted: Sequence[str]
    ) -> tuple[Range, ...]:
        """The loops with neighbours that are parallel in the order that is wanted."""
        result: list[Range] = []
        for free, group in itertools.groupby(zip(parallel, ranges, strict=True), key=lambda pair: pair[0]):
            run = [loop for _, loop in group]
            result += arrange(run, wanted, self._within(result).known) if free and len(run) > 1 else run
        return tuple(result)

    def _within(self, ranges: Iterable[Range]) -> Nests:
        return replace(self, known=(*self.known, *bounds(ranges)))


_Part = TypeVar("_Part")


def _settled(part: _Part, step: Callable[[_Part], _Part], look: Callable[[_Part], str]) -> _Part:
    """Repeat a step until nothing changes; where it goes round in circles, the least of what it goes through."""
    seen = [part]
    for _ in range(_ROUNDS):
        part = step(part)
        if part in seen:
            return min(seen[seen.index(part) :], key=look)
        seen.append(part)
    return part


def shifted(node: Node, around: frozenset[str] = frozenset()) -> Node:
    """Return a node in which loops around several nodes are counted by the first element written that allows it.

    Before: `for t in range(0, N): A[t + 1] = ...; B[t + 1] = ...`; after: `for t in range(1, N + 1): A[t] = ...`.
    """
    if not isinstance(node, Loop):
        return node
    loops, body = _chain(node)
    if len(body) == 1:
        return node
    ranges, inner = [loop.range for loop in loops], variables(body)
    around |= {loop.variable for loop in ranges}
    written = [statement.target for _, statement in statements(body)]
    recounted, values = recount(ranges, _entries(written, inner), around, [])
    return _nested(loops, recounted, [shifted(substitute_node(part, values), around) for part in body])


def _chain(node: Loop) -> tuple[list[Loop], tuple[Node, ...]]:
    """Loops with nothing in them but the next one, and the body of the last."""
    loops = [node]
    while len(loops[-1].body) == 1 and isinstance(inner := loops[-1].body[0], Loop):
        loops.append(inner)
    return loops, loops[-1].body


def _nested(loops: Sequence[Loop], ranges: Sequence[Range], body: Iterable[Node]) -> Node:
    inside = tuple(body)
    for loop, new in zip(reversed(loops), reversed(ranges), strict=True):
        inside = (replace(loop, range=new, body=inside),)
    return inside[0]


def _entries(references: Iterable[Read], inner: Set[str]) -> list[Affine]:
    """Subscripts without variables of loops further inside."""
    entries = dict.fromkeys(entry for reference in references for entry in reference.index)
    return [entry for entry in entries if entry.words.isdisjoint(inner)]


def _after(name: str, names: Sequence[str]) -> Sequence[str]:
    return names[names.index(name) + 1 :]
