"""Squared distances from every query to its nearest points."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

QUERIES, POINTS, DIMS, NEAREST = (dace.symbol(name) for name in ("QUERIES", "POINTS", "DIMS", "NEAREST"))


@dace.program
def nearest_distances(
    queries: dace.float32[QUERIES, DIMS],
    points: dace.float32[POINTS, DIMS],
    nearest: dace.float32[QUERIES, NEAREST],
) -> None:
    squares = np.zeros((QUERIES, POINTS), dtype=np.float32)
    for axis in range(DIMS):
        offset = np.subtract.outer(queries[:, axis], points[:, axis])
        squares += offset * offset
    for rank in range(NEAREST):
        nearest[:, rank] = np.min(squares, axis=1)
        for query, point in dace.map[0:QUERIES, 0:POINTS]:
            if squares[query, point] <= nearest[query, rank]:
                squares[query, point] = np.inf


def reference(queries: np.ndarray, points: np.ndarray, nearest: np.ndarray) -> None:
    for row, query in enumerate(queries):
        squares = np.square(points - query).sum(axis=1)
        nearest[row] = np.sort(squares)[: nearest.shape[1]]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    queries, points, dims = sizes["QUERIES"], sizes["POINTS"], sizes["DIMS"]
    return {
        "queries": rng.random((queries, dims), dtype=np.float32),
        "points": rng.random((points, dims), dtype=np.float32),
        "nearest": np.zeros((queries, sizes["NEAREST"]), dtype=np.float32),
    }


PROGRAM = Program(
    name="nearest_distances",
    family="pairwise",
    program=nearest_distances,
    sizes={
        "S": {"QUERIES": 120, "POINTS": 160, "DIMS": 3, "NEAREST": 4},
        "M": {"QUERIES": 1000, "POINTS": 1500, "DIMS": 6, "NEAREST": 8},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("nearest",),
    description="distances to the nearest points, found by repeated minima",
    rtol=1e-4,
)
