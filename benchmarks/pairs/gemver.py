"""Rank-two update and matrix-vector products: A += u1 v1^T + u2 v2^T, x += beta A^T y + z, w += alpha A x."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

N = dace.symbol("N")


@dace.program
def a(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[N, N],
    u1: dace.float64[N],
    v1: dace.float64[N],
    u2: dace.float64[N],
    v2: dace.float64[N],
    w: dace.float64[N],
    x: dace.float64[N],
    y: dace.float64[N],
    z: dace.float64[N],
) -> None:
    for i in range(N):
        for j in range(N):
            A[i, j] = A[i, j] + u1[i] * v1[j] + u2[i] * v2[j]
    for i in range(N):
        for j in range(N):
            x[i] = x[i] + beta * A[j, i] * y[j]
    for i in range(N):
        x[i] = x[i] + z[i]
    for i in range(N):
        for j in range(N):
            w[i] = w[i] + alpha * A[i, j] * x[j]


@dace.program
def b(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[N, N],
    u1: dace.float64[N],
    v1: dace.float64[N],
    u2: dace.float64[N],
    v2: dace.float64[N],
    w: dace.float64[N],
    x: dace.float64[N],
    y: dace.float64[N],
    z: dace.float64[N],
) -> None:
    for column in range(N):
        down = 0.0
        for row in range(N):
            A[row, column] += u1[row] * v1[column]
            A[row, column] += u2[row] * v2[column]
            down += y[row] * A[row, column]
        x[column] += beta * down + z[column]
    along = np.zeros((N,), dtype=np.float64)
    for column in range(N):
        for row in range(N):
            along[row] += A[row, column] * x[column]
    for row in range(N):
        w[row] += alpha * along[row]


@dace.program
def c(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[N, N],
    u1: dace.float64[N],
    v1: dace.float64[N],
    u2: dace.float64[N],
    v2: dace.float64[N],
    w: dace.float64[N],
    x: dace.float64[N],
    y: dace.float64[N],
    z: dace.float64[N],
) -> None:
    A += np.multiply.outer(u1, v1) + np.multiply.outer(u2, v2)
    x += beta * (y @ A) + z
    w += alpha * (A @ x)


def reference(
    alpha: float,
    beta: float,
    A: np.ndarray,
    u1: np.ndarray,
    v1: np.ndarray,
    u2: np.ndarray,
    v2: np.ndarray,
    w: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
) -> None:
    A += np.stack([u1, u2], axis=1) @ np.stack([v1, v2])
    x += beta * A.T.dot(y) + z
    w += alpha * A.dot(x)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    vectors = {name: rng.random(n) / n for name in ("u1", "v1", "u2", "v2", "w", "x", "y", "z")}
    return {"alpha": 1.5, "beta": 1.2, "A": rng.random((n, n)), **vectors}


KERNEL = three_forms(
    "gemver",
    "rank-two update and two matrix-vector products",
    (a, b, c),
    sizes={"S": {"N": 41}, "M": {"N": 4000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("A", "x", "w"),
)
