"""One parallel loop around sweeps along another dimension, as a step on programs."""

import dace
import numpy as np

from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.fuse_outer import FuseOuter

N, M, K = (dace.symbol(name) for name in "NMK")


@dace.program
def sweep(x: dace.float64[N, M, K], y: dace.float64[N, M, K]):
    for k in range(1, K):
        t = np.sin(x[:, :, k]) + y[:, :, k - 1]
        y[:, :, k] = t * t
    for k in range(1, K):
        y[:, :, K - 1 - k] += 0.5 * y[:, :, K - k]


@dace.program
def smooth(x: dace.float64[N], y: dace.float64[N]):
    y[1:-1] = x[:-2] + x[2:]
    x[1:-1] = y[:-2] + y[2:]


def expected(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    y = y.copy()
    for k in range(1, x.shape[2]):
        y[:, :, k] = (np.sin(x[:, :, k]) + y[:, :, k - 1]) ** 2
    for k in range(1, x.shape[2]):
        y[:, :, -1 - k] += 0.5 * y[:, :, -k]
    return y


def outermost(sdfg: dace.SDFG) -> list[dace.nodes.MapEntry]:
    states = [block for block in sdfg.nodes() if isinstance(block, dace.SDFGState)]
    return [n for state in states for n in state.nodes() if isinstance(n, dace.nodes.MapEntry)]


def test_sweeps_run_inside_of_one_map(apply, run) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((5, 7, 6)), rng.random((5, 7, 6))
    for depth in (1, 2):
        sdfg = normalize(sweep.to_sdfg(simplify=True))
        apply(FuseOuter(depth=depth), sdfg)
        assert [len(entry.map.params) for entry in outermost(sdfg)] == [depth]
        assert len(sdfg.nodes()) == 1, "nothing is left outside"
        result = y.copy()
        run(sdfg, x=x.copy(), y=result, N=5, M=7, K=6)
        np.testing.assert_allclose(result, expected(x, y))


def test_lanes_run_side_by_side_in_the_sweeps_and_the_rest_after_them(apply, run) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((5, 7, 6)), rng.random((5, 7, 6))
    sdfg = normalize(sweep.to_sdfg(simplify=True))
    apply(FuseOuter(depth=2, lanes=4), sdfg)
    result = y.copy()
    run(sdfg, x=x.copy(), y=result, N=5, M=7, K=6)
    np.testing.assert_allclose(result, expected(x, y))
    entries = [node for node, _ in sdfg.all_nodes_recursive() if isinstance(node, dace.nodes.MapEntry)]
    assert "0:4" in {str(entry.map.range) for entry in entries}


def test_nests_that_need_one_another_s_neighbours_stay_apart(refuse) -> None:
    refuse(FuseOuter(), normalize(smooth.to_sdfg(simplify=True)), "No two neighbouring nests")
