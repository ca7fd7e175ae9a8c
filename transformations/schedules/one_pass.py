"""Sums along rows and over rows of a matrix that is read once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.dependence import Access, Dependences, accesses
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.reduction_forms import NEUTRAL
from dace_transfer.transformations.normalization.siblings import Nest, nest_of
from dace_transfer.transformations.normalization.terms import Range, Reduce, bounds_of, substitute
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    nest,
    nodes,
    substitute_node,
    variables,
)
from dace_transfer.transformations.schedules.rows import Across, Along, Member, Scratch, in_groups

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
    strides.

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
    """What the first nodes do with rows."""

    rows: Range
    members: tuple[Member, ...]

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
            result += in_groups(group.members, group.rows, self._parts, self._rows, self.scratch)
            del rest[: len(group.members)]
        return tuple(result)

    def _inside(self, node: Node, around: tuple[Range, ...]) -> Node:
        if not isinstance(node, Loop) or node.parallel:
            return node
        return replace(node, body=self.body(node.body, (*around, node.range)))

    def _largest_group(self, rest: Sequence[Node], around: tuple[Range, ...]) -> _Group | None:
        groups = (self._group(rest, bounds, around) for bounds in dict.fromkeys(_possible_rows(rest[0])))
        return max((group for group in groups if group.is_useful), key=lambda group: len(group.members), default=None)

    def _group(self, rest: Sequence[Node], bounds: Bounds, around: tuple[Range, ...]) -> _Group:
        """As many of the first nodes as do something with the same rows."""
        rows = Range(self.scratch.names.fresh("o"), *bounds)
        members: tuple[Member, ...] = ()
        for node in rest:
            ways = _members(node, rows, self._computation)
            fitting = next((way for way in ways if self._fits(members, way, rows, around)), None)
            if fitting is None:
                break
            members += (fitting,)
        return _Group(rows, members)

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
    value = found.statement.value if found is not None else None
    for loop in (*found.ranges, *(value.ranges if isinstance(value, Reduce) else ())) if found is not None else ():
        if own.isdisjoint(loop.begin.words | loop.end.words):
            yield loop.begin, loop.end


def _members(node: Node, rows: Range, computation: Computation) -> Iterator[Member]:
    """What a node may do with rows that are contiguous in memory."""
    found = nest_of(node)
    if found is None or not all(loop.parallel for loop in nodes([node]) if isinstance(loop, Loop)):
        return
    if _is_stream(node):
        ways = (*_along(found, rows), *_across(found, rows, computation))
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
    bounds = list(bounds_of(found.ranges))
    is_fixed = all(bound.words <= computation.sizes and not elements(bound) for bound in bounds)
    if not isinstance(value, Reduce) or value.function not in NEUTRAL or not is_fixed:
        return
    if target.data in {access.data for access in accesses(found.statement) if not access.writes}:
        return
    for loop in value.ranges:
        if (loop.begin, loop.end) == (rows.begin, rows.end):
            others = tuple(other for other in value.ranges if other is not loop)
            term = replace(value, ranges=others) if others else value.body
            term = substitute(term, {loop.variable: variable(rows.variable)})
            yield Across(rows.variable, found.ranges, target, value.function, term)


def _of_rows(member: Member) -> list[Access]:
    """Accesses to other elements in every row, and to several of them."""
    own = variables([member.node])
    return [one for one in accesses(member.node) if member.row in _words(one) and own & _words(one)]


def _is_contiguous(access: Access, rows: Range, computation: Computation) -> bool:
    strides = getattr(computation.containers[access.data], "strides", ())
    steps = [stride for index, stride in zip(access.index or (), strides) if rows.variable in index.words]
    return all(step != 1 for step in steps)


def _words(access: Access) -> frozenset[str]:
    return frozenset(word for index in access.index or () for word in index.words)
