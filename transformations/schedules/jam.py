"""Several iterations of a parallel loop side by side, in each iteration of the sequential loops in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from dace import data

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.terms import Range, Read, Term, reads, rebuild
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Opaque,
    Statement,
    nodes,
    statements,
    subscripts,
    substitute_node,
    with_own_variables,
)


def jam(computation: Computation, loops: Collection[str], lanes: int) -> Computation:
    """Execute several iterations of parallel loops side by side, past the sequential loops in them.

    Before:                                     After:

        parallel for i:                             parallel for b in range(0, N // lanes):
            for k:                                      for k:
                t = f(x[i, k])                              parallel for l < lanes: t[l] = f(x[lanes * b + l, k])
                y[i, k] = g(y[i, k - 1], t)                 parallel for l < lanes:
                                                                y[lanes * b + l, k] = g(y[lanes * b + l, k - 1], t[l])
                                                    and the last N % lanes iterations as before

    An iteration of the sequential loop waits for the one before it; now all lanes wait together, and fill vectors.
    Only loops whose sequential loops have no parallel one in them, since that would fill vectors as well.

    Unroll-and-jam, with scalar expansion ("Optimizing Compilers for Modern Architectures", Kennedy and Allen, chapters
    5 and 8). In Halide: `split` and `reorder`, with the split loop inside of the sequential one.

    Args:
        computation: Loops that are marked as parallel are.
        loops: Variables of the parallel loops that are looked at.
        lanes: Iterations that are executed side by side.

    Returns:
        The computation itself where there is no such loop.
    """
    jamming = _Jamming(computation, loops, lanes)
    body = jamming.body(computation.body)
    containers = {**computation.containers, **jamming.expanded}
    return replace(computation, body=body, containers=containers) if body != computation.body else computation


class _Jamming:
    def __init__(self, computation: Computation, loops: Collection[str], lanes: int):
        self.expanded: dict[str, data.Array] = {}
        self._computation, self._loops, self._lanes = computation, loops, lanes
        self._names = Names(computation)
        self._uses = Counter(read.data for read in _mentioned(computation.body))

    def body(self, body: Iterable[Node]) -> tuple[Node, ...]:
        """Return a body with the loops in it jammed."""
        return tuple(jammed for node in body for jammed in self._node(node))

    def _node(self, node: Node) -> tuple[Node, ...]:
        if not isinstance(node, Loop):
            return (node,)
        if self._fits(node):
            return self._jammed(node)
        return (replace(node, body=self.body(node.body)),)

    def _fits(self, loop: Loop) -> bool:
        inner = [node for node in nodes(loop.body) if isinstance(node, Loop)]
        sequential = [one for one in inner if not one.parallel]
        if loop.range.variable not in self._loops or not sequential or any(map(_is_around_parallel, sequential)):
            return False
        if any(isinstance(node, Opaque) for node in nodes(loop.body)):
            return False
        named = {word for node in nodes(loop.body) for value in subscripts(node) for word in value.words}
        bounds = {word for one in inner for value in subscripts(one) for word in value.words}
        own = {statement.target.data for _, statement in statements(loop.body)} - self._told_apart(loop)
        return loop.range.variable not in bounds and not own & named and own <= self._private(loop)

    def _told_apart(self, loop: Loop) -> set[str]:
        """Containers of which every iteration has elements of its own."""
        uses = [(read.data, any(loop.range.variable in one.words for one in read.index)) for read in _mentioned([loop])]
        return {name for name, _ in uses} - {name for name, moves in uses if not moves}

    def _private(self, loop: Loop) -> set[str]:
        """Transients that every iteration has for itself."""
        free = {
            name
            for name, described in self._computation.containers.items()
            if described.transient and type(described) in (data.Array, data.Scalar)
        }
        uses = Counter(read.data for read in _mentioned([loop]))
        return {name for name, count in uses.items() if name in free and count == self._uses[name]}

    def _jammed(self, loop: Loop) -> tuple[Node, ...]:
        begin, length = loop.range.begin, loop.range.end - loop.range.begin
        count = affine(f"int_floor(Max(0, {length}), {self._lanes})")
        tile = Range(self._names.fresh("t"), constant(0), count)
        own = sorted(self._private(loop) - self._told_apart(loop))
        wider = {name: self._expanded(name) for name in own}
        first = {loop.range.variable: begin + variable(tile.variable) * self._lanes}
        whole = Loop(tile, tuple(self._beside(node, loop.range.variable, first, wider) for node in loop.body), True)
        rest = replace(loop, range=replace(loop.range, begin=begin + count * self._lanes))
        return whole, with_own_variables(rest, self._names)

    def _expanded(self, name: str) -> str:
        """A container with an element for each lane; its name."""
        described, wider = self._computation.containers[name], self._names.fresh(name)
        shape = () if isinstance(described, data.Scalar) else described.shape
        kept = {"transient": True, "storage": described.storage, "lifetime": described.lifetime}
        self.expanded[wider] = data.Array(described.dtype, (*shape, self._lanes), **kept)
        return wider

    def _beside(self, node: Node, moved: str, first: Mapping[str, Affine], wider: Mapping[str, str]) -> Node:
        """Execute a node for all lanes."""
        if isinstance(node, Loop):
            return replace(node, body=tuple(self._beside(inner, moved, first, wider) for inner in node.body))
        lane = Range(self._names.fresh("lane"), constant(0), constant(self._lanes))
        here = substitute_node(node, {moved: first[moved] + variable(lane.variable)})
        assert isinstance(here, Statement)

        def of_lane(term: Term) -> Term:
            if not isinstance(term, Read) or term.data not in wider:
                return term
            return Read(wider[term.data], (*term.index, variable(lane.variable)))

        target = of_lane(here.target)
        assert isinstance(target, Read)
        return Loop(lane, (Statement(target, rebuild(here.value, of_lane)),), True)


def _is_around_parallel(loop: Loop) -> bool:
    return any(isinstance(node, Loop) and node.parallel for node in nodes(loop.body))


def _mentioned(body: Iterable[Node]) -> Iterator[Read]:
    return (read for _, one in statements(body) for read in (one.target, *reads(one.value)))
