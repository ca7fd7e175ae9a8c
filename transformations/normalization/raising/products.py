"""Read products of matrices and vectors as statements with reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dace
from dace.libraries.blas.nodes.batched_matmul import BatchedMatMul
from dace.libraries.blas.nodes.dot import Dot
from dace.libraries.blas.nodes.gemm import Gemm
from dace.libraries.blas.nodes.gemv import Gemv
from dace.libraries.blas.nodes.matmul import MatMul

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.library_nests import (
    Body,
    fresh_loop,
    loops_around,
    number_in,
    reduced,
    scaled,
)
from dace_transfer.transformations.normalization.raising.reshapes import Operand, operand_of
from dace_transfer.transformations.normalization.terms import Call, Range, Read
from dace_transfer.transformations.normalization.tree import Statement

Reader = Callable[[dace.SDFGState, Any, Frame], Body]


def _product(state: dace.SDFGState, node: Any, frame: Frame) -> Body:
    """MatMul: what it means depends on the lengths that are not one, as in DaCe's own expansion of it."""
    left, right, out = _operands(state, node, frame, "_a", "_b", "_c")
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


def _ranks(left: Operand, right: Operand, out: Operand) -> bool:
    return (len(left.long) == 2 and len(right.long) == 2) or (len(left.sizes) == 2 and len(right.sizes) == 2)


def _gemm(state: dace.SDFGState, node: Any, frame: Frame) -> Body:
    left, right, out = _operands(state, node, frame, "_a", "_b", "_c")
    first = (left, _matrix(left), "ki" if node.transA else "ik")
    second = (right, _matrix(right), "jk" if node.transB else "kj")
    return _contract(node, frame, first, second, (out, _matrix(out), "ij"))


def _matrix(part: Operand) -> list[int]:
    """The two dimensions of a matrix, which may be of length one only where there are no others."""
    dims = [0, 1] if len(part.sizes) == 2 else part.long
    if len(dims) != 2:
        raise ValueError(f"Expected a matrix, but got a part of '{part.box.data}' with {len(dims)} dimensions.")
    return dims


def _batched(state: dace.SDFGState, node: Any, frame: Frame) -> Body:
    """Leading dimensions are common to all operands; an operand without them is the same for all."""
    left, right, out = _operands(state, node, frame, "_a", "_b", "_c")
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
    matrix, vector, out = _operands(state, node, frame, "_A", "_x", "_y")
    letters = "ki" if node.transA else "ik"
    return _contract(node, frame, (matrix, matrix.long, letters), (vector, vector.long, "k"), (out, out.long, "i"))


def _dot(state: dace.SDFGState, node: Dot, frame: Frame) -> Body:
    left, right, out = _operands(state, node, frame, "_x", "_y", "_result")
    if getattr(node, "conjugate", False):
        raise ValueError("Expected a scalar product that does not conjugate.")
    return _contract(node, frame, (left, left.long, "k"), (right, right.long, "k"), (out, out.long, ""))


Side = tuple[Operand, Sequence[int], str]
"""A part of a container, its dimensions that matter, and a letter for each: `ik`, `kj` and `ij` for a product."""


def _contract(node: Any, frame: Frame, first: Side, second: Side, out: Side) -> Body:
    lengths: dict[str, tuple[Affine, ...]] = {}
    for part, dims, letters in (first, second, out):
        for place, letter in zip(dims, letters, strict=True):
            if lengths.setdefault(letter, part.sizes[place]) != part.sizes[place]:
                raise ValueError(f"Expected the operands of '{node.label}' to have matching lengths.")
        if any(place not in dims for place in part.long):
            raise ValueError(f"Expected the operands of '{node.label}' to be matrices and vectors.")
    loops = {letter: [fresh_loop(frame, length) for length in parts] for letter, parts in lengths.items()}
    one, two, written = (_along(frame, side, loops) for side in (first, second, out))
    _check_types(node, frame, one, two, written)
    inner = [loop for letter, group in loops.items() if letter not in out[2] for loop in group]
    value = scaled(getattr(node, "alpha", 1), reduced("+", inner, Call("*", (one, two))))
    beta = number_in(getattr(node, "beta", 0))
    if beta != 0:
        value = Call("+", (scaled(beta, written), value))
    return loops_around([loop for letter in out[2] for loop in loops[letter]], Statement(written, value))


def _along(frame: Frame, side: Side, loops: dict[str, list[Range]]) -> Read:
    part, dims, letters = side
    return part.along(frame, dims, [loops[letter] for letter in letters])


def _check_types(node: Any, frame: Frame, one: Read, two: Read, written: Read) -> None:
    kinds = {frame.builder.containers[read.data].dtype for read in (one, two, written)}
    if len(kinds) != 1:
        raise ValueError(f"Expected the operands of '{node.label}' to have one type.")


def _operands(state: dace.SDFGState, node: Any, frame: Frame, *connectors: str) -> tuple[Operand, Operand, Operand]:
    """The two operands and the result; an operand that is added must be the result itself."""
    (write,) = state.out_edges(node)
    result = operand_of(state, write.data, state.memlet_path(write)[-1].dst, frame)
    found: dict[str | None, Operand] = {}
    for edge in state.in_edges(node):
        if edge.data.is_empty():
            continue
        found[edge.dst_conn] = operand_of(state, edge.data, state.memlet_path(edge)[0].src, frame)
    added = [part for name, part in found.items() if name not in connectors[:2]]
    plain = all(step == 1 for part in (*found.values(), result) for step in part.box.steps)
    if any(part != result for part in added) or write.data.wcr is not None or not plain:
        raise ValueError(f"Expected '{node.label}' to be a product of whole matrices and vectors.")
    return found[connectors[0]], found[connectors[1]], result


PRODUCTS: dict[type, Reader] = {MatMul: _product, Gemm: _gemm, BatchedMatMul: _batched, Gemv: _gemv, Dot: _dot}
"""What reads each kind of library node that multiplies, as the body of loops it stands for."""
