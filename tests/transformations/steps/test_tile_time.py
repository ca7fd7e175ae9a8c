"""Tiles over time in programs that are built: also where what is handed on is a temporary of the program."""

import dace
import numpy as np
import pytest

from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.tile_time import TileTime

N, M, T = dace.symbol("N"), dace.symbol("M"), dace.symbol("T")


@dace.program
def smoothing(x: dace.float64[N, M]):
    y = np.zeros_like(x)
    for _ in range(T):
        y[1:-1] = 0.5 * (x[:-2] + x[2:])
        x[1:-1] = 0.25 * (y[:-2] + 2 * y[1:-1] + y[2:])


@dace.program
def counted(x: dace.float64[N], y: dace.float64[N], steps: dace.int64):
    for _ in range(steps):
        y[1:-1] = x[:-2] + x[2:]
        x[1:-1] = 0.5 * y[1:-1]


@dace.program
def growing(x: dace.float64[N]):
    for _ in range(T):
        x *= 2


def smoothed(x: np.ndarray, times: int) -> np.ndarray:
    x, y = x.copy(), np.zeros_like(x)
    for _ in range(times):
        y[1:-1] = 0.5 * (x[:-2] + x[2:])
        x[1:-1] = 0.25 * (y[:-2] + 2 * y[1:-1] + y[2:])
    return x


@pytest.mark.parametrize(("steps", "size"), [(1, 1), (3, 5), (4, 64)])
def test_temporaries_are_handed_on_from_tile_to_tile(apply, run, steps, size) -> None:
    sdfg = normalize(smoothing.to_sdfg(simplify=True))
    apply(TileTime(steps=steps, size=size), sdfg)
    x = np.random.default_rng(0).random((33, 7))
    expected = smoothed(x, 14)
    run(sdfg, x=x, N=33, M=7, T=14)
    np.testing.assert_allclose(x, expected)


def test_tiles_of_a_wave_are_a_map_although_a_scalar_says_how_long(apply, run) -> None:
    sdfg = normalize(counted.to_sdfg(simplify=True))
    apply(TileTime(steps=2, size=4), sdfg)
    outermost = [node for state in sdfg.states() for node in state.nodes() if isinstance(node, dace.nodes.MapEntry)]
    assert len(outermost) == 1
    x, y = np.arange(21.0), np.zeros(21)
    run(sdfg, x=x, y=y, steps=5, N=21)
    expected = np.arange(21.0)
    for _ in range(5):
        expected[1:-1] = 0.5 * (expected[:-2] + expected[2:])
    np.testing.assert_allclose(x, expected)


def test_loops_that_hand_nothing_on_stay(refuse) -> None:
    refuse(TileTime(), normalize(growing.to_sdfg(simplify=True)), "No sequential loop sweeps")
