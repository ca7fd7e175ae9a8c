"""The smallest label in reach, passed on along the edges of a graph."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes
from benchmarks.programs.sparsity import row_starts

VERTICES, EDGES, STEPS = (dace.symbol(name) for name in ("VERTICES", "EDGES", "STEPS"))


@dace.program
def label_propagation(
    starts: dace.int32[VERTICES + 1], neighbours: dace.int32[EDGES], labels: dace.int32[VERTICES]
) -> None:
    for _ in range(STEPS):
        previous = np.copy(labels)
        for vertex in range(VERTICES):
            for edge in range(starts[vertex], starts[vertex + 1]):
                labels[vertex] = min(labels[vertex], previous[neighbours[edge]])


def reference(starts: np.ndarray, neighbours: np.ndarray, labels: np.ndarray, STEPS: int) -> None:
    vertices = np.repeat(np.arange(len(labels)), np.diff(starts))
    for _ in range(STEPS):
        np.minimum.at(labels, vertices, labels[neighbours])


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    vertices, edges = sizes["VERTICES"], sizes["EDGES"]
    return {
        "starts": row_starts(vertices, edges, rng),
        "neighbours": rng.integers(vertices, size=edges, dtype=np.int32),
        "labels": rng.permutation(vertices).astype(np.int32),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="label_propagation",
    family="graph",
    program=label_propagation,
    sizes={
        "S": {"VERTICES": 8000, "EDGES": 30000, "STEPS": 5},
        "M": {"VERTICES": 100000, "EDGES": 400000, "STEPS": 10},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("labels",),
    description="connected components by spreading the smallest label",
    rtol=0.0,
)
