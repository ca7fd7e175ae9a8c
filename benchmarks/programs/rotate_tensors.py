"""Rotation of a 3 x 3 stress tensor at every point of a mesh."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

POINTS = dace.symbol("POINTS")


@dace.program
def rotate_tensors(
    rotation: dace.float64[POINTS, 3, 3],
    stress: dace.float64[POINTS, 3, 3],
    result: dace.float64[POINTS, 3, 3],
) -> None:
    for point in range(POINTS):
        result[point] = rotation[point] @ stress[point] @ np.transpose(rotation[point])


def reference(rotation: np.ndarray, stress: np.ndarray, result: np.ndarray) -> None:
    result[:] = rotation @ stress @ rotation.transpose(0, 2, 1)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["POINTS"], 3, 3)
    return {"rotation": rng.random(shape), "stress": rng.random(shape), "result": np.zeros(shape)}


PROGRAM = Program(
    name="rotate_tensors",
    family="small_matmul",
    program=rotate_tensors,
    sizes={"S": {"POINTS": 300}, "M": {"POINTS": 40000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="R S R^T with 3 x 3 matrices at every point",
)
