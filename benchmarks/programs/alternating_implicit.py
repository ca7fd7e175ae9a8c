"""Implicit heat conduction on a plate, one direction at a time."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, STEPS = (dace.symbol(name) for name in ("NX", "NY", "STEPS"))


@dace.program
def alternating_implicit(heat: dace.float64[NX, NY], strength: dace.float64) -> None:
    upper_x = np.empty((NX,), dtype=np.float64)
    upper_y = np.empty((NY,), dtype=np.float64)
    upper_x[0] = -strength / (1.0 + strength)
    for i in range(1, NX):
        upper_x[i] = -strength / (1.0 + 2.0 * strength + strength * upper_x[i - 1])
    upper_y[0] = -strength / (1.0 + strength)
    for j in range(1, NY):
        upper_y[j] = -strength / (1.0 + 2.0 * strength + strength * upper_y[j - 1])
    for _ in range(STEPS):
        heat[0, :] = heat[0, :] / (1.0 + strength)
        for i in range(1, NX):
            heat[i, :] = (heat[i, :] + strength * heat[i - 1, :]) * (-upper_x[i] / strength)
        for i in range(NX - 2, -1, -1):
            heat[i, :] -= upper_x[i] * heat[i + 1, :]
        for i in range(NX):
            heat[i, 0] = heat[i, 0] / (1.0 + strength)
            for j in range(1, NY):
                heat[i, j] = (heat[i, j] + strength * heat[i, j - 1]) * (-upper_y[j] / strength)
            for j in range(NY - 2, -1, -1):
                heat[i, j] -= upper_y[j] * heat[i, j + 1]


def reference(heat: np.ndarray, strength: float, STEPS: int) -> None:
    nx, ny = heat.shape
    for _ in range(STEPS):
        heat[:] = np.linalg.solve(_implicit(nx, strength), heat)
        heat[:] = np.linalg.solve(_implicit(ny, strength), heat.T).T


def _implicit(size: int, strength: float) -> np.ndarray:
    matrix = (1.0 + 2.0 * strength) * np.eye(size) - strength * (np.eye(size, k=1) + np.eye(size, k=-1))
    matrix[0, 0] -= strength
    return matrix


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    return {"heat": rng.random((sizes["NX"], sizes["NY"])), "strength": 0.7, "STEPS": sizes["STEPS"]}


PROGRAM = Program(
    name="alternating_implicit",
    family="tridiagonal",
    program=alternating_implicit,
    sizes={"S": {"NX": 70, "NY": 80, "STEPS": 5}, "M": {"NX": 600, "NY": 700, "STEPS": 6}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("heat",),
    description="tridiagonal solves along both axes of a plate, in a time loop",
)
