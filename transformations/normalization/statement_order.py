"""One order of statements: as early as dependences allow, then by what they look like, names left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import dace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.dependence import Dependences
from dace_transfer.transformations.normalization.terms import (
    COMMUTATIVE,
    Call,
    Index,
    Range,
    Read,
    Reduce,
    Term,
    names_in,
    reads,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    nodes,
    statements,
)

_WORD = re.compile(r"[A-Za-z_]\w*")
_ROUNDS = 3  # What a container is told apart by: statements up to that many steps away.

Marks = Mapping[str, str]


def sequence(computation: Computation) -> tuple[Node, ...]:
    """Return the body with the nodes of every body in one order that does not depend on names.

    Before: `c = a + b; d = exp(a); e = c * d`; after: the same with `c` and `d` in the order of their marks, whichever
    was first.
    """
    return _sequence(computation.body, (), Dependences(computation), _marks(computation))


def _sequence(
    body: Sequence[Node], around: tuple[Range, ...], dependences: Dependences, marks: Marks
) -> tuple[Node, ...]:
    levels = _levels(body, around, dependences)
    texts = [_node(node, marks) if len(body) > 1 else "" for node in body]
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
    inside, loops = _loops([loop.range for loop in around], marks, "v")
    text = _hash([*loops, _statement(statement, inside)])
    for role, read in [("write", statement.target), *(("read", read) for read in reads(statement.value))]:
        place = ",".join(_affine(entry, inside) for entry in read.index)
        uses.setdefault(read.data, []).append(f"{text}{role}{place}")
    mentioned = names_in(statement.value) | names_in(statement.target)
    mentioned |= {word for loop in around for word in loop.range.begin.words | loop.range.end.words}
    for size in mentioned - {loop.range.variable for loop in around}:
        uses.setdefault(size, []).append(text)


def _mark(desc: dace.data.Data) -> str:
    return f"{type(desc).__name__}{desc.dtype}{len(desc.shape)}{desc.transient}"


def _hash(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _node(node: Node, marks: Marks, depth: int = 0) -> str:
    if isinstance(node, Statement):
        return f"1{_statement(node, marks)}"
    if isinstance(node, Opaque):
        used = [sorted(marks.get(name, "") for name in names) for names in (node.reads, node.writes)]
        return f"2{type(node.block).__name__}{used}"
    inside, loops = _loops([node.range], marks, f"w{depth}_")
    return f"0{node.parallel}{loops}{sorted(_node(inner, inside, depth + 1) for inner in node.body)}"


def _statement(statement: Statement, marks: Marks) -> str:
    return f"{_term(statement.target, marks)}={_term(statement.value, marks)}"


def _term(term: Term, marks: Marks, depth: int = 0) -> str:
    if isinstance(term, Read):
        return f"{marks.get(term.data, '')}[{','.join(_affine(entry, marks) for entry in term.index)}]"
    if isinstance(term, Index):
        return f"({_affine(term.value, marks)})"
    if isinstance(term, Call):
        parts = [_term(argument, marks, depth) for argument in term.arguments]
        return f"{term.function}({';'.join(sorted(parts) if term.function in COMMUTATIVE else parts)})"
    if isinstance(term, Reduce):
        inside, loops = _loops(term.ranges, marks, f"r{depth}_")
        return f"fold{term.function}{loops}{_term(term.body, inside, depth + 1)}"
    return repr(term.value)


def _loops(loops: Sequence[Range], marks: Marks, stem: str) -> tuple[dict[str, str], list[str]]:
    """Marks with those of loop variables, and what the loops look like."""
    inside, texts = dict(marks), []
    for place, loop in enumerate(loops):
        texts.append(f"{_affine(loop.begin, inside)}:{_affine(loop.end, inside)}")
        inside[loop.variable] = f"{stem}{place}"
    return inside, texts


def _affine(value: Affine, marks: Marks) -> str:
    if not value.terms:
        return str(value.constant)
    parts = (f"{coefficient}*{_name(name, marks)}" for name, coefficient in value.terms)
    return "+".join([*sorted(parts), str(value.constant)])


def _name(name: str, marks: Marks) -> str:
    return marks.get(name, "size") if name.isidentifier() else _WORD.sub(lambda word: marks.get(word[0], word[0]), name)
