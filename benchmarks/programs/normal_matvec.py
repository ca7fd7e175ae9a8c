"""The product of the normal matrix of A with a vector, A^T (A x)."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, COLS = (dace.symbol(name) for name in ("ROWS", "COLS"))


@dace.program
def normal_matvec(matrix: dace.float64[ROWS, COLS], x: dace.float64[COLS]):
    return (matrix @ x) @ matrix


def reference(matrix: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray((matrix @ x) @ matrix)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    return {"matrix": rng.random((sizes["ROWS"], sizes["COLS"])), "x": rng.random(sizes["COLS"])}


PROGRAM = Program(
    name="normal_matvec",
    family="matvec",
    program=normal_matvec,
    sizes={"S": {"ROWS": 300, "COLS": 250}, "M": {"ROWS": 3500, "COLS": 3000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="A^T (A x)",
)
