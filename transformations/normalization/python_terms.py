"""Read the Python expressions of tasklets as terms."""

from __future__ import annotations

import ast
from collections.abc import Callable

from dace_transfer.transformations.normalization.terms import COMMUTATIVE, Call, Index, Number, Read, Reduce, Term

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.Not: "not", ast.Invert: "~"}


def term_of(node: ast.expr, meaning: Callable[[str], Term]) -> Term:
    """Return the term of a Python expression.

    Args:
        node: The expression.
        meaning: The term that a name stands for; raises ValueError for one it does not know.

    Raises:
        ValueError: The expression is of a kind that terms do not have.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, complex)):
        return Number(node.value)
    if isinstance(node, ast.Name):
        return meaning(node.id)
    if isinstance(node, ast.UnaryOp):
        inner = term_of(node.operand, meaning)
        return inner if isinstance(node.op, ast.UAdd) else Call(_UNARY[type(node.op)], (inner,))
    if isinstance(node, ast.BinOp):
        return _binary(node, meaning)
    if isinstance(node, ast.BoolOp):
        values = tuple(term_of(value, meaning) for value in node.values)
        return Call("and" if isinstance(node.op, ast.And) else "or", values)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        sides = (term_of(node.left, meaning), term_of(node.comparators[0], meaning))
        return Call(_COMPARE[type(node.ops[0])], sides)
    if isinstance(node, ast.IfExp):
        return Call("select", tuple(term_of(part, meaning) for part in (node.test, node.body, node.orelse)))
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)) and not node.keywords:
        return Call(ast.unparse(node.func), tuple(term_of(argument, meaning) for argument in node.args))
    raise ValueError(f"Expected an expression of numbers, names and calls, but got '{ast.unparse(node)}'.")


def _binary(node: ast.BinOp, meaning: Callable[[str], Term]) -> Term:
    left, right = term_of(node.left, meaning), term_of(node.right, meaning)
    if isinstance(node.op, ast.Sub):
        return Call("+", (left, Call("neg", (right,))))
    if type(node.op) not in _BINARY:
        raise ValueError(f"Expected an operation on numbers, but got '{ast.unparse(node)}'.")
    return Call(_BINARY[type(node.op)], (left, right))


def python_of(term: Term) -> str:
    """Return the Python code of a term without reads and reductions other than names.

    Raises:
        ValueError: It has a reduction, or reads with indices.
    """
    if isinstance(term, Number):
        return f"({term.value!r})"
    if isinstance(term, Index):
        return f"({term.value})"
    if isinstance(term, Read) and not term.index:
        return term.data
    if isinstance(term, (Read, Reduce)):
        raise ValueError(f"Expected a term of names, but got '{term}'.")
    arguments = term.arguments
    if term.function == "**" and isinstance(arguments[1], Call) and arguments[1].function == "neg":
        # DaCe's code generator raises on a power that is a negated name.
        arguments = (arguments[0], Call("+", (Number(0), arguments[1])))
    return _call(term.function, [python_of(argument) for argument in arguments])


def _call(function: str, arguments: list[str]) -> str:
    if function == "select":
        return f"({arguments[1]} if {arguments[0]} else {arguments[2]})"
    if function == "neg":
        return f"(-{arguments[0]})"
    if function in ("not", "~"):
        return f"({function} {arguments[0]})"
    if function in ("min", "max") or (function[0].isalpha() and function not in COMMUTATIVE):
        return f"{function}({', '.join(arguments)})"
    return f"({f' {function} '.join(arguments)})"
