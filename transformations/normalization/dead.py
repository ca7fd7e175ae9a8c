"""Remove what nobody reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import dace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.dependence import positive_sizes
from dace_transfer.transformations.normalization.siblings import Siblings
from dace_transfer.transformations.normalization.terms import (
    Call,
    Range,
    Reduce,
    Term,
    reads,
    substitute,
    substitute_range,
    walk,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    nodes,
    substitute_node,
)


def remove_dead(computation: Computation) -> Computation:
    """Remove statements, loops and containers without effect.

    Before: `t[i] = A[i]` read by nobody, `A[i] = A[i]`, `y[i] = 0` before `y[i] = A[i]`, `for i in range(0, 1): v`,
    after: `y[i] = A[i]`, `v`.

    These are stores to transients that are not read any more, copies of an element to itself, stores that a later nest
    of the same body overwrites before they are read, empty loops, and transients nobody mentions. Loops and ranges of
    reductions with one iteration are replaced by what they execute.
    """
    facts = positive_sizes(computation)
    body = tuple(_without_short_loops(computation.body))
    previous = None
    while body != previous:
        previous = body
        body = _without_overwritten(body, (), facts)
        body, _ = _Liveness(replace(computation, body=body)).alive(body, frozenset())
    containers = _mentioned(replace(computation, body=body))
    if body == computation.body and len(containers) == len(computation.containers):
        return computation
    return replace(computation, body=body, containers=containers)


def _without_short_loops(body: tuple[Node, ...]) -> Iterator[Node]:
    for node in body:
        if isinstance(node, Statement):
            value = _without_short_folds(node.value)
            if value != node.target:
                yield node if value is node.value else Statement(node.target, value)
        elif isinstance(node, Opaque) or _extent(node.range) != 1:
            yield from _shortened(node)
        else:
            once = {node.range.variable: node.range.begin}
            yield from _without_short_loops(tuple(substitute_node(inner, once) for inner in node.body))


def _shortened(node: Opaque | Loop) -> Iterator[Node]:
    if isinstance(node, Opaque):
        yield node
        return
    extent = _extent(node.range)
    body = tuple(_without_short_loops(node.body))
    if body and (extent is None or extent > 0):
        yield replace(node, body=body)


def _extent(loop: Range) -> int | None:
    """The number of iterations, if it is a number; at most 0 if there are none."""
    extent = loop.end - loop.begin
    return extent.constant if extent.is_constant else None


def _without_short_folds(term: Term) -> Term:
    if not any(isinstance(inner, Reduce) and any(_extent(r) == 1 for r in inner.ranges) for inner in walk(term)):
        return term
    if isinstance(term, Call):
        return Call(term.function, tuple(map(_without_short_folds, term.arguments)))
    assert isinstance(term, Reduce)
    ranges: list[Range] = []
    once: dict[str, Affine] = {}
    for loop in term.ranges:
        loop = substitute_range(loop, once)
        if _extent(loop) == 1:
            once[loop.variable] = loop.begin
        else:
            ranges.append(loop)
    body = _without_short_folds(substitute(term.body, once))
    return Reduce(term.function, tuple(ranges), body) if ranges else body


def _without_overwritten(
    body: tuple[Node, ...], around: tuple[Range, ...], facts: tuple[Affine, ...]
) -> tuple[Node, ...]:
    inner = [
        replace(node, body=_without_overwritten(node.body, (*around, node.range), facts))
        if isinstance(node, Loop)
        else node
        for node in body
    ]
    if len(inner) < 2:
        return tuple(inner)
    siblings = Siblings(inner, around, facts)
    for position in range(len(inner) - 1):
        end = siblings.overwriter(position)
        if end is not None and not siblings.seen(position, end):
            siblings.put(position, None)
    return tuple(node for node in siblings.nodes if node is not None)


class _Liveness:
    """Which transients are still to be read, from the end of a computation to its beginning."""

    def __init__(self, computation: Computation):
        containers = computation.containers
        self._kept = {name for name, desc in containers.items() if not desc.transient} | computation.pinned
        self._single = {name for name, desc in containers.items() if all(size == 1 for size in desc.shape)}

    def alive(self, body: tuple[Node, ...], later: Collection[str]) -> tuple[tuple[Node, ...], set[str]]:
        """Return what of a body has an effect, and what is read from its beginning on.

        Args:
            body: The nodes.
            later: What is read after them.
        """
        result: list[Node] = []
        live = set(later)
        for node in reversed(body):
            if isinstance(node, Loop):
                loop, live = self._loop(node, live)
                result += [loop] if loop.body else []
            elif isinstance(node, Opaque):
                result.append(node)
                live |= node.reads
            elif node.target.data in live or node.target.data in self._kept:
                result.append(node)
                live -= {node.target.data} & self._single
                live |= {read.data for read in reads(node.value)}
        return tuple(reversed(result)), live

    def _loop(self, loop: Loop, later: set[str]) -> tuple[Loop, set[str]]:
        """What one iteration reads, the iteration before must write."""
        live = set(later)
        while True:
            body, before = self.alive(loop.body, live)
            if before <= live:
                return (loop if body == loop.body else replace(loop, body=body)), live
            live |= before


def _mentioned(computation: Computation) -> dict[str, dace.data.Data]:
    used = set(computation.pinned)
    for node in nodes(computation.body):
        if isinstance(node, Statement):
            used |= {node.target.data, *(read.data for read in reads(node.value))}
    return {name: desc for name, desc in computation.containers.items() if name in used or not desc.transient}
