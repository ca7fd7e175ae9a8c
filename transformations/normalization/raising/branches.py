"""Read conditional blocks as statements that leave elements as they are where a condition does not hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

import dace
from dace.sdfg.state import ConditionalBlock, ControlFlowRegion

from dace_transfer.transformations.normalization.raising.conditions import decided, undecided
from dace_transfer.transformations.normalization.raising.expressions import read_expression
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.harmless import check_harmless, check_harmless_term
from dace_transfer.transformations.normalization.symbols import mentioned_outside
from dace_transfer.transformations.normalization.terms import Call, Read, Reduce, Term, reads, walk
from dace_transfer.transformations.normalization.tree import Node, Statement
from dace_transfer.transformations.normalization.types import type_of

Body = tuple[Node, ...]
Branch = tuple[Statement, ...]


def read_branches(
    block: ConditionalBlock, frame: Frame, read_region: Callable[[ControlFlowRegion, Frame], Body]
) -> Body:
    """Return what a conditional block computes.

    Where it is known in which loops it is, which branch is taken may be known as well. Otherwise,
    before: `if A[i] > 0: B[i] = 1`; after: `B[i] = select(A[i] > 0, 1, B[i])`. Everything is computed whether the
    condition holds or not, so that must do no harm. Writes become writes of all iterations of the loops around, which
    therefore have to be shown to be independent anew. Branches with loops could cost more than what they are skipped
    for, and are not read.

    Raises:
        ValueError: It has parts that cannot be read, or that may only be executed where the condition holds.
    """
    codes, regions = _possible(block, frame)
    if not codes:
        return read_region(regions[0], frame) if regions else ()
    conditions = [read_expression(code, frame) for code in codes]
    for condition in conditions:
        check_harmless_term(condition, frame)
    known = set(frame.builder.containers)
    branches = [_straight(read_region(region, frame)) for region in regions]
    for branch in branches:
        check_harmless(branch, frame)
    frame.builder.folds += 1
    private = _private(branches, block, known, frame)
    first = [statement for branch in branches for statement in branch if statement.target.data in private]
    rest = [tuple(one for one in branch if one.target.data not in private) for branch in branches]
    joined = _joined(conditions, first, rest, frame)
    return joined if joined is not None else _in_turn(conditions, branches, private, frame)


def _possible(block: ConditionalBlock, frame: Frame) -> tuple[list[str], list[ControlFlowRegion]]:
    """The conditions that may or may not hold, and the branches, the last of which has none if it is an `else`."""
    codes: list[str] = []
    regions: list[ControlFlowRegion] = []
    for code, region in block.branches:
        known = True if code is None else decided(_parsed(code), frame)
        if known is not False:
            regions.append(region)
        if known is True:
            break
        if known is None and code is not None:
            codes.append(ast.unparse(undecided(_parsed(code), frame)))
    return codes, regions


def _parsed(code: dace.properties.CodeBlock) -> ast.expr:
    if code.language != dace.Language.Python or len(code.code) != 1 or not isinstance(code.code[0], ast.Expr):
        raise ValueError(f"Expected a condition in Python, but got '{code.as_string}'.")
    return code.code[0].value


def _straight(body: Body) -> Branch:
    statements = tuple(node for node in body if isinstance(node, Statement))
    folds = any(isinstance(term, Reduce) for one in statements for term in walk(one.value))
    if len(statements) < len(body) or folds:
        raise ValueError("Expected branches without loops, and without blocks that cannot be read.")
    return statements


def _private(branches: Sequence[Branch], block: ConditionalBlock, known: set[str], frame: Frame) -> set[str]:
    """The transients that only this block uses, and writes each time before it reads them."""
    containers, arrays = frame.builder.containers, frame.sdfg.arrays
    kept = [name for name, one in arrays.items() if one.transient and not isinstance(one, dace.data.View)]
    own = _placed(kept, frame) - _placed(mentioned_outside(block, frame.sdfg), frame)
    own |= containers.keys() - known - arrays.keys()
    written = {one.target.data for branch in branches for one in branch}
    return {name for name in written & own if all(_anew(branch, name) for branch in branches)}


def _placed(names: Iterable[str], frame: Frame) -> set[str]:
    """The containers of the computation that containers of the SDFG are."""
    places = ((name, frame.places.get(name)) for name in names)
    return {name if place is None else place.data for name, place in places}


def _anew(branch: Branch, name: str) -> bool:
    """Whether a branch writes the one element of a container that it uses before it reads it."""
    using = [one for one in branch if name in {read.data for read in (one.target, *reads(one.value))}]
    elements = {read for one in using for read in (one.target, *reads(one.value)) if read.data == name}
    return not using or (len(elements) == 1 and name not in {read.data for read in reads(using[0].value)})


def _joined(
    conditions: Sequence[Term], first: Sequence[Statement], branches: Sequence[Branch], frame: Frame
) -> Body | None:
    """All branches at once: before `if c: X[i] = v; else: X[i] = w`, after `X[i] = select(c, v, w)`.

    None where the order of statements matters.
    """
    values = [{one.target: one.value for one in branch} for branch in branches]
    targets = list(dict.fromkeys(target for branch in values for target in branch))
    written = {target.data for target in targets}
    if len(written) < len(targets) or any(len(v) < len(b) for v, b in zip(values, branches, strict=True)):
        return None
    if len({one.target for one in first}) < len(first) or _reads_any([one.value for one in first], written):
        return None
    if any(_reads_any([value], written - {t.data}) for branch in values for t, value in branch.items()):
        return None
    if any(read != t and read.data == t.data for branch in values for t, v in branch.items() for read in reads(v)):
        return None
    saved, conditions = _kept(conditions, written if len(targets) > 1 else set(), frame)
    result = [Statement(t, _chosen(conditions, [v.get(t, t) for v in values], t, frame)) for t in targets]
    return (*saved, *first, *result)


def _reads_any(values: Iterable[Term], names: set[str]) -> bool:
    return any(read.data in names for value in values for read in reads(value))


def _kept(conditions: Sequence[Term], written: set[str], frame: Frame) -> tuple[list[Statement], list[Term]]:
    """Conditions as they hold before anything is written."""
    saved: list[Statement] = []
    result: list[Term] = []
    for condition in conditions:
        if _reads_any([condition], written):
            saved.append(Statement(frame.builder.add_scalar("condition", dace.bool_), condition))
            condition = saved[-1].target
        result.append(condition)
    return saved, result


def _chosen(conditions: Sequence[Term], values: Sequence[Term], target: Read, frame: Frame) -> Term:
    """The value of the first branch whose condition holds; without an `else`, the target as it is."""
    value = values[-1] if len(values) > len(conditions) else target
    for condition, other in reversed(list(zip(conditions, values, strict=False))):
        value = select(condition, other, value, target, frame)
    return value


def _in_turn(conditions: Sequence[Term], branches: Sequence[Branch], private: set[str], frame: Frame) -> Body:
    """The branches one after another, each under its condition and the negation of those before it."""
    result, kept = _kept(conditions, {one.target.data for branch in branches for one in branch}, frame)
    for place, branch in enumerate(branches):
        parts: list[Term] = [Call("not", (condition,)) for condition in kept[:place]] + kept[place : place + 1]
        condition = parts[0] if len(parts) == 1 else Call("and", tuple(parts))
        for one in branch:
            guarded = one.target.data not in private
            value = select(condition, one.value, one.target, one.target, frame) if guarded else one.value
            result.append(Statement(one.target, value))
    return tuple(result)


def select(condition: Term, value: Term, other: Term, target: Read, frame: Frame) -> Term:
    """Return one of two values, in the type of the target where together they would get another one."""
    if value == other:
        return value
    if isinstance(condition, Call) and condition.function == "not":
        return select(condition.arguments[0], other, value, target, frame)
    if isinstance(value, Call) and value.function == "select" and value.arguments[2] == other:
        return select(Call("and", (condition, value.arguments[0])), value.arguments[1], other, target, frame)
    containers = frame.builder.containers
    kind = containers[target.data].dtype
    whole = Call("select", (condition, value, other))
    if kind in (dace.bool_, dace.bool) or type_of(whole, containers) == kind:
        return whole
    return Call("select", (condition, _as(value, kind, frame), _as(other, kind, frame)))


def _as(value: Term, kind: dace.typeclass, frame: Frame) -> Term:
    same = type_of(value, frame.builder.containers) == kind
    return value if same else Call(f"dace.{kind.to_string()}", (value,))
