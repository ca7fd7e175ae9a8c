"""Which parts of a computation may touch the same element, one of them writing it.

Subscripts and loop bounds make a system of affine equations and inequalities; two accesses are independent where it
has no integer solution; what is not affine is an unknown that equals only itself (Banerjee's and Pugh's way of asking;
see "Optimizing Compilers for Modern Architectures", Kennedy and Allen, chapter 3). Unlike DaCe's LoopToMap this sees
through triangular bounds and coupled subscripts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dace_transfer.transformations.normalization.affine import Affine, affine, variable
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.terms import (
    Range,
    Read,
    Reduce,
    Term,
    bounds,
    children,
    substitute_range,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Opaque


@dataclass(frozen=True)
class Access:
    """One read or write of a container.

    Attributes:
        data: The container.
        index: The element in terms of loop variables and sizes, or None if it may be any.
        ranges: The loops around it inside of the node it belongs to, those of reductions as well.
        writes: Whether it writes.
    """

    data: str
    index: tuple[Affine, ...] | None
    ranges: tuple[Range, ...]
    writes: bool


def accesses(node: Node, ranges: tuple[Range, ...] = ()) -> Iterator[Access]:
    """Yield every access of a node; `ranges` are loops around it."""
    if isinstance(node, Loop):
        for inner in node.body:
            yield from accesses(inner, (*ranges, node.range))
    elif isinstance(node, Opaque):
        yield from (Access(name, None, ranges, False) for name in sorted(node.reads))
        yield from (Access(name, None, ranges, True) for name in sorted(node.writes))
    else:
        yield from _reads(node.value, ranges)
        yield Access(node.target.data, node.target.index, ranges, True)


def _reads(term: Term, ranges: tuple[Range, ...]) -> Iterator[Access]:
    if isinstance(term, Read):
        yield Access(term.data, term.index, ranges, False)
    inside = (*ranges, *term.ranges) if isinstance(term, Reduce) else ranges
    for child in children(term):
        yield from _reads(child, inside)


class Dependences:
    """Answers whether nodes of a computation depend on one another; remembers what it was asked."""

    def __init__(self, computation: Computation):
        self._facts = positive_sizes(computation)
        self._accesses: dict[int, tuple[Node, tuple[Access, ...]]] = {}

    @property
    def facts(self) -> tuple[Affine, ...]:
        """What is at least 0 because arguments have at least one element."""
        return self._facts

    def within(self, source: Node, sink: Node, around: Sequence[Range], ignoring: Collection[str] = ()) -> bool:
        """Tell whether both may touch an element, one writing it, in one iteration of the loops `around`."""
        outer = list(bounds(around))
        return self._meet(source, sink, outer, {}, ignoring)

    def carried(
        self, source: Node, sink: Node, loop: Range, around: Sequence[Range], ignoring: Collection[str] = ()
    ) -> bool:
        """Tell whether `sink` in a later iteration of `loop` may touch what `source` touched, one writing it.

        Args:
            source: A node in the loop.
            sink: A node in the loop, possibly the same.
            loop: The loop.
            around: The loops around it, which are at the same iteration for both.
            ignoring: Containers that are not looked at.
        """
        later = {loop.variable: variable(_later(loop.variable))}
        outer = list(bounds((*around, loop)))
        last = substitute_range(Range(_later(loop.variable), loop.begin, loop.end), later)
        outer += [*bounds([last]), later[loop.variable] - variable(loop.variable) - 1]
        return self._meet(source, sink, outer, later, ignoring)

    def _meet(
        self, source: Node, sink: Node, outer: list[Affine], later: dict[str, Affine], ignoring: Collection[str]
    ) -> bool:
        sinks = self._of(sink)
        for first in self._of(source):
            for second in sinks:
                if first.data != second.data or not (first.writes or second.writes) or first.data in ignoring:
                    continue
                if self._overlap(first, second, outer, later):
                    return True
        return False

    def _of(self, node: Node) -> tuple[Access, ...]:
        known = self._accesses.get(id(node))
        if known is None or known[0] is not node:
            known = self._accesses[id(node)] = (node, tuple(dict.fromkeys(accesses(node))))
        return known[1]

    def _overlap(self, first: Access, second: Access, outer: list[Affine], later: dict[str, Affine]) -> bool:
        if first.index is None or second.index is None:
            return True
        second = _moved(second, later)
        equations = [a - b for a, b in zip(first.index, second.index or (), strict=True)]
        return feasible(equations, [*self._facts, *outer, *bounds((*first.ranges, *second.ranges))])


@lru_cache(maxsize=1000)
def _extent(size: Any) -> Affine:
    return affine(size)


def positive_sizes(computation: Computation) -> tuple[Affine, ...]:
    """Return what is at least 0 because arguments, and sizes that are extents, are at least 1.

    Extents of transients that are differences of sizes, such as `N - 2`, may well be 0: theirs are then empty loops.
    """
    symbols = computation.sizes
    extents = {
        extent
        for desc in computation.containers.values()
        for extent in map(_extent, desc.shape)
        if extent.words and (not desc.transient or str(extent) in symbols)
    }
    return tuple(extent - 1 for extent in sorted(extents, key=str))


def _later(name: str) -> str:
    return f"__later_{name}"


def _moved(access: Access, later: dict[str, Affine]) -> Access:
    """The access with variables of its own, so that both ends of a dependence can be at different iterations."""
    new = {**later, **{loop.variable: variable(_later(loop.variable)) for loop in access.ranges}}
    if not new or access.index is None:
        return access
    ranges = tuple(substitute_range(Range(_later(r.variable), r.begin, r.end), new) for r in access.ranges)
    return Access(access.data, tuple(index.substitute(new) for index in access.index), ranges, access.writes)
