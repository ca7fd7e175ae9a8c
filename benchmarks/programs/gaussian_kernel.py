"""The Gram matrix of points under a Gaussian kernel, and one prediction with it."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

POINTS, DIMS = (dace.symbol(name) for name in ("POINTS", "DIMS"))


@dace.program
def gaussian_kernel(
    sharpness: dace.float64,
    points: dace.float64[POINTS, DIMS],
    weights: dace.float64[POINTS],
    gram: dace.float64[POINTS, POINTS],
    smooth: dace.float64[POINTS],
) -> None:
    squares = np.sum(points * points, axis=1)
    products = points @ np.transpose(points)
    gram[:] = np.exp(-sharpness * (np.add.outer(squares, squares) - 2.0 * products))
    smooth[:] = gram @ weights


def reference(sharpness: float, points: np.ndarray, weights: np.ndarray, gram: np.ndarray, smooth: np.ndarray) -> None:
    for row, point in enumerate(points):
        gram[row] = np.exp(-sharpness * np.square(points - point).sum(axis=1))
        smooth[row] = gram[row] @ weights


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    points, dims = sizes["POINTS"], sizes["DIMS"]
    return {
        "sharpness": 0.5,
        "points": rng.random((points, dims)),
        "weights": rng.standard_normal(points),
        "gram": np.zeros((points, points)),
        "smooth": np.zeros(points),
    }


PROGRAM = Program(
    name="gaussian_kernel",
    family="pairwise",
    program=gaussian_kernel,
    sizes={"S": {"POINTS": 300, "DIMS": 6}, "M": {"POINTS": 1600, "DIMS": 12}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("gram", "smooth"),
    description="Gaussian Gram matrix by squared norms and products, times a vector",
)
