"""Simplification, and views that only add axes of length one."""

from __future__ import annotations

import dace
import numpy as np

from dace_transfer.transformations.steps.drop_views import DropViews
from dace_transfer.transformations.steps.simplify import Simplify

N = dace.symbol("N")


@dace.program
def centre(A: dace.float64[N, 5], B: dace.float64[N, 5]):
    B[:] = A - np.add.reduce(A, axis=1, keepdims=True)


@dace.program
def transposed(A: dace.float64[N, 4], B: dace.float64[4, N]):
    B[:] = np.reshape(A, (4, N)) + 1


def test_simplifies_once(apply, refuse) -> None:
    sdfg = centre.to_sdfg(simplify=False)
    states = len(list(sdfg.states()))
    apply(Simplify(), sdfg)
    assert len(list(sdfg.states())) < states
    refuse(Simplify(), sdfg, "already")


def test_drops_the_view_that_keepdims_makes(apply, run, refuse) -> None:
    sdfg = centre.to_sdfg(simplify=True)
    assert apply(DropViews(), sdfg).count == 1
    assert not any(isinstance(desc, dace.data.View) for desc in sdfg.arrays.values())
    refuse(DropViews(), sdfg, "No view")
    a, b = np.random.rand(7, 5), np.zeros((7, 5))
    run(sdfg, A=a, B=b, N=7)
    np.testing.assert_allclose(b, a - a.sum(axis=1, keepdims=True))


def test_leaves_views_that_reshape(refuse) -> None:
    refuse(DropViews(), transposed.to_sdfg(simplify=True), "No view")
