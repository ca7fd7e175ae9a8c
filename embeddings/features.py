"""The baseline encoder: features written by hand from symbolic analysis, free of measurement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dace_transfer.embeddings.walk import Access, Work, argument_bytes, walk
from dace_transfer.target import Target
from dace_transfer.workload import Workload

_SMALL_STRIDE = 16  # Elements; beyond it consecutive accesses share no cache line.
_PRODUCTS = {"MatMul", "Gemm", "BatchedMatMul", "Gemv", "Dot", "Ger", "Einsum"}


@dataclass(frozen=True)
class SymbolicFeatures:
    """Encodes volumes, operations, strides, footprints against caches, loop shapes and reductions.

    Amounts enter as base-2 logarithms, so that a factor of two is the same distance everywhere; structure
    enters as shares of the executed work, so that the vector does not grow with the program. Amounts are
    taken relative to the target's caches and threads, so that vectors of one workload on machines that treat
    it alike are near each other.

    Attributes:
        target: The device whose caches and threads sizes are compared with.
    """

    target: Target

    @property
    def id(self) -> str:
        return "symbolic-2"

    def encode(self, workloads: Sequence[Workload]) -> NDArray[np.float32]:
        """Encode `n` workloads as an array of shape `(n, len(FEATURES))`."""
        rows = [self._row(workload) for workload in workloads]
        return np.asarray(rows, dtype=np.float32).reshape(len(rows), len(FEATURES))

    def _row(self, workload: Workload) -> list[float]:
        works = tuple(walk(workload.sdfg, workload.sizes))
        return features_of(works, self.target, argument_bytes(workload.sdfg, workload.sizes))


def features_of(works: tuple[Work, ...], target: Target, footprint: float) -> list[float]:
    """Compute the features of a workload that was walked already.

    Args:
        works: Its pieces of work.
        target: The device whose caches and threads sizes are compared with.
        footprint: Bytes of its arguments.
    """
    view = _View(works, target, footprint)
    return [weight * feature(view) for _, weight, feature in FEATURES]


@dataclass(frozen=True)
class _View:
    """What features are computed from."""

    works: tuple[Work, ...]
    target: Target
    footprint: float

    def share(self, holds: Callable[[Work], bool]) -> float:
        """Share of executions for which `holds`."""
        total = sum(work.executions for work in self.works)
        return sum(work.executions for work in self.works if holds(work)) / total if total else 0.0

    def access_share(self, holds: Callable[[Access], bool]) -> float:
        """Share of accesses to arrays, weighted by the elements moved, for which `holds`."""
        weights = [(a, w.executions * a.elements) for w in self.works for a in w.accesses if a.container.array]
        total = sum(weight for _, weight in weights)
        return sum(weight for access, weight in weights if holds(access)) / total if total else 0.0

    def mean(self, value: Callable[[Work], float]) -> float:
        """Mean of a value over executions."""
        total = sum(work.executions for work in self.works)
        return sum(work.executions * value(work) for work in self.works) / total if total else 0.0

    @cached_property
    def operations(self) -> float:
        """Scalar operations of one run; a product of matrices counts the elements it reads."""
        return sum(work.scalar_operations for work in self.works)

    @cached_property
    def traffic(self) -> float:
        """Bytes all accesses of one run move."""
        return sum(work.traffic(access) for work in self.works for access in work.accesses)


def _log(value: float) -> float:
    return float(np.log2(max(value, 2.0**-20)))


def _operations(kind: str) -> Callable[[_View], float]:
    def share(view: _View) -> float:
        total = sum(w.executions * sum(w.operations.values()) for w in view.works)
        return sum(w.executions * w.operations.get(kind, 0) for w in view.works) / total if total else 0.0

    return share


def _stride(low: int, high: float) -> Callable[[_View], float]:
    def share(view: _View) -> float:
        return view.access_share(lambda a: a.innermost_stride is not None and low <= abs(a.innermost_stride) <= high)

    return share


def _innermost(work: Work) -> float:
    return work.loops[-1].trips if work.loops else 1.0


def _outermost_parallel(work: Work) -> float:
    return work.loops[0].trips if work.loops and work.loops[0].parallel else 1.0


def _sequential(work: Work) -> float:
    product = 1.0
    for loop in work.loops:
        product *= 1.0 if loop.parallel else loop.trips
    return product


def _cache(level: int) -> Callable[[_View], float]:
    def ratio(view: _View) -> float:
        caches = view.target.caches or (2**15,)
        return _log(view.footprint / caches[min(level, len(caches) - 1)])

    return ratio


# Name, weight in the distance, and how it is computed. A weight of 1 makes a factor of two in an amount, or a
# quarter of the work doing something else, count as much as one unit of distance.
FEATURES: tuple[tuple[str, float, Callable[[_View], float]], ...] = (
    ("operations per thread", 0.15, lambda v: _log(v.operations / v.target.threads)),
    ("bytes moved", 0.15, lambda v: _log(v.traffic)),
    ("operations per byte of arguments", 0.5, lambda v: _log(v.operations / max(v.footprint, 1.0))),
    ("operations per byte moved", 0.5, lambda v: _log(v.operations / max(v.traffic, 1.0))),
    ("arguments over level-1 cache", 0.15, _cache(0)),
    ("arguments over level-2 cache", 0.15, _cache(1)),
    ("arguments over last-level cache", 0.15, _cache(2)),
    ("pieces of work", 0.7, lambda v: _log(len(v.works))),
    ("loops around the work", 1.0, lambda v: v.mean(lambda w: len(w.loops))),
    ("sequential loops around the work", 2.0, lambda v: v.mean(lambda w: sum(not lo.parallel for lo in w.loops))),
    ("sequential trips", 0.2, lambda v: v.mean(lambda w: _log(_sequential(w)))),
    ("trips of the innermost loop", 0.3, lambda v: v.mean(lambda w: _log(_innermost(w)))),
    ("trips of the outermost parallel loop", 0.3, lambda v: v.mean(lambda w: _log(_outermost_parallel(w)))),
    ("reductions", 4.0, lambda v: _kinds(v, {"Reduce"})),
    ("share of traffic in reductions", 3.0, lambda v: _traffic_share(v, {"Reduce"})),
    ("matrix products", 4.0, lambda v: _kinds(v, _PRODUCTS)),
    ("share of traffic in matrix products", 3.0, lambda v: _traffic_share(v, _PRODUCTS)),
    ("other library nodes", 4.0, lambda v: _kinds(v, None)),
    ("elements of a library call", 0.3, lambda v: _library_size(v)),
    ("conflict resolution", 4.0, lambda v: v.access_share(lambda a: a.conflict)),
    ("constant in the innermost loop", 4.0, _stride(0, 0)),
    ("unit stride", 4.0, _stride(1, 1)),
    ("small stride", 4.0, _stride(2, _SMALL_STRIDE)),
    ("large stride", 4.0, _stride(_SMALL_STRIDE + 1, float("inf"))),
    ("indirect", 4.0, lambda v: v.access_share(lambda a: a.innermost_stride is None)),
    ("writes", 2.0, lambda v: v.access_share(lambda a: a.write)),
    ("temporaries", 3.0, lambda v: v.access_share(lambda a: a.container.transient)),
    ("additions", 2.0, _operations("add")),
    ("multiplications", 2.0, _operations("multiply")),
    ("divisions", 2.0, _operations("divide")),
    ("special functions", 3.0, _operations("special")),
    ("comparisons", 2.0, _operations("compare")),
    ("floating point", 2.0, lambda v: v.share(lambda w: w.floating or w.kind == "copy")),
    (
        "bytes of an element",
        0.5,
        lambda v: v.mean(lambda w: max((a.container.bytes for a in w.accesses), default=8)) / 4,
    ),
)


def _kinds(view: _View, kinds: set[str] | None) -> float:
    """Share of the pieces of work of these kinds; of library nodes of all other kinds for None."""
    others = _PRODUCTS | {"Reduce", "tasklet", "copy"}
    hits = sum(w.kind in kinds if kinds is not None else w.kind not in others for w in view.works)
    return hits / len(view.works) if view.works else 0.0


def _traffic_share(view: _View, kinds: set[str]) -> float:
    moved = {True: 0.0, False: 0.0}
    for work in view.works:
        moved[work.kind in kinds] += work.executions * work.moved
    return moved[True] / (moved[True] + moved[False] or 1.0)


def _library_size(view: _View) -> float:
    sizes = [_log(w.moved) for w in view.works if w.kind not in ("tasklet", "copy")]
    return sum(sizes) / len(sizes) if sizes else 0.0
