"""The step that computes products of a matrix with its own transpose in half the operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dace
from dace.dtypes import Language, OMPScheduleType, ScheduleType
from dace.libraries.blas.blas_helpers import to_blastype
from dace.libraries.blas.environments.openblas import OpenBLAS
from dace.libraries.blas.nodes.gemm import Gemm
from dace.libraries.blas.nodes.matmul import MatMul
from dace.sdfg.dealias import integrate_nested_sdfg
from dace.sdfg.graph import MultiConnectorEdge as Edge
from dace.sdfg.infer_types import set_default_schedule_and_storage_types
from dace.symbolic import equal_valued, symstr

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.nested_names import settle_names
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each

_TYPES = (dace.float32, dace.float64, dace.complex64, dace.complex128)
_COMPLEX = (dace.complex64, dace.complex128)
_BLOCK = 32  # Two such squares of any type fit the smallest first-level caches.


@dataclass(frozen=True)
class SymmetricProduct:
    """Computes one triangle of a matrix times its own transpose, and copies it into the other.

    Before: `C = Gemm(A, A)`, one of the two transposed.
    After:

        syrk(A) -> C[i, j] for j <= i                              # half the operations
        map I: for J <= I: for i in block I: for j in block J, j < i:
            C[j, i] = C[i, j]

    There is no transformation of DaCe's and no synonym: Halide and TVM leave this to BLAS's `syrk`, which this calls.

    Attributes:
        target: Products of matrices (Gemm, MatMul).
    """

    name: ClassVar[str] = "symmetric_product"

    target: str = "libraries"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Replace the products among `targets` that are symmetric; yields what they became."""
        return for_each(targets, _replace, "computed {count} symmetric products by one triangle")


@dataclass(frozen=True)
class _Matrix:
    """A matrix with rows of neighbouring elements, as BLAS sees it.

    Attributes:
        edge: The edge to the library node.
        desc: The container.
        rows: The dimension of the container with one row after the other.
        columns: The other dimension.
    """

    edge: Edge[dace.Memlet]
    desc: dace.data.Data
    rows: int
    columns: int

    @property
    def is_turned(self) -> bool:
        """Whether its rows are columns of the container."""
        return self.rows > self.columns

    @property
    def lead(self) -> str:
        """How far apart rows are in memory."""
        return str(symstr(self.desc.strides[self.rows], cpp_mode=True))

    def length(self, dim: int) -> Any:
        """The number of rows or columns."""
        return self.edge.data.subset.size()[dim]

    def at(self, row: str, column: str) -> str:
        """An index into the part of the container that the edge names."""
        index = ["0"] * len(self.desc.shape)
        index[self.rows], index[self.columns] = row, column
        return ", ".join(index)


def _replace(handle: Handle) -> list[Handle]:
    state, node = handle.state, handle.node
    factor, product = _checked(state, node)
    nested = _program(node, factor, product)
    (other,) = state.in_edges_by_connector(node, "_b")
    state.remove_memlet_path(other)
    (read,), (write,) = state.in_edges(node), state.out_edges(node)
    new = state.add_nested_sdfg(nested, {"_a": None}, {"_c": None}, name=node.name)
    state.add_edge(read.src, read.src_conn, new, "_a", read.data)
    state.add_edge(new, "_c", write.dst, write.dst_conn, write.data)
    state.remove_node(node)
    integrate_nested_sdfg(nested)
    set_default_schedule_and_storage_types(nested, [ScheduleType.Default], True)
    settle_names(new, state)
    return [Handle(state, new)]


def _checked(state: dace.SDFGState, node: Any) -> tuple[_Matrix, _Matrix]:
    """The factor and the product of a library node that fits, before anything is changed."""
    if not isinstance(node, (Gemm, MatMul)):
        raise NotApplicableError(f"Expected a product of matrices, but '{node}' is a {type(node).__name__}.")
    if not OpenBLAS.is_installed():
        raise NotApplicableError("A symmetric product needs OpenBLAS, which is not installed.")
    edges = {edge.dst_conn: edge for edge in state.in_edges(node)}
    left, right, (write,) = edges["_a"], edges["_b"], state.out_edges(node)
    if len(edges) > 2 or not equal_valued(0, node.beta) or write.data.wcr is not None:
        raise NotApplicableError(f"Product '{node}' adds to what it writes, which may not be symmetric.")
    is_same = left.data.data == right.data.data and left.data.subset == right.data.subset
    if not is_same or state.memlet_path(left)[0].src is not state.memlet_path(right)[0].src:
        raise NotApplicableError(f"Product '{node}' is of two different matrices, so that it is not symmetric.")
    if node.transA == node.transB:
        raise NotApplicableError(f"Product '{node}' transposes both or none of its factors, so that it is a square.")
    factor, product = _matrix(state, node, left), _matrix(state, node, write)
    if factor.desc.dtype not in _TYPES:
        raise NotApplicableError(f"Product '{node}' is of type {factor.desc.dtype}, which BLAS does not have.")
    return factor, product


