"""Two matrix products with scaling and an added matrix."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, INNER, COLS = (dace.symbol(name) for name in ("ROWS", "INNER", "COLS"))


@dace.program
def matmul_chain(
    alpha: dace.float64,
    beta: dace.float64,
    left: dace.float64[ROWS, INNER],
    middle: dace.float64[INNER, COLS],
    right: dace.float64[COLS, INNER],
    result: dace.float64[ROWS, INNER],
) -> None:
    result[:] = alpha * (left @ middle) @ right + beta * result


def reference(
    alpha: float, beta: float, left: np.ndarray, middle: np.ndarray, right: np.ndarray, result: np.ndarray
) -> None:
    result[:] = alpha * (left @ middle) @ right + beta * result


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, inner, cols = sizes["ROWS"], sizes["INNER"], sizes["COLS"]
    return {
        "alpha": 1.5,
        "beta": 0.8,
        "left": rng.random((rows, inner)),
        "middle": rng.random((inner, cols)),
        "right": rng.random((cols, inner)),
        "result": rng.random((rows, inner)),
    }


PROGRAM = Program(
    name="matmul_chain",
    family="gemm",
    program=matmul_chain,
    sizes={"S": {"ROWS": 96, "INNER": 80, "COLS": 112}, "M": {"ROWS": 600, "INNER": 500, "COLS": 600}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="alpha A B C + beta D with full matrices",
)
