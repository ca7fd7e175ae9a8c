"""Jacobi relaxation of a 2-D Poisson problem, two buffers in turn."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")
STEPS = dace.symbol("STEPS")


@dace.program
def jacobi2d(grid: dace.float64[N, N], other: dace.float64[N, N], source: dace.float64[N, N]) -> None:
    for _ in range(STEPS):
        other[1:-1, 1:-1] = 0.25 * (
            grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:] - source[1:-1, 1:-1]
        )
        grid[1:-1, 1:-1] = 0.25 * (
            other[:-2, 1:-1] + other[2:, 1:-1] + other[1:-1, :-2] + other[1:-1, 2:] - source[1:-1, 1:-1]
        )


def reference(grid: np.ndarray, other: np.ndarray, source: np.ndarray, STEPS: int) -> None:
    for _ in range(STEPS):
        for new, old in ((other, grid), (grid, other)):
            neighbours = old[:-2, 1:-1] + old[2:, 1:-1] + old[1:-1, :-2] + old[1:-1, 2:]
            new[1:-1, 1:-1] = 0.25 * (neighbours - source[1:-1, 1:-1])


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    grid = rng.random((n, n))
    return {"grid": grid, "other": grid.copy(), "source": rng.random((n, n)), "STEPS": sizes["STEPS"]}


PROGRAM = Program(
    name="jacobi2d",
    family="stencil",
    program=jacobi2d,
    sizes={"S": {"N": 100, "STEPS": 4}, "M": {"N": 1000, "STEPS": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("grid", "other"),
    description="five-point Jacobi relaxation with a source, in a time loop",
)
