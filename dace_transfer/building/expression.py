"""Integer expressions of symbols, as text, evaluated exactly and without DaCe or SymPy."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from fractions import Fraction

Number = Fraction

_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: Fraction(a // b),
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: Fraction(a**b),
}

_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "int_floor": lambda a, b: Fraction(a // b),
    "int_ceil": lambda a, b: Fraction(-(-a // b)),
    "floor": lambda a: Fraction(math.floor(a)),
    "ceiling": lambda a: Fraction(math.ceil(a)),
    "Min": min,
    "Max": max,
    "min": min,
    "max": max,
    "Mod": lambda a, b: a % b,
    "Abs": abs,
    "abs": abs,
}


def evaluate(text: str, symbols: Mapping[str, int]) -> int:
    """Evaluate what DaCe writes as a shape, stride or size.

    Raises:
        ValueError: The text uses a symbol without a value or an operation that no size should need, or its
            value is no integer.
    """
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body, symbols)
    except (SyntaxError, ZeroDivisionError, TypeError, OverflowError) as error:
        raise ValueError(f"The size '{text}' cannot be evaluated ({error}).") from error
    if value.denominator != 1:
        raise ValueError(f"The size '{text}' is {value} for {dict(symbols)}; expected an integer.")
    return int(value)


def _value(node: ast.expr, symbols: Mapping[str, int]) -> Number:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return Fraction(node.value)
    if isinstance(node, ast.Name):
        if node.id not in symbols:
            raise ValueError(f"The size symbol '{node.id}' has no value; known are {sorted(symbols)}.")
        return Fraction(int(symbols[node.id]))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        operand = _value(node.operand, symbols)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left, symbols), _value(node.right, symbols))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*(_value(argument, symbols) for argument in node.args))
    raise ValueError(f"The size expression '{ast.unparse(node)}' is not supported; expected integer arithmetic.")
