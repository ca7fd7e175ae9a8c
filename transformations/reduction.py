"""What a Reduce node computes: which axes of its input it folds, and where the others go in its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dace
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.graph import MultiConnectorEdge as Edge

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.neutral import neutral


@dataclass(frozen=True)
class Reduction:
    """A Reduce node in its surroundings.

    Attributes:
        state: Where the node is.
        node: The node.
        read: The edge it reads.
        write: The edge it writes.
        kept: Pairs of an input axis and the output axis it becomes, in order.
        folded: The input axes it folds, in order.
    """

    state: dace.SDFGState
    node: Reduce
    read: Edge
    write: Edge
    kept: tuple[tuple[int, int], ...]
    folded: tuple[int, ...]

    @property
    def input(self) -> dace.data.Data:
        """The container that is read."""
        return self.state.sdfg.arrays[self.read.data.data]

    @property
    def dtype(self) -> Any:
        """The type in which it accumulates: that of the output."""
        return self.state.sdfg.arrays[self.write.data.data].dtype

    @property
    def neutral(self) -> str | None:
        """The neutral element as a C++ expression, where it is known."""
        return neutral(self.node.wcr, self.dtype)

    def size(self, axis: int) -> Any:
        """The number of elements of an input axis."""
        return self.read.data.subset.size()[axis]


def read_reduction(state: dace.SDFGState, node: Any) -> Reduction:
    """Return what the Reduce node `node` of `state` computes.

    Raises:
        NotApplicableError: The node is no Reduce node, or its memlets are of an unusual kind.
    """
    if not isinstance(node, Reduce):
        raise NotApplicableError(f"Expected a reduction, but '{node}' is a {type(node).__name__}.")
    if state.in_degree(node) != 1 or state.out_degree(node) != 1:
        raise NotApplicableError(f"Reduction '{node}' must have one input and one output edge.")
    read, write = state.in_edges(node)[0], state.out_edges(node)[0]
    if write.data.wcr is not None:
        raise NotApplicableError(f"Reduction '{node}' resolves conflicts at its output as well; expand it as 'pure'.")
    if not (_is_plain(read.data, state.memlet_path(read)[0].src) and _is_plain(write.data, _sink(state, write))):
        raise NotApplicableError(f"The memlets of reduction '{node}' must name what it reads and writes.")
    count = len(read.data.subset)
    axes = range(count) if node.axes is None else {axis % count for axis in node.axes}
    kept = _match(read.data.subset.size(), write.data.subset.size(), [a for a in range(count) if a not in axes])
    if kept is None:
        raise NotApplicableError(f"The output of reduction '{node}' does not have the shape of its kept axes.")
    return Reduction(state, node, read, write, kept, tuple(sorted(axes)))


def _sink(state: dace.SDFGState, edge: Edge) -> Any:
    return state.memlet_path(edge)[-1].dst


def _is_plain(memlet: dace.Memlet, node: Any) -> bool:
    named = isinstance(node, dace.nodes.AccessNode) and node.data == memlet.data
    return named and not memlet.dynamic and isinstance(memlet.subset, dace.subsets.Range)


def _match(sizes: list[Any], results: list[Any], kept: list[int]) -> tuple[tuple[int, int], ...] | None:
    """NumPy either keeps folded axes at length one, drops them, or the frontend has dropped all of length one."""
    if len(results) == len(sizes) and all(results[a] == 1 for a in range(len(sizes)) if a not in kept):
        return tuple((axis, axis) for axis in kept)
    if len(results) == len(kept):
        return tuple((axis, place) for place, axis in enumerate(kept))
    long = [axis for axis in kept if sizes[axis] != 1]
    places = [place for place, size in enumerate(results) if size != 1]
    return tuple(zip(long, places, strict=True)) if len(long) == len(places) else None
