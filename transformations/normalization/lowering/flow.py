"""Where lowered code goes: a region of control flow whose last state takes code as long as dataflow orders it."""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import dace
from dace import data, nodes
from dace.sdfg.state import ControlFlowBlock, ControlFlowRegion

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.elements import with_names
from dace_transfer.transformations.normalization.terms import Range, Read, reads
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    statements,
)
from dace_transfer.transformations.normalization.tree import nodes as nodes_of


@dataclass(frozen=True)
class Context:
    """What is the same everywhere in one lowering.

    Attributes:
        computation: What is lowered.
        mentions: How often nodes name a container.
    """

    computation: Computation
    mentions: Counter[str]
    _counter: Iterator[int] = field(default_factory=itertools.count)

    @cached_property
    def pinned(self) -> frozenset[str]:
        """Containers that opaque blocks name."""
        return self.computation.pinned

    @cached_property
    def sizes(self) -> frozenset[Affine]:
        """The sizes of all dimensions of all containers, each 1 or more."""
        shapes = {desc.shape for desc in self.computation.containers.values() if isinstance(desc, data.Array)}
        return frozenset(affine(size) for shape in shapes for size in shape)

    def looked_up(self, values: Iterable[Affine]) -> set[str]:
        """Return the containers that subscripts and bounds are read from: arguments that are never written."""
        return {word for value in values for word in value.words & self.computation.containers.keys()}

    def apart(self, loop: Range) -> tuple[Range, dict[str, Read]]:
        """Return a loop with names in the place of the elements that bound it, and the elements by these names."""
        found: dict[Read, str] = {}

        def name(read: Read) -> str:
            return found.setdefault(read, self.label("__bound"))

        named = Range(loop.variable, with_names(loop.begin, name), with_names(loop.end, name))
        return named, {name: read for read, name in found.items()}

    def label(self, stem: str) -> str:
        """Return a label that nothing else has."""
        return f"{stem}_{next(self._counter)}"

    def descriptor(self, name: str) -> data.Data:
        """Return a new descriptor of a container; one of a transient that is free to choose has default strides."""
        described = self.computation.containers[name]
        if not described.transient or name in self.pinned:
            return copy.deepcopy(described)
        kept = {"transient": True, "storage": described.storage, "lifetime": described.lifetime}
        if type(described) is data.Array:
            return data.Array(described.dtype, described.shape, **kept)
        return copy.deepcopy(described)


class Flow:
    """Appends code to a region: to its last state where dataflow alone orders it, else to a new state.

    A container may be written in the last state only if nothing there touches it yet, or if what is written comes
    after the only reader of its newest value. So everything that touches a container in a state is ordered by
    the edges through its access nodes.

    Attributes:
        sdfg: The SDFG of the region.
        context: What is lowered.
        around: The loops around the region, outermost first.
    """

    def __init__(self, region: ControlFlowRegion, sdfg: dace.SDFG, context: Context, around: tuple[Range, ...] = ()):
        self.region = region
        self.sdfg = sdfg
        self.context = context
        self.around = around
        self._last: ControlFlowBlock | None = None
        self._newest: dict[str, nodes.AccessNode] | None = None

    @property
    def state(self) -> dace.SDFGState:
        """The state that takes code; `begin` comes first."""
        assert isinstance(self._last, dace.SDFGState)
        return self._last

    def begin(self, read: Collection[str], written: Collection[str]) -> None:
        """Make the last state one where code may be added that reads and writes the given containers."""
        self.declare(sorted({*read, *written}))
        if self._newest is None or not all(self._may_write(name, read) for name in written):
            self.append(dace.SDFGState(self.context.label("state"), self.sdfg))
            self._newest = {}

    def _may_write(self, name: str, read: Collection[str]) -> bool:
        assert self._newest is not None
        node = self._newest.get(name)
        return node is None or (name in read and self.state.out_degree(node) == 0)

    def declare(self, names: Iterable[str]) -> None:
        """Add containers that the SDFG does not have yet."""
        for name in names:
            if name not in self.sdfg.arrays:
                self.sdfg.add_datadesc(name, self.context.descriptor(name))

    def source(self, name: str) -> nodes.AccessNode:
        """Return the node to read a container from."""
        assert self._newest is not None
        return self._newest[name] if name in self._newest else self.sink(name)

    def sink(self, name: str) -> nodes.AccessNode:
        """Return a new node to write a container to; all that is read of it by the same code comes first."""
        assert self._newest is not None
        node = self._newest[name] = nodes.AccessNode(name)  # Not by `add_access`, which asks for its caller's line.
        self.state.add_node(node)
        return node

    def append(self, block: ControlFlowBlock, assignments: Mapping[str, str] = {}) -> None:
        """Add a block, and assignments to symbols on the way to it, after all that there is; nothing goes into it."""
        if assignments and self._last is None:
            self.append(dace.SDFGState(self.context.label("state"), self.sdfg))
        self.region.add_node(block, is_start_block=self._last is None, ensure_unique_name=True)
        if self._last is not None:
            self.region.add_edge(self._last, block, dace.InterstateEdge(assignments=dict(assignments)))
        self._last, self._newest = block, None

    def finish(self) -> None:
        """Make sure that there is something to execute."""
        if self._last is None:
            self.begin((), ())


def mentions(body: Iterable[Node]) -> Counter[str]:
    """Count how often the nodes of a body name each container."""
    body = tuple(body)
    counts = Counter(read.data for _, one in statements(body) for read in (one.target, *reads(one.value)))
    for node in nodes_of(body):
        if isinstance(node, Opaque):
            counts.update(node.reads | node.writes)
    return counts


def accesses(body: Iterable[Node]) -> tuple[set[str], set[str]]:
    """Return the containers that a body reads and those that it writes."""
    read: set[str] = set()
    written: set[str] = set()
    for node in nodes_of(body):
        if isinstance(node, Statement):
            read |= {one.data for one in reads(node.value)}
            written.add(node.target.data)
        elif not isinstance(node, Loop):
            read |= node.reads
            written |= node.writes
    return read, written
