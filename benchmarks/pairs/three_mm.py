"""Three matrix products: G = (A B) (C D)."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

NI, NJ, NK, NL, NM = (dace.symbol(name) for name in ("NI", "NJ", "NK", "NL", "NM"))


@dace.program
def a(
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
    C: dace.float64[NJ, NM],
    D: dace.float64[NM, NL],
    G: dace.float64[NI, NL],
) -> None:
    E = np.empty((NI, NJ), dtype=np.float64)
    F = np.empty((NJ, NL), dtype=np.float64)
    for i in range(NI):
        for j in range(NJ):
            E[i, j] = 0.0
            for k in range(NK):
                E[i, j] += A[i, k] * B[k, j]
    for i in range(NJ):
        for j in range(NL):
            F[i, j] = 0.0
            for k in range(NM):
                F[i, j] += C[i, k] * D[k, j]
    for i in range(NI):
        for j in range(NL):
            G[i, j] = 0.0
            for k in range(NJ):
                G[i, j] += E[i, k] * F[k, j]


@dace.program
def b(
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
    C: dace.float64[NJ, NM],
    D: dace.float64[NM, NL],
    G: dace.float64[NI, NL],
) -> None:
    right = np.zeros((NJ, NL), dtype=np.float64)
    left = np.zeros((NI, NJ), dtype=np.float64)
    for p in range(NM):
        for q in range(NJ):
            for s in range(NL):
                right[q, s] += C[q, p] * D[p, s]
    for s in range(NL):
        for r in range(NI):
            G[r, s] = 0.0
    for r in range(NI):
        for p in range(NK):
            for q in range(NJ):
                left[r, q] += A[r, p] * B[p, q]
        for q in range(NJ):
            for s in range(NL):
                G[r, s] += right[q, s] * left[r, q]


@dace.program
def c(
    A: dace.float64[NI, NK],
    B: dace.float64[NK, NJ],
    C: dace.float64[NJ, NM],
    D: dace.float64[NM, NL],
    G: dace.float64[NI, NL],
) -> None:
    G[:] = (A @ B) @ (C @ D)


def reference(A: np.ndarray, B: np.ndarray, C: np.ndarray, D: np.ndarray, G: np.ndarray) -> None:
    G[:] = np.linalg.multi_dot([A, B, C, D])


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk, nl, nm = (sizes[name] for name in ("NI", "NJ", "NK", "NL", "NM"))
    shapes = {"A": (ni, nk), "B": (nk, nj), "C": (nj, nm), "D": (nm, nl), "G": (ni, nl)}
    return {name: rng.random(shape) for name, shape in shapes.items()}


KERNEL = three_forms(
    "3mm",
    "a product of two matrix products",
    (a, b, c),
    sizes={
        "S": {"NI": 16, "NJ": 18, "NK": 20, "NL": 22, "NM": 24},
        "M": {"NI": 800, "NJ": 900, "NK": 1000, "NL": 1100, "NM": 1200},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("G",),
)
