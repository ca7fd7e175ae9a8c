"""Tiles cover a map exactly, also where they do not divide it."""

from __future__ import annotations

import dace
import numpy as np
import pytest
from dace.dtypes import ScheduleType

from dace_transfer.transformations.steps.tile import Tile

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def scale(A: dace.float64[N, M], B: dace.float64[N, M]):
    for i, j in dace.map[1:N, 0:M:2]:
        B[i, j] += 2 * A[i, j] + i


@dace.program
def fill(B: dace.float64[N]):
    for i in dace.map[0:N]:
        B[i] = 3


@dace.program
def triangle(A: dace.float64[N, N], B: dace.float64[N, N]):
    for i in dace.map[0:N]:
        for j in dace.map[0:i]:
            B[i, j] = A[i, j]


@pytest.mark.parametrize("sizes", [(4,), (4, 3), (1, 4), (0, 5), (3, 0), (4, 4, 4)])
def test_covers_every_iteration_once(apply, run, sizes) -> None:
    sdfg = scale.to_sdfg(simplify=True)
    outer, inner = apply(Tile(sizes=sizes), sdfg).yields
    assert inner.state.entry_node(inner.node) is outer.node
    assert inner.node.map.schedule is ScheduleType.Sequential
    assert outer.node.map.schedule is ScheduleType.Default
    a, b = np.random.rand(11, 13), np.zeros((11, 13))
    run(sdfg, A=a, B=b, N=11, M=13)
    want = np.zeros_like(b)
    want[1:, ::2] = (2 * a + np.arange(11)[:, None])[1:, ::2]
    np.testing.assert_allclose(b, want)


def test_tiles_a_map_without_inputs(apply, run) -> None:
    sdfg = fill.to_sdfg(simplify=True)
    apply(Tile(sizes=(4,)), sdfg)
    b = np.zeros(10)
    run(sdfg, B=b, N=10)
    assert (b == 3).all()


def test_tiles_the_inner_map_of_a_triangle(apply, run) -> None:
    sdfg = triangle.to_sdfg(simplify=True)
    apply(Tile(target="inner_maps", sizes=(4,)), sdfg)
    a, b = np.random.rand(11, 11), np.zeros((11, 11))
    run(sdfg, A=a, B=b, N=11)
    np.testing.assert_allclose(b, np.tril(a, -1))


def test_refuses_tiles_that_change_nothing(refuse) -> None:
    refuse(Tile(sizes=(0,)), scale.to_sdfg(simplify=True), "as large as")
    refuse(Tile(sizes=(1,)), scale.to_sdfg(simplify=True), "no map inside")
    refuse(Tile(sizes=(-2,)), scale.to_sdfg(simplify=True), "negative")


def test_refuses_single_iterations_of_a_strided_loop(refuse) -> None:
    """MapTiling accepts them, and the tiled program runs out of its arrays."""
    refuse(Tile(sizes=(4, 1)), scale.to_sdfg(simplify=True), "step 1")


def test_refuses_a_range_that_depends_on_another_loop(refuse) -> None:
    """MapTiling accepts it, and then uses the inner parameter outside of its map."""
    sdfg = scale.to_sdfg(simplify=True)
    entry = next(n for n, _ in sdfg.all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry))
    entry.map.range = dace.subsets.Range.from_string("0:N, 0:i+1")
    refuse(Tile(), sdfg, "not rectangular")
