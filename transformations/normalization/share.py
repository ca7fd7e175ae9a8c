"""Compute once what several statements compute."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.algebra import simplify_terms
from dace_transfer.transformations.normalization.dependence import accesses
from dace_transfer.transformations.normalization.distribute import perfect_nest
from dace_transfer.transformations.normalization.looks import look_of_loops, look_of_term
from dace_transfer.transformations.normalization.reduction_forms import is_element
from dace_transfer.transformations.normalization.terms import (
    Range,
    Read,
    Term,
    names_in,
    reads,
    rebuild,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement, rebuild_values

_MOST = 4  # Loops whose orders are tried.


def share(computation: Computation) -> Computation:
    """Let statements of one body that compute the same, also transposed, be one.

    Before: `for i, j: s[i, j] = sum(A[i, k] * B[j, k] for k)`, `for i, j: t[i, j] = sum(B[i, k] * A[j, k] for k)`,
    `for i, j: C[i, j] = s[i, j] + t[i, j]`.
    After: `for i, j: s[i, j] = sum(A[i, k] * B[j, k] for k)`, `for i, j: C[i, j] = s[i, j] + s[j, i]`.

    Common subexpression elimination and value numbering, for whole containers that are transient and written once.
    What reads one container instead of two is simplified: `s * x[i] + t * y[i]` becomes `s * (x[i] + y[i])`.
    """
    sharing = _Sharing(computation)
    body = sharing.body(computation.body)
    if not sharing.removed:
        return computation
    kept = {name: desc for name, desc in computation.containers.items() if name not in sharing.removed}
    return simplify_terms(replace(computation, containers=kept, body=body))


@dataclass(frozen=True)
class _Nest:
    """Parallel loops around one statement, every one of them a dimension of what is written."""

    loops: tuple[Range, ...]
    statement: Statement

    @property
    def data(self) -> str:
        return self.statement.target.data

    def key(self, order: Sequence[Range]) -> str:
        """The same for all nests that compute the same, when loops are named in the given order."""
        value = self.statement.value
        words = (word for loop in order for bound in (loop.begin, loop.end) for word in bound.words)
        marks = {name: name for name in (*words, *names_in(value), *_inputs(self))}
        inside, bounds = look_of_loops(order, marks, "__loop")
        return f"{', '.join(bounds)} -> {look_of_term(value, inside)}"

    def element(self, values: Mapping[str, Affine]) -> Read:
        """The element written where loops have certain values."""
        target = self.statement.target
        return Read(target.data, tuple(entry.substitute(values) for entry in target.index))

    def iteration(self, element: Read) -> list[Affine]:
        """The values of the loops for which an element is written."""
        found = {}
        for written, wanted in zip(self.statement.target.index, element.index, strict=True):
            (name,) = (loop.variable for loop in self.loops if loop.variable in written.words)
            found[name] = wanted - written + variable(name)
        return [found[loop.variable] for loop in self.loops]


class _Sharing:
    def __init__(self, computation: Computation):
        found = [access for node in computation.body for access in accesses(node)]
        writers = Counter(access.data for access in found if access.writes)
        pinned = computation.pinned
        self._descriptors = computation.containers
        self._candidates = {
            name
            for name, desc in computation.containers.items()
            if desc.transient and writers[name] == 1 and name not in pinned
        }
        self._reads = Counter(access.data for access in found if not access.writes)
        self.removed: set[str] = set()

    def body(self, body: tuple[Node, ...]) -> tuple[Node, ...]:
        """Share within a body, and within the bodies in it."""
        body = tuple(replace(node, body=self.body(node.body)) if isinstance(node, Loop) else node for node in body)
        nests, position = [self._nest(node) for node in body], 1
        while position < len(body):
            changed = self._without(body, nests, position)
            if changed is None:
                position += 1
            else:
                body, nests = changed, [self._nest(node) for node in changed]
        return body

    def _without(self, body: tuple[Node, ...], nests: Sequence[_Nest | None], position: int) -> tuple[Node, ...] | None:
        """The body without a nest that computes what an earlier one has computed, or None if it does not."""
        second = nests[position]
        if second is None or not self._is_read_only_by(body[position + 1 :], second.data):
            return None
        for earlier in reversed(range(position)):
            first = nests[earlier]
            if first is not None and self._may_be_equal(first, second):
                order = _order(first, second)
                if order is not None:
                    return self._replaced(body, position, first, second, order)
            if not _writes(body[earlier]).isdisjoint(_inputs(second)):
                return None
        return None

    def _nest(self, node: Node) -> _Nest | None:
        loops, statement = perfect_nest(node)
        if statement is None or statement.target.data not in self._candidates or len(loops) > _MOST:
            return None
        names = [loop.range.variable for loop in loops]
        is_whole = len(names) == len(statement.target.index) and is_element(statement.target, names)
        if not is_whole or not all(loop.parallel for loop in loops) or statement.target.data in _inputs_of(statement):
            return None
        return _Nest(tuple(loop.range for loop in loops), statement)

    def _is_read_only_by(self, body: Iterable[Node], data: str) -> bool:
        return sum(a.data == data and not a.writes for node in body for a in accesses(node)) == self._reads[data]

    def _may_be_equal(self, first: _Nest, second: _Nest) -> bool:
        types = [self._descriptors[nest.data].dtype for nest in (first, second)]
        return types[0] == types[1] and len(first.loops) == len(second.loops) and _inputs(first) == _inputs(second)

    def _replaced(
        self, body: tuple[Node, ...], position: int, first: _Nest, second: _Nest, order: Sequence[Range]
    ) -> tuple[Node, ...]:
        """The body with reads of the first instead of the second, whose loops correspond to the first's in `order`."""
        names = [loop.variable for loop in second.loops]

        def changed(term: Term) -> Term:
            if not isinstance(term, Read) or term.data != second.data:
                return term
            at = dict(zip(names, second.iteration(term), strict=True))
            matched = zip(first.loops, order, strict=True)
            return first.element({loop.variable: at[own.variable] for loop, own in matched})

        later = rebuild_values(body[position + 1 :], lambda statement: rebuild(statement.value, changed))
        self.removed.add(second.data)
        self._recount(body[position:], later)
        return (*body[:position], *later)

    def _recount(self, before: Iterable[Node], after: Iterable[Node]) -> None:
        self._reads.subtract(a.data for node in before for a in accesses(node) if not a.writes)
        self._reads.update(a.data for node in after for a in accesses(node) if not a.writes)


def _order(first: _Nest, second: _Nest) -> Sequence[Range] | None:
    """The loops of the second in the order in which they are those of the first, or None if they compute different."""
    wanted = first.key(first.loops)
    return next((order for order in itertools.permutations(second.loops) if second.key(order) == wanted), None)


def _inputs(nest: _Nest) -> frozenset[str]:
    return _inputs_of(nest.statement)


def _inputs_of(statement: Statement) -> frozenset[str]:
    return frozenset(read.data for read in reads(statement.value))


def _writes(node: Node) -> set[str]:
    return {access.data for access in accesses(node) if access.writes}
