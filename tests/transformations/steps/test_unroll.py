"""Maps and loops with few, known iterations are written out."""

from __future__ import annotations

import dace
import numpy as np
from dace.sdfg.state import LoopRegion

from dace_transfer.transformations.steps.unroll import Unroll

N = dace.symbol("N")


@dace.program
def small(A: dace.float64[3], B: dace.float64[3]):
    for i in dace.map[0:3]:
        B[i] = A[i] * 2 + i


@dace.program
def inside(A: dace.float64[N, 3], B: dace.float64[N, 3]):
    for i in dace.map[0:N]:
        for j in dace.map[0:3]:
            B[i, j] = A[i, j] * 2


@dace.program
def connected(A: dace.float64[3], B: dace.float64[3]):
    for i in dace.map[0:3]:
        A[i] = A[i] + 1
    for j in dace.map[0:3]:
        B[j] = A[2 - j]


@dace.program
def backwards(A: dace.float64[6]):
    for i in range(4, 0, -2):
        A[i] = A[i + 1] + A[i]


@dace.program
def unknown(A: dace.float64[N]):
    for i in range(1, N):
        A[i] = A[i - 1] + A[i]


def scopes(sdfg):
    return [n for n, _ in sdfg.all_nodes_recursive() if isinstance(n, (dace.nodes.MapEntry, LoopRegion))]


def test_writes_out_a_map(apply, run) -> None:
    sdfg = small.to_sdfg(simplify=True)
    apply(Unroll(), sdfg)
    assert not scopes(sdfg)
    a, b = np.random.rand(3), np.zeros(3)
    run(sdfg, A=a, B=b)
    np.testing.assert_allclose(b, a * 2 + np.arange(3))


def test_marks_a_map_inside_a_map(apply, run) -> None:
    sdfg = inside.to_sdfg(simplify=True)
    (handle,) = apply(Unroll(), sdfg).yields
    assert handle.node.map.unroll
    a, b = np.random.rand(7, 3), np.zeros((7, 3))
    run(sdfg, A=a, B=b, N=7)
    np.testing.assert_allclose(b, a * 2)


def test_writes_out_a_loop(apply, run) -> None:
    sdfg = backwards.to_sdfg(simplify=True)
    apply(Unroll(target="loops"), sdfg)
    assert not scopes(sdfg)
    a = np.random.rand(6)
    want = a.copy()
    backwards.f(want)
    run(sdfg, A=a)
    np.testing.assert_allclose(a, want)


def test_refusals(refuse) -> None:
    refuse(Unroll(limit=2), small.to_sdfg(simplify=True), "expected 1 to 2")
    refuse(Unroll(target="maps"), inside.to_sdfg(simplify=True), "no number")
    refuse(Unroll(target="loops"), unknown.to_sdfg(simplify=True), "not known")


def test_refuses_a_map_that_others_are_connected_to(refuse) -> None:
    """MapUnroll would copy the map that increments `A`, which then counts several times."""
    refuse(Unroll(), connected.to_sdfg(simplify=True), "connected to others")
