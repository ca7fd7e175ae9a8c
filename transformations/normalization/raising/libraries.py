"""Read library nodes as statements with reductions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dace
from dace import nodes
from dace.frontend.operations import detect_reduction_type
from dace.libraries.blas.nodes.batched_matmul import BatchedMatMul
from dace.libraries.blas.nodes.dot import Dot
from dace.libraries.blas.nodes.gemm import Gemm
from dace.libraries.blas.nodes.gemv import Gemv
from dace.libraries.blas.nodes.matmul import MatMul
from dace.libraries.linalg.nodes.transpose import Transpose
from dace.libraries.linalg.nodes.ttranspose import TensorTranspose
from dace.libraries.standard.nodes.merge_node import MergeLibraryNode
from dace.libraries.standard.nodes.reduce import Reduce as ReduceNode

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.raising.boxes import ONE, ZERO, Box, memlet_box, nest
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.tasklets import FOLDS
from dace_transfer.transformations.normalization.terms import Call, Number, Range, Read, Reduce, Term, reads
from dace_transfer.transformations.normalization.tree import Node, Statement
from dace_transfer.transformations.reduction import read_reduction

Body = tuple[Node, ...]


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
    loops = {axis: _fresh(frame, source.sizes[axis]) for axis in range(len(source.sizes))}
    read = source.at(frame, [_value(loop) for loop in loops.values()])
    kept = dict(reduction.kept)
    if [source.sizes[axis] for axis in kept if source.sizes[axis] != ONE] != [target.sizes[p] for p in target.long]:
        raise ValueError(f"Expected reduction '{node}' to write the axes that it keeps.")
    written = target.along(frame, list(kept.values()), [_value(loops[axis]) for axis in kept])
    value = _reduce(function, [loops[axis] for axis in reduction.folded], _as_type(read, written, frame))
    value = _started(node, function, written, value, frame)
    return _nest([loops[axis] for axis in kept], Statement(written, value))


def _reduce(function: str, loops: Iterable[Range], body: Term) -> Term:
    folded = tuple(_long(loops))
    return Reduce(function, folded, body) if folded else body


def _started(node: ReduceNode, function: str, written: Read, value: Term, frame: Frame) -> Term:
    """Without an identity a reduction goes on from what its output holds."""
    if node.identity is None:
        return Call(function, (written, value))
    start = _number(node.identity)
    if _is_neutral(function, start, frame.builder.containers[written.data].dtype):
        return value
    return Call(function, (Number(start), value))


def _is_neutral(function: str, start: float | complex, dtype: dace.typeclass) -> bool:
    if function in "+*":
        return start == (0 if function == "+" else 1)
    limit = dace.dtypes.min_value(dtype) if function == "max" else dace.dtypes.max_value(dtype)
    return start in (limit, -math.inf if function == "max" else math.inf)


def _product(state: dace.SDFGState, node: Any, frame: Frame) -> Body:
    """MatMul: what it means depends on the lengths that are not one, as in DaCe's own expansion of it."""
    left, right, out = _boxes(state, node, frame, "_a", "_b", "_c")
    if _ranks(left, right, out) and len(out.long) == 2:
        return _gemm(state, node, frame)
    many = max(len(left.long), len(right.long)) >= 3 or (
        len(out.long) >= 3 and max(len(left.sizes), len(right.sizes)) >= 3
    )
    if many:
        return _batched(state, node, frame)
    if node.transA or node.transB:
        raise ValueError("Expected a product with vectors not to transpose.")
    if (len(left.long), len(right.long), len(out.long)) == (2, 1, 1):
        return _contract(node, frame, (left, left.long, "ik"), (right, right.long, "k"), (out, out.long, "i"))
    if (len(left.long), len(right.long), len(out.long)) == (1, 2, 1):
        return _contract(node, frame, (left, left.long, "k"), (right, right.long, "kj"), (out, out.long, "j"))
    if (len(left.long), len(right.long), len(out.long)) == (1, 1, 0):
        return _contract(node, frame, (left, left.long, "k"), (right, right.long, "k"), (out, [], ""))
    raise ValueError("Expected a product of matrices and vectors.")


def _ranks(left: Box, right: Box, out: Box) -> bool:
    return (len(left.long) == 2 and len(right.long) == 2) or (len(left.sizes) == 2 and len(right.sizes) == 2)


def _gemm(state: dace.SDFGState, node: Any, frame: Frame) -> Body:
    left, right, out = _boxes(state, node, frame, "_a", "_b", "_c")
    first = (left, _matrix(left), "ki" if node.transA else "ik")
    second = (right, _matrix(right), "jk" if node.transB else "kj")
    return _contract(node, frame, first, second, (out, _matrix(out), "ij"))


