"""Maximal fission: every statement gets loops of its own, unless dependences tie it to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import networkx as nx

from dace_transfer.transformations.normalization.dependence import Dependences, accesses
from dace_transfer.transformations.normalization.interchange import interchange
from dace_transfer.transformations.normalization.reductions import as_reduction
from dace_transfer.transformations.normalization.terms import Range
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Statement,
    with_own_variables,
)

Around = tuple[Range, ...]


def distribute(computation: Computation) -> Computation:
    """Split loops as far as dependences allow, find the parallel ones, and put sequential ones outside of them.

    Before: `for i: { x[i] = a[i]; for t: b[i, t] = b[i, t - 1] + x[i] }`.
    After: `parallel for i: x[i] = a[i]; for t: parallel for i: b[i, t] = b[i, t - 1] + x[i]`.

    Loop distribution by strongly connected components of the dependence graph (Kennedy and Allen, 1987). Loops that
    only fold values into one place become reductions.
    """
    return replace(computation, body=tuple(_Distribution(computation).body(computation.body, ())))


class _Distribution:
    def __init__(self, computation: Computation):
        self._computation = computation
        self._dependences = Dependences(computation)
        self._names = Names(computation)
        self._transients = {name for name, desc in computation.containers.items() if desc.transient}

    def body(self, nodes: Iterable[Node], around: Around) -> Iterator[Node]:
        for node in nodes:
            if isinstance(node, Loop):
                yield from self._loop(node, around)
            else:
                yield node

    def _loop(self, loop: Loop, around: Around) -> Iterator[Node]:
        children = tuple(self.body(loop.body, (*around, loop.range)))
        shared = self._shared_in_iterations(loop) if loop.parallel else set()
        groups = self._groups(loop, children, around, shared)
        for number, group in enumerate(groups):
            part = Loop(loop.range, group, loop.parallel)
            if number:
                renamed = with_own_variables(part, self._names)
                assert isinstance(renamed, Loop)
                part = renamed
            yield from self._arranged(replace(part, parallel=loop.parallel or self._is_free(part, around)), around)

    def _groups(self, loop: Loop, children: Sequence[Node], around: Around, shared: set[str]) -> list[tuple[Node, ...]]:
        """The strongly connected parts of a loop's body, in an order that respects what they hand on."""
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(children)))
        inside = (*around, loop.range)
        for i, first in enumerate(children):
            for j, second in enumerate(children):
                if i < j and self._dependences.within(first, second, inside):
                    graph.add_edge(i, j)
                if i != j and not loop.parallel and self._dependences.carried(first, second, loop.range, around):
                    graph.add_edge(i, j)
                if i != j and _touch(first, second, shared):
                    graph.add_edge(i, j)
        parts = nx.condensation(graph)
        order = nx.lexicographical_topological_sort(parts, key=lambda part: min(parts.nodes[part]["members"]))
        return [tuple(children[i] for i in sorted(parts.nodes[part]["members"])) for part in order]

    def _is_free(self, loop: Loop, around: Around) -> bool:
        return not any(
            self._dependences.carried(first, second, loop.range, around) for first in loop.body for second in loop.body
        )

    def _shared_in_iterations(self, loop: Loop) -> set[str]:
        """Transients that iterations of an author's map would share, though each of them means its own."""
        written = {access.data for access in accesses(loop) if access.writes and access.data in self._transients}
        named = [a for a in accesses(loop) if a.data in written]
        return {a.data for a in named if a.index is None or not any(loop.range.variable in e.words for e in a.index)}

    # Arrangement of the loops of one part ----------------------------------------------------------------------

    def _arranged(self, loop: Loop, around: Around) -> Iterator[Node]:
        folded = self._as_reduction(loop, around)
        if folded is not None:
            yield folded
            return
        inner = loop.body[0]
        swapped = None
        if loop.parallel and len(loop.body) == 1 and isinstance(inner, Loop) and not inner.parallel:
            shared = self._shared_in_iterations(loop)
            swapped = None if shared else interchange(loop.range, inner.range, self._dependences.facts)
        if swapped is None or not isinstance(inner, Loop):
            yield loop
            return
        outer_range, inner_range = swapped
        parts = self._loop(Loop(inner_range, inner.body, True), (*around, outer_range))
        yield replace(inner, range=outer_range, body=tuple(parts))

    def _as_reduction(self, loop: Loop, around: Around) -> Node | None:
        """Turn the loops of a nest that fold into one element of the target into a reduction."""
        loops, statement = perfect_nest(loop)
        if statement is None:
            return None
        ranges = tuple(nested.range for nested in loops)
        mentioned = {word for index in statement.target.index for word in index.words}
        kept, folded = self._sunk(ranges, [r.variable for r in ranges if r.variable not in mentioned])
        if not folded:
            return None
        reduction = as_reduction(statement, folded, self._computation.containers)
        if reduction is None:
            return None
        known = {nested.range.variable for nested in loops if nested.parallel}
        result: Node = reduction
        for position in reversed(range(len(kept))):
            nest = Loop(kept[position], (result,), kept[position].variable in known)
            result = replace(nest, parallel=nest.parallel or self._is_free(nest, (*around, *kept[:position])))
        return result

    def _sunk(self, ranges: Around, variables: Sequence[str]) -> tuple[Around, Around]:
        """Move loops inwards past all others, as far as their bounds allow it exactly."""
        order, end = list(ranges), len(ranges)
        for name in reversed(variables):
            moved = self._moved(order, next(i for i, r in enumerate(order) if r.variable == name), end - 1)
            if moved is not None:
                order, end = moved, end - 1
        return tuple(order[:end]), tuple(order[end:])

    def _moved(self, order: list[Range], start: int, end: int) -> list[Range] | None:
        order = list(order)
        for place in range(start, end):
            swapped = interchange(order[place], order[place + 1], self._dependences.facts)
            if swapped is None:
                return None
            order[place : place + 2] = swapped
        return order


def _touch(first: Node, second: Node, names: set[str]) -> bool:
    if not names:
        return False
    touched = {a.data for a in accesses(first)} & {a.data for a in accesses(second)}
    return not touched.isdisjoint(names)


def perfect_nest(node: Node) -> tuple[tuple[Loop, ...], Statement | None]:
    """Return the loops of a node down to where several nodes are in one, and the statement if there is just one."""
    loops: list[Loop] = []
    while isinstance(node, Loop):
        loops.append(node)
        if len(node.body) != 1:
            return tuple(loops), None
        node = node.body[0]
    return tuple(loops), node if isinstance(node, Statement) else None
