"""How many triangles of a graph every vertex is in."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

VERTICES = dace.symbol("VERTICES")


@dace.program
def triangles(adjacency: dace.int32[VERTICES, VERTICES], counts: dace.int32[VERTICES]) -> None:
    for vertex in dace.map[0:VERTICES]:
        total = 0
        for first in range(VERTICES):
            for second in range(first):
                total += adjacency[vertex, first] * adjacency[vertex, second] * adjacency[first, second]
        counts[vertex] = total


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
    sizes={"S": {"VERTICES": 160}, "M": {"VERTICES": 500}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("counts",),
    description="triangles at every vertex of a dense graph, in integers",
    rtol=0.0,
)
