"""Spreads the charges of particles over the four nearest nodes of a periodic grid."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

PARTICLES, NX, NY = (dace.symbol(name) for name in ("PARTICLES", "NX", "NY"))


@dace.program
def charge_deposition(
    row: dace.int32[PARTICLES],
    column: dace.int32[PARTICLES],
    right: dace.float64[PARTICLES],
    up: dace.float64[PARTICLES],
    charge: dace.float64[PARTICLES],
    density: dace.float64[NX, NY],
) -> None:
    for p in range(PARTICLES):
        i = row[p]
        j = column[p]
        next_i = (i + 1) % NX
        next_j = (j + 1) % NY
        density[i, j] += charge[p] * (1.0 - right[p]) * (1.0 - up[p])
        density[next_i, j] += charge[p] * right[p] * (1.0 - up[p])
        density[i, next_j] += charge[p] * (1.0 - right[p]) * up[p]
        density[next_i, next_j] += charge[p] * right[p] * up[p]


def reference(
    row: np.ndarray,
    column: np.ndarray,
    right: np.ndarray,
    up: np.ndarray,
    charge: np.ndarray,
    density: np.ndarray,
) -> None:
    nx, ny = density.shape
    for i, across in ((row, 1.0 - right), (row + 1, right)):
        for j, along in ((column, 1.0 - up), (column + 1, up)):
            nodes = (i % nx).astype(np.int64) * ny + j % ny
            density += np.bincount(nodes, charge * across * along, density.size).reshape(density.shape)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    particles, nx, ny = sizes["PARTICLES"], sizes["NX"], sizes["NY"]
    return {
        "row": rng.integers(nx, size=particles, dtype=np.int32),
        "column": rng.integers(ny, size=particles, dtype=np.int32),
        "right": rng.random(particles),
        "up": rng.random(particles),
        "charge": rng.uniform(-1.0, 1.0, particles),
        "density": np.zeros((nx, ny)),
    }


PROGRAM = Program(
    name="charge_deposition",
    family="histogram",
    program=charge_deposition,
    sizes={"S": {"PARTICLES": 100000, "NX": 60, "NY": 64}, "M": {"PARTICLES": 3000000, "NX": 250, "NY": 260}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("density",),
    description="particles to grid: bilinear scatter with additions",
)
