"""Symmetric rank-2k update of the lower triangle: C = alpha (A B^T + B A^T) + beta C."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

M, N = (dace.symbol(name) for name in ("M", "N"))


@dace.program
def a(
    alpha: dace.float64, beta: dace.float64, C: dace.float64[N, N], A: dace.float64[N, M], B: dace.float64[N, M]
) -> None:
    for i in range(N):
        for j in range(i + 1):
            C[i, j] *= beta
        for k in range(M):
            for j in range(i + 1):
                C[i, j] += A[j, k] * alpha * B[i, k] + B[j, k] * alpha * A[i, k]


@dace.program
def b(
    alpha: dace.float64, beta: dace.float64, C: dace.float64[N, N], A: dace.float64[N, M], B: dace.float64[N, M]
) -> None:
    for row in range(N):
        for column in range(row + 1):
            total = 0.0
            for inner in range(M):
                total += B[row, inner] * A[column, inner] + A[row, inner] * B[column, inner]
            C[row, column] = alpha * total + beta * C[row, column]


@dace.program
def c(
    alpha: dace.float64, beta: dace.float64, C: dace.float64[N, N], A: dace.float64[N, M], B: dace.float64[N, M]
) -> None:
    for i in range(N):
        C[i, : i + 1] *= beta
        for k in range(M):
            C[i, : i + 1] += A[: i + 1, k] * alpha * B[i, k] + B[: i + 1, k] * alpha * A[i, k]


def reference(alpha: float, beta: float, C: np.ndarray, A: np.ndarray, B: np.ndarray) -> None:
    product = A @ B.T
    lower = np.tril_indices(len(C))
    C[lower] = (alpha * (product + product.T) + beta * C)[lower]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    m, n = sizes["M"], sizes["N"]
    return {"alpha": 1.5, "beta": 0.8, "C": rng.random((n, n)), "A": rng.random((n, m)), "B": rng.random((n, m))}


KERNEL = three_forms(
    "syr2k",
    "symmetric rank-2k update of a triangle",
    (a, b, c),
    sizes={"S": {"M": 21, "N": 26}, "M": {"M": 700, "N": 800}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("C",),
)
