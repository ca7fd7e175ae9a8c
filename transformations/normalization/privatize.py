"""Temporaries that every iteration of a loop writes anew get an element for each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import dace
from dace import symbolic

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.covering import is_written_first
from dace_transfer.transformations.normalization.dependence import Dependences, accesses
from dace_transfer.transformations.normalization.dimension import Dimension, dimension_of
from dace_transfer.transformations.normalization.terms import Range, Read, Term, bounds, rebuild
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement, rebuild_body

_MOST_DIMENSIONS = 4


def privatize(computation: Computation) -> Computation:
    """Give temporaries a dimension for every loop whose iterations share nothing else.

    Before: `for i: { t = f(a[i]); x[i] = t * t }`, after: `for i: { t[i] = f(a[i]); x[i] = t[i] * t[i] }`.

    Known as scalar and array expansion; what it may be done to is private in the sense of array privatization
    (Tu and Padua, 1993): transients that no opaque block names, used in one loop only, and in each iteration
    written before they are read. Loops that stay sequential anyway get no dimension.
    """
    plan = _Plan(computation).dimensions
    return _expanded(computation, plan) if plan else computation


class _Plan:
    """Which containers get which dimensions, outermost loop first."""

    def __init__(self, computation: Computation):
        self._dependences = Dependences(computation)
        self._containers = computation.containers
        self._sizes = computation.sizes
        self._names: dict[int, frozenset[str]] = {}
        temporary = {name for name, desc in computation.containers.items() if desc.transient and _is_plain(desc)}
        self._rank = max([2, *(len(_long_sides(desc)) for desc in computation.containers.values())])
        self.dimensions: dict[str, list[Dimension]] = {}
        self._visit(computation.body, (), frozenset(temporary) - computation.pinned)

    def _visit(self, body: Sequence[Node], around: tuple[Range, ...], candidates: frozenset[str]) -> None:
        """Plan for all loops of a body; all uses of `candidates` are in it."""
        users: dict[str, int] = {}
        for node in body:
            for name in self._touched(node):
                users[name] = users.get(name, 0) + 1
        for node in body:
            inside = frozenset(name for name in candidates & self._touched(node) if users[name] == 1)
            if isinstance(node, Loop) and inside:
                self._visit(node.body, (*around, node.range), inside - self._plan(node, around, inside))

    def _touched(self, node: Node) -> frozenset[str]:
        """The containers that a node uses. Nodes live as long as the computation, so that ids are theirs alone."""
        if id(node) not in self._names:
            inner = node.body if isinstance(node, Loop) else ()
            own = frozenset() if inner else frozenset(access.data for access in accesses(node))
            self._names[id(node)] = own.union(*(self._touched(child) for child in inner))
        return self._names[id(node)]

    def _plan(self, loop: Loop, around: tuple[Range, ...], candidates: frozenset[str]) -> set[str]:
        """Plan one dimension; return the containers that get none from here on, inwards."""
        dimension = dimension_of(loop.range, around, self._dependences.facts, self._sizes)
        private = {name for name in candidates if self._is_reused(name, loop, around)}
        if loop.parallel:
            misfits = {name for name in private if dimension is None or not self._fits(name)}
            for name in misfits:
                self.dimensions.pop(name, None)
        else:
            misfits = set()
            known = [*self._dependences.facts, *bounds((*around, loop.range))]
            private = {name for name in private if self._fits(name) and is_written_first(name, loop.body, known)}
            private = self._worthwhile(loop, around, private) if dimension else set()
        for name in private - misfits:
            assert dimension is not None
            self.dimensions.setdefault(name, []).append(dimension)
        return misfits

    def _is_reused(self, name: str, loop: Loop, around: tuple[Range, ...]) -> bool:
        """Whether two iterations of a loop may use one element of a container that is read at all."""
        users = [node for node in loop.body if name in self._touched(node)]
        if not any(not access.writes and access.data == name for node in users for access in accesses(node)):
            return False
        others = self._containers.keys() - {name}
        return any(self._dependences.carried(a, b, loop.range, around, others) for a in users for b in users)

    def _fits(self, name: str) -> bool:
        """Whether one more dimension is no more than what the program has anyway; a scalar needs what is computed."""
        desc = self._containers[name]
        more = len(self.dimensions.get(name, ())) + 1
        long_sides = len(_long_sides(desc))
        return more + len(_sides(desc)) <= _MOST_DIMENSIONS and (not long_sides or long_sides + more <= self._rank)

    # What for --------------------------------------------------------------------------------------------------

    def _worthwhile(self, loop: Loop, around: tuple[Range, ...], private: set[str]) -> set[str]:
        """Those of the private containers without which fission makes all of the nodes that use them parallel."""
        while True:
            free = {
                position
                for position, node in enumerate(loop.body)
                if not private.isdisjoint(self._touched(node)) and not self._recurs(position, loop, around, private)
            }
            users = {name: [p for p, node in enumerate(loop.body) if name in self._touched(node)] for name in private}
            kept = {name for name in private if free.issuperset(users[name])}
            if kept == private:
                return private
            private = kept

    def _recurs(self, start: int, loop: Loop, around: tuple[Range, ...], private: Collection[str]) -> bool:
        """Whether what a node of a loop's body does depends on what it did in an earlier iteration."""
        inside = (*around, loop.range)
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            current = waiting.pop()
            for following, node in enumerate(loop.body):
                if following in seen:
                    continue
                source = loop.body[current]
                if self._dependences.carried(source, node, loop.range, around, private) or (
                    current < following and self._dependences.within(source, node, inside)
                ):
                    if following == start:
                        return True
                    seen.add(following)
                    waiting.append(following)
        return False


def _is_plain(desc: dace.data.Data) -> bool:
    return type(desc) in (dace.data.Array, dace.data.Scalar)


def _sides(desc: dace.data.Data) -> list[Affine]:
    """The sizes of a container without dimensions that have one element."""
    if isinstance(desc, dace.data.Scalar):
        return []
    return [size for size in map(affine, desc.shape) if size != affine(1)]


def _long_sides(desc: dace.data.Data) -> list[Affine]:
    return [size for size in _sides(desc) if not size.is_constant]


def _expanded(computation: Computation, plan: Mapping[str, Sequence[Dimension]]) -> Computation:
    flat = {name: _flat(computation.containers[name]) for name in plan}

    def term(inner: Term) -> Term:
        if not isinstance(inner, Read) or inner.data not in plan:
            return inner
        kept = (entry for entry, drop in zip(inner.index, flat[inner.data], strict=True) if not drop)
        return Read(inner.data, (*(dimension.index for dimension in plan[inner.data]), *kept))

    def node(inner: Node) -> Iterable[Node]:
        if not isinstance(inner, Statement):
            return (inner,)
        target = term(inner.target)
        assert isinstance(target, Read)
        return (Statement(target, rebuild(inner.value, term)),)

    containers = {
        name: _larger(desc, plan[name]) if name in plan else desc for name, desc in computation.containers.items()
    }
    return replace(computation, containers=containers, body=rebuild_body(computation.body, node))


def _flat(desc: dace.data.Data) -> list[bool]:
    """Which dimensions have one element only."""
    return [] if isinstance(desc, dace.data.Scalar) else [affine(size) == affine(1) for size in desc.shape]


def _larger(desc: dace.data.Data, dimensions: Iterable[Dimension]) -> dace.data.Array:
    sizes = [*(dimension.size for dimension in dimensions), *_sides(desc)]
    shape = [symbolic.pystr_to_symbolic(str(size)) for size in sizes]
    return dace.data.Array(desc.dtype, shape, transient=True)
