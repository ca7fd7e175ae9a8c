"""Signatures of Python code: the order and grouping of operands left out where they mean nothing.

`a - b * c` is `-(c * b) + a`, `a > b` is `b < a`, `max(a, max(b, c))` is `max(c, b, a)`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import sympy

from dace_transfer.workload.signatures import Bag, Signature

Resolver = Callable[[str], Any]

_TURNED: dict[type[ast.cmpop], str] = {ast.Gt: "Lt", ast.GtE: "LtE"}
_ANYHOW = (ast.BitAnd, ast.BitOr, ast.BitXor)


def python_signature(text: str, resolve: Resolver) -> Signature:
    """Return the signature of Python code; `resolve` gives what a name stands for."""
    return _signature(_parsed(text), resolve)


@lru_cache(maxsize=5000)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _signature(tree: Any, resolve: Resolver) -> Signature:
    if isinstance(tree, ast.Name):
        known = resolve(tree.id)
        return str(known) if isinstance(known, sympy.Basic) else known
    if isinstance(tree, list):
        return tuple(_signature(part, resolve) for part in tree)
    if not isinstance(tree, ast.AST):
        return repr(tree)
    if isinstance(tree, ast.Lambda):
        return _lambda(tree, resolve)
    operation = _operation(tree, resolve)
    if operation is not None:
        return operation
    fields = ((key, _signature(value, resolve)) for key, value in ast.iter_fields(tree) if key not in ("ctx", "kind"))
    return (type(tree).__name__, *fields)


def _operation(tree: Any, resolve: Resolver) -> Signature | None:
    """The signature of what has operands in any order, or has a mirror image; None for everything else."""
    if _is_sum(tree):
        return _signed("Add", [_product(part, sign, resolve) for part, sign in _addends(tree)])
    if _is_product(tree):
        return _negated(*_product(tree, 1, resolve))
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
        return _comparison(tree, resolve)
    chain = _chain_of(tree)
    return (chain, Bag(_signature(part, resolve) for part in _links(tree, chain))) if chain else None


# Sums and products ----------------------------------------------------------------------------------------


def _is_sum(tree: ast.AST) -> bool:
    if isinstance(tree, ast.UnaryOp):
        return isinstance(tree.op, (ast.USub, ast.UAdd))
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub))


def _is_product(tree: ast.AST) -> bool:
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult)


def _addends(tree: Any, sign: int = 1) -> Iterator[tuple[ast.expr, int]]:
    """What is added up, with 1, or -1 where it is subtracted."""
    if not _is_sum(tree):
        yield tree, sign
    elif isinstance(tree, ast.UnaryOp):
        yield from _addends(tree.operand, -sign if isinstance(tree.op, ast.USub) else sign)
    else:
        yield from _addends(tree.left, sign)
        yield from _addends(tree.right, -sign if isinstance(tree.op, ast.Sub) else sign)


def _product(tree: ast.expr, sign: int, resolve: Resolver) -> tuple[Signature, int]:
    """The signature of a product without the signs of its factors, and the sign of all."""
    factors = []
    for factor in _factors(tree):
        addends = list(_addends(factor))
        if len(addends) == 1:  # A sign and something else, or something else alone.
            factor, factor_sign = addends[0]
            sign *= factor_sign
        factors.append(factor)
    if any(_is_product(factor) for factor in factors):
        return _product(_times(factors), sign, resolve)
    parts = [_signature(factor, resolve) for factor in factors]
    return (parts[0] if len(parts) == 1 else ("Mult", Bag(parts))), sign


def _factors(tree: Any) -> Iterator[ast.expr]:
    if _is_product(tree):
        yield from _factors(tree.left)
        yield from _factors(tree.right)
    else:
        yield tree


def _times(factors: list[ast.expr]) -> ast.expr:
    result = factors[0]
    for factor in factors[1:]:
        result = ast.BinOp(result, ast.Mult(), factor)
    return result


def _negated(signature: Signature, sign: int) -> Signature:
    return signature if sign > 0 else ("USub", signature)


def _signed(kind: str, parts: list[tuple[Signature, int]]) -> Signature:
    texts = [_negated(part, sign) for part, sign in parts]
    return texts[0] if len(texts) == 1 else (kind, Bag(texts))


# Everything else ------------------------------------------------------------------------------------------


def _comparison(tree: ast.Compare, resolve: Resolver) -> Signature:
    left, right = _signature(tree.left, resolve), _signature(tree.comparators[0], resolve)
    operation = type(tree.ops[0])
    if operation in _TURNED:
        return (_TURNED[operation], (right, left))
    return (operation.__name__, Bag((left, right)) if operation in (ast.Eq, ast.NotEq) else (left, right))


def _chain_of(tree: ast.AST) -> str | None:
    """The name of an operation whose operands are in any order and any grouping."""
    if isinstance(tree, ast.BoolOp):
        return type(tree.op).__name__
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, _ANYHOW):
        return type(tree.op).__name__
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and len(tree.args) > 1 and not tree.keywords:
        return tree.func.id if tree.func.id in ("min", "max") else None
    return None


def _links(tree: Any, chain: str) -> Iterator[ast.expr]:
    if _chain_of(tree) != chain:
        yield tree
        return
    for operand in _operands(tree):
        yield from _links(operand, chain)


def _operands(tree: Any) -> Sequence[ast.expr]:
    if isinstance(tree, ast.BoolOp):
        return tree.values
    return tree.args if isinstance(tree, ast.Call) else (tree.left, tree.right)


def _lambda(tree: ast.Lambda, resolve: Resolver) -> Signature:
    places = {argument.arg: f"argument {place}" for place, argument in enumerate(tree.args.args)}
    return ("lambda", len(places), _signature(tree.body, lambda name: places.get(name) or resolve(name)))
