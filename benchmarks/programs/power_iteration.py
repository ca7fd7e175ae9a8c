"""The dominant eigenvector of a matrix by power iteration."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")
STEPS = dace.symbol("STEPS")


@dace.program
def power_iteration(matrix: dace.float64[N, N], vector: dace.float64[N]) -> None:
    for _ in range(STEPS):
        product = matrix @ vector
        vector[:] = product / np.sqrt(np.sum(product * product))


def reference(matrix: np.ndarray, vector: np.ndarray, STEPS: int) -> None:
    for _ in range(STEPS):
        product = matrix @ vector
        vector[:] = product / np.sqrt(np.sum(product * product))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {"matrix": rng.random((n, n)), "vector": rng.random(n), "STEPS": sizes["STEPS"]}


PROGRAM = Program(
    name="power_iteration",
    family="matvec",
    program=power_iteration,
    sizes={"S": {"N": 150, "STEPS": 5}, "M": {"N": 1500, "STEPS": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("vector",),
    description="power iteration on a dense matrix",
)
