"""Some steps of conjugate gradients on a dense positive definite system."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.sparse.linalg

from benchmarks.programs.base import Arguments, Program, Sizes

N, STEPS = (dace.symbol(name) for name in ("N", "STEPS"))


@dace.program
def conjugate_gradient(matrix: dace.float64[N, N], right: dace.float64[N], solution: dace.float64[N]) -> None:
    residual = right - matrix @ solution
    direction = np.copy(residual)
    squared = residual @ residual
    for _ in range(STEPS):
        image = matrix @ direction
        length = squared / (direction @ image)
        solution += length * direction
        residual -= length * image
        following = residual @ residual
        direction[:] = residual + following / squared * direction
        squared = following


def reference(matrix: np.ndarray, right: np.ndarray, solution: np.ndarray, STEPS: int) -> None:
    solution[:] = scipy.sparse.linalg.cg(matrix, right, solution, rtol=0.0, maxiter=STEPS)[0]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    half = rng.standard_normal((n, n))
    matrix = half @ half.T + n * np.eye(n)
    return {"matrix": matrix, "right": rng.random(n), "solution": rng.random(n), "STEPS": sizes["STEPS"]}


PROGRAM = Program(
    name="conjugate_gradient",
    family="iterative_solver",
    program=conjugate_gradient,
    sizes={"S": {"N": 500, "STEPS": 6}, "M": {"N": 1500, "STEPS": 15}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("solution",),
    description="conjugate gradients on a dense system",
)
