"""Explicit 3-D heat equation with varying conductivity."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")
STEPS = dace.symbol("STEPS")


@dace.program
def heat3d(heat: dace.float64[N, N, N], conductivity: dace.float64[N, N, N]) -> None:
    for _ in range(STEPS):
        centre = 2.0 * heat[1:-1, 1:-1, 1:-1]
        change = (
            (heat[2:, 1:-1, 1:-1] - centre + heat[:-2, 1:-1, 1:-1])
            + (heat[1:-1, 2:, 1:-1] - centre + heat[1:-1, :-2, 1:-1])
            + (heat[1:-1, 1:-1, 2:] - centre + heat[1:-1, 1:-1, :-2])
        )
        heat[1:-1, 1:-1, 1:-1] += conductivity[1:-1, 1:-1, 1:-1] * change


def reference(heat: np.ndarray, conductivity: np.ndarray, STEPS: int) -> None:
    inner = (slice(1, -1),) * 3
    for _ in range(STEPS):
        change = np.zeros_like(heat[inner])
        for axis in range(3):
            change += np.diff(heat, n=2, axis=axis)[tuple(slice(None) if a == axis else s for a, s in enumerate(inner))]
        heat[inner] += conductivity[inner] * change


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {
        "heat": rng.random((n, n, n)),
        "conductivity": 0.1 * rng.random((n, n, n)),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="heat3d",
    family="stencil",
    program=heat3d,
    sizes={"S": {"N": 24, "STEPS": 4}, "M": {"N": 120, "STEPS": 10}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("heat",),
    description="seven-point explicit heat equation, in a time loop",
)
