"""How large sizes become in a loop: whether an expression grows or shrinks as the loop goes on."""

from __future__ import annotations

import math
from collections.abc import Iterable

import sympy
from dace import symbolic

from dace_transfer.transformations.normalization.affine import Affine, constant
from dace_transfer.transformations.normalization.terms import Range


def largest(size: Affine, loop: Range) -> Affine:
    """Return what a size is nowhere in a loop larger than, without the loop's variable.

    Before: `2**i - i` for `i in range(0, K)`, after: `2**(K - 1) - 0`.

    Raises:
        ValueError: It is not known whether a part of it grows.
    """
    bound = constant(size.constant)
    for name, factor in size.terms:
        part = Affine(((name, factor),))
        growth = _growth(symbolic.pystr_to_symbolic(str(part)), loop.variable)
        if math.isnan(growth):
            raise ValueError(
                f"Expected a size that only grows or only shrinks with '{loop.variable}', but got '{size}'."
            )
        bound += part.substitute({loop.variable: loop.end - 1 if growth > 0 else loop.begin})
    return bound


def _growth(expression: sympy.Basic, name: str) -> float:
    """1 where an expression of sizes grows with a variable, -1 where it shrinks, 0 without it, NaN where unknown."""
    if name not in {str(symbol) for symbol in expression.free_symbols}:
        return 0
    if expression.is_Symbol:
        return 1
    if expression.is_Mul:
        return _growth_of_product(expression, name)
    if expression.is_Pow and _growth(expression.base, name) == 0 and not expression.base.is_negative:
        return _growth(expression.exp, name)
    kind = type(expression).__name__
    if kind in ("int_floor", "int_ceil") and expression.args[1].is_positive:
        return _growth(expression.args[0], name)
    return _common(_growth(part, name) for part in expression.args) if kind in ("Add", "Min", "Max") else math.nan


def _growth_of_product(product: sympy.Mul, name: str) -> float:
    """Sizes are not negative, so that what is multiplied by them grows as it does without them."""
    number, rest = product.as_coeff_Mul()
    changing = [part for part in sympy.Mul.make_args(rest) if _growth(part, name) != 0]
    return _growth(changing[0], name) * (1 if number > 0 else -1) if len(changing) == 1 else math.nan


def _common(growths: Iterable[float]) -> float:
    found = set(growths) - {0}
    return found.pop() if len(found) == 1 else math.nan
