"""A symmetric matrix, of which only the lower half is stored, times a matrix."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N, COLS = (dace.symbol(name) for name in ("N", "COLS"))


@dace.program
def symmetric_product(
    alpha: dace.float64,
    lower: dace.float64[N, N],
    right: dace.float64[N, COLS],
    result: dace.float64[N, COLS],
) -> None:
    for row in range(N):
        result[row, :] += alpha * (lower[row, : row + 1] @ right[: row + 1, :])
        result[:row, :] += alpha * np.multiply.outer(lower[row, :row], right[row, :])


def reference(alpha: float, lower: np.ndarray, right: np.ndarray, result: np.ndarray) -> None:
    full = np.tril(lower) + np.tril(lower, -1).T
    result += alpha * (full @ right)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n, cols = sizes["N"], sizes["COLS"]
    return {
        "alpha": 1.5,
        "lower": rng.random((n, n)),
        "right": rng.random((n, cols)),
        "result": rng.random((n, cols)),
    }


PROGRAM = Program(
    name="symmetric_product",
    family="gemm",
    program=symmetric_product,
    sizes={"S": {"N": 120, "COLS": 100}, "M": {"N": 500, "COLS": 400}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="symmetric times general matrix, half of it stored",
)
