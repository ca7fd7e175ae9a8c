"""The two products of the biconjugate gradient method: s = A^T r, q = A p."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

M, N = (dace.symbol(name) for name in ("M", "N"))


@dace.program
def a(A: dace.float64[N, M], s: dace.float64[M], q: dace.float64[N], p: dace.float64[M], r: dace.float64[N]) -> None:
    for i in range(M):
        s[i] = 0.0
    for i in range(N):
        q[i] = 0.0
        for j in range(M):
            s[j] += r[i] * A[i, j]
            q[i] += A[i, j] * p[j]


@dace.program
def b(A: dace.float64[N, M], s: dace.float64[M], q: dace.float64[N], p: dace.float64[M], r: dace.float64[N]) -> None:
    for row in range(N):
        along = 0.0
        for column in range(M):
            along += p[column] * A[row, column]
        q[row] = along
    for column in range(M):
        down = 0.0
        for row in range(N):
            down += A[row, column] * r[row]
        s[column] = down


@dace.program
def c(A: dace.float64[N, M], s: dace.float64[M], q: dace.float64[N], p: dace.float64[M], r: dace.float64[N]) -> None:
    s[:] = r @ A
    q[:] = A @ p


def reference(A: np.ndarray, s: np.ndarray, q: np.ndarray, p: np.ndarray, r: np.ndarray) -> None:
    s[:] = A.T.dot(r)
    q[:] = A.dot(p)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    m, n = sizes["M"], sizes["N"]
    shapes = {"A": (n, m), "s": (m,), "q": (n,), "p": (m,), "r": (n,)}
    return {name: rng.random(shape) for name, shape in shapes.items()}


KERNEL = three_forms(
    "bicg",
    "a matrix and its transpose times two vectors",
    (a, b, c),
    sizes={"S": {"M": 38, "N": 42}, "M": {"M": 3900, "N": 4100}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("s", "q"),
)
