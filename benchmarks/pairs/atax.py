"""A matrix and its transpose times a vector: y = A^T (A x)."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

M, N = (dace.symbol(name) for name in ("M", "N"))


@dace.program
def a(A: dace.float64[M, N], x: dace.float64[N], y: dace.float64[N]) -> None:
    tmp = np.empty((M,), dtype=np.float64)
    for i in range(N):
        y[i] = 0.0
    for i in range(M):
        tmp[i] = 0.0
        for j in range(N):
            tmp[i] += A[i, j] * x[j]
        for j in range(N):
            y[j] += A[i, j] * tmp[i]


@dace.program
def b(A: dace.float64[M, N], x: dace.float64[N], y: dace.float64[N]) -> None:
    product = np.zeros((M,), dtype=np.float64)
    for column in range(N):
        for row in range(M):
            product[row] += x[column] * A[row, column]
    for column in range(N):
        total = 0.0
        for row in range(M):
            total += product[row] * A[row, column]
        y[column] = total


@dace.program
def c(A: dace.float64[M, N], x: dace.float64[N], y: dace.float64[N]) -> None:
    y[:] = (A @ x) @ A


def reference(A: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    y[:] = A.T.dot(A.dot(x))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    m, n = sizes["M"], sizes["N"]
    return {"A": rng.random((m, n)), "x": rng.random(n), "y": rng.random(n)}


KERNEL = three_forms(
    "atax",
    "matrix transpose and vector products",
    (a, b, c),
    sizes={"S": {"M": 38, "N": 42}, "M": {"M": 3800, "N": 4200}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("y",),
)
