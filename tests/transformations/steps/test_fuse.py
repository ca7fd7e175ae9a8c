"""Maps that pass values on, or read the same, become one."""

from __future__ import annotations

import contextlib

import dace
import numpy as np

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.expand_reduction import ExpandReduction
from dace_transfer.transformations.steps.fuse import Fuse
from dace_transfer.transformations.steps.fuse_horizontal import FuseHorizontal

N = dace.symbol("N")


@dace.program
def chain(A: dace.float64[N, N], B: dace.float64[N, N]):
    B[:] = np.exp(A + 1) * A - 2


@dace.program
def neighbours(A: dace.float64[N], B: dace.float64[N]):
    t = A * 2
    B[1 : N - 1] = t[0 : N - 2] + t[2:N]


@dace.program
def siblings(A: dace.float64[N], B: dace.float64[N], C: dace.float64[N]):
    for i in dace.map[0:N]:
        B[i] = A[i] + 1
    for j in dace.map[0:N]:
        C[j] = A[j] * 2


@dace.program
def strangers(A: dace.float64[N], B: dace.float64[N], C: dace.float64[N], D: dace.float64[N]):
    for i in dace.map[0:N]:
        B[i] = A[i] + 1
    for j in dace.map[0:N]:
        D[j] = C[j] * 2


@dace.program
def bounds(A: dace.float64[N], low: dace.float64[1], high: dace.float64[1]):
    low[0] = np.min(A)
    high[0] = np.max(A)


def test_keeps_resets_before_what_accumulates(apply, run) -> None:
    """MapFusionHorizontal fuses the loops over A too, and forgets that both accumulators are reset before."""
    sdfg = bounds.to_sdfg(simplify=True)
    apply(ExpandReduction(), sdfg)
    for target in ("maps", "inner_maps"):
        with contextlib.suppress(NotApplicableError):
            apply(FuseHorizontal(target=target), sdfg)
    a, low, high = np.random.rand(150) - 5, np.zeros(1), np.zeros(1)
    run(sdfg, A=a, low=low, high=high, N=150)
    assert (low[0], high[0]) == (a.min(), a.max())


def test_fuses_a_chain_into_one_map(apply, run) -> None:
    sdfg = chain.to_sdfg(simplify=True)
    done = apply(Fuse(), sdfg)
    assert len(done.yields) == 1 and done.count == 3
    a, b = np.random.rand(7, 7), np.zeros((7, 7))
    run(sdfg, A=a, B=b, N=7)
    np.testing.assert_allclose(b, np.exp(a + 1) * a - 2)


def test_leaves_maps_that_need_their_neighbours(refuse) -> None:
    refuse(Fuse(), neighbours.to_sdfg(simplify=True), "None of 2 maps")


def test_fuses_only_targets(refuse) -> None:
    refuse(Fuse(target="maps[0]"), chain.to_sdfg(simplify=True), "None of 1 maps")


def test_fuses_siblings(apply, run) -> None:
    sdfg = siblings.to_sdfg(simplify=True)
    assert len(apply(FuseHorizontal(), sdfg).yields) == 1
    a, b, c = np.random.rand(7), np.zeros(7), np.zeros(7)
    run(sdfg, A=a, B=b, C=c, N=7)
    np.testing.assert_allclose(b, a + 1)
    np.testing.assert_allclose(c, a * 2)


def test_fuses_strangers_only_if_told(apply, refuse) -> None:
    refuse(FuseHorizontal(), strangers.to_sdfg(simplify=True), "No two of 2 maps")
    assert apply(FuseHorizontal(common_input=False), strangers.to_sdfg(simplify=True)).count == 1
