"""Reductions around loops over neighbouring results, which accumulate in registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import dace
from dace import data
from dace.dtypes import StorageType

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.distribute import perfect_nest
from dace_transfer.transformations.normalization.reduction_forms import NEUTRAL, is_contraction, is_plain_fold
from dace_transfer.transformations.normalization.terms import (
    Call,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    bounds_of,
    reads,
    substitute,
    walk,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Statement,
    nest,
    with_own_variables,
)
from dace_transfer.transformations.normalization.types import type_of

_TOGETHER = {constant(0), constant(1)}


def interchange_reductions(computation: Computation, columns: int, products: bool = False) -> Computation:
    """Add up neighbouring results together, so that what they have in common is read once for all of them.

    Before:                                         After:

        parallel for i: parallel for j:                 parallel for i:
            y[i, j] = sum(v[k] * B[c[k], j]                 parallel for t in range(0, M // columns):
                for k in range(r[i], r[i + 1]))                 parallel for l < columns: a[l] = 0
                                                                for k in range(r[i], r[i + 1]):
                                                                    parallel for l < columns:
                                                                        a[l] = a[l] + v[k] * B[c[k], columns * t + l]
                                                                parallel for l < columns: y[i, columns * t + l] = a[l]
                                                            and the same for the last M % columns results

    Only sums and products under other parallel loops, neighbours of which are computed from neighbours. What library
    nodes compute is left alone: for folds of one container, there is the step `expand_reduction`.

    Loop interchange and scalar replacement ("Optimizing Compilers for Modern Architectures", Kennedy and Allen,
    chapters 5 and 8). In Halide: `reorder` of an update, with `compute_at` and `vectorize`.

    Args:
        computation: Every reduction is a statement of its own.
        columns: Results that are added up together.
        products: Whether products of matrices are computed so too, and by no library.

    Returns:
        The computation itself where there is no such reduction.
    """
    change = _Interchange(computation, columns, products)
    body = change.body(computation.body, False)
    containers = {**computation.containers, **change.totals}
    return replace(computation, body=body, containers=containers) if change.totals else computation


@dataclass(frozen=True)
class _Row:
    """A reduction for every iteration of parallel loops, one of which is to go inside of it.

    Attributes:
        outer: The other loops.
        inner: The loop that goes inside.
        target: What is written.
        reduction: What is computed.
    """

    outer: tuple[Range, ...]
    inner: Range
    target: Read
    reduction: Reduce

    def together(self, first: Affine, loop: Range, total: str) -> tuple[Node, ...]:
        """Compute neighbouring results of one row.

        Args:
            first: The iteration of `inner` for the first one.
            loop: Counts them.
            total: A container for as many values.
        """
        here = {self.inner.variable: first + variable(loop.variable)}
        sum_, value = Read(total, (variable(loop.variable),)), substitute(self.reduction.body, here)
        target = Read(self.target.data, tuple(index.substitute(here) for index in self.target.index))

        def each(element: Read, term: Term) -> tuple[Node, ...]:
            return nest([loop], (Statement(element, term),), True)

        function = self.reduction.function
        added = nest(self.reduction.ranges, each(sum_, Call(function, (sum_, value))), False)
        return (*each(sum_, Number(NEUTRAL[function])), *added, *each(target, sum_))


class _Interchange:
    def __init__(self, computation: Computation, columns: int, products: bool):
        self.totals: dict[str, data.Array] = {}
        self._containers, self._names = computation.containers, Names(computation)
        self._columns, self._products = columns, products

    def body(self, body: Iterable[Node], is_inside: bool) -> tuple[Node, ...]:
        """Return a body with other reductions; inside of a parallel loop, nests need no loop of their own around."""
        return tuple(changed for node in body for changed in self._node(node, is_inside))

    def _node(self, node: Node, is_inside: bool) -> tuple[Node, ...]:
        if not isinstance(node, Loop):
            return (node,)
        row = self._row(node)
        if row is not None and (row.outer or is_inside):
            return self._interchanged(row)
        return (replace(node, body=self.body(node.body, is_inside or node.parallel)),)

    def _row(self, node: Node) -> _Row | None:
        loops, statement = perfect_nest(node)
        if statement is None or not isinstance(statement.value, Reduce) or not all(loop.parallel for loop in loops):
            return None
        ranges, target, value = [loop.range for loop in loops], statement.target, statement.value
        if value.function not in NEUTRAL or self._is_node(value, [loop.variable for loop in ranges]):
            return None
        folds = [one for term in walk(value) if isinstance(term, Reduce) for one in term.ranges]
        for place, loop in reversed(list(enumerate(ranges))):
            others = (*ranges[:place], *ranges[place + 1 :])
            is_free = all(loop.variable not in bound.words for bound in bounds_of([*others, *folds]))
            if is_free and self._is_together(loop.variable, target, value):
                return _Row(others, loop, target, value)
        return None

    def _is_node(self, value: Reduce, loops: list[str]) -> bool:
        is_product = is_contraction(value, loops, self._containers)
        return is_plain_fold(value, loops) or (is_product and not self._products)

    def _is_together(self, name: str, target: Read, value: Term) -> bool:
        """Whether neighbouring iterations of a loop write neighbours, and read neighbours or the same."""
        strides = {_stride(read, name, self._containers) for read in reads(value)}
        return _stride(target, name, self._containers) == constant(1) and constant(1) in strides <= _TOGETHER

    def _interchanged(self, row: _Row) -> tuple[Node, ...]:
        begin, length = row.inner.begin, row.inner.end - row.inner.begin
        count = affine(f"int_floor(Max(0, {length}), {self._columns})")
        tile = Range(self._names.fresh("t"), constant(0), count)
        whole = self._together(row, begin + variable(tile.variable) * self._columns, constant(self._columns))
        rest = self._together(row, begin + count * self._columns, length - count * self._columns)
        return nest(row.outer, (Loop(tile, whole, True), *rest), True)

    def _together(self, row: _Row, first: Affine, count: Affine) -> tuple[Node, ...]:
        total = self._names.fresh("total")
        dtype = type_of(row.reduction, self._containers)
        self.totals[total] = data.Array(dtype, (self._columns,), transient=True, storage=StorageType.Register)
        parts = row.together(first, Range("lane", constant(0), count), total)
        return tuple(with_own_variables(part, self._names) for part in parts)


def _stride(read: Read, name: str, containers: Mapping[str, dace.data.Data]) -> Affine | None:
    """How far apart the elements of neighbouring iterations are; None where nobody knows."""
    if not read.index:
        return constant(0)
    steps = zip(read.index, containers[read.data].strides, strict=True)
    if not all(index.is_affine_in([name]) for index in read.index):
        return None
    return sum((affine(stride) * index.coefficient(name) for index, stride in steps), constant(0))
