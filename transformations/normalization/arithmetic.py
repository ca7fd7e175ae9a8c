"""The rules of arithmetic that terms are simplified by."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dace_transfer.transformations.normalization.affine import constant
from dace_transfer.transformations.normalization.elements import elements, term_of_integer
from dace_transfer.transformations.normalization.spelling import spelt
from dace_transfer.transformations.normalization.terms import (
    Call,
    Index,
    Number,
    Range,
    Read,
    Reduce,
    Term,
    names_in,
)

_MIXING = frozenset({"+", "*", "neg", "/", "**", "min", "max", "abs"})
_FLOATING = frozenset({"sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "tanh"})
_FLOATING |= {"float", "float16", "float32", "float64", "complex64", "complex128", "sinh", "cosh", "cbrt", "hypot"}
_TRUTHS = frozenset({"<", "<=", "==", "!=", "and", "or", "not"})
_OPPOSITE = {"==": "!=", "!=": "=="}


def factors(term: Term) -> tuple[Term, ...]:
    """Return the factors of a product, or the term itself as the only one."""
    return term.arguments if isinstance(term, Call) and term.function == "*" else (term,)


def _flat(function: str, terms: Iterable[Term]) -> list[Term]:
    """Terms, with the arguments of calls of a function in the place of those calls."""
    nested = (term.arguments if isinstance(term, Call) and term.function == function else (term,) for term in terms)
    return [argument for arguments in nested for argument in arguments]


def _is_number(term: Term) -> bool:
    return isinstance(term, Number) and not isinstance(term.value, bool) and cmath.isfinite(term.value)


def _is_negative(term: Term) -> bool:
    """Whether it is written as the negative of something."""
    if isinstance(term, Number):
        return not isinstance(term.value, (bool, complex)) and term.value < 0
    if isinstance(term, Index):
        return term.value.constant <= 0 and all(value < 0 for _, value in term.value.terms)
    if not isinstance(term, Call):
        return False
    return term.function == "neg" or (term.function == "+" and all(map(_is_negative, term.arguments)))


def _is_truth(term: Term) -> bool:
    return isinstance(term, Call) and term.function in _TRUTHS


def _unscaled(index: Index) -> tuple[int, Index]:
    """The greatest number that divides an index, and what it is a multiple of."""
    divisor = math.gcd(index.value.constant, *(value for _, value in index.value.terms))
    parts = tuple((name, value // divisor) for name, value in index.value.terms)
    return divisor, Index(replace(index.value, terms=parts, constant=index.value.constant // divisor))


@dataclass(frozen=True)
class Rules:
    """Makes terms of parts that are simplified already; each method is the rule of a function.

    Attributes:
        integers: Containers that hold no floating-point numbers, and the names of their types.
    """

    integers: frozenset[tuple[str, str]]

    @cached_property
    def types(self) -> dict[str, str]:
        """Names of types by container."""
        return dict(self.integers)

    def simplified(self, term: Term) -> Term:
        if isinstance(term, Reduce):
            return self.reduction(term.function, term.ranges, self.simplified(term.body))
        if isinstance(term, Index) and term.value.is_constant:
            return Number(term.value.constant)
        if isinstance(term, Index) and elements(term.value):
            read = term_of_integer(term.value)
            return read if isinstance(read, Index) else self.simplified(read)
        if not isinstance(term, Call):
            return term
        function, arguments = spelt(term.function), tuple(self.simplified(argument) for argument in term.arguments)
        rule = _RULES.get(function)
        return rule(self, arguments) if rule else Call(function, arguments)

    def is_floating(self, term: Term) -> bool:
        """Whether its values are known to be floating-point numbers."""
        if isinstance(term, Number):
            return isinstance(term.value, (float, complex))
        if isinstance(term, Read):
            return term.data not in self.types
        if isinstance(term, Reduce):
            return term.function not in ("and", "or") and self.is_floating(term.body)
        if not isinstance(term, Call):
            return False
        if term.function in _MIXING or term.function == "select":
            return any(map(self.is_floating, term.arguments[term.function == "select" :]))
        return term.function.rpartition(".")[2] in _FLOATING

    def is_neutral(self, value: complex, neutral: int, beside: Sequence[Term]) -> bool:
        """Whether a number can be left out beside other terms, which then have the same type as with it."""
        if value != neutral or isinstance(value, complex) or not beside:
            return False
        return isinstance(value, int) or any(map(self.is_floating, beside))

    def is_limit(self, function: str, term: Number, beside: Sequence[Term]) -> bool:
        """Whether a number is what reductions to an extremum start from, and can be left out beside other terms."""
        value, sign = term.value, -1 if function == "max" else 1
        if any(map(self.is_floating, beside)):
            return bool(value == sign * math.inf)
        bodies = [other.body for other in beside if isinstance(other, Reduce) and other.function == function]
        kinds = [self.types.get(body.data, "") if isinstance(body, Read) else "int64" for body in bodies]
        limits = [np.iinfo(kind) for kind in kinds if "int" in kind]
        return any(value == (limit.min if function == "max" else limit.max) for limit in limits)

    def sum(self, arguments: Sequence[Term]) -> Term:
        terms = self.gathered(_flat("+", arguments))
        index = sum((term.value for term in terms if isinstance(term, Index)), constant(0))
        total = sum(term.value for term in terms if isinstance(term, Number) and _is_number(term)) + index.constant
        rest: list[Term] = [term for term in terms if not isinstance(term, Index) and not _is_number(term)]
        if not cmath.isfinite(total):
            return Call("+", tuple(terms))
        if index.terms:
            shift = total if isinstance(total, int) else 0
            rest = [*rest, Index(index - index.constant + shift)]
            total -= shift
        if not self.is_neutral(total, 0, rest):
            rest = [*rest, Number(total)]
        return rest[0] if len(rest) == 1 else Call("+", tuple(rest))

    def gathered(self, terms: list[Term]) -> list[Term]:
        """Take the scalars that several terms of a sum are multiplied by out of them: `a*x + a*y` is `a*(x + y)`."""
        keys = [tuple(sorted(filter(_is_scalar, _unsigned_factors(term)), key=str)) for term in terms]
        shared = [key for key in dict.fromkeys(keys) if key and keys.count(key) > 1]
        result = [term for term, key in zip(terms, keys, strict=True) if key not in shared]
        for scalars in shared:
            rests = [self.without(term, scalars) for term, key in zip(terms, keys, strict=True) if key == scalars]
            result.append(self.product([*scalars, self.sum(rests)]))
        return result

    def without(self, term: Term, scalars: Sequence[Term]) -> Term:
        """A product, up to its sign, without some of its factors."""
        left = list(_unsigned_factors(term))
        for scalar in scalars:
            left.remove(scalar)
        rest = self.product(left) if left else Number(1)
        return self.signed(isinstance(term, Call) and term.function == "neg", rest)

    def negative(self, arguments: Sequence[Term]) -> Term:
        (term,) = arguments
        if isinstance(term, Number) and not isinstance(term.value, bool):
            return Number(-term.value if term.value else term.value - term.value)
        if isinstance(term, Index):
            return Index(-term.value)
        if not isinstance(term, Call) or term.function not in ("neg", "+"):
            return Call("neg", (term,))
        return term.arguments[0] if term.function == "neg" else self.sum([self.negative([a]) for a in term.arguments])

    def positive(self, terms: Iterable[Term]) -> tuple[bool, list[Term]]:
        """Take the signs off terms: whether their product is the negative of that of what is left."""
        terms = list(terms)
        signs = [_is_negative(term) for term in terms]
        return sum(signs) % 2 == 1, [self.negative([t]) if sign else t for t, sign in zip(terms, signs, strict=True)]

    def product(self, arguments: Sequence[Term]) -> Term:
        is_negative, terms = self.positive(_flat("*", arguments))
        terms = _flat("*", terms)
        scaled = [_unscaled(term) if isinstance(term, Index) else (1, term) for term in terms]
        numbers = [term.value for term in terms if isinstance(term, Number) and _is_number(term)]
        total = math.prod(numbers) * math.prod(scale for scale, _ in scaled)
        rest = [term for _, term in scaled if not _is_number(term)]
        if not cmath.isfinite(total) or (total == 0 and all(numbers)):
            return self.signed(is_negative, Call("*", tuple(terms)))
        if len(rest) == 1 and isinstance(rest[0], Index) and isinstance(total, int) and total:
            return self.signed(is_negative, Index(rest[0].value * total))
        if not self.is_neutral(total, 1, rest):
            rest.insert(0, Number(total))
        return self.signed(is_negative, rest[0] if len(rest) == 1 else Call("*", tuple(rest)))

    def signed(self, is_negative: bool, term: Term) -> Term:
        return self.negative([term]) if is_negative else term

    def quotient(self, arguments: Sequence[Term]) -> Term:
        is_negative, (above, below) = self.positive(arguments)
        if isinstance(above, Number) and isinstance(below, Number) and _is_number(above) and _is_number(below):
            values = (above.value, below.value)
            if below.value and not all(isinstance(value, int) for value in values):
                return self.signed(is_negative, Number(above.value / below.value))
        return self.signed(is_negative, Call("/", (above, below)))

    def power(self, arguments: Sequence[Term]) -> Term:
        base, exponent = arguments
        if not isinstance(exponent, Number) or exponent.value not in (1, 2, 3) or isinstance(exponent.value, bool):
            return Call("**", (base, exponent))
        if not isinstance(exponent.value, int) and not self.is_floating(base):
            return Call("**", (base, exponent))
        return self.product([base] * int(exponent.value.real))

    def absolute(self, arguments: Sequence[Term]) -> Term:
        return Call("abs", tuple(self.positive(arguments)[1]))

    def absolute_float(self, arguments: Sequence[Term]) -> Term:
        return self.absolute(arguments) if self.is_floating(arguments[0]) else Call("fabs", tuple(arguments))

    def selection(self, arguments: Sequence[Term]) -> Term:
        condition, value, other = arguments
        if isinstance(condition, Number):
            return value if condition.value else other
        if isinstance(condition, Call) and condition.function == "not":
            return self.selection([condition.arguments[0], other, value])
        if isinstance(condition, Call) and condition.function == "!=":
            return self.selection([self.opposite([condition]), other, value])
        return value if value == other else Call("select", (condition, value, other))

    def opposite(self, arguments: Sequence[Term]) -> Term:
        (term,) = arguments
        if isinstance(term, Call) and term.function in _OPPOSITE:
            return Call(_OPPOSITE[term.function], term.arguments)
        is_double = isinstance(term, Call) and term.function == "not" and _is_truth(term.arguments[0])
        return term.arguments[0] if isinstance(term, Call) and is_double else Call("not", (term,))

    def reduction(self, function: str, ranges: tuple[Range, ...], body: Term) -> Term:
        if isinstance(body, Reduce) and body.function == function:
            return self.reduction(function, ranges + body.ranges, body.body)
        return self.total(ranges, body) if function == "+" else Reduce(function, ranges, body)

    def total(self, ranges: tuple[Range, ...], body: Term) -> Term:
        """A sum over ranges, with what does not depend on them outside."""
        own = {loop.variable for loop in ranges}
        if _is_negative(body) and not isinstance(body, (Number, Index)):
            return self.negative([self.reduction("+", ranges, self.negative([body]))])
        if isinstance(body, Call) and body.function == "+":
            return self.total_of_sum(ranges, body)
        if isinstance(body, Call) and body.function == "/" and self.leaves(body, own):
            return self.quotient([self.reduction("+", ranges, body.arguments[0]), body.arguments[1]])
        for inside in dict.fromkeys((ranges, ranges[-1:])):
            free = [factor for factor in factors(body) if _is_free(factor, inside)]
            if free and len(free) < len(factors(body)):
                varying = self.product([factor for factor in factors(body) if not _is_free(factor, inside)])
                outside = ranges[: len(ranges) - len(inside)]
                inner = self.product([*free, self.reduction("+", inside, varying)])
                return self.reduction("+", outside, inner) if outside else inner
        return Reduce("+", ranges, body)

    def total_of_sum(self, ranges: tuple[Range, ...], body: Call) -> Term:
        if all(_is_contraction(part, ranges) for part in body.arguments):
            return self.sum([self.reduction("+", ranges, part) for part in body.arguments])
        return Reduce("+", ranges, body)

    def leaves(self, quotient: Call, own: set[str]) -> bool:
        """Whether the divisor of a quotient, and only that, does not depend on variables."""
        above, below = quotient.arguments
        is_outside = own.isdisjoint(names_in(below)) and not own.isdisjoint(names_in(above))
        return is_outside and any(map(self.is_floating, quotient.arguments))


def _unsigned_factors(term: Term) -> tuple[Term, ...]:
    return factors(term.arguments[0] if isinstance(term, Call) and term.function == "neg" else term)


def _is_scalar(term: Term) -> bool:
    return isinstance(term, Read) and all(entry.is_constant for entry in term.index)


def _is_free(term: Term, ranges: tuple[Range, ...]) -> bool:
    return names_in(term).isdisjoint(loop.variable for loop in ranges)


def _is_contraction(term: Term, ranges: tuple[Range, ...]) -> bool:
    """Whether it is a product, up to its sign, of two or more reads that depend on ranges, and of what does not."""
    product = term.arguments[0] if isinstance(term, Call) and term.function == "neg" else term
    varying = [factor for factor in factors(product) if not _is_free(factor, ranges)]
    return len(varying) > 1 and all(isinstance(factor, Read) for factor in varying)


def _associative(function: str) -> _Rule:
    def rule(_: Rules, arguments: Sequence[Term]) -> Term:
        terms = _flat(function, arguments)
        return terms[0] if len(terms) == 1 else Call(function, tuple(terms))

    return rule


def _extremum(function: str) -> _Rule:
    def rule(rules: Rules, arguments: Sequence[Term]) -> Term:
        terms = list(dict.fromkeys(_flat(function, arguments)))
        rest = [term for term in terms if not isinstance(term, Number)]
        terms = [term for term in terms if not (isinstance(term, Number) and rules.is_limit(function, term, rest))]
        return terms[0] if len(terms) == 1 else Call(function, tuple(terms))

    return rule


def _turned(function: str) -> _Rule:
    return lambda _, arguments: Call(function, tuple(reversed(arguments)))


_Rule = Callable[[Rules, Sequence[Term]], Term]
_RULES: dict[str, _Rule] = {
    "+": Rules.sum,
    "*": Rules.product,
    "neg": Rules.negative,
    "/": Rules.quotient,
    "**": Rules.power,
    "abs": Rules.absolute,
    "fabs": Rules.absolute_float,
    "select": Rules.selection,
    "not": Rules.opposite,
    ">": _turned("<"),
    ">=": _turned("<="),
    **{function: _associative(function) for function in ("and", "or")},
    **{function: _extremum(function) for function in ("min", "max")},
}
