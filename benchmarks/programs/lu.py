"""An LU factorisation in place, without pivoting."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.linalg

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")


@dace.program
def lu(matrix: dace.float64[N, N]) -> None:
    for pivot in range(N - 1):
        matrix[pivot + 1 :, pivot] /= matrix[pivot, pivot]
        matrix[pivot + 1 :, pivot + 1 :] -= np.multiply.outer(matrix[pivot + 1 :, pivot], matrix[pivot, pivot + 1 :])


def reference(matrix: np.ndarray) -> None:
    matrix[:] = scipy.linalg.lu_factor(matrix)[0]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {
        "matrix": rng.random((n, n)) + n * np.eye(n)
    }  # Columns are dominated by the diagonal: pivoting does nothing.


PROGRAM = Program(
    name="lu",
    family="factorisation",
    program=lu,
    sizes={"S": {"N": 90}, "M": {"N": 400}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("matrix",),
    description="LU factorisation without pivoting, by outer products",
)
