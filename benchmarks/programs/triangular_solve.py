"""Forward substitution with many right-hand sides."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N, SIDES = (dace.symbol(name) for name in ("N", "SIDES"))


@dace.program
def triangular_solve(lower: dace.float64[N, N], sides: dace.float64[N, SIDES]) -> None:
    for row in range(N):
        for column in range(row):
            sides[row, :] -= lower[row, column] * sides[column, :]
        sides[row, :] /= lower[row, row]


def reference(lower: np.ndarray, sides: np.ndarray) -> None:
    sides[:] = np.linalg.solve(np.tril(lower), sides)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {"lower": np.tril(rng.random((n, n)) / n) + np.eye(n), "sides": rng.random((n, sizes["SIDES"]))}


PROGRAM = Program(
    name="triangular_solve",
    family="factorisation",
    program=triangular_solve,
    sizes={"S": {"N": 40, "SIDES": 30}, "M": {"N": 300, "SIDES": 500}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("sides",),
    description="forward substitution with many right-hand sides",
)
