"""Read symbols that hold what was read from containers as scalars of the computation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import dace
from dace.sdfg.state import ControlFlowBlock

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.raising.expressions import read_expression
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.symbols import Link, names_of
from dace_transfer.transformations.normalization.terms import Read
from dace_transfer.transformations.normalization.tree import Node, Statement

Body = tuple[Node, ...]


def read_values(
    links: Sequence[Link],
    shared: Collection[str],
    frame: Frame,
    readable: Callable[[Link, Frame], Mapping[str, Affine]],
    read_block: Callable[[ControlFlowBlock, Frame], Body],
) -> Body:
    """Return what a part of a chain computes, with scalars in place of the symbols that its blocks share.

    Before: `{a = A[i]; B[i] = 2 * a}`; after: `value = A[i]; B[i] = 2 * value`.

    Args:
        links: The part of the chain.
        shared: Symbols that it assigns and that cannot be replaced by what they stand for.
        frame: Where it is.
        readable: The symbols assigned on the way to a block that can be replaced, and by what.
        read_block: Reads one of its blocks.

    Raises:
        ValueError: A symbol is used for anything else than to compute with it, or has a value when the program starts.
    """
    frame = replace(frame, saved={name: _scalar(name, frame) for name in sorted(shared)} | dict(frame.saved))
    body: list[Node] = []
    for link in links:
        known = readable(link, frame)
        body += _assigned(link, frame)
        frame = frame.with_values(known)
        body += read_block(link.block, frame)
    return tuple(body)


def _scalar(name: str, frame: Frame) -> Read:
    kind = frame.sdfg.symbols.get(name)
    if kind is None or name in frame.builder.given or not isinstance(kind, dace.typeclass):
        raise ValueError(f"Expected symbol '{name}' to have a type, and no value before the program assigns it one.")
    return frame.saved[name] if name in frame.saved else frame.builder.add_scalar(name, kind)


def _assigned(link: Link, frame: Frame) -> list[Node]:
    assignments = link.edge.assignments if link.edge is not None else {}
    if any(names_of(value) & (assignments.keys() - {name}) for name, value in assignments.items()):
        raise ValueError(f"Expected none of {sorted(assignments)} to depend on what is assigned at the same time.")
    return [
        Statement(frame.saved[name], read_expression(str(value), frame))
        for name, value in assignments.items()
        if name in frame.saved
    ]
