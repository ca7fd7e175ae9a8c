"""Products, transpositions and reductions."""

import dace
import numpy as np
import pytest
from dace.libraries.blas.nodes.gemm import Gemm

N, M, K, B = (dace.symbol(name) for name in ("N", "M", "K", "B"))
SIZES = {"N": 3, "M": 4, "K": 5, "B": 2}


@dace.program
def products(
    a: dace.float64[N, K], b: dace.float64[K, M], x: dace.float64[K], y: dace.float64[N], c: dace.float64[N, M]
):
    c[:] = a @ b
    y[:] = a @ x
    c[0] = x @ b
    c[1, 1] = x @ x


def test_products_of_matrices_and_vectors(runs, matrix):
    arguments = {"a": (3, 5), "b": (5, 4), "x": (5,), "y": (3,), "c": (3, 4)}
    computation = runs(products, SIZES, **{name: matrix(*shape) for name, shape in arguments.items()})
    assert (
        str(computation).splitlines()[2].strip() == "c[i, i_1] = sum((a[i, i_0] * b[i_0, i_1]) for i_0 in range(0, K))"
    )


@dace.program
def columns(a: dace.float64[N, 1], b: dace.float64[1, M], c: dace.float64[N, M]):
    c[:] = a @ b


def test_outer_products(runs, matrix):
    runs(columns, SIZES, a=matrix(3, 1), b=matrix(1, 4), c=matrix(3, 4))


@dace.program
def batches(a: dace.float64[B, N, K], b: dace.float64[B, K, M], d: dace.float64[K, M], c: dace.float64[B, N, M]):
    c[:] = a @ b + a @ d


def test_products_of_many_matrices(runs, matrix):
    runs(batches, SIZES, a=matrix(2, 3, 5), b=matrix(2, 5, 4), d=matrix(5, 4), c=matrix(2, 3, 4))


def _rows_of_rows(part: str) -> dace.SDFG:
    """`c = a @ d` with `a` and `c` as matrices; of the view of `a` only a part is read."""
    sdfg = dace.SDFG("rows_of_rows")
    for name, shape in {"a": [B + 1, N, K], "d": [K, M], "c": [B, N, M]}.items():
        sdfg.add_array(name, shape, dace.float64)
    sdfg.add_view("rows", [B * N, K], dace.float64)
    sdfg.add_view("result", [B * N, M], dace.float64)
    state = sdfg.add_state(is_start_block=True)
    rows, result, node = state.add_access("rows"), state.add_access("result"), Gemm("gemm")
    state.add_edge(state.add_read("a"), None, rows, "views", dace.Memlet("a[1:B + 1, 0:N, 0:K]"))
    state.add_edge(result, "views", state.add_write("c"), None, dace.Memlet("c[0:B, 0:N, 0:M]"))
    state.add_edge(rows, None, node, "_a", dace.Memlet(f"rows[{part}]"))
    state.add_edge(state.add_read("d"), None, node, "_b", dace.Memlet("d[0:K, 0:M]"))
    state.add_edge(node, "_c", result, None, dace.Memlet("result[0:B * N, 0:M]"))
    return sdfg


def test_products_of_tensors_that_are_viewed_as_matrices(raised, execute, matrix):
    a, d = matrix(3, 3, 5), matrix(5, 4)
    actual = execute(raised(_rows_of_rows("0:B * N, 0:K")), SIZES, {"a": a, "d": d, "c": matrix(2, 3, 4)})
    np.testing.assert_allclose(actual["c"], a[1:] @ d)


def test_parts_of_views_that_are_no_parts_of_containers_are_left_as_they_are(raised, opaques):
    assert len(opaques(raised(_rows_of_rows("1:B * N + 1, 0:K")))) == 1


@dace.program
def turned(a: dace.float64[N, K], b: dace.float64[B, N, K], c: dace.float64[K, N], d: dace.float64[K, B, N]):
    c[:] = a.T
    d[:] = np.transpose(b, (2, 0, 1))


def test_transpositions(runs, matrix):
    runs(turned, SIZES, a=matrix(3, 5), b=matrix(2, 3, 5), c=matrix(5, 3), d=matrix(5, 2, 3))


