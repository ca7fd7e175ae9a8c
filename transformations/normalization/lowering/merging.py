"""Loops that go on in memory where the next inner ones end count as one, along views of containers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dace import data
from dace.symbolic import pystr_to_symbolic

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.lowering.boxes import Box
from dace_transfer.transformations.normalization.lowering.extents import extent, operand
from dace_transfer.transformations.normalization.terms import Range, Read

Group = tuple[str, ...]
"""Variables of loops that count as one, the outermost first."""


@dataclass(frozen=True)
class Loops:
    """Loops whose bounds are free of their own variables, and the containers that are accessed in them.

    Attributes:
        ranges: Loop by variable.
        arrays: Descriptor by name.
        steady: Variables of the loops whose lengths are the same wherever the program is.
    """

    ranges: Mapping[str, Range]
    arrays: Mapping[str, data.Data]
    steady: Collection[str]

    def stride(self, read: Read, name: str) -> Affine:
        """Return how far apart neighbouring iterations of a loop are in memory."""
        return affine(self.arrays[read.data].strides[_dimension(read, name)])

    def groups(self, names: Iterable[str], reads: Sequence[Read]) -> list[Group]:
        """Return loops in groups that count as one in all of some elements.

        `i` and `j` do in `C[i, j, k]` and `A[i, j, l]`, if `j` runs through all of the second dimension of both.

        Args:
            names: Variables of the loops, in the order of the first element's dimensions.
            reads: Elements that all of them index.
        """
        found: list[Group] = []
        for name in names:
            if found and all(self._goes_on(found[-1][-1], name, read) for read in reads):
                found[-1] = (*found[-1], name)
            else:
                found.append((name,))
        return found

    def _goes_on(self, outer: str, inner: str, read: Read) -> bool:
        """Whether the next iteration of one loop begins where the other one ends."""
        if outer not in self.steady or inner not in self.steady or _dimension(read, outer) > _dimension(read, inner):
            return False
        return self.stride(read, outer) == _product([extent(self.ranges[inner]), self.stride(read, inner)])

    def merged(self, group: Group) -> Range:
        """Return the loop that counts through a group."""
        if len(group) == 1:
            return self.ranges[group[0]]
        return Range("_".join(group), constant(0), _product(extent(self.ranges[name]) for name in group))

    def reshaped(self, read: Read, merged: Iterable[Group]) -> Reshaped:
        """Return an element with one dimension for each group of loops.

        Before: `A[i, j + 1, k]` and `(i, j)`, after: `view[i_j, k]`, where `view` is of the part of `A` that all loops
        access together.
        """
        array, names = self.arrays[read.data], _names(read, self.ranges)
        last = {group[-1]: group for group in merged if len(group) > 1 and group[-1] in names}
        if not last:
            return Reshaped(read, array)
        inside = {name for group in last.values() for name in group[:-1]}
        kept = [name for name in names if name not in inside]
        loops = [self.merged(last.get(name, (name,))) for name in kept]
        shape = [pystr_to_symbolic(str(extent(loop))) for loop in loops]
        strides = [array.strides[_dimension(read, name)] for name in kept]
        view = data.Array(array.dtype, shape, strides=strides, storage=array.storage)
        whole = operand(read, self.ranges, self.arrays)
        assert whole is not None
        return Reshaped(Read(read.data, tuple(variable(loop.variable) - loop.begin for loop in loops)), view, whole.box)


@dataclass(frozen=True)
class Reshaped:
    """An element of a container, or of a view of a part of it.

    Attributes:
        read: The element.
        array: What has the dimensions that index it: the container or the view.
        viewed: The part of the container, if it is viewed.
    """

    read: Read
    array: data.Data
    viewed: Box | None = None


def _dimension(read: Read, name: str) -> int:
    return next(place for place, entry in enumerate(read.index) if name in entry.words)


def _names(read: Read, ranges: Mapping[str, Range]) -> list[str]:
    """The variables of an element in the order of its dimensions."""
    return [name for entry in read.index for name in sorted(entry.words & ranges.keys())]


def _product(values: Iterable[Affine]) -> Affine:
    return affine(" * ".join(f"({value})" for value in values))
