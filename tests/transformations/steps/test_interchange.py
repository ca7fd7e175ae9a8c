"""Loops of a map change places, where they may."""

from __future__ import annotations

import dace
import numpy as np

from dace_transfer.transformations.steps.interchange import Interchange

N, M, K = dace.symbol("N"), dace.symbol("M"), dace.symbol("K")


@dace.program
def product(A: dace.float64[N, K], B: dace.float64[K, M], C: dace.float64[N, M]):
    for i, j, k in dace.map[0:N, 0:M, 0:K]:
        C[i, j] += A[i, k] * B[k, j]


@dace.program
def triangle(A: dace.float64[N, N], B: dace.float64[N, N]):
    for i, j in dace.map[0:N, 0:N]:
        B[i, j] = A[i, j]


def loops(done):
    return list(done.yields[0].node.map.params)


def test_reorders_and_computes_the_same(apply, run) -> None:
    sdfg = product.to_sdfg(simplify=True)
    assert loops(apply(Interchange(order=(0, 2, 1)), sdfg)) == ["i", "k", "j"]
    a, b, c = np.random.rand(7, 5), np.random.rand(5, 3), np.ones((7, 3))
    run(sdfg, A=a, B=b, C=c, N=7, M=3, K=5)
    np.testing.assert_allclose(c, 1 + a @ b)


def test_no_order_is_the_reverse(apply) -> None:
    assert loops(apply(Interchange(), product.to_sdfg(simplify=True))) == ["k", "j", "i"]


def test_refuses_orders_that_do_not_fit(refuse) -> None:
    refuse(Interchange(order=(1, 0)), product.to_sdfg(simplify=True), "no permutation")
    refuse(Interchange(order=(0, 1, 2)), product.to_sdfg(simplify=True), "already")


def test_refuses_a_range_that_depends_on_another_loop(refuse) -> None:
    sdfg = triangle.to_sdfg(simplify=True)
    entry = next(n for n, _ in sdfg.all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry))
    entry.map.range = dace.subsets.Range.from_string("0:N, 0:i+1")
    refuse(Interchange(), sdfg, "not rectangular")
