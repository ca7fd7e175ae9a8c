"""What nodes and terms look like, names left out: equal texts for things that differ in names only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.terms import COMMUTATIVE, Call, Index, Range, Read, Reduce, Term
from dace_transfer.transformations.normalization.tree import Node, Opaque, Statement

_NAME = re.compile(r"[A-Za-z_]\w*\b(?!\()")

Marks = Mapping[str, str]
"""By container, size and loop variable around, what stands for it."""


def look_of_node(node: Node, marks: Marks, depth: int = 0) -> str:
    """Return what a node looks like; the order of what is in it plays no part."""
    if isinstance(node, Statement):
        return f"1{look_of_statement(node, marks)}"
    if isinstance(node, Opaque):
        used = [sorted(marks.get(name, "") for name in names) for names in (node.reads, node.writes)]
        return f"2{type(node.block).__name__}{used}"
    inside, loops = look_of_loops([node.range], marks, f"w{depth}_")
    return f"0{node.parallel}{loops}{sorted(look_of_node(inner, inside, depth + 1) for inner in node.body)}"


def look_of_statement(statement: Statement, marks: Marks) -> str:
    """Return what a statement looks like."""
    return f"{look_of_term(statement.target, marks)}={look_of_term(statement.value, marks)}"


def look_of_term(term: Term, marks: Marks, depth: int = 0) -> str:
    """Return what a term looks like; order and grouping of operands play no part where they mean nothing."""
    if isinstance(term, Read):
        return f"{marks.get(term.data, '')}[{','.join(look_of_affine(entry, marks) for entry in term.index)}]"
    if isinstance(term, Index):
        return f"({look_of_affine(term.value, marks)})"
    if isinstance(term, Call):
        parts = [look_of_term(operand, marks, depth) for operand in _operands(term, term.function)]
        return f"{term.function}({';'.join(sorted(parts) if term.function in COMMUTATIVE else parts)})"
    if isinstance(term, Reduce):
        inside, loops = look_of_loops(term.ranges, marks, f"r{depth}_")
        return f"fold{term.function}{loops}{look_of_term(term.body, inside, depth + 1)}"
    return repr(term.value)


def _operands(term: Call, function: str) -> Iterator[Term]:
    """The arguments of a call, those of arguments that call the same in any grouping as well."""
    for argument in term.arguments:
        if isinstance(argument, Call) and argument.function == function and function in COMMUTATIVE:
            yield from _operands(argument, function)
        else:
            yield argument


def look_of_loops(loops: Sequence[Range], marks: Marks, stem: str) -> tuple[dict[str, str], list[str]]:
    """Return marks with those of loop variables, named by a stem, and what the loops look like."""
    inside, texts = dict(marks), []
    for place, loop in enumerate(loops):
        texts.append(f"{look_of_affine(loop.begin, inside)}:{look_of_affine(loop.end, inside)}")
        inside[loop.variable] = f"{stem}{place}"
    return inside, texts


def look_of_affine(value: Affine, marks: Marks) -> str:
    """Return what a subscript or bound looks like."""
    if not value.terms:
        return str(value.constant)
    parts = (f"{coefficient}*{_name(name, marks)}" for name, coefficient in value.terms)
    return "+".join([*sorted(parts), str(value.constant)])


def _name(name: str, marks: Marks) -> str:
    return _NAME.sub(lambda word: marks.get(word[0], "size"), name)
