"""Scalars that scale what sums add up leave the sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dace_transfer.transformations.normalization.arithmetic import factors
from dace_transfer.transformations.normalization.terms import Call, Number, Read, Reduce, Term, children, rebuild, walk
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Statement,
    rebuild_values,
    statements,
)


def move_scales(computation: Computation) -> Computation:
    """Move scalar factors of temporaries that are only read as factors of sums to where they are read.

    Before: `t[i, k] = a * A[i, k]`, `C[i, j] = sum(t[i, k] * B[k, j] for k)`,
    after: `t[i, k] = A[i, k]`, `C[i, j] = sum(a * t[i, k] * B[k, j] for k)`, whose factor leaves the sum.
    """
    body = [statement for _, statement in statements(computation.body)]
    writes = [statement.target.data for statement in body]
    constant = frozenset(computation.containers) - set(writes) - computation.pinned
    candidates = {name for name in set(writes) if _is_own(computation, name) and writes.count(name) == 1}
    candidates -= {name for statement in body for name in _read_otherwise(statement.value)}
    moved = {
        s.target.data: scales for s in body if s.target.data in candidates and (scales := _scales(s.value, constant))
    }
    if not moved:
        return computation

    def change(statement: Statement) -> Term:
        value = _without(statement.value, moved.get(statement.target.data, ()))
        return rebuild(value, lambda term: _scaled(term, moved))

    return replace(computation, body=rebuild_values(computation.body, change))


def _is_own(computation: Computation, name: str) -> bool:
    return computation.containers[name].transient and name not in computation.pinned


def _scales(value: Term, constant: frozenset[str]) -> tuple[Term, ...]:
    """The factors of a value that are the same for all elements and never change, if there are others as well."""
    scales = tuple(factor for factor in factors(value) if _is_fixed(factor, constant))
    return scales if len(scales) < len(factors(value)) else ()


def _is_fixed(factor: Term, constant: frozenset[str]) -> bool:
    if isinstance(factor, Read):
        return factor.data in constant and all(entry.is_constant for entry in factor.index)
    return isinstance(factor, Number) and isinstance(factor.value, float)


def _without(value: Term, scales: tuple[Term, ...]) -> Term:
    if not scales:
        return value
    rest = list(factors(value))
    for scale in scales:
        rest.remove(scale)
    return rest[0] if len(rest) == 1 else Call("*", tuple(rest))


def _scaled(term: Term, moved: dict[str, tuple[Term, ...]]) -> Term:
    if isinstance(term, Read) and term.data in moved:
        return Call("*", (*moved[term.data], term))
    return term


def _read_otherwise(term: Term) -> Iterable[str]:
    """Containers that are read in another way than as factors of what a sum adds up."""
    if isinstance(term, Read):
        yield term.data
    elif isinstance(term, Reduce) and term.function == "+":
        for part in factors(term.body):
            if not isinstance(part, Read):
                yield from (inner.data for inner in walk(part) if isinstance(inner, Read))
    else:
        for child in children(term):
            yield from _read_otherwise(child)
