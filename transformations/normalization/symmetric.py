"""Results that equal their mirror images are computed as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.covering import is_written_first
from dace_transfer.transformations.normalization.extraction import Context, outermost
from dace_transfer.transformations.normalization.hull import always, hull, in_bounds
from dace_transfer.transformations.normalization.looks import look_of_term
from dace_transfer.transformations.normalization.reduction_forms import is_contraction, mentioned
from dace_transfer.transformations.normalization.siblings import Nest, Place, Siblings, nest_of
from dace_transfer.transformations.normalization.terms import (
    Call,
    Range,
    Read,
    Term,
    bounds,
    names_in,
    reads,
    substitute,
    walk,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement
from dace_transfer.transformations.normalization.types import type_of


def symmetric(computation: Computation) -> Computation:
    """Compute as a whole what is computed for one triangle and mirrored into the other.

    Before: `for i, j>=i: X[i, j] = sum(A[i, k] * A[j, k] for k)`, `for i, j<=i: X[i, j] = X[j, i]`.
    After: `for i, j: X[i, j] = sum(A[i, k] * A[j, k] for k)`.

    This is for values made of contractions, which `split_reductions` computes over full rectangles in any case, and
    for targets whose subscripts are loop variables, as `order` leaves them. Where the triangle has no diagonal, the
    statements that write the diagonal come after it.
    """
    body = _changed(computation.body, (), Context(computation))
    return computation if body is computation.body else replace(computation, body=body)


def _changed(body: tuple[Node, ...], around: tuple[Range, ...], context: Context) -> tuple[Node, ...]:
    """A body with symmetric results computed as a whole in it and in the bodies in it; the same if there are none."""
    for position, node in enumerate(body):
        inner = _changed(node.body, (*around, node.range), context) if isinstance(node, Loop) else ()
        if isinstance(node, Loop) and inner is not node.body:
            body = (*body[:position], replace(node, body=inner), *body[position + 1 :])
    mirrors = [position for position, node in enumerate(body) if _is_mirror(nest_of(node))]
    finder = _Finder(body, around, context) if mirrors else None
    found = (finder.whole(at, mirror) for mirror in mirrors for at in range(mirror) if finder)
    changed = next((new for new in found if new), None)
    return _changed(changed, around, context) if changed else body


@dataclass(frozen=True)
class _Triangle:
    """One side of the diagonal of a square from `begin` to `end`, and maybe the diagonal, as a sibling writes it.

    Of its loop variables, `low` is never greater than `high`.
    """

    position: int
    nest: Nest
    low: str
    high: str
    begin: Affine
    end: Affine

    @property
    def square(self) -> Node:
        rows, columns = (Range(str(entry), self.begin, self.end) for entry in self.nest.statement.target.index)
        return Loop(rows, (Loop(columns, (self.nest.statement,), True),), True)

    def place(self, row: str, column: str) -> Place:
        """The elements with certain subscripts: the variables in one order, in the other order, or twice the lower."""
        element = Read(self.nest.statement.target.data, (variable(row), variable(column)))
        inner = Range(self.high, variable(self.low) + 1, self.end)
        ranges = (Range(self.low, self.begin, self.end), *([] if row == column else [inner]))
        return Place(self.position, self.nest.statement.target.data, element, ranges)


class _Finder:
    """Finds the triangles in one body."""

    def __init__(self, body: tuple[Node, ...], around: tuple[Range, ...], context: Context):
        self._body, self._around, self._context = body, around, context
        self._siblings = Siblings(body, around, context.dependences.facts)

    def whole(self, position: int, mirror: int) -> tuple[Node, ...] | None:
        """Return the body with the square instead of its triangle and the mirror image, None if that is not right."""
        triangle = self._triangle(position)
        if triangle is None or not self._is_mirrored(triangle, mirror):
            return None
        moved = self._moved(triangle, mirror)
        before = (node for place, node in enumerate(self._body[:position]) if place not in (moved or ()))
        after = (*self._body[position + 1 : mirror], *self._body[mirror + 1 :])
        return None if moved is None else (*before, triangle.square, *(self._body[place] for place in moved), *after)

    def _triangle(self, position: int) -> _Triangle | None:
        """The nest at a position as one of a triangle with a symmetric value of contractions."""
        nest = nest_of(self._body[position])
        if nest is None or len(nest.ranges) != 2 or not self._is_of_contractions(nest):
            return None
        names = [str(entry) for entry in nest.statement.target.index]
        hulls = {loop.variable: hull(loop, nest.ranges[:place]) for place, loop in enumerate(nest.ranges)}
        for low, high in (names, names[::-1]) if sorted(names) == sorted(hulls) else ():
            first, last = hulls[low], hulls[high]
            if first and last and self._always([variable(high) - variable(low)], nest):
                triangle = _Triangle(position, nest, low, high, first.begin, last.end)
                is_full = self._covers(nest, triangle.place(*names))
                return triangle if is_full and _is_symmetric(nest.statement.value, low, high) else None
        return None

    def _is_of_contractions(self, nest: Nest) -> bool:
        """Whether all sums that depend on both loops, one at least, are computed over rectangles in any case."""
        value, names = nest.statement.value, [loop.variable for loop in nest.ranges]
        sums = [term for term in outermost(value) if len(mentioned(term, nest.ranges)) == 2]
        is_own = all(read.data != nest.statement.target.data for read in reads(value))
        return is_own and bool(sums) and all(is_contraction(term, names, self._context.containers) for term in sums)

    def _is_mirrored(self, triangle: _Triangle, position: int) -> bool:
        """Whether a sibling copies to the other side just what was computed for this side."""
        nest, target = nest_of(self._body[position]), triangle.nest.statement.target
        row, column = map(str, target.index)
        side, other = triangle.place(row, column), triangle.place(column, row)
        if nest is None or nest.statement.target.data != target.data or not self._covers(nest, other):
            return False
        source = dict(zip((row, column), nest.statement.target.index[::-1], strict=True))
        low, high = source[triangle.low], source[triangle.high]
        if not self._always([high - low, low - triangle.begin, triangle.end - high - 1], nest):
            return False
        between, meet = (target.data, triangle.position, position - 1), self._siblings.meet
        if any(meet(side, write) or meet(other, write) for write in self._siblings.writes(*between)):
            return False
        return not any(meet(other, read) for read in self._siblings.reads(*between))

    def _moved(self, triangle: _Triangle, mirror: int) -> list[int] | None:
        """The siblings that have to follow the square so that the diagonal is theirs, None if it may not be written."""
        diagonal = triangle.place(triangle.low, triangle.low)
        if self._covers(triangle.nest, diagonal):
            return []
        value = substitute(triangle.nest.statement.value, {triangle.high: variable(triangle.low)})
        around, facts = (*self._around, *diagonal.loops), self._context.dependences.facts
        if self._may_trap(value) or not in_bounds(value, around, self._context.containers, facts):
            return None
        moved: list[int] = []
        for earlier in reversed(range(triangle.position)):
            moved = [earlier, *moved] if self._may_follow(earlier, triangle, moved) else moved
        later = [p for p in range(triangle.position + 1, len(self._body)) if self._is_unseen(p, triangle, mirror)]
        nodes = [_first_subscripts(self._body[position]) for position in (*moved, *later)]
        read = Statement(Read("", ()), Read(diagonal.data, (variable(triangle.low),)))
        known = (*facts, *bounds(self._around))
        is_written = is_written_first(diagonal.data, [*nodes, Loop(diagonal.loops[0], (read,))], known)
        return moved if is_written else None

    def _may_follow(self, position: int, triangle: _Triangle, moved: list[int]) -> bool:
        """Whether a sibling before a triangle writes on the diagonal, and may as well follow the square."""
        node, nest = self._body[position], nest_of(self._body[position])
        if nest is None or not _is_on_diagonal(nest, triangle.nest.statement.target.data):
            return False
        passed = [self._body[other] for other in range(position + 1, triangle.position + 1) if other not in moved]
        reads_square = any(read.data == triangle.nest.statement.target.data for read in reads(nest.statement.value))
        return not reads_square and not any(self._context.dependences.within(node, p, self._around) for p in passed)

    def _is_unseen(self, position: int, triangle: _Triangle, mirror: int) -> bool:
        """Whether a sibling behind a triangle writes on the diagonal, which nobody has read since the triangle."""
        nest, data = nest_of(self._body[position]), triangle.nest.statement.target.data
        if nest is None or not _is_on_diagonal(nest, data):
            return False
        write = Place(position, data, nest.statement.target, nest.ranges)
        seen = self._siblings.reads(data, triangle.position, position)
        return not any(read.position != mirror and self._siblings.meet(write, read) for read in seen)

    def _may_trap(self, value: Term) -> bool:
        """Whether it divides by integers, which may be zero on the diagonal."""
        divisors = [t.arguments[1] for t in walk(value) if isinstance(t, Call) and t.function in ("/", "//", "%")]
        return not all(issubclass(type_of(term, self._context.containers).type, np.inexact) for term in divisors)

    def _always(self, values: list[Affine], nest: Nest) -> bool:
        facts = self._context.dependences.facts
        return all(always(value, (*self._around, *nest.ranges), facts) for value in values)

    def _covers(self, nest: Nest, place: Place) -> bool:
        return place.element is not None and self._siblings.covered(nest, place.element, place.ranges) is not None


def _is_mirror(nest: Nest | None) -> bool:
    target, value = (nest.statement.target, nest.statement.value) if nest else (Read("", ()), None)
    return len(target.index) == 2 and value == Read(target.data, target.index[::-1])


def _is_on_diagonal(nest: Nest, data: str) -> bool:
    return nest.statement.target.data == data and len(set(nest.statement.target.index)) == 1


def _is_symmetric(value: Term, first: str, second: str) -> bool:
    """Whether a value stays as it is when two loop variables are swapped."""
    marks = {name: name for name in (*names_in(value), *(read.data for read in reads(value)))}
    return look_of_term(value, marks) == look_of_term(value, {**marks, first: second, second: first})


def _first_subscripts(node: Node) -> Node:
    """A nest on a diagonal as one along a line, with nothing read."""
    if isinstance(node, Loop):
        return replace(node, body=tuple(map(_first_subscripts, node.body)))
    assert isinstance(node, Statement)
    return Statement(Read(node.target.data, node.target.index[:1]), Read("", ()))
