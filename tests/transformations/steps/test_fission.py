"""A map becomes one for each computation in it."""

from __future__ import annotations

import dace
import numpy as np

from dace_transfer.transformations.steps.drop_views import DropViews
from dace_transfer.transformations.steps.expand_reduction import ExpandReduction
from dace_transfer.transformations.steps.fission import Fission
from dace_transfer.transformations.steps.fuse import Fuse
from dace_transfer.transformations.steps.subgraph_fuse import SubgraphFuse

N = dace.symbol("N")


@dace.program
def chain(A: dace.float64[N, 5], B: dace.float64[N, 5]):
    B[:] = np.exp(A) + A


@dace.program
def single(A: dace.float64[N], B: dace.float64[N]):
    B[:] = A + 1


@dace.program
def sums(A: dace.float64[N, 5], B: dace.float64[N, 5]):
    B[:] = A / np.add.reduce(A, axis=1, keepdims=True)


def test_refuses_a_map_that_accumulates(apply, refuse) -> None:
    """MapFission accepts it; the code it leaves uses the parameter of a map that is gone."""
    sdfg = sums.to_sdfg(simplify=True)
    for step in (DropViews(), ExpandReduction(), SubgraphFuse()):
        apply(step, sdfg)
    refuse(Fission(), sdfg, "orders, folds or copies")


def test_splits_what_fuse_fused(apply, run) -> None:
    sdfg = chain.to_sdfg(simplify=True)
    assert len(apply(Fuse(), sdfg).yields) == 1
    done = apply(Fission(), sdfg)
    assert len(done.yields) == 2
    a, b = np.random.rand(7, 5), np.zeros((7, 5))
    run(sdfg, A=a, B=b, N=7)
    np.testing.assert_allclose(b, np.exp(a) + a)


def test_leaves_a_single_computation(refuse) -> None:
    refuse(Fission(), single.to_sdfg(simplify=True), "only one computation")
