"""Read copies from one container to another as loops."""

from __future__ import annotations

from typing import Any

import dace
from dace import nodes

from dace_transfer.transformations.normalization.affine import variable
from dace_transfer.transformations.normalization.raising.boxes import ZERO, Box, Edge, box_of
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.tasklets import folded
from dace_transfer.transformations.normalization.terms import Range
from dace_transfer.transformations.normalization.tree import Node, Statement, nest


def read_copy(state: dace.SDFGState, edge: Edge, frame: Frame) -> tuple[Node, ...]:
    """Return a copy as loops around one statement.

    Before: `A[i, 0:N] -> b[0:N]`, after: `for k in range(0, N): b[k] = A[i, k]`.

    Raises:
        ValueError: It reshapes, or its parts are of an unusual kind.
    """
    path = state.memlet_path(edge)
    source, target = _parts(edge, path[0].src, path[-1].dst, frame)
    _check_alone(state, edge, target, frame)
    if _common(frame, source, target) and not _apart(source, target):
        raise ValueError(f"Expected memlet '{edge.data}' not to copy between overlapping parts of one container.")
    lengths = [source.sizes[place] for place in source.long]
    if lengths != [target.sizes[place] for place in target.long]:
        raise ValueError(f"Expected memlet '{edge.data}' to copy between parts of one shape.")
    loops = [Range(frame.builder.names.fresh("i"), ZERO, length) for length in lengths]
    index = [variable(loop.variable) for loop in loops]
    written = target.along(frame, target.long, index)
    value = source.along(frame, source.long, index)
    before = frame.builder.folds
    statement = Statement(written, folded(state, edge, written, value, frame))
    return nest(loops, (statement,), frame.builder.folds == before)


def _parts(edge: Edge, source: Any, target: Any, frame: Frame) -> tuple[Box, Box]:
    memlet = edge.data
    both = isinstance(source, nodes.AccessNode) and isinstance(target, nodes.AccessNode)
    if not both or memlet.dynamic or memlet.data not in (source.data, target.data):
        raise ValueError(f"Expected memlet '{memlet}' to copy between two containers.")
    from_named = memlet.data == source.data
    if source.data == target.data and memlet._is_data_src is not None:
        from_named = memlet._is_data_src
    named, other = (source.data, target.data) if from_named else (target.data, source.data)
    here = box_of(frame, named, memlet.subset)
    there = box_of(frame, other, memlet.other_subset)
    return (here, there) if from_named else (there, here)


def _check_alone(state: dace.SDFGState, edge: Edge, written: Box, frame: Frame) -> None:
    """Several writes to one access node have no order but for DaCe's rules about copies."""
    target = state.memlet_path(edge)[-1].dst
    for other in state.in_edges(edge.dst):
        path = state.memlet_path(other) if not other.data.is_empty() else []
        if other is edge or not path or path[-1].dst is not target:
            continue
        named = other.data.data == target.data
        part = box_of(frame, target.data, other.data.subset if named else other.data.other_subset)
        within = isinstance(path[0].src, nodes.AccessNode) and path[0].src.data == target.data
        if within or not _apart(written, part):
            raise ValueError(f"Expected memlets '{edge.data}' and '{other.data}' to write different parts.")


def _common(frame: Frame, source: Box, target: Box) -> bool:
    places = [box.at(frame, [ZERO] * len(box.sizes)).data for box in (source, target)]
    return places[0] == places[1]


def _apart(source: Box, target: Box) -> bool:
    """Whether two parts of one container provably have no common element."""
    if source.data != target.data:
        return False
    return any(_before(source, target, place) or _before(target, source, place) for place in range(len(source.sizes)))


def _before(first: Box, second: Box, place: int) -> bool:
    last = first.begins[place] + (first.sizes[place] - 1) * first.steps[place]
    gap = second.begins[place] - last
    return gap.is_constant and gap.constant > 0
