"""Five-point averages of a grid, back and forth between two arrays."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

N, TSTEPS = (dace.symbol(name) for name in ("N", "TSTEPS"))


@dace.program
def a(A: dace.float64[N, N], B: dace.float64[N, N]) -> None:
    for _ in range(TSTEPS):
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                B[i, j] = 0.2 * (A[i, j] + A[i, j - 1] + A[i, j + 1] + A[i + 1, j] + A[i - 1, j])
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                A[i, j] = 0.2 * (B[i, j] + B[i, j - 1] + B[i, j + 1] + B[i + 1, j] + B[i - 1, j])


@dace.program
def b(A: dace.float64[N, N], B: dace.float64[N, N]) -> None:
    across = np.empty((N, N), dtype=np.float64)
    for _ in range(TSTEPS):
        for column in range(1, N - 1):
            for row in range(1, N - 1):
                across[row, column] = A[row, column - 1] + A[row, column] + A[row, column + 1]
        for row in range(N - 2):
            for column in range(N - 2):
                B[row + 1, column + 1] = (
                    A[row, column + 1] + across[row + 1, column + 1] + A[row + 2, column + 1]
                ) * 0.2
        for column in range(2, N):
            for row in range(2, N):
                total = B[row - 2, column - 1] + B[row, column - 1]
                total += B[row - 1, column - 2]
                total += B[row - 1, column]
                A[row - 1, column - 1] = 0.2 * (B[row - 1, column - 1] + total)


@dace.program
def c(A: dace.float64[N, N], B: dace.float64[N, N]) -> None:
    for _ in range(TSTEPS):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])


def reference(A: np.ndarray, B: np.ndarray, TSTEPS: int) -> None:
    for step in range(2 * TSTEPS):
        old, new = (B, A) if step % 2 else (A, B)
        new[1:-1, 1:-1] = (old[1:-1] + old[2:] + old[:-2])[:, 1:-1] * 0.2
        new[1:-1, 1:-1] += (old[:, :-2] + old[:, 2:])[1:-1] * 0.2


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {"A": rng.random((n, n)), "B": rng.random((n, n)), "TSTEPS": sizes["TSTEPS"]}


KERNEL = three_forms(
    "jacobi-2d",
    "five-point stencil in a time loop",
    (a, b, c),
    sizes={"S": {"N": 33, "TSTEPS": 5}, "M": {"N": 1000, "TSTEPS": 50}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("A", "B"),
)
