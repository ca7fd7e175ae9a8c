"""Sums in blocks, for all results at once."""

import itertools

import dace
import numpy as np
import pytest

from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.block_reductions import BlockReductions

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def bins(x: dace.float64[N], w: dace.float64[N], edges: dace.float64[M], y: dace.float64[M]):
    for i in range(M - 1):
        inside = np.logical_and(edges[i] <= x, x < edges[i + 1])
        total = np.float64(0)
        count = 0
        for j in dace.map[0:N]:
            if inside[j]:
                total += w[j]
                count += 1
        y[i] = total / (1 + count)


@dace.program
def product(a: dace.float64[N, N], b: dace.float64[N, N], c: dace.float64[N, N]):
    c[:] = a @ b


@dace.program
def later(x: dace.float64[N], y: dace.float64[M]):
    for i in dace.map[0:M]:
        total = np.float64(0)
        for j in range(3, N):
            total += np.exp(x[j] * i)
        y[i] = total


@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_whole_blocks_and_the_rest_are_added_up(apply, run, size) -> None:
    sdfg = normalize(bins.to_sdfg(simplify=True))
    apply(BlockReductions(size=size), sdfg)
    rng = np.random.default_rng(0)
    x, w, edges, y = rng.random(13), rng.random(13), np.linspace(0, 1, 5).copy(), np.zeros(5)
    run(sdfg, x=x, w=w, edges=edges, y=y, N=13, M=5)
    inside = [(low <= x) & (x < high) for low, high in itertools.pairwise(edges)]
    np.testing.assert_allclose(y[:4], [w[one].sum() / (1 + one.sum()) for one in inside])


def test_reductions_over_one_range_share_a_loop_over_blocks(apply) -> None:
    sdfg = normalize(bins.to_sdfg(simplify=True))
    apply(BlockReductions(size=4), sdfg)
    loops = [region for region in sdfg.all_control_flow_regions() if isinstance(region, dace.sdfg.state.LoopRegion)]
    assert len(loops) == 1


def test_products_of_matrices_stay(refuse) -> None:
    refuse(BlockReductions(), normalize(product.to_sdfg(simplify=True)), "No sum reads one element")


def test_nothing_is_added_where_a_range_is_empty(apply, run) -> None:
    sdfg = normalize(later.to_sdfg(simplify=True))
    apply(BlockReductions(size=4), sdfg)
    x, y = np.ones(1), np.full(3, 7.0)
    run(finalize(sdfg, {"N": 1, "M": 3}), x=x, y=y)
    np.testing.assert_array_equal(y, 0)
