"""Maps in maps: collapsed, expanded, swapped."""

from __future__ import annotations

import dace
import numpy as np
from dace.dtypes import ScheduleType

from dace_transfer.transformations.steps.collapse import Collapse
from dace_transfer.transformations.steps.expand import Expand
from dace_transfer.transformations.steps.swap_nested import SwapNested

N, M, K = dace.symbol("N"), dace.symbol("M"), dace.symbol("K")


@dace.program
def nested(A: dace.float64[N, M, K], B: dace.float64[N, M, K], c: dace.float64[M]):
    for i in dace.map[0:N]:
        for j in dace.map[0:M]:
            for k in dace.map[0:K]:
                B[i, j, k] = A[i, j, k] * c[j]


@dace.program
def flat(A: dace.float64[N, M, K], B: dace.float64[N, M, K], c: dace.float64[M]):
    for i, j, k in dace.map[0:N, 0:M, 0:K]:
        B[i, j, k] = A[i, j, k] * c[j]


@dace.program
def triangle(A: dace.float64[N, N], B: dace.float64[N, N]):
    for i in dace.map[0:N]:
        for j in dace.map[0 : i + 1]:
            B[i, j] = A[i, j]


@dace.program
def two_inside(A: dace.float64[N, M], B: dace.float64[N, M], C: dace.float64[N, M]):
    for i in dace.map[0:N]:
        for j in dace.map[0:M]:
            B[i, j] = A[i, j]
        for k in dace.map[0:M]:
            C[i, k] = A[i, k]


def check(run, sdfg) -> None:
    a, b, c = np.random.rand(5, 6, 7), np.zeros((5, 6, 7)), np.random.rand(6)
    run(sdfg, A=a, B=b, c=c, N=5, M=6, K=7)
    np.testing.assert_allclose(b, a * c[:, None])


def params(handle):
    return list(handle.node.map.params)


def test_collapses_all_levels(apply, run) -> None:
    sdfg = nested.to_sdfg(simplify=True)
    (left,) = apply(Collapse(), sdfg).yields
    assert params(left) == ["i", "j", "k"]
    check(run, sdfg)


def test_collapses_up_to_a_limit(apply) -> None:
    (left,) = apply(Collapse(limit=1), nested.to_sdfg(simplify=True)).yields
    assert params(left) == ["i", "j"]


def test_collapses_what_runs_differently(apply) -> None:
    """MapCollapse alone insists on equal schedules, so it would never undo MapExpansion."""
    sdfg = flat.to_sdfg(simplify=True)
    assert len(apply(Expand(), sdfg).yields) == 3
    (left,) = apply(Collapse(), sdfg).yields
    assert params(left) == ["i", "j", "k"]


def test_expands(apply, run) -> None:
    sdfg = flat.to_sdfg(simplify=True)
    outer, inner = apply(Expand(limit=1), sdfg).yields
    assert (params(outer), params(inner)) == (["i"], ["j", "k"])
    assert inner.node.map.schedule is ScheduleType.Sequential
    check(run, sdfg)


def test_expands_a_triangle(apply, run) -> None:
    sdfg = triangle.to_sdfg(simplify=True)
    state = next(sdfg.states())
    outer, inner = [n for n in state.nodes() if isinstance(n, dace.nodes.MapEntry)]
    dace.sdfg.utils.merge_maps(state, outer, state.exit_node(outer), inner, state.exit_node(inner))
    assert [params(handle) for handle in apply(Expand(), sdfg).yields] == [["i"], ["j"]]
    a, b = np.random.rand(9, 9), np.zeros((9, 9))
    run(sdfg, A=a, B=b, N=9)
    np.testing.assert_allclose(b, np.tril(a))


def test_swaps(apply, run) -> None:
    sdfg = nested.to_sdfg(simplify=True)
    first = next(n for n in next(sdfg.states()).nodes() if isinstance(n, dace.nodes.MapEntry))
    first.map.schedule = ScheduleType.CPU_Multicore
    outer, inner = apply(SwapNested(), sdfg).yields
    assert (params(outer), params(inner)) == (["j"], ["i"])
    assert outer.node.map.schedule is ScheduleType.CPU_Multicore
    check(run, sdfg)


def test_refusals(refuse) -> None:
    refuse(Collapse(), flat.to_sdfg(simplify=True), "or none")
    refuse(Collapse(), two_inside.to_sdfg(simplify=True), "more than one")
    refuse(Collapse(), triangle.to_sdfg(simplify=True), "MapCollapse")
    refuse(SwapNested(), triangle.to_sdfg(simplify=True), "MapInterchange")
    refuse(Expand(target="inner_maps"), nested.to_sdfg(simplify=True), "MapExpansion")
