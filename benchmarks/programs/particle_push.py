"""Moves particles, and accelerates them by a field on a grid, interpolated to where they are."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

PARTICLES, NX, NY, STEPS = (dace.symbol(name) for name in ("PARTICLES", "NX", "NY", "STEPS"))


@dace.program
def particle_push(
    field_x: dace.float64[NX, NY],
    field_y: dace.float64[NX, NY],
    x: dace.float64[PARTICLES],
    y: dace.float64[PARTICLES],
    vx: dace.float64[PARTICLES],
    vy: dace.float64[PARTICLES],
) -> None:
    for _ in range(STEPS):
        x[:] = np.minimum(np.maximum(x + vx, 0.0), NX - 1.001)
        y[:] = np.minimum(np.maximum(y + vy, 0.0), NY - 1.001)
        for p in dace.map[0:PARTICLES]:
            i = int(x[p])
            j = int(y[p])
            right = x[p] - i
            up = y[p] - j
            low_x = (1.0 - right) * field_x[i, j] + right * field_x[i + 1, j]
            high_x = (1.0 - right) * field_x[i, j + 1] + right * field_x[i + 1, j + 1]
            low_y = (1.0 - right) * field_y[i, j] + right * field_y[i + 1, j]
            high_y = (1.0 - right) * field_y[i, j + 1] + right * field_y[i + 1, j + 1]
            vx[p] += 0.01 * ((1.0 - up) * low_x + up * high_x)
            vy[p] += 0.01 * ((1.0 - up) * low_y + up * high_y)


def reference(
    field_x: np.ndarray,
    field_y: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    vx: np.ndarray,
    vy: np.ndarray,
    STEPS: int,
) -> None:
    for _ in range(STEPS):
        x[:] = (x + vx).clip(0.0, field_x.shape[0] - 1.001)
        y[:] = (y + vy).clip(0.0, field_x.shape[1] - 1.001)
        i, j = x.astype(np.int64), y.astype(np.int64)
        corners = [(i + di, j + dj, np.abs(1 - di - x + i) * np.abs(1 - dj - y + j)) for di in (0, 1) for dj in (0, 1)]
        for field, velocity in ((field_x, vx), (field_y, vy)):
            velocity += 0.01 * sum(share * field[row, column] for row, column, share in corners)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    particles, nx, ny = sizes["PARTICLES"], sizes["NX"], sizes["NY"]
    return {
        "field_x": rng.uniform(-1.0, 1.0, (nx, ny)),
        "field_y": rng.uniform(-1.0, 1.0, (nx, ny)),
        "x": rng.uniform(0.0, nx - 1.001, particles),
        "y": rng.uniform(0.0, ny - 1.001, particles),
        "vx": rng.uniform(-0.5, 0.5, particles),
        "vy": rng.uniform(-0.5, 0.5, particles),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="particle_push",
    family="gather",
    program=particle_push,
    sizes={
        "S": {"PARTICLES": 30000, "NX": 60, "NY": 64, "STEPS": 3},
        "M": {"PARTICLES": 600000, "NX": 250, "NY": 260, "STEPS": 5},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("x", "y", "vx", "vy"),
    description="grid to particles: a step of each particle, then a bilinear gather",
)
