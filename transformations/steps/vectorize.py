"""The step that computes with explicit vectors."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
import sympy
from dace import nodes
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.symbolic import pystr_to_symbolic
from dace.transformation.dataflow import Vectorization

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each

WIDTHS = (2, 4, 8, 16, 32)
"""Vector lengths DaCe's runtime has types for."""

TRANSIENT_ALIGNMENT = 64
ARGUMENT_ALIGNMENT = 16
"""Bytes NumPy aligns arrays to; DaCe takes no views."""

_PLAIN = (ast.Assign, ast.Name, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Load, ast.Store)


@dataclass(frozen=True)
class Vectorize:
    """Computes several neighbouring iterations of a map's last loop at once.

    Before: `for i in 0:N: C[i] = A[i] + B[i]`
    After: `for i in 0:N - N % 4:4: C[i : i + 4] = A[i : i + 4] + B[i : i + 4]`, then the rest as before.

    DaCe's Vectorization, for maps that hold one tasklet of plain arithmetic on aligned data: its vectors crash
    on others. Transients are aligned to 64 bytes, arguments to 16. In Halide and TVM: `vectorize`.

    Attributes:
        target: Maps.
        width: Elements of a vector: 2, 4, 8, 16 or 32.
    """

    name: ClassVar[str] = "vectorize"

    target: str = "inner_maps"
    width: int = 4

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Vectorise the maps among `targets` it fits; yields the maps over vectors."""
        return for_each(targets, self._vectorize, f"vectorised {{count}} maps by {self.width}")

    def _vectorize(self, handle: Handle) -> list[Handle]:
        state, entry = handle.state, handle.node
        if self.width not in WIDTHS:
            raise NotApplicableError(f"'width' must be one of {WIDTHS}, but it is {self.width}.")
        if not isinstance(entry, nodes.MapEntry):
            raise NotApplicableError(f"Only maps can be vectorised, but '{entry}' is none.")
        _check_range(entry)
        tasklet = _only_tasklet(state, entry)
        _check_memlets(state, entry, tasklet)
        _check_alignment(state, entry, tasklet, self.width)
        options = {"vector_len": self.width, "preamble": False}
        if not Vectorization.can_be_applied_to(state.sdfg, options=options, map_entry=entry):
            raise NotApplicableError(f"DaCe's Vectorization does not fit map '{entry.map.label}'.")
        Vectorization.apply_to(state.sdfg, options=options, verify=False, save=False, map_entry=entry)
        return [handle]


def _check_range(entry: nodes.MapEntry) -> None:
    step = entry.map.range[-1][2]
    if step != 1:
        raise NotApplicableError(f"The last loop of map '{entry.map.label}' has step {step}, but vectors need 1.")


def _only_tasklet(state: dace.SDFGState, entry: nodes.MapEntry) -> nodes.Tasklet:
    inside = state.scope_subgraph(entry, include_entry=False, include_exit=False).nodes()
    label = entry.map.label
    if len(inside) != 1 or not isinstance(inside[0], nodes.Tasklet):
        raise NotApplicableError(f"Map '{label}' must hold exactly one tasklet; fuse its tasklets first.")
    tasklet = inside[0]
    if tasklet.language is not dace.Language.Python or not all(map(_is_plain, tasklet.code.code)):
        raise NotApplicableError(f"The tasklet of map '{label}' does more than +, -, * and / of what it reads.")
    return tasklet


def _is_plain(statement: ast.AST) -> bool:
    return all(isinstance(node, _PLAIN) for node in ast.walk(statement))


def _check_memlets(state: dace.SDFGState, entry: nodes.MapEntry, tasklet: nodes.Tasklet) -> None:
    label, param = entry.map.label, entry.map.params[-1]
    edges = [edge for edge in state.all_edges(tasklet) if not edge.data.is_empty()]
    kinds = {state.sdfg.arrays[edge.data.data].dtype for edge in edges}
    if len(kinds) != 1 or not kinds <= {dace.float32, dace.float64, dace.int32, dace.int64}:
        raise NotApplicableError(f"Map '{label}' mixes the types {sorted(map(str, kinds))}; vectors need a single one.")
    for edge in edges:
        if edge.data.wcr is not None or edge.data.dynamic:
            raise NotApplicableError(f"Map '{label}' writes '{edge.data.data}' in conflict or conditionally.")
        if not _is_contiguous(state.sdfg.arrays[edge.data.data], edge, param):
            raise NotApplicableError(f"Map '{label}' does not step through '{edge.data.data}' element by element.")
    if any(param not in _names(edge) for edge in state.out_edges(tasklet)):
        raise NotApplicableError(f"Map '{label}' writes the same element in all iterations of its last loop.")


def _check_alignment(state: dace.SDFGState, entry: nodes.MapEntry, tasklet: nodes.Tasklet, width: int) -> None:
    param, begin = entry.map.params[-1], entry.map.range[-1][0]
    for edge in [e for e in state.all_edges(tasklet) if not e.data.is_empty() and param in _names(e)]:
        desc = state.sdfg.arrays[edge.data.data]
        known = TRANSIENT_ALIGNMENT if desc.transient else ARGUMENT_ALIGNMENT
        if width * desc.dtype.bytes > known or not _is_multiple(_first(desc, edge, param, begin), width):
            raise NotApplicableError(
                f"Vectors of {width} of '{edge.data.data}[{edge.data.subset}]' may not be aligned; take a smaller "
                f"'width', or fix the sizes if they are still symbols."
            )


def _first(desc: dace.data.Data, edge: Edge, param: str, begin: Any) -> Any:
    """The offset of an element in the first iteration over `param`."""
    places = zip(edge.data.subset.min_element(), desc.strides, strict=True)
    offset = sum(pystr_to_symbolic(place) * stride for place, stride in places)
    return pystr_to_symbolic(offset).subs({s: begin for s in pystr_to_symbolic(offset).free_symbols if str(s) == param})


def _is_multiple(offset: Any, width: int) -> bool:
    terms = sympy.Add.make_args(sympy.expand(offset))
    return all((term.as_coeff_Mul()[0] % width) == 0 for term in terms)


def _names(edge: Edge) -> set[str]:
    return {str(symbol) for symbol in edge.data.subset.free_symbols}


def _is_contiguous(desc: dace.data.Data, edge: Edge, param: str) -> bool:
    """Whether the index does not depend on the parameter, or is it plus a constant in the dimension of stride 1."""
    if edge.data.subset.num_elements() != 1:
        return False
    for (begin, _, _), stride in zip(edge.data.subset.ndrange(), desc.strides, strict=True):
        expression = pystr_to_symbolic(begin)
        slopes = [expression.diff(symbol) for symbol in expression.free_symbols if str(symbol) == param]
        if slopes and (stride != 1 or slopes[0] != 1):
            return False
    return True
