"""What statements compute: terms over elements of containers, in the way of index notation.

`y[i] = alpha * sum(A[i, k] * x[k] for k in range(0, K))` is
`Call("*", (Read("alpha", ()), Reduce("+", (Range("k", 0, K),), Call("*", (Read("A", (i, k)), Read("x", (k,)))))))`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine, variable

COMMUTATIVE = frozenset({"+", "*", "min", "max", "and", "or"})
"""Operations of two or more arguments whose order and grouping mean nothing."""


@dataclass(frozen=True)
class Range:
    """The values of a loop variable: `begin`, `begin + 1`, ..., `end - 1`. Empty where `end <= begin`."""

    variable: str
    begin: Affine
    end: Affine

    def __str__(self) -> str:
        return f"{self.variable} in range({self.begin}, {self.end})"


@dataclass(frozen=True, eq=False)
class Number:
    """A literal. `1`, `1.0` and `True` are three."""

    value: bool | int | float | complex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class Index:
    """The value of an integer expression of loop variables and sizes."""

    value: Affine

    def __str__(self) -> str:
        return f"({self.value})"


@dataclass(frozen=True)
class Read:
    """One element of a container; also the target of a statement.

    `index` has an entry for every dimension of the container, and none for a scalar.
    """

    data: str
    index: tuple[Affine, ...]

    def __str__(self) -> str:
        return f"{self.data}[{', '.join(map(str, self.index))}]" if self.index else self.data


@dataclass(frozen=True)
class Call:
    """An operation or function.

    Attributes:
        function: An operation of `COMMUTATIVE` with two or more arguments; "neg", "/", "//", "%", "**", "not",
            "<", "<=", ">", ">=", "==", "!=", "<<", ">>", "&", "|", "^", "~"; "select" (condition, value, other
            value); or the name of a function as a tasklet calls it, such as "exp", "math.exp" or "dace.float32".
            There is no "-": `a - b` is `a + neg(b)`.
        arguments: Its arguments.
    """

    function: str
    arguments: tuple[Term, ...]

    def __str__(self) -> str:
        texts = [str(argument) for argument in self.arguments]
        if self.function in ("min", "max") or (self.function[0].isalpha() and self.function not in ("and", "or")):
            return f"{self.function}({', '.join(texts)})"
        return f"({f' {self.function} '.join(texts)})" if len(texts) > 1 else f"{self.function}{texts[0]}"


@dataclass(frozen=True)
class Reduce:
    """The fold of a body over loops of its own.

    Attributes:
        function: "+", "*", "min", "max", "and" or "or".
        ranges: Its loops, at least one; a later one may depend on earlier ones. Over an empty range it is the
            neutral element of the function.
        body: What is folded.
    """

    function: str
    ranges: tuple[Range, ...]
    body: Term

    def __str__(self) -> str:
        name = {"+": "sum", "*": "prod", "and": "all", "or": "any"}.get(self.function, self.function)
        return f"{name}({self.body} {' '.join(f'for {loop}' for loop in self.ranges)})"


Term = Number | Index | Read | Call | Reduce


def names_in(term: Term) -> frozenset[str]:
    """Return the loop variables and sizes that a term mentions in indices and bounds, its own variables left out."""
    if isinstance(term, Read):
        return frozenset(word for index in term.index for word in index.words)
    if isinstance(term, Index):
        return term.value.words
    found = frozenset(name for child in children(term) for name in names_in(child))
    if isinstance(term, Reduce):
        found |= {word for loop in term.ranges for word in loop.begin.words | loop.end.words}
        found -= {loop.variable for loop in term.ranges}
    return found


def children(term: Term) -> tuple[Term, ...]:
    """Return the terms directly inside a term."""
    if isinstance(term, Call):
        return term.arguments
    return (term.body,) if isinstance(term, Reduce) else ()


def walk(term: Term) -> Iterator[Term]:
    """Yield a term and every term inside it, outermost first."""
    yield term
    for child in children(term):
        yield from walk(child)


def reads(term: Term) -> list[Read]:
    """Return all reads of a term, from left to right."""
    return [inner for inner in walk(term) if isinstance(inner, Read)]


def rebuild(term: Term, change: Callable[[Term], Term]) -> Term:
    """Return a term with `change` applied to every term inside it and then to itself."""
    if isinstance(term, Call):
        term = Call(term.function, tuple(rebuild(argument, change) for argument in term.arguments))
    elif isinstance(term, Reduce):
        term = replace(term, body=rebuild(term.body, change))
    return change(term)


def substitute(term: Term, values: Mapping[str, Affine]) -> Term:
    """Replace loop variables and sizes everywhere, in indices and in the bounds of reductions.

    The variables of the term's own reductions must not occur in `values` or in what they are replaced by.
    """
    if not values:
        return term

    def change(inner: Term) -> Term:
        if isinstance(inner, Read):
            return Read(inner.data, tuple(index.substitute(values) for index in inner.index))
        if isinstance(inner, Index):
            return Index(inner.value.substitute(values))
        if isinstance(inner, Reduce):
            return replace(inner, ranges=tuple(substitute_range(loop, values) for loop in inner.ranges))
        return inner

    return rebuild(term, change)


def substitute_range(loop: Range, values: Mapping[str, Affine]) -> Range:
    """Replace names in the bounds of a range."""
    return Range(loop.variable, loop.begin.substitute(values), loop.end.substitute(values))


def bounds(ranges: Iterable[Range]) -> Iterator[Affine]:
    """Yield what is at least 0 where the variables of loops are within their ranges."""
    for loop in ranges:
        yield variable(loop.variable) - loop.begin
        yield loop.end - variable(loop.variable) - 1


def bounds_of(ranges: Iterable[Range]) -> Iterator[Affine]:
    """Yield where loops begin and end."""
    for loop in ranges:
        yield from (loop.begin, loop.end)


def rename(term: Term, names: Mapping[str, str]) -> Term:
    """Rename loop variables and sizes everywhere, the variables of reductions as well."""
    values = {old: variable(new) for old, new in names.items()}

    def change(inner: Term) -> Term:
        if not isinstance(inner, Reduce):
            return inner
        return replace(
            inner, ranges=tuple(replace(r, variable=names.get(r.variable, r.variable)) for r in inner.ranges)
        )

    return rebuild(substitute(term, values), change)
