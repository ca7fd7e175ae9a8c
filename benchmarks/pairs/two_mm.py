"""Two matrix products, one of the other: D = alpha A B C + beta D."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

NI, NJ, NK, NL = (dace.symbol(name) for name in ("NI", "NJ", "NK", "NL"))


@dace.program
def a(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
    C: dace.float64[NJ, NL],
    D: dace.float64[NI, NL],
) -> None:
    tmp = np.empty((NI, NJ), dtype=np.float64)
    for i in range(NI):
        for j in range(NJ):
            tmp[i, j] = 0.0
            for k in range(NK):
                tmp[i, j] += alpha * A[i, k] * B[k, j]
    for i in range(NI):
        for j in range(NL):
            D[i, j] *= beta
            for k in range(NJ):
                D[i, j] += tmp[i, k] * C[k, j]


@dace.program
def b(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
    C: dace.float64[NJ, NL],
    D: dace.float64[NI, NL],
) -> None:
    for row in range(NI):
        first = np.zeros((NJ,), dtype=np.float64)
        for inner in range(NK):
            for column in range(NJ):
                first[column] += A[row, inner] * B[inner, column]
        for column in range(NL):
            total = 0.0
            for inner in range(NJ):
                total += first[inner] * C[inner, column]
            D[row, column] = alpha * total + beta * D[row, column]


@dace.program
def c(
    alpha: dace.float64,
    beta: dace.float64,
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
    C: dace.float64[NJ, NL],
    D: dace.float64[NI, NL],
) -> None:
    D[:] = alpha * A @ B @ C + beta * D


def reference(alpha: float, beta: float, A: np.ndarray, B: np.ndarray, C: np.ndarray, D: np.ndarray) -> None:
    D[:] = alpha * np.linalg.multi_dot([A, B, C]) + beta * D


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk, nl = (sizes[name] for name in ("NI", "NJ", "NK", "NL"))
    shapes = {"A": (ni, nk), "B": (nk, nj), "C": (nj, nl), "D": (ni, nl)}
    return {"alpha": 1.5, "beta": 0.8, **{name: rng.random(shape) for name, shape in shapes.items()}}


KERNEL = three_forms(
    "2mm",
    "two matrix products in sequence",
    (a, b, c),
    sizes={
        "S": {"NI": 16, "NJ": 18, "NK": 22, "NL": 24},
        "M": {"NI": 800, "NJ": 900, "NK": 1100, "NL": 1200},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("D",),
)
