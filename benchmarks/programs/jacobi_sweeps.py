"""Jacobi sweeps on a dense, diagonally dominant system."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N, STEPS = (dace.symbol(name) for name in ("N", "STEPS"))


@dace.program
def jacobi_sweeps(matrix: dace.float64[N, N], right: dace.float64[N], solution: dace.float64[N]) -> None:
    change = np.empty((N,), dtype=np.float64)
    for _ in range(STEPS):
        for row in dace.map[0:N]:
            residual = right[row]
            for k in range(N):
                residual -= matrix[row, k] * solution[k]
            change[row] = residual / matrix[row, row]
        solution += change


def reference(matrix: np.ndarray, right: np.ndarray, solution: np.ndarray, STEPS: int) -> None:
    diagonal = np.diag(matrix)
    others = matrix - np.diag(diagonal)
    for _ in range(STEPS):
        solution[:] = (right - others @ solution) / diagonal


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    matrix = rng.random((n, n)) + n * np.eye(n)
    return {"matrix": matrix, "right": rng.random(n), "solution": np.zeros(n), "STEPS": sizes["STEPS"]}


PROGRAM = Program(
    name="jacobi_sweeps",
    family="iterative_solver",
    program=jacobi_sweeps,
    sizes={"S": {"N": 400, "STEPS": 5}, "M": {"N": 1500, "STEPS": 12}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("solution",),
    description="Jacobi iteration on a dense system, loops inside a map",
)
