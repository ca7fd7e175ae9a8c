"""Tasklets that write only where a condition holds, as Python without branches."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

_KEPT = "__kept_"


def kept_name(connector: str) -> str:
    """Return the name, in code without branches, of what an output holds before the tasklet runs."""
    return _KEPT + connector


def without_branches(code: Iterable[ast.stmt]) -> dict[str, ast.expr]:
    """Return what each name that the code of a tasklet assigns is in the end.

    Before: `if c: out = v`; after: `out = v if c else __kept_out`, where that is what the output holds already.

    Raises:
        ValueError: It does more than to assign each name once, or a branch assigns what it or its condition reads.
    """
    found: dict[str, ast.expr] = {}
    for line in code:
        for name, value in (_chosen(line) if isinstance(line, ast.If) else _assigned(line)).items():
            if name in found:
                raise ValueError(f"Expected '{name}' to be assigned once.")
            found[name] = value
    return found


def names_read(values: Iterable[ast.expr]) -> set[str]:
    """Return the names in expressions."""
    return {node.id for value in values for node in ast.walk(value) if isinstance(node, ast.Name)}


def _assigned(line: ast.stmt) -> dict[str, ast.expr]:
    if not isinstance(line, ast.Assign) or len(line.targets) != 1 or not isinstance(line.targets[0], ast.Name):
        raise ValueError(f"Expected an assignment to one name, but got '{ast.unparse(line)}'.")
    return {line.targets[0].id: line.value}


def _chosen(line: ast.If) -> dict[str, ast.expr]:
    first, second = without_branches(line.body), without_branches(line.orelse)
    names = list(dict.fromkeys([*first, *second]))
    if names_read([line.test, *first.values(), *second.values()]) & set(names):
        raise ValueError(f"Expected branches not to read what they assign, but got '{ast.unparse(line)}'.")
    return {name: _choice(name, line.test, [first.get(name), second.get(name)]) for name in names}


def _choice(name: str, test: ast.expr, values: Sequence[ast.expr | None]) -> ast.expr:
    kept = ast.Name(kept_name(name), ast.Load())
    value, other = (kept if value is None else value for value in values)
    return ast.IfExp(test, value, other)
