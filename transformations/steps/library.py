"""The step that chooses what computes a library node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
from dace import nodes
from dace.dtypes import ScheduleType
from dace.libraries.blas.nodes.gemm import Gemm
from dace.libraries.blas.nodes.matmul import MatMul
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.symbolic import pystr_to_symbolic
from dace.transformation.helpers import extract_map_dims

from dace_transfer.errors import NotApplicableError, StepFailedError, told
from dace_transfer.transformations.nested_names import settle_names
from dace_transfer.transformations.steps.accumulate import Accumulate
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each

LOOPS = "loops"
"""The implementation that is ours: generated code as `pure`, in an order compilers vectorise."""


@dataclass(frozen=True)
class Library:
    """Expands library nodes to an implementation.

    Before: `C = MatMul(A, B)`
    After, with `loops`: `map i: for k: for j: C[i, j] += A[i, k] * B[k, j]`, whose last loop is contiguous; with
    `pure`, what DaCe generates (the order i, j, k, all of it parallel); with `OpenBLAS` or `MKL`, a call.

    DaCe's library node expansions. In Halide: `reorder` of the update; in TVM: `tensorize` for calls.

    Attributes:
        target: Library nodes other than reductions.
        implementation: `loops`, or the name of any implementation the node has; products of matrices are taken
            for what they are by their shapes (Gemm, Gemv, ...).
    """

    name: ClassVar[str] = "library"

    target: str = "libraries"
    implementation: str = "pure"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Expand the library nodes among `targets`; yields what they became."""
        return for_each(targets, self._expand, f"expanded {{count}} library nodes to {self.implementation}")

    def _expand(self, handle: Handle) -> list[Handle]:
        state, node = handle.state, handle.node
        if not isinstance(node, nodes.LibraryNode) or isinstance(node, Reduce):
            raise NotApplicableError(f"Expected a library node that is no reduction, but '{node}' is none.")
        dace_name = "pure" if self.implementation == LOOPS else self.implementation
        _check_available(node, dace_name)
        before = set(state.nodes())
        if isinstance(node, MatMul):
            node = _expand_once(state, node, "specialize")
        if dace_name not in node.implementations:
            raise StepFailedError(f"'{node}' became a {type(node).__name__}, which has no '{dace_name}' in DaCe.")
        _expand_once(state, node, dace_name)
        new = [Handle(state, other) for other in state.nodes() if other not in before]
        for other in new:
            if isinstance(other.node, nodes.NestedSDFG):
                settle_names(other.node, state)
        if self.implementation == LOOPS:
            _reorder(new)
        return new


def _check_available(node: nodes.LibraryNode, implementation: str) -> None:
    choices = (Gemm if isinstance(node, MatMul) else type(node)).implementations
    if implementation not in choices:
        raise NotApplicableError(
            f"Library node '{node}' has no implementation {implementation!r}; it has {', '.join(choices)}."
        )
    for environment in choices[implementation].environments:
        installed = getattr(environment, "is_installed", None)
        if installed is not None and not installed():
            raise NotApplicableError(f"Implementation {implementation!r} needs a library that is not installed.")


def _expand_once(state: dace.SDFGState, node: nodes.LibraryNode, implementation: str) -> Any:
    before = set(state.nodes())
    try:
        node.expand(state, implementation)
    except Exception as error:  # DaCe's expansions raise errors of every kind.
        raise StepFailedError(f"Expanding '{node}' to {implementation!r} failed: {told(error)}") from error
    return next((new for new in state.nodes() if new not in before), None)


# Loops ------------------------------------------------------------------------------------------------------


def _reorder(handles: Sequence[Handle]) -> None:
    """Give the products that `pure` has generated a vectorisable order, or at least a private accumulator."""
    for state, entry in [found for handle in handles for found in _accumulating_maps(handle)]:
        leaf = _written(state, entry)
        outputs = [p for p in entry.map.params if p in map(str, leaf.data.subset.free_symbols)]
        others = [p for p in entry.map.params if p not in outputs]
        if len(outputs) > 1 and others and _is_contiguous(state, entry, outputs[-1]):
            _innermost(state, entry, [*outputs[:-1], *others, outputs[-1]], len(outputs) - 1)
        elif outputs and others:
            kept = [place for place, param in enumerate(entry.map.params) if param in outputs]
            _, inner = extract_map_dims(state.sdfg, entry, kept)
            Accumulate().apply(state.sdfg, [Handle(state, inner)])


def _accumulating_maps(handle: Handle) -> Iterator[tuple[dace.SDFGState, nodes.MapEntry]]:
    if not isinstance(handle.node, nodes.NestedSDFG):
        return
    for node, state in handle.node.sdfg.all_nodes_recursive():
        if isinstance(node, nodes.MapEntry) and len(_written_edges(state, node)) == 1:
            yield state, node


def _written_edges(state: dace.SDFGState, entry: nodes.MapEntry) -> list[Edge]:
    return [edge for edge in state.in_edges(state.exit_node(entry)) if edge.data.wcr is not None]


def _written(state: dace.SDFGState, entry: nodes.MapEntry) -> Edge:
    return _written_edges(state, entry)[0]


def _is_contiguous(state: dace.SDFGState, entry: nodes.MapEntry, param: str) -> bool:
    """Whether everything inside a map that depends on `param` steps through its array element by element."""
    scope = [e for e in state.out_edges(entry) if not e.data.is_empty()] + _written_edges(state, entry)
    return all(_steps_by_one(state.sdfg.arrays[e.data.data], e, param) for e in scope)


def _steps_by_one(desc: dace.data.Data, edge: Edge, param: str) -> bool:
    for (begin, _, _), stride in zip(edge.data.subset.ndrange(), desc.strides, strict=True):
        if param in map(str, pystr_to_symbolic(begin).free_symbols) and stride != 1:
            return False
    return True


def _innermost(state: dace.SDFGState, entry: nodes.MapEntry, order: Sequence[str], outer: int) -> None:
    ranges = dict(zip(entry.map.params, entry.map.range.ranges, strict=True))
    entry.map.params = list(order)
    entry.map.range = dace.subsets.Range([ranges[param] for param in order])
    _, inner = extract_map_dims(state.sdfg, entry, list(range(outer)))
    inner.map.schedule = ScheduleType.Sequential
