"""A matrix and its transpose times vectors: x1 += A y1, x2 += A^T y2."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

N = dace.symbol("N")


@dace.program
def a(
    x1: dace.float64[N], x2: dace.float64[N], y1: dace.float64[N], y2: dace.float64[N], A: dace.float64[N, N]
) -> None:
    for i in range(N):
        for j in range(N):
            x1[i] = x1[i] + A[i, j] * y1[j]
    for i in range(N):
        for j in range(N):
            x2[i] = x2[i] + A[j, i] * y2[j]


@dace.program
def b(
    x1: dace.float64[N], x2: dace.float64[N], y1: dace.float64[N], y2: dace.float64[N], A: dace.float64[N, N]
) -> None:
    for row in range(N):
        along = x1[row]
        for column in range(N):
            along += y1[column] * A[row, column]
            x2[column] += y2[row] * A[row, column]
        x1[row] = along


@dace.program
def c(
    x1: dace.float64[N], x2: dace.float64[N], y1: dace.float64[N], y2: dace.float64[N], A: dace.float64[N, N]
) -> None:
    x1 += A @ y1
    x2 += y2 @ A


def reference(x1: np.ndarray, x2: np.ndarray, y1: np.ndarray, y2: np.ndarray, A: np.ndarray) -> None:
    x1 += A.dot(y1)
    x2 += A.T.dot(y2)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {**{name: rng.random(n) for name in ("x1", "x2", "y1", "y2")}, "A": rng.random((n, n))}


KERNEL = three_forms(
    "mvt",
    "matrix-vector and transposed product with accumulation",
    (a, b, c),
    sizes={"S": {"N": 41}, "M": {"N": 4000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("x1", "x2"),
)
