"""SDFGs as JSON and as files, and back, computing the same.

DaCe passes what edges between states assign through sympy, whose symbols are integers: `sqrt(x)` comes back as
`x ** (1/2)`, which is `pow(x, 0)` in C++, and `floor(x)` as `x`. Here the assignments go along as they are.

Importing this also lets sympy order DaCe's typed constants. DaCe makes them of the literals in bounds of maps, and
sympy compares their types, which have no order, where two have one value, as in `N - i - j`.
"""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dace
from dace import serialize, symbolic
from dace.properties import CodeBlock
from dace.sdfg.state import ConditionalBlock, LoopRegion

_ASSIGNMENTS = "interstate_assignments"  # DaCe overlooks it.


def _ordered_content(constant: symbolic.TypedConstant) -> tuple[Any, str]:
    return constant.value, constant.dtype.ctype


symbolic.TypedConstant._hashable_content = _ordered_content


def to_json(sdfg: dace.SDFG) -> dict[str, Any]:
    """Return what `from_json` makes an equal SDFG of; DaCe reads it as well, with the losses it always has."""
    assigned = [list(edge.assignments.items()) for edge in _edges(sdfg) if edge.assignments]
    written: dict[str, Any] = sdfg.to_json()
    return written | {_ASSIGNMENTS: assigned} if assigned else written


def from_json(written: dict[str, Any]) -> dace.SDFG:
    """Return the SDFG that was written; where DaCe alone wrote it, powers that it made ratios are numbers again."""
    sdfg = dace.SDFG.from_json(written)
    if _ASSIGNMENTS in written:
        edges = [edge for edge in _edges(sdfg) if edge.assignments]
        for edge, assigned in zip(edges, written[_ASSIGNMENTS], strict=True):
            edge.assignments = dict(assigned)
    _mend(sdfg)
    return sdfg


def save(sdfg: dace.SDFG, path: Path) -> None:
    """Write an SDFG to a compressed file.

    Raises:
        OSError: The file cannot be written.
    """
    path.write_bytes(gzip.compress(dumps(to_json(sdfg)).encode(), mtime=0))


def load(path: Path) -> dace.SDFG:
    """Read an SDFG from a file, compressed or not.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not JSON.
    """
    content = path.read_bytes()
    return from_json(json.loads(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content))


def dumps(written: dict[str, Any]) -> str:
    """Return the text of what `to_json` returned."""
    return str(serialize.dumps(written))


def _edges(sdfg: dace.SDFG) -> Iterator[dace.InterstateEdge]:
    return (edge.data for edge in sdfg.all_interstate_edges(recursive=True))


def _mend(sdfg: dace.SDFG) -> None:
    for edge in _edges(sdfg):
        edge.assignments = {name: with_float_powers(str(value)) for name, value in edge.assignments.items()}
        edge.condition = _mended(edge.condition)
    for region in sdfg.all_control_flow_regions(recursive=True):
        if isinstance(region, LoopRegion):
            region.loop_condition = _mended(region.loop_condition)
        if isinstance(region, ConditionalBlock):
            region.branches[:] = [(_mended(condition), body) for condition, body in region.branches]


def _mended(block: CodeBlock | None) -> CodeBlock | None:
    if block is None or block.language is not dace.Language.Python or "**" not in block.as_string:
        return block
    return CodeBlock(with_float_powers(block.as_string))


def with_float_powers(code: str) -> str:
    """Return Python code whose powers of ratios are powers of numbers, which are not divided as integers in C++.

    Before: `x ** (1 / 2)`. After: `x ** 0.5`.
    """
    return ast.unparse(_FloatPowers().visit(ast.parse(code))) if "**" in code else code


class _FloatPowers(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        value = _value(node.right) if isinstance(node.op, ast.Pow) else None
        if value is not None:
            node.right = ast.copy_location(ast.Constant(value), node.right)
        return node


def _value(node: ast.expr) -> float | None:
    """The value of numbers with signs and divided by one another; None of everything else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            negated = _value(operand)
            return None if negated is None else -negated
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            top, bottom = _value(left), _value(right)
            return top / bottom if top is not None and bottom else None
    return None
