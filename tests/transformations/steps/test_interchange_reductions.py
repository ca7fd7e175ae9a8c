"""Sums for neighbouring results at a time, of rows of any length and results of any width."""

import itertools

import dace
import numpy as np
import pytest
from dace import nodes

from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.interchange_reductions import InterchangeReductions

N, M, K, E = (dace.symbol(name) for name in "NMKE")


@dace.program
def rows(
    starts: dace.int32[N + 1],
    columns: dace.int32[E],
    values: dace.float32[E],
    dense: dace.float32[K, M],
    result: dace.float32[N, M],
):
    for row in dace.map[0:N]:
        result[row, :] = 0.0
        for entry in range(starts[row], starts[row + 1]):
            result[row, :] += values[entry] * dense[columns[entry], :]


@dace.program
def product(a: dace.float64[N, K], b: dace.float64[K, M], c: dace.float64[N, M]):
    c[:] = a @ b


@pytest.mark.parametrize("columns", [1, 4, 16])
def test_sparse_rows_are_right_where_they_are_empty_and_where_columns_are_left_over(apply, run, columns) -> None:
    sdfg = normalize(rows.to_sdfg(simplify=True))
    apply(InterchangeReductions(columns=columns), sdfg)
    rng = np.random.default_rng(0)
    starts = np.array([0, 0, 3, 3, 10, 11, 11], dtype=np.int32)
    chosen, values = rng.integers(5, size=11, dtype=np.int32), rng.random(11, dtype=np.float32)
    for width in (3, 4, 37):
        dense, result = rng.random((5, width), dtype=np.float32), np.ones((6, width), dtype=np.float32)
        run(sdfg, starts=starts, columns=chosen, values=values, dense=dense, result=result, N=6, M=width, K=5, E=11)
        terms = values[:, None] * dense[chosen]
        expected = [terms[begin:end].sum(axis=0) for begin, end in itertools.pairwise(starts)]
        np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_sums_lie_on_the_stack_and_the_loop_over_columns_is_innermost(apply) -> None:
    sdfg = normalize(rows.to_sdfg(simplify=True))
    apply(InterchangeReductions(columns=16), sdfg)
    totals = [described for _, name, described in sdfg.arrays_recursive() if name.startswith("total")]
    assert {(described.storage, described.shape) for described in totals} == {(dace.StorageType.Register, (16,))}
    outermost = [node for state in sdfg.states() for node in state.nodes() if isinstance(node, nodes.MapEntry)]
    assert len(outermost) == 1


def test_products_of_matrices_are_computed_where_they_are_asked_for(apply, run, refuse) -> None:
    sdfg = normalize(product.to_sdfg(simplify=True))
    refuse(InterchangeReductions(), sdfg, "No sum in a row")
    apply(InterchangeReductions(columns=4, products=True), sdfg)
    rng = np.random.default_rng(0)
    a, b, c = rng.random((3, 6)), rng.random((6, 10)), np.ones((3, 10))
    run(sdfg, a=a, b=b, c=c, N=3, K=6, M=10)
    np.testing.assert_allclose(c, a @ b)


def test_columns_are_counted_from_one(refuse) -> None:
    refuse(InterchangeReductions(columns=0), normalize(rows.to_sdfg(simplify=True)), "'columns' must be at least 1")