def _matrix(state: dace.SDFGState, node: Any, edge: Edge[dace.Memlet]) -> _Matrix:
    desc, sizes = state.sdfg.arrays[edge.data.data], edge.data.subset.size()
    dims = list(range(len(sizes))) if len(sizes) == 2 else [dim for dim, size in enumerate(sizes) if size != 1]
    if len(dims) != 2:
        raise NotApplicableError(f"Product '{node}' is of {len(dims)} dimensions, but only matrices are symmetric.")
    first, second = dims
    if desc.strides[second] == 1:
        return _Matrix(edge, desc, first, second)
    if desc.strides[first] == 1:
        return _Matrix(edge, desc, second, first)
    raise NotApplicableError(f"Neighbours in '{edge.data.data}' are apart in memory, which BLAS cannot read.")


# What it becomes --------------------------------------------------------------------------------------------


def _program(node: Any, factor: _Matrix, product: _Matrix) -> dace.SDFG:
    sdfg = dace.SDFG(f"{node.label}_symmetric")
    for name, matrix in (("_a", factor), ("_c", product)):
        shape, desc = matrix.edge.data.subset.size(), matrix.desc
        sdfg.add_array(name, shape, desc.dtype, desc.storage, strides=desc.strides)
    first = sdfg.add_state("triangle", is_start_block=True)
    _add_triangle(first, _call(node, factor, product))
    _add_mirror(sdfg.add_state_after(first, "mirror"), product)
    return sdfg


def _call(node: Any, factor: _Matrix, product: _Matrix) -> str:
    """The call of BLAS; matrices whose columns are contiguous are to it transposed ones whose rows are."""
    is_turned = bool(node.transA) != factor.is_turned
    rows, columns = (factor.columns, factor.rows) if is_turned else (factor.rows, factor.columns)
    sizes = [symstr(factor.length(dim), cpp_mode=True) for dim in (rows, columns)]
    dtype, alpha = factor.desc.dtype, complex(node.alpha)
    function = f"cblas_{to_blastype(dtype.type).lower()}syrk"
    trans = "CblasTrans" if is_turned else "CblasNoTrans"
    start = f"{function}(CblasRowMajor, CblasLower, {trans}, {', '.join(sizes)}, "
    if dtype not in _COMPLEX:
        values = f"{dtype.ctype}({alpha.real})", f"{dtype.ctype}(0)"
        return f"{start}{values[0]}, __a, {factor.lead}, {values[1]}, __c, {product.lead});"
    lines = f"{dtype.ctype} alpha({alpha.real}, {alpha.imag}), beta(0);"
    return f"{lines}\n{start}&alpha, __a, {factor.lead}, &beta, __c, {product.lead});"


def _add_triangle(state: dace.SDFGState, code: str) -> None:
    tasklet = state.add_tasklet("syrk", {"__a": None}, {"__c": None}, code, language=Language.CPP)
    tasklet.environments = {OpenBLAS.full_class_path()}
    arrays = state.sdfg.arrays
    state.add_edge(state.add_read("_a"), None, tasklet, "__a", dace.Memlet.from_array("_a", arrays["_a"]))
    state.add_edge(tasklet, "__c", state.add_write("_c"), None, dace.Memlet.from_array("_c", arrays["_c"]))


def _add_mirror(state: dace.SDFGState, product: _Matrix) -> None:
    """In squares, so that neither the rows that are read nor the columns that are written leave the cache."""
    size = symstr(product.length(product.rows))
    bands = state.add_map("bands", {"_band": f"0:int_ceil({size}, {_BLOCK})"})
    squares = state.add_map("squares", {"_square": "0:_band + 1"}, schedule=ScheduleType.Sequential)
    elements = {
        "_row": f"{_BLOCK} * _band:Min({size}, {_BLOCK} * _band + {_BLOCK})",
        "_column": f"{_BLOCK} * _square:Min(_row, {_BLOCK} * _square + {_BLOCK})",
    }
    inner = state.add_map("elements", elements, schedule=ScheduleType.Sequential)
    bands[0].map.omp_schedule = OMPScheduleType.Dynamic
    tasklet = state.add_tasklet("mirror", {"__from": None}, {"__to": None}, "__to = __from")
    maps = (bands, squares, inner)
    source, target = product.at("_row", "_column"), product.at("_column", "_row")
    path = (*(entry for entry, _ in maps), tasklet)
    state.add_memlet_path(state.add_read("_c"), *path, dst_conn="__from", memlet=dace.Memlet(f"_c[{source}]"))
    back = (tasklet, *(exit_ for _, exit_ in reversed(maps)))
    state.add_memlet_path(*back, state.add_write("_c"), src_conn="__to", memlet=dace.Memlet(f"_c[{target}]"))
