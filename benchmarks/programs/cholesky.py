"""The Cholesky factor of a positive definite matrix, one column after the other."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")


@dace.program
def cholesky(matrix: dace.float64[N, N], factor: dace.float64[N, N]) -> None:
    factor[:] = 0.0
    factor[:, 0] = matrix[:, 0] / np.sqrt(matrix[0, 0])
    for column in range(1, N):
        rest = matrix[column:, column] - factor[column:, :column] @ factor[column, :column]
        factor[column:, column] = rest / np.sqrt(rest[0])


def reference(matrix: np.ndarray, factor: np.ndarray) -> None:
    factor[:] = np.linalg.cholesky(matrix)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    half = rng.random((n, n))
    return {"matrix": half @ half.T + n * np.eye(n), "factor": np.ones((n, n))}


PROGRAM = Program(
    name="cholesky",
    family="factorisation",
    program=cholesky,
    sizes={"S": {"N": 160}, "M": {"N": 900}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("factor",),
    description="Cholesky factorisation, left-looking by columns",
)
