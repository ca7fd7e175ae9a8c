"""Temporaries that are copied in another shape are views of where they go."""

from __future__ import annotations

import dace
import numpy as np
import pytest

from dace_transfer.transformations.steps.write_through import WriteThrough

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def flattened(a: dace.float64[N, M], b: dace.float64[N * M]):
    b[:] = np.reshape(np.transpose(a), (N * M,))


@dace.program
def read_again(a: dace.float64[N, M], b: dace.float64[N * M], c: dace.float64[M, N]):
    t = np.transpose(a)
    b[:] = np.reshape(t, (N * M,))
    c[:] = t + 1


@dace.program
def in_place(b: dace.float64[N * M]):
    b[:] = np.reshape(np.transpose(np.reshape(b, (N, M))), (N * M,))


@dace.program
def part(a: dace.float64[N, M], b: dace.float64[2 * N * M]):
    b[0 : N * M] = np.reshape(np.transpose(a), (N * M,))


def test_a_transposition_is_written_where_it_goes(apply, run) -> None:
    sdfg = flattened.to_sdfg(simplify=True)
    apply(WriteThrough(), sdfg)
    assert not [name for name, d in sdfg.arrays.items() if d.transient and not isinstance(d, dace.data.View)]
    a, b = np.random.rand(3, 5), np.zeros(15)
    run(sdfg, a=a, b=b, N=3, M=5)
    assert np.array_equal(b, a.T.ravel())


@pytest.mark.parametrize("program", [read_again, in_place, part])
def test_what_others_see_stays(refuse, program) -> None:
    refuse(WriteThrough(), program.to_sdfg(simplify=True), "No temporary")
