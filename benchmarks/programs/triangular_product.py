"""A triangular matrix times a matrix, in place from the last row up."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N, COLS = (dace.symbol(name) for name in ("N", "COLS"))


@dace.program
def triangular_product(lower: dace.float32[N, N], values: dace.float32[N, COLS]) -> None:
    for row in range(N - 1, -1, -1):
        for column in range(COLS):
            values[row, column] *= lower[row, row]
            for k in range(row):
                values[row, column] += lower[row, k] * values[k, column]


def reference(lower: np.ndarray, values: np.ndarray) -> None:
    values[:] = np.tril(lower) @ values


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n, cols = sizes["N"], sizes["COLS"]
    return {"lower": rng.random((n, n), dtype=np.float32), "values": rng.random((n, cols), dtype=np.float32)}


PROGRAM = Program(
    name="triangular_product",
    family="gemm",
    program=triangular_product,
    sizes={"S": {"N": 110, "COLS": 100}, "M": {"N": 300, "COLS": 300}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("values",),
    description="triangular times general matrix, in place by loops",
    rtol=1e-4,
)
