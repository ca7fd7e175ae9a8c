"""What integers arrays may hold that a program reads indices and bounds of loops from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dace
import numpy as np

from dace_transfer.building.expression import evaluate
from dace_transfer.measure.inputs import Integers
from dace_transfer.transformations.normalization.affine import Affine, affine, variable
from dace_transfer.transformations.normalization.elements import element, elements, plain_words
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.terms import Range, Read, Reduce, bounds_of, reads, walk
from dace_transfer.transformations.normalization.tree import Computation, Opaque, nodes, statements


@dataclass(frozen=True)
class Table:
    """An array of integers that a program reads indices or bounds from.

    Attributes:
        limits: What each of its elements is below.
        is_bound: Whether loops end at its elements, which therefore ascend.
    """

    limits: tuple[Affine, ...]
    is_bound: bool


def tables_of(sdfg: dace.SDFG) -> dict[str, Table]:
    """Find the arrays whose elements pick elements of others, or bound loops, directly or but for a constant.

    Of `sum(v[k] * x[columns[k]] for k in range(starts[i], starts[i + 1]))`, elements of `columns` are below the length
    of `x`, and those of `starts` ascend to that of `v` and `columns`.
    """
    integers = [one for one in sdfg.arglist().values() if np.dtype(one.dtype.as_numpy_dtype()).kind in "iu"]
    computation = raise_sdfg(sdfg) if any(isinstance(one, dace.data.Array) for one in integers) else None
    return _Tables(computation).found() if computation is not None else {}


def integers_at(tables: Mapping[str, Table], sizes: Mapping[str, int]) -> dict[str, Integers]:
    """What to draw the elements of tables from."""
    return {
        name: Integers(min(evaluate(str(limit), sizes) for limit in table.limits), table.is_bound)
        for name, table in tables.items()
    }


class _Tables:
    def __init__(self, computation: Computation):
        self._computation = computation
        self._limits: dict[str, list[Affine]] = defaultdict(list)
        self._bounds: set[str] = set()
        self._unknown: set[str] = set()

    def found(self) -> dict[str, Table]:
        """Look at all statements."""
        for node in nodes(self._computation.body):
            if isinstance(node, Opaque):
                self._unknown |= node.reads
        for loops, statement in statements(self._computation.body):
            folds = [one for term in walk(statement.value) if isinstance(term, Reduce) for one in term.ranges]
            self._look([*(loop.range for loop in loops), *folds], [statement.target, *reads(statement.value)])
        known = {name: limits for name, limits in self._limits.items() if name not in self._unknown}
        return {name: Table(tuple(limits), name in self._bounds) for name, limits in known.items()}

    def _look(self, ranges: Sequence[Range], accessed: Sequence[Read]) -> None:
        picked = [*accessed, *_inside(index for read in accessed for index in read.index)]
        picked += _inside(bounds_of(ranges))
        subscripts = [pair for read in picked for pair in self._subscripts(read)]
        for index, size in subscripts:
            self._limit(index, size)
        for loop in ranges:
            for bound in bounds_of([loop]):
                self._bounds |= {read.data for read in elements(bound)}
                for index, size in subscripts:
                    if loop.variable in plain_words(index):
                        self._limit(index - variable(loop.variable) + bound, size + 1)

    def _subscripts(self, read: Read) -> Iterator[tuple[Affine, Affine]]:
        shape = self._computation.containers[read.data].shape if read.index else ()
        return zip(read.index, map(affine, shape), strict=True)

    def _limit(self, value: Affine, size: Affine) -> None:
        """Note that a value is below a size."""
        for read in elements(value):
            rest = value - element(read)
            if rest.is_constant and rest.constant >= 0:
                self._limits[read.data].append(size - rest)
            else:
                self._unknown.add(read.data)


def _inside(values: Iterable[Affine]) -> list[Read]:
    """The elements in expressions, and those in their indices."""
    found = [read for value in values for read in elements(value)]
    return [*found, *_inside(index for read in found for index in read.index)] if found else []
