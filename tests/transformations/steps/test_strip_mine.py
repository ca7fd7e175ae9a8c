"""One loop of a map is cut in two."""

from __future__ import annotations

import dace
import numpy as np
import pytest
from dace.dtypes import ScheduleType

from dace_transfer.transformations.steps.strip_mine import StripMine

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def scale(A: dace.float64[N, M], B: dace.float64[N, M]):
    for i, j in dace.map[1:N, 0:M:2]:
        B[i, j] += 2 * A[i, j] + i


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_covers_every_iteration_once(apply, run, dim) -> None:
    sdfg = scale.to_sdfg(simplify=True)
    before = next(n for n, _ in sdfg.all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry))
    before.map.schedule = ScheduleType.CPU_Multicore
    outer, inner = apply(StripMine(dim=dim, size=4), sdfg).yields
    assert len(outer.node.map.params) == 1 and list(inner.node.map.params) == ["i", "j"]
    assert outer.node.map.schedule is ScheduleType.CPU_Multicore
    assert inner.node.map.schedule is ScheduleType.Sequential
    a, b = np.random.rand(11, 13), np.zeros((11, 13))
    run(sdfg, A=a, B=b, N=11, M=13)
    want = np.zeros_like(b)
    want[1:, ::2] = (2 * a + np.arange(11)[:, None])[1:, ::2]
    np.testing.assert_allclose(b, want)


def test_refuses_loops_that_are_not_there(refuse) -> None:
    refuse(StripMine(dim=2), scale.to_sdfg(simplify=True), "has 2 loops")
    refuse(StripMine(size=0), scale.to_sdfg(simplify=True), "at least 1")
