"""Bring terms that are equal by the rules of arithmetic into one form."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from dace_transfer.transformations.normalization.arithmetic import Rules
from dace_transfer.transformations.normalization.terms import (
    Call,
    Reduce,
    Term,
    rename,
    walk,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Names,
    Statement,
    rebuild_values,
    statements,
)


def simplify_terms(computation: Computation) -> Computation:
    """Simplify the value of every statement.

    Before: `y[i] = 0.0 + sum(2.0 * (x[i] * A[k]) for k) - -z[i]`, after: `y[i] = 2.0 * x[i] * sum(A[k] for k) + z[i]`.

    Halide and TVM call it the simplifier; here reductions are taken apart as well: invariant factors leave them, and
    sums of products become sums of contractions.
    """
    exact = {name: desc.dtype for name, desc in computation.containers.items() if _is_exact(desc.dtype.type)}
    integers = frozenset((name, dtype.to_string()) for name, dtype in exact.items())
    body = rebuild_values(computation.body, lambda statement: simplified(statement.value, integers))
    return _with_unique_variables(replace(computation, body=body))


@lru_cache(maxsize=20000)
def simplified(term: Term, integers: frozenset[tuple[str, str]] = frozenset()) -> Term:
    """Return a term in the form that all equal ways of writing it come to, as far as the rules here know.

    A reduction that is taken apart, or raised to a power, leaves two with the same variables: `simplify_terms` gives
    them variables of their own.

    Args:
        term: A term.
        integers: Containers that hold no floating-point numbers, where `1.0 * x` is more than `x`, and their types.
    """
    return _rules(integers).simplified(term)


@lru_cache(maxsize=10)
def _rules(integers: frozenset[tuple[str, str]]) -> Rules:
    return Rules(integers)


def _is_exact(type_: type) -> bool:
    return not (isinstance(type_, type) and issubclass(type_, np.inexact))


def _with_unique_variables(computation: Computation) -> Computation:
    """A copy in which no two reductions of a statement share a variable."""
    if not any(_has_twice(statement.value) for _, statement in statements(computation.body)):
        return computation
    names = Names(computation)

    def change(statement: Statement) -> Term:
        value = statement.value
        return _renamed_again(value, set(), names) if _has_twice(value) else value

    return replace(computation, body=rebuild_values(computation.body, change))


def _has_twice(value: Term) -> bool:
    found = [loop.variable for inner in walk(value) if isinstance(inner, Reduce) for loop in inner.ranges]
    return len(set(found)) < len(found)


def _renamed_again(term: Term, seen: set[str], names: Names) -> Term:
    if isinstance(term, Call):
        return Call(term.function, tuple(_renamed_again(argument, seen, names) for argument in term.arguments))
    if not isinstance(term, Reduce):
        return term
    again = rename(term, {loop.variable: names.fresh(loop.variable) for loop in term.ranges if loop.variable in seen})
    assert isinstance(again, Reduce)
    seen |= {loop.variable for loop in again.ranges}
    return replace(again, body=_renamed_again(again.body, seen, names))
