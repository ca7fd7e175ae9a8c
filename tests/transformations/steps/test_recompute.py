"""Chains of stencils without what they hand on."""

import dace
import numpy as np

from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.recompute import Recompute

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def twice(x: dace.float64[N, M], y: dace.float64[N, M]):
    t = x[1:, :] * x[1:, :] - x[:-1, :] * x[:-1, :]
    y[1:-1, :] = t[1:, :] - t[:-1, :]


@dace.program
def means(x: dace.float64[N, M], y: dace.float64[N, M]):
    m = np.exp(x[:, 0])
    for i, j in dace.map[0:N, 0:M]:
        y[i, j] = x[i, j] * m[i] + m[N - 1 - i]


def transients(sdfg: dace.SDFG) -> list[str]:
    return [name for name, described in sdfg.arrays.items() if described.transient and described.total_size != 1]


def test_what_neighbours_share_is_computed_by_each(apply, run) -> None:
    sdfg = normalize(twice.to_sdfg(simplify=True))
    assert transients(sdfg)
    apply(Recompute(times=2), sdfg)
    assert not transients(sdfg)
    x, y = np.random.default_rng(0).random((6, 5)), np.zeros((6, 5))
    run(sdfg, x=x, y=y, N=6, M=5)
    t = x[1:] ** 2 - x[:-1] ** 2
    np.testing.assert_allclose(y[1:-1], t[1:] - t[:-1])


def test_no_more_often_than_asked_for(refuse) -> None:
    refuse(Recompute(times=1), normalize(twice.to_sdfg(simplify=True)), "up to 1 times")


def test_nothing_is_computed_for_every_iteration_of_a_loop_it_does_not_depend_on(refuse) -> None:
    refuse(Recompute(), normalize(means.to_sdfg(simplify=True)), "up to 4 times")
