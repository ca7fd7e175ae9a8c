"""Euclidean distances between all pairs of two point sets."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

LEFT, RIGHT, DIMS = (dace.symbol(name) for name in ("LEFT", "RIGHT", "DIMS"))


@dace.program
def pairwise_distance(
    left: dace.float64[LEFT, DIMS], right: dace.float64[RIGHT, DIMS], distance: dace.float64[LEFT, RIGHT]
) -> None:
    offset = left[:, np.newaxis, :] - right[np.newaxis, :, :]
    distance[:] = np.sqrt(np.sum(offset * offset, axis=2))


def reference(left: np.ndarray, right: np.ndarray, distance: np.ndarray) -> None:
    distance[:] = np.linalg.norm(left[:, np.newaxis] - right[np.newaxis], axis=2)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    left, right, dims = sizes["LEFT"], sizes["RIGHT"], sizes["DIMS"]
    return {
        "left": rng.random((left, dims)),
        "right": rng.random((right, dims)),
        "distance": np.zeros((left, right)),
    }


PROGRAM = Program(
    name="pairwise_distance",
    family="pairwise",
    program=pairwise_distance,
    sizes={"S": {"LEFT": 50, "RIGHT": 60, "DIMS": 8}, "M": {"LEFT": 700, "RIGHT": 800, "DIMS": 16}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("distance",),
    description="distances between all pairs of two point sets",
)
