"""Put blocks that normalisation left as they are into a new program."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

import dace
from dace import nodes
from dace.sdfg.state import ControlFlowBlock, ControlFlowRegion

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.tree import Opaque


def adopted(opaque: Opaque, sdfg: dace.SDFG) -> ControlFlowBlock:
    """Return a copy of a block, with names replaced, that belongs to `sdfg`."""
    block = copy.deepcopy(opaque.block)
    for inner in _blocks(block):
        inner.sdfg = sdfg
        for node in inner.nodes() if isinstance(inner, dace.SDFGState) else ():
            if isinstance(node, nodes.NestedSDFG):
                node.sdfg.parent_sdfg = sdfg
    values = {name: str(value) for name, value in opaque.values.items()}
    if values:
        block.replace_dict(values)
    for inner in _blocks(block):
        for edge in inner.edges() if isinstance(inner, ControlFlowRegion) else ():
            assigned = edge.data.assignments
            edge.data.assignments = {name: with_plain_indices(str(value)) for name, value in assigned.items()}
    return block


def with_plain_indices(code: str) -> str:
    """Return an expression with indices written in one way.

    Before: `A[((2 * i) + 1) - 1]`, after: `A[2 * i]`. Blocks that were put in place before have been simplified by
    DaCe, and this makes all of them look so.
    """
    try:
        return ast.unparse(_Indices().visit(ast.parse(code, mode="eval")))
    except SyntaxError:
        return code


class _Indices(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        plain = [_plain(self.visit(part)) for part in parts]
        return ast.Subscript(node.value, ast.Tuple(plain, ast.Load()) if len(plain) > 1 else plain[0], node.ctx)


def _plain(index: ast.expr) -> ast.expr:
    if isinstance(index, ast.Slice) or any(isinstance(part, ast.Subscript) for part in ast.walk(index)):
        return index
    try:
        return ast.parse(str(affine(ast.unparse(index))), mode="eval").body
    except ValueError:
        return index


def _blocks(block: ControlFlowBlock) -> Iterator[ControlFlowBlock]:
    yield block
    if not isinstance(block, dace.SDFGState):
        yield from block.all_control_flow_blocks()
