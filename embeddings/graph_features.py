"""What the nodes and edges of a workload's graph say, feature by feature.

Amounts are base-2 logarithms divided by 8, so that most lie between -2 and 4; what they are relative to is named.
Nothing depends on names or on the order of anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dace_transfer.embeddings.walk import Access, Loop, Work
from dace_transfer.target import Target

LINE = 64
"""Bytes of a cache line; consecutive accesses further apart than that share none."""

OPERATIONS = ("add", "multiply", "divide", "special", "compare")
LIBRARY_NODES = (
    "Reduce",
    "MatMul",
    "Gemm",
    "BatchedMatMul",
    "Gemv",
    "Ger",
    "Dot",
    "Einsum",
    "TensorDot",
    "Transpose",
    "TensorTranspose",
)
"""Library nodes that can be encoded; any other is an error, since nothing is known about what it does."""
WORK_KINDS = ("tasklet", "copy", *LIBRARY_NODES)
_RESOLUTIONS = ("Sum", "Product", "Min", "Max")
_CONTAINER_KINDS = ("float", "complex", "integer", "bool")


@dataclass(frozen=True)
class Whole:
    """The workload and the device.

    Attributes:
        works: All pieces of work.
        target: The device; of it, caches, threads and vector width count.
        footprint: Bytes of all arguments.
    """

    works: tuple[Work, ...]
    target: Target
    footprint: float

    @cached_property
    def operations(self) -> float:
        """Scalar operations of one run; a library node counts the elements it moves."""
        return sum(work.scalar_operations for work in self.works)

    @cached_property
    def traffic(self) -> float:
        """Bytes that all accesses of one run move."""
        return sum(work.traffic(access) for work in self.works for access in work.accesses)

    @cached_property
    def lanes(self) -> int:
        """Double-precision numbers in a vector register."""
        return next((lanes for name, lanes in _LANES if any(i.startswith(name) for i in self.target.isa)), 2)

    def caches(self, amount: float) -> list[float]:
        """Bytes over the sizes of the first, second and last cache; one that is missing is like the last there is."""
        sizes = self.target.caches or (2**15,)
        return [log(amount / sizes[min(level, len(sizes) - 1)]) for level in (0, 1, 2)]


_LANES = (("avx512", 8), ("avx", 4))


@dataclass(frozen=True)
class Around:
    """A loop with what is around it and in it.

    Attributes:
        loop: The loop.
        outer: Loops around it, outermost first.
        works: What is executed in it.
    """

    loop: Loop
    outer: tuple[Loop, ...]
    works: tuple[Work, ...]

    @property
    def height(self) -> int:
        """Loops nested in it, at most."""
        return max(len(work.loops) for work in self.works) - len(self.outer) - 1


@dataclass(frozen=True)
class Step:
    """An access, and one of the loops around it."""

    access: Access
    work: Work
    loop: Loop

    @property
    def stride(self) -> int | None:
        """Elements from one iteration to the next; None where that is not known."""
        return self.access.strides[self.work.loops.index(self.loop)]

    @property
    def footprint(self) -> float:
        """Bytes this loop and those in it touch, at most."""
        inner = self.work.loops.index(self.loop)
        pairs = zip(self.work.loops[inner:], self.access.strides[inner:], strict=True)
        trips = math.prod(loop.trips for loop, stride in pairs if stride != 0)
        return min(trips * self.access.elements, self.access.container.elements) * self.access.container.bytes


def log(amount: float) -> float:
    """The logarithm of an amount, scaled."""
    return math.log2(max(amount, 2.0**-32)) / 8


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _trips(loops: tuple[Loop, ...], *, parallel: bool) -> float:
    return math.prod(loop.trips for loop in loops if loop.parallel is parallel)


def _one_of(value: str, names: tuple[str, ...]) -> list[float]:
    return [float(value == name) for name in names]


Group = tuple[str, int, Callable[..., list[float]]]
"""A name, how many numbers it is, and how they are computed from a node and the whole."""


def _scalar(function: Callable[[Any, Whole], float]) -> Callable[[Any, Whole], list[float]]:
    return lambda node, whole: [float(function(node, whole))]


_WORKLOAD: tuple[Group, ...] = (
    ("operations per thread", 1, _scalar(lambda _, w: log(w.operations / w.target.threads))),
    ("bytes moved", 1, _scalar(lambda _, w: log(w.traffic))),
    ("arguments over caches", 3, lambda _, w: w.caches(w.footprint)),
    ("operations per byte of arguments", 1, _scalar(lambda _, w: log(w.operations / max(w.footprint, 1.0)))),
    ("operations per byte moved", 1, _scalar(lambda _, w: log(w.operations / max(w.traffic, 1.0)))),
    ("pieces of work", 1, _scalar(lambda _, w: log(len(w.works)))),
    ("threads", 1, _scalar(lambda _, w: log(w.target.threads))),
    ("lanes of a vector", 1, _scalar(lambda _, w: log(w.lanes))),
)

_LOOP: tuple[Group, ...] = (
    ("parallel", 1, _scalar(lambda n, _: n.loop.parallel)),
    ("trips known", 1, _scalar(lambda n, _: n.loop.known)),
    ("trips", 1, _scalar(lambda n, _: log(n.loop.trips))),
    ("trips over threads", 1, _scalar(lambda n, w: log(n.loop.trips / w.target.threads))),
    ("trips over lanes", 1, _scalar(lambda n, w: log(n.loop.trips / w.lanes))),
    ("depth", 1, _scalar(lambda n, _: len(n.outer) / 4)),
    ("outermost", 1, _scalar(lambda n, _: not n.outer)),
    ("height", 1, _scalar(lambda n, _: n.height / 4)),
    ("innermost", 1, _scalar(lambda n, _: n.height == 0)),
    ("parallel trips around", 1, _scalar(lambda n, _: log(_trips(n.outer, parallel=True)))),
    ("sequential trips around", 1, _scalar(lambda n, _: log(_trips(n.outer, parallel=False)))),
    ("sequential loops around", 1, _scalar(lambda n, _: len([loop for loop in n.outer if not loop.parallel]) / 4)),
    ("pieces of work in it", 1, _scalar(lambda n, _: log(len(n.works)))),
    ("share of operations", 1, _scalar(lambda n, w: _share(_operations(n), w.operations))),
    ("operations of an iteration", 1, _scalar(lambda n, _: log(_operations_of_iteration(n)))),
)

_WORK: tuple[Group, ...] = (
    ("kind", len(WORK_KINDS), lambda n, _: _one_of(n.kind, WORK_KINDS)),
    ("operations", len(OPERATIONS), lambda n, _: [math.log2(1 + n.operations.get(o, 0)) / 2 for o in OPERATIONS]),
    ("floating", 1, _scalar(lambda n, _: n.floating)),
    ("conditions", 1, _scalar(lambda n, _: min(n.conditions, 4) / 2)),
    ("executions", 1, _scalar(lambda n, _: log(n.executions))),
    ("parallel trips", 1, _scalar(lambda n, _: log(_trips(n.loops, parallel=True)))),
    ("sequential trips", 1, _scalar(lambda n, _: log(_trips(n.loops, parallel=False)))),
    ("loops around", 1, _scalar(lambda n, _: len(n.loops) / 4)),
    ("operations of one execution", 1, _scalar(lambda n, _: log(n.scalar_operations / max(n.executions, 1.0)))),
    ("share of operations", 1, _scalar(lambda n, w: _share(n.scalar_operations, w.operations))),
    ("no loop around", 1, _scalar(lambda n, _: not n.loops)),
)

_ACCESS: tuple[Group, ...] = (
    ("write", 1, _scalar(lambda n, _: n[0].write)),
    ("conflict", 1, _scalar(lambda n, _: n[0].conflict)),
    ("resolution", len(_RESOLUTIONS), lambda n, _: _one_of(n[0].resolution, _RESOLUTIONS)),
    ("elements", 1, _scalar(lambda n, _: log(n[0].elements))),
    ("bytes moved", 1, _scalar(lambda n, _: log(n[1].traffic(n[0])))),
    ("share of bytes moved", 1, _scalar(lambda n, w: _share(n[1].traffic(n[0]), w.traffic))),
    ("bytes touched over caches", 3, lambda n, w: w.caches(_touched(*n))),
    ("reuse", 1, _scalar(lambda n, _: log(n[1].traffic(n[0]) / max(_touched(*n), 1.0)))),
    ("innermost stride", 5, lambda n, _: _stride(n[0].innermost_stride, n[0].container.bytes)),
)

_CONTAINER: tuple[Group, ...] = (
    ("kind", len(_CONTAINER_KINDS), lambda n, _: _one_of(n.kind, _CONTAINER_KINDS)),
    ("bytes of an element", 1, _scalar(lambda n, _: n.bytes / 8)),
    ("array", 1, _scalar(lambda n, _: n.array)),
    ("temporary", 1, _scalar(lambda n, _: n.transient)),
    ("dimensions", 1, _scalar(lambda n, _: n.dims / 4)),
    ("bytes over caches", 3, lambda n, w: w.caches(n.elements * n.bytes)),
)

_STEP: tuple[Group, ...] = (
    ("stride", 5, lambda n, _: _stride(n.stride, n.access.container.bytes)),
    ("stride over a line", 1, _scalar(lambda n, _: log((abs(n.stride or 0) * n.access.container.bytes + 1) / LINE))),
    ("moves backwards", 1, _scalar(lambda n, _: (n.stride or 0) < 0)),
    ("reuse", 1, _scalar(lambda n, _: log(n.loop.trips if n.stride == 0 else 1.0))),
    ("bytes touched over caches", 3, lambda n, w: w.caches(n.footprint)),
    ("innermost", 1, _scalar(lambda n, _: n.work.loops[-1] is n.loop)),
    ("resolves conflicts of this loop", 1, _scalar(lambda n, _: n.access.conflict and n.stride == 0)),
)

NODES: Mapping[str, tuple[Group, ...]] = {
    "workload": _WORKLOAD,
    "loop": _LOOP,
    "work": _WORK,
    "access": _ACCESS,
    "container": _CONTAINER,
}
"""The kinds of nodes, and the features of each."""

RELATIONS: Mapping[str, tuple[Group, ...]] = {
    "loop in workload": (),
    "work in workload": (),
    "loop in loop": (),
    "work in loop": (),
    "access of work": (),
    "access of container": (),
    "access in loop": _STEP,
}
"""The kinds of edges, each also there in the other direction, and the features of each."""


def width(groups: tuple[Group, ...]) -> int:
    """How many numbers groups of features are."""
    return sum(count for _, count, _ in groups)


def numbers(groups: tuple[Group, ...], node: object, whole: Whole) -> list[float]:
    """Compute groups of features."""
    return [value for _, _, compute in groups for value in compute(node, whole)]


def _operations(node: Around) -> float:
    return sum(work.scalar_operations for work in node.works)


def _operations_of_iteration(node: Around) -> float:
    entered = math.prod(loop.trips for loop in (*node.outer, node.loop))
    return _operations(node) / max(entered, 1.0)


def _touched(access: Access, work: Work) -> float:
    """Bytes an access touches in one run, at most."""
    if not work.loops:
        return access.elements * access.container.bytes
    return Step(access, work, work.loops[0]).footprint


def _stride(stride: int | None, size: int) -> list[float]:
    """Which of: 0, 1, within a cache line, larger, not known."""
    if stride is None:
        return [0.0, 0.0, 0.0, 0.0, 1.0]
    far = abs(stride)
    return [float(far == 0), float(far == 1), float(1 < far <= LINE / size), float(far > max(1.0, LINE / size)), 0.0]
