"""Read code that picks elements of containers by what it reads from others: `__out = vector[column]`."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.raising.boxes import Box
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.terms import Read, Term


def picked_from(code: Iterable[ast.expr]) -> set[str]:
    """Return the names of which code picks elements."""
    parts = (part for value in code for part in ast.walk(value))
    return {part.value.id for part in parts if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name)}


def without_lookups(
    code: Mapping[str, ast.expr], boxes: Mapping[str, Box], inputs: Mapping[str, Term], frame: Frame
) -> tuple[dict[str, ast.expr], dict[str, Term]]:
    """Return code with names in the place of elements that it picks, and all that names stand for.

    Before: `__out = value * vector[column]`; after: `__out = value * __found0`, where that is `vector[columns[k]]`.

    Args:
        code: The expression that is assigned to each name.
        boxes: What elements are picked from, by connector.
        inputs: What other connectors stand for.
        frame: Where the code is.

    Raises:
        ValueError: An index is read from what may be written, or computed from anything but integers.
    """
    terms = dict(inputs)

    class Out(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.Name:
            self.generic_visit(node)
            name = f"__found{len(terms)}"
            terms[name] = _picked(node, boxes, frame.with_values(_integers(terms, frame)))
            return ast.Name(name, ast.Load())

    return {name: Out().visit(copy.deepcopy(value)) for name, value in code.items()}, terms


def _integers(terms: Mapping[str, Term], frame: Frame) -> dict[str, Affine]:
    values = {name: frame.value_at(term) for name, term in terms.items() if isinstance(term, Read)}
    return {name: value for name, value in values.items() if value is not None}


def _picked(node: ast.Subscript, boxes: Mapping[str, Box], frame: Frame) -> Read:
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    box = boxes.get(ast.unparse(node.value))
    if box is None or len(parts) not in (len(box.sizes), len(box.long)):
        raise ValueError(f"Expected an element of what a connector reads, but got '{ast.unparse(node)}'.")
    index = [frame.affine(ast.unparse(part)) for part in parts]
    return box.at(frame, index) if len(index) == len(box.sizes) else box.along(frame, box.long, index)
