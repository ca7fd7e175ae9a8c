"""One order of statements: as early as dependences allow, then by what they look like, names left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import dace

from dace_transfer.transformations.normalization.dependence import Dependences
from dace_transfer.transformations.normalization.looks import (
    Marks,
    look_of_affine,
    look_of_loops,
    look_of_node,
    look_of_statement,
)
from dace_transfer.transformations.normalization.terms import Range, names_in, reads
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    nodes,
    statements,
)

_ROUNDS = 3  # What a container is told apart by: statements up to that many steps away.


def sequence(computation: Computation, dependences: Dependences) -> tuple[Node, ...]:
    """Return the body with the nodes of every body in one order that does not depend on names.

    Before: `c = a + b; d = exp(a); e = c * d`; after: the same with `c` and `d` in the order of their marks, whichever
    was first.

    Args:
        computation: The computation.
        dependences: Those between its nodes.
    """
    return _sequence(computation.body, (), dependences, _marks(computation))


def _sequence(
    body: Sequence[Node], around: tuple[Range, ...], dependences: Dependences, marks: Marks
) -> tuple[Node, ...]:
    levels = _levels(body, around, dependences)
    texts = [look_of_node(node, marks) if len(body) > 1 else "" for node in body]
    places = sorted(range(len(body)), key=lambda place: (levels[place], texts[place]))
    return tuple(_inside(body[place], around, dependences, marks) for place in places)


def _inside(node: Node, around: tuple[Range, ...], dependences: Dependences, marks: Marks) -> Node:
    if not isinstance(node, Loop):
        return node
    name = {node.range.variable: f"v{len(around)}"}
    return replace(node, body=_sequence(node.body, (*around, node.range), dependences, {**marks, **name}))


def _levels(body: Sequence[Node], around: tuple[Range, ...], dependences: Dependences) -> list[int]:
    """By node, the length of the longest chain of dependences before it; opaque blocks stay in their order."""
    levels: list[int] = []
    opaque = [any(isinstance(inner, Opaque) for inner in nodes([node])) for node in body]
    for place, node in enumerate(body):
        level = 0
        for earlier in range(place):
            if levels[earlier] < level:
                continue
            if (opaque[place] and opaque[earlier]) or dependences.within(body[earlier], node, around):
                level = levels[earlier] + 1
        levels.append(level)
    return levels


# What things look like ------------------------------------------------------------------------------------


def _marks(computation: Computation) -> dict[str, str]:
    """By container and size a text that tells it apart, first by its type, then by the statements it is used in."""
    marks = {name: _mark(desc) for name, desc in computation.containers.items()}
    leaves = list(statements(computation.body))
    for _ in range(_ROUNDS if len(leaves) > 1 else 0):
        count = len(set(marks.values()))
        uses: dict[str, list[str]] = {}
        for around, statement in leaves:
            _use(around, statement, marks, uses)
        marks = {name: _hash([marks.get(name, ""), *sorted(uses.get(name, []))]) for name in {**marks, **uses}}
        if len(set(marks.values())) == count:
            break
    return marks


def _use(around: Sequence[Loop], statement: Statement, marks: Marks, uses: dict[str, list[str]]) -> None:
    """Note what a statement looks like with everything it mentions, and how it mentions it."""
    inside, loops = look_of_loops([loop.range for loop in around], marks, "v")
    text = _hash([*loops, look_of_statement(statement, inside)])
    for role, read in [("write", statement.target), *(("read", read) for read in reads(statement.value))]:
        place = ",".join(look_of_affine(entry, inside) for entry in read.index)
        uses.setdefault(read.data, []).append(f"{text}{role}{place}")
    mentioned = names_in(statement.value) | names_in(statement.target)
    mentioned |= {word for loop in around for word in loop.range.begin.words | loop.range.end.words}
    for size in mentioned - {loop.range.variable for loop in around}:
        uses.setdefault(size, []).append(text)


def _mark(desc: dace.data.Data) -> str:
    return f"{type(desc).__name__}{desc.dtype}{len(desc.shape)}{desc.transient}"


def _hash(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