@pytest.mark.parametrize("trans_a, trans_b, beta", [(False, True, 0.5), (True, False, 1.0), (True, True, 0)])
def test_gemm_scales_transposes_and_adds(raised, execute, matrix, trans_a, trans_b, beta):
    sdfg = dace.SDFG("gemm")
    sdfg.add_array("a", [K, N] if trans_a else [N, K], dace.float64)
    sdfg.add_array("b", [M, K] if trans_b else [K, M], dace.float64)
    sdfg.add_array("c", [N, M], dace.float64)
    state = sdfg.add_state(is_start_block=True)
    node = Gemm("gemm", transA=trans_a, transB=trans_b, alpha=2.0, beta=beta)
    for name in ("a", "b", "c"):
        if name != "c" or beta:
            state.add_edge(
                state.add_read(name), None, node, f"_{name}", dace.Memlet.from_array(name, sdfg.arrays[name])
            )
    state.add_edge(node, "_c", state.add_write("c"), None, dace.Memlet("c[0:N, 0:M]"))
    a, b, c = matrix(*((5, 3) if trans_a else (3, 5))), matrix(*((4, 5) if trans_b else (5, 4))), matrix(3, 4)
    actual = execute(raised(sdfg), SIZES, {"a": a, "b": b, "c": c})
    expected = 2 * (a.T if trans_a else a) @ (b.T if trans_b else b) + beta * c
    np.testing.assert_allclose(actual["c"], expected)


@dace.program
def reductions(a: dace.float64[N, M, K], b: dace.float64[N, K], c: dace.float64[M], d: dace.float64[4]):
    b[:] = np.sum(a, axis=1)
    c[:] = np.max(a, axis=(0, 2)) - np.min(a[:, :, 0], axis=0)
    d[0] = np.sum(a[1])
    d[1] = np.sum(b[0])
    d[2:] = np.mean(b)


def test_reductions_of_some_and_of_all_axes(runs, matrix):
    runs(reductions, SIZES, a=matrix(3, 4, 5), b=matrix(3, 5), c=matrix(4), d=matrix(4))


@dace.program
def kept(a: dace.float64[N, M], b: dace.float64[N, M]):
    b[:] = a - np.add.reduce(a, axis=1, keepdims=True)


def test_reductions_that_keep_their_axes(runs, matrix):
    runs(kept, SIZES, a=matrix(3, 4), b=matrix(3, 4))


def test_a_reduction_without_identity_goes_on_from_its_output(raised):
    sdfg = dace.SDFG("folding")
    sdfg.add_array("a", [N, M], dace.float64)
    sdfg.add_array("b", [N], dace.float64)
    state = sdfg.add_state(is_start_block=True)
    node = state.add_reduce("lambda p, q: max(p, q)", [1])
    state.add_edge(state.add_read("a"), None, node, None, dace.Memlet("a[0:N, 0:M]"))
    state.add_edge(node, None, state.add_write("b"), None, dace.Memlet("b[0:N]"))
    assert str(raised(sdfg)).splitlines()[1].strip() == "b[i] = max(b[i], max(a[i, i_0] for i_0 in range(0, M)))"


def test_a_reduction_folds_in_the_type_of_its_output(raised):
    sdfg = dace.SDFG("widening")
    sdfg.add_array("a", [N], dace.float32)
    sdfg.add_array("b", [1], dace.float64)
    state = sdfg.add_state(is_start_block=True)
    node = state.add_reduce("lambda p, q: p + q", None, 0)
    state.add_edge(state.add_read("a"), None, node, None, dace.Memlet("a[0:N]"))
    state.add_edge(node, None, state.add_write("b"), None, dace.Memlet("b[0]"))
    assert str(raised(sdfg)) == "b[0] = sum(dace.float64(a[i]) for i in range(0, N))"


@dace.program
def chosen(a: dace.float64[N, M], b: dace.float64[M], c: dace.float64[N, M]):
    c[:] = np.where(a > 1.0, b, a * 2.0)


def test_where_broadcasts(runs, matrix):
    runs(chosen, SIZES, a=matrix(3, 4), b=matrix(4), c=matrix(3, 4))


def test_other_library_nodes_are_left_as_they_are(raised, opaques):
    @dace.program
    def solved(a: dace.float64[N, N], b: dace.float64[N]):
        b[:] = np.linalg.solve(a, b)

    assert len(opaques(raised(solved))) == 1
