"""The sum of two matrix-vector products: y = alpha A x + beta B x."""

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
    B: dace.float64[N, N],
    x: dace.float64[N],
    y: dace.float64[N],
) -> None:
    tmp = np.empty((N,), dtype=np.float64)
    for i in range(N):
        tmp[i] = 0.0
        y[i] = 0.0
        for j in range(N):
            tmp[i] = A[i, j] * x[j] + tmp[i]
            y[i] = B[i, j] * x[j] + y[i]
        y[i] = alpha * tmp[i] + beta * y[i]


@dace.program
def b(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[N, N],
    B: dace.float64[N, N],
    x: dace.float64[N],
    y: dace.float64[N],
) -> None:
    second = np.zeros((N,), dtype=np.float64)
    for column in range(N):
        for row in range(N):
            second[row] += x[column] * B[row, column]
    for row in range(N):
        first = 0.0
        for column in range(N):
            first += A[row, column] * x[column]
        y[row] = beta * second[row] + alpha * first


@dace.program
def c(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[N, N],
    B: dace.float64[N, N],
    x: dace.float64[N],
    y: dace.float64[N],
) -> None:
    y[:] = alpha * A @ x + beta * B @ x


def reference(alpha: float, beta: float, A: np.ndarray, B: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    y[:] = alpha * A.dot(x) + beta * B.dot(x)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    shapes = {"A": (n, n), "B": (n, n), "x": (n,), "y": (n,)}
    return {"alpha": 1.5, "beta": 1.2, **{name: rng.random(shape) for name, shape in shapes.items()}}


KERNEL = three_forms(
    "gesummv",
    "scalar, vector and matrix multiplication",
    (a, b, c),
    sizes={"S": {"N": 43}, "M": {"N": 4000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("y",),
)
