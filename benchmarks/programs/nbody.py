"""Gravity among all pairs of bodies, advanced by a few leapfrog steps."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BODIES, STEPS = (dace.symbol(name) for name in ("BODIES", "STEPS"))


@dace.program
def nbody(
    mass: dace.float64[BODIES],
    x: dace.float64[BODIES],
    y: dace.float64[BODIES],
    z: dace.float64[BODIES],
    vx: dace.float64[BODIES],
    vy: dace.float64[BODIES],
    vz: dace.float64[BODIES],
) -> None:
    for _ in range(STEPS):
        dx = x[np.newaxis, :] - x[:, np.newaxis]
        dy = y[np.newaxis, :] - y[:, np.newaxis]
        dz = z[np.newaxis, :] - z[:, np.newaxis]
        distance = np.sqrt(dx * dx + dy * dy + dz * dz + 0.01)
        pull = mass / (distance * distance * distance)
        vx += 0.01 * np.sum(dx * pull, axis=1)
        vy += 0.01 * np.sum(dy * pull, axis=1)
        vz += 0.01 * np.sum(dz * pull, axis=1)
        x += 0.01 * vx
        y += 0.01 * vy
        z += 0.01 * vz


def reference(
    mass: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    vx: np.ndarray,
    vy: np.ndarray,
    vz: np.ndarray,
    STEPS: int,
) -> None:
    axes = ((x, vx), (y, vy), (z, vz))
    for _ in range(STEPS):
        offsets = [position[np.newaxis, :] - position[:, np.newaxis] for position, _ in axes]
        pull = mass / (sum(offset * offset for offset in offsets) + 0.01) ** 1.5
        for offset, (position, velocity) in zip(offsets, axes, strict=True):
            velocity += 0.01 * (offset * pull).sum(axis=1)
            position += 0.01 * velocity


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    bodies = sizes["BODIES"]
    vectors = {name: rng.standard_normal(bodies) for name in ("x", "y", "z", "vx", "vy", "vz")}
    return {"mass": rng.uniform(0.5, 1.5, bodies) / bodies, **vectors, "STEPS": sizes["STEPS"]}


PROGRAM = Program(
    name="nbody",
    family="pairwise",
    program=nbody,
    sizes={"S": {"BODIES": 60, "STEPS": 3}, "M": {"BODIES": 1000, "STEPS": 4}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("x", "y", "z", "vx", "vy", "vz"),
    description="all-pairs gravity with softening, in a time loop",
)
