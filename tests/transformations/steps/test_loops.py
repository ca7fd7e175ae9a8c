"""Loops become maps or move into them."""

from __future__ import annotations

import dace
import numpy as np
from dace.sdfg.state import LoopRegion

from dace_transfer.transformations.steps.loop_to_map import LoopToMap
from dace_transfer.transformations.steps.move_loop_into_map import MoveLoopIntoMap

N, T = dace.symbol("N"), dace.symbol("T")


@dace.program
def independent(A: dace.float64[N, N], B: dace.float64[N, N]):
    for i in range(N):
        for j in range(N):
            B[i, j] = A[j, i] * 2


@dace.program
def prefix(A: dace.float64[N]):
    for i in range(1, N):
        A[i] = A[i - 1] + A[i]


@dace.program
def columns(A: dace.float64[T, N]):
    for t in range(1, T):
        for i in dace.map[0:N]:
            A[t, i] = A[t - 1, i] * 0.5 + A[t, i]


@dace.program
def skewed(A: dace.float64[T, N]):
    for t in range(1, T):
        for i in dace.map[1:N]:
            A[t, i] = A[t - 1, i - 1] + 1


@dace.program
def gathered(A: dace.float64[N], B: dace.float64[N], t0: dace.float64[T]):
    for t in range(1, T):
        for i in dace.map[0:N]:
            B[i] = B[i] + A[i] * t0[t]


def loops(sdfg):
    return [n for n, _ in sdfg.all_nodes_recursive() if isinstance(n, LoopRegion)]


def test_makes_maps_of_loops(apply, run) -> None:
    sdfg = independent.to_sdfg(simplify=True)
    done = apply(LoopToMap(), sdfg)
    assert done.count == 2 and len(done.yields) == 2 and not loops(sdfg)
    a, b = np.random.rand(7, 7), np.zeros((7, 7))
    run(sdfg, A=a, B=b, N=7)
    np.testing.assert_allclose(b, a.T * 2)


def test_leaves_a_prefix_sum(refuse) -> None:
    refuse(LoopToMap(), prefix.to_sdfg(simplify=True), "LoopToMap")


def test_moves_a_loop_into_its_map(apply, run) -> None:
    sdfg = columns.to_sdfg(simplify=True)
    (handle,) = apply(MoveLoopIntoMap(), sdfg).yields
    assert handle.state.entry_node(handle.node) is None and handle.state.sdfg is sdfg
    a = np.random.rand(6, 7)
    want = a.copy()
    for t in range(1, 6):
        want[t] = want[t - 1] * 0.5 + want[t]
    run(sdfg, A=a, N=7, T=6)
    np.testing.assert_allclose(a, want)


def test_moves_an_accumulation(apply, run) -> None:
    sdfg = gathered.to_sdfg(simplify=True)
    apply(MoveLoopIntoMap(), sdfg)
    a, b, t = np.random.rand(7), np.zeros(7), np.random.rand(5)
    run(sdfg, A=a, B=b, t0=t, N=7, T=5)
    np.testing.assert_allclose(b, a * t[1:].sum())


def test_refuses_iterations_that_exchange_data(refuse) -> None:
    """MoveLoopIntoMap accepts this one, and then iteration i may run before i - 1 has written."""
    refuse(MoveLoopIntoMap(), skewed.to_sdfg(simplify=True), "exchange data")


def test_refuses_loops_without_a_map(refuse) -> None:
    refuse(MoveLoopIntoMap(), prefix.to_sdfg(simplify=True), "holds 0 maps")
