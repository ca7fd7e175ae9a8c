"""Elements of containers inside of affine expressions: indices and bounds that are read when the program runs.

The index of `x[columns[k] + 1]` is affine in the atom `columns[k]`, which equals only itself. Containers that are read
in this way are never written (`Builder.tables`), so an element is the same wherever it is read.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache

from dace_transfer.transformations.normalization.affine import Affine, affine, variable
from dace_transfer.transformations.normalization.terms import Call, Index, Number, Read, Term


def element(read: Read) -> Affine:
    """Return an element of a container as an affine expression."""
    return affine(str(read))


def elements(value: Affine) -> tuple[Read, ...]:
    """Return the elements in an expression, those in the indices of others left out."""
    return tuple(taken_apart(value)[1].values())


def is_nested(value: Affine) -> bool:
    """Tell whether the index of an element is read from a container as well: `A[B[i]]`."""
    return any(elements(index) for read in elements(value) for index in read.index)


@lru_cache(maxsize=20000)
def taken_apart(value: Affine) -> tuple[Affine, Mapping[str, Read]]:
    """Return an expression with names in the place of elements, and the elements by these names.

    Before: `starts[i + 1] - 1`, after: `__element0 - 1` and `{"__element0": starts[i + 1]}`.

    Raises:
        ValueError: It is no Python.
    """
    if not any("[" in name for name, _ in value.terms):
        return value, {}
    found: dict[Read, str] = {}

    class Out(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.Name:
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            read = Read(ast.unparse(node.value), tuple(affine(ast.unparse(part)) for part in parts))
            return ast.Name(found.setdefault(read, f"__element{len(found)}"), ast.Load())

    try:
        code = ast.unparse(Out().visit(ast.parse(str(value), mode="eval")))
    except SyntaxError as error:
        raise ValueError(f"Expected an expression in Python, but got '{value}'.") from error
    return affine(code), {name: read for read, name in found.items()}


def with_names(value: Affine, name: Callable[[Read], str]) -> Affine:
    """Return an expression with what `name` gives for them in the place of elements."""
    rest, found = taken_apart(value)
    return rest.substitute({old: variable(name(read)) for old, read in found.items()})


def plain_words(value: Affine) -> frozenset[str]:
    """Return every identifier that is mentioned outside of elements."""
    rest, found = taken_apart(value)
    return rest.words - found.keys()


def term_of_integer(value: Affine) -> Term:
    """Return the term of an integer expression: elements are read like any others, and have 64 bits in sums.

    Before: `Index(starts[i] + 1)`, after: `dace.int64(starts[i]) + 1`.
    """
    rest, found = taken_apart(value)
    alone = [read for name, read in found.items() if rest == variable(name)]
    if alone or not found or not rest.is_affine_in(found):
        return alone[0] if alone else Index(value)
    parts = [_multiple(found[name], factor) for name, factor in rest.terms if name in found]
    plain = Affine(tuple(pair for pair in rest.terms if pair[0] not in found), rest.constant)
    return Call("+", (*parts, Index(plain)))


def _multiple(read: Read, factor: int) -> Term:
    return Call("*", (Number(factor), Call("dace.int64", (read,))))