def _matrix(box: Box) -> list[int]:
    """The two dimensions of a matrix, which may be of length one only where there are no others."""
    dims = [0, 1] if len(box.sizes) == 2 else box.long
    if len(dims) != 2:
        raise ValueError(f"Expected a matrix, but got a part of '{box.data}' with {len(dims)} dimensions.")
    return dims


def _batched(state: dace.SDFGState, node: Any, frame: Frame) -> Body:
    """Leading dimensions are common to all operands; an operand without them is the same for all."""
    left, right, out = _boxes(state, node, frame, "_a", "_b", "_c")
    if getattr(node, "transA", False) or getattr(node, "transB", False):
        raise ValueError("Expected a product of many matrices not to transpose.")
    batch = "".join(chr(ord("A") + place) for place in range(len(out.sizes) - 2))
    sides = []
    for box, letters in ((left, "ik"), (right, "kj"), (out, "ij")):
        if len(box.sizes) not in (2, len(out.sizes)):
            raise ValueError("Expected all batches to have the same dimensions.")
        shared = batch if len(box.sizes) > 2 else ""
        sides.append((box, list(range(len(box.sizes))), shared + letters))
    return _contract(node, frame, *sides)


def _gemv(state: dace.SDFGState, node: Gemv, frame: Frame) -> Body:
    matrix, vector, out = _boxes(state, node, frame, "_A", "_x", "_y")
    letters = "ki" if node.transA else "ik"
    return _contract(node, frame, (matrix, matrix.long, letters), (vector, vector.long, "k"), (out, out.long, "i"))


def _dot(state: dace.SDFGState, node: Dot, frame: Frame) -> Body:
    left, right, out = _boxes(state, node, frame, "_x", "_y", "_result")
    if getattr(node, "conjugate", False):
        raise ValueError("Expected a scalar product that does not conjugate.")
    return _contract(node, frame, (left, left.long, "k"), (right, right.long, "k"), (out, out.long, ""))


Side = tuple[Box, Sequence[int], str]
"""A part of a container, its dimensions that matter, and a letter for each: `ik`, `kj` and `ij` for a product."""


def _contract(node: Any, frame: Frame, first: Side, second: Side, out: Side) -> Body:
    lengths: dict[str, Affine] = {}
    for box, dims, letters in (first, second, out):
        for place, letter in zip(dims, letters, strict=True):
            if lengths.setdefault(letter, box.sizes[place]) != box.sizes[place]:
                raise ValueError(f"Expected the operands of '{node.label}' to have matching lengths.")
        if any(place not in dims for place in box.long):
            raise ValueError(f"Expected the operands of '{node.label}' to be matrices and vectors.")
    loops = {letter: _fresh(frame, length) for letter, length in lengths.items()}
    one, two, written = (_along(frame, side, loops) for side in (first, second, out))
    _check_types(node, frame, one, two, written)
    inner = [loop for letter, loop in loops.items() if letter not in out[2]]
    value = _scaled(getattr(node, "alpha", 1), _reduce("+", inner, Call("*", (one, two))))
    beta = _number(getattr(node, "beta", 0))
    if beta != 0:
        value = Call("+", (_scaled(beta, written), value))
    return _nest([loops[letter] for letter in out[2]], Statement(written, value))


def _along(frame: Frame, side: Side, loops: dict[str, Range]) -> Read:
    box, dims, letters = side
    return box.along(frame, dims, [_value(loops[letter]) for letter in letters])


def _check_types(node: Any, frame: Frame, one: Read, two: Read, written: Read) -> None:
    kinds = {frame.builder.containers[read.data].dtype for read in (one, two, written)}
    if len(kinds) != 1:
        raise ValueError(f"Expected the operands of '{node.label}' to have one type.")


def _scaled(factor: Any, value: Term) -> Term:
    number = _number(factor)
    return value if number == 1 else Call("*", (Number(number), value))


def _boxes(state: dace.SDFGState, node: Any, frame: Frame, *connectors: str) -> tuple[Box, Box, Box]:
    """The two operands and the result; an operand that is added must be the result itself."""
    (write,) = state.out_edges(node)
    result = memlet_box(frame, write.data, state.memlet_path(write)[-1].dst)
    found: dict[str | None, Box] = {}
    for edge in state.in_edges(node):
        if edge.data.is_empty():
            continue
        found[edge.dst_conn] = memlet_box(frame, edge.data, state.memlet_path(edge)[0].src)
    added = [box for name, box in found.items() if name not in connectors[:2]]
    plain = all(step == 1 for box in (*found.values(), result) for step in box.steps)
    if any(box != result for box in added) or write.data.wcr is not None or not plain:
        raise ValueError(f"Expected '{node.label}' to be a product of whole matrices and vectors.")
    return found[connectors[0]], found[connectors[1]], result


