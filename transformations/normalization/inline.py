"""Move what is computed to where it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dace
import numpy as np

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.siblings import (
    Nest,
    Place,
    Siblings,
    nest_of,
    places_read,
    positive_sizes,
)
from dace_transfer.transformations.normalization.terms import (
    Call,
    Index,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    children,
    reads,
    rebuild,
    substitute,
    walk,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement, nodes
from dace_transfer.transformations.normalization.types import type_of

_ROUNDS = 20
_DEEPEST = 80  # Calls inside of each other in a value that is moved; passes are recursive.
_REPEATABLE = 2  # Operations of a value that is read several times in one statement and yet moved there.


def inline(computation: Computation) -> Computation:
    """Replace reads of what an earlier nest of the same body computed by the value itself.

    Before: `for i: t[i] = 2*A[i]`, `for j: B[j] = t[j] + 1`, after: `for j: B[j] = 2*A[j] + 1`.
    Before: `for i: C[i] = b*C[i]`, `for j: C[j] = C[j] + A[j]`, after: `for j: C[j] = b*C[j] + A[j]`.

    Copies of elements and literals in transients go to all that read them. Other values go to the only statement that
    sees them, if that repeats no work; what computed them disappears. A value is moved only where that provably
    changes neither what is read nor how it is rounded.
    """
    facts = positive_sizes(computation)
    for _ in range(_ROUNDS):
        inliner = _Inliner(computation, facts)
        body = inliner.inlined(computation.body, ())
        if not inliner.changed:
            break
        computation = replace(computation, body=body)
    return computation


class _Inliner:
    """One round over a computation."""

    def __init__(self, computation: Computation, facts: tuple[Affine, ...]):
        self.changed = False
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
        value = _stored(nest.statement.value, self._containers[target.data].dtype, self._containers)
        if value is None:
            return
        if _is_trivial(value) and target.data in self._local and target.data not in _names(value):
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
        """Put a value where alone it is seen, and tell whether that was possible."""
        target = nest.statement.target
        if _depth(value) > _DEEPEST or len(_different(seen)) > 1:
            return False
        if any(read.data == target.data and read != target for read in reads(value)):
            return False
        moved = self._at(siblings, position, nest, value, seen)
        if moved is None or not _repeats_nothing(value, seen, moved[1]):
            return False
        self._replace(siblings, seen[0], {seen[0].element: moved[0]})
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
        return None if any(_is_overwritten(siblings, position, read) for read in needed) else (moved, solved)

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
    return {(place.position, id(place.statement), place.element) for place in places}


def _is_overwritten(siblings: Siblings, position: int, read: Place) -> bool:
    """Whether what a place reads may be written between the sibling at a position and the place."""
    return any(
        not _is_update(siblings, read, write) and siblings.meet(read, write)
        for write in siblings.writes(read.data, position, read.position)
    )


def _is_update(siblings: Siblings, read: Place, write: Place) -> bool:
    """Whether what is read is exactly what the same statement writes, and no other iteration of its nest writes."""
    if write.element != read.element or write.element is None or write.statement is not read.statement:
        return False
    nest = nest_of(siblings.nodes[write.position])
    return nest is not None and nest.solve(write.element.index) is not None


def _repeats_nothing(value: Term, places: Sequence[Place], solved: dict[str, Affine]) -> bool:
    if _is_trivial(value):
        return True
    has_reduction = any(isinstance(term, Reduce) for term in walk(value))
    calls = sum(isinstance(term, Call) for term in walk(value))
    if len(places) > 1 and (has_reduction or calls > _REPEATABLE):
        return False
    if has_reduction and any(place.folds for place in places):
        return False
    return all(_is_one_to_one(place.ranges, solved) for place in places)


def _is_one_to_one(ranges: Iterable[Range], values: dict[str, Affine]) -> bool:
    """Whether no two iterations of the ranges need the same iteration of a producer."""
    names = {loop.variable for loop in ranges}
    used = [name for value in values.values() for name in value.words & names]
    return sorted(used) == sorted(names) and all(value.is_affine_in(names) for value in values.values())


def _stored(value: Term, dtype: dace.typeclass, containers: Mapping[str, dace.data.Data]) -> Term | None:
    """What reading a value back from a container of a type gives; None if storing it may round it."""
    if isinstance(value, Number):
        return _literal(value, np.dtype(dtype.type))
    if isinstance(value, Call) and value.function == "neg" and isinstance(value.arguments[0], Number):
        inner = _stored(value.arguments[0], dtype, containers)
        return inner and Call("neg", (inner,))
    if isinstance(value, Index):
        return value if np.dtype(dtype.type).kind == "i" else None
    return value if type_of(value, containers) == dtype else None


def _literal(number: Number, dtype: np.dtype[Any]) -> Number | None:
    value = number.value
    if dtype.kind == "f" and isinstance(value, int):
        return Number(float(value))
    if dtype.kind in "iu" and type(value) is int:
        return number if np.iinfo(dtype).min <= value <= np.iinfo(dtype).max else None
    return number if type(value) is {"f": float, "b": bool, "c": complex}.get(dtype.kind) else None


def _depth(term: Term) -> int:
    return 1 + max(map(_depth, children(term)), default=0)


def _is_trivial(value: Term) -> bool:
    if isinstance(value, Call) and value.function == "neg":
        value = value.arguments[0]
    return isinstance(value, (Number, Index, Read))


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
