"""Compute things where they end up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.dependence import positive_sizes
from dace_transfer.transformations.normalization.overwriting import is_overwritten, may_overwrite
from dace_transfer.transformations.normalization.siblings import (
    Nest,
    Place,
    Siblings,
    nest_of,
    places_read,
)
from dace_transfer.transformations.normalization.terms import Range, Read, Term, reads, rebuild, substitute
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Statement,
    rebuild_values,
    statements,
)


def coalesce(computation: Computation) -> Computation:
    """Compute what a temporary holds where it is copied to, and read it there.

    Before: `for i, j<=i: t[i, j] = a[i, j] / n`, `for i, j>=i: C[i, j] = t[j, i]`, `for i, j<=i: C[i, j] = t[i, j]`.
    After: `for i, j>=i: C[i, j] = a[j, i] / n`, `for i, j<=i: C[i, j] = C[j, i]`.

    Copy coalescing, for transients that one nest writes and a later nest of the same body copies, every element once.
    The value moves to the copy, or where something prevents that, the copy to the value.
    """
    facts = positive_sizes(computation)
    while True:
        coalescer = _Coalescer(computation, facts)
        body = coalescer.body(computation.body, ())
        if not coalescer.removed:
            return computation
        kept = {name: desc for name, desc in computation.containers.items() if name not in coalescer.removed}
        computation = replace(computation, containers=kept, body=body)


@dataclass(frozen=True)
class _Copy:
    """A nest that copies a temporary.

    Attributes:
        position: Which sibling.
        nest: The nest.
        source: The element of the temporary.
    """

    position: int
    nest: Nest
    source: Read

    @property
    def target(self) -> Read:
        return self.nest.statement.target

    @property
    def reversed(self) -> Nest:
        """A nest that writes what this one reads."""
        return Nest(self.nest.ranges, Statement(self.source, self.source))

    def instead_of(self, element: Read) -> Read:
        """Where an element of the temporary is copied to."""
        result = substitute(self.target, self.reversed.solve(element.index) or {})
        assert isinstance(result, Read)
        return result


class _Coalescer:
    """One round over a computation."""

    def __init__(self, computation: Computation, facts: tuple[Affine, ...]):
        self.removed: set[str] = set()
        self._facts = facts
        self._containers = computation.containers
        found = [statement for _, statement in statements(computation.body)]
        writes = Counter(statement.target.data for statement in found)
        self._reads = Counter(read.data for statement in found for read in reads(statement.value))
        self._candidates = {
            name for name, desc in computation.containers.items() if desc.transient and writes[name] == 1
        } - computation.pinned

    def body(self, body: tuple[Node, ...], around: tuple[Range, ...]) -> tuple[Node, ...]:
        """Return a body with temporaries coalesced in it and in the bodies in it."""
        inner = [
            replace(node, body=self.body(node.body, (*around, node.range))) if isinstance(node, Loop) else node
            for node in body
        ]
        if len(inner) < 2 or not any(self._is_copy(node) for node in inner):
            return tuple(inner)
        siblings = Siblings(inner, around, self._facts)
        for position in range(len(inner) - 1):
            self._coalesced(siblings, position)
        return tuple(node for node in siblings.nodes if node is not None)

    def _is_copy(self, node: Node) -> bool:
        nest = nest_of(node)
        return nest is not None and isinstance(nest.statement.value, Read)

    def _coalesced(self, siblings: Siblings, position: int) -> None:
        nest = nest_of(siblings.nodes[position])
        if nest is None or nest.statement.target.data not in self._candidates:
            return
        places = siblings.reads(nest.statement.target.data, position)
        if len(places) != self._reads[nest.statement.target.data]:
            return
        for place in places:
            copy = self._copy(siblings, nest, place)
            if copy is None or not _is_readable_there(siblings, copy, places):
                continue
            if self._at_copy(siblings, position, nest, copy, places) or self._at_once(siblings, position, nest, copy):
                self._read_there(siblings, copy, places)
                return

    def _copy(self, siblings: Siblings, nest: Nest, place: Place) -> _Copy | None:
        """The nest at a place as one that copies exactly what another nest writes, or None if it does not."""
        found = nest_of(siblings.nodes[place.position])
        if found is None or place.element is None or found.statement.value != place.element:
            return None
        source, target = place.element, found.statement.target
        types = [self._containers[element.data].dtype for element in (source, target)]
        if source.data == target.data or types[0] != types[1] or found.solve(target.index) is None:
            return None
        copy = _Copy(place.position, found, source)
        is_all = siblings.covered(copy.reversed, nest.statement.target, nest.ranges) is not None
        return copy if is_all and siblings.covered(nest, source, found.ranges) is not None else None

    def _at_copy(self, siblings: Siblings, position: int, nest: Nest, copy: _Copy, places: Iterable[Place]) -> bool:
        """Compute a value in the place of its copy, and tell whether that was possible."""
        if any(place.position < copy.position for place in places):
            return False
        value = substitute(nest.statement.value, nest.solve(copy.source.index) or {})
        at = Place(copy.position, copy.target.data, copy.target, copy.nest.ranges, (), copy.nest.statement)
        if any(is_overwritten(siblings, position, read) for read in places_read(value, at)):
            return False
        siblings.put(copy.position, _with(siblings.nodes[copy.position], Statement(copy.target, value)))
        siblings.put(position, None)
        return True

    def _at_once(self, siblings: Siblings, position: int, nest: Nest, copy: _Copy) -> bool:
        """Compute a value into what it is copied to where it is computed, and tell whether that was possible."""
        target = copy.instead_of(nest.statement.target)
        write = Place(position, target.data, target, nest.ranges, (), nest.statement)
        if any(siblings.meet(write, place) for place in _between(siblings, target.data, position, copy.position)):
            return False
        own = [read for read in places_read(nest.statement.value, write) if read.data == target.data]
        if any(may_overwrite(siblings, write, read) for read in own):
            return False
        siblings.put(position, _with(siblings.nodes[position], Statement(target, nest.statement.value)))
        siblings.put(copy.position, None)
        return True

    def _read_there(self, siblings: Siblings, copy: _Copy, places: Iterable[Place]) -> None:
        """Read what was copied instead of the temporary, which is no more."""
        self.removed.add(copy.source.data)

        def changed(term: Term) -> Term:
            return copy.instead_of(term) if isinstance(term, Read) and term.data == copy.source.data else term

        others = [place for place in places if place.position != copy.position]
        self._reads[copy.target.data] += len(others)
        for position in {place.position for place in others}:
            node = siblings.nodes[position]
            assert node is not None
            (new,) = rebuild_values([node], lambda statement: rebuild(statement.value, changed))
            siblings.put(position, new)


def _is_readable_there(siblings: Siblings, copy: _Copy, places: Sequence[Place]) -> bool:
    """Whether all that is read of a temporary is copied, and still there wherever it is read after the copy."""
    for place in places:
        if place.position == copy.position:
            continue
        if place.element is None or siblings.covered(copy.reversed, place.element, place.ranges) is None:
            return False
        there = replace(place, data=copy.target.data, element=copy.instead_of(place.element))
        if is_overwritten(siblings, copy.position, there):
            return False
    return True


def _between(siblings: Siblings, data: str, first: int, last: int) -> list[Place]:
    return [*siblings.reads(data, first, last - 1), *siblings.writes(data, first, last - 1)]


def _with(node: Node | None, statement: Statement) -> Node:
    """A perfect nest with another statement."""
    return replace(node, body=(_with(node.body[0], statement),)) if isinstance(node, Loop) else statement
