"""What memlets name: elements and rectangular parts of containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dace
from dace import nodes, subsets
from dace.sdfg.graph import MultiConnectorEdge

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.raising.frame import Frame, dimensions
from dace_transfer.transformations.normalization.terms import Range, Read

Edge = MultiConnectorEdge[dace.Memlet]
ONE = constant(1)
ZERO = constant(0)


@dataclass(frozen=True)
class Box:
    """A rectangular part of a container, every `steps`-th element from `begins` on, `sizes` of them per dimension."""

    data: str
    begins: tuple[Affine, ...]
    sizes: tuple[Affine, ...]
    steps: tuple[int, ...]

    @property
    def long(self) -> list[int]:
        """The dimensions that are not known to have length one."""
        return [place for place, size in enumerate(self.sizes) if size != ONE]

    @property
    def is_element(self) -> bool:
        """Whether it is one element."""
        return not self.long

    def at(self, frame: Frame, index: Sequence[Affine]) -> Read:
        """Return an element of it; `index` has an entry per dimension, counted from the box's begin."""
        parts = zip(self.begins, self.steps, index, strict=True)
        return frame.at(self.data, tuple(begin + part * step for begin, step, part in parts))

    def along(self, frame: Frame, dims: Sequence[int], index: Sequence[Affine]) -> Read:
        """Return the element with the given indices in the dimensions `dims`, and at the begin of all others."""
        chosen = dict(zip(dims, index, strict=True))
        return self.at(frame, [chosen.get(place, ZERO) for place in range(len(self.sizes))])


def box_of(frame: Frame, name: str, subset: Any) -> Box:
    """Return the part of container `name` that a memlet's subset is, all of it where that is None.

    Raises:
        ValueError: It is no rectangle of affine bounds.
    """
    descriptor = frame.sdfg.arrays[name]
    if dimensions(descriptor) == 0:
        return Box(name, (), (), ())
    ranges = subsets.Range.from_array(descriptor) if subset is None else subset
    if not isinstance(ranges, subsets.Range) or len(ranges) != dimensions(descriptor):
        raise ValueError(f"Expected a rectangular part of '{name}', but got '{subset}'.")
    if any(tile != 1 for tile in ranges.tile_sizes):
        raise ValueError(f"Expected a part of '{name}' without tiles, but got '{subset}'.")
    bounds = [(frame.affine(begin), frame.affine(end), step_of(step)) for begin, end, step in ranges.ndrange()]
    if any(step < 1 for _, _, step in bounds):
        raise ValueError(f"Expected a part of '{name}' with positive steps, but got '{subset}'.")
    sizes = tuple(quotient(end - begin + 1, step) for begin, end, step in bounds)
    return Box(name, tuple(begin for begin, _, _ in bounds), sizes, tuple(step for _, _, step in bounds))


def memlet_box(frame: Frame, memlet: dace.Memlet, node: Any, dynamic: bool = False) -> Box:
    """Return the part of the container at `node`, at the far end of a memlet's path, that the memlet names.

    Memlets that may move less than they name are only taken where `dynamic` is set.

    Raises:
        ValueError: The memlet is of an unusual kind.
    """
    if not isinstance(node, nodes.AccessNode) or node.data != memlet.data or (memlet.dynamic and not dynamic):
        raise ValueError(f"Expected memlet '{memlet}' to name what it reads or writes.")
    return box_of(frame, node.data, memlet.subset)


def element(frame: Frame, memlet: dace.Memlet, node: Any, dynamic: bool = False) -> Read:
    """Return the one element that a memlet names.

    Raises:
        ValueError: It names more, or what it names is not known before the program runs.
    """
    box = memlet_box(frame, memlet, node, dynamic)
    if not box.is_element or (memlet.other_subset is not None and memlet.other_subset.num_elements() != 1):
        raise ValueError(f"Expected memlet '{memlet}' to name one element.")
    return box.at(frame, [ZERO] * len(box.sizes))


def step_of(step: Any) -> int:
    """Return a step as a number.

    Raises:
        ValueError: It is no number.
    """
    value = affine(step)
    if not value.is_constant or value.constant == 0:
        raise ValueError(f"Expected a constant step, but got '{step}'.")
    return value.constant


def quotient(value: Affine, divisor: int) -> Affine:
    """Return the quotient rounded up, exactly for what is at least 0."""
    if all(number % divisor == 0 for _, number in value.terms):
        return Affine(tuple((name, number // divisor) for name, number in value.terms), -(-value.constant // divisor))
    return affine(f"int_ceil({value}, {divisor})")


def counted(name: str, begin: Affine, end: Affine, step: int) -> tuple[Range, Affine]:
    """Return a loop with step 1, and in terms of its variable the values from `begin` to before `end` by `step`."""
    if step == 1:
        return Range(name, begin, end), variable(name)
    length = end - begin if step > 0 else begin - end
    count = quotient(length, abs(step))
    return Range(name, ZERO, count), begin + variable(name) * step
