"""Sums along rows and over rows of a matrix that is read once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dace.symbolic import pystr_to_symbolic

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.dependence import Access, Dependences, accesses
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.reduction_forms import NEUTRAL
from dace_transfer.transformations.normalization.siblings import Nest, nest_of
from dace_transfer.transformations.normalization.terms import Range, Reduce, bounds, bounds_of, substitute
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Statement,
    nest,
    nodes,
    substitute_node,
    variables,
)
from dace_transfer.transformations.schedules.parts import Division, in_parts, in_slots
from dace_transfer.transformations.schedules.rows import Across, Along, Member, Scratch

Bounds = tuple[Affine, Affine]


def one_pass(computation: Computation, parts: int, rows: int) -> Computation:
    """Do all that neighbouring nests do with a few rows before the next rows are looked at.

    Before:                                             After, for two rows at a time and without what is left over:

        parallel for i:                                     parallel for p in range(0, parts):
            q[i] = sum(A[i, k] * x[k] for k)                    parallel for j: part[p, j] = 0
        parallel for j:                                         for g in range(N / 2 * p / parts, ...):
            s[j] = sum(A[k, j] * r[k] for k)                        for k: { t = t + A[2 * g, k] * x[k]
                                                                             u = u + A[2 * g + 1, k] * x[k] }
                                                                    q[2 * g] = t, q[2 * g + 1] = u
                                                                    parallel for j:
                                                                        part[p, j] = (part[p, j]
                                                                            + A[2 * g, j] * r[2 * g]
                                                                            + A[2 * g + 1, j] * r[2 * g + 1])
                                                            parallel for j: s[j] = sum(part[p, j] for p)

    What is done with a row may need what was done with it before: `s = A.T @ (A @ x)`. Nests that compute more results
    than they read elements of, such as products of matrices, are left alone, and so are sums that go along memory in
    strides, and sums over rows that leave more than a vector.

    Loop interchange, fusion and unroll-and-jam, with reductions that are made private ("Optimizing Compilers for Modern
    Architectures", Kennedy and Allen, chapters 5, 6 and 8). In Halide: `rfactor`, then `compute_at` and `unroll`.

    Args:
        computation: Every reduction is a statement of its own.
        parts: What can run in parallel; the results depend on it, but not on the number of threads.
        rows: Rows that are looked at together.

    Returns:
        The computation itself where no array is read for sums over its rows and for something else.
    """
    fusion = _Fusion(computation, parts, rows)
    body = fusion.body(computation.body, ())
    if body == computation.body:
        return computation
    return replace(computation, containers=fusion.scratch.containers, body=body)


@dataclass(frozen=True)
class _Group:
    """What the first nodes do with rows.

    Attributes:
        rows: All rows.
        members: What is done with them, in order.
        before: Nodes among them that are executed first.
    """

    rows: Range
    members: tuple[Member, ...] = ()
    before: tuple[Node, ...] = ()

    @property
    def size(self) -> int:
        """How many nodes it takes the place of."""
        return len(self.members) + len(self.before)

    @property
    def is_useful(self) -> bool:
        """Whether rows are needed for sums over them and for something else."""
        matrices = [{access.data for access in _of_rows(member)} for member in self.members]
        return any(
            one & other
            for place, one in enumerate(matrices)
            for again, other in enumerate(matrices)
            if place != again and isinstance(self.members[place], Across)
        )


class _Fusion:
    def __init__(self, computation: Computation, parts: int, rows: int):
        self.scratch = Scratch(computation)
        self._computation = computation
        self._dependences = Dependences(computation)
        self._parts, self._rows = parts, rows

    def body(self, body: Sequence[Node], around: tuple[Range, ...]) -> tuple[Node, ...]:
        """Return a body in which as many neighbours as possible share their passes."""
        result: list[Node] = []
        rest = list(body)
        while rest:
            group = self._largest_group(rest, around)
            if group is None:
                result.append(self._inside(rest.pop(0), around))
                continue
            result += [*group.before, *self._in_one_pass(group)]
            del rest[: group.size]
        return tuple(result)

    def _in_one_pass(self, group: _Group) -> Iterator[Node]:
        division = Division(group.rows, self._parts, self._rows, self.scratch.names.fresh("w"))
        members = in_slots(group.members, self._computation, division, self.scratch)
        return in_parts(members, division, self.scratch)

    def _inside(self, node: Node, around: tuple[Range, ...]) -> Node:
        if not isinstance(node, Loop) or node.parallel:
            return node
        return replace(node, body=self.body(node.body, (*around, node.range)))

    def _largest_group(self, rest: Sequence[Node], around: tuple[Range, ...]) -> _Group | None:
        rows = (Range(self.scratch.names.fresh("o"), *ends) for ends in dict.fromkeys(_possible_rows(rest[0])))
        groups = (self._group(rest, one, around) for one in rows if self._are_many(one, around))
        return max((group for group in groups if group.is_useful), key=lambda group: group.size, default=None)

    def _are_many(self, rows: Range, around: tuple[Range, ...]) -> bool:
        """Whether there are rows for all parts as far as one can tell, and never a negative number."""
        count = rows.end - rows.begin
        if count.is_constant:
            return count.constant >= self._parts
        return not feasible([], [-count - 1, *self._dependences.facts, *bounds(around)])

    def _group(self, rest: Sequence[Node], rows: Range, around: tuple[Range, ...]) -> _Group:
        """As many of the first nodes as do something with the same rows; single statements may come before them all."""
        group = _Group(rows)
        before: tuple[Node, ...] = ()
        taken: list[Node] = []
        for node in rest:
            ways = _members(node, rows, self._computation)
            fitting = next((way for way in ways if self._fits(group.members, way, rows, around)), None)
            if fitting is not None:
                group = _Group(rows, (*group.members, fitting), before)
                taken.append(node)
            elif isinstance(node, Statement) and not self._needs(node, taken, around):
                before += (node,)
            else:
                break
        return group

    def _needs(self, node: Node, earlier: Sequence[Node], around: tuple[Range, ...]) -> bool:
        """Whether a node cannot come before others."""
        return any(self._dependences.within(other, node, around) for other in earlier)

    def _fits(self, members: tuple[Member, ...], new: Member, rows: Range, around: tuple[Range, ...]) -> bool:
        """Whether rows stay independent when a member joins others, and nothing needs sums before all rows are done."""
        sums = {member.target.data for member in (*members, new) if isinstance(member, Across)}
        if any(_touched(member) & _touched(new) & sums for member in members):
            return False
        pairs = [(a.node, b.node) for one in members for a, b in ((one, new), (new, one))] + [(new.node, new.node)]
        return not any(self._dependences.carried(a, b, rows, around, sums) for a, b in pairs)


def _touched(member: Member) -> set[str]:
    return {access.data for access in accesses(member.node)}


def _possible_rows(node: Node) -> Iterator[Bounds]:
    """The bounds of loops that do not depend on others of the same nest."""
    found, own = nest_of(node), variables([node])
    if found is None:
        return
    value = found.statement.value
    for loop in (*found.ranges, *(value.ranges if isinstance(value, Reduce) else ())):
        if own.isdisjoint(loop.begin.words | loop.end.words):
            yield loop.begin, loop.end


def _members(node: Node, rows: Range, computation: Computation) -> Iterator[Member]:
    """What a node may do with rows that are contiguous in memory."""
    found = nest_of(node)
    if found is None or not all(loop.parallel for loop in nodes([node]) if isinstance(loop, Loop)):
        return
    if _is_stream(node):
        ways: list[Member] = [*_along(found, rows), *_across(found, rows, computation)]
        yield from (way for way in ways if all(_is_contiguous(access, rows, computation) for access in _of_rows(way)))


def _is_stream(node: Node) -> bool:
    """Whether every iteration has an element of its own, so that reading them is what takes time."""
    own = variables([node])
    return any(own <= _words(access) for access in accesses(node))


def _along(found: Nest, rows: Range) -> Iterator[Along]:
    for loop in found.ranges:
        if (loop.begin, loop.end) == (rows.begin, rows.end):
            (inner,) = nest([other for other in found.ranges if other is not loop], (found.statement,), True)
            yield Along(rows.variable, substitute_node(inner, {loop.variable: variable(rows.variable)}))


def _across(found: Nest, rows: Range, computation: Computation) -> Iterator[Across]:
    value, target = found.statement.value, found.statement.target
    if not isinstance(value, Reduce) or value.function not in NEUTRAL:
        return
    if len(found.ranges) > 1 or not _is_shape(found.ranges, computation):
        return
    if target.data in {access.data for access in accesses(found.statement) if not access.writes}:
        return
    for loop in value.ranges:
        if (loop.begin, loop.end) == (rows.begin, rows.end):
            others = tuple(other for other in value.ranges if other is not loop)
            term = replace(value, ranges=others) if others else value.body
            term = substitute(term, {loop.variable: variable(rows.variable)})
            yield Across(rows.variable, found.ranges, target, value.function, term)


def _is_shape(loops: Sequence[Range], computation: Computation) -> bool:
    """Whether a transient can have an element for every iteration."""
    ends = list(bounds_of(loops))
    symbols = {str(symbol) for end in ends for symbol in pystr_to_symbolic(str(end)).free_symbols}
    return not any(map(elements, ends)) and symbols <= computation.sizes


def _of_rows(member: Member) -> list[Access]:
    """Accesses to other elements in every row, and to several of them."""
    own = variables([member.node])
    return [one for one in accesses(member.node) if member.row in _words(one) and own & _words(one)]


def _is_contiguous(access: Access, rows: Range, computation: Computation) -> bool:
    strides = getattr(computation.containers[access.data], "strides", ())
    return not any(
        rows.variable in index.words and step == 1 for index, step in zip(access.index or (), strides, strict=True)
    )


def _words(access: Access) -> frozenset[str]:
    return frozenset(word for index in access.index or () for word in index.words)
