"""The nodes of one body, and which elements of containers they touch: what moving values between them is decided by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.terms import (
    Range,
    Read,
    Reduce,
    Term,
    bounds,
    children,
    substitute_range,
)
from dace_transfer.transformations.normalization.tree import Loop, Node, Opaque, Statement

_KILLERS = 8  # Later writers that are looked at; a container written more often is no temporary.


@dataclass(frozen=True, eq=False)
class Place:
    """Where a container is read or written below a sibling.

    Attributes:
        position: Which sibling.
        data: The container.
        element: The element, or None if it may be any.
        loops: The loops around it, below the body.
        folds: The ranges of the reductions around it.
        statement: The statement, None if it is in an opaque block.
    """

    position: int
    data: str
    element: Read | None
    loops: tuple[Range, ...]
    folds: tuple[Range, ...] = ()
    statement: Statement | None = None

    @property
    def ranges(self) -> tuple[Range, ...]:
        """All that is iterated around it, below the body."""
        return (*self.loops, *self.folds)


@dataclass(frozen=True, eq=False)
class Nest:
    """Loops around exactly one statement."""

    ranges: tuple[Range, ...]
    statement: Statement

    def solve(self, index: Sequence[Affine]) -> dict[str, Affine] | None:
        """Return the only iteration that writes an element, or None if there is not exactly one for any element.

        `X[i + 1, j] = v` writes `X[a, b]` at `i = a - 1, j = b`.
        """
        own = {loop.variable for loop in self.ranges}
        solved: dict[str, Affine] = {}
        for written, wanted in zip(self.statement.target.index, index, strict=True):
            names = written.words & own
            if not names and written == wanted:
                continue
            name = next(iter(names), "")
            factor = written.coefficient(name)
            if len(names) != 1 or abs(factor) != 1 or name in solved or not written.is_affine_in(own):
                return None
            solved[name] = (wanted - written) * factor + variable(name)
        return solved if len(solved) == len(own) else None


def nest_of(node: Node | None) -> Nest | None:
    """Return a node as a perfect nest, or None if it is none."""
    ranges = []
    while isinstance(node, Loop) and len(node.body) == 1:
        ranges.append(node.range)
        node = node.body[0]
    return Nest(tuple(ranges), node) if isinstance(node, Statement) else None


def places_read(term: Term, at: Place) -> Iterator[Place]:
    """Yield every read of a term that stands at a place."""
    if isinstance(term, Read):
        yield replace(at, data=term.data, element=term)
    if isinstance(term, Reduce):
        at = replace(at, folds=(*at.folds, *term.ranges))
    for child in children(term):
        yield from places_read(child, at)


class Siblings:
    """The nodes of a body while they are being changed."""

    def __init__(self, body: Iterable[Node], around: Sequence[Range], facts: Iterable[Affine]):
        """
        Args:
            body: The nodes.
            around: The loops around the body.
            facts: What else is known to be at least 0.
        """
        self.nodes: list[Node | None] = list(body)
        self._facts = (*facts, *bounds(around))
        self._reads: dict[str, dict[int, list[Place]]] = {}
        self._writes: dict[str, dict[int, list[Place]]] = {}
        for position, node in enumerate(self.nodes):
            self._enter(position, node, ())

    def put(self, position: int, node: Node | None) -> None:
        """Replace a sibling, or take it away."""
        for places in (*self._reads.values(), *self._writes.values()):
            places.pop(position, None)
        self.nodes[position] = node
        self._enter(position, node, ())

    def reads(self, data: str, after: int, last: int | None = None) -> list[Place]:
        """Return where a container is read below the siblings behind `after`, up to `last`."""
        return _between(self._reads.get(data, {}), after, len(self.nodes) if last is None else last)

    def writes(self, data: str, after: int, last: int) -> list[Place]:
        """Return where a container is written below the siblings behind `after`, up to `last`."""
        return _between(self._writes.get(data, {}), after, last)

    def covered(self, nest: Nest, element: Read, ranges: Sequence[Range]) -> dict[str, Affine] | None:
        """Return at which iteration a nest writes an element, for all iterations of `ranges`; None if it may not."""
        solved = nest.solve(element.index)
        if solved is None:
            return None
        known = [*self._facts, *bounds(ranges)]
        for loop in nest.ranges:
            at = substitute_range(loop, solved)
            value = solved[loop.variable]
            if not (_always(value - at.begin, known) and _always(at.end - value - 1, known)):
                return None
        return solved

    def meet(self, first: Place, second: Place) -> bool:
        """Tell whether two places of one container may be one element, at any of their iterations."""
        if first.element is None or second.element is None:
            return True
        index, ranges = _apart(second.element, second.ranges)
        equations = [a - b for a, b in zip(first.element.index, index, strict=True)]
        if any(equation.is_constant and equation.constant for equation in equations):
            return False
        return feasible(equations, [*self._facts, *bounds(first.ranges), *bounds(ranges)])

    def overwriter(self, position: int) -> int | None:
        """Return the next sibling that writes all that the perfect nest at a position writes, or None."""
        nest = nest_of(self.nodes[position])
        if nest is None:
            return None
        written = self._writes[nest.statement.target.data]
        for later in sorted(other for other in written if other > position)[:_KILLERS]:
            other = nest_of(self.nodes[later])
            if other and self.covered(other, nest.statement.target, nest.ranges) is not None:
                return later
        return None

    def seen(self, position: int, last: int) -> list[Place]:
        """Return the reads behind a perfect nest, up to the sibling `last`, that may see what it writes."""
        nest = nest_of(self.nodes[position])
        assert nest is not None
        target = nest.statement.target
        written = Place(position, target.data, target, nest.ranges)
        return [read for read in self.reads(target.data, position, last) if self.meet(read, written)]

    def _enter(self, position: int, node: Node | None, loops: tuple[Range, ...]) -> None:
        if isinstance(node, Loop):
            for inner in node.body:
                self._enter(position, inner, (*loops, node.range))
        elif isinstance(node, Opaque):
            for name in node.reads:
                _note(self._reads, Place(position, name, None, loops))
            for name in node.writes:
                _note(self._writes, Place(position, name, None, loops))
        elif node is not None:
            at = Place(position, node.target.data, node.target, loops, (), node)
            _note(self._writes, at)
            for place in places_read(node.value, at):
                _note(self._reads, place)


def _note(table: dict[str, dict[int, list[Place]]], place: Place) -> None:
    table.setdefault(place.data, {}).setdefault(place.position, []).append(place)


def _between(places: dict[int, list[Place]], after: int, last: int) -> list[Place]:
    return [place for position in sorted(places) if after < position <= last for place in places[position]]


def _always(value: Affine, known: Iterable[Affine]) -> bool:
    """Whether a value is at least 0 wherever all that is known holds."""
    if value.is_constant:
        return value.constant >= 0
    same = (fact.constant for fact in known if fact.terms == value.terms)
    return value.constant >= min(same, default=value.constant + 1) or not feasible([], [-value - 1, *known])


def _apart(element: Read, ranges: Sequence[Range]) -> tuple[list[Affine], list[Range]]:
    """An element with variables of its own for all that is iterated around it."""
    new = {loop.variable: variable(f"__other_{loop.variable}") for loop in ranges}
    moved = [replace(substitute_range(loop, new), variable=f"__other_{loop.variable}") for loop in ranges]
    return [index.substitute(new) for index in element.index], moved
