"""General matrix product: C = alpha A B + beta C."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def a(
    alpha: dace.float64,
    beta: dace.float64,
    C: dace.float64[NI, NJ],
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
) -> None:
    for i in range(NI):
        for j in range(NJ):
            C[i, j] *= beta
        for k in range(NK):
            for j in range(NJ):
                C[i, j] += alpha * A[i, k] * B[k, j]


@dace.program
def b(
    alpha: dace.float64,
    beta: dace.float64,
    C: dace.float64[NI, NJ],
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
) -> None:
    for column in range(NJ):
        for row in range(NI):
            total = 0.0
            for inner in range(NK):
                total += B[inner, column] * A[row, inner]
            C[row, column] = beta * C[row, column] + alpha * total


@dace.program
def c(
    alpha: dace.float64,
    beta: dace.float64,
    C: dace.float64[NI, NJ],
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
) -> None:
    C[:] = alpha * A @ B + beta * C


def reference(alpha: float, beta: float, C: np.ndarray, A: np.ndarray, B: np.ndarray) -> None:
    C[:] = alpha * np.einsum("ik,kj->ij", A, B, optimize=True) + beta * C


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk = sizes["NI"], sizes["NJ"], sizes["NK"]
    return {"alpha": 1.5, "beta": 0.8, "C": rng.random((ni, nj)), "A": rng.random((ni, nk)), "B": rng.random((nk, nj))}


KERNEL = three_forms(
    "gemm",
    "matrix product with scaling and accumulation",
    (a, b, c),
    sizes={"S": {"NI": 19, "NJ": 23, "NK": 29}, "M": {"NI": 1000, "NJ": 1100, "NK": 1200}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("C",),
)
