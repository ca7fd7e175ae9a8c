"""Integer expressions that are affine in loop variables and sizes: what indices and loop bounds are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import sympy
from dace import symbolic

_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Affine:
    """A sum of names times integers, and a constant.

    A name is a loop variable, a size, or an *atom*: the text of an expression that is not affine, such as
    `int_floor(N, 2)` or `N*M`, which is then treated as a size of its own; `elements` is about those that are read.

    Attributes:
        terms: Pairs of a name and its coefficient, never 0, sorted by name.
        constant: What is added.
    """

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    @cached_property
    def coefficients(self) -> dict[str, int]:
        """Coefficients by name."""
        return dict(self.terms)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every identifier that is mentioned, inside atoms as well."""
        return frozenset(word for name, _ in self.terms for word in _WORD.findall(name))

    @property
    def is_constant(self) -> bool:
        """Whether it is a number."""
        return not self.terms

    def is_affine_in(self, names: Iterable[str]) -> bool:
        """Whether none of `names` hides inside an atom."""
        inside = {word for name, _ in self.terms if not name.isidentifier() for word in _WORD.findall(name)}
        return inside.isdisjoint(names)

    def coefficient(self, name: str) -> int:
        """Return the coefficient of a name, 0 where it is not mentioned."""
        return self.coefficients.get(name, 0)

    def __add__(self, other: Affine | int) -> Affine:
        other = constant(other) if isinstance(other, int) else other
        return _combined([*self.terms, *other.terms], self.constant + other.constant)

    def __sub__(self, other: Affine | int) -> Affine:
        return self + (-other)

    def __neg__(self) -> Affine:
        return self * -1

    def __mul__(self, factor: int) -> Affine:
        return _combined([(name, value * factor) for name, value in self.terms], self.constant * factor)

    def substitute(self, values: Mapping[str, Affine]) -> Affine:
        """Replace names, inside atoms as well."""
        if self.words.isdisjoint(values):
            return self
        result = constant(self.constant)
        for name, coefficient in self.terms:
            result += _replaced(name, values) * coefficient
        return result

    def __str__(self) -> str:
        """The text in the syntax that DaCe reads."""
        parts = [_product(name, value) for name, value in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")


def constant(value: int) -> Affine:
    """Return a number as an affine expression."""
    return Affine((), value)


def variable(name: str) -> Affine:
    """Return a loop variable or size as an affine expression."""
    return Affine(((name, 1),))


def affine(expression: Any) -> Affine:
    """Read an expression of DaCe, SymPy or Python; what is not affine becomes an atom.

    Raises:
        ValueError: It is no number, or has coefficients that are no integers.
    """
    if isinstance(expression, Affine):
        return expression
    if isinstance(expression, int):
        return constant(expression)
    if isinstance(expression, symbolic.SymExpr):
        expression = expression.expr
    return _read(expression if isinstance(expression, str) else symbolic.symstr(expression))


@lru_cache(maxsize=20000)
def _read(text: str) -> Affine:
    if text.isidentifier():
        return variable(text)
    expression = symbolic.pystr_to_symbolic(text)
    if not isinstance(expression, sympy.Expr):
        raise ValueError(f"Expected an integer expression, but '{text}' is no number.")
    expression = sympy.expand(expression)
    terms: list[tuple[str, int]] = []
    total = 0
    for term in sympy.Add.make_args(expression):
        factor, rest = term.as_coeff_Mul()
        if not factor.is_Integer:
            raise ValueError(f"Expected an integer expression, but '{text}' has the coefficient {factor}.")
        if rest == 1:
            total += int(factor)
        else:
            terms.append((str(rest) if rest.is_Symbol else symbolic.symstr(rest), int(factor)))
    return _combined(terms, total)


def _combined(terms: Iterable[tuple[str, int]], total: int) -> Affine:
    sums: dict[str, int] = {}
    for name, value in terms:
        sums[name] = sums.get(name, 0) + value
    return Affine(tuple(sorted((name, value) for name, value in sums.items() if value)), total)


def _replaced(name: str, values: Mapping[str, Affine]) -> Affine:
    if name in values:
        return values[name]
    if name.isidentifier() or not any(word in values for word in _WORD.findall(name)):
        return Affine(((name, 1),))
    return _read(_WORD.sub(lambda word: f"({values[word[0]]})" if word[0] in values else word[0], name))


def _product(name: str, value: int) -> str:
    text = name if name.isidentifier() else f"({name})"
    return text if value == 1 else f"-{text}" if value == -1 else f"{value}*{text}"
