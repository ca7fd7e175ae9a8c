"""A matrix times its own transpose: one triangle is computed, the other one copied."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"

from typing import Any

import dace
import numpy as np
import pytest
from dace.libraries.blas import Dot, Gemm

from dace_transfer.transformations import apply as apply_recipe
from dace_transfer.transformations import fill_defaults, load_library
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.symmetric_product import SymmetricProduct

N, K = (dace.symbol(name) for name in ("N", "K"))
STEP = SymmetricProduct()
SIZES = [(1, 1), (31, 7), (32, 64), (33, 2), (70, 100)]


def product(
    dtype: Any = dace.float64,
    shape: tuple = (N, K),
    result: tuple = (N, N),
    read: str = "0:N, 0:K",
    written: str = "0:N, 0:N",
    other: str = "a",
    strides: dict[str, tuple] = {},  # noqa: B006 - never changed
    **fields: Any,
) -> dace.SDFG:
    """`out = a @ a.T`, with parts of containers of any shape."""
    sdfg = dace.SDFG("product")
    for name, extent in {"a": shape, "b": shape, "out": result}.items():
        sdfg.add_array(name, extent, dtype, strides=strides.get(name))
    state = sdfg.add_state(is_start_block=True)
    node = Gemm("product", **({"transB": True} | fields))
    sources = {name: state.add_read(name) for name in dict.fromkeys(("a", other))}
    state.add_edge(sources["a"], None, node, "_a", dace.Memlet(f"a[{read}]"))
    state.add_edge(sources[other], None, node, "_b", dace.Memlet(f"{other}[{read}]"))
    state.add_edge(node, "_c", state.add_write("out"), None, dace.Memlet(f"out[{written}]"))
    if other == "a":
        sdfg.remove_data("b")
    return sdfg


def matrix(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.uniform(-1, 1, shape)
    return (values + 1j * rng.uniform(-1, 1, shape) if np.issubdtype(dtype, np.complexfloating) else values).astype(
        dtype
    )


def code_of(sdfg: dace.SDFG) -> str:
    return str(sdfg.generate_code()[0].clean_code)


@pytest.mark.parametrize("dtype", [dace.float32, dace.float64, dace.complex64, dace.complex128])
def test_products_of_all_types_and_sizes(apply, run, dtype):
    sdfg = product(dtype, alpha=0.5)
    assert apply(STEP, sdfg).count == 1
    compiled = sdfg.compile()
    for n, k in SIZES:
        a, out = matrix(n, k, dtype=dtype.type), np.full((n, n), 7, dtype.type)
        compiled(a=a, out=out, N=n, K=k)
        np.testing.assert_allclose(out, 0.5 * a @ a.T, 1e-4 if dtype in (dace.float32, dace.complex64) else 1e-10, 1e-5)


def test_the_first_factor_may_be_the_transposed_one(apply, run):
    sdfg = product(read="0:N, 0:K", written="0:K, 0:K", result=(K, K), transA=True, transB=False)
    apply(STEP, sdfg)
    a, out = matrix(40, 9), np.zeros((9, 9))
    run(sdfg, a=a, out=out, N=40, K=9)
    np.testing.assert_allclose(out, a.T @ a)


def test_parts_of_larger_containers_keep_what_is_around_them(apply, run):
    sdfg = product(
        shape=(3, N + 2, K + 5), result=(N + 3, 2, N + 4), read="1, 1:N + 1, 2:K + 2", written="3:N + 3, 1, 2:N + 2"
    )
    apply(STEP, sdfg)
    a, out = matrix(3, 37, 14), matrix(38, 2, 39)
    expected = out.copy()
    expected[3:, 1, 2:37] = a[1, 1:36, 2:11] @ a[1, 1:36, 2:11].T
    run(sdfg, a=a, out=out, N=35, K=9)
    np.testing.assert_allclose(out, expected)


@pytest.mark.parametrize("trans_a", [False, True])
def test_columns_may_be_contiguous(apply, run, trans_a):
    n = K if trans_a else N
    sdfg = product(
        strides={"a": (1, N), "out": (1, n)},
        result=(n, n),
        written=f"0:{n}, 0:{n}",
        transA=trans_a,
        transB=not trans_a,
    )
    apply(STEP, sdfg)
    sizes = {"N": 33, "K": 35}
    a, out = np.asfortranarray(matrix(33, 35)), np.zeros([sizes[str(n)]] * 2, order="F")
    run(sdfg, a=a, out=out, **sizes)
    np.testing.assert_allclose(out, a.T @ a if trans_a else a @ a.T)


@dace.program
def covariance(table: dace.float64[N, K], out: dace.float64[K, K]):
    centred = table - np.mean(table, axis=0)
    out[:] = np.transpose(centred) @ centred / (N - 1)


@dace.program
def triangle(table: dace.float64[N, K], out: dace.float64[K, K]):
    for i in range(K):
        for j in range(i, K):
            out[i, j] = 0.0
            for k in range(N):
                out[i, j] += table[k, i] * table[k, j]
            out[j, i] = out[i, j]


@pytest.mark.parametrize("program", [covariance, triangle])
def test_normal_forms_of_symmetric_results_reach_the_recipe(program, run):
    normal = normalize(program.to_sdfg(simplify=True))
    changed = apply_recipe(fill_defaults(load_library()["symmetric-products"]), normal).sdfg
    assert "cblas_dsyrk" in code_of(changed) and "cblas_dgemm" not in code_of(changed)
    table, out = matrix(50, 40), np.zeros((40, 40))
    centred = table - table.mean(0) if program is covariance else table
    run(changed, table=table, out=out, N=50, K=40)
    np.testing.assert_allclose(out, centred.T @ centred / (49 if program is covariance else 1), 1e-9, 1e-9)


@pytest.mark.parametrize(
    ("sdfg", "reason"),
    [
        (product(other="b"), "two different matrices"),
        (product(shape=(N, N), read="0:N, 0:N", transB=False), "both or none"),
        (product(dace.float64, beta=1.0, cin=False), "adds to what it writes"),
        (product(strides={"out": (2 * N, 2)}), "Neighbours in 'out' are apart"),
        (product(dace.int64), "of type int64"),
    ],
)
def test_other_products_stay_as_they_are(refuse, sdfg, reason):
    refuse(STEP, sdfg, reason)


def test_other_library_nodes_stay_as_they_are(refuse):
    sdfg = dace.SDFG("dot")
    sdfg.add_array("x", [N], dace.float64)
    sdfg.add_array("y", [1], dace.float64)
    state = sdfg.add_state(is_start_block=True)
    node, source = Dot("dot"), state.add_read("x")
    for connector in ("_x", "_y"):
        state.add_edge(source, None, node, connector, dace.Memlet("x[0:N]"))
    state.add_edge(node, "_result", state.add_write("y"), None, dace.Memlet("y[0]"))
    refuse(STEP, sdfg, "Expected a product of matrices, but 'dot' is a Dot")
