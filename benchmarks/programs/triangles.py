"""How many triangles of a graph every vertex is in."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

VERTICES = dace.symbol("VERTICES")


@dace.program
def triangles(adjacency: dace.int32[VERTICES, VERTICES], counts: dace.int32[VERTICES]) -> None:
    paths = adjacency @ adjacency
    counts[:] = np.sum(paths * adjacency, axis=1) // 2


def reference(adjacency: np.ndarray, counts: np.ndarray) -> None:
    for vertex, row in enumerate(adjacency):
        friends = np.flatnonzero(row)
        counts[vertex] = adjacency[np.ix_(friends, friends)].sum() // 2


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    vertices = sizes["VERTICES"]
    half = np.triu(rng.random((vertices, vertices)) < 0.2, 1)
    return {"adjacency": (half | half.T).astype(np.int32), "counts": np.zeros(vertices, dtype=np.int32)}


PROGRAM = Program(
    name="triangles",
    family="graph",
    program=triangles,
    sizes={"S": {"VERTICES": 80}, "M": {"VERTICES": 400}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("counts",),
    description="triangles at every vertex, from an integer matrix product",
    rtol=0.0,
)
