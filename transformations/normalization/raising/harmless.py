"""Whether a statement may be executed where its author would have skipped it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import dace

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.raising.frame import Frame, dimensions
from dace_transfer.transformations.normalization.terms import (
    Call,
    Index,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    bounds,
    children,
)
from dace_transfer.transformations.normalization.tree import Loop, Node, Statement
from dace_transfer.transformations.normalization.types import type_of

Containers = Mapping[str, dace.data.Data]

_DIVIDING = frozenset(["/", "//", "%", "int_floor", "int_ceil", "py_floor", "PyMod", "CMod", "lcm"])
_UNSAFE_ATOM = re.compile(r"/|%|\bint_|Mod")
_SAFE_ATOM = re.compile(r"int_(floor|ceil)\(\w+, [1-9]\d*\)")


def check_harmless(body: Iterable[Node], frame: Frame) -> None:
    """Check that statements stay inside of containers and divide no integers by 0, in all iterations around.

    Raises:
        ValueError: That is not proven.
    """
    facts = tuple(_positive_extents(frame.builder.containers))
    _check_body(body, facts, frame.loops, frame.builder.containers)


def check_harmless_term(term: Term, frame: Frame) -> None:
    """Check the same of one value.

    Raises:
        ValueError: It is not proven.
    """
    facts = tuple(_positive_extents(frame.builder.containers))
    _check_term(term, facts, frame.loops, frame.builder.containers)


def _positive_extents(containers: Containers) -> Iterator[Affine]:
    found = {affine(size) for desc in containers.values() for size in desc.shape}
    yield from (size - 1 for size in sorted(found, key=str) if not size.is_constant)


def _check_body(
    body: Iterable[Node], facts: Sequence[Affine], loops: tuple[Range, ...], containers: Containers
) -> None:
    for node in body:
        if isinstance(node, Loop):
            _check_atoms((node.range.begin, node.range.end))
            _check_body(node.body, facts, (*loops, node.range), containers)
        elif isinstance(node, Statement):
            _check_term(node.target, facts, loops, containers)
            _check_term(node.value, facts, loops, containers)
        else:
            raise ValueError("Expected statements and loops, but got a block that is left as it is.")


def _check_term(term: Term, facts: Sequence[Affine], loops: tuple[Range, ...], containers: Containers) -> None:
    if isinstance(term, Read):
        _check_atoms(term.index)
        _check_inside(term, facts, loops, containers)
    elif isinstance(term, Index):
        _check_atoms((term.value,))
    elif isinstance(term, Call):
        _check_division(term, containers)
    elif isinstance(term, Reduce):
        _check_atoms(bound for loop in term.ranges for bound in (loop.begin, loop.end))
        loops = (*loops, *term.ranges)
    for child in children(term):
        _check_term(child, facts, loops, containers)


def _check_inside(read: Read, facts: Sequence[Affine], loops: Iterable[Range], containers: Containers) -> None:
    descriptor = containers[read.data]
    if dimensions(descriptor) == 0:
        return
    inside = list(bounds(loops))
    for index, size in zip(read.index, map(affine, descriptor.shape), strict=True):
        if any(feasible([], [*facts, *inside, outside]) for outside in (-index - 1, index - size)):
            raise ValueError(f"Expected '{read}' to be inside of its container even where it is not used.")


def _check_atoms(values: Iterable[Affine]) -> None:
    values = list(values)
    if any(elements(value) for value in values):
        raise ValueError("Expected nothing that is read from containers in what may have to be skipped.")
    for name in (name for value in values for name, _ in value.terms):
        if not name.isidentifier() and _UNSAFE_ATOM.search(name) and not _SAFE_ATOM.fullmatch(name):
            raise ValueError(f"Expected no division that may be by 0, but got '{name}'.")


def _check_division(call: Call, containers: Containers) -> None:
    if call.function.rpartition(".")[2] not in _DIVIDING or _is_positive(call.arguments[-1]):
        return
    if all(_is_whole(argument, containers) for argument in call.arguments):
        raise ValueError(f"Expected no division of integers that may be by 0, but got '{call}'.")


def _is_positive(term: Term) -> bool:
    """Whether it is a positive number: the least integer divided by -1 is no number either."""
    if isinstance(term, Index):
        return term.value.is_constant and term.value.constant > 0
    return isinstance(term, Number) and not isinstance(term.value, complex) and term.value > 0


def _is_whole(term: Term, containers: Containers) -> bool:
    kind = type_of(term, containers)
    return kind in dace.dtypes.INTEGER_TYPES or kind in (dace.bool_, dace.bool)
