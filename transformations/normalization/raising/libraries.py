"""Read library nodes as statements with reductions."""

from __future__ import annotations

import math
from typing import Any

import dace
from dace import nodes
from dace.frontend.operations import detect_reduction_type
from dace.libraries.linalg.nodes.transpose import Transpose
from dace.libraries.linalg.nodes.ttranspose import TensorTranspose
from dace.libraries.standard.nodes.merge_node import MergeLibraryNode
from dace.libraries.standard.nodes.reduce import Reduce as ReduceNode

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.raising.boxes import ONE, ZERO, Box, memlet_box
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.library_nests import (
    Body,
    fresh_loop,
    index_of,
    loops_around,
    number_in,
    reduced,
    scaled,
)
from dace_transfer.transformations.normalization.raising.products import PRODUCTS, Reader
from dace_transfer.transformations.normalization.raising.tasklets import FOLDS
from dace_transfer.transformations.normalization.terms import Call, Number, Read, Term
from dace_transfer.transformations.normalization.tree import Statement
from dace_transfer.transformations.reduction import read_reduction


def read_library(state: dace.SDFGState, node: nodes.LibraryNode, frame: Frame) -> Body:
    """Return what a library node computes.

    Before: `MatMul(A, B) -> C`, after: `for i, j: C[i, j] = sum(A[i, k] * B[k, j] for k)`.

    Raises:
        ValueError: There is no such form of it.
        NotApplicableError: It is a reduction of an unusual kind.
    """
    reader = _READERS.get(type(node))
    if reader is None:
        raise ValueError(f"Expected a product, transposition or reduction, but got '{node.label}'.")
    return reader(state, node, frame)


def _reduction(state: dace.SDFGState, node: ReduceNode, frame: Frame) -> Body:
    reduction = read_reduction(state, node)
    function = FOLDS.get(detect_reduction_type(node.wcr))
    if function is None:
        raise ValueError(f"Expected reduction '{node}' to sum, multiply or take an extremum.")
    source = memlet_box(frame, reduction.read.data, state.memlet_path(reduction.read)[0].src)
    target = memlet_box(frame, reduction.write.data, state.memlet_path(reduction.write)[-1].dst)
    loops = {axis: fresh_loop(frame, source.sizes[axis]) for axis in range(len(source.sizes))}
    read = source.at(frame, [index_of(loop) for loop in loops.values()])
    kept = dict(reduction.kept)
    if [source.sizes[axis] for axis in kept if source.sizes[axis] != ONE] != [target.sizes[p] for p in target.long]:
        raise ValueError(f"Expected reduction '{node}' to write the axes that it keeps.")
    written = target.along(frame, list(kept.values()), [index_of(loops[axis]) for axis in kept])
    value = reduced(function, [loops[axis] for axis in reduction.folded], _as_type(read, written, frame))
    value = _started(node, function, written, value, frame)
    return loops_around([loops[axis] for axis in kept], Statement(written, value))


def _started(node: ReduceNode, function: str, written: Read, value: Term, frame: Frame) -> Term:
    """Without an identity a reduction goes on from what its output holds."""
    if node.identity is None:
        return Call(function, (written, value))
    start = number_in(node.identity)
    if _is_neutral(function, start, frame.builder.containers[written.data].dtype):
        return value
    return Call(function, (Number(start), value))


def _is_neutral(function: str, start: float | complex, dtype: dace.typeclass) -> bool:
    if function in "+*":
        return start == (0 if function == "+" else 1)
    limit = dace.dtypes.min_value(dtype) if function == "max" else dace.dtypes.max_value(dtype)
    return start in (limit, -math.inf if function == "max" else math.inf)


def _transpose(state: dace.SDFGState, node: Transpose, frame: Frame) -> Body:
    source, target = _ends(state, node, frame)
    dims = source.long if len(source.long) == 2 else list(range(len(source.sizes)))
    places = target.long if len(target.long) == 2 else list(range(len(target.sizes)))
    return _permuted(frame, source, dims, target, places, [1, 0], 1)


def _tensor_transpose(state: dace.SDFGState, node: TensorTranspose, frame: Frame) -> Body:
    source, target = _ends(state, node, frame)
    if number_in(node.beta) != 0:
        raise ValueError("Expected a transposition that does not add.")
    every = list(range(len(source.sizes)))
    return _permuted(frame, source, every, target, every, list(node.axes), node.alpha)


def _ends(state: dace.SDFGState, node: Any, frame: Frame) -> tuple[Box, Box]:
    (read,), (write,) = state.in_edges(node), state.out_edges(node)
    if write.data.wcr is not None:
        raise ValueError(f"Expected '{node.label}' to overwrite its output.")
    source = memlet_box(frame, read.data, state.memlet_path(read)[0].src)
    return source, memlet_box(frame, write.data, state.memlet_path(write)[-1].dst)


def _permuted(
    frame: Frame, source: Box, dims: list[int], target: Box, places: list[int], order: list[int], factor: Any
) -> Body:
    """`target[..., i_order[p], ...] = source[i_0, i_1, ...]`."""
    if len(order) != len(dims) or [source.sizes[dims[axis]] for axis in order] != [target.sizes[p] for p in places]:
        raise ValueError("Expected a transposition to write all that it reads.")
    loops = [fresh_loop(frame, source.sizes[dim]) for dim in dims]
    index = [index_of(loop) for loop in loops]
    value = scaled(factor, source.along(frame, dims, index))
    written = target.along(frame, places, [index[axis] for axis in order])
    return loops_around([loops[axis] for axis in order], Statement(written, value))


def _merge(state: dace.SDFGState, node: MergeLibraryNode, frame: Frame) -> Body:
    """`out = where(mask, true, false)`, with NumPy's broadcasting."""
    (write,) = state.out_edges(node)
    if write.data.wcr is not None:
        raise ValueError(f"Expected '{node.label}' to overwrite its output.")
    target = memlet_box(frame, write.data, state.memlet_path(write)[-1].dst)
    loops = [fresh_loop(frame, size) for size in target.sizes]
    index = [index_of(loop) for loop in loops]
    found = {}
    for edge in state.in_edges(node):
        box = memlet_box(frame, edge.data, state.memlet_path(edge)[0].src)
        found[edge.dst_conn] = _broadcast(frame, box, target, index)
    names = (node.MASK_CONNECTOR_NAME, node.TRUE_CONNECTOR_NAME, node.FALSE_CONNECTOR_NAME)
    value = Call("select", tuple(found[name] for name in names))
    return loops_around(loops, Statement(target.at(frame, index), value))


def _broadcast(frame: Frame, box: Box, target: Box, index: list[Affine]) -> Read:
    if box.is_element:
        return box.at(frame, [ZERO] * len(box.sizes))
    skipped = len(target.sizes) - len(box.sizes)
    if skipped < 0 or any(box.sizes[place] != target.sizes[skipped + place] for place in box.long):
        raise ValueError(f"Expected '{box.data}' to broadcast to '{target.data}'.")
    return box.along(frame, box.long, [index[skipped + place] for place in box.long])


def _as_type(read: Read, target: Read, frame: Frame) -> Term:
    """What a reduction folds has the type of its output."""
    kinds = [frame.builder.containers[one.data].dtype for one in (read, target)]
    return read if kinds[0] == kinds[1] else Call(f"dace.{kinds[1].to_string()}", (read,))


_READERS: dict[type, Reader] = {
    **PRODUCTS,
    ReduceNode: _reduction,
    Transpose: _transpose,
    TensorTranspose: _tensor_transpose,
    MergeLibraryNode: _merge,
}
