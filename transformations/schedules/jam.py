"""Several iterations of a parallel loop side by side, in each iteration of the sequential loops in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dace import data

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.terms import Range, Read, Term, rebuild
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
from dace_transfer.transformations.schedules.contract import mentioned


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
        loops: Variables of the parallel loops that are looked at; of several around one another, the innermost.
        lanes: Iterations that are executed side by side, at least 2.

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
        self._uses = Counter(read.data for read in mentioned(computation.body))

    def body(self, body: Sequence[Node]) -> tuple[Node, ...]:
        """Return a body with the loops in it jammed, inner ones rather than those around them."""
        return tuple(jammed for node in body for jammed in self._node(node))

    def _node(self, node: Node) -> tuple[Node, ...]:
        if not isinstance(node, Loop):
            return (node,)
        inside = self.body(node.body)
        if inside != node.body:
            return (replace(node, body=inside),)
        return self._jammed(node) if self._fits(node) else (node,)

    def _fits(self, loop: Loop) -> bool:
        length = loop.range.end - loop.range.begin
        if loop.range.variable not in self._loops or (length.is_constant and length.constant < self._lanes):
            return False
        if any(isinstance(node, Opaque) for node in nodes(loop.body)):
            return False
        inner = [node for node in nodes(loop.body) if isinstance(node, Loop)]
        sequential = [one for one in inner if not one.parallel]
        if not sequential or any(map(_is_around_parallel, sequential)):
            return False
        bounds = {word for one in inner for value in subscripts(one) for word in value.words}
        return loop.range.variable not in bounds and self._can_expand(loop)

    def _can_expand(self, loop: Loop) -> bool:
        """Whether what is written is shared and told apart by the loop's variable, or can get an element for each lane.

        A transient of every iteration's own that its variable is in the index of could be neither.
        """
        moving = self._moving(loop)
        written = {statement.target.data for _, statement in statements(loop.body)}
        named = {word for node in nodes(loop.body) for value in subscripts(node) for word in value.words}
        private = self._private(loop)
        return written - moving <= private and not written & moving & private and not written & private & named

    def _moving(self, loop: Loop) -> set[str]:
        """Containers whose index has the loop's variable in it wherever they are named."""
        uses = [(read.data, any(loop.range.variable in one.words for one in read.index)) for read in mentioned([loop])]
        return {name for name, _ in uses} - {name for name, moves in uses if not moves}

    def _private(self, loop: Loop) -> set[str]:
        """Transients that every iteration has for itself, since nothing outside of the loop names them."""
        uses = Counter(read.data for read in mentioned([loop]))
        inside = {name for name, count in uses.items() if count == self._uses[name]} - self._computation.pinned
        containers = {name: self._computation.containers[name] for name in inside}
        return {n for n, one in containers.items() if one.transient and type(one) in (data.Array, data.Scalar)}

    def _jammed(self, loop: Loop) -> tuple[Node, ...]:
        begin, length = loop.range.begin, loop.range.end - loop.range.begin
        count = affine(f"int_floor(Max(0, {length}), {self._lanes})")
        tile = Range(self._names.fresh("t"), constant(0), count)
        wider = {name: self._expanded(name) for name in sorted(self._private(loop) - self._moving(loop))}
        first = {loop.range.variable: begin + variable(tile.variable) * self._lanes}
        whole = Loop(tile, tuple(self._beside(node, loop.range.variable, first, wider) for node in loop.body), True)
        if length.is_constant and not length.constant % self._lanes:
            return (whole,)
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
