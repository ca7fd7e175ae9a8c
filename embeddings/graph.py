"""Workloads as graphs: loops, pieces of work, their accesses and containers, and how they hang together.

The graph of a normal form of `n` pieces of work holds a node for the workload, for each loop (a map dimension or a
sequential loop), each piece of work (tasklet, library node or copy), each access (memlet) and each container. Accesses
have an edge to every loop around them, which says how that loop moves them, so that nests of any depth are encoded
without a limit. Two workloads that differ in names or order only have the same graph up to the order of its nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dace_transfer.embeddings.features import features_of
from dace_transfer.embeddings.graph_features import NODES, RELATIONS, WORK_KINDS, Around, Step, Whole, numbers, width
from dace_transfer.embeddings.walk import Loop, Work, argument_bytes, walk
from dace_transfer.errors import WorkloadError
from dace_transfer.target import Target
from dace_transfer.workload import Workload

NODE_WIDTH = len(NODES) + sum(width(groups) for groups in NODES.values())
"""Numbers of a node: which kind it is, then a block of features for each kind, zero but for its own."""

EDGE_WIDTH = 2 * len(RELATIONS) + sum(width(groups) for groups in RELATIONS.values())
"""Numbers of an edge: which kind in which direction, then a block of features for each kind that has some."""


@dataclass(frozen=True)
class Graph:
    """The graph of one workload.

    Attributes:
        nodes: Features, float32 of shape `(n, NODE_WIDTH)`; the first node is the workload.
        edges: Sources and destinations, int64 of shape `(2, e)`.
        attributes: Features of the edges, float32 of shape `(e, EDGE_WIDTH)`.
        features: Those that `SymbolicFeatures` has of the whole workload, float32 of shape `(len(FEATURES),)`.
    """

    nodes: NDArray[np.float32]
    edges: NDArray[np.int64]
    attributes: NDArray[np.float32]
    features: NDArray[np.float32]


def graph_of(workload: Workload, target: Target) -> Graph:
    """Encode a workload as a graph, with its sizes relative to what the target has.

    Raises:
        WorkloadError: It holds a library node that is not known.
    """
    works = tuple(walk(workload.sdfg, workload.sizes))
    for work in works:
        if work.kind not in WORK_KINDS:
            raise WorkloadError(f"A library node '{work.kind}' cannot be encoded; expand it before it is tuned.")
    drawing = _Drawing(Whole(works, target, argument_bytes(workload.sdfg, workload.sizes)))
    drawing.add("workload", None)
    for loop in _loops(works):
        drawing.loop(loop)
    for work in works:
        drawing.work(work)
    return drawing.graph()


def _loops(works: Sequence[Work]) -> list[Around]:
    """All loops, outer ones first, with what is around and in them."""
    outer: dict[Loop, tuple[Loop, ...]] = {}
    inner: dict[Loop, list[Work]] = {}
    for work in works:
        for depth, loop in enumerate(work.loops):
            outer[loop] = work.loops[:depth]
            inner.setdefault(loop, []).append(work)
    return sorted((Around(loop, outer[loop], tuple(inner[loop])) for loop in outer), key=lambda a: len(a.outer))


@dataclass
class _Drawing:
    """A graph in the making."""

    whole: Whole
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    marks: list[NDArray[np.float32]] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def add(self, kind: str, node: object) -> int:
        """Add a node and return its number."""
        row = np.zeros(NODE_WIDTH, np.float32)
        row[list(NODES).index(kind)] = 1.0
        begin = _NODE_BLOCKS[kind]
        values = numbers(NODES[kind], node, self.whole)
        row[begin : begin + len(values)] = values
        self.rows.append(row)
        return len(self.rows) - 1

    def connect(self, relation: str, first: int, second: int, edge: object = None) -> None:
        """Add an edge in both directions."""
        values = numbers(RELATIONS[relation], edge, self.whole)
        begin, number = _EDGE_BLOCKS[relation], list(RELATIONS).index(relation)
        for direction, ends in enumerate(((first, second), (second, first))):
            mark = np.zeros(EDGE_WIDTH, np.float32)
            mark[2 * number + direction] = 1.0
            mark[begin : begin + len(values)] = values
            self.ends.append(ends)
            self.marks.append(mark)

    def loop(self, around: Around) -> None:
        """Add a loop, whose outer loops are there."""
        place = self.places[id(around.loop)] = self.add("loop", around)
        if around.outer:
            self.connect("loop in loop", place, self.places[id(around.outer[-1])])
        else:
            self.connect("loop in workload", place, 0)

    def work(self, work: Work) -> None:
        """Add a piece of work with its accesses and containers."""
        place = self.add("work", work)
        if work.loops:
            self.connect("work in loop", place, self.places[id(work.loops[-1])])
        else:
            self.connect("work in workload", place, 0)
        for access in work.accesses:
            at = self.add("access", (access, work))
            self.connect("access of work", at, place)
            if id(access.container) not in self.places:
                self.places[id(access.container)] = self.add("container", access.container)
            self.connect("access of container", at, self.places[id(access.container)])
            for loop in work.loops:
                self.connect("access in loop", at, self.places[id(loop)], Step(access, work, loop))

    def graph(self) -> Graph:
        """What was drawn."""
        edges = np.asarray(self.ends, np.int64).reshape(-1, 2).T
        marks = np.asarray(self.marks, np.float32).reshape(-1, EDGE_WIDTH)
        features = features_of(self.whole.works, self.whole.target, self.whole.footprint)
        return Graph(np.stack(self.rows), edges, marks, np.asarray(features, np.float32))


def _blocks(groups: dict[str, int], first: int) -> dict[str, int]:
    """Where the block of each kind begins."""
    begins = {}
    for kind, count in groups.items():
        begins[kind], first = first, first + count
    return begins


_NODE_BLOCKS = _blocks({kind: width(groups) for kind, groups in NODES.items()}, len(NODES))
_EDGE_BLOCKS = _blocks({kind: width(groups) for kind, groups in RELATIONS.items()}, 2 * len(RELATIONS))
