"""Loops around one copy become maps where they write something else in every iteration."""

from __future__ import annotations

import dace
import numpy as np
import pytest
from dace.sdfg.state import LoopRegion

from dace_transfer.transformations.steps.map_copies import MapCopies

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def through_views(a: dace.float64[N * M], b: dace.float64[N * M]):
    rows = np.reshape(a, (M, N))
    columns = np.reshape(b, (N, M))
    for k in range(M):
        columns[:, k] = rows[0]


@dace.program
def moving(a: dace.float64[M, N], b: dace.float64[N, M]):
    for k in range(M):
        b[:, k] = a[k, :]


@dace.program
def overwritten(a: dace.float64[N, M], b: dace.float64[N]):
    for k in range(M):
        b[:] = a[:, k]


@dace.program
def within(a: dace.float64[N, M]):
    for k in range(1, M):
        a[:, k] = a[:, k - 1]


def loops(sdfg):
    return [region for region in sdfg.all_control_flow_regions() if isinstance(region, LoopRegion)]


def test_writes_through_views_become_a_map(apply, run) -> None:
    sdfg = through_views.to_sdfg(simplify=True)
    done = apply(MapCopies(), sdfg)
    assert not loops(sdfg)
    assert [len(handle.node.map.params) for handle in done.yields] == [2]
    a, b = np.random.rand(15), np.zeros(15)
    run(sdfg, a=a, b=b, N=3, M=5)
    assert np.array_equal(b.reshape(3, 5), np.repeat(a[:3, None], 5, axis=1))


def test_what_is_read_may_change_too(apply, run) -> None:
    sdfg = moving.to_sdfg(simplify=True)
    apply(MapCopies(), sdfg)
    assert not loops(sdfg)
    a, b = np.random.rand(5, 3), np.zeros((3, 5))
    run(sdfg, a=a, b=b, N=3, M=5)
    assert np.array_equal(b, a.T)


@pytest.mark.parametrize(("program", "reason"), [(overwritten, "one place"), (within, "one container to another")])
def test_iterations_that_write_the_same_or_read_what_others_write_stay(refuse, program, reason) -> None:
    refuse(MapCopies(), program.to_sdfg(simplify=True), reason)
