"""Shortest paths between all pairs of nodes of a dense graph."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")


@dace.program
def shortest_paths(lengths: dace.float64[N, N]) -> None:
    for via in range(N):
        lengths[:] = np.minimum(lengths, np.add.outer(lengths[:, via], lengths[via, :]))


def reference(lengths: np.ndarray) -> None:
    for via in range(len(lengths)):
        lengths[:] = np.minimum(lengths, lengths[:, via : via + 1] + lengths[via])


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    lengths = rng.uniform(1.0, 100.0, (n, n))
    np.fill_diagonal(lengths, 0.0)
    return {"lengths": lengths}


PROGRAM = Program(
    name="shortest_paths",
    family="shortest_paths",
    program=shortest_paths,
    sizes={"S": {"N": 40}, "M": {"N": 350}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("lengths",),
    description="Floyd-Warshall on a dense graph",
)
