"""What library nodes read and write, also along views that count several dimensions of a container as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes
from dace.sdfg.utils import get_view_edge

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.raising.boxes import ONE, ZERO, Box, box_of, memlet_box
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.library_nests import index_of
from dace_transfer.transformations.normalization.terms import Range, Read


@dataclass(frozen=True)
class Operand:
    """A rectangular part of a container with dimensions of its own.

    Attributes:
        box: The part.
        dims: For each dimension of the operand those of the container that it counts through, the last one fastest.
    """

    box: Box
    dims: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> list[tuple[Affine, ...]]:
        """The lengths of each dimension's parts that are not known to have length one."""
        return [tuple(self.box.sizes[dim] for dim in self._long(place)) for place in range(len(self.dims))]

    @property
    def long(self) -> list[int]:
        """The dimensions that are not known to have length one."""
        return [place for place in range(len(self.dims)) if self._long(place)]

    def along(self, frame: Frame, places: Iterable[int], loops: Iterable[Sequence[Range]]) -> Read:
        """Return the element at which loops are, given for some of its dimensions; all others are at their begins."""
        index = {
            dim: index_of(loop)
            for place, parts in zip(places, loops, strict=True)
            for dim, loop in zip(self._long(place), parts, strict=True)
        }
        return self.box.along(frame, list(index), list(index.values()))

    def _long(self, place: int) -> list[int]:
        return [dim for dim in self.dims[place] if self.box.sizes[dim] != ONE]


def operand_of(state: dace.SDFGState, memlet: dace.Memlet, node: Any, frame: Frame) -> Operand:
    """Return what a memlet names of the container or view at `node`, the far end of its path.

    Before: `A[0:N, 0:M, 0:K] -> view[0:N * M, 0:K]`, and `view[0:N * M, 0:K]` is read.
    After: `A[0:N, 0:M, 0:K]`, whose first two dimensions are one of the operand.

    Raises:
        ValueError: It is not plain, or a view of an unusual kind.
    """
    box = memlet_box(frame, memlet, node)
    if box.data not in frame.places or frame.places[box.data] is not None:
        return Operand(box, tuple((place,) for place in range(len(box.sizes))))
    edge = get_view_edge(state, node)
    viewed = None if edge is None else edge.src if edge.dst is node else edge.dst
    if edge is None or not isinstance(viewed, nodes.AccessNode) or edge.data.data != viewed.data:
        raise ValueError(f"Expected view '{box.data}' to be of a container.")
    return _resolved(frame, box, box_of(frame, viewed.data, edge.data.subset))


def _resolved(frame: Frame, box: Box, whole: Box) -> Operand:
    """A part of a view as a part of what it views, all of which is `whole`."""
    view, array = frame.sdfg.arrays[box.data], frame.sdfg.arrays[whole.data]
    if view.dtype != array.dtype or any(step != 1 for step in (*whole.steps, *box.steps)):
        raise ValueError(f"Expected view '{box.data}' to be of neighbouring elements of its own type.")
    strides = [frame.affine(stride) for stride in array.strides]
    left, begins, sizes, dims = whole.long, list(whole.begins), list(whole.sizes), []
    for place, (size, stride) in enumerate(zip(view.shape, view.strides, strict=True)):
        length = frame.affine(size)
        run = _run(left, length, whole.sizes, strides)
        if run and strides[run[-1]] != frame.affine(stride):
            raise ValueError(f"Expected view '{box.data}' to have the strides of '{whole.data}'.")
        if len(run) == 1:
            begins[run[0]] += box.begins[place]
            sizes[run[0]] = box.sizes[place]
        elif (box.begins[place], box.sizes[place]) != (ZERO, length):
            raise ValueError(f"Expected all of dimension {place} of view '{box.data}'.")
        dims.append(tuple(run))
        left = left[len(run) :]
    if left:
        raise ValueError(f"Expected view '{box.data}' to have all elements of a part of '{whole.data}'.")
    return Operand(Box(whole.data, tuple(begins), tuple(sizes), whole.steps), tuple(dims))


def _run(dims: Sequence[int], length: Affine, sizes: Sequence[Affine], strides: Sequence[Affine]) -> list[int]:
    """The first dimensions, one behind the other in memory, that have a certain length together."""
    run: list[int] = []
    count = ONE
    while count != length:
        if len(run) == len(dims):
            raise ValueError(f"Expected dimensions with {length} elements.")
        dim = dims[len(run)]
        if run and strides[run[-1]] != _times(sizes[dim], strides[dim]):
            raise ValueError("Expected dimensions that go on where the next ones end.")
        run.append(dim)
        count = _times(count, sizes[dim])
    return run


def _times(one: Affine, other: Affine) -> Affine:
    return affine(f"({one}) * ({other})")
