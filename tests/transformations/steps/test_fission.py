"""A map becomes one for each computation in it."""

from __future__ import annotations

import dace
import numpy as np

from dace_transfer.transformations.steps.fission import Fission
from dace_transfer.transformations.steps.fuse import Fuse

N = dace.symbol("N")


@dace.program
def chain(A: dace.float64[N, 5], B: dace.float64[N, 5]):
    B[:] = np.exp(A) + A


@dace.program
def single(A: dace.float64[N], B: dace.float64[N]):
    B[:] = A + 1


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
