"""The assignment step of k-means: the nearest centre of every point."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

POINTS, CENTRES, DIMS = (dace.symbol(name) for name in ("POINTS", "CENTRES", "DIMS"))


@dace.program
def kmeans(
    points: dace.float64[POINTS, DIMS],
    centres: dace.float64[CENTRES, DIMS],
    nearest: dace.int64[POINTS],
    distance: dace.float64[POINTS],
) -> None:
    distance[:] = np.inf
    for centre in range(CENTRES):
        offset = points - centres[centre]
        candidate = np.sum(offset * offset, axis=1)
        for point in dace.map[0:POINTS]:
            if candidate[point] < distance[point]:
                distance[point] = candidate[point]
                nearest[point] = centre


def reference(points: np.ndarray, centres: np.ndarray, nearest: np.ndarray, distance: np.ndarray) -> None:
    squares = np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres])
    nearest[:] = squares.argmin(axis=0)
    distance[:] = squares.min(axis=0)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    points, centres, dims = sizes["POINTS"], sizes["CENTRES"], sizes["DIMS"]
    return {
        "points": rng.random((points, dims)),
        "centres": rng.random((centres, dims)),
        "nearest": np.zeros(points, dtype=np.int64),
        "distance": np.zeros(points),
    }


PROGRAM = Program(
    name="kmeans",
    family="pairwise",
    program=kmeans,
    sizes={"S": {"POINTS": 500, "CENTRES": 5, "DIMS": 4}, "M": {"POINTS": 50000, "CENTRES": 16, "DIMS": 8}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("nearest", "distance"),
    description="nearest centre of every point, one centre at a time",
)
