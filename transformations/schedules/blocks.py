"""Reductions in blocks that stay in a cache while many results are computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.reduction_forms import NEUTRAL, is_rectangular
from dace_transfer.transformations.normalization.siblings import nest_of
from dace_transfer.transformations.normalization.terms import (
    Call,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    bounds_of,
    names_in,
    reads,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Statement,
    nest,
    nodes,
    with_own_variables,
)


def block_reductions(computation: Computation, size: int) -> Computation:
    """Compute all results from one block of what is reduced before the next block is looked at.

    Before:                                         After:

        parallel for i:                                 parallel for i: y[i] = 0
            y[i] = sum(f(x[i], z[k]) for k < N)         for b in range(0, N // size):
                                                            parallel for i:
                                                                y[i] = y[i] + sum(f(x[i], z[size * b + k]) for k < size)
                                                        parallel for i:
                                                            y[i] = y[i] + sum(f(x[i], z[k]) for k in the rest)

    Only sums and products of which some element is read for many results, and which are no products of matrices: those
    are library calls, which do it themselves. Neighbouring reductions over the same range share their blocks.

    Strip mining and interchange ("Optimizing Compilers for Modern Architectures", Kennedy and Allen, chapter 9). In
    Halide: `split` and `reorder` of a reduction's domain.

    Args:
        computation: Every reduction is a statement of its own.
        size: Iterations of a block.

    Returns:
        The computation itself where there is no such reduction.
    """
    blocking = _Blocking(Names(computation), size)
    body = blocking.body(computation.body)
    return replace(computation, body=body) if body != computation.body else computation


@dataclass(frozen=True)
class _Blocked:
    """A nest of parallel loops around one reduction, whose last loop is taken in blocks."""

    loops: tuple[Range, ...]
    target: Read
    reduction: Reduce

    @property
    def last(self) -> Range:
        return self.reduction.ranges[-1]

    def start(self) -> Node:
        """Results before anything is added."""
        return self.storing(Number(NEUTRAL[self.reduction.function]))

    def part(self, begin: Affine, end: Affine) -> Node:
        """Add up what is between two indices."""
        last = replace(self.last, begin=begin, end=end)
        part = replace(self.reduction, ranges=(*self.reduction.ranges[:-1], last))
        return self.storing(Call(part.function, (self.target, part)))

    def storing(self, value: Term) -> Node:
        """Store a value in every iteration."""
        (node,) = nest(self.loops, (Statement(self.target, value),), True)
        return node


@dataclass(frozen=True)
class _Blocking:
    names: Names
    size: int

    def body(self, body: Sequence[Node]) -> tuple[Node, ...]:
        result: list[Node] = []
        group: list[_Blocked] = []
        for node in body:
            found = self._blocked(node)
            if group and (found is None or not _fits(group, found)):
                result += self._in_blocks(group)
                group = []
            if found is not None:
                group.append(found)
            elif isinstance(node, Loop) and not node.parallel:
                result.append(replace(node, body=self.body(node.body)))
            else:
                result.append(node)
        return (*result, *(self._in_blocks(group) if group else ()))

    def _blocked(self, node: Node) -> _Blocked | None:
        found_nest = nest_of(node)
        if found_nest is None or not found_nest.ranges or not _is_parallel(node):
            return None
        value, target = found_nest.statement.value, found_nest.statement.target
        if not isinstance(value, Reduce) or value.function not in NEUTRAL or _is_product(value):
            return None
        loops, found, last = found_nest.ranges, reads(value), value.ranges[-1]
        own = {loop.variable for loop in (*loops, *value.ranges)}
        if not is_rectangular([last], own) or any(map(elements, bounds_of([last]))):
            return None
        if target.data in {read.data for read in found}:
            return None
        names = [names_in(read) for read in found]
        is_reused = any(last.variable in of and any(loop.variable not in of for loop in loops) for of in names)
        return _Blocked(loops, target, value) if is_reused else None

    def _in_blocks(self, group: Sequence[_Blocked]) -> list[Node]:
        begin, end = group[0].last.begin, group[0].last.end
        block, whole = self.names.fresh("b"), affine(f"int_floor(Max(0, {end - begin}), {self.size})")
        first = begin + variable(block) * self.size
        inside = tuple(self._own(one.part(first, first + self.size)) for one in group)
        rest = [self._own(one.part(begin + whole * self.size, end)) for one in group]
        loop = Range(block, constant(0), whole)
        return [*(self._own(one.start()) for one in group), Loop(loop, inside), *rest]

    def _own(self, node: Node) -> Node:
        return with_own_variables(node, self.names)


def _is_parallel(node: Node) -> bool:
    return all(loop.parallel for loop in nodes([node]) if isinstance(loop, Loop))


def _is_product(value: Reduce) -> bool:
    body = value.body
    return isinstance(body, Call) and body.function == "*" and all(isinstance(part, Read) for part in body.arguments)


def _fits(group: Sequence[_Blocked], new: _Blocked) -> bool:
    """Whether a reduction is over the same range as others, and reads nothing that they write."""
    first = group[0]
    same = (first.last.begin, first.last.end) == (new.last.begin, new.last.end)
    written = {one.target.data for one in group}
    return same and not written & {new.target.data, *(read.data for read in reads(new.reduction))}
