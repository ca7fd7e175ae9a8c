"""An orthonormal basis of the columns of a matrix by modified Gram-Schmidt."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, COLS = (dace.symbol(name) for name in ("ROWS", "COLS"))


@dace.program
def gram_schmidt(
    matrix: dace.float64[ROWS, COLS], basis: dace.float64[ROWS, COLS], triangle: dace.float64[COLS, COLS]
) -> None:
    triangle[:] = 0.0
    for k in range(COLS):
        triangle[k, k] = np.sqrt(np.sum(matrix[:, k] * matrix[:, k]))
        basis[:, k] = matrix[:, k] / triangle[k, k]
        for j in range(k + 1, COLS):
            triangle[k, j] = np.sum(basis[:, k] * matrix[:, j])
            matrix[:, j] -= basis[:, k] * triangle[k, j]


def reference(matrix: np.ndarray, basis: np.ndarray, triangle: np.ndarray) -> None:
    q, r = np.linalg.qr(matrix)
    signs = np.sign(np.diag(r))
    basis[:] = q * signs
    triangle[:] = r * signs[:, np.newaxis]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, cols = sizes["ROWS"], sizes["COLS"]
    return {
        "matrix": rng.random((rows, cols)),
        "basis": np.zeros((rows, cols)),
        "triangle": np.zeros((cols, cols)),
    }


PROGRAM = Program(
    name="gram_schmidt",
    family="factorisation",
    program=gram_schmidt,
    sizes={"S": {"ROWS": 40, "COLS": 30}, "M": {"ROWS": 240, "COLS": 200}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("basis", "triangle"),
    description="modified Gram-Schmidt orthogonalisation",
)