def _transpose(state: dace.SDFGState, node: Transpose, frame: Frame) -> Body:
    source, target = _ends(state, node, frame)
    dims = source.long if len(source.long) == 2 else list(range(len(source.sizes)))
    places = target.long if len(target.long) == 2 else list(range(len(target.sizes)))
    return _permuted(frame, source, dims, target, places, [1, 0], 1)


def _tensor_transpose(state: dace.SDFGState, node: TensorTranspose, frame: Frame) -> Body:
    source, target = _ends(state, node, frame)
    if _number(node.beta) != 0:
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
    loops = [_fresh(frame, source.sizes[dim]) for dim in dims]
    index = [_value(loop) for loop in loops]
    value = _scaled(factor, source.along(frame, dims, index))
    written = target.along(frame, places, [index[axis] for axis in order])
    return _nest([loops[axis] for axis in order], Statement(written, value))


def _merge(state: dace.SDFGState, node: MergeLibraryNode, frame: Frame) -> Body:
    """`out = where(mask, true, false)`, with NumPy's broadcasting."""
    (write,) = state.out_edges(node)
    if write.data.wcr is not None:
        raise ValueError(f"Expected '{node.label}' to overwrite its output.")
    target = memlet_box(frame, write.data, state.memlet_path(write)[-1].dst)
    loops = [_fresh(frame, size) for size in target.sizes]
    index = [_value(loop) for loop in loops]
    found = {}
    for edge in state.in_edges(node):
        box = memlet_box(frame, edge.data, state.memlet_path(edge)[0].src)
        found[edge.dst_conn] = _broadcast(frame, box, target, index)
    names = (node.MASK_CONNECTOR_NAME, node.TRUE_CONNECTOR_NAME, node.FALSE_CONNECTOR_NAME)
    value = Call("select", tuple(found[name] for name in names))
    return _nest(loops, Statement(target.at(frame, index), value))


def _broadcast(frame: Frame, box: Box, target: Box, index: list[Affine]) -> Read:
    if box.is_element:
        return box.at(frame, [ZERO] * len(box.sizes))
    skipped = len(target.sizes) - len(box.sizes)
    if skipped < 0 or any(box.sizes[place] != target.sizes[skipped + place] for place in box.long):
        raise ValueError(f"Expected '{box.data}' to broadcast to '{target.data}'.")
    return box.along(frame, box.long, [index[skipped + place] for place in box.long])


def _nest(loops: Iterable[Range], statement: Statement) -> Body:
    """The loops around a statement that may read the element it overwrites, but no other of that container."""
    if any(read.data == statement.target.data and read != statement.target for read in reads(statement.value)):
        raise ValueError(f"Expected '{statement.target.data}' not to be read where it is overwritten.")
    return nest(_long(loops), (statement,), True)


def _fresh(frame: Frame, length: Affine) -> Range:
    return Range(frame.builder.names.fresh("i"), ZERO, length)


def _value(loop: Range) -> Affine:
    """The index that runs through a loop; none is needed for a single iteration."""
    return ZERO if loop.end == ONE else variable(loop.variable)


def _long(loops: Iterable[Range]) -> list[Range]:
    return [loop for loop in loops if loop.end != ONE]


def _as_type(read: Read, target: Read, frame: Frame) -> Term:
    """What a reduction folds has the type of its output."""
    kinds = [frame.builder.containers[one.data].dtype for one in (read, target)]
    return read if kinds[0] == kinds[1] else Call(f"dace.{kinds[1].to_string()}", (read,))


def _number(value: Any) -> int | float | complex:
    """Return a property that is a number.

    Raises:
        ValueError: It is no number.
    """
    if isinstance(value, str):
        value = float(value) if not value.lstrip("-").isdigit() else int(value)
    value = getattr(value, "expr", value)
    if hasattr(value, "item"):
        value = value.item()
    if getattr(value, "is_Integer", False):
        return int(value)
    if getattr(value, "is_Float", False):
        return float(value)
    if isinstance(value, (int, float, complex)):
        return value
    raise ValueError(f"Expected a number, but got '{value}'.")


_READERS: dict[type, Callable[[dace.SDFGState, Any, Frame], Body]] = {
    ReduceNode: _reduction,
    MatMul: _product,
    Gemm: _gemm,
    BatchedMatMul: _batched,
    Gemv: _gemv,
    Dot: _dot,
    Transpose: _transpose,
    TensorTranspose: _tensor_transpose,
    MergeLibraryNode: _merge,
}
