"""Move what is computed to where it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.dependence import positive_sizes
from dace_transfer.transformations.normalization.movable import is_trivial, repeats_nothing, stored
from dace_transfer.transformations.normalization.overwriting import is_overwritten
from dace_transfer.transformations.normalization.siblings import (
    Nest,
    Place,
    Siblings,
    nest_of,
    places_read,
)
from dace_transfer.transformations.normalization.terms import (
    Range,
    Read,
    Term,
    reads,
    rebuild,
    substitute,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement, nodes

_ROUNDS = 20


def inline(computation: Computation, times: int = 1) -> Computation:
    """Replace reads of what an earlier nest of the same body computed by the value itself.

    Before: `for i: t[i] = 2*A[i]`, `for j: B[j] = t[j] + 1`, after: `for j: B[j] = 2*A[j] + 1`.
    Before: `for i: C[i] = b*C[i]`, `for j: C[j] = C[j] + A[j]`, after: `for j: C[j] = b*C[j] + A[j]`.

    Literals, copies of elements and a little arithmetic of scalars in transients go to all that read them. Other
    values go to the only statement that sees them, if that repeats no work; what computed them disappears. A value is
    moved only where that provably changes neither what is read nor how it is rounded.

    Args:
        computation: What is changed.
        times: How often a value may be computed: in how many places different elements of a container may be read.

    Returns:
        The computation itself where nothing can be moved.
    """
    facts = positive_sizes(computation)
    for _ in range(_ROUNDS):
        inliner = _Inliner(computation, facts, times)
        body = inliner.inlined(computation.body, ())
        if not inliner.changed:
            break
        computation = replace(computation, body=body)
    return computation


class _Inliner:
    """One round over a computation."""

    def __init__(self, computation: Computation, facts: tuple[Affine, ...], times: int):
        self.changed = False
        self._times = times
        self._containers = computation.containers
        self._local = {name for name, desc in computation.containers.items() if desc.transient}
        self._pinned = computation.pinned
        self._facts = facts
        self._count: Counter[str] = Counter()
        for node in nodes(computation.body):
            if isinstance(node, Statement):
                self._count.update(_read_by(node))

    def inlined(self, body: tuple[Node, ...], around: tuple[Range, ...]) -> tuple[Node, ...]:
        """Return a body, innermost bodies first, after one pass from its first node to its last."""
        inner = [node for node in (self._inside(node, around) for node in body) if node is not None]
        if len(inner) < 2:
            return tuple(inner)
        siblings = Siblings(inner, around, self._facts)
        for position in range(len(inner) - 1):
            nest = nest_of(siblings.nodes[position])
            if nest is not None:
                self._spread(siblings, position, nest)
        return tuple(node for node in siblings.nodes if node is not None)

    def _inside(self, node: Node, around: tuple[Range, ...]) -> Node | None:
        if not isinstance(node, Loop):
            return node
        body = self.inlined(node.body, (*around, node.range))
        return replace(node, body=body) if body else None

    def _spread(self, siblings: Siblings, position: int, nest: Nest) -> None:
        target = nest.statement.target
        value = stored(nest.statement.value, self._containers[target.data].dtype, self._containers)
        if value is None:
            return
        if is_trivial(value) and target.data in self._local and target.data not in _names(value):
            self._copy(siblings, position, nest, value)
        seen = self._seen(siblings, position, target.data)
        if seen is not None and (not seen or self._moved(siblings, position, nest, value, seen)):
            self._put(siblings, position, nest.statement, None)

    def _copy(self, siblings: Siblings, position: int, nest: Nest, value: Term) -> None:
        """Put a value wherever it may replace a read."""
        places = siblings.reads(nest.statement.target.data, position)
        for same_statement in _grouped(places, lambda place: (place.position, id(place.statement))):
            values = {}
            for same in _grouped(same_statement, lambda place: place.element):
                moved = self._at(siblings, position, nest, value, same)
                if moved is not None:
                    values[same[0].element] = moved[0]
            self._replace(siblings, same_statement[0], values)

    def _moved(self, siblings: Siblings, position: int, nest: Nest, value: Term, seen: Sequence[Place]) -> bool:
        """Put a value where it is seen, if not in too many places, and tell whether that was possible."""
        target = nest.statement.target
        elements = _grouped(seen, _what)
        kept = () if len(elements) > 1 else (target,)
        if len(elements) > self._times:
            return False
        if any(read.data == target.data and read not in kept for read in reads(value)):
            return False
        moved = [self._at(siblings, position, nest, value, same) for same in elements]
        found = [one for one in moved if one is not None]
        if len(found) < len(elements):
            return False
        repeated = self._times > 1
        if not all(repeats_nothing(value, same, one[1], repeated) for same, one in zip(elements, found, strict=True)):
            return False
        values = {_what(same[0]): one[0] for same, one in zip(elements, found, strict=True)}
        for statement in _grouped(seen, lambda place: (place.position, id(place.statement))):
            self._replace(siblings, statement[0], {place.element: values[_what(place)] for place in statement})
        return True

    def _seen(self, siblings: Siblings, position: int, data: str) -> list[Place] | None:
        """All reads that may see what a nest writes; None if there may be more than those behind it in its body."""
        end = siblings.overwriter(position)
        if end is not None:
            return siblings.seen(position, end)
        if data not in self._local or data in self._pinned:
            return None
        places = siblings.reads(data, position)
        return places if len(_different(places)) == self._count[data] else None

    def _at(
        self, siblings: Siblings, position: int, nest: Nest, value: Term, places: Sequence[Place]
    ) -> tuple[Term, dict[str, Affine]] | None:
        """A nest's value as places that read one element see it, and the iteration it is from; None if it differs."""
        element = places[0].element
        if element is None or any(siblings.covered(nest, element, place.ranges) is None for place in places):
            return None
        solved = nest.solve(element.index) or {}
        moved = substitute(value, solved)
        needed = [read for place in places for read in (place, *places_read(moved, place))]
        return None if any(is_overwritten(siblings, position, read) for read in needed) else (moved, solved)

    def _replace(self, siblings: Siblings, place: Place, values: dict[Read | None, Term]) -> None:
        if not values or place.statement is None:
            return
        old = place.statement
        value = rebuild(old.value, lambda term: values.get(term, term) if isinstance(term, Read) else term)
        new = Statement(old.target, value)
        self._count.update(_read_by(new))
        node = siblings.nodes[place.position]
        assert node is not None
        self._put(siblings, place.position, old, _with(node, old, new))

    def _put(self, siblings: Siblings, position: int, old: Statement, node: Node | None) -> None:
        self._count.subtract(_read_by(old))
        siblings.put(position, node)
        self.changed = True


def _different(places: Iterable[Place]) -> set[Hashable]:
    """What is read, where equal reads of one statement are one."""
    return set(map(_what, places))


def _what(place: Place) -> tuple[int, int, Read | None]:
    return place.position, id(place.statement), place.element


def _with(node: Node, old: Statement, new: Statement) -> Node:
    """A node with another statement in place of one, which keeps all others as they are."""
    if isinstance(node, Loop):
        body = tuple(_with(inner, old, new) for inner in node.body)
        changed = any(a is not b for a, b in zip(body, node.body, strict=True))
        return replace(node, body=body) if changed else node
    return new if node is old else node


def _grouped(places: Iterable[Place], key: Callable[[Place], Hashable]) -> list[list[Place]]:
    groups: dict[Hashable, list[Place]] = {}
    for place in places:
        groups.setdefault(key(place), []).append(place)
    return list(groups.values())


def _names(value: Term) -> set[str]:
    return {read.data for read in reads(value)}


def _read_by(statement: Statement) -> Counter[str]:
    """How many different elements of every container a statement reads."""
    return Counter(read.data for read in set(reads(statement.value)))
