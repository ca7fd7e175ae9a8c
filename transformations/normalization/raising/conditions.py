"""What is known of conditions on loop variables and sizes, and where in a loop they begin or cease to hold."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import dace
from dace.sdfg.state import ConditionalBlock, ControlFlowRegion

from dace_transfer.transformations.normalization.affine import Affine, affine, variable
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.terms import Range

_FACTORS = {ast.Lt: (-1, -1), ast.LtE: (-1, 0), ast.Gt: (1, -1), ast.GtE: (1, 0)}
"""`left < right` is `-1 * (left - right) - 1 >= 0`, and so on."""


def decided(condition: ast.expr, frame: Frame) -> bool | None:
    """Return whether a condition always or never holds in the loops around, None where that is not known."""
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        inner = decided(condition.operand, frame)
        return None if inner is None else not inner
    if isinstance(condition, ast.BoolOp):
        settling = isinstance(condition.op, ast.Or)
        parts = {decided(part, frame) for part in condition.values}
        return settling if settling in parts else None if None in parts else not settling
    difference = _difference(condition, frame)
    if difference is None or not isinstance(condition, ast.Compare):
        return None
    kind = type(condition.ops[0])
    if kind in _FACTORS:
        factor, offset = _FACTORS[kind]
        return _holds(difference * factor + offset, frame)
    signs = {_holds(difference - 1, frame), _holds(-difference - 1, frame)}
    equal = False if True in signs else True if signs == {False} else None
    return equal if equal is None or kind is ast.Eq else not equal


def undecided(condition: ast.expr, frame: Frame) -> ast.expr:
    """Return a condition without those of its parts that make no difference in the loops around."""
    if not isinstance(condition, ast.BoolOp):
        return condition
    parts = [undecided(part, frame) for part in condition.values if decided(part, frame) is None]
    return parts[0] if len(parts) == 1 else ast.BoolOp(condition.op, parts)


def at_most(value: Affine, other: Affine, frame: Frame) -> bool:
    """Whether a value is provably at most another one in the loops around."""
    return _holds(other - value, frame) is True


def split_points(region: ControlFlowRegion, counter: Range, frame: Frame) -> list[Affine]:
    """Return the values of a loop's variable at which conditions inside of it change, those at its bounds left out.

    For `if i > j: ...` in a loop over `j`, that is `i`.
    """
    found: dict[Affine, None] = {}
    blocks = (block for block in region.all_control_flow_blocks() if isinstance(block, ConditionalBlock))
    for code in (code for block in blocks for code, _ in block.branches if code is not None):
        for condition in ast.walk(ast.parse(code.as_string)) if code.language == dace.Language.Python else ():
            if isinstance(condition, ast.Compare):
                found |= dict.fromkeys(_points(condition, counter.variable, frame))
    return [point for point in found if point not in (counter.begin, counter.end)]


def _points(condition: ast.Compare, counter: str, frame: Frame) -> Iterator[Affine]:
    difference = _difference(condition, frame)
    sign = difference.coefficient(counter) if difference is not None else 0
    if difference is None or abs(sign) != 1 or decided(condition, frame) is not None:
        return
    zero = variable(counter) - difference * sign
    if counter in zero.words:
        return
    kind = type(condition.ops[0])
    if kind in (ast.Eq, ast.NotEq):
        yield from (zero, zero + 1)
    else:
        factor, offset = _FACTORS[kind]
        yield zero + (1 if (factor * sign > 0) == (offset < 0) else 0)


def _difference(condition: ast.AST, frame: Frame) -> Affine | None:
    """Left minus right of a comparison of integers; None for other conditions."""
    if not isinstance(condition, ast.Compare) or len(condition.ops) != 1:
        return None
    if type(condition.ops[0]) not in (*_FACTORS, ast.Eq, ast.NotEq):
        return None
    try:
        left, right = (frame.affine(ast.unparse(side)) for side in (condition.left, condition.comparators[0]))
    except ValueError:
        return None
    return left - right


def _holds(value: Affine, frame: Frame) -> bool | None:
    """Whether a value is always, or never, at least 0."""
    facts = list(_facts(frame))
    if not feasible([], [*facts, -value - 1]):
        return True
    return None if feasible([], [*facts, value]) else False


def _facts(frame: Frame) -> Iterable[Affine]:
    """What is at least 0 in the loops around."""
    for loop in frame.loops:
        yield from (variable(loop.variable) - loop.begin, loop.end - variable(loop.variable) - 1)
    sdfg, sizes = frame.sdfg, frame.builder.sizes
    arguments = [one for one in sdfg.arrays.values() if not one.transient and not isinstance(one, dace.data.Scalar)]
    shapes = {affine(size) for one in arguments for size in one.shape} if not frame.nested else ()
    yield from (size - 1 for size in shapes if not size.is_constant and size.words <= sizes)
