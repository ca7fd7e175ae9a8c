"""Acoustic waves on a staggered 2-D grid: pressure and two velocities."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY = (dace.symbol(name) for name in ("NX", "NY"))
STEPS = dace.symbol("STEPS")


@dace.program
def wave2d(
    pressure: dace.float64[NX, NY],
    velocity_x: dace.float64[NX, NY],
    velocity_y: dace.float64[NX, NY],
    pulse: dace.float64[STEPS],
) -> None:
    for step in range(STEPS):
        pressure[0, :] = pulse[step]
        velocity_x[1:, :] -= 0.5 * (pressure[1:, :] - pressure[:-1, :])
        velocity_y[:, 1:] -= 0.5 * (pressure[:, 1:] - pressure[:, :-1])
        pressure[:-1, :-1] -= 0.7 * (
            velocity_x[1:, :-1] - velocity_x[:-1, :-1] + velocity_y[:-1, 1:] - velocity_y[:-1, :-1]
        )


def reference(pressure: np.ndarray, velocity_x: np.ndarray, velocity_y: np.ndarray, pulse: np.ndarray) -> None:
    for value in pulse:
        pressure[0] = value
        velocity_x[1:] -= 0.5 * np.diff(pressure, axis=0)
        velocity_y[:, 1:] -= 0.5 * np.diff(pressure, axis=1)
        divergence = np.diff(velocity_x, axis=0)[:, :-1] + np.diff(velocity_y, axis=1)[:-1]
        pressure[:-1, :-1] -= 0.7 * divergence


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["NX"], sizes["NY"])
    return {
        "pressure": rng.random(shape),
        "velocity_x": rng.random(shape),
        "velocity_y": rng.random(shape),
        "pulse": np.sin(0.1 * np.arange(sizes["STEPS"])),
    }


PROGRAM = Program(
    name="wave2d",
    family="stencil",
    program=wave2d,
    sizes={"S": {"NX": 90, "NY": 110, "STEPS": 5}, "M": {"NX": 900, "NY": 1000, "STEPS": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("pressure", "velocity_x", "velocity_y"),
    description="staggered-grid acoustic waves, in a time loop",
)
